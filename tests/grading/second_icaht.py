"""ICAHT and T-ICAHT a second time, from the published tables and methods, by walking day by day.

Nothing of the program is used. Where the program reasons about what is certain and possible, this
plays two stories to the end: in the best one every count that is not exact and every day that has
none is as high as it can be, in the worst as low, and each story is graded as a plain series.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

A_LITTLE = Fraction(1, 10**20)
PLENTY = Fraction(10**12)
LIANG, STRICT = "ehaebmt-2023/liang-2024", "ehaebmt-2023/strict"
TABLE, R_NOTE = "rejeski-2025", "t-icaht-r-note"

Series = dict[int, Fraction]
Answer = tuple[int, int]


def interval(scale: str, given: Mapping[str, Any]) -> Answer:
    """(low, high) of the findings as `POST /grade/{scale}` takes them."""
    neutrophils = not scale.startswith("t_")
    name, unit = ("anc", "per_ul") if neutrophils else ("platelets", "10e9_l")
    entries = [(each["day"], each[unit]) for each in given.get(name) or ()]
    method = given.get("method") or (LIANG if neutrophils else TABLE)
    early = scale.endswith("early")
    first, last = (0, 37 if method == R_NOTE else 30) if early else (31, 100)
    follow_up = given.get("last_follow_up_day")
    if given.get("final") and follow_up is not None and follow_up < first:
        return 0, 4
    lows, highs = [], []
    for end, closed in endings(first, last, {day for day, _ in entries}, given):
        best = story(entries, first, end, best=True)
        worst = story(entries, first, end, best=False)
        grade = {
            "icaht_early": early_neutrophils,
            "icaht_late": late_neutrophils,
            "t_icaht_early": early_platelets,
            "t_icaht_late": late_platelets,
        }[scale]
        lows.append(grade(best, first, end, closed, method, True))
        highs.append(grade(worst, first, end, closed, method, False))
    return min(lows), max(highs)


def endings(
    first: int, last: int, counted: set[int], given: Mapping[str, Any]
) -> list[tuple[int, bool]]:
    """Each (last day, closed) that the window may have."""
    today, follow_up = given.get("today_day"), given.get("last_follow_up_day")
    if given.get("final"):
        if follow_up is not None:
            return [(min(last, follow_up), True)]
        no_earlier = max([*counted, 0])
        no_later = last if today is None else max(today, no_earlier)
        possible = [end for end in range(last + 1) if no_earlier <= end <= no_later]
        return [(end, True) for end in possible] or [(last, True)]
    seen = [day for day in (today, follow_up, *counted) if day is not None]
    over = any(day > last for day in seen) or (follow_up is not None and follow_up >= last)
    return [(last, over or set(range(first, last + 1)) <= counted)]


def story(entries: Iterable[tuple[int, Any]], first: int, end: int, best: bool) -> Series:
    """The lowest count of each day, where every interval has shrunk to its better or worse end."""
    days: Series = {}
    for day, value in entries:
        if first <= day <= end:
            count = at_end(value, best)
            days[day] = min(days.get(day, count), count)
    return days


def at_end(value: Any, best: bool) -> Fraction:
    if not hasattr(value, "low_open"):
        return Fraction(value)
    if best:
        high = PLENTY if value.high is None else Fraction(value.high)
        return high - A_LITTLE if value.high_open else high
    low = Fraction(0) if value.low is None else Fraction(value.low)
    return low + A_LITTLE if value.low is not None and value.low_open else low


def filled(
    days: Series,
    first: int,
    end: int,
    most: int,
    edges: int,
    between: Callable[[Fraction, Fraction, Fraction], Fraction],
) -> Series:
    """The series with its short gaps closed. `between` gets both neighbors and how far it is."""
    whole = dict(days)
    before: int | None = None
    for day in range(first, end + 1 if days else first):
        if day in days:
            before = day
            continue
        after = next((each for each in range(day + 1, end + 1) if each in days), None)
        if before is None or after is None:
            nearest = before if after is None else after
            assert nearest is not None
            gap = nearest - first if before is None else end - nearest
            if gap <= edges:
                whole[day] = days[nearest]
        elif after - before - 1 <= most:
            share = Fraction(day - before, after - before)
            whole[day] = between(days[before], days[after], share)
    return whole


def in_tens(one: Fraction, other: Fraction, share: Fraction) -> Fraction:
    return Fraction(round((one + (other - one) * share) / 10) * 10)


def on_the_line(one: Fraction, other: Fraction, share: Fraction) -> Fraction:
    return one + (other - one) * share


def halfway(one: Fraction, other: Fraction, share: Fraction) -> Fraction:
    return (one + other) / 2


def told(days: Series, first: int, end: int, best: bool) -> list[Fraction]:
    """A count for every day: those that nobody knows are as the story has them."""
    unknown = PLENTY if best else Fraction(0)
    return [days.get(day, unknown) for day in range(first, end + 1)]


def stretches(low: list[bool], forgiven: int) -> list[tuple[int, int]]:
    """(first, last) place of each stretch of low days, ended by more than `forgiven` others."""
    found: list[tuple[int, int]] = []
    start, latest, others = -1, -1, 0
    for place, is_low in enumerate(low):
        if is_low:
            start = place if start < 0 else start
            latest, others = place, 0
        elif start >= 0:
            others += 1
            if others > forgiven:
                found.append((start, latest))
                start, others = -1, 0
    return [*found, (start, latest)] if start >= 0 else found


def most_days(found: list[tuple[int, int]]) -> int:
    return max((last - start + 1 for start, last in found), default=0)


def all_days(found: list[tuple[int, int]]) -> int:
    return sum(last - start + 1 for start, last in found)


def early_neutrophils(
    days: Series, first: int, end: int, closed: bool, method: str, best: bool
) -> int:
    if method == LIANG:
        edges = 7 if closed and len(days) > 1 else 0
        # Both ends are filled with a count as it was reported; only what lies between is rounded.
        days = filled(days, first, end, 7, edges, in_tens)
    counts = told(days, first, end, best)
    severe = stretches([count <= 500 for count in counts], 2)
    profound = most_days(stretches([count <= 100 for count in counts], 2))
    if profound >= 14 or ((closed or not best) and never_above(counts, severe, method)):
        return 4
    if most_days(severe) >= 14 or profound >= 7:
        return 3
    return 2 if most_days(severe) >= 7 else 1 if severe else 0


def never_above(counts: list[Fraction], severe: list[tuple[int, int]], method: str) -> bool:
    if method == STRICT:
        return bool(counts) and max(counts) <= 500
    return any(start <= 3 and last == len(counts) - 1 for start, last in severe)


def late_neutrophils(
    days: Series, first: int, end: int, closed: bool, method: str, best: bool
) -> int:
    if not best and (not closed or not days):
        return 4
    counts = sorted(days.values())
    if not counts or (not closed and len(counts) == 1):
        return 0
    at_most = [1500, 1000, 500, 100]
    if method == STRICT:
        if len(counts) == 1 and not best:
            return sum(counts[0] <= each for each in at_most)
        return sum(sum(count <= each for count in counts) >= 2 for each in at_most)
    if len(counts) > 1 and counts[1] > 1500:
        return 0
    return sum(counts[0] <= each for each in at_most)


def few(count: Fraction, at: int, method: str) -> bool:
    return count <= at if method == R_NOTE else count < at


def early_platelets(
    days: Series, first: int, end: int, closed: bool, method: str, best: bool
) -> int:
    if method == R_NOTE:
        days = filled(days, first, end, 1000, 1000 if closed else 0, halfway)
    else:
        days = filled(days, first, end, 7, 7 if closed and len(days) > 1 else 0, on_the_line)
    counts = told(days, first, end, best)
    fifty, twenty = (platelet_days(counts, at, method) for at in (50, 20))
    if twenty:
        return 3 if twenty < 14 else 4
    return 0 if fifty == 0 else 1 if fifty < 7 else 2


def platelet_days(counts: list[Fraction], at: int, method: str) -> int:
    low = [few(count, at, method) for count in counts]
    return most_days(stretches(low, 6)) if method == R_NOTE else all_days(stretches(low, 2))


def late_platelets(
    days: Series, first: int, end: int, closed: bool, method: str, best: bool
) -> int:
    if not best and (not closed or not days):
        return 4
    if not days or (not closed and len(days) == 1):
        return 0
    counts = sorted(days.values())
    if method == R_NOTE:
        if len(counts) == 1:
            return 0 if best else 4
        grade = next(
            (
                grade
                for grade, at in ((3, 20), (2, 50), (1, 100))
                if sum(few(count, at, method) for count in counts) >= 2
            ),
            0,
        )
        whole = filled(days, first, end, 1000, 0, halfway)
    else:
        grade = sum(counts[0] < at for at in (100, 50, 20))
        if len(counts) > 1 and counts[1] >= 100:
            grade = 0
        edges = 7 if closed and len(days) > 1 else 0
        whole = filled(days, first, end, 7, edges, on_the_line)
    # A day that nobody knows was not below 20 where no count ever was.
    unknown_is_high = best or not few(counts[0], 20, method)
    long = platelet_days(told(whole, first, end, unknown_is_high), 20, method) >= 14
    return 4 if long and (grade == 3 or method == R_NOTE) else grade
