"""When the technical alarms of a unit or the site must be looked at next."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store


def put(store: Store, scope: str, next_at: datetime | None) -> None:
    """Note when to look again; None is never."""
    store.put("technical", ("scope",), {"scope": scope, "next_at": next_at})


def due(store: Store, now: datetime) -> list[str]:
    """The scopes whose time has come, the longest overdue first."""
    rows = store.query(
        "select scope from technical where next_at <= :now order by next_at", {"now": now}
    )
    return [row["scope"] for row in rows]


def next_due(store: Store) -> datetime | None:
    """When the next of them is due."""
    rows: list[Row] = store.query("select min(next_at) as next_at from technical")
    found: datetime | None = rows[0]["next_at"]
    return found
