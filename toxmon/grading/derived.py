"""Scales that are worked out when somebody asks for them, and not at every step.

The older scales of CRS and neurotoxicity and the HLH scales are for comparison: no alert rests on
them. They ask the same raw findings as the scales that are watched, never another scale's grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from toxmon.grading import carhlh, cres, hlh_2004, hscore, icans_course, older_crs
from toxmon.grading.asked import READ
from toxmon.grading.crs import FEVER_CEL
from toxmon.grading.crs_course import gather as gather_crs
from toxmon.grading.facts import at_least
from toxmon.grading.grade import Grade, Index
from toxmon.grading.moment import Moment
from toxmon.grading.scale import Scale
from toxmon.grading.state import State

SCALES: tuple[Scale, ...] = (
    *older_crs.SCALES,
    *cres.SCALES,
    *carhlh.SCALES,
    *hlh_2004.SCALES,
    *hscore.SCALES,
)

CHARTED_AS = {
    "temperature_c": "body_temperature",
    "oxygen_flow_l_min": "oxygen_flow",
    "oxygen_saturation_percent": "oxygen_saturation",
    "fraction_inspired_oxygen_percent": "fraction_inspired_oxygen",
    "csf_opening_pressure_mmhg": "csf_opening_pressure",
    "ferritin_ng_ml": "ferritin",
    "hemoglobin_g_dl": "hemoglobin",
    "platelets_10e9_l": "platelets",
    "wbc_per_ul": "wbc",
    "anc_per_ul": "anc",
    "triglycerides_mg_dl": "triglycerides",
    "fibrinogen_mg_dl": "fibrinogen",
    "ast_u_l": "ast",
    "soluble_cd25_u_ml": "soluble_cd25_units",
    "seizure_seconds": "seizure_duration",
}
"""Findings that go by another name as kinds of fact; the others go by the same."""
LIVER = ("ast_increased", "alt_increased", "bilirubin_increased")
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Every finding that any of these scales may ask, and the facts that each rests on."""

    found: Mapping[str, Any]
    rests_on: Mapping[str, tuple[str, ...]]


def grades(state: State, moment: Moment) -> dict[str, Grade | Index]:
    """The answer of each of these scales at a moment."""
    gathered = gather(state, moment)
    return {scale.name: _graded(scale, gathered, moment) for scale in SCALES}


def gather(state: State, moment: Moment) -> Gathered:
    """The findings that hold at the moment."""
    episode = state.crs.episode if state.crs.episode and state.crs.episode.open else None
    crs = gather_crs(state.crs, episode, moment.chart, moment.at, moment.age, moment.policy)
    icans, icans_facts = icans_course.gather(moment.chart, moment.at, moment.age, moment.policy)
    found: dict[str, Any] = {}
    rests_on: dict[str, tuple[str, ...]] = {}
    for kind in READ:
        fact = moment.chart.known(kind, moment.at)
        if fact is not None:
            found[kind], rests_on[kind] = fact.value, (fact.id,)
    for name, kind in CHARTED_AS.items():
        fact = moment.chart.known(kind, moment.at)
        if fact is not None:
            found[name], rests_on[name] = fact.value, (fact.id,)
    for findings, facts in ((icans, icans_facts), (crs.findings, crs.rests_on)):
        for name in findings.__dataclass_fields__:
            value = getattr(findings, name)
            if value is not None:
                found[name] = value
                rests_on.setdefault(name, facts.get(CHARTED_AS.get(name, name), ()))
    cause = moment.chart.other_cause("organ_toxicity", moment.at)
    if cause is not None:
        found["organ_toxicity_other_cause"] = True
        rests_on["organ_toxicity_other_cause"] = (cause.id,)
    _add_derived(found, rests_on, state, moment)
    return Gathered(found, rests_on)


def _add_derived(
    found: dict[str, Any], rests_on: dict[str, tuple[str, ...]], state: State, moment: Moment
) -> None:
    """What follows from more than one fact, or from facts over time."""
    since = state.since.get("vasopressors")
    if since is not None and found.get("vasopressors"):
        found["vasopressor_hours"] = Decimal((moment.at - since) // HOUR)
    if found.get("ice") or "cartox_head_of_state" in found:
        # Four of the five items of ICE are asked in CARTOX-10 too; commands are not.
        items = {**(found.get("ice") or {})}
        items.pop("commands", None)
        if "cartox_head_of_state" in found:
            items["head_of_state"] = found["cartox_head_of_state"]
        found["cartox"] = items
    found["age_years"] = moment.age
    found["fever"] = at_least(found.get("temperature_c"), FEVER_CEL)
    rests_on["fever"] = rests_on.get("temperature_c", ())
    peak = state.iec_hs.peak_in_crs
    if peak is not None:
        found["ferritin_peak_ng_ml"] = peak.value
        rests_on["ferritin_peak_ng_ml"] = (peak.fact,)
    crs = state.grades.get("crs")
    if state.crs.episode is not None:
        found["in_crs"] = True
    elif crs is not None and crs.high == 0:
        # Without an episode it is only certain that there is none while nothing could be one.
        found["in_crs"] = False
    liver = [grade for name in LIVER if (grade := state.grades.get(name)) is not None]
    certain = [grade.low for grade in liver]
    if certain:
        # The worst of the three is at least what is certain of any, and known when all are.
        known = len(liver) == len(LIVER) and all(grade.value is not None for grade in liver)
        if known or max(certain) >= 3:
            found["liver_grade"] = Decimal(max(certain))
            rests_on["liver_grade"] = _facts_of(liver)
    transaminases = [state.grades[name] for name in LIVER[:2] if name in state.grades]
    if len(transaminases) == 2 and "transaminase_grade" not in found:
        values = [grade.value for grade in transaminases]
        if None not in values:
            found["transaminase_grade"] = Decimal(max(value or 0 for value in values))
            rests_on["transaminase_grade"] = _facts_of(transaminases)
    kidney = state.grades.get("creatinine_increased")
    if kidney is not None and kidney.value is not None:
        found["creatinine_grade"] = Decimal(kidney.value)
        rests_on["creatinine_grade"] = _facts_of([kidney])


def _facts_of(grades: list[Grade]) -> tuple[str, ...]:
    return tuple(fact for grade in grades for reason in grade.because for fact in reason.facts)


def _graded(scale: Scale, gathered: Gathered, moment: Moment) -> Grade | Index:
    fields = scale.findings.__dataclass_fields__
    answer = scale.grade(
        scale.findings(**{name: gathered.found[name] for name in fields if name in gathered.found})
    )
    because = tuple(
        replace(
            reason,
            facts=tuple(
                dict.fromkeys(
                    fact for name in reason.findings for fact in gathered.rests_on.get(name, ())
                )
            ),
        )
        for reason in answer.because
    )
    missing = tuple(dict.fromkeys(CHARTED_AS.get(name, name) for name in answer.missing))
    kinds = frozenset(CHARTED_AS.get(name, name) for name in fields)
    stale = moment.chart.stale(kinds, moment.at)
    return replace(answer, because=because, missing=missing, stale=stale)
