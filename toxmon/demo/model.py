"""One invented patient's course: what a ward would chart hour by hour, from a seed.

The events (CRS, ICANS, a pneumonia) are drawn first; the findings follow from them, so that the
grades, which are worked out by the server from the findings alone, come out about as drawn. The
course has no end: it is a stream of entries in the order of the bedside clock.

Nothing here is a real patient, and nothing here grades.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from toxmon.demo.draw import Event, Figures, event

Observation = dict[str, Any]
"""As in the contract: {"kind": ..., "value": ..., "unit": ...}."""

ROUND_HOURS, CLOSE_ROUND_HOURS = 4, 2
"""Between two sets of vital signs, ordinarily and from CRS grade 2."""
NEURO_EVERY_ROUNDS = 3
LABORATORY_HOUR = 20
"""Blood is drawn so many hours after the hour of the infusion, every day."""
BEFORE_HOURS = -8

ROUND_LEFT_OUT = 0.03
NEURO_LEFT_OUT = 0.04
ITEM_LEFT_OUT = 0.03
FLOW_LEFT_OUT = 0.2
"""How often a ward does not chart what it should. What is not charted is not known."""


@dataclass(frozen=True, slots=True)
class ChartSet:
    """Observations of one instant, `hour` hours after the infusion."""

    hour: float
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose of a drug, `hour` hours after the infusion."""

    hour: float
    medication: str
    amount: float
    unit: str
    route: str


Entry = ChartSet | Dose


@dataclass(frozen=True, slots=True)
class Body:
    """What a patient is like when well."""

    weight_kg: float
    height_cm: float
    temperature: float
    systolic: float
    heart_rate: float
    saturation: float
    fever: float
    """How far the temperature rises at the height of a fever, in Cel."""
    by_pressure: bool
    by_oxygen: bool
    """Which of the two signs of CRS this patient shows from grade 2; at least one."""
    second_fever: bool
    """Whether the fever comes back after tocilizumab."""


@dataclass(frozen=True, slots=True)
class Course:
    """One patient. `events` are by scale, times in hours since the infusion."""

    seed: str
    body: Body
    crs: Event | None
    icans: Event | None
    pneumonia: Event | None = None

    def with_pneumonia(self, onset: float) -> Course:
        """The same patient, who catches a pneumonia: a fever that is not CRS."""
        return replace(self, pneumonia=Event(onset, 60.0, 1))

    def entries(self) -> Iterator[Entry]:
        """Everything that is charted, in order, without end, from some hours before day 0."""
        rng = random.Random(f"{self.seed}/entries")
        given: dict[str, float] = {}
        rounds, hour = 0, float(BEFORE_HOURS)
        next_laboratory = float(BEFORE_HOURS) + 2
        while True:
            at = hour + rng.uniform(-0.15, 0.15)
            left_out = rng.random() < ROUND_LEFT_OUT and rounds > 4
            # The third round falls on the infusion, from which on ICE is asked at fixed times.
            neuro = rounds % NEURO_EVERY_ROUNDS == 2 or self._grade("icans", at) > 0
            entry = self._round(rng, at, neuro, first=rounds == 0, given=given)
            if not left_out:
                yield entry
                for dose in self._doses(entry, given):
                    given[dose.medication] = dose.hour
                    yield dose
            step = CLOSE_ROUND_HOURS if self._grade("crs", at) >= 2 else ROUND_HOURS
            if hour < next_laboratory <= hour + step:
                yield ChartSet(next_laboratory - 0.5, self._laboratory(rng, next_laboratory))
                next_laboratory += LABORATORY_HOUR - next_laboratory if next_laboratory < 0 else 24
            hour += step
            rounds += 1

    def _grade(self, scale: str, hour: float) -> int:
        one = self.crs if scale == "crs" else self.icans
        return one.grade(hour) if one else 0

    def _round(
        self, rng: random.Random, at: float, neuro: bool, *, first: bool, given: Mapping[str, float]
    ) -> ChartSet:
        found = self._vital_signs(rng, at, given)
        asked = self._neurology(rng, at)
        if first or (neuro and rng.random() >= NEURO_LEFT_OUT):
            found += asked
        if first:
            found += [
                _number("weight", self.body.weight_kg, "kg"),
                _number("height", self.body.height_cm, "cm"),
            ]
        return ChartSet(at, tuple(found))

    def temperature(self, at: float, given: Mapping[str, float]) -> float:
        """In Cel, without the noise of measuring."""
        usual = self.body.temperature + 0.2 * math.sin((at - 3) / 24 * 2 * math.pi)
        warm = _fever(self.crs, at)
        if "tocilizumab" in given and self.crs and at > given["tocilizumab"]:
            since = at - given["tocilizumab"]
            back = self.body.second_fever and 26 < since < 44
            warm *= 0.85 if back else max(0.1, 1 - since / 8)
        warm = max(warm, 0.8 * _fever(self.pneumonia, at))
        if "acetaminophen" in given and at > given["acetaminophen"]:
            warm *= 1 - 0.25 * math.exp(-(at - given["acetaminophen"]) / 3)
        return usual + self.body.fever * warm

    def _vital_signs(
        self, rng: random.Random, at: float, given: Mapping[str, float]
    ) -> list[Observation]:
        grade = self._grade("crs", at)
        temperature = self.temperature(at, given) + rng.gauss(0, 0.06)
        systolic = self.body.systolic + rng.gauss(0, 3)
        saturation = min(100.0, self.body.saturation + rng.gauss(0, 0.5))
        flow_charted = rng.random() >= FLOW_LEFT_OUT
        drop, low, flow, fraction = (rng.random() for _ in range(4))
        pressors: list[str] = []
        oxygen: list[Observation] = [_word("oxygen_device", "room_air")]
        if self.body.by_pressure and grade >= 2:
            systolic = 79 + 8 * drop if grade == 2 else 91 + 10 * drop
            pressors = ["norepinephrine"][: grade - 2] + ["epinephrine"][: grade - 3]
        if self.body.by_oxygen and grade >= 2:
            saturation = 91 + 4 * low
            oxygen = self._oxygen(grade, flow, fraction, flow_charted)
        diastolic = systolic * 0.6 + rng.gauss(0, 1.5)
        warm = max(0.0, temperature - 37.2)
        found = [
            _number("body_temperature", round(temperature, 1), "Cel"),
            _number(
                "heart_rate", round(self.body.heart_rate + 11 * warm + rng.gauss(0, 3)), "/min"
            ),
            _number("respiratory_rate", round(15 + 2.2 * warm + rng.gauss(0, 1)), "/min"),
            _number("systolic_bp", round(systolic), "mm[Hg]"),
            _number("diastolic_bp", round(diastolic), "mm[Hg]"),
            _number("mean_arterial_pressure", round((systolic + 2 * diastolic) / 3), "mm[Hg]"),
            _number("oxygen_saturation", round(saturation), "%"),
            *oxygen,
            _word("vasopressors", pressors),
        ]
        if systolic < 90 and drop < 0.5:
            found.append(_word("hypotension", True))
        return found

    def _oxygen(
        self, grade: int, flow: float, fraction: float, flow_charted: bool
    ) -> list[Observation]:
        """The device that a grade of CRS stands for, when hypoxia is among its signs."""
        percent = _number("fraction_inspired_oxygen", round(40 + 25 * fraction), "%")
        if grade == 2:
            cannula = [_word("oxygen_device", "nasal_cannula")]
            liters = [_number("oxygen_flow", 1 + round(4 * flow), "L/min")]
            return cannula + (liters if flow_charted else [])
        if grade == 3:
            liters = [_number("oxygen_flow", 30 + 5 * round(3 * flow), "L/min"), percent]
            return [_word("oxygen_device", "high_flow_nasal_cannula"), *liters]
        return [
            _word("oxygen_device", "bipap"),
            _word("ventilation_reason", "hypoxia"),
            percent,
        ]

    def _neurology(self, rng: random.Random, at: float) -> list[Observation]:
        grade = self._grade("icans", at)
        lowest, highest = {0: (10, 10), 1: (7, 9), 2: (3, 6), 3: (1, 2), 4: (0, 0)}[grade]
        score = rng.randint(lowest, highest)
        split, left_out = rng.random(), rng.random() < ITEM_LEFT_OUT and grade < 2
        items = ice_items(score, split)
        if left_out:
            # A hand in a splint: the sentence is not written, so there is no total either.
            asked = [_number(f"ice_{name}", n, "{score}") for name, n in items.items()]
            asked = [one for one in asked if one["kind"] != "ice_writing"]
        else:
            asked = [_number(f"ice_{name}", n, "{score}") for name, n in items.items()]
            asked.append(_number("ice_score", score, "{score}"))
        awake = {
            0: "alert",
            1: "wakes_spontaneously" if split < 0.4 else "alert",
            2: "wakes_to_voice",
            3: "wakes_to_touch",
            4: "unarousable",
        }[grade]
        return [
            *asked,
            _word("consciousness", awake),
            _word("seizure", "none"),
            _word("motor_weakness", "none"),
            _word("cerebral_edema", "none"),
            _word("icp_signs", []),
        ]

    def _laboratory(self, rng: random.Random, at: float) -> tuple[Observation, ...]:
        day = at / 24
        peak = self.crs.peak if self.crs else 0
        onset = self.crs.onset / 24 if self.crs else 7.0
        crp = 6 + (12, 55, 110, 180, 240)[peak] * _bump(day, onset + 1.3, 1.7)
        if self.pneumonia:
            crp += 120 * _bump(day, self.pneumonia.onset / 24 + 1, 1.5)
        ferritin = 420 + (250, 1500, 4200, 9000, 15000)[peak] * _bump(day, onset + 4, 3.4)
        recovered = 1 / (1 + math.exp(-(day - 13.5) * 1.1))
        anc = 2.4 / (1 + math.exp((day - 1.4) * 1.9)) + 0.05 + 1.6 * recovered
        anc -= 0.9 * _bump(day, 19.5, 1.9) * recovered
        platelets = 32 + 105 / (1 + math.exp((day - 4.4) * 0.8)) + 60 * recovered
        # Each is drawn from one factor in the order of this list, so the order is part of the seed.
        return tuple(
            _number(kind, round(value * math.exp(rng.gauss(0, 0.06)), digits), unit)
            for kind, value, digits, unit in (
                ("crp", crp, 1, "mg/L"),
                ("ferritin", ferritin, 0, "ng/mL"),
                ("wbc", anc * 1.25 + 0.15, 2, "10*3/uL"),
                ("anc", anc, 2, "10*3/uL"),
                ("alc", 0.08 + 1.2 * _bump(day, 13, 3.5), 2, "10*3/uL"),
                ("hemoglobin", 9.4 - 0.9 * _bump(day, 8, 4), 1, "g/dL"),
                ("platelets", platelets, 0, "10*3/uL"),
                ("ldh", 210 + 60 * peak * _bump(day, onset + 2, 3), 0, "U/L"),
                ("fibrinogen", 360 + 120 * _bump(day, onset + 1, 2), 0, "mg/dL"),
                ("ast", 26 + 14 * peak * _bump(day, onset + 3, 3), 0, "U/L"),
                ("alt", 24 + 12 * peak * _bump(day, onset + 3, 3), 0, "U/L"),
                ("creatinine", 0.9 + 0.12 * peak * _bump(day, onset + 1.5, 1.5), 2, "mg/dL"),
            )
        )

    def _doses(self, last: ChartSet, given: Mapping[str, float]) -> list[Dose]:
        """What a ward would give upon this set; the habits of a ward, not advice.

        Tocilizumab at 8 mg/kg and 800 mg at most, and dexamethasone at 10 mg, are the doses of
        the products' labels; when a second one follows is simplified.
        """
        crs, icans = self._grade("crs", last.hour), self._grade("icans", last.hour)
        temperature = next(o["value"] for o in last.observations if o["kind"] == "body_temperature")
        tocilizumab_mg = min(800, 10 * round(self.body.weight_kg * 8 / 10))
        again = 8 if crs >= 3 else math.inf
        wanted = (
            (temperature >= 38.3, "acetaminophen", 6, 650, "oral"),
            (crs >= 2, "tocilizumab", again, tocilizumab_mg, "iv"),
            (crs >= 3 or icans >= 2, "dexamethasone", 12 if icans < 3 else 6, 10, "iv"),
            (icans >= 1, "levetiracetam", 12, 500, "oral"),
        )
        return [
            Dose(last.hour + 0.3 + 0.15 * i, medication, amount, "mg", route)
            for i, (wants, medication, hours, amount, route) in enumerate(wanted)
            if wants and last.hour - given.get(medication, -math.inf) >= hours
        ]


def course(figures: Mapping[str, Figures], seed: str) -> Course:
    """The course of one patient. `figures` are by scale: crs, and icans where it is published."""
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
    # One stream of chances for each syndrome: a protocol that gains a figure changes only its own.
    drawn = {
        scale: event(known, random.Random(f"{seed}/{scale}")) for scale, known in figures.items()
    }
    return Course(seed, body, drawn.get("crs"), drawn.get("icans"))


def ice_items(score: int, split: float) -> dict[str, int]:
    """Items that sum to `score`. Writing and attention are lost first, as is common."""
    most = {"writing": 1, "attention": 1, "naming": 3, "orientation": 4, "commands": 1}
    order = ["writing", "attention"] if split < 0.5 else ["attention", "writing"]
    order += ["naming", "orientation"] if split < 0.7 else ["orientation", "naming"]
    lost, items = 10 - score, {}
    for name in (*order, "commands"):
        items[name] = most[name] - min(lost, most[name])
        lost -= most[name] - items[name]
    return {
        name: items[name] for name in ("orientation", "naming", "commands", "writing", "attention")
    }


def _fever(one: Event | None, at: float) -> float:
    """How much of the full fever there is: from 0 to 1, at once, and gone within three hours."""
    if one is None or at < one.onset:
        return 0.0
    if at < one.end:
        share = (at - one.onset) / one.hours
        return 0.8 + 0.2 * math.sin(math.pi * min(1.0, share * 1.4))
    return max(0.0, 0.8 * (1 - (at - one.end) / 3))


def _bump(day: float, center: float, width: float) -> float:
    return math.exp(-(((day - center) / width) ** 2))


def _number(kind: str, value: float, unit: str) -> Observation:
    return {"kind": kind, "value": value, "unit": unit}


def _word(kind: str, value: Any) -> Observation:
    return {"kind": kind, "value": value}
