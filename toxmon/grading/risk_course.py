"""Risk scores from a record: which sample stands for which time point, and says so (decision 0051).

CAR-HEMATOTOX and EASIX are asked before lymphodepletion; EASIX is followed on days -1, +1 and +3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from toxmon.grading import car_hematotox, easix
from toxmon.grading.chart import ADMINISTRATION
from toxmon.grading.facts import Fact, Number
from toxmon.grading.grade import Grade, Index
from toxmon.grading.kinds import KINDS, worse_of
from toxmon.grading.medications import GROUPS
from toxmon.grading.moment import Moment

HEMATOTOX = {
    "platelets": "platelets_10e9_l",
    "anc": "anc_per_ul",
    "hemoglobin": "hemoglobin_g_dl",
    "crp": "crp_mg_dl",
    "ferritin": "ferritin_ng_ml",
}
EASIX = {
    "ldh": "ldh_u_l",
    "creatinine": "creatinine_mg_dl",
    "platelets": "platelets_10e9_l",
    "crp": "crp_mg_dl",
}
READ = frozenset({*HEMATOTOX, *EASIX, ADMINISTRATION})
SPAN_BEFORE = timedelta(days=30)
"""How long before the infusion samples are looked for."""
LYMPHODEPLETION_SPAN = timedelta(days=14)
"""Lymphodepletion begins within so long before the infusion; an earlier dose was treatment."""
SAMPLE_SPAN = timedelta(days=14)
"""A sample is drawn at most so long before lymphodepletion."""
ASSUMED_DAY = -5
"""Where no lymphodepletion is charted, samples up to this day count as drawn before it."""
TIME_POINT = {-1: "day_minus_1", 1: "day_1", 3: "day_3"}
LAST_DAY = 3
MG_L_IN_A_MG_DL = Decimal(10)
MYELOMA_TARGET = "BCMA"
"""Aimed at in myeloma alone; the other targets stand for more than one disease."""


Answer = TypeVar("Answer", Grade, Index)


@dataclass(frozen=True, slots=True)
class Depleted:
    """When lymphodepletion began: the first dose charted, or an assumed day."""

    at: datetime
    fact: str | None


def grades(facts: Sequence[Fact], moment: Moment, target: str) -> Mapping[str, Grade | Index]:
    """CAR-HEMATOTOX and EASIX by the samples known at `moment`."""
    seen = [fact for fact in facts if fact.effective_at <= moment.at]
    depleted = lymphodepletion(seen, moment)
    before = _samples_before(seen, depleted)
    return {
        "car_hematotox": _car_hematotox(before, depleted, moment, target),
        "easix": _easix(seen, before, depleted, moment),
    }


def lymphodepletion(facts: Iterable[Fact], moment: Moment) -> Depleted:
    """The first dose of lymphodepletion in the 14 days before the infusion; else day -5, assumed.

    The fludarabine and cyclophosphamide of the labels are given on days -5, -4 and -3.
    """
    infused_at = moment.treatment.infused_at
    doses = [
        fact
        for fact in facts
        if fact.kind == ADMINISTRATION
        and fact.value in GROUPS["lymphodepletion"]
        and infused_at - LYMPHODEPLETION_SPAN <= fact.effective_at < infused_at
    ]
    if doses:
        first = min(doses, key=lambda fact: (fact.effective_at, fact.id))
        return Depleted(first.effective_at, first.id)
    # All of day -5 counts: no dose says at what hour the chemotherapy of that day began.
    end_of_day = moment.treatment.begins(ASSUMED_DAY + 1) - timedelta(microseconds=1)
    return Depleted(end_of_day, None)


def _samples_before(facts: Iterable[Fact], depleted: Depleted) -> dict[str, Fact]:
    """The last sample of each kind before lymphodepletion, or at its start."""
    last: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind == ADMINISTRATION:
            continue
        if depleted.at - SAMPLE_SPAN <= fact.effective_at <= depleted.at:
            known = last.get(fact.kind)
            if known is None or fact.effective_at > known.effective_at:
                last[fact.kind] = fact
            elif fact.effective_at == known.effective_at:
                last[fact.kind] = _worse(fact, known)
    return last


def _car_hematotox(
    samples: Mapping[str, Fact], depleted: Depleted, moment: Moment, target: str
) -> Grade:
    found = _findings(samples, HEMATOTOX)
    disease = "mm" if MYELOMA_TARGET in target else None
    grade = car_hematotox.grade(
        car_hematotox.Findings(
            **found,
            age_years=moment.age,
            disease=disease,
            before_lymphodepletion=True if depleted.fact is not None else None,
        )
    )
    used = {kind: samples[kind] for kind in HEMATOTOX if kind in samples}
    return _traced(grade, used, depleted, moment, HEMATOTOX)


def _easix(
    facts: Sequence[Fact], before: Mapping[str, Fact], depleted: Depleted, moment: Moment
) -> Index:
    answer = easix.grade(
        easix.Findings(**_findings(before, EASIX), time_point=easix.BEFORE_LYMPHODEPLETION)
    )
    points: dict[str, Any] = {}
    for day in TIME_POINT:
        samples = _samples_of_day(facts, day, moment)
        if samples:
            point = TIME_POINT[day]
            index = easix.grade(easix.Findings(**_findings(samples, EASIX), time_point=point))
            points[point] = {
                **index.more,
                "missing": list(index.missing),
                "samples": _told(samples, moment),
            }
    used = {kind: before[kind] for kind in EASIX if kind in before}
    traced = _traced(answer, used, depleted, moment, EASIX)
    return replace(traced, more={**traced.more, "time_points": points})


def _samples_of_day(facts: Iterable[Fact], day: int, moment: Moment) -> dict[str, Fact]:
    """The worst sample of each kind on a day of the treatment (decision 0008)."""
    worst: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind in EASIX and moment.treatment.day(fact.effective_at) == day:
            known = worst.get(fact.kind)
            worst[fact.kind] = fact if known is None else _worse(fact, known)
    return worst


def _findings(samples: Mapping[str, Fact], names: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind, name in names.items():
        fact = samples.get(kind)
        if fact is not None:
            value: Any = fact.value
            found[name] = in_mg_dl(value) if kind == "crp" else value
    return found


def in_mg_dl(crp_mg_l: Number) -> Number:
    """CRP in mg/dL from the mg/L that it is charted in; exact."""
    if isinstance(crp_mg_l, Decimal):
        return crp_mg_l / MG_L_IN_A_MG_DL
    ends = (None if end is None else end / MG_L_IN_A_MG_DL for end in (crp_mg_l.low, crp_mg_l.high))
    low, high = ends
    return replace(crp_mg_l, low=low, high=high)


def _traced(
    answer: Answer,
    used: Mapping[str, Fact],
    depleted: Depleted,
    moment: Moment,
    names: Mapping[str, str],
) -> Answer:
    """The answer with the ids of its facts, the samples that were used, and what was missing."""
    kinds = {name: kind for kind, name in names.items()}
    ids = tuple(fact.id for fact in used.values())
    return replace(
        answer,
        because=tuple(replace(reason, facts=ids) for reason in answer.because),
        missing=tuple(kinds.get(name, name) for name in answer.missing),
        more={
            **answer.more,
            "samples": _told(used, moment),
            "lymphodepletion": {
                "at": depleted.at.isoformat().replace("+00:00", "Z"),
                "day": moment.treatment.day(depleted.at),
                "charted": depleted.fact is not None,
                "fact": depleted.fact,
            },
        },
    )


def _told(samples: Mapping[str, Fact], moment: Moment) -> dict[str, Any]:
    return {
        kind: {
            "value": fact.value if isinstance(fact.value, Decimal) else None,
            "unit": KINDS[kind].unit,
            "at": fact.effective_at.isoformat().replace("+00:00", "Z"),
            "day": moment.treatment.day(fact.effective_at),
            "fact": fact.id,
        }
        for kind, fact in samples.items()
    }


def _worse(one: Fact, other: Fact) -> Fact:
    if one.value == other.value:
        return min(one, other, key=lambda fact: fact.id)
    return one if worse_of(KINDS[one.kind], one.value, other.value) == one.value else other
