"""Counts by day: the lowest of each day. Day 0 is the date of the infusion (decision 0026)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import itemgetter
from typing import Any

from toxmon.grading.facts import Bounds, Number

LAST_DAY = 100
"""The last day that any of these scales looks at; later counts are not kept."""
INFINITY = Decimal("Infinity")
NOTHING = Decimal(0)
INSIDE = Decimal("1E-20")
"""How far an open end of an interval is moved inside it: less than any laboratory can report."""

_day, _count = itemgetter(0), itemgetter(1)

Entry = tuple[int, Number, str]
"""Day, the lowest count of that day, and the id of its fact; "" where counts come without facts."""


@dataclass(frozen=True, slots=True)
class Days:
    """The lowest count of each day, in the order of the days. It is never changed, only replaced.

    The same counts give the same Days in whatever order they came.
    """

    entries: tuple[Entry, ...] = ()

    @staticmethod
    def of(counts: Days | Iterable[tuple[int, Number]] | None) -> Days:
        """The days of loose (day, count) pairs, in any order, several to a day if need be."""
        if isinstance(counts, Days):
            return counts
        pairs = tuple([(day, value, "") for day, value in counts or ()])
        numbers = [pair[0] for pair in pairs]
        if not pairs or (
            numbers == sorted(set(numbers)) and numbers[0] >= 0 and numbers[-1] <= LAST_DAY
        ):
            return Days(pairs)
        days = Days()
        for day, value, fact in pairs:
            days = days.with_value(day, value, fact)
        return days

    def with_value(self, day: int, value: Number, fact_id: str) -> Days:
        """These days and one more count. Days before the infusion or after day 100 are left out."""
        entries, entry = self.entries, (day, value, fact_id)
        if not 0 <= day <= LAST_DAY:
            return self
        if not entries or entries[-1][0] < day:
            return Days((*entries, entry))
        place = bisect_left(entries, day, key=_day)
        if entries[place][0] != day:
            return Days((*entries[:place], entry, *entries[place:]))
        lower = _lower(entries[place], entry)
        if lower is entries[place]:
            return self
        return Days((*entries[:place], lower, *entries[place + 1 :]))

    def get(self, day: int) -> Number | None:
        """The lowest count of a day; None when it has none."""
        place = bisect_left(self.entries, day, key=_day)
        found = self.entries[place : place + 1]
        return found[0][1] if found and found[0][0] == day else None

    def items(self) -> tuple[Entry, ...]:
        """(day, lowest count, fact id) of each day that has a count."""
        return self.entries

    def within(self, first: int, last: int) -> tuple[Entry, ...]:
        """The entries of the days `first` to `last`."""
        entries = self.entries
        if not entries or (entries[0][0] >= first and entries[-1][0] <= last):
            return entries
        return entries[
            bisect_left(entries, first, key=_day) : bisect_left(entries, last + 1, key=_day)
        ]

    def __contains__(self, day: int) -> bool:
        return self.get(day) is not None

    def __len__(self) -> int:
        return len(self.entries)

    def as_plain(self) -> list[tuple[Any, ...]]:
        """As JSON can hold it: (day, count as text or ("b", low, high, ...), fact id)."""
        return [plain_entry(entry) for entry in self.entries]

    @staticmethod
    def from_plain(plain: Iterable[Sequence[Any]]) -> Days:
        """The days of `as_plain`."""
        return Days(tuple((day, _number(value), fact) for day, value, fact in plain))


def plain_count(value: Number | None) -> Any:
    """A count as plain data: a number, or the two ends of an interval."""
    if not isinstance(value, Bounds):
        return value
    return {
        "low": value.low,
        "high": value.high,
        "low_open": value.low_open,
        "high_open": value.high_open,
    }


def lowest_two(entries: Sequence[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The two lowest days, the lower first: by how low they certainly are, and may be."""
    for entry in entries:
        if entry[1].__class__ is Bounds:
            ways = (top, bottom)
            highest, lowest = (
                sorted(entries, key=lambda each: (end(each[1]), each[0]))[:2] for end in ways
            )
            return highest, lowest
    if len(entries) < 3:
        found = sorted(entries, key=_count)
    else:
        first: Entry = min(entries, key=_count)
        place = entries.index(first)
        found = [first, min((*entries[:place], *entries[place + 1 :]), key=_count)]
    return found, found


def ends(value: Number) -> tuple[Decimal, bool, Decimal, bool]:
    """(low, open, high, open); nothing is counted below 0."""
    if isinstance(value, Decimal):
        return value, False, value, False
    low = (NOTHING, False) if value.low is None else (value.low, value.low_open)
    high = (INFINITY, True) if value.high is None else (value.high, value.high_open)
    return *low, *high


def bottom(value: Number) -> Decimal:
    """The lowest that a count may be; an open end is moved a little inside."""
    low, is_open, _, _ = ends(value)
    return low + INSIDE if is_open else low


def top(value: Number) -> Decimal:
    """The highest that a count may be; an open end is moved a little inside."""
    _, _, high, is_open = ends(value)
    return high - INSIDE if is_open else high


def _lower(one: Entry, other: Entry) -> Entry:
    """The lowest count of a day that has two, with the fact that says how low it certainly is."""
    if isinstance(one[1], Decimal) and isinstance(other[1], Decimal):
        return one if (one[1], one[2]) <= (other[1], other[2]) else other
    (low, low_open, high, high_open), more = ends(one[1]), ends(other[1])
    low, low_open = min((low, low_open), (more[0], more[1]))
    high, closed, fact = min((high, not high_open, one[2]), (more[2], not more[3], other[2]))
    if low == high:
        return one[0], low, fact
    if high == INFINITY:
        return one[0], Bounds(low, None, low_open), fact
    return one[0], Bounds(low, high, low_open, not closed), fact


def plain_entry(entry: Entry) -> tuple[Any, ...]:
    """A day as JSON can hold it."""
    day, value, fact = entry
    return day, _plain(value), fact


def _plain(value: Number) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    low, high = (None if end is None else str(end) for end in (value.low, value.high))
    return "b", low, high, value.low_open, value.high_open


def _number(plain: Any) -> Number:
    if isinstance(plain, str):
        return Decimal(plain)
    _, low, high, low_open, high_open = plain
    low, high = (None if end is None else Decimal(end) for end in (low, high))
    return Bounds(low, high, low_open, high_open)
