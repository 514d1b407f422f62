"""Signs of life: which part of the watch last did its work, when, and what was wrong. Work."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store


def put(store: Store, name: str, at: datetime, by: str, detail: str | None = None) -> None:
    """Note that a part did its work at `at`, and in which process."""
    store.put("beat", ("name",), {"name": name, "at": at, "by": by, "detail": detail})


def get(store: Store, name: str) -> Row | None:
    """The last sign of life of a part."""
    rows = store.query("select name, at, by, detail from beat where name = :name", {"name": name})
    return rows[0] if rows else None


def every(store: Store) -> dict[str, Row]:
    """The last sign of life of each part, by its name."""
    return {row["name"]: row for row in store.query("select name, at, by, detail from beat")}
