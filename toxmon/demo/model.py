"""One invented patient's course: what a ward would chart hour by hour, from a seed.

The events (CRS, ICANS, a pneumonia, a storm after CRS) come first; the findings follow from them.
The course has no end: it is a stream of entries in the order of the bedside clock.

Nothing here is a real patient, and nothing here grades.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from toxmon.demo.bedside import Body, glucose, neurology, vital_signs, weight_kg
from toxmon.demo.blood import Blood, drawn_blood
from toxmon.demo.draw import Event, Figures, event
from toxmon.demo.entries import LABORATORY, ChartSet, Dose, Entry, number
from toxmon.demo.illness import Illness
from toxmon.demo.laboratory import sample
from toxmon.demo.plan import CLOSE_ROUND_HOURS, Plan
from toxmon.demo.treating import lymphodepletion, step_up, upon
from toxmon.grading.medications import GROUP_OF, STEROIDS
from toxmon.protocol.product import Product

NEURO_EVERY_HOURS = 10.5
ROUND_LEFT_OUT = 0.03
NEURO_LEFT_OUT = 0.04
"""How often a busy ward does not chart what it should. What is not charted is not known."""
STORM_TESTS_FROM = 0.04
"""Once a storm is so far, its tests are asked for; and until it is gone."""
IMMUNE_DAYS = (-7, 28, 60, 90)
IMMUNE_EVERY_DAYS = 30
PNEUMONIA_HOURS = 60.0
GLUCOSE_HOURS = 24.0
"""So long after a steroid glucose is measured with each round."""
NOTHING_GAINED = (0, 0.0)


@dataclass(frozen=True, slots=True)
class Course:
    """One patient. `ill` holds the events, `told` what is told besides rounds and samples.

    `gains` is (since which day, by which share of the weight): fluid.
    """

    seed: str
    body: Body
    blood: Blood
    ill: Illness = field(default_factory=Illness)
    plan: Plan = field(default_factory=Plan)
    told: tuple[Entry, ...] = ()
    gains: tuple[int, float] = NOTHING_GAINED

    def with_pneumonia(self, onset: float) -> Course:
        """The same patient, who catches a pneumonia: a fever that is not CRS."""
        return replace(self, ill=replace(self.ill, pneumonia=Event(onset, PNEUMONIA_HOURS, 1)))

    def entries(self) -> Iterator[Entry]:
        """Everything that is charted, in order, without end, from days before day 0."""
        told = iter(sorted(self.told, key=_when))
        return heapq.merge(told, self._samples(), self._looks(), key=_when)

    def _looks(self) -> Iterator[Entry]:
        """Rounds and visits, each with the doses that follow it."""
        rng = random.Random(f"{self.seed}/entries")
        # What a story tells of a drug is all that is given of it.
        told = {one.medication for one in self.told if isinstance(one, Dose)}
        given: dict[str, list[float]] = {}
        asked = float("-inf")
        seen = 0
        weighed, weight = None, self.body.weight_kg
        steroids = [
            one.hour for one in self.told if isinstance(one, Dose) and one.medication in STEROIDS
        ]
        for hour, visit in self.plan.looks(self._step):
            at = hour if visit else hour + rng.uniform(-0.15, 0.15)
            busy = self.plan.busy and not visit
            left_out = rng.random() < ROUND_LEFT_OUT and busy and seen > 4
            asks = not busy or rng.random() >= NEURO_LEFT_OUT
            due = visit or hour == 0 or self.ill.grade("icans", at) > 0
            due = due or hour - asked >= NEURO_EVERY_HOURS
            found = vital_signs(self.body, self.ill, rng, at, given)
            examined = neurology(self.ill, rng, at)
            if due and (asks or not seen):
                found += examined
                asked = hour
            if not visit and any(0 < at - one < GLUCOSE_HOURS for one in steroids):
                found.append(glucose(self.seed, at))
            day = math.floor(hour / 24)
            measured = weight_kg(self.body, self.seed, day, self._gained(day))
            if visit or day != weighed:
                found.append(number("weight", measured, "kg"))
            if not seen:
                found.append(number("height", self.body.height_cm, "cm"))
            seen += 1
            if left_out:
                continue
            if visit or day != weighed:
                weighed, weight = day, measured
            entry = ChartSet(at, tuple(found))
            yield entry
            for dose in upon(entry, weight, self.ill, given):
                if dose.medication in told:
                    continue
                given.setdefault(dose.medication, []).append(dose.hour)
                if dose.medication in STEROIDS:
                    steroids.append(dose.hour)
                yield dose

    def _gained(self, day: int) -> float:
        since, share = self.gains
        return share if day >= since else 0.0

    def _step(self, hour: float) -> float:
        close = self.plan.close and self.ill.grade("crs", hour) >= 2
        return CLOSE_ROUND_HOURS if close else self.plan.round_hours

    def _samples(self) -> Iterator[Entry]:
        given: dict[str, list[float]] = {}
        for one in self.told:
            if isinstance(one, Dose):
                group = GROUP_OF.get(one.medication, one.medication)
                given.setdefault(group, []).append(one.hour / 24)
        due = iter(_immune_days())
        immune = next(due)
        for place, hour in enumerate(self.plan.samples()):
            day = hour / 24
            asked = day + 0.1 >= immune
            while day + 0.1 >= immune:
                immune = next(due)
            # One stream of chances for each sample: a test more changes no other day.
            rng = random.Random(f"{self.seed}/blood/{place}")
            storm = self.ill.of_storm(day) > STORM_TESTS_FROM
            values = self.blood.values(day, self.ill, given)
            yield ChartSet(hour, sample(values, rng, storm=storm, immune=asked), LABORATORY)


def _immune_days() -> Iterator[float]:
    yield from IMMUNE_DAYS
    day = IMMUNE_DAYS[-1]
    while True:
        day += IMMUNE_EVERY_DAYS
        yield day


def _when(entry: Entry) -> float:
    return entry.hour


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of a patient and not drawn. Without `ill` the events are drawn.

    `blood` replaces fields of Blood, `told` is told besides rounds, samples and scheduled doses.
    `weight_kg` replaces the one that is drawn, for a story that tells doses by weight.
    """

    ill: Illness | None = None
    blood: Mapping[str, Any] = field(default_factory=dict)
    plan: Plan = field(default_factory=Plan)
    told: tuple[Entry, ...] = ()
    weight_kg: float | None = None
    gains: tuple[int, float] = NOTHING_GAINED


def course(
    product: Product, figures: Mapping[str, Figures], seed: str, story: Story | None = None
) -> Course:
    """The course of one patient after `product`. `figures` are by scale, those that are known."""
    story = story or Story()
    rng = random.Random(seed)
    weight = round(rng.uniform(52, 98), 1)
    pressure, oxygen = ((True, False), (False, True), (True, True))[
        rng.choices((0, 1, 2), weights=(45, 20, 35))[0]
    ]
    body = Body(
        weight_kg=weight,
        height_cm=round(rng.uniform(152, 190)),
        temperature=rng.uniform(36.4, 36.7),
        systolic=rng.uniform(112, 134),
        heart_rate=rng.uniform(64, 84),
        saturation=rng.uniform(96, 98),
        fever=rng.uniform(2.2, 3.1),
        by_pressure=pressure,
        by_oxygen=oxygen,
        second_fever=rng.random() < 0.4,
    )
    if story.weight_kg is not None:
        body = replace(body, weight_kg=story.weight_kg)
    # One stream of chances for each syndrome: a protocol that gains a figure changes only its own.
    drawn = {
        scale: event(known, random.Random(f"{seed}/{scale}")) for scale, known in figures.items()
    }
    blood = drawn_blood(
        random.Random(f"{seed}/blood"),
        cells=bool(product.lymphodepletion),
        myeloma=product.target.startswith("BCMA"),
    )
    return Course(
        seed=seed,
        body=body,
        blood=replace(blood, **story.blood),
        ill=story.ill or Illness(drawn.get("crs"), drawn.get("icans")),
        plan=story.plan,
        told=(*lymphodepletion(product, body), *step_up(product, body), *story.told),
        gains=story.gains,
    )
