"""Patients with an infusion, an examination and vitals, charted through the actions themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.bodies import EXAMINATION, vitals
from benchmarks.servers import settings
from toxmon.actions import Actor, Service, enrol, infuse, record, tokens
from toxmon.api.entries import Entries, charted
from toxmon.config import read_config
from toxmon.wiring import create_service

NURSE = Actor("benchmark", "Benchmark", "nurse")
THREADS = 16
ENTRIES = Entries()
VITALS = len(vitals(0, 0))

Patient = tuple[str, int]
"""The id of a patient, and the number that its values are drawn from."""

Sets = list[tuple[datetime, list[dict[str, Any]]]]
"""Observations as the API takes them, by bedside time, in order."""


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Service]:
    """The service over a database, migrated."""
    service = create_service(read_config(settings(url, folder)))
    service.store.migrate()
    try:
        yield service
    finally:
        service.store.close()


def token(service: Service) -> str:
    """A nurse's token."""
    return tokens.create(service, "nurse", "Benchmark")[1]


def fill(
    service: Service, numbers: range, history: Callable[[int], tuple[datetime, Sets]]
) -> list[Patient]:
    """Enrol patients with these numbers. `history` gives the infusion's time, and what followed."""

    def one(number: int) -> Patient:
        infused_at, sets = history(number)
        patient_id = enrolled(service, number, infused_at)
        for at, observations in sets:
            chart(service, patient_id, at, observations)
        return patient_id, number

    # As many at once as the server has threads, so that they share commits.
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, numbers))


def enrolled(service: Service, number: int, infused_at: datetime) -> str:
    """The id of a new patient, who was infused then."""
    patient = {
        "name": None,
        "birth_date": datetime(1961, 5, 2).date(),  # noqa: DTZ001 - a calendar date
        "sex": "female",
        "unit": "bmt-1",
    }
    identifiers = [{"system": "urn:benchmark", "value": str(number)}]
    answer = enrol.enrol(service, NURSE, patient, identifiers, lambda row: row["id"].encode())
    patient_id = answer.body.decode()
    fact, editions = infuse.infusion(service, "ide-cel", infused_at, {"dose": None})
    record.record(
        service, NURSE, patient_id, [fact], lambda _: b"", action="infuse", began_under=editions
    )
    return patient_id


def chart(
    service: Service, patient_id: str, at: datetime, observations: list[dict[str, Any]]
) -> None:
    """Chart a set as the API would."""
    facts = charted(ENTRIES.deserialize(observations), at)
    record.record(service, NURSE, patient_id, facts, lambda _: b"")


def admitted(now: datetime) -> Callable[[int], tuple[datetime, Sets]]:
    """Infused three days ago; examined and measured once, an hour ago."""
    infused_at, seen_at = now - timedelta(days=3), now - timedelta(hours=1)
    return lambda number: (infused_at, [(seen_at, [*vitals(number, -1), *EXAMINATION])])


def with_history(now: datetime, facts: int) -> Callable[[int], tuple[datetime, Sets]]:
    """So many facts: vitals every half hour up to an hour ago, the last with an examination."""
    count = max(1, (facts - len(EXAMINATION)) // VITALS)
    step = timedelta(minutes=30)
    ends_at = now - timedelta(hours=1)

    def history(number: int) -> tuple[datetime, Sets]:
        times = [ends_at - step * (count - 1 - turn) for turn in range(count)]
        sets = [(at, vitals(number, turn)) for turn, at in enumerate(times)]
        sets[-1] = (ends_at, [*sets[-1][1], *EXAMINATION])
        return ends_at - step * count - timedelta(days=1), sets

    return history


def course_of(infused_at: datetime, days: int) -> Sets:
    """A charted course: vitals every 40 minutes, an examination and fever in the first week."""
    sets: Sets = []
    for turn in range(days * 36):
        at = infused_at + timedelta(minutes=40 * (turn + 1))
        fever = timedelta(days=1) < at - infused_at < timedelta(days=7)
        observations = vitals(0 if fever else 1, turn)
        if turn % 18 == 0:
            observations = [*observations, *EXAMINATION]
        if turn % 54 == 53:
            # Once in a day and a half an unusual finding, and the drug that is given for it.
            observations[3] = {"kind": "systolic_bp", "value": Decimal(84), "unit": "mm[Hg]"}
        sets.append((at, observations))
    return sets
