"""Programs that send, and when each was heard last. Work."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store

EVERY = "every feed"
COLUMNS = "actor, name, unit, since_at, heard_at, silent_at"


def get(store: Store, actor: str) -> Row | None:
    """One feed, or None."""
    rows = store.query(
        f"select {COLUMNS} from feed where actor = :actor",  # noqa: S608 - a constant
        {"actor": actor},
    )
    return rows[0] if rows else None


def put(store: Store, row: Row) -> None:
    """Note that a feed was heard, or that it was told to be silent."""
    store.remembered.pop(EVERY, None)
    store.put("feed", ("actor",), row)


def every(store: Store) -> list[Row]:
    """All feeds."""
    return store.query(f"select {COLUMNS} from feed order by name, actor")  # noqa: S608


def every_now(store: Store) -> list[Row]:
    """All feeds, asked for once in a transaction. Only inside `writing`."""
    if EVERY not in store.remembered:
        store.remembered[EVERY] = every(store)
    known: list[Row] = store.remembered[EVERY]
    return known


def heard_before(store: Store, at: datetime) -> list[Row]:
    """Feeds that were not heard since `at`, and those that are told to be silent."""
    return store.query(
        f"select {COLUMNS} from feed "  # noqa: S608 - a constant
        "where heard_at < :at or silent_at is not null order by name, actor",
        {"at": at},
    )
