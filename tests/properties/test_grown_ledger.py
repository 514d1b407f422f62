"""What is kept at hand changes no answer: a ledger that has grown, a window, a grade as told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
from hypothesis import given

from toxmon import saved
from toxmon.assessment import answer, plain, plain_grade
from toxmon.grading import icaht_course
from toxmon.grading.chart import Chart
from toxmon.grading.facts import Bounds, Fact, Value
from toxmon.grading.grade import Grade
from toxmon.grading.ledger import Ledger
from toxmon.grading.moment import Moment
from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.protocol import Protocols
from toxmon.saved import dump_ledger, load_state

INFUSED_AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
TREATMENT = Treatment(INFUSED_AT, None, ZoneInfo("UTC"))
COUNTS: tuple[Value, ...] = (
    *(Decimal(each) for each in (90, 400, 500, 1500, 3000)),
    Bounds(None, Decimal(100), high_open=True),
)
charted = st.lists(
    st.tuples(
        st.sampled_from(("anc", "wbc", "platelets", "next_therapy")),
        st.integers(0, 60),
        st.sampled_from(COUNTS),
    ),
    max_size=24,
)


def facts(drawn: list[tuple[str, int, Value]]) -> list[Fact]:
    return [
        Fact(
            f'f"é{number}',
            kind,
            value if kind != "next_therapy" else value == COUNTS[0],
            INFUSED_AT + timedelta(days=day, hours=1),
        )
        for number, (kind, day, value) in enumerate(drawn)
    ]


@given(charted)
def test_a_ledger_that_has_grown_is_the_text_of_one_that_is_dumped_whole(
    drawn: list[tuple[str, int, Value]],
) -> None:
    before, grown = Ledger(), []
    dump_ledger(before)
    for fact in facts(drawn):
        ledger = before.counted([fact], TREATMENT)
        grown.append((ledger, dump_ledger(ledger, before)))
        before = ledger
    for ledger, text in grown:
        saved._DUMPED.clear()
        assert dump_ledger(ledger) == text


@given(charted)
def test_an_answer_at_hand_is_the_answer_that_is_worked_out(
    protocols: Protocols, drawn: list[tuple[str, int, Value]]
) -> None:
    policy: Policy = protocols.policies["default"].policy
    ledger, told = Ledger(), []
    for fact in facts(drawn):
        ledger = ledger.counted([fact], TREATMENT)
        moment = Moment(fact.effective_at, Chart(), TREATMENT, policy, ledger)
        for window in icaht_course.WINDOWS.values():
            told.append((window, moment, window(moment)))
    for window, moment, grade in told:
        icaht_course._GRADED.clear()
        assert window(moment) == grade


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text()
        | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30),
        lambda each: st.lists(each) | st.lists(each).map(tuple) | st.dictionaries(st.text(), each),
    )
)  # fmt: skip
def test_what_an_answer_says_besides_is_plain_however_it_is_made(value: object) -> None:
    grade = Grade("crs", "astct-2019", 0, 0, (), more={"besides": value})
    assert plain_grade(grade)["besides"] == plain(value)
    assert repr(plain_grade(grade)["besides"]) == repr(plain(value))
    changed = replace(grade, more={"besides": "otherwise"})
    assert answer(grade, None)["besides"] == plain(value)
    assert answer(changed, None)["besides"] == "otherwise"


def test_a_state_is_at_hand_for_its_own_ledger_only() -> None:
    state = saved.State()
    other = state.ledger.counted(facts([("anc", 3, Decimal(400))]), TREATMENT)
    text = saved.dump_state(state)
    saved.keep_at_hand(state, text, dump_ledger(state.ledger))
    assert load_state(text, dump_ledger(other)).ledger == other
