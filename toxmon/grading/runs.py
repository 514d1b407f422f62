"""What stands for a day without a count, and how long runs of low days last.

A day is *observed* when it has a count, *filled* when a method gives it a value from its neighbors,
and *missing* otherwise; a missing day may hold any count. Everything here answers twice: what is
certain whatever the missing days hold, and what is possible when all of them are as low as can be
(decision 0025). More low days never shorten a run, so these two are the ends of all there could be.

Observed counts are compared as reported and never rounded (decision 0026).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from toxmon.grading.days import INFINITY, Days, Entry, bottom, ends, top
from toxmon.grading.facts import Bounds, Number


@dataclass(frozen=True, slots=True)
class Window:
    """The days `first` to `last`, both included. Closed: no count of a later instant belongs in it.

    `last` is the last day of the scale, or of the follow-up where that has ended earlier.
    `reached` is the last day that is known to have begun.
    """

    first: int
    last: int
    closed: bool
    reached: int

    def __len__(self) -> int:
        return max(0, self.last - self.first + 1)


@dataclass(frozen=True, slots=True)
class Fill:
    """How a method fills days without a count; 0 days fill nothing (decision 0027).

    Up to `gap` days in a row between two counts take the straight line between them, or, where
    `middle`, the mean of the two. Up to `edge` days before the first count and after the last take
    that count, once the window is closed and where there are at least `counts` of them.
    """

    gap: int
    edge: int
    middle: bool = False
    counts: int = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A threshold. A count on it is under it where `inclusive`.

    `filled_at` is the threshold for the straight line between two counts, which differs where a
    method rounds what it has interpolated.
    """

    at: Decimal
    inclusive: bool
    filled_at: Decimal


class Laid(NamedTuple):
    """A window as its counts lie in it.

    `gaps` are (day, count, day, count) around days that are filled, `carried` days with the count
    that is carried to them, `missing` the days that stay unknown.
    """

    entries: Sequence[Entry]
    carried: list[tuple[range, Number]]
    gaps: list[tuple[int, Number, int, Number]]
    missing: list[int]


Run = tuple[int, int]
"""First and last day of a run, both included."""


def windows(
    first: int,
    last: int,
    days: Days,
    today: int | None,
    last_follow_up_day: int | None,
    final: bool | None,
) -> list[Window]:
    """The window, or all that it may be where follow-up has ended and nobody said when (0025)."""
    counted = days.entries[-1][0] if days.entries else -1
    reached = max(counted, -1 if today is None else today)
    if last_follow_up_day is not None and not final:
        reached = max(reached, last_follow_up_day)
    if final and last_follow_up_day is not None:
        end = min(last, last_follow_up_day)
        return [Window(first, end, True, end)]
    if final and counted < last:
        latest = last if today is None else min(last, max(today, counted))
        possible = range(min(max(counted, first), latest), latest + 1)
        return [Window(first, end, True, end) for end in possible]
    over = (
        final is True
        or reached > last
        or (last_follow_up_day is not None and last_follow_up_day >= last)
        or len(days.within(first, last)) == last - first + 1
    )
    return [Window(first, last, over, last if over else min(last, reached))]


def laid_out(entries: Sequence[Entry], window: Window, fill: Fill) -> Laid:
    """What stands for each day of a window; `entries` are its counts."""
    carried: list[tuple[range, Number]] = []
    gaps: list[tuple[int, Number, int, Number]] = []
    missing: list[int] = []
    if not entries:
        return Laid(entries, carried, gaps, list(range(window.first, window.last + 1)))
    before, below, _ = entries[0]
    end, lowest, _ = entries[-1]
    edge = fill.edge if window.closed and len(entries) >= fill.counts else 0
    for days, value in (
        (range(window.first, before), below),
        (range(end + 1, window.last + 1), lowest),
    ):
        if len(days) > edge:
            missing.extend(days)
        elif days:
            carried.append((days, value))
    if end - before + 1 != len(entries):
        for day, value, _ in entries:
            if day - before > 1:
                if day - before - 1 > fill.gap:
                    missing.extend(range(before + 1, day))
                else:
                    gaps.append((before, below, day, value))
            before, below = day, value
    return Laid(entries, carried, gaps, missing)


def under(laid: Laid, fill: Fill, lines: Sequence[Line]) -> list[tuple[list[int], list[int]]]:
    """For each line, (the days that are certainly under it, those that possibly are), in order."""
    for entry in laid.entries:
        if entry[1].__class__ is Bounds:
            highest, lowest = _with_ends(laid, top), _with_ends(laid, bottom)
            sure = [_under(highest, fill, line) for line in lines]
            may = [_under(lowest, fill, line) for line in lines]
            break
    else:
        may = sure = [_under(laid, fill, line) for line in lines]
    if laid.missing:
        may = [sorted(days + laid.missing) for days in may]
    return list(zip(sure, may, strict=True))


def _under(laid: Laid, fill: Fill, line: Line) -> list[int]:
    at: Any = line.at
    days: list[int]
    if line.inclusive:
        days = [day for day, value, _ in laid.entries if value <= at]
    else:
        days = [day for day, value, _ in laid.entries if value < at]
    if laid.carried or laid.gaps:
        for carried, value in laid.carried:
            if value < at or (line.inclusive and value == at):
                days.extend(carried)
        bound: Any = line.filled_at
        for gap in laid.gaps:
            # What lies between two counts is no lower than the lower of them.
            if gap[1] <= bound or gap[3] <= bound:
                days.extend(_filled(gap, fill.middle, line))
        days.sort()
    return days


def _filled(gap: tuple[int, Any, int, Any], middle: bool, line: Line) -> Iterable[int]:
    """The days between two counts, not both above it, whose filled value is under the line."""
    before, one, after, other = gap
    every, bound = range(before + 1, after), line.filled_at
    if one < line.at and other < line.at:
        return every
    # Nothing is divided, so that what lies exactly on the line stays there.
    if middle:
        bound = bound * 2
        sums = [(day, one + other) for day in every]
    else:
        bound = bound * (after - before)
        sums = [(day, one * (after - day) + other * (day - before)) for day in every]
    if line.inclusive:
        return [day for day, value in sums if value <= bound]
    return [day for day, value in sums if value < bound]


def runs(days: list[int], joined: int) -> list[Run]:
    """Runs of days, where up to `joined` other days between two of them do not end a run."""
    if not days:
        return []
    first = before = days[0]
    if days[-1] - first + 1 == len(days):
        return [(first, days[-1])]
    found: list[Run] = []
    for day in days:
        if day - before > joined + 1:
            found.append((first, before))
            first = day
        before = day
    found.append((first, before))
    return found


def longest(found: Sequence[Run]) -> Run | None:
    """The longest run, the first of them if there are several."""
    return max(found, key=length) if found else None


def length(run: Run | None) -> int:
    """How many days a run has, both ends included."""
    return 0 if run is None else run[1] - run[0] + 1


def facts_of(entries: Sequence[Entry], run: Run) -> tuple[str, ...]:
    """The facts of the counts that lie in a run."""
    first, last = run
    # Counts of a cohort come without facts, so that is asked first.
    return tuple([fact for day, _, fact in entries if fact and first <= day <= last])


def each_day(
    laid: Laid, window: Window, fill: Fill, rounded: Callable[[Decimal], Decimal]
) -> Iterator[tuple[int, str, Number | None, str]]:
    """(day, observed or filled or missing, count, fact) of each day that has begun.

    `rounded` is what a method does to a count between two others; to be read, not to be compared.
    """
    known: dict[int, tuple[str, Number | None, str]] = {
        day: ("observed", value, fact) for day, value, fact in laid.entries
    }
    for days, value in laid.carried:
        known.update(dict.fromkeys(days, ("filled", value, "")))
    for gap in laid.gaps:
        for day in range(gap[0] + 1, gap[2]):
            known[day] = ("filled", _between(gap, day, fill.middle, rounded), "")
    for day in range(window.first, min(window.last, window.reached) + 1):
        yield day, *known.get(day, ("missing", None, ""))


def _between(
    gap: tuple[int, Number, int, Number],
    day: int,
    middle: bool,
    rounded: Callable[[Decimal], Decimal],
) -> Number:
    before, one, after, other = gap
    near, far = (1, 1) if middle else (after - day, day - before)
    if isinstance(one, Decimal) and isinstance(other, Decimal):
        return rounded((one * near + other * far) / (near + far))
    (low, low_open, high, high_open), more = ends(one), ends(other)
    least, most = low * near + more[0] * far, high * near + more[2] * far
    least, low_open = rounded(least / (near + far)), low_open or more[1]
    if most == INFINITY:
        return Bounds(least, None, low_open)
    return Bounds(least, rounded(most / (near + far)), low_open, high_open or more[3])


def _with_ends(laid: Laid, end: Callable[[Number], Decimal]) -> Laid:
    return Laid(
        [(day, end(value), fact) for day, value, fact in laid.entries],
        [(days, end(value)) for days, value in laid.carried],
        [(before, end(one), after, end(other)) for before, one, after, other in laid.gaps],
        laid.missing,
    )
