"""Statements that the drivers write from the names of columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from toxmon.store import Row

ROWS_TOGETHER = (64, 32, 16)
"""Rows in one statement; fewer are sent as many as they are. Few different statements stay
prepared, and SQLite takes at most 32,766 values in one."""


def insertions(
    table: str,
    rows: list[Row],
    encode: Callable[[list[Row]], list[Any]],
    key: tuple[str, ...] = (),
) -> Iterator[tuple[str, list[Any]]]:
    """Statements that add rows of the same columns: one for several rows takes half the time."""
    names = tuple(rows[0])
    start = 0
    while start < len(rows):
        left = len(rows) - start
        size = next((size for size in ROWS_TOGETHER if size <= left), left)
        yield insertion(table, names, size, key), encode(rows[start : start + size])
        start += size


@lru_cache(maxsize=1_024)
def insertion(table: str, names: tuple[str, ...], count: int, key: tuple[str, ...] = ()) -> str:
    """The statement that adds `count` rows, their values in order.

    With a `key`, a row of the same key is replaced.
    """
    one = f"({', '.join('?' * len(names))})"
    marks = ", ".join([one] * count)
    return f"insert into {table} ({', '.join(names)}) values {marks}{replacing(key, names)}"  # noqa: S608


@lru_cache(maxsize=64)
def replacing(key: tuple[str, ...], names: tuple[str, ...]) -> str:
    """What an insertion does with a row that is there already; nothing without a key."""
    if not key:
        return ""
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    return f" on conflict ({', '.join(key)}) do update set {sets}"


@lru_cache(maxsize=64)
def update(table: str, key: tuple[str, ...], names: tuple[str, ...]) -> str:
    """The statement that changes a row of work, which is there."""
    sets = ", ".join(f"{name} = :{name}" for name in names if name not in key)
    where = " and ".join(f"{name} = :{name}" for name in key)
    return f"update {table} set {sets} where {where}"  # noqa: S608


def newest_of(rows: list[Row], key: tuple[str, ...]) -> list[Row]:
    """The last row of each key: one statement may not touch a row twice."""
    return list({tuple(row[name] for name in key): row for row in rows}.values())
