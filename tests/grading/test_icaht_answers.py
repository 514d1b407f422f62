"""What stands beside a grade of ICAHT or T-ICAHT: its reasons with their facts, ledger, runs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import icaht, t_icaht
from toxmon.grading.days import Days
from toxmon.grading.facts import Bounds
from toxmon.scales.icaht import SCALES
from toxmon.scales.inputs import FindingsError

D = Decimal
STATELESS = {each.scale.name: each for each in SCALES}


def days_of(*runs: tuple[int, int, str]) -> Days:
    """A fact f<day> for each day from first to last, with its count."""
    days = Days()
    for first, last, count in runs:
        for day in range(first, last + 1):
            days = days.with_value(day, D(count), f"f{day}")
    return days


def test_the_reason_names_the_facts_of_the_run_and_no_others() -> None:
    days = days_of((0, 4, "2000"), (5, 7, "300"), (8, 9, "900"), (10, 11, "300"), (12, 30, "2000"))
    (reason,) = icaht.early(days, today=31).because
    assert reason.facts == tuple(f"f{day}" for day in range(5, 12))
    assert reason.text == "neutrophils 500 /uL or less for 7 days, day 5 to 11"

    days = days_of((0, 13, "50"), (14, 30, "2000"))
    profound, severe = icaht.early(days_of((0, 6, "50"), (7, 13, "300")), today=13).because
    assert (profound.rule, severe.rule) == ("icaht_early.days_le_100", "icaht_early.days_le_500")
    assert profound.facts == tuple(f"f{day}" for day in range(7))
    assert severe.facts == tuple(f"f{day}" for day in range(14))
    assert [each.rule for each in icaht.early(days, today=13).because] == [
        "icaht_early.days_le_100"
    ]

    one_profound = icaht.early(days_of((0, 0, "50"), (1, 1, "300")), today=1)
    assert [each.rule for each in one_profound.because] == ["icaht_early.days_le_500"]

    (never,) = icaht.early(days_of((0, 3, "300")), last_follow_up_day=3, final=True).because
    assert never.rule == "icaht_early.never_above_500"
    assert never.facts == ("f0", "f1", "f2", "f3")

    (late,) = icaht.late(days_of((40, 40, "80"), (50, 50, "900"), (60, 60, "3000"))).because
    assert late.facts == ("f40", "f50")
    assert late.text == "neutrophils 100 /uL or less; the lowest counts are of day 40 and 50"

    (added,) = t_icaht.early(
        days_of((0, 2, "30"), (3, 9, "90"), (10, 13, "30"), (14, 30, "90"))
    ).because
    assert added.text == (
        "platelets below 50 x10^9/L for 3 days, day 0 to 2, 4 days, day 10 to 13: 7 days together"
    )
    assert added.facts == ("f0", "f1", "f2", "f10", "f11", "f12", "f13")
    (longest,) = t_icaht.early(
        days_of((0, 2, "30"), (3, 9, "90"), (10, 13, "30"), (14, 37, "90")), method=t_icaht.R_NOTE
    ).because
    assert longest.text == "platelets 50 x10^9/L or less for 4 days, day 10 to 13"
    assert longest.facts == ("f10", "f11", "f12", "f13")
    (worst,) = t_icaht.early(days_of((0, 2, "30"), (3, 3, "15")), today=3).because
    assert worst.text == "platelets below 20 x10^9/L for 1 day, day 3"
    assert (worst.rule, worst.facts) == ("t_icaht_early.days_lt_20", ("f3",))
    for count, words in (("90", "below 100"), ("40", "below 50"), ("15", "below 20")):
        (deep,) = t_icaht.late(days_of((31, 32, count)), today=32).because
        assert deep.text == f"platelets {words} x10^9/L; the lowest counts are of day 31 and 32"
        assert deep.rule == f"t_icaht_late.lt_{words.removeprefix('below ')}"
    for count, words in (("1500", "1500"), ("900", "1000"), ("400", "500"), ("90", "100")):
        (deep,) = icaht.late(days_of((31, 31, count)), today=101).because
        assert deep.text == f"neutrophils {words} /uL or less; the lowest count is of day 31"
        assert deep.rule == f"icaht_late.le_{words}"
    (fewest,) = t_icaht.late(days_of((31, 44, "15"))).because
    assert fewest.text == (
        "platelets below 20 x10^9/L for 14 days; the lowest counts are of day 31 and 32"
    )


def test_what_may_still_come_is_said() -> None:
    days = days_of((0, 35, "2000"))
    for rule, unit in (
        (icaht.early, "neutrophils"),
        (icaht.late, "neutropenia"),
        (t_icaht.early, "platelets"),
        (t_icaht.late, "platelets"),
    ):
        early = rule in (icaht.early, t_icaht.early)
        part = Days(days.entries[:20]) if early else days
        (so_far,) = rule(part, today=20 if early else 35).because
        (over,) = rule(part, today=101).because
        assert so_far.text == f"{over.text} so far"
        assert unit in over.text
        (nothing,) = rule(None, today=50).because
        assert nothing.rule.endswith(".no_counts")


def test_the_ledger_says_of_each_day_what_stands_for_it() -> None:
    days = days_of((1, 1, "600"), (3, 3, "410"), (12, 12, "100"))
    days = days.with_value(4, Bounds(D(0), D(400)), "w4")
    graded = icaht.early(days, today=14)
    assert graded.more["ledger"] == [
        {"state": "missing", "day": 0, "per_ul": None},
        {"state": "observed", "day": 1, "per_ul": D(600), "fact": "f1"},
        {"state": "filled", "day": 2, "per_ul": D(500)},
        {"state": "observed", "day": 3, "per_ul": D(410), "fact": "f3"},
        {
            "state": "observed",
            "day": 4,
            "per_ul": {"low": D(0), "high": D(400), "low_open": False, "high_open": False},
            "fact": "w4",
        },
        *(
            {
                "state": "filled",
                "day": day,
                "per_ul": {"low": D(low), "high": D(high), "low_open": False, "high_open": False},
            }
            # From 0 and from 400 to 100, in tens, half to even: 12.5 is 10, and 362.5 is 360.
            for day, low, high in (
                (5, 10, 360),
                (6, 20, 320),
                (7, 40, 290),
                (8, 50, 250),
                (9, 60, 210),
                (10, 80, 180),
                (11, 90, 140),
            )
        ),
        {"state": "observed", "day": 12, "per_ul": D(100), "fact": "f12"},
        {"state": "missing", "day": 13, "per_ul": None},
        {"state": "missing", "day": 14, "per_ul": None},
    ]
    assert graded.more["window"] == {"from": 0, "to": 30, "closed": False}
    assert "ledger" not in icaht.early(days, today=14, ledger=False).more
    assert icaht.early(days, last_follow_up_day=14).more == graded.more

    carried = icaht.early(days_of((2, 2, "504"), (3, 3, "2000")), last_follow_up_day=4, final=True)
    assert [(each["state"], each["per_ul"]) for each in carried.more["ledger"]] == [
        ("filled", D(504)),
        ("filled", D(504)),
        ("observed", D(504)),
        ("observed", D(2000)),
        ("filled", D(2000)),
    ]
    assert carried.more["window"] == {"from": 0, "to": 4, "closed": True}
    assert icaht.early(days, final=True).more["window"]["to"] is None


def test_platelets_are_shown_on_their_side_of_a_threshold() -> None:
    days = days_of((0, 0, "20"), (7, 7, "19.9"))
    shown = [each["10e9_l"] for each in t_icaht.early(days, today=7).more["ledger"]]
    assert shown == [D(20), *[D("19.9")] * 7]
    days = days_of((0, 0, "20"), (3, 3, "20.1"), (5, 5, "30"))
    note = t_icaht.early(days, today=5, method=t_icaht.R_NOTE).more
    shown = [each["10e9_l"] for each in note["ledger"]]
    assert shown == [D(20), D("20.1"), D("20.1"), D("20.1"), D("25.1"), D(30)]
    assert note["days_below"] == {"le_50": 6, "le_20": 1}


def test_what_lies_between_two_intervals_is_shown_as_one() -> None:
    days = Days().with_value(0, Bounds(D(100), D(400), True), "a")
    days = days.with_value(4, Bounds(D(300), None), "b")
    days = days.with_value(8, Bounds(D(200), D(600), False, True), "c").with_value(10, D(400), "d")
    shown = {each["day"]: each["per_ul"] for each in icaht.early(days, today=10).more["ledger"]}
    assert shown[1] == {"low": D(150), "high": None, "low_open": True, "high_open": False}
    assert shown[5] == {"low": D(280), "high": None, "low_open": False, "high_open": False}
    assert shown[9] == {"low": D(300), "high": D(500), "low_open": False, "high_open": True}


def test_late_grades_tell_their_nadirs_and_runs() -> None:
    graded = icaht.late(days_of((40, 43, "80"), (44, 60, "900")), today=101)
    assert graded.more["nadirs"] == [
        {"day": 40, "per_ul": D(80), "fact": "f40"},
        {"day": 41, "per_ul": D(80), "fact": "f41"},
    ]
    assert graded.more["longest_run_days"] == {"le_500": 4, "le_100": 4}
    assert graded.more["possible_run_days"] == {"le_500": 40, "le_100": 40}
    assert len(graded.more["ledger"]) == 70


def test_a_follow_up_that_ended_on_a_day_nobody_said() -> None:
    days = days_of((40, 43, "80"), (44, 50, "300"))
    graded = icaht.late(days, final=True)
    assert graded.more["window"] == {"from": 31, "to": None, "closed": True}
    assert graded.more["longest_run_days"] == {"le_500": 11, "le_100": 4}
    assert graded.more["possible_run_days"] == {"le_500": 70, "le_100": 50}
    assert graded.more["ledger"][-1]["day"] == 50
    platelets = t_icaht.late(days_of((40, 43, "15")), final=True)
    assert platelets.more["window"] == {"from": 31, "to": None, "closed": True}
    assert platelets.more["days_below"] == {"lt_20": 4}
    assert platelets.more["possible_days_below"] == {"lt_20": 70}
    assert platelets.more["ledger"][-1]["day"] == 43
    early = t_icaht.early(days_of((4, 6, "15")), final=True)
    assert early.more["window"] == {"from": 0, "to": None, "closed": True}
    assert early.more["days_below"] == {"lt_50": 7, "lt_20": 7}
    assert early.more["possible_days_below"] == {"lt_50": 31, "lt_20": 31}


def test_the_two_lowest_days_are_told_also_of_intervals() -> None:
    days = days_of((40, 42, "300")).with_value(43, Bounds(D(0), D(200)), "w")
    nadirs = icaht.late(days, today=101).more["nadirs"]
    assert [each["fact"] for each in nadirs] == ["w", "f40"]


def test_days_are_a_mapping_that_is_replaced_and_not_changed() -> None:
    days = Days().with_value(5, D(300), "b").with_value(3, D(400), "a")
    assert (len(days), 3 in days, 4 in days, days.get(5), days.get(4)) == (
        2,
        True,
        False,
        D(300),
        None,
    )
    assert days.with_value(-1, D(1), "x") is days
    assert days.with_value(101, D(1), "x") is days
    assert days.with_value(5, D(301), "c") is days
    assert days.with_value(5, D(300), "a").items() == ((3, D(400), "a"), (5, D(300), "a"))
    assert not Days()
    low = days.with_value(3, D(1), "c")
    assert low.items() == ((3, D(1), "c"), (5, D(300), "b"))
    assert low.with_value(4, D(2), "d").items()[1:] == ((4, D(2), "d"), (5, D(300), "b"))
    ends = Bounds(None, D("1.50"), False, True), Bounds(D(0), None, True)
    between = low.with_value(7, ends[0], "e").with_value(8, ends[1], "f")
    assert between.as_plain()[2:] == [
        (7, ("b", None, "1.50", False, True), "e"),
        (8, ("b", "0", None, True, False), "f"),
    ]
    assert Days.from_plain(between.as_plain()) == between
    assert Days.of([(3, D(1)), (101, D(1))]).items() == ((3, D(1), ""),)
    assert Days.of(None) == Days.of(()) == Days()
    assert Days.of([(3, D(1)), (-1, D(1)), (101, D(1))]).items() == ((3, D(1), ""),)
    assert Days.of([(-1, D(1)), (3, D(1))]).items() == ((3, D(1), ""),)


@pytest.mark.parametrize(
    ("one", "other", "lower", "fact"),
    [
        (Bounds(D(0), D(400)), D(300), Bounds(D(0), D(300)), "b"),
        (Bounds(D(0), D(200)), D(300), Bounds(D(0), D(200)), "a"),
        (Bounds(D(400), None), D(300), D(300), "b"),
        (Bounds(D(300), None, True), D(300), D(300), "b"),
        (Bounds(D(100), D(300), False, True), D(300), Bounds(D(100), D(300), False, True), "a"),
        (Bounds(None, D(300)), Bounds(D(100), D(200)), Bounds(D(0), D(200)), "b"),
        (Bounds(D(400), None), Bounds(D(300), None, True), Bounds(D(300), None, True), "a"),
    ],
)
def test_of_two_counts_of_a_day_what_the_lower_may_be(
    one: Any, other: Any, lower: Any, fact: str
) -> None:
    there = Days().with_value(3, one, "a").with_value(3, other, "b")
    back = Days().with_value(3, other, "b").with_value(3, one, "a")
    assert there == back
    assert there.items() == ((3, lower, fact),)


@pytest.mark.parametrize(
    ("scale", "sent", "faults"),
    [
        ("icaht_early", {"anc": [{"day": -1, "per_ul": 300}]}, {"anc/0/day"}),
        ("icaht_early", {"anc": [{"day": 101, "per_ul": 300}]}, {"anc/0/day"}),
        ("icaht_early", {"anc": [{"day": 1}]}, {"anc/0/per_ul"}),
        ("icaht_early", {"anc": [{"per_ul": 1}]}, {"anc/0/day"}),
        ("icaht_early", {"anc": [{"day": 9, "per_ul": 1}], "today_day": 8}, {"anc/0/day"}),
        ("icaht_early", {"last_follow_up_day": 9, "today_day": 8}, {"last_follow_up_day"}),
        ("icaht_late", {"method": "rejeski-2025"}, {"method"}),
        ("icaht_late", {"platelets": []}, {"platelets"}),
        ("t_icaht_early", {"platelets": [{"day": 1, "10e9_l": -3}]}, {"platelets/0/10e9_l"}),
        ("t_icaht_late", {"platelets": [{"day": D("1.5"), "10e9_l": 3}]}, {"platelets/0/day"}),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_place(
    scale: str, sent: dict[str, Any], faults: set[str]
) -> None:
    with pytest.raises(FindingsError) as refused:
        STATELESS[scale].findings(sent)
    assert set(refused.value.faults) == faults


def test_what_is_sent_is_graded_as_the_record_is() -> None:
    sent = {"anc": [{"day": 0, "per_ul": 300}, {"day": 0, "per_ul": 200}], "today_day": 0}
    findings, doubts = STATELESS["icaht_early"].findings(sent)
    assert doubts == {}
    graded = STATELESS["icaht_early"].scale.grade(findings)
    assert graded == icaht.early(Days().with_value(0, D(200), ""), today=0)
    over, _ = STATELESS["icaht_early"].findings({**sent, "last_follow_up_day": 0, "final": True})
    assert STATELESS["icaht_early"].scale.grade(over).value == 4
    strict, _ = STATELESS["icaht_early"].findings({**sent, "method": icaht.STRICT})
    assert STATELESS["icaht_early"].scale.grade(strict).edition == icaht.STRICT
