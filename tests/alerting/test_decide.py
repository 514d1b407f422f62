"""What matters mean for alarms: rises, falls with delay, corrections, inhibition, the past."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.alerting.room import BEN, HOUR, Room, minutes
from toxmon.alerting import life
from toxmon.alerting.alarm import RAISED, Event


@pytest.mark.hazard("H38")
def test_two_hours_of_flapping_are_one_alarm_and_few_events() -> None:
    room = Room()
    for minute in range(120):
        room.level(1 + minute % 2)
        room.acknowledge(by=BEN) if minute == 1 else None
        room.now += minutes(1)
    kinds = [kind for kind in room.kinds() if kind not in ("escalated", "lapsed")]
    assert kinds == [
        "raised", "worsened", "acknowledged", "eased", "repeated", "eased", "repeated",
    ]  # fmt: skip
    assert len(room.alarms) == 1
    room.level(3)
    assert room.events[-2].kind == "worsened"
    assert room.events[-1].kind == "escalated"
    assert room.alarm.state == "unacknowledged"


@pytest.mark.hazard("H38")
def test_identical_observations_add_nothing() -> None:
    room = Room()
    room.level(2)
    for _ in range(50):
        assert room.level(2, facts=("another",)) == []
    assert room.level(2, says="other words") == ["repeated"]
    assert room.level(2, says="other words", window="outside") == ["repeated"]
    assert room.alarm.repeats == 2


def test_a_lower_level_counts_after_the_hold_and_no_earlier() -> None:
    room = Room()
    room.level(3)
    assert room.level(1) == ["eased"]
    room.now += minutes(30)
    assert room.level(2) == ["eased"]
    assert room.level(0) == []
    room.now += minutes(30) - timedelta(microseconds=1)
    assert room.level(0) == []
    room.now += timedelta(microseconds=1)
    # It was never above 2 for an hour; at 0 it was not for so long.
    assert room.level(0) == ["fell", "eased"]
    assert (room.alarm.level, room.alarm.peak) == (2, 3)
    room.now += HOUR
    assert room.level(0) == ["returned"]
    assert (room.alarm.level, room.alarm.condition) == (0, "recovered")


def test_after_flapping_a_lower_level_counts_when_it_outlasts_it() -> None:
    room = Room()
    room.level(2)
    room.level(1)
    assert room.level(2) == ["repeated"]
    assert room.level(1) == []
    room.now += HOUR
    assert room.level(1) == ["eased"]
    room.now += HOUR
    assert room.level(1) == ["fell"]
    assert room.alarm.priority == "medium"


@pytest.mark.hazard("H26")
def test_what_is_not_known_neither_falls_nor_recovers() -> None:
    room = Room()
    room.level(2)
    room.level(0)
    assert room.level(None) == ["repeated"]
    assert room.alarm.falling is None
    for _ in range(48):
        room.now += HOUR
        assert room.level(None) == []
        assert room.see() == []
    assert (room.alarm.level, room.alarm.condition) == (2, "present")


def test_without_a_hold_it_falls_at_once() -> None:
    room = Room()
    room.level(2)
    assert room.level(1, hold=timedelta()) == ["fell"]
    assert room.level(0, hold=timedelta()) == ["returned"]


def test_a_steep_rise_is_urgent_whatever_the_grade() -> None:
    room = Room()
    mild = {"key": "icaht_early", "rule": "icaht_early", "priority": "low"}
    room.see(room.crs(1, **mild))
    assert room.alarms["icaht_early"].priority == "low"
    room.now += 6 * HOUR
    room.see(room.crs(2, **mild))
    assert room.alarms["icaht_early"].priority == "high", "from 0 to 2 within 6 h, both ends inside"
    room.see(room.crs(2, **mild))
    assert room.alarms["icaht_early"].priority == "high", "latched while the level stands"


def test_a_slow_rise_and_one_of_long_ago_are_not_steep() -> None:
    room = Room()
    mild = {"key": "icaht_early", "rule": "icaht_early", "priority": "low"}
    old = {"key": "icaht_late", "rule": "icaht_late", "priority": "low", "at": room.now - 7 * HOUR}
    check = {"key": "check:vital signs", "rule": "check", "priority": "low"}
    room.see(room.crs(1, **mild), room.crs(3, **old), room.crs(2, **check))
    room.now += 6 * HOUR + minutes(1)
    room.see(room.crs(2, **mild))
    assert {each.priority for each in room.alarms.values()} == {"low"}


def test_more_urgent_at_the_same_level_is_a_worsening() -> None:
    room = Room()
    room.level(1)
    room.acknowledge()
    assert room.level(1, priority="high", window="in") == ["worsened"]
    assert (room.alarm.priority, room.alarm.state) == ("high", "unacknowledged")
    assert room.level(1, priority="medium", window="in") == []


@pytest.mark.hazard("H26")
def test_a_correction_leaves_the_alarm_and_tells_it_again() -> None:
    room = Room()
    room.level(2)
    room.acknowledge()
    assert room.correct(0) == ["withdrawn"]
    assert (room.alarm.condition, room.alarm.state) == ("withdrawn", "returned_unacknowledged")
    assert room.alarm.says == "f1 was corrected by Ada from 39.1 to 36.9 (it was: CRS grade 2)"
    assert room.events[-1].kind == "escalated"
    assert room.correct(0) == []
    assert room.level(0) == []
    room.acknowledge()
    assert room.alarm.open, "seen, and only a physician's act ends it"
    room.resolve()
    assert not room.alarm.open


@pytest.mark.hazard("H26")
@pytest.mark.parametrize(
    ("level", "fact", "condition", "held", "words"),
    [
        (None, "f1", "withdrawn", 2, "what is so now is not known"),
        (1, "f1", "present", 1, "other values still make it level 1"),
        (0, "of which the alarm knows nothing", "withdrawn", 0, "was corrected"),
    ],
)
def test_what_a_correction_leaves(
    level: int | None, fact: str, condition: str, held: int, words: str
) -> None:
    room = Room()
    room.level(2)
    assert room.correct(level, fact) == ["withdrawn"]
    assert (room.alarm.condition, room.alarm.level) == (condition, held)
    assert words in room.alarm.says
    assert room.alarm.signal == "sounding"


def test_a_correction_that_takes_nothing_away_is_none() -> None:
    room = Room()
    room.level(2)
    assert room.correct(2) == []
    assert room.correct(None, "another fact") == []
    room.level(0)
    assert room.correct(0, "another fact") == [], "it was lower before"
    room.level(2)
    assert room.correct(0, "another fact") == [], "it flapped before"
    quarantine = {"key": "record:quarantine", "rule": "record:quarantine", "hold": timedelta()}
    room.see(room.crs(1, **quarantine))
    cleared = room.crs(0, **quarantine)
    assert room.see(cleared, corrected={"f1": "corrected"}) == ["returned"], "it is the remedy"


def test_what_was_withdrawn_and_is_so_after_all_recurs() -> None:
    room = Room()
    room.level(2)
    room.correct(0)
    room.acknowledge()
    assert room.level(1) == ["recurred"]
    assert (room.alarm.condition, room.alarm.state) == ("present", "unacknowledged")


@pytest.mark.hazard("H37")
def test_what_is_over_by_now_is_told_and_calls_nobody() -> None:
    room = Room()
    assert room.level(2, over=True) == ["raised"]
    assert "escalated" not in room.kinds()
    assert room.wait(24 * HOUR) == []
    assert room.alarm.state == "returned_unacknowledged"
    assert room.level(2, over=True) == []
    assert room.level(3, over=True) == ["repeated"]
    assert (room.alarm.peak, room.alarm.signal) == (3, "quiet")
    room.acknowledge()
    assert room.level(3, over=True) == []
    assert room.level(4, over=True) == ["reopened"]
    assert room.alarm.signal == "quiet"


def test_the_graver_tells_of_the_lesser_one() -> None:
    room = Room()
    assert room.see(room.crs(2), room.fever(1)) == ["raised", "raised", "inhibited"]
    fever = room.alarms["sign:fever"]
    assert (fever.state, fever.inhibited_by, fever.open) == ("suppressed", "crs#1", True)
    assert room.see(room.crs(2), room.fever(1)) == []
    room.acknowledge()
    assert room.wait(minutes(14)) == []
    room.now += HOUR
    room.see(room.crs(0), room.fever(1))
    room.now += HOUR
    assert room.see(room.crs(0), room.fever(1)) == ["returned", "released"]
    assert room.alarms["sign:fever"].state == "unacknowledged"
    assert room.events[-1].kind == "escalated"


def test_what_was_never_heard_and_is_over_stays_on_the_list_without_a_call() -> None:
    room = Room()
    room.see(room.crs(2), room.fever(1))
    room.see(room.crs(0), room.fever(0))
    room.now += HOUR
    assert room.see(room.crs(0), room.fever(0)) == ["returned", "returned", "released"]
    fever = room.alarms["sign:fever"]
    assert (fever.state, fever.signal) == ("returned_unacknowledged", "quiet")


def test_no_syndrome_and_nothing_more_urgent_is_inhibited() -> None:
    room = Room()
    icans = {"key": "icans#1", "rule": "icans", "accounts_for": ("*",)}
    assert room.see(room.crs(2), room.crs(2, **icans)) == ["raised", "raised"]
    room = Room()
    assert room.see(room.crs(1), room.fever(1, priority="high")) == ["raised", "raised"]


def test_what_is_taken_out_of_service_tells_of_nothing() -> None:
    room = Room()
    room.see(room.crs(2), room.fever(1))
    room.take_out()
    assert room.see(room.crs(2), room.fever(1)) == ["released"]


def test_an_acknowledged_one_is_inhibited_once_it_would_sound() -> None:
    room = Room()
    room.see(room.fever(1))
    room.acknowledge(key="sign:fever")
    assert room.see(room.crs(2), room.fever(1)) == ["raised", "inhibited"]
    assert room.alarms["sign:fever"].state == "acknowledged"
    room.now += HOUR
    room.see()
    assert room.alarms["sign:fever"].state == "suppressed"
    tells = room.crs(3, key="iec_hs", rule="iec_hs", accounts_for=("sign:*",))
    assert room.see(tells) == ["raised"]
    room.correct(0)
    assert room.alarms["sign:fever"].inhibited_by == "iec_hs"


def test_an_inhibition_that_ends_leaves_an_acknowledged_one_in_its_hands() -> None:
    room = Room()
    room.see(room.fever(1))
    room.acknowledge(key="sign:fever")
    room.see(room.crs(2), room.fever(1))
    assert room.correct(0) == ["withdrawn", "released"]
    assert room.alarms["sign:fever"].state == "acknowledged"


def test_after_the_end_of_the_watch_nothing_sounds_and_a_resumption_does() -> None:
    room = Room()
    room.see(room.crs(2), room.fever(1, key="sign:diarrhea"))
    room.level(0)
    room.now += HOUR
    room.level(0)
    assert room.end_watch() == ["watch_ended", "watch_ended"]
    assert room.end_watch() == []
    assert room.wait(24 * HOUR) == []
    assert room.level(4) == []
    assert room.see() == []
    assert room.resume_watch() == ["watch_resumed", "watch_resumed"]
    assert room.alarm.signal == "quiet", "it had recovered before"
    assert room.alarms["sign:diarrhea"].state == "unacknowledged"


def test_events_of_another_alarm_are_refused() -> None:
    room = Room()
    room.level(2)
    event = Event(key="icans#1", kind="noted", at=room.now, by="Ada")
    with pytest.raises(ValueError, match="no event of this alarm"):
        life.applied(room.alarm, event, room.policy)
    with pytest.raises(ValueError, match="never raised"):
        life.applied(None, event, room.policy)
    documented = Event(key="crs#1", kind="documented", at=room.now, by="Ada", body={})
    with pytest.raises(ValueError, match="nobody had acknowledged"):
        life.applied(room.alarm, documented, room.policy)
    again = Event(key="crs#1", kind=RAISED, at=room.now, by="Ada")
    with pytest.raises(ValueError, match="no event of this alarm"):
        life.applied(room.alarm, again, room.policy)
