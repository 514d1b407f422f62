"""What the scales that count by day share: their findings, their list of days, their warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from toxmon.grading.days import Days, Entry, plain_count
from toxmon.grading.facts import Number
from toxmon.grading.runs import Fill, Laid, Window, each_day

Counts = Days | Iterable[tuple[int, Number]]

WARNINGS = {
    "no_counts": "No count of these days is known.",
    "counts_after_end": "Counts were sent from after the end of follow-up (progression, next "
    "therapy, death). They are not counted.",
}
MISSING = {
    "days_missing": "More days in a row have no count than the method fills. They are not counted "
    "as low, and the highest grade takes them for as low as can be.",
}
LATE_WARNINGS = {
    **WARNINGS,
    "window_not_open": "Day 31 has not begun: there is no late grade yet.",
    "ended_before_window": "Follow-up ended before day 31: there is no late grade.",
    "single_measurement": "Only one day has a count, and from one day it cannot be told whether a "
    "low count was transient.",
    "not_confirmed": "A low count was not confirmed by that of a second day: it is taken for "
    "transient.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What these scales ask. None is not known; `method` None is the scale's own.

    `today` is the day that it is now, `last_follow_up_day` the last one that counts. `final` says
    that follow-up has ended: by progression, the next therapy, death or loss. It is an act; None is
    "nobody said so".
    """

    counts: Counts | None = None
    today: int | None = None
    last_follow_up_day: int | None = None
    final: bool | None = None
    method: str | None = None

    def known(self) -> dict[str, Any]:
        """As the arguments of a rule."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def span(window: Window, ends_known: bool) -> dict[str, Any]:
    """A window as plain data; `to` is null where follow-up has ended and nobody said when."""
    last = window.last if ends_known else None
    return {"from": window.first, "to": last, "closed": window.closed}


def count(day: int, value: Number | None, fact: str, unit: str) -> dict[str, Any]:
    """The count of a day as plain data, with its fact where there is one."""
    plain = {"day": day, unit: plain_count(value)}
    return {**plain, "fact": fact} if fact else plain


def listed(
    laid: Laid, window: Window, fill: Fill, rounded: Callable[[Decimal], Decimal], unit: str
) -> list[dict[str, Any]]:
    """Every day of a window that has begun: observed, filled or missing."""
    return [
        {"state": state, **count(day, value, fact, unit)}
        for day, state, value, fact in each_day(laid, window, fill, rounded)
    ]


def warnings(days: Days, laid: Laid, end: int | None) -> list[str]:
    """That nothing was counted, that something was counted after the `end` of follow-up."""
    found = [] if laid.entries else ["no_counts"]
    if end is not None and days.entries and days.entries[-1][0] > end:
        found.append("counts_after_end")
    return found


def late_warnings(
    days: Days, laid: Laid, window: Window, end: int | None, today: int | None
) -> list[str]:
    """The warnings of a window that may not have opened."""
    found = warnings(days, laid, end)
    if laid.entries:
        return [*found, "single_measurement"] if len(laid.entries) == 1 else found
    if len(window) == 0:
        found[0] = "ended_before_window"
    elif not window.closed and today is not None and window.reached < window.first:
        found[0] = "window_not_open"
    return found


def unknown(counts: str, low: int, high: int, window: Window, ends_known: bool) -> tuple[str, ...]:
    """What could narrow a grade: the counts, and when follow-up ended if nobody said."""
    if high == low or len(window) == 0:
        return ()
    return (counts,) if ends_known else ("last_follow_up_day", counts)


def of_days(lowest: Sequence[Entry]) -> str:
    """The days of the lowest counts as they are read aloud."""
    days = " and ".join([str(day) for day, _, _ in sorted(lowest)])
    return (
        f"the lowest count is of day {days}"
        if len(lowest) == 1
        else (f"the lowest counts are of day {days}")
    )


def in_words(first: int, last: int) -> str:
    """A run of days as it is read aloud."""
    days = last - first + 1
    return f"1 day, day {first}" if days == 1 else f"{days} days, day {first} to {last}"
