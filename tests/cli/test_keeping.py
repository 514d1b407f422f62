"""`toxmon migrate, backup, restore`: what is there afterwards is whole, or nothing is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Operator
from tests.cli.record import chart_a_ward
from tests.postgres import PostgresServer

Written = Callable[..., str]


def test_migrating_is_done_once(operator: Operator) -> None:
    assert operator.good("migrate").startswith("applied: 0001_record")
    assert operator.good("migrate") == "nothing to do\n"
    assert "whole" in operator.good("verify")


def test_a_record_of_an_older_version_is_migrated_and_folded_again(operator: Operator) -> None:
    patient = chart_a_ward(operator)
    with closing(sqlite3.connect(operator.database)) as database, database:
        for table in ("fold", "checkpoint"):
            database.execute(f"update {table} set state = '[1]'")
            database.execute(f"alter table {table} drop column ledger")
        database.execute("delete from _sqlite_migrations where name = '0002_every_scale'")
    before = rows(operator.database)
    assert operator.good("migrate") == "applied: 0002_every_scale\n"
    assert "cannot be read; repair folds it again" in operator.run("verify").stdout
    repaired = operator.run("verify", "--repair")
    assert repaired.exit_code == 0, repaired.output
    assert "folded again; 0 assessments were added" in repaired.stderr
    assert "whole" in operator.good("verify")
    after = rows(operator.database)
    assert {name: each for name, each in after.items() if name in ("fact", "assessment")} == {
        name: each for name, each in before.items() if name in ("fact", "assessment")
    }
    assert patient in str(after["fold"])


def test_migrating_postgresql(operator: Operator, postgres: PostgresServer) -> None:
    url = postgres.url("migrated_by_command")
    postgres._execute("create database migrated_by_command")
    try:
        assert "0001_record" in operator.good("migrate", TOXMON_DATABASE_URL=url)
        assert operator.good("migrate", TOXMON_DATABASE_URL=url) == "nothing to do\n"
        assert "whole" in operator.good("verify", TOXMON_DATABASE_URL=url)
        assert "pg_dump" in operator.bad(2, "backup", "x.db", TOXMON_DATABASE_URL=url)
        copy = operator.folder / "x.db"
        copy.touch()
        assert "pg_restore" in operator.bad(2, "restore", str(copy), TOXMON_DATABASE_URL=url)
    finally:
        postgres.drop(url)


def test_a_database_that_is_gone_is_a_sentence(operator: Operator) -> None:
    url = "postgresql://ward@127.0.0.1:1/ward"
    for words in (("migrate",), ("verify",)):
        assert "cannot be reached" in operator.bad(1, *words, TOXMON_DATABASE_URL=url)


def test_a_file_that_is_no_database_is_a_sentence(operator: Operator) -> None:
    operator.database.write_bytes(b"not a database, although it is long enough to be one" * 100)
    for words in (("migrate",), ("verify",), ("token", "list")):
        assert "cannot be reached" in operator.bad(1, *words)
    assert operator.database.read_bytes().startswith(b"not a database")


def noted(found: dict[str, Any]) -> dict[str, Any]:
    """The record without the note that it was backed up, which comes after the copy."""
    beats = [row for row in found["beat"] if row[0] == "backup"]
    assert len(beats) == 1, "when it was backed up is noted, once"
    return {**found, "beat": [row for row in found["beat"] if row not in beats]}


def test_a_backup_is_restored_with_all_that_was_kept(operator: Operator) -> None:
    patient = chart_a_ward(operator)
    assert "whole" in operator.good("verify")
    copy = operator.folder / "copy.db"
    assert str(copy) in operator.good("backup", str(copy))
    before = rows(copy)
    assert noted(rows(operator.database)) == before
    assert patient in str(before["patient"])

    for path in operator.folder.glob("ward.db*"):
        path.rename(operator.folder / f"lost-{path.name}")
    packed = copy.read_bytes()
    assert "restored" in operator.good("restore", str(copy))
    assert rows(operator.database) == before
    assert "whole" in operator.good("verify")
    assert copy.read_bytes() == packed, "a backup is read and not touched"
    assert sorted(path.name for path in operator.folder.glob("copy*")) == ["copy.db"]
    # It goes on: the chain of the audit grows from where it was.
    operator.good("token", "create", "--role", "nurse", "--name", "Ada")
    assert "whole" in operator.good("verify")


def test_a_backup_is_whole_while_the_ward_goes_on(operator: Operator) -> None:
    chart_a_ward(operator)
    with closing(sqlite3.connect(operator.database, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        writer.execute("delete from request")
        assert operator.good("backup", "one.db")
        writer.execute("rollback")
    assert rows(operator.folder / "one.db") == noted(rows(operator.database))


@pytest.mark.parametrize("name", ["ward.db", "there.db", "nowhere/copy.db", "."])
def test_a_backup_overwrites_nothing(operator: Operator, written: Written, name: str) -> None:
    operator.good("migrate")
    there = Path(written("there.db", "precious"))
    said = operator.bad(2, "backup", name)
    assert "exists already" in said or "no folder" in said
    assert there.read_text() == "precious"
    assert not list(operator.folder.glob("*.partial"))


def test_nothing_is_no_backup(operator: Operator) -> None:
    assert "there is no record" in operator.bad(2, "backup", "copy.db")
    assert list(operator.folder.iterdir()) == []


def test_a_restore_overwrites_nothing(operator: Operator) -> None:
    operator.good("migrate")
    operator.good("backup", "copy.db")
    assert "is there" in operator.bad(2, "restore", "copy.db")
    for left in ("ward.db-wal", "ward.db-shm", "ward.db-journal"):
        for path in operator.folder.glob("ward.db*"):
            path.unlink()
        # What is left of the lost file would be written into the restored one.
        (operator.folder / left).write_bytes(b"x")
        assert left in operator.bad(2, "restore", "copy.db")
        assert not operator.database.exists()


@pytest.mark.parametrize(
    "content",
    [b"not a database, although it is long enough" * 100, b"SQLite format 3\0" + b"x" * 9_000],
    ids=["text", "garbage"],
)  # fmt: skip
def test_what_is_no_backup_is_not_restored(
    operator: Operator, written: Written, content: bytes
) -> None:
    path = written("copy.db", content)
    assert "no backup" in operator.bad(1, "restore", path)
    assert [each.name for each in operator.folder.iterdir()] == ["copy.db"]
    assert Path(path).read_bytes() == content


def test_half_a_backup_is_not_restored(operator: Operator) -> None:
    chart_a_ward(operator)
    operator.good("backup", "copy.db")
    for path in operator.folder.glob("ward.db*"):
        path.unlink()
    copy = operator.folder / "copy.db"
    copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2 // 4096 * 4096])
    assert "no backup" in operator.bad(1, "restore", str(copy))
    assert not operator.database.exists()


def test_a_changed_backup_is_restored_with_its_findings(operator: Operator) -> None:
    chart_a_ward(operator)
    operator.good("backup", "copy.db")
    for path in operator.folder.glob("ward.db*"):
        path.unlink()
    with closing(sqlite3.connect("copy.db", isolation_level=None)) as copy:
        copy.execute("drop trigger fact_kept")
        copy.execute("update fact set value = '36.6' where kind = 'body_temperature'")
    result = operator.run("restore", "copy.db")
    assert result.exit_code == 1
    assert "were changed" in result.stdout
    assert "findings" in result.stderr


def test_a_restore_needs_a_file(operator: Operator) -> None:
    assert "does not exist" in operator.bad(2, "restore", "nowhere.db")
    assert "Usage: " in operator.bad(2, "restore")
    assert "Usage: " in operator.bad(2, "backup")


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that a file holds, by table."""
    with closing(sqlite3.connect(path)) as database:
        names = database.execute("select name from sqlite_master where type = 'table' order by 1")
        return {
            name: database.execute(f"select * from {name} order by 1, 2").fetchall()
            for (name,) in names.fetchall()
        }
