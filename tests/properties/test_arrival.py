"""The order in which facts arrive cannot matter: the record comes to the same (guarantee G4)."""

from __future__ import annotations

from hypothesis import given, note
from hypothesis import strategies as st

from tests.properties.courses import Course, courses, live, shuffled
from tests.properties.ward import THREADS_DRAW, Patient, over, some, sweep, tell_late, tell_live
from toxmon.actions import Service
from toxmon.actions.verify import verify

pytestmark = THREADS_DRAW


def settled(patient: Patient, course: Course) -> tuple[list, list]:
    """What stands when all was told and time was let pass, and the grades that are asked for."""
    patient.clock.now = max(patient.clock.now, over(course))
    sweep(patient.service)
    assert [finding.what for finding in patient.findings()] == []
    ats = {*course.asked, *(saying.at for saying in course.sayings)}
    return patient.standing(), patient.asked(sorted(ats))


def test_any_order_of_arrival_comes_to_the_same_record(service: Service) -> None:
    @some(30, service)
    @given(courses().flatmap(_with_an_order), st.booleans())
    def example(drawn: tuple[Course, list[int]], sweeps: bool) -> None:
        course, order = drawn
        note(f"{course} in the order {order}")
        one = tell_live(service, live(course), sweeps=sweeps)
        expected = settled(one, course)
        now = service.clock()
        other = tell_late(service, shuffled(course, order), now, otherwise=True, twice=True)
        assert settled(other, course) == expected

    example()
    assert verify(service, lambda done, total: None) == []


def test_both_databases_come_to_the_same_record(both: tuple[Service, Service]) -> None:
    @some(25)
    @given(courses())
    def example(course: Course) -> None:
        note(repr(course))
        found = []
        for service in both:
            patient = tell_live(service, live(course))
            answers = [_without_ids(patient, outcome) for outcome in patient.outcomes]
            found.append((settled(patient, course), answers))
        assert found[0] == found[1]

    example()


def _with_an_order(course: Course) -> st.SearchStrategy[tuple[Course, list[int]]]:
    return st.permutations(range(len(course.sayings))).map(lambda order: (course, list(order)))


def _without_ids(patient: Patient, outcome: object) -> list:
    """What was answered to a post, and what it changed."""
    changes = outcome.regraded.changes  # type: ignore[attr-defined]
    version = outcome.version  # type: ignore[attr-defined]
    return [version, [(c["scale"], c["at"], c["low"], c["high"], c["withdrawn"]) for c in changes]]
