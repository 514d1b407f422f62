"""SQL, here and nowhere else: one text for two databases, one file a noun.

Three rules make one text work on both. SQL takes `:name` parameters. A column that holds an
instant is named `at` or ends in `_at`: an aware UTC datetime on this side, whatever the database
keeps. There are no optional parameters: a bound that does not matter is `EVER`.

Functions of this room take the store first, take and return plain rows and values, and never
begin a transaction: the action that calls them has done so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, Protocol

Row = dict[str, Any]

EVER = datetime(9999, 1, 1, tzinfo=UTC)
NEVER = datetime(1, 1, 1, tzinfo=UTC)


class StoreError(Exception):
    """Something that the database did not do; as itself, what it never will: a fault of ours."""


class Unavailable(StoreError):
    """Locked, full, gone or failing. Nothing was kept; the same request may be sent again."""


class Conflict(StoreError):
    """A row that may be there only once is there already."""


class Store(Protocol):
    """What both drivers do."""

    remembered: Row
    """What this room has read inside `writing` and need not read again.

    Emptied when a transaction begins and when a part of it is undone.
    """

    def query(
        self, sql: str, params: Mapping[str, Any] | None = None, *, of: str | None = None
    ) -> list[Row]:
        """Rows of a select. Inside `writing` it sees what that has written so far.

        `of`: whose rows alone it reads; what waits to be written of others waits on.
        """

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> int:
        """Run one statement inside `writing` and return how many rows it touched."""

    def execute_later(self, sql: str, params: Mapping[str, Any] | None = None) -> None:
        """Run a statement inside `writing`; nobody waits for its outcome before the end."""

    def insert(self, table: str, rows: Iterable[Row], *, of: str | None = None) -> None:
        """Add rows of the same columns inside `writing`.

        `of`, here and below: whose rows these are, by any label that queries use too (a patient's
        id). Who says so promises that nothing of it can fail while the database works, and that
        no other write that says so sets the same columns of the same row. It may then be sent
        with those of other turns, and in any order among them.
        """

    def put(self, table: str, key: tuple[str, ...], row: Row, *, of: str | None = None) -> None:
        """Add a row of work inside `writing`, or replace the one with the same key."""

    def change(self, table: str, key: tuple[str, ...], row: Row, *, of: str | None = None) -> None:
        """Set the columns of a row of work that is there inside `writing`; `row` has its key."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction, and the only one that writes meanwhile.

        When the block has ended without an error its effect is durable. An error inside undoes
        the block and nothing else. Raises Unavailable when the database cannot be written.
        """

    def reading(self) -> AbstractContextManager[None]:
        """Queries inside see one snapshot."""

    def migrate(self) -> list[str]:
        """Apply the pending steps of migrations/ and return their names."""

    def counted(self) -> tuple[int, int]:
        """(commits, turns that were in them) of this process, for `/metrics`."""

    def describe(self) -> dict[str, str]:
        """The engine, its version and how it is made durable, for `/health/ready`."""

    def check(self) -> list[str]:
        """What the engine finds wrong with its own files; nothing when all is well."""

    def backup(self, path: str) -> None:
        """Write a consistent copy while others write."""

    def close(self) -> None:
        """Close every connection."""


def open_store(url: str) -> Store:
    """The store at `sqlite:///path` or `postgresql://...`. Raises ValueError for another URL."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest != "/":
        from toxmon.store.sqlite import SqliteStore

        # Three slashes are a relative path, four an absolute one.
        return SqliteStore(rest[1:])
    if scheme in ("postgresql", "postgres"):
        from toxmon.store.postgres import PostgresStore

        return PostgresStore(url)
    raise ValueError(f'"{scheme}" is not a database: use sqlite:///path/to/file or postgresql://…')
