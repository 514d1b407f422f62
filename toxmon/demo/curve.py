"""Curves that an invented patient's values follow: through given points, or a rise and a fall."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Curve:
    """A positive value over days, straight on a logarithmic scale between its points.

    Cells and proteins grow and vanish by factors. Before the first point and after the last the
    value stays as it is there.
    """

    points: tuple[tuple[float, float], ...]

    @staticmethod
    def through(*points: tuple[float, float]) -> Curve:
        """A curve through (day, value) pairs in the order of their days."""
        days = [day for day, _ in points]
        if days != sorted(set(days)) or any(value <= 0 for _, value in points):
            raise ValueError(f"the days of a curve rise and its values are above 0: {points}")
        return Curve(tuple(points))

    def at(self, day: float) -> float:
        """The value on a day."""
        place = bisect_right(self.points, day, key=lambda point: point[0])
        if place == 0:
            return self.points[0][1]
        if place == len(self.points):
            return self.points[-1][1]
        (before, low), (after, high) = self.points[place - 1], self.points[place]
        share = (day - before) / (after - before)
        return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))

    def then(self, *points: tuple[float, float]) -> Curve:
        """This curve up to the first of `points`, and through them from there."""
        first = points[0][0]
        return Curve.through(*(point for point in self.points if point[0] < first), *points)


def wave(day: float, onset: float, top: float, half_life: float) -> float:
    """0 up to `onset`, smoothly up to 1 at `top`, then half with each `half_life`; in days."""
    if day <= onset:
        return 0.0
    if day < top:
        share = (day - onset) / (top - onset)
        return share * share * (3 - 2 * share)
    return float(0.5 ** ((day - top) / half_life))


def boosts(day: float, given: Iterable[float], height: float, half_life: float) -> float:
    """What transfusions or infusions on the days `given` still add on `day`."""
    return sum(height * 0.5 ** ((day - one) / half_life) for one in given if day >= one)
