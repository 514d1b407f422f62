"""A message of another system, shown as it came and read again after a fix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from toxmon.actions import Actor, Conflicting, NotFound, Refused, Service, audit, held, look_up
from toxmon.actions.received import TAKEN, note
from toxmon.store import Row, messages
from toxmon.store import held as held_rows
from toxmon.strict_json import Unreadable

Reader = Callable[[Service, Actor, Row], str]
"""Reads a message that was kept, by its row, and says what became of it: "taken" or why not."""
Readers = Mapping[str, Reader]
"""By form; the doors have them."""
REPLAYED = "replayed"
READS = "read.message"


def read_message(service: Service, actor: Actor, message_id: str) -> dict[str, Any]:
    """A message with its body, and what became of it. That it was read is noted. Raises NotFound.

    It may tell of any patient, so that who reaches some units sees what it has sent, and no other.
    """
    with service.store.reading():
        row = _one(service, actor, message_id)
        told = messages.outcomes(service.store, message_id)
    look_up.note_reading(service, actor, READS)
    plain = {name: value for name, value in row.items() if name != "digest"}
    outcomes = [
        {
            "outcome": each["outcome"],
            "recorded_at": each["recorded_at"],
            "recorded_by": each["recorded_by"],
            "detail": orjson.loads(each["detail"]),
        }
        for each in told
    ]
    return {**plain, "outcomes": outcomes}


def replay(
    service: Service, actor: Actor, message_id: str, reason: str, readers: Readers
) -> dict[str, Any]:
    """Read a message again: wholly where it could not be read, else what of it still waits.

    Raises NotFound; Refused and Conflicting where it still cannot be read.
    """
    store = service.store
    with store.reading():
        row = _one(service, actor, message_id)
        told = messages.outcomes(store, message_id)
        waiting = held_rows.of_message(store, message_id)
    if any(each["outcome"] in (TAKEN, REPLAYED) for each in told):
        if not waiting:
            return {"outcome": "nothing of it waits", "read": 0, "settled": 0}
        ids = [each["id"] for each in waiting]
        found = held.reread(service, actor, held_ids=ids)
        return {"outcome": REPLAYED, "read": found.read, "settled": found.settled}
    reader = readers.get(row["form"])
    if reader is None:
        raise Conflicting("a message of this form is not read here; let its sender send it again")
    try:
        outcome = reader(service, actor, row)
    except Unreadable as error:
        raise Conflicting(f"it still cannot be read: {error}") from error
    except Refused as error:
        raise Conflicting("it still cannot be read; its faults are named", error.faults[0]) from (
            error
        )
    with store.writing():
        now = service.clock()
        note(service, actor, message_id, REPLAYED, {"says": outcome, "reason": reason}, now)
        audit.note(service, actor, now, "message.replay", detail={"message_again": message_id})
    return {"outcome": outcome, "read": 1, "settled": int(outcome == TAKEN)}


def _one(service: Service, actor: Actor, message_id: str) -> Row:
    row = messages.get(service.store, message_id)
    if row is None or (actor.units is not None and row["recorded_by"] != actor.name):
        raise NotFound("no such message")
    return row
