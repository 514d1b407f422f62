"""Statements that the drivers write from the names of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from toxmon.store import Row

ROWS_TOGETHER = 50
"""Rows in one statement; SQLite takes at most 32,766 values."""


def insertions(
    table: str, rows: list[Row], encode: Callable[[list[Row]], list[Any]]
) -> Iterator[tuple[str, list[Any]]]:
    """Statements that add rows of the same columns: one for several rows takes half the time."""
    for start in range(0, len(rows), ROWS_TOGETHER):
        part = rows[start : start + ROWS_TOGETHER]
        yield insertion(table, tuple(part[0]), len(part)), encode(part)


@lru_cache(maxsize=1_024)
def insertion(table: str, names: tuple[str, ...], count: int) -> str:
    """The statement that adds `count` rows, their values in order."""
    one = f"({', '.join('?' * len(names))})"
    marks = ", ".join([one] * count)
    return f"insert into {table} ({', '.join(names)}) values {marks}"  # noqa: S608


@lru_cache(maxsize=64)
def upsert(table: str, key: tuple[str, ...], names: tuple[str, ...]) -> str:
    """The statement that adds a row of work or replaces the one with the same key."""
    marks = ", ".join(f":{name}" for name in names)
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return (
        f"insert into {table} ({', '.join(names)}) values ({marks}) "  # noqa: S608
        f"on conflict ({', '.join(key)}) do update set {sets}"
    )
