"""Rows as SQLite keeps them: an instant is text of one width, so that text order is time order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from toxmon.store import Row


def instant(at: datetime) -> str:
    """Fixed-width ISO text, so that text order is time order."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat(timespec="microseconds")


def encode_all(rows: list[Row]) -> list[Any]:
    """The values of rows, one after the other. The instants of one set are mostly the same one."""
    instants = [name for name in rows[0] if name == "at" or name.endswith("_at")]
    known: dict[datetime | None, str | None] = {None: None}
    values: list[Any] = []
    for row in rows:
        encoded = dict(row)
        for name in instants:
            at = row[name]
            if at not in known:
                known[at] = instant(at)
            encoded[name] = known[at]
        values += encoded.values()
    return values


def encoded(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters of one statement."""
    if not params:
        return {}
    encoded = dict(params)
    for name, value in params.items():
        if isinstance(value, datetime):
            encoded[name] = instant(value)
    return encoded
