"""When a patient is looked at: in rounds while in hospital, at visits in between and after."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

BEFORE_HOURS = -8
"""The patient comes to the ward so long before the cells."""
ROUND_HOURS, CLOSE_ROUND_HOURS = 4.0, 2.0
"""Between two sets of vital signs, ordinarily and from CRS grade 2."""
QUIET_ROUND_HOURS = 5.8
"""On a quieter ward, which still looks before a set is too old."""
SCREENING_DAY = -7
AFTER_DAY_100_DAYS = 28
DRAWN_HOURS = 0.05
"""Blood is drawn minutes after the hour of the day at which the cells were given, so that each date
has one sample, day 0 too; the last one before the cells is that of the day before."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`stays` are (from, to) in hours after the infusion; `visits` days, and then every 28 days.

    Without a stay that ends there are no visits. `by_the_clock`: what is to be seen of this patient
    rests on hours, such as the earliest time of a dose, so that an hour is an hour also while the
    ward's time runs faster; nothing is left out, and the patient plays no other part.
    """

    stays: tuple[tuple[float, float], ...] = ((BEFORE_HOURS, math.inf),)
    visits: tuple[int, ...] = ()
    round_hours: float = ROUND_HOURS
    by_the_clock: bool = False

    @property
    def busy(self) -> bool:
        """Is this a ward of many rounds, on which one is left out or charted late at times?"""
        return self.close and not self.by_the_clock

    @property
    def close(self) -> bool:
        """Are rounds made more often from CRS grade 2 on?"""
        return self.round_hours <= ROUND_HOURS

    def in_hospital(self, hour: float) -> bool:
        """Is the patient on the ward?"""
        return any(start <= hour < end for start, end in self.stays)

    def looks(self, step: Callable[[float], float]) -> Iterator[tuple[float, bool]]:
        """(hour, is it a visit) of each set of findings, without end.

        `step` says how long after a round the next one is.
        """
        rounds = ((hour, False) for hour in self._rounds(step))
        visits = ((day * 24.0 + 0.6, True) for day in self._visits())
        return heapq.merge(rounds, visits)

    def samples(self) -> Iterator[float]:
        """The hours at which blood is drawn: twice before, daily on the ward, and at visits."""
        yield from (SCREENING_DAY * 24.0, -24.0)
        daily = (float(day) for start, end in self.stays for day in _days(start, end))
        yield from (day * 24 + DRAWN_HOURS for day in heapq.merge(daily, self._visits()))

    def _rounds(self, step: Callable[[float], float]) -> Iterator[float]:
        for start, end in self.stays:
            hour = start
            while hour < end:
                yield hour
                hour += step(hour)

    def _visits(self) -> Iterator[float]:
        ends = [end for _, end in self.stays]
        if math.inf in ends:
            later: Iterable[int] = self.visits
        else:
            later = _endless(self.visits)
        return (float(day) for day in later if not self.in_hospital(day * 24.0))


def _days(start: float, end: float) -> Iterator[int]:
    day = max(0, math.ceil(start / 24))
    while day * 24 < end:
        yield day
        day += 1


def _endless(visits: tuple[int, ...]) -> Iterator[int]:
    yield from visits
    day = visits[-1] if visits else 0
    while True:
        day += AFTER_DAY_100_DAYS
        yield day
