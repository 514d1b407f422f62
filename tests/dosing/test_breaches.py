"""What was given beyond a limit: recounted by brute force, and in keeping with what was permitted.

A dose that is on record is never refused, so a breach is found afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dosing import second_check
from tests.dosing.hand_rules import BY_HAND, site_of
from tests.dosing.ledgers import ZERO, policies, situations
from tests.dosing.test_second_check import READY, codes
from toxmon.dosing.breaches import breaches
from toxmon.dosing.check import check
from toxmon.dosing.drug import DrugRules
from toxmon.dosing.situation import Asked, Given, Situation, Weighing

SPANS = [
    timedelta(minutes=31), timedelta(hours=1), timedelta(hours=6) - timedelta(seconds=1),
    timedelta(hours=6), timedelta(hours=8) - timedelta(seconds=1), timedelta(hours=8),
    timedelta(hours=9), timedelta(hours=16), timedelta(hours=24), timedelta(days=2),
]  # fmt: skip
LIMITS = {"interval", "doses_in_24_h", "doses_in_treatment"}
WEIGHTS = [None, Decimal(70), Decimal("29.9"), Decimal(100)]


def found_in(
    situation: Situation, rules: DrugRules, weights: Mapping[str, Weighing] | None = None
) -> set[tuple[str, str]]:
    found = breaches(situation, rules, weights or {})
    assert len(found) == len({(each.facts[0], each.code) for each in found}), "each is told once"
    return {(each.facts[0], each.code) for each in found}


@given(
    situation=situations(8), rules=policies,
    weights=st.lists(st.sampled_from(WEIGHTS), min_size=8, max_size=8),
)  # fmt: skip
@settings(max_examples=200)
def test_breaches_are_those_of_a_brute_force_recount(
    situation: Situation, rules: DrugRules, weights: list[Decimal | None]
) -> None:
    charted = {
        dose.fact: kg for dose, kg in zip(situation.doses, weights, strict=False) if kg is not None
    }
    recount = second_check.broken(
        situation, site_of(rules), {fact: Fraction(kg) for fact, kg in charted.items()}
    )
    weighings = {fact: Weighing(kg=kg, at=ZERO) for fact, kg in charted.items()}
    assert found_in(situation, rules, weighings) == recount


@given(situation=situations(6), rules=policies, span=st.sampled_from(SPANS))
@settings(max_examples=150)
def test_what_is_given_last_breaks_what_the_check_would_have_refused_it_for(
    situation: Situation, rules: DrugRules, span: timedelta
) -> None:
    """A dose after all others, and far enough from them to be surely another one."""
    doses = tuple(each for each in situation.doses if each.at is not None)
    at = max((each.at for each in doses if each.at is not None), default=ZERO) + span
    known = replace(READY, doses=doses, distinct=situation.distinct)
    answer = check(Asked(at=at), known, rules)
    new = Given(fact="Z", at=at, mg=None)
    given_then = replace(known, doses=(*doses, new))

    found = found_in(given_then, rules)
    assert {code for fact, code in found if fact == "Z"} == codes(answer) & LIMITS
    assert {each for each in found if each[0] != "Z"} == found_in(known, rules)


@given(situation=situations(8), rules=policies, data=st.data())
@settings(max_examples=50)
def test_the_order_in_which_doses_are_charted_does_not_matter(
    situation: Situation, rules: DrugRules, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(situation.doses))
    assert found_in(replace(situation, doses=tuple(order)), rules) == found_in(situation, rules)


def test_two_records_that_may_be_one_break_nothing_until_a_person_says_they_are_two() -> None:
    times = (0, 12, 24, 36, 48)
    doses = [
        Given(fact=f"dose {n}", at=ZERO + timedelta(hours=hours), mg=Decimal(560))
        for n, hours in enumerate(times[:4])
    ]
    twice = replace(doses[3], fact="dose 3 again", at=doses[3].at + timedelta(minutes=29))
    open_question = replace(READY, doses=(*doses, twice))
    assert found_in(open_question, BY_HAND) == set()
    said = replace(open_question, distinct=frozenset({("dose 3", "dose 3 again")}))
    assert found_in(said, BY_HAND) == {
        ("dose 3 again", "interval"),
        ("dose 3 again", "doses_in_treatment"),
    }
