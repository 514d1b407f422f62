"""What the screen said can be asked for ever: after late facts, corrections, sweeps, a repair."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from hypothesis import given, note

from tests.conftest import ADA
from tests.properties.courses import Course, courses, live
from tests.properties.ward import THREADS_DRAW, Patient, admit, over, some, sweep
from toxmon.actions import Service, look_up, repair
from toxmon.actions.verify import verify
from toxmon.assessment import plain
from toxmon.store import EVER, NEVER, assessments

pytestmark = THREADS_DRAW


def as_answered(screen: bytes, answered: dict[str, Any]) -> dict[str, Any]:
    """The same scales of what is read: an answer to a post has no ledger of days."""
    read = orjson.loads(screen)[2]
    for grade in read.values():
        grade.pop("ledger", None)
    return {scale: read[scale] for scale in answered}


def screen(patient: Patient, at: datetime, known_at: datetime | None = None) -> bytes:
    """The whole answer, with its ids, as bytes."""
    graded = look_up.grades(patient.service, ADA, patient.id, at, known_at)
    treatment = graded.treatment and [
        graded.treatment[name]
        for name in ("treatment_id", "infused_at", "product_edition", "policy_edition")
    ]
    return orjson.dumps([graded.version, treatment, graded.grades, plain(graded.recovery)])


def test_what_was_answered_is_answered_again(service: Service) -> None:
    @some(36, service)
    @given(courses())
    def example(course: Course) -> None:
        note(repr(course))
        clock: Any = service.clock
        patient: Patient | None = None
        told: dict[datetime, bytes] = {}
        for told_at, together in live(course):
            if patient is None:
                clock.now = told_at
                patient = admit(service)
            # What time alone has changed since the last post is seen first, then kept, then seen.
            clock.now = max(told_at, clock.forward(seconds=1))
            told[clock.now] = screen(patient, clock.now)
            sweep(service)
            told[clock.forward(seconds=1)] = screen(patient, clock.now)
            clock.forward(seconds=1)
            patient.tell(together)
            recorded_at = patient.outcomes[-1].recorded_at
            told[recorded_at] = screen(patient, recorded_at)
            answered = patient.outcomes[-1].regraded.grades
            assert as_answered(told[recorded_at], answered) == orjson.loads(orjson.dumps(answered))
        assert patient is not None
        clock.now = max(clock.now, over(course))
        sweep(service)
        repair._repair(service, patient.id)
        assert patient.findings() == []
        for at, answer in told.items():
            assert screen(patient, at, known_at=at) == answer, at

    example()
    assert verify(service, lambda done, total: None) == []


def test_every_kept_assessment_is_what_was_known_when_it_was_kept(service: Service) -> None:
    @some(36, service)
    @given(courses())
    def example(course: Course) -> None:
        note(repr(course))
        clock: Any = service.clock
        clock.now = live(course)[0][0]
        patient = admit(service)
        for told_at, together in live(course):
            clock.now = max(told_at, clock.forward(seconds=1))
            patient.tell(together)
            sweep(service)
        clock.now = max(clock.now, over(course))
        sweep(service)
        rows = assessments.history(service.store, patient.id, "%", NEVER, EVER)
        for row in rows:
            if row["withdrawn"]:
                continue
            graded = look_up.grades(
                service, ADA, patient.id, row["effective_at"], row["recorded_at"]
            )
            assert graded.treatment is not None
            assert graded.treatment["treatment_id"] == row["treatment_id"]
            found = {**graded.grades[row["scale"]]}
            found.pop("ledger", None)  # The days are told to a reader, and not kept with a step.
            assert found == orjson.loads(row["body"]), row

    example()
