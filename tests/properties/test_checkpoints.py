"""Long courses, which are folded again from a checkpoint: whatever comes late, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, note
from hypothesis import strategies as st

from tests.properties.courses import (
    INFUSION,
    NUMBERS,
    RETRACTED,
    Saying,
    at,
    changes,
    facts,
)
from tests.properties.ward import THREADS_DRAW, Patient, admit, some, sweep
from toxmon.actions import Service, look_up, refold
from toxmon.saved import load_state
from toxmon.store import patients
from toxmon.store.sqlite import SqliteStore

pytestmark = THREADS_DRAW

HOURS = 120


@pytest.fixture(autouse=True)
def _more_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many that a late fact can lie before, between, at and after them."""
    monkeypatch.setattr(refold, "CHECKPOINT_EVERY", 16)


@st.composite
def long_courses(draw: st.DrawFn) -> tuple[list[Saying], list[Saying]]:
    """(many facts in bedside order, facts and changes that come late)."""
    within = st.integers(0, HOURS)
    many = [draw(facts(f"fact {n}", within)) for n in range(draw(st.integers(40, 90)))]
    many.sort(key=lambda saying: saying.at)
    late = [draw(facts(f"late {n}", within)) for n in range(draw(st.integers(1, 5)))]
    for number in range(draw(st.integers(0, 3))):
        of = draw(st.sampled_from(many))
        if of.name not in {each.replaces for each in late}:
            late.append(draw(changes(f"change {number}", of)))
    return many, late


def sets(sayings: list[Saying]) -> Iterator[list[Saying]]:
    """A dozen facts at a time, as a batch is charted; those of one instant may be parted."""
    for start in range(0, len(sayings), 12):
        yield sayings[start : start + 12]


def checkpoints(service: Service, patient: Patient) -> list[dict[str, Any]]:
    return service.store.query(
        "select at, state, ledger from checkpoint where treatment_id = :id order by at",
        {"id": patient.ids["infusion"]},
    )


def answers(patient: Patient, known_at: datetime | None) -> list[Any]:
    return patient.asked([at(hour) for hour in range(-1, HOURS + 30, 11)], known_at)


def test_late_facts_among_checkpoints(service: Service) -> None:
    infusion = Saying("infusion", INFUSION, "ide-cel", at(0))
    seen = {"before": 0, "at": 0, "after": 0}

    @some(12, service)
    @given(long_courses(), st.booleans())
    def example(drawn: tuple[list[Saying], list[Saying]], sweeps: bool) -> None:
        many, late = drawn
        note(f"{many}, late: {late}")
        clock: Any = service.clock
        clock.now = at(HOURS + 20)
        patient = admit(service)
        patient.tell([infusion])
        for together in sets(many):
            clock.forward(seconds=1)
            patient.tell(together)
            if sweeps:
                sweep(service)
        kept = [row["at"] for row in checkpoints(service, patient)]
        assume(kept)
        if late:  # One of them lies at a checkpoint itself, whatever was drawn.
            late = [replace(late[0], at=kept[-1]), *late[1:]]
        for saying in late:
            seen["before"] += saying.at < kept[0]
            seen["at"] += saying.at in kept
            seen["after"] += saying.at > kept[-1]
            clock.forward(seconds=1)
            patient.tell([saying])
            assert [finding.what for finding in patient.findings()] == []
        sweep(service)
        assert [finding.what for finding in patient.findings()] == []
        assert answers(patient, None) == answers(patient, clock.now)
        _compare_with_one_set(service, patient, infusion, many, late)

    example()
    if isinstance(service.store, SqliteStore):  # Over the other it is a third as many.
        assert all(seen.values()), seen


def _compare_with_one_set(
    service: Service, patient: Patient, infusion: Saying, many: list[Saying], late: list[Saying]
) -> None:
    """The same, told in one set by somebody who made no mistakes."""
    clock: Any = service.clock
    right = {saying.name: saying for saying in (*many, *late)}
    for saying in late:
        if saying.replaces:
            del right[saying.replaces]
            if saying.status == RETRACTED:
                del right[saying.name]
    clean = [
        Saying(each.name, each.kind, each.value, each.at, each.until, each.status)
        for each in right.values()
    ]
    clock.forward(days=110)
    sweep(service)
    other = admit(service)
    other.tell([infusion])
    if clean:
        other.tell(clean)
    sweep(service)
    assert other.standing() == patient.standing()
    assert answers(other, None) == answers(patient, None)


def test_every_checkpoint_is_the_fold_of_what_lies_before_it(service: Service) -> None:
    """And the answers as of any instant are the same from a checkpoint as from nothing."""
    clock: Any = service.clock
    clock.now = at(HOURS + 20)
    patient = admit(service)
    patient.tell([Saying("infusion", INFUSION, "ide-cel", at(0))])
    random = Random(7)
    numbers = [kind for kind in NUMBERS if kind != "heart_rate"]
    for number in range(100):
        kind = random.choice(numbers)
        value = Decimal(random.choice(NUMBERS[kind]))
        clock.forward(seconds=1)
        patient.tell([Saying(f"fact {number}", kind, value, at(number))])
    kept = checkpoints(service, patient)
    assert len(kept) >= 3
    head = patients.heads(service.store, patient.id)[0]
    for row in kept:
        state = load_state(row["state"], row["ledger"])
        assert state.at is not None
        assert state.at <= row["at"]
        before = row["at"] - timedelta(microseconds=1)
        for when in (before, row["at"], row["at"] + timedelta(microseconds=1)):
            one = look_up._grades(service, patient.id, head, head, when, None, None)
            nothing = look_up._grades(service, patient.id, head, head, when, clock.now, None)
            assert one == nothing, when
