"""What a reason of ICAHT rests on, and what is told while nobody said when follow-up ended."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import icaht, t_icaht
from toxmon.grading.days import Days
from toxmon.grading.runs import Fill, Window, laid_out, length, longest, runs, windows

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


def test_days_between_counts_are_laid_out_wherever_they_lie() -> None:
    window, fill = Window(0, 30, True, 30), Fill(gap=1, edge=1)
    entries = days_of((0, 1, "90"), (4, 4, "90")).within(0, 30)
    laid = laid_out(entries, window, fill)
    assert (laid.gaps, sorted(laid.missing)[:2]) == ([], [2, 3])
    entries = days_of((0, 1, "90"), (3, 3, "80"), (5, 5, "70")).within(0, 30)
    laid = laid_out(entries, window, fill)
    assert laid.gaps == [(1, D(90), 3, D(80)), (3, D(80), 5, D(70))]


def test_a_count_on_the_line_is_carried_as_one_on_the_line() -> None:
    days = days_of((2, 2, "50"), (3, 3, "200"))
    answer = t_icaht.early(days, last_follow_up_day=3, final=True)
    assert answer.more["days_below"] == {"lt_50": 0, "lt_20": 0}
    days = days_of((2, 2, "500"), (3, 3, "2000"))
    answer = icaht.early(days, last_follow_up_day=3, final=True)
    assert answer.more["longest_run_days"]["le_500"] == 3


def test_the_windows_that_may_be_meant() -> None:
    none = Days()
    assert windows(0, 30, none, None, None, None) == [Window(0, 30, False, -1)]
    assert windows(0, 30, none, 5, None, None) == [Window(0, 30, False, 5)]
    assert windows(0, 30, none, 30, None, None) == [Window(0, 30, False, 30)]
    assert windows(0, 30, none, 31, None, None) == [Window(0, 30, True, 30)]
    assert windows(0, 30, none, 5, 30, None) == [Window(0, 30, True, 30)]
    assert windows(0, 30, none, 5, 29, None) == [Window(0, 30, False, 29)]
    assert windows(0, 30, none, 5, 9, True) == [Window(0, 9, True, 9)]
    assert windows(0, 30, none, 50, 40, True) == [Window(0, 30, True, 30)]
    few = days_of((3, 4, "90"))
    assert windows(0, 30, few, 6, None, True) == [
        Window(0, 4, True, 4), Window(0, 5, True, 5), Window(0, 6, True, 6),
    ]  # fmt: skip
    assert len(windows(0, 30, few, None, None, True)) == 27
    assert windows(0, 30, few, 2, None, True) == [Window(0, 4, True, 4)]
    assert windows(0, 3, days_of((0, 3, "90")), 3, None, None) == [Window(0, 3, True, 3)]
    assert windows(31, 100, few, 20, None, True) == [Window(31, 20, True, 20)]


def test_runs_are_joined_over_few_days() -> None:
    days = [0, 1, 4, 8, 9]
    assert runs(days, 2) == [(0, 4), (8, 9)]
    assert runs(days, 3) == [(0, 9)]
    assert runs(days, 0) == [(0, 1), (4, 4), (8, 9)]
    assert runs([0, 1, 4], 0) == [(0, 1), (4, 4)]
    assert (runs([], 2), runs([5], 2)) == ([], [(5, 5)])
    assert longest([(0, 1), (5, 6), (8, 8)]) == (0, 1)
    assert longest([]) is None
    assert [length(run) for run in (None, (3, 3), (3, 9))] == [0, 1, 7]
