"""What a person does: each refusal says what to do instead, and which field was wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest

from tests.alerting.room import BEN, Room, minutes
from toxmon.alerting import acts
from toxmon.alerting.acts import NotPossible
from toxmon.alerting.plain import dump_alarm, dump_event, load_alarm, load_event, told

Prepared = Callable[[Room], object]


@pytest.mark.hazard("H39")
@pytest.mark.parametrize(
    ("before", "act", "field", "words"),
    [
        (None, lambda r: r.acknowledge(until=r.now), "until", "name an end that is to come"),
        (None, lambda r: r.acknowledge(until=r.now + minutes(31)), "until", "at most 30 min"),
        (None, lambda r: r.acknowledge(reason=" "), "reason", "say it in words"),
        (None, lambda r: r.acknowledge(assessment=" "), "assessment", "say it in words"),
        (None, lambda r: r.shelve(minutes(11)), "until", "at most 10 min"),
        (None, lambda r: r.shelve(-minutes(1)), "until", "is to come"),
        (None, lambda r: r.take_out(timedelta(days=9)), "until", "at most"),
        (None, lambda r: r.hand_over(), None, "acknowledge it"),
        (None, lambda r: r.act(acts.accept, r.policy), None, "nobody has handed"),
        (None, lambda r: r.resolve(), None, "still so"),
        (None, lambda r: r.act(acts.note, text=""), "text", "say it in words"),
        (lambda r: r.acknowledge(), lambda r: r.hand_over(to="Ada"), "to", "somebody else"),
        (lambda r: r.acknowledge(), lambda r: r.shelve(), None, "leave it so"),
        (lambda r: r.acknowledge(), lambda r: r.act(acts.take_back, reason=" "), "reason",
         "say it in words"),
        (lambda r: r.acknowledge(), lambda r: r.act(acts.take_back, by="Ben", reason="a slip"),
         None, "Ada has acknowledged it"),
        (lambda r: (r.acknowledge(), r.hand_over()), lambda r: r.act(acts.accept, r.policy), None,
         "to Ben, not to Ada"),
    ],
)  # fmt: skip
def test_refusals(before: Prepared | None, act: Prepared, field: str | None, words: str) -> None:
    room = Room()
    room.level(2)
    if before is not None:
        before(room)
    kept = room.alarm, len(room.events)
    with pytest.raises(NotPossible, match=words) as refused:
        act(room)
    assert refused.value.field == field
    assert (room.alarm, len(room.events)) == kept


@pytest.mark.hazard("H39")
def test_a_fourth_shelving_is_refused_and_each_ends_by_itself() -> None:
    room = Room()
    room.level(2)
    for _ in range(3):
        room.shelve()
        assert room.wait(minutes(10)) == ["shelf_ended", "escalated"]
    with pytest.raises(NotPossible, match="shelved 3 times"):
        room.shelve()


@pytest.mark.hazard("H39")
def test_an_inhibited_and_a_quiet_alarm_are_not_shelved() -> None:
    room = Room()
    room.see(room.crs(2), room.fever(1))
    with pytest.raises(NotPossible, match="shelve that one"):
        room.shelve(key="sign:fever")
    room = Room()
    room.level(2, over=True)
    with pytest.raises(NotPossible, match="acknowledge it"):
        room.shelve()


@pytest.mark.hazard("H36")
def test_an_acknowledgement_lapses_sooner_without_an_assessment() -> None:
    room = Room()
    room.level(2)
    room.acknowledge()
    assert room.wait(minutes(15)) == ["lapsed", "escalated"]
    assert room.acknowledge(assessment="seen, cultures taken") == ["acknowledged", "documented"]
    assert room.wait(minutes(59)) == []
    assert room.wait(minutes(1)) == ["lapsed", "escalated"]


def test_an_act_comes_after_what_time_has_done_meanwhile() -> None:
    room = Room()
    room.level(2)
    room.acknowledge()
    lapsed_at = room.now + minutes(15)
    room.now += minutes(20)
    assert room.acknowledge() == ["lapsed", "acknowledged"]
    assert room.events[-2].at == lapsed_at
    room.acknowledge(by=BEN)
    assert room.alarm.holder == BEN


def test_plain_and_back_without_loss() -> None:
    room = Room()
    room.see(room.crs(3, more={"day": 4}), room.fever(1))
    for step in (lambda: room.level(1), room.acknowledge, room.hand_over):
        step()
        for alarm in room.alarms.values():
            plain = dump_alarm(alarm)
            assert load_alarm(plain) == alarm
            # As text, instants are ISO 8601.
            assert load_alarm(_as_text(plain)) == alarm
    for event in room.events:
        plain = _as_text(dump_event(event))
        back = load_event(event.key, event.kind, event.by, plain)
        assert back == event
    with pytest.raises(TypeError, match="colour"):
        load_alarm({**dump_alarm(room.alarm), "colour": "red"})


def _as_text(value: object) -> dict[str, object]:
    read: dict[str, object] = orjson.loads(orjson.dumps(value))
    return read


def test_an_alarm_as_it_is_told() -> None:
    room = Room()
    room.level(2)
    chain = room.policy.chain("A", "high")
    assert told(room.alarm, chain)["next_step_at"] == room.now + minutes(3)
    assert told(room.alarm)["next_step_at"] is None
    room.level(1)
    room.acknowledge()
    room.hand_over()
    said = told(room.alarm)
    assert (said["state"], said["holder"], said["falling"]["level"]) == ("acknowledged", "Ada", 1)
    assert said["hand_over"]["to"] == BEN
    assert said["acknowledgement"]["reason"] == "at the bedside"


def test_an_undone_acknowledgement_leaves_the_chain_as_late_as_it_was() -> None:
    untouched, slipped = Room(), Room()
    for room in (untouched, slipped):
        room.level(2)
        room.wait(minutes(4))
    slipped.acknowledge()
    slipped.now += timedelta(seconds=29)
    assert slipped.act(acts.take_back, reason="a slip") == ["unacknowledged"]
    kept = slipped.alarm.sounding_since, slipped.alarm.step, slipped.alarm.turns
    assert kept == (untouched.alarm.sounding_since, untouched.alarm.step, untouched.alarm.turns)
    assert (slipped.alarm.holder, slipped.alarm.acknowledgement) == (None, None)
    assert slipped.wait(minutes(60)) == untouched.wait(minutes(60))
