"""Files of cohorts: who asked for one, how far it has come, its parts, and who fetched it.

A file is made beside the requests, so that whoever asked may leave and come back, to any process.
It can be fetched only after the audit chain says what it holds.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon.actions import Actor, Conflicting, Forbidden, NotFound, Service, audit
from toxmon.store import Row, cohort_files, ids

MAKING, READY, FAILED, STOPPED = "making", "ready", "failed", "stopped"
KEPT = timedelta(hours=24)
STALE = timedelta(minutes=2)
"""Its maker was not heard of for so long: the process has ended."""
AT_ONCE = 2
"""Files that are made for one person at a time."""
IDENTIFYING = ("physician", "system")
"""Roles that may have files that say who somebody is, or when they were treated."""
EXPORTED, FETCHED = "export.cohort", "export.fetch"


def check_may(actor: Actor, identifies: bool) -> None:
    """Raises Forbidden for who may not have a file that says who somebody is, or when."""
    if identifies and actor.role not in IDENTIFYING:
        raise Forbidden("a file with numbers of patients or dates is for physicians")


def ask(service: Service, actor: Actor, wanted: Mapping[str, Any], total: int) -> str:
    """Note that a file is to be made; its id. Raises Conflicting while two are being made.

    Raises Forbidden for who may not have what is asked.
    """
    identifies = wanted.get("ids") == "numbers" or wanted.get("times") == "dates"
    check_may(actor, identifies)
    with service.store.writing():
        now = service.clock()
        cohort_files.forget(service.store, now - KEPT)
        mine = cohort_files.of_owner(service.store, actor.id, 10)
        if sum(state(row, now) == MAKING for row in mine) >= AT_ONCE:
            raise Conflicting(f"{AT_ONCE} files are being made for you already; wait for one")
        row: Row = {
            "id": ids.new_id(now),
            "owner": actor.id,
            "asked_at": now,
            "wanted": orjson.dumps(dict(wanted)).decode(),
            "state": MAKING,
            "done": 0,
            "total": total,
            "beat_at": now,
            "counts": None,
            "size": 0,
            "digest": None,
            "says": None,
        }
        cohort_files.add(service.store, row)
    return str(row["id"])


def keep_part(service: Service, file_id: str, n: int, data: bytes) -> None:
    """Keep the next part of a file."""
    with service.store.writing():
        cohort_files.add_part(service.store, file_id, n, base64.b64encode(data).decode())


def come_to(service: Service, file_id: str, done: int, total: int) -> None:
    """Note how far its maker has come."""
    with service.store.writing():
        row = {"id": file_id, "done": done, "total": total, "beat_at": service.clock()}
        cohort_files.change(service.store, row)


def finish(
    service: Service,
    actor: Actor,
    file_id: str,
    told: Mapping[str, Any],
    size: int,
    digest: str,
) -> None:
    """It is whole: the audit chain says what it holds, and it can be fetched."""
    with service.store.writing():
        now = service.clock()
        note(service, actor, now, {"file": file_id, **told})
        cohort_files.change(
            service.store,
            {
                "id": file_id,
                "state": READY,
                "beat_at": now,
                "counts": orjson.dumps(dict(told)).decode(),
                "size": size,
                "digest": digest,
            },
        )


def note(service: Service, actor: Actor, now: datetime, told: Mapping[str, Any]) -> None:
    """Say in the audit chain what a file holds: numbers of rows, never a value. In `writing`."""
    audit.note(service, actor, now, EXPORTED, detail=told)


def fail(service: Service, file_id: str, words: str) -> None:
    """It could not be made."""
    with service.store.writing():
        row = {"id": file_id, "state": FAILED, "beat_at": service.clock(), "says": words}
        cohort_files.change(service.store, row)


def state(row: Row, now: datetime) -> str:
    """How a file stands; one whose maker is gone was stopped."""
    if row["state"] == MAKING and now - row["beat_at"] > STALE:
        return STOPPED
    return str(row["state"])


def mine(service: Service, actor: Actor) -> list[Row]:
    """The files of somebody that can still be fetched or are being made, the newest first."""
    with service.store.reading():
        rows = cohort_files.of_owner(service.store, actor.id, 10)
    return [row for row in rows if service.clock() - row["asked_at"] < KEPT]


def readable(service: Service, actor: Actor, file_id: str) -> Row:
    """A file of one's own. Raises NotFound."""
    with service.store.reading():
        row = cohort_files.get(service.store, file_id)
    if row is None or row["owner"] != actor.id or service.clock() - row["asked_at"] >= KEPT:
        raise NotFound("no such file")
    return row


def fetch(service: Service, actor: Actor, file_id: str) -> Callable[[], Iterator[bytes]]:
    """The bytes of a file, part by part, once it was noted that it is fetched.

    Raises NotFound, Conflicting while it is not whole.
    """
    row = readable(service, actor, file_id)
    if row["state"] != READY:
        raise Conflicting("the file is not whole yet")
    with service.store.writing():
        audit.note(service, actor, service.clock(), FETCHED, detail={"file": file_id})

    def parts() -> Iterator[bytes]:
        n = 0
        while True:
            with service.store.reading():
                body = cohort_files.part(service.store, file_id, n)
            if body is None:
                return
            yield base64.b64decode(body)
            n += 1

    return parts
