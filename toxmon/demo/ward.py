"""The invented ward: who lies there, and everything that is told about them, in order.

A deed is one POST: the ward's life before the visitor came is a list of deeds in the order in
which they were told. Each has a key, so that telling one twice is harmless.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from toxmon.demo.draw import Figures
from toxmon.demo.model import ChartSet, Course, Dose, Entry, course

NAMES = (
    "Alma Sandvik", "Bruno Castell", "Celia Okafor", "Dario Lindqvist", "Edda Marchetti",
    "Felix Nakamura", "Greta Oyelaran", "Hugo Bellamy", "Ines Kowalczyk", "Jonas Abara",
    "Karin Vesely", "Luca Thorsen", "Mira Castellan", "Nils Adeyemi", "Olga Brandt",
    "Pavel Moreau",
)  # fmt: skip
STAYS: tuple[tuple[str, float], ...] = (
    ("ide-cel", 0.4), ("cilta-cel", 7.6), ("ide-cel", 1.7), ("cilta-cel", 9.2),
    ("ide-cel", 2.6), ("cilta-cel", 6.4), ("ide-cel", 3.8), ("cilta-cel", 11.3),
    ("ide-cel", 5.5), ("cilta-cel", 1.3), ("ide-cel", 8.7), ("cilta-cel", 13.4),
    ("ide-cel", 12.5), ("cilta-cel", 4.5),
)  # fmt: skip
"""By bed: the product, and how many days ago it was infused."""
UNITS = ("bmt-1", "bmt-2")
SYSTEM = "urn:mrn"
PNEUMONIA_HOURS = 20
"""How long before the visitor comes the pneumonia begins."""


@dataclass(frozen=True, slots=True)
class Patient:
    """One bed. `number` counts from 1; `infused_at` is an aware instant."""

    number: int
    name: str
    sex: str
    birth_date: date
    unit: str
    product: str
    infused_at: datetime
    course: Course

    @property
    def mrn(self) -> str:
        return f"DEMO-{self.number:03}"

    def hours(self, at: datetime) -> float:
        return (at - self.infused_at).total_seconds() / 3600

    def at(self, hour: float) -> datetime:
        return (self.infused_at + timedelta(hours=hour)).replace(microsecond=0)

    def quiet(self, hour: float) -> bool:
        """No fever of any cause in the day before and the half day after `hour`."""
        events = (self.course.crs, self.course.pneumonia)
        return all(e is None or hour < e.onset - 12 or hour > e.end + 24 for e in events)


@dataclass(frozen=True, slots=True)
class Deed:
    """One POST to the API.

    `at` is when it was true at the bedside, and the order of telling unless something went
    wrong. `{patient}` in `path` is the patient's id on the server; `{observation}` the first
    observation of the answer to the deed whose key is `about`.
    """

    at: datetime
    patient: Patient
    key: str
    path: str
    body: Mapping[str, Any]
    about: str | None = None
    asks: str = "nurse"
    """The role that tells it."""


def invent(figures: Mapping[str, Mapping[str, Figures]], seed: int, now: datetime) -> list[Patient]:
    """The patients, by bed. `figures` are by product and scale; `now` sets the infusion dates.

    The same seed gives the same courses whatever the time of day.
    """
    rng = random.Random(f"{seed}/ward")
    names = rng.sample(NAMES, len(STAYS))
    patients = []
    for number, (product, days) in enumerate(STAYS, start=1):
        minutes = days * 24 * 60 + rng.randrange(-60, 60)
        infused_at = (now - timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        born = date(now.year - rng.randint(44, 76), rng.randint(1, 12), rng.randint(1, 28))
        patients.append(
            Patient(
                number=number,
                name=names[number - 1],
                sex=rng.choice(("female", "male")),
                birth_date=born,
                unit=UNITS[number % 2],
                product=product,
                infused_at=infused_at,
                course=course(figures[product], f"{seed}/{number}"),
            )
        )
    ill = calm(patients, now)[-1]
    feverish = ill.course.with_pneumonia(ill.hours(now) - PNEUMONIA_HOURS)
    return [replace(one, course=feverish) if one is ill else one for one in patients]


def calm(patients: list[Patient], now: datetime) -> list[Patient]:
    """All patients; at the end those without CRS about `now`, the longest stay last."""
    return sorted(
        patients,
        key=lambda one: (
            one.course.pneumonia is not None,
            # Long enough here to have caught the pneumonia here.
            one.hours(now) > PNEUMONIA_HOURS + 10,
            one.quiet(one.hours(now)),
            one.course.crs is None,
            one.hours(now),
        ),
    )


def admissions(patients: Iterable[Patient]) -> Iterator[tuple[Patient, dict[str, Any]]]:
    """The bodies that make the patients known. They come first: all else needs their ids."""
    for one in patients:
        yield (
            one,
            {
                "identifiers": [{"system": SYSTEM, "value": one.mrn}],
                "birth_date": one.birth_date.isoformat(),
                "sex": one.sex,
                "unit": one.unit,
                "name": one.name,
            },
        )


def told(patient: Patient, until: datetime) -> list[Deed]:
    """What was told about one patient up to `until`: the infusion, then the course."""
    deeds = [
        Deed(
            at=patient.infused_at,
            patient=patient,
            key=f"{patient.mrn}/infusion",
            path="/patients/{patient}/infusions",
            body={"product": patient.product, "infused_at": instant(patient.infused_at)},
            asks="physician",
        )
    ]
    for number, entry in enumerate(patient.course.entries()):
        if patient.at(entry.hour) > until:
            break
        deeds.append(deed(patient, entry, number, patient.at(entry.hour)))
    return sorted(deeds, key=lambda one: one.at)


def deed(patient: Patient, entry: Entry, number: int, at: datetime) -> Deed:
    """An entry of the model as the POST that tells it, true `at`."""
    key = f"{patient.mrn}/{number}"
    if isinstance(entry, Dose):
        return Deed(
            at=at,
            patient=patient,
            key=key,
            path="/patients/{patient}/administrations",
            body={
                "medication": entry.medication,
                "dose": {"value": entry.amount, "unit": entry.unit},
                "given_at": instant(at),
                "route": entry.route,
            },
        )
    return Deed(
        at=at,
        patient=patient,
        key=key,
        path="/patients/{patient}/observations",
        body={"effective_at": instant(at), "observations": list(entry.observations)},
        asks="integration" if _from_laboratory(entry) else "nurse",
    )


def backfill(patients: list[Patient], now: datetime, seed: int) -> list[Deed]:
    """The ward's life up to `now`, in the order in which it was told."""
    rng = random.Random(f"{seed}/telling")
    each = [_untidy(told(patient, now), rng) for patient in patients]
    # Merged by bedside time; within a patient the order of telling stays as it is.
    return [one for _, one in heapq.merge(*(_when_told(deeds) for deeds in each), key=_first)]


def _first(pair: tuple[datetime, Deed]) -> datetime:
    return pair[0]


def _when_told(deeds: Iterable[Deed]) -> Iterator[tuple[datetime, Deed]]:
    """Each deed with the time at which it is told: never before the one that precedes it."""
    last: datetime | None = None
    for one in deeds:
        last = one.at if last is None else max(last, one.at)
        yield last, one


def _untidy(deeds: list[Deed], rng: random.Random) -> list[Deed]:
    """As on a ward: one set is charted some rounds late, and two change places.

    Only among sets after the infusion; a short stay keeps its order.
    """
    deeds = list(deeds)
    sets = [i for i, one in enumerate(deeds) if one.asks == "nurse" and "observations" in one.body]
    if len(sets) < 12:
        return deeds
    late = rng.choice(sets[3:-5])
    deeds.insert(late + 3, deeds.pop(late))
    first = rng.choice(sets[3:-3])
    deeds[first], deeds[first + 1] = deeds[first + 1], deeds[first]
    return deeds


def _from_laboratory(entry: ChartSet) -> bool:
    return any(one["kind"] == "crp" for one in entry.observations)


def instant(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")
