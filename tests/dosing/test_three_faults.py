"""Three faults of dose checks in the field, each of which would miss a fourth dose in 24 hours.

A sum kept by the day of the month forgets what was given before midnight, and finds last month's
again. A sum that leaves out what was ordered "now" forgets the urgent doses, which are most of
them. A weight that is missing and becomes 1 kg lets any dose pass, or none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.dosing.hand_rules import BY_HAND
from toxmon.dosing.check import check
from toxmon.dosing.situation import Answer, Asked, Given, Situation, Syndrome, Weighing

MONTH_ENDS = [
    datetime(2026, 1, 31, 23, tzinfo=UTC),
    datetime(2026, 2, 28, 23, tzinfo=UTC),
    datetime(2028, 2, 29, 23, tzinfo=UTC),
    datetime(2026, 4, 30, 23, tzinfo=UTC),
    datetime(2026, 12, 31, 23, tzinfo=UTC),
]


def doses(*times: datetime, **more: str) -> tuple[Given, ...]:
    return tuple(
        Given(fact=f"dose {n}", at=at, mg=Decimal(560), **more) for n, at in enumerate(times)
    )


def ready(at: datetime, *given: Given) -> Situation:
    return Situation(
        doses=given,
        weight=Weighing(kg=Decimal(70), at=at),
        none_elsewhere=True,
        syndromes={"crs": Syndrome(low=2, high=2, onset_at=at - timedelta(days=2))},
    )


def codes(answer: Answer) -> set[str]:
    return {reason.code for reason in answer.reasons}


@pytest.mark.parametrize("end", MONTH_ENDS, ids=lambda end: end.date().isoformat())
def test_the_end_of_a_month_forgets_nothing(end: datetime) -> None:
    given = doses(*(end - timedelta(hours=hours) for hours in (14, 7, 0)))
    at = end + timedelta(hours=9)  # the first of the next month, 23 h after the first dose
    answer = check(Asked(at=at, mg=Decimal(560)), ready(at, *given), BY_HAND)
    assert codes(answer) == {"doses_in_24_h"}
    assert answer.next_allowed_at == end + timedelta(hours=10)


@pytest.mark.parametrize("day", [1, 15, 28])
def test_the_same_day_of_another_month_is_another_day(day: int) -> None:
    then = datetime(2026, 3, day, 1, tzinfo=UTC)
    given = doses(*(then + timedelta(hours=hours) for hours in (0, 8, 16)))
    at = datetime(2026, 4, day, 18, tzinfo=UTC)
    answer = check(Asked(at=at, mg=Decimal(560)), ready(at, *given), BY_HAND)
    assert answer.allowed
    assert answer.remaining_in_24_h == 3
    assert answer.remaining_in_treatment == 1


@pytest.mark.parametrize("route", [None, "intravenous", "iv", "stat", "now"])
@pytest.mark.parametrize("by", ["", "stat order", "pharmacy"])
def test_an_urgent_dose_counts_whoever_ordered_it_and_however(route: str | None, by: str) -> None:
    first = datetime(2026, 3, 2, 6, tzinfo=UTC)
    times = (first, first + timedelta(hours=7), first + timedelta(hours=14))
    given = tuple(replace(each, route=route, by=by) for each in doses(*times))
    at = first + timedelta(hours=22)
    answer = check(Asked(at=at, mg=Decimal(560)), ready(at, *given), BY_HAND)
    assert codes(answer) == {"doses_in_24_h"}
    assert answer.remaining_in_24_h == 0
    assert {each.id for each in answer.counted} == {each.fact for each in given}


@pytest.mark.parametrize("mg", [None, "0.1", "8", "12", "13", "560", "800", "801"])
def test_a_missing_weight_is_no_weight_at_all(mg: str | None) -> None:
    at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    nobody_weighed = replace(ready(at), weight=None)
    answer = check(Asked(at=at, mg=Decimal(mg) if mg else None), nobody_weighed, BY_HAND)
    assert not answer.allowed
    assert codes(answer) == {"weight_missing"} | ({"dose_above_cap"} if mg == "801" else set())
    assert answer.computed is None


def test_a_weight_of_1_kg_is_taken_as_1_kg_only_where_somebody_charted_it() -> None:
    at = datetime(2026, 3, 2, 6, tzinfo=UTC)
    one = replace(ready(at), weight=Weighing(kg=Decimal(1), at=at))
    answer = check(Asked(at=at, mg=Decimal("12.1")), one, BY_HAND)
    assert codes(answer) == {"dose_above_weight"}
    assert answer.computed is not None
    assert answer.computed.mg == 12
