"""A change of a grade, as it is told to whoever made it."""

from __future__ import annotations

from typing import Any

import orjson

from toxmon.store import Row


def plain_change(row: Row) -> dict[str, Any]:
    """A kept assessment as it is told."""
    withdrawn = bool(row["withdrawn"])
    return {
        "id": row["id"],
        "scale": row["scale"],
        "at": row["effective_at"],
        "low": None if withdrawn else row["low"],
        "high": None if withdrawn else row["high"],
        "value": row["low"] if not withdrawn and row["low"] == row["high"] else None,
        "withdrawn": withdrawn,
        "cause": orjson.loads(row["cause"]),
    }
