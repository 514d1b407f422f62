"""Tells a course to the record, in any way, and reads back what came of it without any id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings

from tests.conftest import ADA, Clock
from tests.properties.courses import BORN, INFUSION, OTHER_UNITS, RETRACTED, Course, Saying
from toxmon.actions import Service, corrections, enrol, infuse, look_up, record
from toxmon.actions.lapse import lapse_due
from toxmon.actions.record import Charted, Outcome
from toxmon.actions.replay import Answer, Keyed
from toxmon.actions.verify import _patient as findings_of
from toxmon.api.entries import read_entry
from toxmon.api.fields import parse_instant
from toxmon.assessment import plain
from toxmon.grading.kinds import KINDS
from toxmon.saved import dump_value
from toxmon.store import NEVER, Row, assessments, facts, patients
from toxmon.store.sqlite import SqliteStore

NUMBERS_OF_PATIENTS = count(1)

THREADS_DRAW = pytest.mark.filterwarnings("ignore:Do not use the .random. module inside strat")
"""The threads of a connection pool take their pauses from `random` while Hypothesis draws."""


def some(examples: int, service: Service | None = None) -> settings:
    """So many examples over SQLite, and a third of them over PostgreSQL.

    What is drawn tries the folding, which is the same code over both. That both keep and answer
    the same is drawn for by `test_both_databases_come_to_the_same_record`.
    """
    fewer = service is not None and not isinstance(service.store, SqliteStore)
    return settings(
        max_examples=examples // 3 if fewer else examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@dataclass
class Patient:
    """One patient of a record, to whom a course is told."""

    service: Service
    clock: Clock
    id: str
    ids: dict[str, str] = field(default_factory=dict)
    """By the name of a saying, the id of its fact."""
    outcomes: list[Outcome] = field(default_factory=list)

    def tell(
        self, together: Sequence[Saying], *, otherwise: bool = False, twice: bool = False
    ) -> None:
        """Chart sayings as one set, or one replacement. `otherwise` takes other units and offsets.

        `twice` sends the same request again and asserts that it changed nothing.
        """
        key = Keyed(f"{self.id} {together[0].name}", "the same body")
        answer = self._post(together, key, otherwise)
        if twice:
            before = patients.heads(self.service.store, self.id)
            again = self._post(together, key, otherwise)
            assert again.replayed
            assert again.body == answer.body
            assert patients.heads(self.service.store, self.id) == before
        for saying, row in zip(together, self.outcomes[-1].facts, strict=True):
            self.ids[saying.name] = row["id"]

    def _post(self, together: Sequence[Saying], key: Keyed, otherwise: bool) -> Answer:
        first = together[0]
        charted = [self._charted(saying, otherwise) for saying in together]
        if first.replaces:
            replaced = self.ids[first.replaces]
            return corrections.correct(
                self.service, ADA, replaced, lambda fact: charted[0], self._render, keyed=key
            )
        editions: list[Row] = []
        if first.kind == INFUSION:
            charted[0], editions = infuse.infusion(
                self.service, str(first.value), _shifted(first.at, otherwise), {}
            )
        return record.record(
            self.service, ADA, self.id, charted, self._render, keyed=key, began_under=editions
        )

    def _render(self, outcome: Outcome) -> bytes:
        self.outcomes.append(outcome)
        return orjson.dumps(
            {"version": outcome.version, "grades": outcome.regraded.grades}, default=str
        )

    def _charted(self, saying: Saying, otherwise: bool) -> Charted:
        value, detail = saying.value, None
        if otherwise and saying.kind in OTHER_UNITS and isinstance(value, Decimal):
            value = _converted(saying.kind, value)
        if saying.kind == INFUSION and saying.replaces:
            # What a treatment was begun under does not change when its time does.
            replaced = facts.get(self.service.store, self.ids[saying.replaces])
            assert replaced is not None
            detail = orjson.loads(replaced["detail"])
        return Charted(
            kind=saying.kind,
            value=value,
            effective_at=_shifted(saying.at, otherwise),
            until_at=saying.until,
            detail=detail,
            status=saying.status,
            doubt="implausible" if saying.status == "quarantined" else None,
            replaces_id=self.ids[saying.replaces] if saying.replaces else None,
            reason="it was wrong" if saying.replaces else None,
        )

    # What came of it

    def standing(self) -> list[tuple[Any, ...]]:
        """Every assessment that stands: treatment, instant, scale, grades, digest of the words."""
        names = {id_: name for name, id_ in self.ids.items()}
        rows = [
            (names[infusion], row)
            for infusion in self._treatments_ever()
            for row in assessments.standing(self.service.store, infusion, NEVER)
        ]
        return [
            (name, row["effective_at"], row["scale"], row["low"], row["high"], row["short"])
            for name, row in sorted(
                rows, key=lambda each: (each[0], each[1]["effective_at"], each[1]["scale"])
            )
        ]

    def _treatments_ever(self) -> list[str]:
        every = facts.every(self.service.store, self.id)
        return [row["id"] for row in every if row["kind"] == INFUSION and not row["replaces_id"]]

    def asked(self, instants: Iterable[datetime], known_at: datetime | None = None) -> list[Any]:
        """The grades as of each instant, with what they rest on in words instead of ids."""
        meanings = {row["id"]: _meaning(row) for row in facts.every(self.service.store, self.id)}
        names = {id_: name for name, id_ in self.ids.items()}
        found = []
        for at in instants:
            graded = look_up.grades(self.service, ADA, self.id, at, known_at)
            treatment = graded.treatment and names[graded.treatment["treatment_id"]]
            answers = _in_words(graded.grades, meanings)
            recovery = _in_words(plain(graded.recovery), meanings)
            found.append((at, treatment, answers, graded.quarantined, recovery))
        return found

    def findings(self) -> list[Any]:
        """What `toxmon verify` finds wrong with this patient."""
        with self.service.store.reading():
            return list(findings_of(self.service, self.id))


def admit(service: Service) -> Patient:
    """A new patient."""
    made: list[Row] = []

    def render(row: Row) -> bytes:
        made.append(row)
        return b"{}"

    patient = {
        "name": None, "birth_date": date.fromisoformat(BORN), "sex": None, "unit": "bmt-1",
    }  # fmt: skip
    identifier = {"system": "urn:mrn", "value": f"P{next(NUMBERS_OF_PATIENTS)}"}
    enrol.enrol(service, ADA, patient, [identifier], render)
    clock = service.clock
    assert isinstance(clock, Clock)
    return Patient(service, clock, made[0]["id"])


def sweep(service: Service) -> None:
    """Let the time that has passed be kept, once nobody is typing any more."""
    clock = service.clock
    assert isinstance(clock, Clock)
    clock.forward(minutes=1)
    while lapse_due(service):
        pass


def tell_live(
    service: Service, posts: Iterable[tuple[datetime, list[Saying]]], *, sweeps: bool = True
) -> Patient:
    """A new patient, to whom each set is told at its time, with a sweep after each."""
    clock = service.clock
    assert isinstance(clock, Clock)
    patient: Patient | None = None
    for told_at, together in posts:
        if patient is None:
            clock.now = told_at
            patient = admit(service)
        clock.now = max(told_at, clock.now + timedelta(seconds=1))
        patient.tell(together)
        if sweeps:
            sweep(service)
    assert patient is not None
    return patient


def tell_late(
    service: Service, sayings: Iterable[Saying], now: datetime, *, otherwise: bool, twice: bool
) -> Patient:
    """A new patient, to whom everything is told one by one, when all of it is over."""
    clock = service.clock
    assert isinstance(clock, Clock)
    clock.now = now
    patient = admit(service)
    for saying in sayings:
        clock.forward(seconds=1)
        patient.tell([saying], otherwise=otherwise, twice=twice)
    return patient


def over(course: Course) -> datetime:
    """A time when the whole course has been told and every window has closed, with room."""
    return max(saying.at for saying in course.sayings) + timedelta(days=110)


def _meaning(row: Row) -> str:
    ends = row["until_at"].isoformat() if row["until_at"] else ""
    return f"{row['kind']} {row['value']} {row['effective_at'].isoformat()} {ends}"


def _in_words(told: Any, meanings: dict[str, str]) -> Any:
    """An answer with what each fact says in the place of its id."""
    if isinstance(told, dict):
        return {
            name: sorted(meanings[fact] for fact in value)
            if name == "facts"
            else _in_words(value, meanings)
            for name, value in told.items()
        }
    if isinstance(told, list | tuple):
        return [_in_words(each, meanings) for each in told]
    return meanings.get(told, told) if isinstance(told, str) else told


def _shifted(at: datetime, otherwise: bool) -> datetime:
    """The same instant; `otherwise` after a journey through another offset and the door."""
    if not otherwise:
        return at
    return parse_instant(at.astimezone(timezone(timedelta(hours=-9, minutes=-30))).isoformat())


def _converted(kind: str, value: Decimal) -> Any:
    """The canonical value after a journey through another unit and the door."""
    unit, step = OTHER_UNITS[kind]
    sent = step(value)
    if kind == "seizure_duration" and value % 60:
        return value
    _, measured, _ = read_entry({"kind": kind, "value": sent, "unit": unit})
    assert dump_value(measured.value) == dump_value(value), f"{sent} {unit} is not {value}"
    return measured.value


assert set(OTHER_UNITS) <= set(KINDS)
assert RETRACTED == record.RETRACTED
