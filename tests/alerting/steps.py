"""How an alarm gets into each state, and what can happen to it: the words of states.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.alerting.room import BEN, HOUR, Room, minutes
from toxmon.alerting import acts
from toxmon.alerting.acts import NotPossible
from toxmon.alerting.alarm import Alarm


def _raised(room: Room) -> None:
    room.level(2)


def _acknowledged(room: Room) -> None:
    room.level(2)
    room.acknowledge()


def _normal(room: Room) -> None:
    _returned(room)
    room.acknowledge()


def _returned(room: Room) -> None:
    room.level(2)
    room.recover()


def _withdrawn(room: Room) -> None:
    room.level(2)
    room.correct(0)


def _withdrawn_and_acknowledged(room: Room) -> None:
    _withdrawn(room)
    room.acknowledge()


def _shelved(room: Room) -> None:
    room.level(2)
    room.shelve()


def _out(room: Room) -> None:
    room.level(2)
    room.take_out()


def _ended(room: Room) -> None:
    room.level(2)
    room.end_watch()


def _quiet(room: Room) -> None:
    room.level(2, over=True)


BEFORE: dict[str, Callable[[Room], None]] = {
    "normal": _normal,
    "unacknowledged": _raised,
    "acknowledged": _acknowledged,
    "returned_unacknowledged": _returned,
    "returned_unacknowledged, withdrawn": _withdrawn,
    "acknowledged, withdrawn": _withdrawn_and_acknowledged,
    "returned_unacknowledged, quiet": _quiet,
    "shelved": _shelved,
    "out_of_service": _out,
    "suppressed, watch ended": _ended,
}


def _document(room: Room) -> list[str]:
    return room.act(acts.document, room.policy, text="seen, cultures taken")


def _ben_takes_back(room: Room) -> list[str]:
    return room.act(acts.take_back, reason="a slip", by=BEN)


def _late(room: Room) -> list[str]:
    room.now += timedelta(seconds=30)
    return room.act(acts.take_back, reason="a slip")


def _falls(room: Room) -> list[str]:
    kinds = room.level(1)
    room.now += HOUR
    return kinds + room.level(1)


def _in_hand_for_long(room: Room) -> list[str]:
    kinds = _document(room) if room.alarm.state == "acknowledged" else []
    kinds += room.level(0)
    room.now += minutes(59)
    if room.alarm.state == "acknowledged":
        kinds += _document(room)
    room.now += minutes(1)
    return kinds + room.level(0)


STEPS: dict[str, Callable[[Room], list[str]]] = {
    "the same grade": lambda room: room.level(2),
    "the same grade, in other words": lambda room: room.level(2, says="CRS, and why"),
    "a higher grade": lambda room: room.level(3),
    "a lower grade, once": lambda room: room.level(1),
    "a lower grade, still so after 1 h": _falls,
    "grade 0, still so after 1 h": lambda room: room.recover(),
    "grade 0, still so after 1 h, assessed meanwhile": _in_hand_for_long,
    "grade not known": lambda room: room.level(None),
    "its value is corrected to grade 0": lambda room: room.correct(0),
    "acknowledge": lambda room: room.acknowledge(),
    "acknowledge, another person": lambda room: room.acknowledge(by=BEN),
    "take the acknowledgement back": lambda room: room.act(acts.take_back, reason="a slip"),
    "take the acknowledgement back, another person": _ben_takes_back,
    "take the acknowledgement back, 30 s later": _late,
    "document": _document,
    "shelve": lambda room: room.shelve(),
    "unshelve": lambda room: room.act(acts.unshelve, reason="back"),
    "take out of service": lambda room: room.take_out(),
    "put back in service": lambda room: room.act(acts.put_back, reason="repaired"),
    "note": lambda room: room.act(acts.note, text="a word"),
    "hand over": lambda room: room.hand_over(),
    "accept": lambda room: room.act(acts.accept, room.policy),
    "resolve": lambda room: room.resolve(),
    "15 min pass": lambda room: room.wait(minutes(15)),
    "60 min pass": lambda room: room.wait(minutes(60)),
    "the watch ends": lambda room: room.end_watch(),
    "the watch resumes": lambda room: room.resume_watch(),
}


def taken(room: Room, step: str) -> tuple[str, list[str]]:
    """The state after a step and the kinds of its events but escalations; `refused` in words."""
    try:
        kinds = STEPS[step](room)
    except NotPossible:
        return "refused", []
    return shown(room.alarm), [kind for kind in kinds if kind != "escalated"]


def shown(alarm: Alarm) -> str:
    """A state as the page names it, with what of the other axes tells it apart."""
    if not alarm.open:
        return "normal"
    if alarm.signal == "ended":
        return f"{alarm.state}, watch ended"
    if alarm.signal == "quiet":
        return f"{alarm.state}, quiet"
    if alarm.condition == "withdrawn":
        return f"{alarm.state}, withdrawn"
    return alarm.state
