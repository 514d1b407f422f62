"""The check against the second one on ledgers that nobody thought of, and what must always hold."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from tests.dosing import second_check
from tests.dosing.hand_rules import BY_HAND, site_of
from tests.dosing.ledgers import ZERO, asked, given_doses, policies, situations
from tests.dosing.second_check import micros
from toxmon.dosing.check import check
from toxmon.dosing.drug import DrugRules
from toxmon.dosing.situation import Answer, Asked, Given, Situation, Syndrome, Weighing

TICK = timedelta(microseconds=1)
# In the first of them clocks change during the ledger's days.
ZONES = [ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]
OF_TIME = {"interval", "unknown_interval", "doses_in_24_h"}
OF_NUMBER = {"doses_in_treatment", "doses_in_episode", "unreconciled"}

# A patient for whom nothing but time and number can stand against a dose.
READY = Situation(
    weight=Weighing(kg=Decimal(70), at=ZERO),
    none_elsewhere=True,
    syndromes={"crs": Syndrome(low=2, high=2), "icans": Syndrome(low=0, high=0)},
)


def codes(answer: Answer) -> set[str]:
    return {reason.code for reason in answer.reasons}


@given(question=asked, situation=situations(), rules=policies)
@settings(max_examples=400)
def test_both_answer_the_same(question: Asked, situation: Situation, rules: DrugRules) -> None:
    answer = check(question, situation, rules)
    second = second_check.answer(question, situation, site_of(rules))

    assert codes(answer) == second.codes
    assert answer.allowed == second.allowed
    assert (answer.next_allowed_at and micros(answer.next_allowed_at)) == second.next_at
    assert answer.remaining_in_24_h == second.left_24_h
    assert answer.remaining_in_treatment == second.left_treatment
    assert answer.remaining_in_episode == second.left_episode
    assert (answer.computed and Fraction(answer.computed.mg)) == second.mg


@given(
    question=asked, situation=situations(), rules=policies, more=given_doses("Z"), data=st.data()
)
@settings(max_examples=150)
def test_a_dose_more_permits_nothing(
    question: Asked, situation: Situation, rules: DrugRules, more: Given, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(situation.doses)))
    doses = (*situation.doses[:place], more, *situation.doses[place:])
    before = check(question, situation, rules)
    after = check(question, replace(situation, doses=doses), rules)

    assert before.allowed or not after.allowed
    if before.next_allowed_at is None:
        assert after.next_allowed_at is None
    elif after.next_allowed_at is not None:
        assert after.next_allowed_at >= before.next_allowed_at
    for one, two in (
        (before.remaining_in_24_h, after.remaining_in_24_h),
        (before.remaining_in_treatment, after.remaining_in_treatment),
        (before.remaining_in_episode, after.remaining_in_episode),
    ):
        assert (one is None) == (two is None)
        assert one is None or two is None or one >= two


@given(question=asked, situation=situations(4), rules=policies, part=st.integers(0, 1000))
@settings(max_examples=150)
def test_the_next_time_is_the_first_at_which_a_dose_is_permitted(
    question: Asked, situation: Situation, rules: DrugRules, part: int
) -> None:
    ready = replace(
        READY, doses=situation.doses, held=situation.held, distinct=situation.distinct,
        began_at=situation.began_at, ended_at=situation.ended_at, now=question.at,
    )  # fmt: skip
    fresh = replace(rules, handling=replace(rules.handling, weight_fresh_for=timedelta(days=9999)))
    found = check(Asked(at=question.at), ready, fresh).next_allowed_at
    if found is None:
        for hours in (0, 8, 24, 32, 100, 2000):
            at = question.at + timedelta(hours=hours)
            assert codes(check(Asked(at=at), ready, fresh)) & (OF_TIME | OF_NUMBER)
        return
    assert codes(check(Asked(at=found), ready, fresh)) == set()
    waits = (found - question.at) // TICK
    if not waits:
        return
    for earlier in (TICK, timedelta(seconds=1), (1 + part * (waits - 1) // 1000) * TICK):
        at = max(question.at, found - earlier)
        note(at)
        assert codes(check(Asked(at=at), ready, fresh)) & (OF_TIME | OF_NUMBER)


@given(question=asked, situation=situations(), rules=policies, zone=st.sampled_from(ZONES))
@settings(max_examples=100)
def test_no_zone_makes_a_difference(
    question: Asked, situation: Situation, rules: DrugRules, zone: ZoneInfo
) -> None:
    """The same instants as the clocks on the wall show them, in a night on which clocks change."""
    answer = check(question, situation, rules)
    there = check(moved(question, zone), moved(situation, zone), rules)
    assert codes(there) == codes(answer)
    assert (there.next_allowed_at and micros(there.next_allowed_at)) == (
        answer.next_allowed_at and micros(answer.next_allowed_at)
    )
    assert there.remaining_in_24_h == answer.remaining_in_24_h
    assert there.remaining_in_treatment == answer.remaining_in_treatment
    assert there.remaining_in_episode == answer.remaining_in_episode
    assert there.unreconciled == answer.unreconciled


def moved(thing: Any, zone: ZoneInfo) -> Any:
    """The same, with every instant in it as `zone` writes it."""
    if isinstance(thing, datetime):
        return thing.astimezone(zone)
    if isinstance(thing, tuple):
        return tuple(moved(each, zone) for each in thing)
    if isinstance(thing, dict):
        return {name: moved(each, zone) for name, each in thing.items()}
    if is_dataclass(thing) and not isinstance(thing, type):
        inside = {each.name: moved(getattr(thing, each.name), zone) for each in fields(thing)}
        return replace(thing, **inside)
    return thing


@given(situation=situations(5), rules=policies)
@settings(max_examples=10)
def test_every_seventh_minute_of_a_day(situation: Situation, rules: DrugRules) -> None:
    """Every seventh minute of a day is permitted by the one exactly where it is by the other."""
    situation, site = replace(situation, now=ZERO), site_of(rules)
    ledger = second_check.Ledger(situation, site, ZERO)
    for minute in range(0, 24 * 60, 7):
        at = ZERO + timedelta(minutes=minute)
        found = codes(check(Asked(at=at), situation, rules)) & OF_TIME
        assert found == ledger.codes_of_time(micros(at)) - {"unreconciled"}


@pytest.mark.parametrize(
    ("policy", "weights"), [("standard", range(20, 2001)), ("shortage", range(290, 311))]
)
@pytest.mark.hazard("H49")
def test_every_tenth_of_a_kilogram(policy: str, weights: range) -> None:
    """2.0 to 200.0 kg: the dose in tenths of a milligram, counted in whole numbers."""
    rules = replace(BY_HAND, in_force=policy)
    for tenths in weights:
        expected = tenths * 12 if tenths < 300 else min(tenths * 8, 8000)
        kg = Decimal(tenths) / 10
        at_weight = replace(READY, weight=Weighing(kg=kg, at=ZERO))
        computed = check(Asked(at=ZERO), at_weight, rules).computed
        assert computed is not None
        assert computed.mg * 10 == expected, kg
        assert computed.kg == kg
        mg = Decimal(expected) / 10
        assert codes(check(Asked(at=ZERO, mg=mg), at_weight, rules)) == set(), kg
        above = codes(check(Asked(at=ZERO, mg=mg + Decimal("0.1")), at_weight, rules))
        assert above & {"dose_above_cap", "dose_above_weight"}, kg
