"""Statements of other systems that wait for a person: list them, read them again, dismiss them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from toxmon.actions import Actor, Conflicting, NotFound, Service, audit
from toxmon.actions.received import HELD, end_of
from toxmon.actions.take_in import reread as read_again
from toxmon.store import Row, held, patients

DISMISSED = "dismissed"
DISMISS = "held.dismiss"
AT_ONCE = 500
"""Read again in one transaction; more take several."""


@dataclass(frozen=True, slots=True)
class Reread:
    """How many were read again, how many of them are charted now, and how many go on waiting."""

    read: int
    settled: int
    waiting: int


def listed(
    service: Service,
    actor: Actor,
    *,
    source: str = "%",
    reason: str = "%",
    patient_id: str = "%",
    after: int = 0,
    limit: int = 100,
) -> list[Row]:
    """What waits, the oldest first, as far as the actor reaches; of nobody known, for all."""
    bounds = {"source": source, "reason": reason, "patient": patient_id, "after": after}
    found: list[Row] = []
    with service.store.reading():
        while len(found) < limit:
            rows = held.waiting(service.store, bounds, limit)
            found += [row for row in rows if _within(service, actor, row)]
            if len(rows) < limit:
                break
            bounds["after"] = rows[-1]["seq"]
    return found[:limit]


def reread(
    service: Service,
    actor: Actor,
    *,
    held_ids: Sequence[str] | None = None,
    source: str = "%",
    reason: str = "%",
) -> Reread:
    """Read what waits again, with the code maps of now: these, or all of a source and reason.

    Raises NotFound for an id that does not wait within the actor's reach; StoreError.
    """
    store, total, settled = service.store, 0, 0
    after = 0
    while True:
        with store.writing():
            if held_ids is not None:
                rows = [_one(service, actor, each) for each in held_ids]
            else:
                bounds = {"source": source, "reason": reason, "patient": "%", "after": after}
                rows = held.waiting(store, bounds, AT_ONCE)
                after = rows[-1]["seq"] if rows else after
                rows = [row for row in rows if _within(service, actor, row)]
            results = read_again(service, rows)
            if rows:
                detail = {"read": len(rows)}
                audit.note(service, actor, service.clock(), "held.reread", detail=detail)
        total += len(results)
        settled += sum(result.outcome != HELD for result in results)
        if held_ids is not None or not rows:
            break
    if settled:
        service.wake()
    return Reread(total, settled, total - settled)


def dismiss(service: Service, actor: Actor, held_id: str, reason: str) -> Row:
    """A person has looked: it is not to be charted. Raises NotFound, Conflicting."""
    store = service.store
    with store.writing():
        row = _one(service, actor, held_id)
        now = service.clock()
        end = end_of(row["id"], DISMISSED, actor, now, reason=reason)
        held.end(store, [end])
        audit.note(service, actor, now, DISMISS, detail={"held": row["id"]}, rows=[end])
    return end


def written(service: Service, detail: dict[str, Any]) -> list[Row]:
    """The end that a dismissal added, as the audit chain signs it."""
    row = held.get(service.store, detail["held"])
    if row is None or row["ended_at"] is None:
        return []
    return [
        {
            "held_id": row["id"],
            "outcome": row["outcome"],
            "fact_id": row["fact_id"],
            "reason": row["end_reason"],
            "recorded_at": row["ended_at"],
            "recorded_by": row["ended_by"],
        }
    ]


def _one(service: Service, actor: Actor, held_id: str) -> Row:
    row = held.get(service.store, held_id)
    if row is None or not _within(service, actor, row):
        raise NotFound("nothing of that name waits")
    if row["ended_at"] is not None:
        raise Conflicting(f"it waits no longer: {row['outcome']}")
    return row


def _within(service: Service, actor: Actor, row: Row) -> bool:
    """Is what waits about a patient of the actor's units, or about nobody known?"""
    if row["patient_id"] is None or actor.units is None:
        return True
    heads = patients.heads(service.store, row["patient_id"])
    return bool(heads) and actor.may_see(heads[0]["unit"])
