"""Messages that could not be read: found again, with their bytes, and settled once they could."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.actions import Actor, NotFound, Service, audit
from toxmon.actions.received import REREAD, UNREADABLE, body_of, note
from toxmon.store import Row, messages

LAST = 2**62
PAGE = 200


def messages_of(service: Service, form: str, ids: Sequence[str] = ()) -> list[Row]:
    """The messages of these ids; of none, each of the form that still waits, the oldest first.

    Raises NotFound for an id that is of no message of that form.
    """
    if ids:
        found = [messages.get(service.store, each) for each in ids]
        if any(row is None or row["form"] != form for row in found):
            raise NotFound(f"one of these is the id of no message of the form {form}")
        return [row for row in found if row is not None]
    rows: list[Row] = []
    before = LAST
    while True:
        bounds = {"before": before, "source": "%", "outcome": UNREADABLE}
        page = messages.page(service.store, bounds, PAGE)
        rows += [row for row in page if row["form"] == form]
        if len(page) < PAGE:
            break
        before = page[-1]["seq"]
    whole = [messages.get(service.store, row["id"]) for row in reversed(rows)]
    return [row for row in whole if row is not None]


def body(row: Row) -> bytes:
    """The bytes of a message as they came."""
    return body_of(row)


def settled(service: Service, actor: Actor, message_id: str) -> None:
    """Note that a message could be read after all; it waits no longer."""
    with service.store.writing():
        now = service.clock()
        note(service, actor, message_id, REREAD, {}, now)
        audit.note(service, actor, now, "reread", detail={"message_read": message_id})
