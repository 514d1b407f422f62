"""An alarm and its events as plain data and back, and an alarm as it is told.

Instants stay instants; whoever keeps the data as text may give them back as ISO 8601.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from toxmon.alerting.alarm import Acknowledgement, Alarm, Event, Falling, HandOver, Stood
from toxmon.alerting.chain import step_at
from toxmon.protocol.alarms import Chain

INSTANTS = frozenset(
    {
        "at", "raised_at", "changed_at", "steady_until", "held_since", "until", "sounding_since",
        "closed_at", "since", "accept_until",
    }
)  # fmt: skip
LISTS = ("facts", "accounts_for")


def dump_alarm(alarm: Alarm) -> dict[str, Any]:
    """An alarm as plain data. What is not said is left out."""
    plain = asdict(alarm)
    return {name: value for name, value in plain.items() if value not in (None, (), {})}


def load_alarm(plain: Mapping[str, Any]) -> Alarm:
    """The alarm of `dump_alarm`. Raises TypeError for what is not one."""
    known = _read(plain, {each.name for each in fields(Alarm)})
    for name in LISTS:
        known[name] = tuple(known.get(name, ()))
    known["course"] = tuple(_part(Stood, each) for each in known.get("course", ()))
    parts: Mapping[str, type] = {
        "falling": Falling,
        "acknowledgement": Acknowledgement,
        "hand_over": HandOver,
    }
    for name, part in parts.items():
        if name in known:
            known[name] = _part(part, known[name])
    return Alarm(**known)


def dump_event(event: Event) -> dict[str, Any]:
    """The body of an event with its instant, as it is kept."""
    return {**event.body, "at": event.at}


def load_event(key: str, kind: str, by: str, plain: Mapping[str, Any]) -> Event:
    """The event whose body was kept as `plain`."""
    body = _read(plain, set(plain))
    return Event(key=key, kind=kind, at=body.pop("at"), by=by, body=body)


def told(alarm: Alarm, chain: Chain | None = None) -> dict[str, Any]:
    """An alarm as it is told: its state, the three axes, why, who has it, and what comes next.

    The instant of the next step is known only with the chain of where the patient lies.
    """
    taken, given, falling = alarm.acknowledgement, alarm.hand_over, alarm.falling
    return {
        "key": alarm.key,
        "rule": alarm.rule,
        "state": alarm.state,
        "condition": alarm.condition,
        "signal": alarm.signal,
        "priority": alarm.priority,
        "level": alarm.level,
        "peak": alarm.peak,
        "title": alarm.title,
        "says": alarm.says,
        "window": alarm.window,
        "source": alarm.source,
        "facts": list(alarm.facts),
        "at": alarm.at,
        "raised_at": alarm.raised_at,
        "changed_at": alarm.changed_at,
        "closed_at": alarm.closed_at,
        "falling": None if falling is None else asdict(falling),
        "acknowledgement": None if taken is None else asdict(taken),
        "holder": alarm.holder,
        "hand_over": None
        if given is None
        else {"from": given.from_, "to": given.to, "accept_until": given.accept_until},
        "until": alarm.until,
        "shelved_times": alarm.shelved_times,
        "inhibited_by": alarm.inhibited_by,
        "step": alarm.step,
        "turns": alarm.turns,
        "next_step_at": None if chain is None else step_at(alarm, chain),
        "repeats": alarm.repeats,
        "more": dict(alarm.more),
    }


def _part(part: type, plain: Mapping[str, Any]) -> Any:
    return part(**_read(plain, {each.name for each in fields(part)}))


def _read(plain: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """The instants that came as text are instants again. Raises TypeError for other names."""
    if strange := set(plain) - names:
        raise TypeError(f"cannot read {', '.join(sorted(strange))}")
    return {
        name: datetime.fromisoformat(value)
        if name in INSTANTS and isinstance(value, str)
        else value
        for name, value in plain.items()
    }
