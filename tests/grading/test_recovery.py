"""How neutrophils recovered, told beside the grade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.grading.test_icaht_answers import days_of
from toxmon.grading import recovery
from toxmon.grading.days import Days
from toxmon.grading.facts import Bounds

D = Decimal

RECOVERIES = [
    ("never low", [(0, 60, "2000")], "no_dip", False, 0),
    ("13 days below 500", [(0, 4, "2000"), (5, 17, "499"), (18, 60, "2000")], "quick", False, 13),
    (
        "14 days below 500",
        [(0, 4, "2000"), (5, 18, "499"), (19, 60, "2000")],
        "aplastic",
        False,
        14,
    ),
    ("500 is not below", [(0, 4, "2000"), (5, 18, "500"), (19, 60, "2000")], "quick", False, 0),
    (
        "a day above breaks it",
        [(0, 4, "2000"), (5, 11, "300"), (12, 12, "600"), (13, 19, "300"), (20, 60, "2000")],
        "quick",
        False,
        14,
    ),
    (
        "again on day 22",
        [(0, 4, "2000"), (5, 9, "300"), (10, 21, "1501"), (22, 22, "999"), (23, 60, "2000")],
        "intermittent",
        True,
        5,
    ),
    (
        "again on day 21",
        [(0, 4, "2000"), (5, 9, "300"), (10, 20, "1501"), (21, 21, "999"), (22, 60, "2000")],
        "unclassified",
        True,
        5,
    ),
    (
        "1500 is no recovery",
        [(0, 4, "2000"), (5, 9, "300"), (10, 60, "1500")],
        "unclassified",
        False,
        5,
    ),
    (
        "1000 is no dip, and prolonged",
        [(0, 4, "2000"), (5, 9, "300"), (10, 21, "1501"), (22, 22, "1000"), (23, 60, "2000")],
        "quick",
        True,
        5,
    ),
    (
        "1001 on day 22 is neither",
        [(0, 4, "2000"), (5, 9, "300"), (10, 21, "1501"), (22, 22, "1001"), (23, 60, "2000")],
        "quick",
        False,
        5,
    ),
    (
        "7 days between two counts are filled",
        [(0, 4, "2000"), (5, 5, "300"), (13, 13, "300"), (14, 60, "2000")],
        "quick",
        False,
        9,
    ),
    (
        "7 days are carried at each end",
        [(7, 7, "300"), (8, 52, "2000"), (53, 53, "300")],
        "intermittent",
        True,
        16,
    ),
    (
        "1000 on day 20 is not prolonged",
        [(0, 4, "2000"), (5, 9, "300"), (10, 19, "1501"), (20, 20, "1000"), (21, 60, "2000")],
        "quick",
        False,
        5,
    ),
]


@pytest.mark.parametrize(
    ("runs", "word", "prolonged", "severe"),
    [each[1:] for each in RECOVERIES],
    ids=[each[0] for each in RECOVERIES],
)
def test_recovery(runs: Any, word: str, prolonged: bool, severe: int) -> None:
    told = recovery.described(days_of(*runs), today=61)
    assert told["phenotype"] == word
    assert told["prolonged_neutropenia"] is prolonged
    assert told["severe_neutropenia_days"] == {"low": severe, "high": severe}


def test_recovery_while_counts_are_to_come() -> None:
    nothing = recovery.described()
    assert nothing["phenotype"] is None
    assert nothing["possible_phenotypes"] == recovery.WORDS
    assert nothing["prolonged_neutropenia"] is None
    assert nothing["severe_neutropenia_days"] == {"low": 0, "high": 61}
    aplastic = recovery.described(days_of((0, 13, "50")), today=13)
    assert aplastic["phenotype"] == "aplastic"
    assert aplastic["severe_neutropenia_days"] == {"low": 14, "high": 61}
    late = recovery.described(days_of((0, 21, "2000"), (22, 22, "900")), today=22)
    assert late["prolonged_neutropenia"] is True
    for hole in (days_of((0, 5, "300"), (14, 60, "300")), days_of((8, 52, "300"))):
        told = recovery.described(hole, today=61)["severe_neutropenia_days"]
        assert told == {"low": len(hole), "high": 61}
    unsure = Days().with_value(30, Bounds(D(900), D(1100)), "a")
    assert recovery.described(unsure, today=61)["prolonged_neutropenia"] is None
    ended = recovery.described(days_of((0, 10, "2000")), last_follow_up_day=10, final=True)
    assert (ended["phenotype"], ended["prolonged_neutropenia"]) == ("no_dip", None)
    assert ended["window"] == {"from": 0, "to": 10, "closed": True}
