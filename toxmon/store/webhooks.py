"""Webhooks that were asked for over HTTP, and what was said of each. Both are only added."""

from __future__ import annotations

from toxmon.store import Row, Store

COLUMNS = "id, name, url, events, units, format, recorded_at, recorded_by, maker"
EVENT = "id, webhook_id, kind, recorded_at, recorded_by, maker, reason"
OURS = "webhooks"
"""Whose these rows are: nothing that waits to be written of a patient bears on them."""


def add(store: Store, row: Row) -> None:
    """Keep a webhook that was asked for. Its name can be there only once (Conflict)."""
    store.insert("webhook", [row])


def add_event(store: Store, row: Row) -> None:
    """Keep what was said of a webhook."""
    store.insert("webhook_event", [row])


def every(store: Store) -> list[Row]:
    """Every webhook in order, each with `said`: its events in order."""
    rows = store.query(f"select {COLUMNS} from webhook order by seq", of=OURS)  # noqa: S608
    said: dict[str, list[Row]] = {}
    if rows:
        for each in store.query(f"select {EVENT} from webhook_event order by seq", of=OURS):  # noqa: S608
            said.setdefault(each["webhook_id"], []).append(each)
    return [{**row, "said": said.get(row["id"], [])} for row in rows]


def get(store: Store, webhook_id: str) -> Row | None:
    """One webhook with `said`, or None."""
    return _one(store, "id", webhook_id)


def named(store: Store, name: str) -> Row | None:
    """The webhook of a name with `said`, or None."""
    return _one(store, "name", name)


def written(store: Store, webhook_id: str, event_id: str | None) -> list[Row]:
    """What an act added, as the audit chain signs it: an event, or without one the webhook."""
    if event_id is None:
        sql = f"select {COLUMNS} from webhook where id = :id"  # noqa: S608 - a constant
        return store.query(sql, {"id": webhook_id}, of=OURS)
    sql = f"select {EVENT} from webhook_event where id = :id"  # noqa: S608 - a constant
    return store.query(sql, {"id": event_id}, of=OURS)


def _one(store: Store, column: str, value: str) -> Row | None:
    rows = store.query(
        f"select {COLUMNS} from webhook where {column} = :value",  # noqa: S608 - our own columns
        {"value": value},
        of=OURS,
    )
    if not rows:
        return None
    said = store.query(
        f"select {EVENT} from webhook_event where webhook_id = :id order by seq",  # noqa: S608
        {"id": rows[0]["id"]},
        of=OURS,
    )
    return {**rows[0], "said": said}
