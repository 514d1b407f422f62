"""Folding itself, pure: from nothing, in steps, from any saved state, it comes to the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from tests.properties.courses import (
    BORN,
    FAR,
    INFUSED_AT,
    NUMBERS,
    WORDS,
    Saying,
    at,
    facts,
    hours,
)
from toxmon import saved
from toxmon.assessment import answer
from toxmon.grading.course import GRADED, SCALES, Folded, Step, fold, in_short, look
from toxmon.grading.facts import Bounds, Fact, Value
from toxmon.grading.kinds import KINDS, worse_of
from toxmon.grading.policy import Policy
from toxmon.grading.state import State
from toxmon.grading.treatment import Treatment
from toxmon.protocol import Protocols
from toxmon.saved import dump_ledger, dump_state, dump_value, load_state, load_value

MANY = settings(max_examples=250, deadline=None)
END = at(24 * 102)


@pytest.fixture(scope="module")
def policy(protocols: Protocols) -> Policy:
    return protocols.policies["default"].policy


@st.composite
def lists_of_facts(draw: st.DrawFn, least: int = 1, most: int = 16) -> list[Fact]:
    """Graded facts of one treatment, in any order."""
    found = []
    for number in range(draw(st.integers(least, most))):
        saying: Saying = draw(facts(f"fact {number:02}", from_the_infusion))
        if saying.status == "final" and saying.kind in GRADED and saying.value is not None:
            found.append(Fact(saying.name, saying.kind, saying.value, saying.at, saying.until))
    assume(found)
    return found


from_the_infusion = st.one_of(hours, hours, st.sampled_from(FAR))
births = st.sampled_from((BORN, "2015-06-01", "2014-03-03", None))


def treatment_of(birth: str | None) -> Treatment:
    born = date.fromisoformat(birth) if birth else None
    return Treatment(INFUSED_AT, born, ZoneInfo("Europe/Berlin"))


def plain(steps: list[Step]) -> list[Any]:
    return [(s.at, s.scale, s.grade.low, s.grade.high, in_short(s.grade, s.episode)) for s in steps]


def answers(folded: Folded) -> dict[str, Any]:
    return {s: answer(grade, folded.state.episode(s)) for s, grade in folded.grades.items()}


def reread(state: State) -> State:
    """The state as another process reads it: from its text alone."""
    texts = in_texts(state)
    saved._KEPT.clear()
    found = load_state(*texts)
    assert found is not state
    assert found == state
    assert in_texts(found) == texts
    return found


def in_texts(state: State) -> tuple[str, str]:
    return dump_state(state), dump_ledger(state.ledger)


@MANY
@given(lists_of_facts(), births, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_given_is_no_matter(
    policy: Policy, given_facts: list[Fact], birth: str | None, random: Any
) -> None:
    treatment = treatment_of(birth)
    one = fold(State(), given_facts, END, treatment, policy)
    mixed = list(given_facts)
    random.shuffle(mixed)
    other = fold(State(), mixed, END, treatment, policy)
    assert plain(other.steps) == plain(one.steps)
    assert answers(other) == answers(one)
    assert in_texts(other.state) == in_texts(one.state)


@MANY
@given(lists_of_facts(), births)
def test_a_fold_in_steps_is_the_fold_from_nothing(
    policy: Policy, given_facts: list[Fact], birth: str | None
) -> None:
    treatment = treatment_of(birth)
    whole = fold(State(), given_facts, END, treatment, policy)
    state, steps = State(), []
    for instant in sorted({fact.effective_at for fact in given_facts}):
        together = [fact for fact in given_facts if fact.effective_at == instant]
        # Time alone may be let pass before the facts come, as the sweep does.
        passed = fold(state, [], instant - timedelta(minutes=1), treatment, policy)
        folded = fold(reread(passed.state), together, instant, treatment, policy)
        steps += [*passed.steps, *folded.steps]
        state = reread(folded.state)
    last = fold(state, [], END, treatment, policy)
    assert plain([*steps, *last.steps]) == plain(whole.steps)
    assert in_texts(last.state) == in_texts(whole.state)
    # From a state that is read, the grades that nothing has moved since are not at hand.
    found = answers(whole)
    for scale, told in answers(last).items():
        assert told == found[scale], scale


@MANY
@given(lists_of_facts(), births, st.one_of(st.integers(-1, 110), st.sampled_from(FAR)))
def test_a_fold_from_any_checkpoint_is_the_fold_from_nothing(
    policy: Policy, given_facts: list[Fact], birth: str | None, hour: int
) -> None:
    treatment, cut = treatment_of(birth), at(hour)
    whole = fold(State(), given_facts, END, treatment, policy)
    before = [fact for fact in given_facts if fact.effective_at <= cut]
    first = fold(State(), before, cut, treatment, policy)
    after = [fact for fact in given_facts if fact.effective_at > cut]
    second = fold(reread(first.state), after, END, treatment, policy)
    assert plain([*first.steps, *second.steps]) == plain(whole.steps)
    assert in_texts(second.state) == in_texts(whole.state)


@MANY
@given(lists_of_facts(), births, st.one_of(st.integers(0, 110), st.sampled_from(FAR)))
def test_looking_again_at_the_same_instant_answers_the_same(
    policy: Policy, given_facts: list[Fact], birth: str | None, hour: int
) -> None:
    treatment = treatment_of(birth)
    folded = fold(State(), given_facts, at(hour), treatment, policy)
    assume(folded.grades)
    state = reread(folded.state)
    assert state.at is not None
    again, _ = look(state, state.at, False, treatment, policy)
    found = answers(Folded(again))
    for scale, told in answers(folded).items():
        assert found[scale] == told, scale


HARMFUL = {
    kind: values
    for kind, values in {**NUMBERS, **WORDS}.items()
    # A device, its reason and what is said about a seizure or an edema turn the meaning of other
    # findings; their proofs by enumeration are in tests/grading.
    if kind
    not in (
        "heart_rate", "oxygen_device", "ventilation_reason", "seizure", "seizure_duration",
        "seizure_resolved", "seizure_without_recovery", "edema_from_hemorrhage",
        # A progression closes a window, and what is closed is no longer possible.
        "disease_progression", "next_therapy",
    )
}  # fmt: skip


@MANY
@given(lists_of_facts(), births, st.data())
def test_a_worse_vital_never_lowers_the_grade(
    policy: Policy, given_facts: list[Fact], birth: str | None, data: st.DataObject
) -> None:
    treatment = treatment_of(birth)
    candidates = [fact for fact in given_facts if fact.kind in HARMFUL]
    assume(candidates)
    fact = data.draw(st.sampled_from(candidates))
    worse = [value for value in _values(fact.kind) if _is_worse(fact.kind, value, fact.value)]
    assume(worse)
    value = data.draw(st.sampled_from(worse))
    changed = Fact(fact.id, fact.kind, value, fact.effective_at, fact.until)
    note(f"{fact} becomes {value}")
    others = [each for each in given_facts if each is not fact]
    before = _told(given_facts, treatment, policy)
    after = _told([*others, changed], treatment, policy)
    for scale in SCALES:
        for instant in sorted({since for since, _ in (*before[scale], *after[scale])}):
            was, now = _at(before[scale], instant), _at(after[scale], instant)
            if was is not None and now is not None:
                assert now[0] >= was[0], (scale, instant)
                assert now[1] >= was[1], (scale, instant)


def _values(kind: str) -> list[Value]:
    if kind in NUMBERS:
        return [Decimal(number) for number in NUMBERS[kind]]
    return list(WORDS[kind])


def _is_worse(kind: str, value: Value, than: Value) -> bool:
    return value != than and worse_of(KINDS[kind], value, than) == value


Told = list[tuple[datetime, tuple[int, int]]]


def _told(given_facts: list[Fact], treatment: Treatment, policy: Policy) -> dict[str, Told]:
    """By scale, from when on it answers which interval of grades."""
    steps = fold(State(), given_facts, END, treatment, policy).steps
    return {
        scale: [(s.at, (s.grade.low, s.grade.high)) for s in steps if s.scale == scale]
        for scale in SCALES
    }


def _at(told: Told, instant: datetime) -> tuple[int, int] | None:
    """The answer that held at an instant; None when nothing was told of the scale by then."""
    return next((grades for since, grades in reversed(told) if since <= instant), None)


decimals = st.decimals(allow_nan=False, allow_infinity=False, places=6)
ends = st.none() | decimals
values: st.SearchStrategy[Any] = st.one_of(
    decimals,
    st.decimals(allow_nan=False, allow_infinity=False),
    st.builds(Bounds, ends, ends, st.booleans(), st.booleans()),
    st.text(),
    st.booleans(),
    st.lists(st.text(), max_size=4).map(tuple),
)


@MANY
@given(values)
def test_a_value_comes_back_from_its_text(value: Value) -> None:
    found = load_value(dump_value(value))
    assert found == value
    assert type(found) is type(value)
    if isinstance(value, Decimal):
        assert str(found) == str(value)
