"""What the tables of CRS and ICANS do not ask: whether any sign is there, and scores with a `<`."""

from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import crs, icans
from toxmon.grading.facts import Bounds

WELL: dict[str, Any] = {
    "temperature_c": Decimal("36.8"),
    "hypotension": False,
    "vasopressors": (),
    "oxygen_device": "room_air",
}

# what differs from a patient without any sign, is a sign present
SIGNS: tuple[tuple[dict[str, Any], bool | None], ...] = (
    ({}, False),
    ({"temperature_c": Decimal("38.0")}, True),
    ({"hypotension": True}, True),
    ({"oxygen_device": "blow_by"}, True),
    ({"temperature_c": None, "hypotension": True}, True),
    ({"temperature_c": None}, None),
    ({"hypotension": None}, None),
    ({"oxygen_device": None}, None),
    ({"temperature_c": None, "hypotension": None, "oxygen_device": None}, None),
    ({"temperature_c": Decimal("38.0"), "fever_other_cause": True}, False),
)


@pytest.mark.parametrize(("differs", "present"), SIGNS, ids=str)
def test_a_sign_of_crs_is_present(differs: dict[str, Any], present: bool | None) -> None:
    assert crs.signs(crs.Findings(**{**WELL, **differs})) is present


ALERT: dict[str, Any] = {
    "consciousness": "alert",
    "seizure": "none",
    "motor_weakness": "none",
    "cerebral_edema": "none",
    "icp_signs": (),
}


def bounds(low: int, high: int | None, low_open: bool = False, high_open: bool = False) -> Bounds:
    return Bounds(Decimal(low), None if high is None else Decimal(high), low_open, high_open)


# an ICE known only to be on one side of a number, and the grades that it allows
ICE = (
    (bounds(0, 7, high_open=True), (2, 3), ("ice_score",)),
    (bounds(7, None), (0, 1), ("ice_score",)),
    (bounds(7, None, low_open=True), (0, 1), ("ice_score",)),
    (bounds(9, None), (0, 1), ("ice_score",)),
    (bounds(9, None, low_open=True), (0, 0), ()),
    (bounds(0, 0), (3, 3), ()),
    (bounds(3, 6), (2, 2), ()),
    (bounds(10, None, low_open=True), (0, 3), ("ice_score",)),
)


@pytest.mark.parametrize(("score", "interval", "missing"), ICE, ids=str)
def test_an_ice_within_limits(
    score: Bounds, interval: tuple[int, int], missing: tuple[str, ...]
) -> None:
    found = icans.Findings(**ALERT, age_years=Decimal(60), ice_score=score)
    answer = icans.grade(found)
    assert (answer.low, answer.high) == interval
    assert answer.missing == missing


# a CAPD known only to be on one side of a number, and the grades that it allows
CAPD = (
    (bounds(0, None, low_open=True), (1, 3)),
    (bounds(0, 9, high_open=True), (0, 1)),
    (bounds(0, 9), (0, 3)),
    (bounds(9, None), (3, 3)),
    (bounds(1, 8), (1, 1)),
    (bounds(0, 0), (0, 0)),
)


@pytest.mark.parametrize(("score", "interval"), CAPD, ids=str)
def test_a_capd_within_limits(score: Bounds, interval: tuple[int, int]) -> None:
    found = icans.Findings(**ALERT, age_years=Decimal(5), capd_score=score)
    answer = icans.grade(found)
    assert (answer.low, answer.high) == interval
    assert answer.missing == (() if interval[0] == interval[1] else ("capd_score",))
    rules = {0: "none" if interval[1] == 0 else "unknown", 1: "capd_1", 3: "capd_3"}
    rule = "capd_unknown" if interval == (1, 3) else rules[interval[0]]
    assert [reason.rule for reason in answer.because] == [f"icans.{rule}"]


# what of ICE and arousal is known, and how the reason says it
WORDS = (
    ({"ice_score": Decimal(8)}, "ICE 8"),
    ({"ice": {"orientation": Decimal(1), "naming": Decimal(3)}}, "ICE 4 to 7"),
    ({"ice_score": Decimal(2)}, "ICE 2"),
    ({"ice_score": Decimal(0)}, "ICE 0"),
    ({"ice_score": Decimal(0), "consciousness": "unarousable"}, "ICE 0, unarousable"),
    ({"ice_score": Decimal(8), "consciousness": "wakes_spontaneously"}, "ICE 8"),
    ({"ice_score": Decimal(0), "consciousness": None, "arousable": False}, "ICE 0, unarousable"),
    ({"ice_score": Decimal(8), "consciousness": None, "arousable": False}, "unarousable"),
    ({"arousable": False}, "alert; arousable is charted otherwise"),
)


@pytest.mark.parametrize(("known", "words"), WORDS, ids=str)
def test_an_ice_in_words(known: dict[str, Any], words: str) -> None:
    answer = icans.grade(icans.Findings(**{**ALERT, "age_years": Decimal(60), **known}))
    assert answer.because[0].text == words
