"""IEC-HS over time: which findings hold at a moment, since when, and how fast ferritin rises.

The criteria are in `iec_hs`; here is what they do not say: when a finding is still true, what the
baseline is, and what "together" means (decision 0053).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.grading import crs_course, iec_hs
from toxmon.grading.chart import ATTRIBUTION, DEATH
from toxmon.grading.crs import FEVER_CEL
from toxmon.grading.facts import Fact, Number, at_least
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.moment import Moment, lower, upper, value

ASKED = (
    "ferritin",
    "ferritin_rising",
    "ast",
    "alt",
    "fibrinogen",
    "anc",
    "platelets",
    "cytopenia_new",
    "hemophagocytosis",
    "ldh",
    "pt",
    "aptt",
    "bilirubin_direct",
    "splenomegaly",
    "body_temperature",
    "pulmonary_manifestation",
    "renal_insufficiency",
    "triglycerides",
    "triglycerides_fasting",
    "iec_hs_confirmed",
    "iec_hs_severity",
    "iec_hs_treated",
    "iec_hs_resolved",
)
NAMES = frozenset(ASKED)
MOVES = frozenset({*ASKED, ATTRIBUTION, DEATH}) - {"body_temperature"}
"""A temperature moves it only when a fever comes or goes."""
CHARTED_AS = {
    "ferritin_ng_ml": "ferritin",
    "ast_u_l": "ast",
    "alt_u_l": "alt",
    "fibrinogen_mg_dl": "fibrinogen",
    "anc_per_ul": "anc",
    "platelets_10e9_l": "platelets",
    "ldh_u_l": "ldh",
    "pt_s": "pt",
    "aptt_s": "aptt",
    "bilirubin_direct_mg_dl": "bilirubin_direct",
    "triglycerides_mg_dl": "triglycerides",
    "fever": "body_temperature",
    "confirmed": "iec_hs_confirmed",
    "severity": "iec_hs_severity",
    "intervention": "iec_hs_treated",
}
SIGN = "iec_hs"
"""What an attribution names: another cause of the hyperinflammation."""
CONSTELLATION = timedelta(hours=72)
FERRITINS_KEPT = 12


@dataclass(frozen=True, slots=True)
class Measured:
    """A ferritin, and when it was drawn."""

    at: datetime
    value: Decimal
    fact: str


@dataclass(frozen=True, slots=True)
class State:
    """Since when each criterion has been met, and the ferritins of the last days."""

    met_since: Mapping[str, datetime] = field(default_factory=dict)
    ferritins: tuple[Measured, ...] = ()
    peak_in_crs: Measured | None = None
    """The highest ferritin while CRS was going on; carHLH asks for it."""
    neurotoxicity: bool | None = None
    """As it was when this was looked at last."""


def look(
    state: State, moment: Moment, crs: crs_course.State, neurotoxicity: bool | None
) -> tuple[State, Grade]:
    """Grade at `moment`, and note what has become true or untrue.

    `neurotoxicity` is whether ICANS is certainly present or absent.
    """
    known = moment.known(*ASKED)
    ferritins = _ferritins(state.ferritins, known.get("ferritin"))
    findings, rests_on = gather(moment, crs, known, neurotoxicity)
    grade = iec_hs.grade(findings)
    met = {
        item["name"]: state.met_since.get(item["name"], moment.at)
        for item in grade.more["criteria"]["items"]
        if item["met"]
    }
    together = iec_hs.together(met)
    if together is not None:
        grade = iec_hs.grade(replace(findings, within_72_h=together))
    fresh = ferritins if "ferritin" in known else ()
    rise = iec_hs.rise_per_24_h([(each.at, each.value) for each in fresh])
    grade = _complete(grade, rests_on, moment, rise)
    return State(met, ferritins, _peak(state, ferritins, crs), neurotoxicity), grade


def gather(
    moment: Moment,
    crs: crs_course.State,
    known: Mapping[str, Fact],
    neurotoxicity: bool | None = None,
) -> tuple[iec_hs.Findings, dict[str, tuple[str, ...]]]:
    """The findings that hold, and by finding the ids of the facts that they rest on."""
    before = moment.ledger.before
    cause = moment.chart.other_cause(SIGN, moment.at)
    death = moment.chart.newest.get(DEATH)
    temperature: Number | None = value(known, "body_temperature")
    findings = iec_hs.Findings(
        ferritin_ng_ml=value(known, "ferritin"),
        ferritin_uln_ng_ml=upper(known.get("ferritin")),
        ferritin_baseline_ng_ml=_baseline(before, "ferritin"),
        ferritin_rising=value(known, "ferritin_rising"),
        ast_u_l=value(known, "ast"),
        ast_uln_u_l=upper(known.get("ast")),
        ast_baseline_u_l=_baseline(before, "ast"),
        alt_u_l=value(known, "alt"),
        alt_uln_u_l=upper(known.get("alt")),
        alt_baseline_u_l=_baseline(before, "alt"),
        fibrinogen_mg_dl=value(known, "fibrinogen"),
        fibrinogen_lln_mg_dl=lower(known.get("fibrinogen")),
        anc_per_ul=value(known, "anc"),
        platelets_10e9_l=value(known, "platelets"),
        cytopenia_new=value(known, "cytopenia_new"),
        hemophagocytosis=value(known, "hemophagocytosis"),
        ldh_u_l=value(known, "ldh"),
        ldh_uln_u_l=upper(known.get("ldh")),
        pt_s=value(known, "pt"),
        pt_uln_s=upper(known.get("pt")),
        aptt_s=value(known, "aptt"),
        aptt_uln_s=upper(known.get("aptt")),
        bilirubin_direct_mg_dl=value(known, "bilirubin_direct"),
        bilirubin_direct_uln_mg_dl=upper(known.get("bilirubin_direct")),
        splenomegaly=value(known, "splenomegaly"),
        fever=at_least(temperature, FEVER_CEL),
        neurotoxicity=neurotoxicity,
        pulmonary_manifestation=value(known, "pulmonary_manifestation"),
        renal_insufficiency=value(known, "renal_insufficiency"),
        triglycerides_mg_dl=value(known, "triglycerides"),
        triglycerides_fasting=value(known, "triglycerides_fasting"),
        crs_state=crs_state(crs),
        other_cause=True if cause is not None else None,
        confirmed=value(known, "iec_hs_confirmed"),
        severity=value(known, "iec_hs_severity"),
        intervention=value(known, "iec_hs_treated"),
        death_due_to_iec_hs=True if death is not None and death.value == SIGN else None,
    )
    rests_on: dict[str, tuple[str, ...]] = {kind: (fact.id,) for kind, fact in known.items()}
    rests_on.update({f"{kind}_baseline": (fact.id,) for kind, fact in before.items()})
    if cause is not None:
        rests_on["other_cause"] = (cause.id,)
    if death is not None:
        rests_on["death_due_to_iec_hs"] = (death.id,)
    return findings, rests_on


def _baseline(before: Mapping[str, Fact], kind: str) -> Decimal | None:
    """A baseline is a number; one that is only known to be below a limit is none."""
    fact = before.get(kind)
    return fact.value if fact is not None and isinstance(fact.value, Decimal) else None


def crs_state(crs: crs_course.State) -> str:
    """Where CRS stands. With no fever ever seen there has been none that the record knows of."""
    if crs.episode is None:
        return "none"
    if not crs.episode.open:
        return "resolved"
    return "resolving" if crs.episode.quiet_since is not None else "active"


def _ferritins(kept: tuple[Measured, ...], newest: Fact | None) -> tuple[Measured, ...]:
    """The newest ferritin and those of the 72 hours before it, inclusive, oldest first."""
    if newest is None or not isinstance(newest.value, Decimal):
        return kept
    if kept and kept[-1].fact == newest.id:
        return kept
    recent = tuple(each for each in kept if each.at >= newest.effective_at - CONSTELLATION)
    measured = Measured(newest.effective_at, newest.value, newest.id)
    return (*recent, measured)[-FERRITINS_KEPT:]


def _peak(state: State, ferritins: tuple[Measured, ...], crs: crs_course.State) -> Measured | None:
    peak = state.peak_in_crs
    if crs.episode is None or not crs.episode.open or not ferritins:
        return peak
    newest = ferritins[-1]
    if newest.at < crs.episode.onset_at or (peak is not None and peak.value >= newest.value):
        return peak
    return newest


def _complete(
    grade: Grade, rests_on: Mapping[str, tuple[str, ...]], moment: Moment, rise: Any
) -> Grade:
    because = []
    for reason in grade.because:
        facts: dict[str, None] = {}
        for name in reason.findings:
            facts.update(dict.fromkeys(rests_on.get(CHARTED_AS.get(name, name), ())))
        because.append(
            Reason(reason.rule, reason.text, reason.source, reason.findings, tuple(facts))
        )
    return Grade(
        grade.scale,
        grade.edition,
        grade.low,
        grade.high,
        tuple(because),
        tuple(dict.fromkeys([CHARTED_AS.get(name, name) for name in grade.missing])),
        moment.chart.stale(NAMES, moment.at),
        grade.warnings,
        {**grade.more, "ferritin_rise_per_24_h": rise},
    )
