"""What would change a grade: the same table asked again with one finding otherwise.

It names no probability and gives no advice. Each alternative changes the findings of one row of the
scale's table and is graded by the same function; one that gives the same answer is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from toxmon.grading import crs, crs_course, icans, icans_course
from toxmon.grading.grade import Grade
from toxmon.grading.moment import Moment
from toxmon.grading.state import State

NO_OXYGEN = {"oxygen_device": "room_air", "oxygen_flow_l_min": None}
CRS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("two vasopressors, vasopressin apart", {"vasopressors": ("epinephrine", "norepinephrine")}),
    ("one vasopressor", {"vasopressors": ("norepinephrine",)}),
    ("hypotension without a vasopressor", {"hypotension": True, "vasopressors": ()}),
    ("no hypotension and no vasopressor", {"hypotension": False, "vasopressors": ()}),
    (
        "positive pressure ventilation for hypoxia",
        {"oxygen_device": "bipap", "ventilation_reason": "hypoxia"},
    ),
    ("high-flow nasal oxygen or a mask", {"oxygen_device": "non_rebreather"}),
    (
        "nasal cannula at 6 L/min or less",
        {"oxygen_device": "nasal_cannula", "oxygen_flow_l_min": crs.LOW_FLOW_MAX_L_MIN},
    ),
    ("room air", {**NO_OXYGEN, "oxygen_saturation_percent": Decimal(97)}),
    ("temperature of 38.0 °C or more", {"temperature_c": crs.FEVER_CEL}),
    ("temperature below 38.0 °C", {"temperature_c": crs.FEVER_CEL - Decimal("0.1")}),
)
ICANS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("cannot be roused", {"consciousness": "unarousable"}),
    ("wakes to touch only", {"consciousness": "wakes_to_touch"}),
    ("wakes to voice", {"consciousness": "wakes_to_voice"}),
    ("awake", {"consciousness": "alert"}),
    ("ICE 0 to 2 while awake", {"ice_score": Decimal(2), "ice": None, "consciousness": "alert"}),
    ("ICE 3 to 6", {"ice_score": Decimal(6), "ice": None}),
    ("ICE 7 to 9", {"ice_score": Decimal(9), "ice": None}),
    ("ICE 10", {"ice_score": Decimal(10), "ice": None}),
    ("a seizure that resolved quickly", {"seizure": "clinical", "seizure_seconds": Decimal(60),
     "seizure_resolved": True, "seizure_without_recovery": False}),
    ("a seizure of more than 5 min", {"seizure": "clinical", "seizure_seconds": Decimal(301),
     "seizure_resolved": True, "seizure_without_recovery": False}),
    ("no seizure", {"seizure": "none"}),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Nearby:
    """What the scale would answer, were one thing as `words` say."""

    words: str
    low: int
    high: int


def nearby(scale: str, state: State, moment: Moment) -> tuple[Nearby, ...]:
    """The alternatives of a scale at a moment that would give another answer, gravest first.

    Only CRS and ICANS: their tables are read at one moment. For all others it is empty.
    """
    if scale == "crs":
        found = _crs(state, moment)
    elif scale == "icans":
        findings, _ = icans_course.gather(moment.chart, moment.at, moment.age, moment.policy)
        found = (
            icans.grade(findings),
            [(words, icans.grade(replace(findings, **change))) for words, change in ICANS],
        )
    else:
        return ()
    now, others = found
    told = [
        Nearby(words, grade.low, grade.high)
        for words, grade in others
        if (grade.low, grade.high) != (now.low, now.high)
    ]
    return tuple(sorted(told, key=lambda each: (-each.low, -each.high)))


def _crs(state: State, moment: Moment) -> tuple[Grade, list[tuple[str, Grade]]]:
    last = state.crs.episode
    episode = last if last is not None and last.open else None
    findings = crs_course.gather(
        state.crs, episode, moment.chart, moment.at, moment.age, moment.policy
    ).findings
    bound = moment.policy.hypoxia_saturation_below
    return crs.grade(findings, bound), [
        (words, crs.grade(replace(findings, **change), bound)) for words, change in CRS
    ]
