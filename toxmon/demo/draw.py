"""What happens to an invented patient: drawn from a product's published figures.

An incidence is drawn as it is published. A time is published as a median and a range; it is drawn
so that its median is the published one and its range is about what as many patients as were in
the trial would show. Half of the draws fall on either side of the median, and the distance from
it, as a ratio, is exponential: of n/2 such distances the greatest is about log(n/2) times the mean
one, and that greatest distance is the published end of the range.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from toxmon.protocol.product import Product, Published, Rate, Times

HOURS = 24.0
HIGHEST = 4
"""The model lets nobody die: a demonstration needs no grade 5."""

LIFE_THREATENING_OF_SEVERE = 0.2
"""Of the events of grade 3 or more, how many reach 4. Publications rarely split them."""
MODERATE_OF_MILD = 0.45
"""Of the events below grade 3, how many reach 2. The model's own assumption, like the last."""

SHAPES: Mapping[int, tuple[tuple[float, int], ...]] = {
    1: ((1.0, 1),),
    2: ((0.2, 1), (0.7, 2), (1.0, 1)),
    3: ((0.15, 1), (0.3, 2), (0.55, 3), (0.8, 2), (1.0, 1)),
    4: ((0.1, 1), (0.25, 2), (0.4, 3), (0.55, 4), (0.7, 3), (0.85, 2), (1.0, 1)),
}
"""By peak grade: up to which share of the event's duration which grade holds."""


@dataclass(frozen=True, slots=True)
class Time:
    """A published time in days: median, range, and the number of patients it was seen in."""

    median: float
    low: float
    high: float
    patients: int

    def draw(self, rng: random.Random) -> float:
        """A time in days within the published range."""
        late = rng.random() < 0.5
        end = self.high if late else self.low
        greatest = math.log(max(end / self.median, self.median / end))
        mean = greatest / math.log(max(self.patients / 2, math.e))
        ratio = math.exp(min(rng.expovariate(1 / mean), greatest)) if mean else 1.0
        return self.median * ratio if late else self.median / ratio


@dataclass(frozen=True, slots=True)
class Figures:
    """What is published of one syndrome after one product. Shares are of all patients, 0 to 1."""

    any_grade: float
    severe: float
    """Grade 3 or more."""
    onset: Time
    """The day after the infusion, which is day 0."""
    duration: Time


NAMED_AS: Mapping[str, tuple[str, ...]] = {"crs": ("crs",), "icans": ("icans", "neurotoxicity")}
"""By scale, the published events to draw from. Where no time is published of ICANS itself, that
of neurologic toxicity stands in: wider, but for an invented patient near enough."""


def figures_of(product: Product) -> dict[str, Figures]:
    """By scale, what a product's protocol publishes. A scale without all four figures is left out.

    Of several publications of a figure, the one with the most patients is taken. An onset that is
    counted from something else than the day of the infusion, such as the latest dose, is not drawn.
    """
    known = {}
    for scale, names in NAMED_AS.items():
        shares = _largest(product, names, lambda one: one.rate and one.grade_3_or_more)
        onset = _largest(product, names, lambda one: _whole(one.onset) and not one.clock)
        duration = _largest(product, names, lambda one: _whole(one.duration))
        if shares and onset and duration:
            known[scale] = Figures(
                any_grade=_share(shares.rate, shares.n),
                severe=_share(shares.grade_3_or_more, shares.n),
                onset=_time(onset.onset, onset.n),
                duration=_time(duration.duration, duration.n),
            )
    return known


def _largest(
    product: Product, names: tuple[str, ...], has: Callable[[Published], object]
) -> Published | None:
    """Of the first event that publishes this at all, the publication with the most patients."""
    for name in names:
        found = [one for one in product.figures(name) if has(one)]
        if found:
            return max(found, key=lambda one: one.n or 0)
    return None


def _whole(times: Times | None) -> bool:
    return times is not None and times.median is not None and times.range is not None


def _share(rate: Rate | None, patients: int | None) -> float:
    """A share of patients, 0 to 1: from the count where it is printed, as it is not rounded."""
    if rate is None:
        raise ValueError("no rate is published")
    if rate.count is not None and patients:
        return rate.count / patients
    if rate.percent is None:
        raise ValueError("a rate has neither a count of known patients nor a percentage")
    return float(rate.percent / Decimal(100))


def _time(times: Times | None, patients: int | None) -> Time:
    if times is None or times.median is None or times.range is None:
        raise ValueError("no median and range is published")
    low, high = (float(times.days(end)) for end in times.range)
    return Time(float(times.days(times.median)), low, high, patients or 100)


@dataclass(frozen=True, slots=True)
class Event:
    """One syndrome of one patient, in hours since the infusion."""

    onset: float
    hours: float
    peak: int

    @property
    def end(self) -> float:
        return self.onset + self.hours

    def grade(self, hour: float) -> int:
        """The grade that the model means at that hour; 0 before and after."""
        share = (hour - self.onset) / self.hours
        if not 0 <= share < 1:
            return 0
        return next(grade for until, grade in SHAPES[self.peak] if share < until)


def event(figures: Figures, rng: random.Random) -> Event | None:
    """Whether, when, how badly and how long. None for a patient who is spared.

    Every draw is made whatever comes of it, so that one figure changed in a protocol leaves the
    rest of the course as it was.
    """
    spared, severity, within = rng.random(), rng.random(), rng.random()
    day = round(figures.onset.draw(rng))
    hour_of_day = rng.random()
    days = figures.duration.draw(rng)
    if spared >= figures.any_grade:
        return None
    if severity < figures.severe / figures.any_grade:
        peak = HIGHEST if within < LIFE_THREATENING_OF_SEVERE else 3
    else:
        peak = 2 if within < MODERATE_OF_MILD else 1
    # The infusion is at midday of day 0, so day n runs from 12 hours before 24 n to 12 after.
    onset = max(1.0, (day - 0.5 + hour_of_day) * HOURS)
    return Event(onset, max(1.0, days) * HOURS, peak)


def onset_day(one: Event) -> int:
    """The day of the infusion is 0."""
    return int((one.onset + HOURS / 2) // HOURS)
