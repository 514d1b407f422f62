"""One schema in two dialects, brought in by any number of hands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import PostgresServer
from tests.store.rows import BOOKKEEPING, is_sqlite, tables
from toxmon.data import shipped
from toxmon.store import Store, open_store
from toxmon.store.sqlite import SqliteStore

SECRET = "a key for tests, thirty-two bytes or more"

Shape = dict[str, tuple[str, bool]]


def shape(store: Store, table: str) -> Shape:
    """By column: what kind of thing it holds, and whether it may be null."""
    if is_sqlite(store):
        rows = store.query(f"pragma table_info({table})")
        return {row["name"]: (_sqlite_type(row), not (row["notnull"] or row["pk"])) for row in rows}
    rows = store.query(
        "select column_name as name, data_type as type, is_nullable as nullable "
        "from information_schema.columns where table_schema = 'public' and table_name = :table",
        {"table": table},
    )
    classes = {"text": "text", "bigint": "integer", "timestamp with time zone": "instant"}
    return {row["name"]: (classes[row["type"]], row["nullable"] == "YES") for row in rows}


def _sqlite_type(row: dict[str, Any]) -> str:
    instant = row["name"] == "at" or row["name"].endswith("_at")
    return {"TEXT": "instant" if instant else "text", "INTEGER": "integer"}[row["type"]]


def primary_key(store: Store, table: str) -> list[str]:
    if is_sqlite(store):
        rows = [row for row in store.query(f"pragma table_info({table})") if row["pk"]]
        return [row["name"] for row in sorted(rows, key=lambda row: row["pk"])]
    rows = store.query(
        "select a.attname as name from pg_index i "
        "join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) "
        "where i.indrelid = cast(:table as regclass) and i.indisprimary "
        "order by array_position(i.indkey, a.attnum)",
        {"table": table},
    )
    return [row["name"] for row in rows]


def references(store: Store, table: str) -> set[tuple[str, str, str]]:
    """(column, the table it points into, the column there)."""
    if is_sqlite(store):
        rows = store.query(f"pragma foreign_key_list({table})")
        return {(row["from"], row["table"], row["to"]) for row in rows}
    rows = store.query(
        "select a.attname as name, c.confrelid::regclass::text as target, b.attname as there "
        "from pg_constraint c "
        "join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] "
        "join pg_attribute b on b.attrelid = c.confrelid and b.attnum = c.confkey[1] "
        "where c.contype = 'f' and c.conrelid = cast(:table as regclass)",
        {"table": table},
    )
    return {(row["name"], row["target"], row["there"]) for row in rows}


def indexes(store: Store) -> set[str]:
    """The indexes that somebody named; those of keys and unique columns come by themselves."""
    if is_sqlite(store):
        sql = "select name from sqlite_master where type = 'index' and sql is not null"
    else:
        sql = "select indexname as name from pg_indexes where schemaname = 'public'"
    automatic = ("_pkey", "_key")
    names = {row["name"] for row in store.query(sql)}
    return {n for n in names if not n.endswith(automatic) and "_sqlite_migrations" not in n}


@pytest.fixture
def both(tmp_path: Path, postgres: PostgresServer) -> Any:
    """An empty store of each kind."""
    lite = open_store(f"sqlite:///{tmp_path / 'ward.db'}")
    lite.migrate()
    url = postgres.fresh_database()
    other = open_store(url)
    yield lite, other
    lite.close()
    other.close()
    postgres.drop(url)


@pytest.mark.parametrize("read", [shape, primary_key, references])
def test_both_databases_have_the_same_tables(
    both: tuple[Store, Store], read: Callable[[Store, str], Any]
) -> None:
    one, other = both
    assert tables(one) == tables(other)
    for table in tables(one):
        found = read(one, table)
        assert found == read(other, table), table
        assert found or read is references, table


def test_both_databases_have_the_same_indexes(both: tuple[Store, Store]) -> None:
    one, other = both
    assert indexes(one)
    assert indexes(one) == indexes(other)


def test_every_sqlite_table_is_strict(both: tuple[Store, Store]) -> None:
    # A table that is not would keep "abc" in an integer column, as PostgreSQL never does.
    rows = both[0].query("select name, strict from pragma_table_list where type = 'table'")
    loose = {row["name"] for row in rows if not row["strict"]}
    assert loose - BOOKKEEPING <= {"sqlite_schema", "sqlite_temp_schema", "sqlite_sequence"}


def test_migrating_again_changes_nothing(database_url: str) -> None:
    store = open_store(database_url)
    before = {table: shape(store, table) for table in tables(store)}
    assert store.migrate() == []
    assert {table: shape(store, table) for table in tables(store)} == before
    store.close()


def _empty(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The address of a database that has nothing in it yet."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    template, server._template = server._template, None
    try:
        return server.fresh_database()
    finally:
        server._template = template


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_several_processes_may_migrate_at_once(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = _empty(kind, tmp_path, request)
    environment = {**os.environ, "TOXMON_DATABASE_URL": url, "TOXMON_SECRET_KEY": SECRET}
    # They wait for each other at a gate, so that importing takes no part in the race.
    gate = tmp_path / "gate"
    code = (
        "import pathlib, sys, time; from toxmon.store import open_store\n"
        "store = open_store(sys.argv[1]); gate = pathlib.Path(sys.argv[2])\n"
        "print('ready', flush=True)\n"
        "while not gate.exists(): time.sleep(0.001)\n"
        "print(store.migrate(), flush=True); store.close()\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, url, str(gate)], env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    gate.touch()
    answers = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, answers
    steps = sorted(path.name for path in shipped("migrations").iterdir() if path.is_dir())
    assert sorted(out.strip() for out, _ in answers) == [str(steps), "[]", "[]", "[]"]
    store = open_store(url)
    assert "fact" in tables(store)
    assert store.migrate() == []
    store.close()


def test_sqlite_utils_own_command_gives_the_same_schema(tmp_path: Path) -> None:
    ours = SqliteStore(str(tmp_path / "ours.db"))
    ours.migrate()
    theirs = tmp_path / "theirs.db"
    subprocess.run(
        [sys.executable, "-m", "sqlite_utils", "migrate", str(theirs), str(shipped("migrations"))],
        check=True,
        capture_output=True,
    )
    opened = SqliteStore(str(theirs))
    sql = "select type, name, sql from sqlite_master order by type, name"
    assert opened.query(sql) == ours.query(sql)
    assert len(opened.query(sql)) > 20
    assert opened.migrate() == []
    opened.close()
    ours.close()
