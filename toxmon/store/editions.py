"""The texts of protocols and policies that a treatment began under, by digest."""

from __future__ import annotations

from toxmon.store import Row, Store


def get(store: Store, digest: str) -> Row | None:
    """One edition, or None."""
    rows = store.query(
        "select digest, kind, name, version, text from edition where digest = :digest",
        {"digest": digest},
    )
    return rows[0] if rows else None


def keep(store: Store, row: Row) -> None:
    """Keep an edition, unless it is kept already. Only inside `writing`."""
    if get(store, row["digest"]) is None:
        store.insert("edition", [row])


def every(store: Store) -> list[Row]:
    """All editions."""
    return store.query("select digest, name, version, text from edition order by name, digest")
