"""Chart facts in a patient's record, and keep what they change. The one way in for facts.

A set is all or nothing. New facts, corrections and retractions go the same way: a correction is a
fact that replaces a fact. A fact in bedside order costs one step of the fold; a late or corrected
one folds again from the checkpoint before it, so the order of arrival cannot matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import orjson

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
    feeds,
    look_up,
    refold,
)
from toxmon.actions.knowing import STAY
from toxmon.actions.refold import Regraded
from toxmon.actions.register import Standing
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.watch import watched
from toxmon.grading.facts import Value
from toxmon.saved import dump_value
from toxmon.store import Row, Store, editions, facts, ids, patients

FUTURE = timedelta(minutes=5)
"""Clocks of devices differ; a bedside time further ahead than this is a mistake."""

INFUSION = "infusion"
RETRACTED = "entered-in-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charted:
    """A fact that somebody wants to chart. `pointer` is its place in what was sent."""

    kind: str
    value: Value | None
    effective_at: datetime
    sent: dict[str, Any] | None = None
    detail: dict[str, Any] | None = None
    until_at: datetime | None = None
    status: str = "final"
    doubt: str | None = None
    replaces_id: str | None = None
    reason: str | None = None
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was kept: the facts, the newest treatment's grades and what changed, the alarms."""

    patient_id: str
    version: int
    recorded_at: datetime
    facts: tuple[Row, ...]
    regraded: Regraded
    alarms: tuple[Standing, ...] = ()
    unit: str = ""


Render = Callable[[Outcome], bytes]


def record(
    service: Service,
    actor: Actor,
    patient_id: str,
    charted: Sequence[Charted],
    render: Render,
    *,
    action: str = "chart",
    keyed: Keyed | None = None,
    began_under: Sequence[Row] = (),
    at_version: int | None = None,
    status: int = 201,
) -> Answer:
    """Chart facts of one patient together, and answer with what that changed.

    `began_under`: editions of protocol and policy that must be on record beside an infusion.
    `at_version`: the version that the sender has read, if it must still be the newest (Stale).
    Raises Refused (naming the place of each fault), NotFound, Conflicting; StoreError.
    """
    store = service.store
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        outcome = keep(
            service,
            actor,
            patient_id,
            charted,
            action=action,
            began_under=began_under,
            at_version=at_version,
        )
        answer = Answer(status, render(outcome))
        keep_answer(store, actor, keyed, answer, outcome.recorded_at)
    if outcome.alarms:  # Somebody is to be told now, and not at the next look at the time.
        service.wake()
    return answer


def keep(
    service: Service,
    actor: Actor,
    patient_id: str,
    charted: Sequence[Charted],
    *,
    action: str = "chart",
    began_under: Sequence[Row] = (),
    at_version: int | None = None,
    heads: Sequence[Row] | None = None,
    given: Sequence[str] | None = None,
    anew: bool = False,
    beside: Sequence[Row] = (),
) -> Outcome:
    """What `record` does inside its transaction; everything is refused before anything is kept.

    `heads`: those of the patient, by who has read them already in this transaction.
    `anew`: grade all of it again, because the patient was described otherwise. `beside`: rows that
    were added with this and are signed with it.
    `given`: ids of the facts, by who has to know them beforehand. Raises Conflicting, too, for a
    record that was merged into another.
    """
    store = service.store
    # Gather.
    if heads is None:
        heads = patients.heads(store, patient_id)
    if not heads or not actor.may_see(heads[0]["unit"], patient_id):
        raise NotFound("no such patient")
    head = heads[0]
    look_up.refuse_merged(head)
    if at_version is not None and at_version != head["version"]:
        raise Stale(f"the record is at version {head['version']}; read it again")
    now = after(head["told_at"], service.clock())
    check_times(charted, now, head["birth_date"], service.zone)

    # Decide.
    version = head["version"] + 1
    given = given or ids.new_ids(now, len(charted))
    rows = [
        _row(id_, each, patient_id, version, actor, now)
        for id_, each in zip(given, charted, strict=True)
    ]
    treatments = [row for row in heads if row["treatment_id"] is not None]

    # Keep.
    for edition in began_under:
        editions.keep(store, {**edition, "recorded_at": now})
    facts.add(store, rows)
    grade = refold.after_infusions if anew else refold.after_facts
    regraded = grade(service, patient_id, head, treatments, rows, version, now)
    if any(row["kind"] == STAY for row in (*rows, *regraded.replaced)):
        head = {**head, "unit": _moved(store, patient_id, head)}
    watch = watched(service, patient_id, head, treatments, rows, regraded, version, now)
    feeds.heard(service, actor, now)
    patients.advance(store, patient_id, version, now)
    events.tell(watch, rows, regraded.rows)
    kinds = sorted({row["kind"] for row in rows})
    audit.note(
        service,
        actor,
        now,
        action,
        patient_id=patient_id,
        version=version,
        detail={"kinds": kinds},
        rows=[*rows, *regraded.rows, *watch.rows, *beside],
    )
    alarms = tuple(watch.register.changed.values())
    return Outcome(patient_id, version, now, tuple(rows), regraded, alarms, head["unit"])


def _moved(store: Store, patient_id: str, head: Row) -> str:
    """The unit that a patient lies in by the stays on record; the head follows it."""
    stays = facts.standing_of_kind(store, patient_id, STAY)
    named = [orjson.loads(row["detail"])["unit"] for row in stays if row["detail"]]
    known = [unit for unit in named if unit]
    unit: str = known[-1] if known else patients.enrolled_in(store, patient_id)
    if unit != head["unit"]:
        patients.move(store, patient_id, unit)
    return unit


def refuse_replaced(fact: Row | None) -> None:
    """Raises Conflicting for a fact that does not stand any more, NotFound for none."""
    if fact is None:
        raise NotFound("no such observation")
    if fact["replaced_by"] is not None:
        raise Conflicting(
            f"it was replaced already, by {fact['replaced_by']}; correct that one instead"
        )
    if fact["status"] == RETRACTED:
        raise Conflicting("it is a retraction; chart the observation anew instead")


def replacing(charted: Charted, fact: Row, reason: str) -> Charted:
    """What was charted anew, in the place of a fact that was wrong."""
    return replace(charted, status="corrected", replaces_id=fact["id"], reason=reason)


def after(told_at: datetime, now: datetime) -> datetime:
    """The time of recording: now, but always after what was recorded before.

    A clock that steps back must not put a fact before one that somebody has already seen.
    """
    return max(now, told_at + timedelta(microseconds=1))


def check_times(
    charted: Sequence[Charted], now: datetime, birth_date: str | None, zone: tzinfo
) -> None:
    """Raises Refused for a bedside time in the future or before birth.

    A birth date is a day of the site's `zone`, and who is born that day may be charted from its
    first minute on.
    """
    faults = []
    born_at = None
    if birth_date:
        midnight = datetime.combine(date.fromisoformat(birth_date), time(), zone)
        born_at = midnight.astimezone(UTC)
    for each in charted:
        if each.effective_at > now + FUTURE:
            faults.append(
                Fault(
                    each.pointer,
                    "lies in the future; send the time at the bedside, "
                    "not more than 5 minutes ahead",
                )
            )
        elif born_at is not None and each.effective_at < born_at:
            faults.append(Fault(each.pointer, "lies before the birth of the patient"))
    if faults:
        raise Refused(*dict.fromkeys(faults))


def _row(
    id_: str, each: Charted, patient_id: str, version: int, actor: Actor, now: datetime
) -> Row:
    return {
        "id": id_,
        "patient_id": patient_id,
        "version": version,
        "kind": each.kind,
        "value": None if each.value is None else dump_value(each.value),
        "sent": None if each.sent is None else orjson.dumps(each.sent).decode(),
        "detail": None if each.detail is None else orjson.dumps(each.detail).decode(),
        "status": each.status,
        "doubt": each.doubt,
        "effective_at": each.effective_at,
        "until_at": each.until_at,
        "recorded_at": now,
        "recorded_by": actor.name,
        "replaces_id": each.replaces_id,
        "reason": each.reason,
    }
