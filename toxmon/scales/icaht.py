"""The inputs of ICAHT and T-ICAHT, early and late: counts by day since the infusion."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from toxmon.grading import icaht, t_icaht
from toxmon.grading.day_ledger import Findings
from toxmon.grading.days import LAST_DAY
from toxmon.scales.inputs import Input, Stateless, count, of_kind, one_of, yes_no

LATEST_DAY = 36_500
"""A hundred years after the infusion: no follow-up is longer."""


def _by_day(name: str, words: str, value: Input) -> Input:
    day = count("day", "Day since the infusion, which is day 0", 0, LAST_DAY, "d")
    return Input(name, words, form="series", parts=(day, value), needed=("day", value.name))


ANC = _by_day(
    "anc",
    "Neutrophil counts by day; of several on one day the lowest counts",
    of_kind("per_ul", "Neutrophils per microliter", "anc"),
)
PLATELETS = _by_day(
    "platelets",
    "Platelet counts by day; of several on one day the lowest counts",
    of_kind("10e9_l", "Platelets in 10*9/L", "platelets"),
)
WINDOW = (
    count("today_day", "The day that it is now, day 0 is the infusion", 0, LATEST_DAY, "d"),
    count("last_follow_up_day", "The last day of follow-up that counts", 0, LATEST_DAY, "d"),
    yes_no("final", "Follow-up has ended: by progression, the next therapy, death or loss"),
)


def _consistent(series: str) -> Callable[[Mapping[str, Any]], Mapping[str, str]]:
    """What counts and days say against each other."""

    def check(read: Mapping[str, Any]) -> dict[str, str]:
        today = read.get("today_day")
        if today is None:
            return {}
        faults = {
            f"{series}/{place}/day": f"is day {entry['day']}, and today is day {today}"
            for place, entry in enumerate(read.get(series, ()))
            if entry["day"] > today
        }
        last = read.get("last_follow_up_day")
        if last is not None and last > today:
            faults["last_follow_up_day"] = f"is day {last}, and today is day {today}"
        return faults

    return check


def _gathered(series: str, unit: str) -> Callable[[Mapping[str, Any]], Findings]:
    def gather(read: Mapping[str, Any]) -> Findings:
        entries = read.get(series)
        return Findings(
            counts=None if entries is None else [(each["day"], each[unit]) for each in entries],
            today=read.get("today_day"),
            last_follow_up_day=read.get("last_follow_up_day"),
            final=read.get("final"),
            method=read.get("method"),
        )

    return gather


NEUTROPHILS = (ANC, *WINDOW, one_of("method", "How it is graded", *icaht.METHODS))
THROMBOCYTES = (PLATELETS, *WINDOW, one_of("method", "How it is graded", *t_icaht.METHODS))

SCALES = (
    *(
        Stateless(scale, NEUTROPHILS, check=_consistent("anc"), gather=_gathered("anc", "per_ul"))
        for scale in icaht.SCALES
    ),
    *(
        Stateless(
            scale,
            THROMBOCYTES,
            check=_consistent("platelets"),
            gather=_gathered("platelets", "10e9_l"),
        )
        for scale in t_icaht.SCALES
    ),
)
