"""What a nurse measures and asks at the bedside: vital signs, oxygen, ICE, wakefulness.

The events are drawn first and the findings follow from them, so that the grades, which the server
works out from the findings alone, come out about as drawn.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toxmon.demo.entries import Observation, number, score, word
from toxmon.demo.illness import Illness, fever_of

ITEM_LEFT_OUT = 0.03
FLOW_LEFT_OUT = 0.2
"""How often a ward does not chart what it should. What is not charted is not known."""
WANDERS = 0.01
"""How far a day's weight lies from the usual one at the most, as a share of it."""
Given = Mapping[str, Sequence[float]]
"""By drug, the hours at which it was given, in order."""


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

    @property
    def surface_m2(self) -> float:
        """By the formula of Mosteller."""
        return math.sqrt(self.height_cm * self.weight_kg / 3600)


def temperature(body: Body, ill: Illness, at: float, given: Given) -> float:
    """In Cel at an hour, without the noise of measuring."""
    usual = body.temperature + 0.2 * math.sin((at - 3) / 24 * 2 * math.pi)
    warm = fever_of(ill.crs, at)
    if "tocilizumab" in given and ill.crs and at > given["tocilizumab"][-1]:
        since = at - given["tocilizumab"][-1]
        back = body.second_fever and 26 < since < 44
        warm *= 0.85 if back else max(0.1, 1 - since / 8)
    warm = max(warm, ill.warmth(at))
    if "acetaminophen" in given and at > given["acetaminophen"][-1]:
        warm *= 1 - 0.25 * math.exp(-(at - given["acetaminophen"][-1]) / 3)
    return usual + body.fever * warm


def weight_kg(body: Body, seed: str, day: int, gained: float) -> float:
    """What the scales show on a day; `gained` is what fluid has added by then, as a share."""
    # One stream of chances for each day: a weight more changes no other value.
    wander = random.Random(f"{seed}/weight/{day}").uniform(-WANDERS, WANDERS)
    return round(body.weight_kg * (1 + wander) * (1 + gained), 1)


def glucose(seed: str, at: float) -> Observation:
    """What a drop of blood shows on steroids: raised, and below what sounds."""
    # As with weights: a measurement more changes no other value.
    return number("glucose", random.Random(f"{seed}/glucose/{at:.2f}").randint(125, 235), "mg/dL")


def vital_signs(
    body: Body, ill: Illness, rng: random.Random, at: float, given: Given
) -> list[Observation]:
    """One set, with pressors and oxygen as the grade of CRS has them."""
    grade = ill.grade("crs", at)
    warmth = temperature(body, ill, at, given) + rng.gauss(0, 0.06)
    systolic = body.systolic + rng.gauss(0, 3)
    saturation = min(100.0, body.saturation + rng.gauss(0, 0.5))
    flow_charted = rng.random() >= FLOW_LEFT_OUT
    drop, low, flow, fraction = (rng.random() for _ in range(4))
    pressors: list[str] = []
    oxygen: list[Observation] = [word("oxygen_device", "room_air")]
    if body.by_pressure and grade >= 2:
        systolic = 79 + 8 * drop if grade == 2 else 91 + 10 * drop
        pressors = ["norepinephrine"][: grade - 2] + ["epinephrine"][: grade - 3]
    if body.by_oxygen and grade >= 2:
        saturation = 91 + 4 * low
        oxygen = _oxygen(grade, flow, fraction, flow_charted)
    diastolic = systolic * 0.6 + rng.gauss(0, 1.5)
    warm = max(0.0, warmth - 37.2)
    found = [
        number("body_temperature", round(warmth, 1), "Cel"),
        number("heart_rate", round(body.heart_rate + 11 * warm + rng.gauss(0, 3)), "/min"),
        number("respiratory_rate", round(15 + 2.2 * warm + rng.gauss(0, 1)), "/min"),
        number("systolic_bp", round(systolic), "mm[Hg]"),
        number("diastolic_bp", round(diastolic), "mm[Hg]"),
        number("mean_arterial_pressure", round((systolic + 2 * diastolic) / 3), "mm[Hg]"),
        number("oxygen_saturation", round(saturation), "%"),
        *oxygen,
        word("vasopressors", pressors),
    ]
    if systolic < 90 and drop < 0.5:
        found.append(word("hypotension", True))
    return found


def _oxygen(grade: int, flow: float, fraction: float, flow_charted: bool) -> list[Observation]:
    """The device that a grade of CRS stands for, when hypoxia is among its signs."""
    percent = number("fraction_inspired_oxygen", round(40 + 25 * fraction), "%")
    if grade == 2:
        cannula = [word("oxygen_device", "nasal_cannula")]
        liters = [number("oxygen_flow", 1 + round(4 * flow), "L/min")]
        return cannula + (liters if flow_charted else [])
    if grade == 3:
        liters = [number("oxygen_flow", 30 + 5 * round(3 * flow), "L/min"), percent]
        return [word("oxygen_device", "high_flow_nasal_cannula"), *liters]
    return [word("oxygen_device", "bipap"), word("ventilation_reason", "hypoxia"), percent]


def neurology(ill: Illness, rng: random.Random, at: float) -> list[Observation]:
    """ICE with its items, wakefulness, and the signs that ICANS is graded by."""
    grade = ill.grade("icans", at)
    lowest, highest = {0: (10, 10), 1: (7, 9), 2: (3, 6), 3: (1, 2), 4: (0, 0)}[grade]
    points = rng.randint(lowest, highest)
    split, left_out = rng.random(), rng.random() < ITEM_LEFT_OUT and grade < 2
    asked = [score(f"ice_{name}", n) for name, n in ice_items(points, split).items()]
    if left_out:
        # A hand in a splint: the sentence is not written, so there is no total either.
        asked = [one for one in asked if one["kind"] != "ice_writing"]
    else:
        asked.append(score("ice_score", points))
    awake = {
        0: "alert",
        1: "wakes_spontaneously" if split < 0.4 else "alert",
        2: "wakes_to_voice",
        3: "wakes_to_touch",
        4: "unarousable",
    }[grade]
    return [
        *asked,
        word("consciousness", awake),
        word("seizure", "none"),
        word("motor_weakness", "none"),
        word("cerebral_edema", "none"),
        word("icp_signs", []),
    ]


def ice_items(points: int, split: float) -> dict[str, int]:
    """Items that sum to `points`. Writing and attention are lost first, as is common."""
    most = {"writing": 1, "attention": 1, "naming": 3, "orientation": 4, "commands": 1}
    order = ["writing", "attention"] if split < 0.5 else ["attention", "writing"]
    order += ["naming", "orientation"] if split < 0.7 else ["orientation", "naming"]
    lost, items = 10 - points, {}
    for name in (*order, "commands"):
        items[name] = most[name] - min(lost, most[name])
        lost -= most[name] - items[name]
    return {
        name: items[name] for name in ("orientation", "naming", "commands", "writing", "attention")
    }
