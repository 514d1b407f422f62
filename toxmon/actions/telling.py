"""Who is told of an alarm: its chain names roles, the roster persons, and a row waits to be posted.

Whom a step comes to is found at the moment it is taken, and stays on record with the step.
Delivery is not acknowledgement: nothing here ever quiets an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from toxmon.actions import Service, outbox
from toxmon.actions.events import Happened
from toxmon.alerting.alarm import BASIS_CHANGED, ESCALATED, Event
from toxmon.alerting.chain import Shift, on_call
from toxmon.channels import WEBHOOK
from toxmon.store import Row, deliveries, rosters
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
    known = [each for each in to if each[0] in service.channels]
    type_ = f"alarm.{event.kind}"
    listeners = outbox.listeners(service, type_, register.unit)
    known += [(each.name, each.name) for each in listeners]
    # A page never waits behind an older one; a program must not end on the older of two.
    in_order = {each.name for each in listeners if each.kind == WEBHOOK}
    of_patient = register.patient_id is not None
    about = {
        "id": row["id"], "type": type_, "patient_id": register.patient_id, "unit": register.unit,
    }  # fmt: skip
    body = _body(register, standing, event) if known else {}
    strand = register.patient_id if of_patient else standing.id
    return [
        outbox.message(
            register.now,
            about,
            each,
            body,
            priority=standing.alarm.priority,
            strand=strand if each[0] == each[1] and each[0] in in_order else None,
            turn=register.version if of_patient else standing.made,
            alarm_id=standing.id,
        )
        for each in dict.fromkeys(known)
    ]


def happened(standing: Standing, event: Event, row: Row) -> Happened:
    """A transition of an alarm as an event, under the same id."""
    alarm = standing.alarm
    body = {
        "alert_id": standing.id,
        "treatment_id": standing.treatment_id,
        "rule": alarm.rule,
        "priority": alarm.priority,
        "state": alarm.state,
        "condition": alarm.condition,
        "level": alarm.level,
    }
    return Happened(f"alarm.{event.kind}", event.at, body, row["id"])


def _body(register: Register, standing: Standing, event: Event) -> dict[str, Any]:
    """What a message is made of. It names no patient; who may see the name looks it up."""
    alarm = standing.alarm
    return {
        "event": event.kind,
        "at": event.at,
        "raised_at": alarm.raised_at,
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
