"""Facts of one treatment never change another: a second infusion starts anew."""

from __future__ import annotations

from hypothesis import given, note
from hypothesis import strategies as st

from tests.properties.courses import INFUSION, Saying, at, changes, facts
from tests.properties.ward import THREADS_DRAW, Patient, admit, some, sweep
from toxmon.actions import Service
from toxmon.grading import risk_course
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION
from toxmon.grading.ledger import BASELINES
from toxmon.grading.medications import GROUPS

SECOND_AT = 30
pytestmark = THREADS_DRAW

INFUSIONS = (
    Saying("infusion 1", INFUSION, "ide-cel", at(0)),
    Saying("infusion 2", INFUSION, "cilta-cel", at(SECOND_AT)),
)


def bears_on_one(saying: Saying) -> bool:
    """What is held against baselines, lymphodepletion, and a lasting attribution belong to both."""
    if saying.kind == ADMINISTRATION:
        return saying.value not in GROUPS["lymphodepletion"]
    if saying.kind == ATTRIBUTION:
        return saying.at >= at(SECOND_AT) or (
            saying.until is not None and saying.until <= at(SECOND_AT)
        )
    return saying.kind not in BASELINES | risk_course.READ


@st.composite
def of_one(draw: st.DrawFn, name: str, first: int, last: int) -> list[Saying]:
    """Facts of one treatment, and corrections that leave their times alone."""
    said = [
        draw(facts(f"{name} {number}", st.integers(first, last)).filter(bears_on_one))
        for number in range(draw(st.integers(1, 8)))
    ]
    for number, of in enumerate(said[: draw(st.integers(0, 2))]):
        change = draw(changes(f"{name} change {number}", of))
        if change.at == of.at:
            said.append(change)
    return said


def test_facts_of_one_treatment_leave_the_other_alone(service: Service) -> None:
    @some(18, service)
    @given(of_one("first", 0, SECOND_AT - 1), of_one("second", SECOND_AT, 60), st.booleans())
    def example(first: list[Saying], second: list[Saying], first_of_all: bool) -> None:
        note(f"{first} and {second}")
        clock = service.clock

        def told(*sayings: Saying) -> Patient:
            patient = admit(service)
            for saying in sayings:
                clock.forward(seconds=1)  # type: ignore[attr-defined]
                patient.tell([saying])
                sweep(service)
            clock.forward(days=110)  # type: ignore[attr-defined]
            sweep(service)
            return patient

        clock.now = at(100)  # type: ignore[attr-defined]
        both = (*first, *second) if first_of_all else (*second, *first)
        mixed = told(*INFUSIONS, *both)
        only_second, only_first = told(*INFUSIONS, *second), told(*INFUSIONS, *first)
        assert mixed.findings() == []
        for name, alone, hours in (
            ("infusion 1", only_first, range(0, SECOND_AT, 3)),
            ("infusion 2", only_second, range(SECOND_AT, 100, 5)),
        ):
            standing = [row for row in mixed.standing() if row[0] == name]
            assert standing == [row for row in alone.standing() if row[0] == name]
            instants = [at(hour) for hour in hours]
            # How many wait in quarantine is said of the patient, not of a treatment, and a dose of
            # immunoglobulin is remembered over both.
            answers = [found[:3] for found in mixed.asked(instants)]
            assert answers == [found[:3] for found in alone.asked(instants)]
        assert all(row[1] < at(SECOND_AT) for row in mixed.standing() if row[0] == "infusion 1")

    example()
