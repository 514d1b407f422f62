"""A whole course by every scale: those that are watched, and those worked out when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from toxmon.grading import derived, risk_course
from toxmon.grading.course import (
    LAPSED,
    SCALES,
    Step,
    bedside_time,
    digest,
    fold,
    instants,
    next_change,
    opening,
)
from toxmon.grading.facts import Fact
from toxmon.grading.moment import Moment
from toxmon.grading.policy import Policy
from toxmon.grading.state import State
from toxmon.grading.treatment import Treatment

AT_REQUEST = tuple(scale.name for scale in derived.SCALES)
RISK = ("car_hematotox", "easix")
EVERY = (*SCALES, *AT_REQUEST, *RISK)


def whole_course(
    facts: Iterable[Fact], treatment: Treatment, until: datetime, policy: Policy, target: str
) -> dict[str, list[Step]]:
    """By scale, the answer at each change from the infusion to `until`."""
    every = sorted(facts, key=bedside_time)
    steps: dict[str, list[Step]] = {scale: [] for scale in EVERY}
    said: dict[str, str] = {}
    for state, made, cause in _states(every, treatment, until, policy):
        for step in made:
            steps[step.scale].append(step)
        assert state.at is not None
        moment = Moment(state.at, state.chart, treatment, policy, state.ledger)
        answers = derived.grades(state, moment)
        if treatment.day(state.at) <= risk_course.LAST_DAY:
            answers |= risk_course.grades(every, moment, target)
        for scale, grade in answers.items():
            short = digest(grade, None)
            if said.get(scale) != short:
                said[scale] = short
                steps[scale].append(Step(state.at, scale, grade, None, cause))
    return steps


def _states(
    facts: list[Fact], treatment: Treatment, until: datetime, policy: Policy
) -> Iterator[tuple[State, list[Step], tuple[str, ...]]]:
    """The state after each instant at which anything happens, and the steps made there."""
    state = opening(facts, treatment, policy)
    after = [fact for fact in facts if fact.effective_at >= treatment.infused_at]
    for at, together in instants(after):
        while (due := next_change(state, treatment, policy)) is not None and due < at:
            passed = fold(state, [], due, treatment, policy)
            state = passed.state
            yield state, passed.steps, (LAPSED,)
        folded = fold(state, together, at, treatment, policy)
        state = folded.state
        yield state, folded.steps, tuple(fact.id for fact in together)
    while (due := next_change(state, treatment, policy)) is not None and due <= until:
        passed = fold(state, [], due, treatment, policy)
        state = passed.state
        yield state, passed.steps, (LAPSED,)
