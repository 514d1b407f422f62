"""Rows on their way to PostgreSQL: any number of them in one parameter of one statement."""

from __future__ import annotations

import re
from functools import lru_cache

import orjson
import psycopg

from toxmon.store import Row
from toxmon.store.statements import newest_of, replacing
from toxmon.store.waiting import CHANGE, RUN, Write


def write(cursor: psycopg.Cursor[Row], said: Write) -> None:
    """Write what was said, in one statement."""
    if said.verb == RUN:
        for params in said.rows:
            cursor.execute(percent(said.target), params)
        return
    rows = newest_of(said.rows, said.key) if said.key else said.rows
    make = _change if said.verb == CHANGE else _insertion
    sql = make(said.target, said.key, tuple(rows[0]))
    cursor.execute(sql, (orjson.dumps(rows, default=str).decode(),))


@lru_cache(maxsize=128)
def _insertion(table: str, key: tuple[str, ...], names: tuple[str, ...]) -> str:
    """Any number of rows in one parameter: the driver spends its time on each parameter."""
    columns = ", ".join(names)
    return (
        f"insert into {table} ({columns}) "  # noqa: S608
        f"select {columns} from json_populate_recordset(null::{table}, %s::json)"
        f"{replacing(key, names)}"
    )


@lru_cache(maxsize=128)
def _change(table: str, key: tuple[str, ...], names: tuple[str, ...]) -> str:
    sets = ", ".join(f"{name} = newer.{name}" for name in names if name not in key)
    same = " and ".join(f"{table}.{name} = newer.{name}" for name in key)
    return (
        f"update {table} set {sets} "  # noqa: S608
        f"from json_populate_recordset(null::{table}, %s::json) as newer where {same}"
    )


@lru_cache(maxsize=512)
def percent(sql: str) -> str:
    """`:name` parameters as psycopg writes them; a cast `::type` stays."""
    return re.sub(r"(?<!:):([a-z_][a-z0-9_]*)", r"%(\1)s", sql.replace("%", "%%"))
