"""What a reason of ICAHT rests on, and what is told while nobody said when follow-up ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import icaht, t_icaht
from toxmon.grading.days import Days

D = Decimal


def days_of(*runs: tuple[int, int, str]) -> Days:
    days = Days()
    for first, last, count in runs:
        for day in range(first, last + 1):
            days = days.with_value(day, D(count), f"f{day}")
    return days


# a rule, counts, what else is said, and the rules of its reasons
REASONS: tuple[tuple[Any, tuple[tuple[int, int, str], ...], dict[str, Any], list[str]], ...] = (
    (icaht.early, ((0, 9, "2000"),), {"today": 9}, ["none_le_500"]),
    (icaht.early, ((0, 3, "300"),), {"today": 3}, ["days_le_500"]),
    (icaht.early, ((0, 6, "50"),), {"today": 6}, ["days_le_100"]),
    (
        icaht.early,
        ((0, 3, "300"),),
        {"last_follow_up_day": 3, "final": True},
        ["never_above_500"],
    ),
    (icaht.late, ((40, 41, "2000"),), {"today": 101}, ["none_le_1500"]),
    (icaht.late, ((40, 41, "900"),), {"today": 101}, ["le_1000"]),
    (t_icaht.early, ((0, 3, "15"),), {"today": 3}, ["days_lt_20"]),
    (t_icaht.late, ((40, 41, "15"),), {"today": 101}, ["lt_20"]),
    (t_icaht.early, ((0, 3, "200"),), {"today": 3}, ["none_lt_50"]),
    (t_icaht.late, ((40, 41, "200"),), {"today": 101}, ["none_lt_100"]),
)


@pytest.mark.parametrize("row", REASONS, ids=lambda row: row[3][0])
def test_a_reason_rests_on_the_counts(row: Any) -> None:
    rule, runs, said, rules = row
    answer = rule(days_of(*runs), **said)
    counts = "platelets" if answer.scale.startswith("t_") else "anc"
    assert [each.rule.split(".")[1] for each in answer.because] == rules
    assert [each.findings for each in answer.because] == [(counts,)] * len(rules)


def test_counts_without_facts_have_none() -> None:
    for rule in (icaht.late, t_icaht.late):
        days = Days().with_value(40, D(50), None).with_value(41, D(50), None)
        (reason,) = rule(days, today=101).because
        assert reason.facts == ()


def test_what_is_filled_in_is_profound_only_where_it_rounds_to_100() -> None:
    for upper, run in (("110", 2), ("111", 1)):
        days = days_of((0, 0, "100"), (2, 2, upper))
        assert icaht.early(days, today=2).more["longest_run_days"]["le_100"] == run


def test_two_days_on_which_follow_up_may_have_ended() -> None:
    days = days_of((0, 5, "90"))
    strict = icaht.early(days, today=6, final=True, method=icaht.STRICT)
    assert (strict.low, strict.high) == (1, 4)
    assert strict.more["window"]["to"] is None
    assert strict.more["longest_run_days"] == {"le_500": 6, "le_100": 6}
    assert strict.more["possible_run_days"] == {"le_500": 7, "le_100": 7}
    assert strict.missing == ("last_follow_up_day", "anc")
    late = icaht.late(days_of((40, 43, "80")), today=44, final=True)
    assert late.more["window"] == {"from": 31, "to": None, "closed": True}
    assert late.more["longest_run_days"]["le_100"] == 4
    assert late.more["possible_run_days"]["le_100"] == 14


def test_two_days_on_which_the_follow_up_of_platelets_may_have_ended() -> None:
    early = t_icaht.early(days_of((0, 5, "15")), today=6, final=True)
    assert early.more["window"] == {"from": 0, "to": None, "closed": True}
    assert early.more["days_below"] == {"lt_50": 6, "lt_20": 6}
    assert early.more["possible_days_below"] == {"lt_50": 7, "lt_20": 7}
    late = t_icaht.late(days_of((40, 43, "15")), today=44, final=True)
    assert late.more["window"] == {"from": 31, "to": None, "closed": True}
    assert late.more["possible_days_below"] == {"lt_20": 14}
    assert late.more["nadirs"] == [
        {"day": 40, "10e9_l": D(15), "fact": "f40"},
        {"day": 41, "10e9_l": D(15), "fact": "f41"},
    ]
