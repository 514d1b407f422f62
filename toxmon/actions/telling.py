"""Who is told of an alarm: its chain names roles, the roster persons, and a row waits to be posted.

Whom a step comes to is found at the moment it is taken, and stays on record with the step.
Delivery is not acknowledgement: nothing here ever quiets an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from toxmon.actions import Service
from toxmon.alerting.alarm import BASIS_CHANGED, ESCALATED, Event
from toxmon.alerting.chain import Shift, on_call
from toxmon.store import Row, deliveries, ids, rosters
from toxmon.timeline.matter import HIGH

if TYPE_CHECKING:
    from toxmon.actions.register import Register, Standing


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a step comes to; without a channel it is only on the screens."""

    role: str
    person: str | None
    channel: str | None


def resolved(
    service: Service, unit: str | None, event: Event, now: datetime
) -> tuple[Event, tuple[Told, ...]]:
    """An escalation with whom it comes to, for the record; other events as they are."""
    if event.kind != ESCALATED:
        return event, ()
    told = whom(service, unit, event.body["roles"], now)
    plain = [{"role": each.role, "person": each.person, "channel": each.channel} for each in told]
    return replace(event, body={**event.body, "told": plain}), told


def whom(
    service: Service, unit: str | None, roles: Iterable[str], now: datetime
) -> tuple[Told, ...]:
    """Who has these roles in a unit now; where nobody has, who has the role to fall back on."""
    shifts = shifts_at(service, now)
    found = _holding(shifts, unit, roles, now)
    if not any(each.person for each in found):
        fallback = service.alarms_now.fallback_role.value
        found += _holding(shifts, unit, [fallback], now)
    return tuple(dict.fromkeys(found))


def _holding(
    shifts: Sequence[Shift], unit: str | None, roles: Iterable[str], now: datetime
) -> list[Told]:
    found = []
    for role in roles:
        persons = on_call(shifts, unit or "*", role, now)
        found += [Told(role, each.person, each.channel) for each in persons]
        if not persons:
            found.append(Told(role, None, None))
    return found


def shifts_at(service: Service, now: datetime) -> tuple[Shift, ...]:
    """The shifts of this moment, and of what is soon to come. Only inside `writing`."""
    return tuple(shift(row) for row in rosters.around(service.store, now))


def shift(row: Row) -> Shift:
    """A shift as the alarms know it."""
    names = ("id", "unit", "role", "person", "channel", "from_at", "until_at")
    return Shift(**{name: row[name] for name in names})


def messages(
    register: Register, standing: Standing, event: Event, row: Row, told: Sequence[Told]
) -> list[Row]:
    """The rows that will wait to be posted. Only inside `writing`."""
    service = register.service
    to = [(each.channel, each.person or each.role) for each in told if each.channel]
    if event.kind == BASIS_CHANGED:
        # Whoever was told of the value is told that it was corrected.
        to += deliveries.recipients(register.store, standing.id)
    to += [(name, name) for name in service.listening]
    return [
        {
            "id": ids.new_id(register.now),
            "key": f"{row['id']}|{channel}|{recipient}",
            "event_id": row["id"],
            "alarm_id": standing.id,
            "patient_id": register.patient_id,
            "unit": register.unit,
            "priority": standing.alarm.priority,
            "channel": channel,
            "recipient": recipient,
            "body": orjson.dumps(_body(register, standing, event)).decode(),
            "made_at": register.now,
            "due_at": register.now,
            "lease_at": None,
            "epoch": 0,
            "tries": 0,
            "sent_at": None,
            "dead_at": None,
            "outcome": None,
        }
        for channel, recipient in dict.fromkeys(to)
        if channel in service.channels
    ]


def _body(register: Register, standing: Standing, event: Event) -> dict[str, Any]:
    """What a message is made of. It names no patient; who may see the name looks it up."""
    alarm = standing.alarm
    return {
        "event": event.kind,
        "at": event.at,
        "priority": alarm.priority,
        "urgent": alarm.priority == HIGH,
        "title": alarm.title,
        "says": event.body.get("says") or alarm.says,
        "state": alarm.state,
        "condition": alarm.condition,
        "level": alarm.level,
        "step": event.body.get("step"),
        "unit": register.unit,
        "bed": register.bed,
        "alert_id": standing.id,
        "patient_id": register.patient_id,
        "version": register.version,
    }
