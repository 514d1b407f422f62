"""A ward at which several people decide about one patient's tocilizumab in the same instant.

Two services over one database are two server processes: what keeps them apart is the database.
Actions are called as the API calls them; an error that the API has no answer for ends the race.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from tests.conftest import ADA, KEY, Clock
from toxmon.actions import Actor, Conflicting, Service, dosing, enrol, infuse, permissions, record
from toxmon.actions.permissions import NotPermitted, Wanted
from toxmon.actions.record import Charted
from toxmon.actions.situations import situation_of
from toxmon.dosing.counting import is_active
from toxmon.protocol import Protocols
from toxmon.store import Conflict, open_store, patients

MG = Decimal(560)
GAP, DAY = timedelta(hours=8), timedelta(hours=24)
IN_A_DAY, IN_A_TREATMENT = 3, 4
DOSE = {"medication": "tocilizumab", "dose": {"value": "560", "unit": "mg"}}

Told = dict[str, Any]
Act = Callable[[Service, Actor], Told]


@dataclass
class Winner:
    """Somebody who was told yes, and what."""

    told: Told


@dataclass
class Loser:
    """Somebody who was told no: what the check told, or the words."""

    says: str
    check: Told | None = None


@dataclass
class Patient:
    """A patient of the ward, infused and weighed."""

    id: str
    doses: int = 0


@dataclass
class RacingWard:
    """A clock, two services over one database, and people who begin at the same signal."""

    clock: Clock
    services: tuple[Service, ...]
    pool: ThreadPoolExecutor
    admitted: int = 0

    def admit(self, *, infused: bool) -> Patient:
        """A new patient, weighed; perhaps infused a day ago."""
        service, now = self.services[0], self.clock.now
        self.admitted += 1
        row = {"name": None, "birth_date": date(1961, 5, 2), "sex": "female", "unit": "bmt-1"}
        known_as = [{"system": "urn:mrn", "value": f"R{self.admitted}"}]
        answer = enrol.enrol(service, ADA, row, known_as, lambda told: told["id"].encode())
        patient = Patient(answer.body.decode())
        if infused:
            fact, editions = infuse.infusion(service, "ide-cel", now - DAY, {})
            record.record(
                service, ADA, patient.id, [fact], lambda outcome: b"", began_under=editions
            )
        self.weigh(patient)
        return patient

    def weigh(self, patient: Patient) -> None:
        """No dose comes from a weight of last week."""
        fact = Charted(kind="weight", value=Decimal(70), effective_at=self.clock.now)
        record.record(self.services[0], ADA, patient.id, [fact], lambda outcome: b"")

    def race(self, acts: Sequence[Act]) -> list[Winner | Loser]:
        """Let each act at once, every other one at the other service."""
        start = threading.Barrier(len(acts))

        def run(place: int) -> Winner | Loser:
            actor = Actor(f"person {place}", f"Person {place}", "pharmacist")
            start.wait(timeout=30)
            try:
                return Winner(acts[place](self.services[place % 2], actor))
            except NotPermitted as error:
                return Loser(str(error), error.answer)
            except (Conflicting, Conflict) as error:
                return Loser(str(error))

        return list(self.pool.map(run, range(len(acts))))

    def starts(self, patient: Patient) -> list[datetime]:
        """Every dose that counts by now, given or held, in the order of time."""
        service, now = self.services[0], self.clock.now
        rules = dosing.drug_of(service, "tocilizumab").rules
        with service.store.reading():
            heads = patients.heads(service.store, patient.id)
            known = situation_of(service, patient.id, heads, rules, now, now)
        held = [each.at for each in known.held if is_active(each, now)]
        return sorted([*held, *(dose.at for dose in known.doses if dose.at is not None)])


def begin(patient: Patient, state: str, at: datetime | None = None) -> Act:
    """Reserve or release a dose."""

    def act(service: Service, actor: Actor) -> Told:
        answer = permissions.permit(
            service, actor, patient.id, "tocilizumab", Wanted(mg=MG, at=at), state, _permission
        )
        return loaded(answer.body)

    return act


def release(patient: Patient, permission_id: str) -> Act:
    """Release what is reserved."""

    def act(service: Service, actor: Actor) -> Told:
        answer = permissions.release(service, actor, patient.id, permission_id, _permission)
        return loaded(answer.body)

    return act


def take_back(patient: Patient, permission_id: str) -> Act:
    """Take back what is reserved or released."""

    def act(service: Service, actor: Actor) -> Told:
        answer = permissions.take_back(
            service, actor, patient.id, permission_id, "not needed", _permission
        )
        return loaded(answer.body)

    return act


def give(patient: Patient, at: datetime, permission_id: str | None = None) -> Act:
    """Record that the dose was given. It is never refused."""

    def act(service: Service, actor: Actor) -> Told:
        fact = infuse.administration("tocilizumab", at, {**DOSE, "permission": permission_id})
        record.record(service, actor, patient.id, [fact], lambda outcome: b"")
        return {"given": True}

    return act


def _permission(outcome: Any, permission: Told, told: Told) -> bytes:
    return orjson.dumps({"id": permission["id"], "state": permission["state"]})


def loaded(body: bytes) -> Told:
    found: Told = orjson.loads(body)
    return found


def above_a_limit(starts: Sequence[datetime]) -> str | None:
    """What of the limits these starts break, by looking at each pair and each window."""
    for place, at in enumerate(starts):
        if place and at - starts[place - 1] < GAP:
            return f"{at - starts[place - 1]} apart"
        if sum(at - DAY < each <= at for each in starts) > IN_A_DAY:
            return "more than three in 24 hours"
    return "more than four" if len(starts) > IN_A_TREATMENT else None


@contextmanager
def racing_ward(database_url: str, protocols: Protocols) -> Iterator[RacingWard]:
    """The ward over a database that is migrated."""
    clock = Clock()
    zone = ZoneInfo("Europe/Berlin")
    stores = [open_store(database_url) for _ in range(2)]
    services = tuple(Service(store, clock, KEY, protocols, zone) for store in stores)
    try:
        with ThreadPoolExecutor(8) as pool:
            yield RacingWard(clock, services, pool)
    finally:
        for store in stores:
            store.close()
