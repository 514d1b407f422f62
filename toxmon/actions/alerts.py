"""What a person does with an alarm: by name, with a reason, and never in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from toxmon.actions import (
    Actor,
    Conflicting,
    Fault,
    NotFound,
    Refused,
    Service,
    Stale,
    audit,
    events,
    technical,
    telling,
)
from toxmon.actions.record import after
from toxmon.actions.register import Standing, from_row
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.telling import Told
from toxmon.actions.watch import Watch
from toxmon.alerting.acts import NotPossible
from toxmon.alerting.alarm import Alarm, Event
from toxmon.alerting.chain import due_by, step_at
from toxmon.store import Row, alarms, patients

Decide = Callable[[Alarm, datetime], Iterable[Event]]


@dataclass(frozen=True, slots=True)
class NextStep:
    """When the next step of a chain is due, and whom it comes to by the roster as it is now."""

    at: datetime
    to: tuple[Told, ...]


def act(
    service: Service,
    actor: Actor,
    alarm_id: str,
    decide: Decide,
    render: Callable[[Standing, Row], bytes],
    *,
    action: str,
    keyed: Keyed | None = None,
    at_change: int | None = None,
) -> Answer:
    """Do something with an alarm, as `decide(the alarm, now)` says, and answer how it stands.

    `at_change`: the change of the alarm that was read, if it must still be the newest (Stale).
    Raises NotFound, Conflicting when it cannot be done now, Refused for what was sent.
    """
    store = service.store
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        row = readable(service, actor, alarm_id)
        if at_change is not None and at_change != row["seq"]:
            raise Stale(f"the alert has changed {row['seq']} times; read it again")
        done = _of_patient if row["patient_id"] is not None else _technical
        try:
            standing, now = done(service, actor, row, decide, action)
        except NotPossible as error:
            if error.field is not None:
                raise Refused(Fault(f"/{error.field}", str(error))) from error
            raise Conflicting(str(error)) from error
        kept = alarms.get(store, alarm_id)
        answer = Answer(200, render(standing, kept or row))
        keep_answer(store, actor, keyed, answer, now)
    service.wake()
    return answer


def readable(service: Service, actor: Actor, alarm_id: str) -> Row:
    """The row of an alarm within reach. Raises NotFound."""
    row = alarms.get(service.store, alarm_id)
    if row is None or not within_reach(actor, row["unit"], row["patient_id"]):
        raise NotFound("no such alert")
    return row


def within_reach(actor: Actor, unit: str | None, patient_id: str | None = None) -> bool:
    """May an alarm of this unit be seen? What concerns the whole site concerns everybody in it."""
    return unit is None or actor.may_see(unit, patient_id)


def next_step(service: Service, standing: Standing, unit: str | None) -> NextStep | None:
    """Who is told next if nobody acts; None while it calls nobody. Only inside `reading`."""
    alarm = standing.alarm
    of_nobody = standing.treatment_id is None
    chain = service.alarms_now.chain(unit or "", alarm.priority, technical=of_nobody)
    at = step_at(alarm, chain)
    due = None if at is None else due_by(alarm, chain, at)
    if at is None or due is None:
        return None
    return NextStep(at, telling.whom(service, unit, due.roles, at))


def _of_patient(
    service: Service, actor: Actor, row: Row, decide: Decide, action: str
) -> tuple[Standing, datetime]:
    store, patient_id = service.store, row["patient_id"]
    heads = patients.heads(store, patient_id)
    head = heads[0]
    now = after(head["told_at"], service.clock())
    version = head["version"] + 1
    watch = Watch(service, patient_id, head, version, now)
    standing = watch.register.found.get(row["id"]) or from_row(row)
    watch.after_act(standing, list(decide(standing.alarm, now)), heads)
    patients.advance(store, patient_id, version, now)
    events.tell(watch, (), ())
    detail = {"alert": row["id"], "key": standing.alarm.key}
    audit.note(
        service,
        actor,
        now,
        action,
        patient_id=patient_id,
        version=version,
        detail=detail,
        rows=watch.rows,
    )
    return watch.register.found.get(row["id"], standing), now


def _technical(
    service: Service, actor: Actor, row: Row, decide: Decide, action: str
) -> tuple[Standing, datetime]:
    now = service.clock()
    register = technical.opened(service, row["unit"], now)
    standing = register.found.get(row["id"]) or from_row(row)
    events = list(decide(standing.alarm, now))
    register.apply(standing.scope, None, events, {standing.alarm.key: standing})
    technical.closed(register, standing.scope, actor, action)
    return register.found.get(row["id"], standing), now
