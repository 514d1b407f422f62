"""Whom an alarm calls and when: chains, rosters, gaps, hand-over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.alerting.room import ADA, BEGAN, BEN, POLICY, Room, minutes
from toxmon.alerting import acts, life
from toxmon.alerting.chain import Gap, Shift, gaps, hand_over_at, hand_overs, on_call, step_at


def steps(room: Room) -> list[tuple[float, int, int, list[str]]]:
    return [
        ((event.at - BEGAN) / minutes(1), event.body["step"], event.body["turn"],
         event.body["roles"])
        for event in room.events
        if event.kind == "escalated"
    ]  # fmt: skip


NURSE, CHARGE, DOCTOR = ["bedside_nurse"], ["charge_nurse"], ["on_call_physician"]
LAST = ["consultant", "ward_phone"]


@pytest.mark.hazard("H35")
def test_a_high_alarm_that_nobody_acknowledges_goes_up_its_chain_exactly() -> None:
    room = Room()
    room.level(2)
    for _ in range(21 * 6):
        room.wait(timedelta(seconds=10))
    assert steps(room) == [
        (0, 0, 0, NURSE),
        (3, 1, 0, CHARGE),
        (6, 2, 0, DOCTOR),
        (10, 3, 0, LAST),
        (15, 3, 1, LAST),
        (20, 3, 2, LAST),
    ]
    assert {event.body["late_seconds"] for event in room.events[1:]} == {0}


@pytest.mark.hazard("H35")
def test_steps_that_were_missed_become_one_to_all_who_should_know() -> None:
    room = Room()
    room.level(2)
    room.wait(minutes(120))
    assert steps(room)[1:] == [(120, 3, 22, [*LAST, *CHARGE, *DOCTOR])]
    late = room.events[-1].body
    assert (late["missed"], late["late_seconds"]) == (24, 117 * 60)
    room.wait(minutes(5))
    assert steps(room)[2:] == [(125, 3, 23, LAST)]


def test_an_escalation_has_the_instant_at_which_it_was_due() -> None:
    room = Room()
    room.level(2)
    room.wait(minutes(4))
    assert room.events[-1].at == BEGAN + minutes(3)
    assert room.events[-1].body["late_seconds"] == 60


@pytest.mark.hazard("H39")
def test_a_rise_tells_those_again_who_knew_the_lower_level() -> None:
    room = Room()
    room.level(2)
    room.wait(minutes(6))
    room.level(3)
    assert steps(room)[-1] == (6, 0, 0, [*NURSE, *CHARGE, *DOCTOR])
    room.wait(minutes(3))
    assert steps(room)[-1] == (9, 1, 0, CHARGE)


def test_a_flap_does_not_delay_the_chain() -> None:
    room = Room()
    for minute in range(11):
        room.level(2 if minute % 2 == 0 else 0, hold=timedelta())
        room.wait(minutes(1))
    assert [at for at, *_ in steps(room)] == [0, 3, 6, 10]


def test_what_is_acknowledged_shelved_or_over_has_no_next_step() -> None:
    room = Room()
    room.level(2)
    chain = POLICY.chain("A", "high")
    assert step_at(room.alarm, chain) == BEGAN + minutes(3) == life.next_at(
        room.alarm, POLICY, chain
    )  # fmt: skip
    room.acknowledge()
    assert step_at(room.alarm, chain) is None
    assert life.next_at(room.alarm, POLICY, chain) == BEGAN + minutes(15)
    room.level(1)
    room.act(acts.document, POLICY, text="seen")
    assert life.next_at(room.alarm, POLICY, chain) == BEGAN + minutes(60)
    room.end_watch()
    assert life.next_at(room.alarm, POLICY, chain) is None


def shift(person: str, start: float, end: float, **more: Any) -> Shift:
    words = {"id": f"{person}-{start}", "unit": "A", "role": "bedside_nurse", "channel": None}
    at = {"from_at": BEGAN + minutes(start), "until_at": BEGAN + minutes(end)}
    return Shift(**{**words, **at, "person": person, **more})


def at(minute: float) -> datetime:
    return BEGAN + minutes(minute)


def test_a_shift_begins_and_ends_half_open_and_several_count() -> None:
    shifts = [shift(ADA, 0, 60), shift(BEN, 60, 120), shift("Cy", 30, 90, unit="*")]

    def who(minute: float, unit: str = "A") -> list[str]:
        return [each.person for each in on_call(shifts, unit, "bedside_nurse", at(minute))]

    assert (who(0), who(30), who(60), who(90)) == ([ADA], [ADA, "Cy"], ["Cy", BEN], [BEN])
    assert (who(45, "B"), who(120)) == (["Cy"], [])
    assert on_call(shifts, "A", "charge_nurse", at(0)) == ()


@pytest.mark.hazard("H40")
def test_gaps_are_seen_before_between_and_after_shifts() -> None:
    shifts = [shift(ADA, 10, 60), shift("Di", 20, 40), shift(BEN, 60, 90), shift("Cy", 100, 150)]
    roles = ["bedside_nurse", "charge_nurse"]

    def gap(role: str, start: float, end: float) -> Gap:
        return Gap(unit="A", role=role, from_at=at(start), until_at=at(end))

    assert gaps(shifts, "A", roles, at(0), at(120)) == (
        gap("bedside_nurse", 0, 10), gap("bedside_nurse", 90, 100), gap("charge_nurse", 0, 120),
    )  # fmt: skip
    assert gaps(shifts, "A", roles[:1], at(10), at(90)) == ()
    assert gaps(shifts, "A", roles[:1], at(0), at(5)) == (gap("bedside_nurse", 0, 5),)
    assert gaps([shift(ADA, 0, 99, unit="*")], "A", roles[:1], at(0), at(99)) == ()


@pytest.mark.hazard("H40")
def test_at_the_end_of_a_shift_the_alarm_is_handed_to_who_comes() -> None:
    room = Room()
    room.level(2)
    room.acknowledge()
    shifts = [shift(ADA, -60, 5), shift(BEN, 5, 60), shift(ADA, 300, 400)]
    assert hand_over_at(room.alarm, shifts) == at(5)
    assert hand_overs(room.alarm, shifts, at(4), POLICY) == []
    room.now = at(6)
    assert room.apply(hand_overs(room.alarm, shifts, room.now, POLICY)) == ["handed_over"]
    given = room.alarm.hand_over
    assert given
    assert (given.from_, given.to, given.accept_until) == (ADA, BEN, at(36))
    assert room.alarm.holder == ADA, "both have it until it is accepted"
    assert hand_overs(room.alarm, shifts, room.now, POLICY) == []
    room.act(acts.accept, POLICY, by=BEN)
    assert (room.alarm.holder, room.alarm.hand_over) == (BEN, None)
    assert hand_over_at(room.alarm, shifts) == at(60)


@pytest.mark.hazard("H40")
def test_a_hand_over_that_nobody_accepts_sounds_again() -> None:
    room = Room()
    room.level(2)
    room.acknowledge()
    room.act(acts.document, POLICY, text="seen")
    room.hand_over()
    assert room.wait(minutes(30)) == ["lapsed", "escalated"]
    assert room.alarm.state == "unacknowledged"
    assert (room.alarm.holder, room.alarm.hand_over) == (None, None)


@pytest.mark.hazard("H40")
def test_a_shift_that_nobody_follows_makes_the_alarm_sound() -> None:
    room = Room()
    room.level(2)
    room.acknowledge()
    shifts = [shift(ADA, -60, 5)]
    room.now = at(5)
    assert room.apply(hand_overs(room.alarm, shifts, room.now, POLICY)) == ["lapsed"]
    assert room.pass_time() == ["escalated"]


def test_shifts_that_follow_each_other_are_one_and_who_is_on_none_keeps_it() -> None:
    room = Room()
    room.level(2)
    assert hand_over_at(room.alarm, [shift(ADA, -60, 5)]) is None
    room.acknowledge()
    follows = [shift(ADA, -60, 5), shift(ADA, -10, 3), shift(ADA, 5, 30)]
    assert hand_over_at(room.alarm, follows) == at(30)
    assert hand_over_at(room.alarm, [shift(BEN, -60, 5), shift(ADA, 9, 20)]) is None
