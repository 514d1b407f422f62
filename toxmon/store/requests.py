"""Answers to keyed requests, kept with their effect, so that a repeat gets the same answer."""

from __future__ import annotations

from toxmon.store import Row, Store


def get(store: Store, actor: str, key: str) -> Row | None:
    """The answer that `actor` got for `key`, or None."""
    rows = store.query(
        "select fingerprint, status, body from request where actor = :actor and key = :key",
        {"actor": actor, "key": key},
        of=_label(actor, key),
    )
    return rows[0] if rows else None


def add(store: Store, row: Row) -> None:
    """Keep an answer."""
    store.insert("request", [row], of=_label(row["actor"], row["key"]))


def _label(actor: str, key: str) -> str:
    return f"request {actor} {key}"
