"""The invented ward: who lies there, and everything that is told about them, in order.

A deed is one POST: the ward's life before the visitor came is a list of deeds in the order in
which they were told. Each has a key, so that telling one twice is harmless.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from toxmon.demo.beds import BEDS
from toxmon.demo.draw import figures_of
from toxmon.demo.entries import PHYSICIAN, ChartSet, Dose, Entry
from toxmon.demo.model import Course, course
from toxmon.protocol.product import Product

NAMES = (
    "Alma Sandvik", "Bruno Castell", "Celia Okafor", "Dario Lindqvist", "Edda Marchetti",
    "Felix Nakamura", "Greta Oyelaran", "Hugo Bellamy", "Ines Kowalczyk", "Jonas Abara",
    "Karin Vesely", "Luca Thorsen", "Mira Castellan", "Nils Adeyemi", "Olga Brandt",
    "Pavel Moreau", "Quirin Halvorsen", "Rosa Tanaka", "Selma Ferrante", "Tomas Okeke",
    "Ursina Lacroix", "Viktor Amsel", "Wanda Ilves", "Yara Petrov",
)  # fmt: skip
JITTER_HOURS = 0.4
"""How far the hour at which the cells were given differs from what a bed says."""
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
    shows: str | None = None

    @property
    def mrn(self) -> str:
        return f"DEMO-{self.number:03}"

    def hours(self, at: datetime) -> float:
        return (at - self.infused_at).total_seconds() / 3600

    def at(self, hour: float) -> datetime:
        return (self.infused_at + timedelta(hours=hour)).replace(microsecond=0)

    def quiet(self, hour: float) -> bool:
        """No fever of any cause in the day before and the half day after `hour`."""
        events = (self.course.ill.crs, self.course.ill.pneumonia)
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


def invent(products: Mapping[str, Product], seed: int, now: datetime) -> list[Patient]:
    """The patients, by bed, from the products' protocols; `now` sets the infusion dates.

    The same seed gives the same courses whatever the time of day.
    """
    rng = random.Random(f"{seed}/ward")
    names = rng.sample(NAMES, len(BEDS))
    patients = []
    for number, bed in enumerate(BEDS, start=1):
        hours = bed.days * 24 + rng.uniform(-JITTER_HOURS, JITTER_HOURS)
        infused_at = (now - timedelta(hours=hours)).replace(second=0, microsecond=0)
        born = date(now.year - rng.randint(44, 76), rng.randint(1, 12), rng.randint(1, 28))
        product = products[bed.product]
        patients.append(
            Patient(
                number=number,
                name=names[number - 1],
                sex=rng.choice(("female", "male")),
                birth_date=born,
                unit=UNITS[number % 2],
                product=bed.product,
                infused_at=infused_at,
                course=course(product, figures_of(product), f"{seed}/{number}", bed.story),
                shows=bed.shows,
            )
        )
    ill = calm(patients, now)[-1]
    feverish = ill.course.with_pneumonia(ill.hours(now) - PNEUMONIA_HOURS)
    return [replace(one, course=feverish) if one is ill else one for one in patients]


def calm(patients: list[Patient], now: datetime) -> list[Patient]:
    """All patients; at the end those of busy wards without CRS about `now`, the longest stay last.

    There everything is charted often, so that a slip is seen against what went before.
    """
    return sorted(
        patients,
        key=lambda one: (
            one.course.plan.busy,
            one.course.ill.pneumonia is not None,
            # Long enough here to have caught the pneumonia here.
            one.hours(now) > PNEUMONIA_HOURS + 10,
            one.quiet(one.hours(now)),
            one.course.ill.crs is None,
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
    deeds += [one for one in stays(patient) if one.at <= until]
    for number, entry in enumerate(patient.course.entries()):
        if patient.at(entry.hour) > until:
            break
        deeds.append(deed(patient, entry, number, patient.at(entry.hour)))
    return sorted(deeds, key=lambda one: one.at)


def stays(patient: Patient) -> Iterator[Deed]:
    """Where the patient is watched: on the ward in a bed, and at home between stays and after."""
    for number, (start, end) in enumerate(patient.course.plan.stays):
        yield _stay(patient, number, "inpatient", start)
        if end != math.inf:
            yield _stay(patient, number, "outpatient", end)


def _stay(patient: Patient, number: int, setting: str, hour: float) -> Deed:
    at = patient.at(hour)
    said: dict[str, Any] = {"from": instant(at), "setting": setting, "unit": patient.unit}
    if setting == "inpatient":
        said["bed"] = f"{patient.number}"
    key = f"{patient.mrn}/{setting}/{number}"
    return Deed(at, patient, key, "/patients/{patient}/stays", said, asks="physician")


def deed(patient: Patient, entry: Entry, number: int, at: datetime) -> Deed:
    """An entry of the model as the POST that tells it, true `at`."""
    path, body, asks = _as_posted(patient, entry, at)
    return Deed(
        at, patient, f"{patient.mrn}/{number}", f"/patients/{{patient}}/{path}", body, asks=asks
    )


def _as_posted(patient: Patient, entry: Entry, at: datetime) -> tuple[str, dict[str, Any], str]:
    """(the end of its path, its body, the role that posts it)."""
    if isinstance(entry, ChartSet):
        body = {"effective_at": instant(at), "observations": list(entry.observations)}
        return "observations", body, entry.by
    if isinstance(entry, Dose):
        given = {
            "medication": entry.medication,
            "dose": {"value": entry.amount, "unit": entry.unit},
            "given_at": instant(at),
            "route": entry.route,
        }
        return "administrations", given, entry.by

    def shifted(hour: float) -> str:
        return instant(at + timedelta(hours=hour - entry.hour))

    said = {
        "sign": entry.sign,
        "cause": entry.cause,
        "from": shifted(entry.since),
        "until": None if entry.until is None else shifted(entry.until),
        "reason": entry.reason,
    }
    return "attributions", said, PHYSICIAN


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

    Only among sets after the infusion, and on a busy ward; a short stay keeps its order.
    """
    deeds = list(deeds)
    if not deeds or not deeds[0].patient.course.plan.busy:
        return deeds
    sets = [i for i, one in enumerate(deeds) if one.asks == "nurse" and "observations" in one.body]
    if len(sets) < 12:
        return deeds
    late = _without_weight(deeds, sets, rng.choice(sets[3:-5]))
    deeds.insert(late + 3, deeds.pop(late))
    first = _without_weight(deeds, sets, rng.choice(sets[3:-3]))
    deeds[first], deeds[first + 1] = deeds[first + 1], deeds[first]
    return deeds


def _without_weight(deeds: list[Deed], sets: list[int], place: int) -> int:
    """The first set from `place` on that has no weight: the doses after a weight rest on it."""
    return next(
        each
        for each in sets
        if each >= place
        and "observations" in deeds[each].body
        and not any(sent["kind"] == "weight" for sent in deeds[each].body["observations"])
    )


def instant(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.isoformat().replace("+00:00", "Z")
