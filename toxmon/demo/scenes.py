"""What is shown on purpose: each thing that an alert can go through, on a patient of its own.

A round that nobody makes, a patient in theatre, one who worsens after somebody took the alert, one
who goes home, and one who dies. Their models chart nothing while the visitor is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from toxmon.demo.entries import number, word
from toxmon.demo.ward import Deed, Patient, calm, instant

FORGOTTEN_HOURS = 6.5
"""So long nobody has made a round at one bed; vital signs are asked for every 4 h."""
IN_THEATRE = timedelta(hours=2)
FEVER_S, WORSE_S, HOME_S, DEATH_S = 12.0, 75.0, 100.0, 200.0
"""Seconds after the opening, in real time, whatever the speed of the ward."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Told `after_s` seconds after the opening. `deed` makes it true at the time of telling."""

    after_s: float
    deed: Callable[[datetime], Deed]
    says: str


@dataclass(frozen=True, slots=True)
class Scenes:
    """Who plays which part."""

    forgotten: Patient
    in_theatre: Patient
    worsening: Patient
    goes_home: Patient
    dies: Patient

    @property
    def players(self) -> tuple[Patient, ...]:
        """All of them."""
        return self.forgotten, self.in_theatre, self.worsening, self.goes_home, self.dies

    def before(self, now: datetime) -> Deed:
        """What was told already: the theatre."""
        since = (now - timedelta(minutes=50)).replace(microsecond=0)
        said = {
            "from": instant(since),
            "until": instant(since + IN_THEATRE),
            "reason": "in theatre: a new central line",
        }
        who = self.in_theatre
        return Deed(since, who, f"{who.mrn}/theatre", "/patients/{patient}/pauses", said)

    def coming(self) -> tuple[Scene, ...]:
        """What the visitor will see, in order."""
        ill, home, dies = self.worsening, self.goes_home, self.dies
        fever = (
            number("body_temperature", 38.7, "Cel"),
            number("systolic_bp", 112, "mm[Hg]"),
            number("oxygen_saturation", 96, "%"),
            word("oxygen_device", "room_air"),
            word("vasopressors", []),
        )
        worse = (
            number("body_temperature", 39.6, "Cel"),
            number("systolic_bp", 92, "mm[Hg]"),
            number("oxygen_saturation", 92, "%"),
            word("oxygen_device", "nasal_cannula"),
            number("oxygen_flow", 4, "L/min"),
            word("vasopressors", ["norepinephrine"]),
        )
        return (
            Scene(FEVER_S, _set(ill, "fever", fever), f"{ill.mrn} has a fever"),
            Scene(
                WORSE_S,
                _set(ill, "worse", worse),
                f"{ill.mrn} is worse, although somebody has taken the alert",
            ),
            Scene(
                HOME_S,
                _act(home, "home", "stays", _goes_home),
                f"{home.mrn} goes home and is watched as an out-patient",
            ),
            Scene(
                DEATH_S,
                _act(dies, "death", "deaths", _dies),
                f"{dies.mrn} has died; nothing sounds for that bed any more",
            ),
        )


def scenes(patients: list[Patient], now: datetime) -> Scenes:
    """The parts, among patients of busy wards who play in no mishap.

    In theatre is one of a quieter ward, the one who came last: a patient who lies there anyway.
    """
    *_, free = (calm(patients, now)[:-3],)
    busy = [one for one in free if one.course.plan.busy]
    forgotten, worsening, goes_home = busy[-3:][::-1]
    worst = max(busy[:-3], key=lambda one: (one.course.ill.grade("crs", one.hours(now)), one.mrn))
    in_theatre = min(
        (
            one
            for one in free
            if not one.course.plan.close and one.course.plan.in_hospital(one.hours(now))
        ),
        key=lambda one: one.hours(now),
    )
    return Scenes(forgotten, in_theatre, worsening, goes_home, worst)


def without_rounds(deeds: list[Deed], parts: Scenes, now: datetime) -> list[Deed]:
    """The history, but for the rounds that nobody made."""
    since = now - timedelta(hours=FORGOTTEN_HOURS)
    return [
        one
        for one in deeds
        if not (one.patient == parts.forgotten and one.at > since and one.asks == "nurse")
    ]


def _set(patient: Patient, name: str, found: tuple[Any, ...]) -> Callable[[datetime], Deed]:
    def deed(at: datetime) -> Deed:
        body = {"effective_at": instant(at), "observations": list(found)}
        path = "/patients/{patient}/observations"
        return Deed(at, patient, f"{patient.mrn}/{name}", path, body)

    return deed


def _act(
    patient: Patient, name: str, path: str, body: Callable[[datetime], dict[str, Any]]
) -> Callable[[datetime], Deed]:
    def deed(at: datetime) -> Deed:
        key, where = f"{patient.mrn}/{name}", f"/patients/{{patient}}/{path}"
        return Deed(at, patient, key, where, body(at), asks="physician")

    return deed


def _goes_home(at: datetime) -> dict[str, Any]:
    return {"from": instant(at), "setting": "outpatient", "reason": "well, lives near the hospital"}


def _dies(at: datetime) -> dict[str, Any]:
    return {"died_at": instant(at), "cause": "other", "reason": "intracranial hemorrhage"}
