"""PostgreSQL through psycopg: a pool to read from, one connection that writes for a group.

The writers of several processes take turns by a transaction advisory lock on the whole record.
That is more than one writer for each patient asks for; it is what keeps the audit chain from
forking and `recorded_at` in the order of the commits, and grouped commits make up for it
(decisions 0003 and 0017).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from toxmon.data import shipped
from toxmon.store import Conflict, Row, StoreError, Unavailable
from toxmon.store.group import GroupWriter
from toxmon.store.postgres_rows import percent, write
from toxmon.store.waiting import Later

WRITING_LOCK = 0x746F786D6F6E  # "toxmon"
MIGRATING_LOCK = WRITING_LOCK + 1
OPTIONS = (
    # A writer that hangs would stop every other one; a lock that is not had in time is a 503.
    "-c timezone=UTC -c lock_timeout=5s -c statement_timeout=15s "
    "-c idle_in_transaction_session_timeout=15s -c synchronous_commit=on"
)

OURS = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
"""Sent again they would fail again: a door has let something through, or we err."""


class PostgresStore(Later):
    """A Store in a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self.url = url
        Later.__init__(self)
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=8,
            timeout=5,
            open=False,
            kwargs={"autocommit": True, "options": OPTIONS, "row_factory": dict_row},
        )
        self._opening = threading.Lock()
        self._writer_connection: psycopg.Connection[Row] | None = None
        self._writer = GroupWriter(self)
        self._writer_cursor: psycopg.Cursor[Row] | None = None
        self._lost = False
        self._closed = False
        self.remembered: Row = {}
        self._dirty = False
        self._alone = False
        self._failures = count()

    # Reading

    def query(
        self, sql: str, params: Mapping[str, Any] | None = None, *, of: str | None = None
    ) -> list[Row]:
        with self._said():
            if getattr(self._local, "writing", False):
                if self._waiting.concerns(of):
                    self._send()
                return self._cursor().execute(percent(sql), params or {}).fetchall()
            snapshot: psycopg.Connection[Row] | None = getattr(self._local, "snapshot", None)
            if snapshot is not None:
                return snapshot.execute(percent(sql), params or {}).fetchall()
            with self._reader() as connection:
                return connection.execute(percent(sql), params or {}).fetchall()

    @contextmanager
    def reading(self) -> Iterator[None]:
        if getattr(self._local, "writing", False) or getattr(self._local, "snapshot", None):
            yield
            return
        with self._said(), self._reader() as connection:
            connection.execute("begin isolation level repeatable read read only")
            self._local.snapshot = connection
            try:
                yield
            finally:
                self._local.snapshot = None
                if not connection.closed:
                    connection.execute("rollback")

    # Writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._writer.turn():
            self._local.writing = True
            try:
                yield
            finally:
                self._local.writing = False

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> int:
        with self._said():
            self._only_when_writing()
            self._send()
            if not self._dirty and not self._alone:
                self._cursor().execute("savepoint member")
                self._dirty = True
            return self._cursor().execute(percent(sql), params or {}).rowcount

    # The group's transaction

    def begin(self) -> None:
        self.remembered.clear()
        self._waiting.begin()
        self._lost = False
        with self._said():
            if self._writer_connection is not None and self._writer_connection.closed:
                self._close_writer()
            if self._writer_connection is None:
                self._writer_connection = psycopg.connect(
                    self.url,
                    autocommit=True,
                    options=OPTIONS,
                    row_factory=dict_row,
                    connect_timeout=5,
                )
                self._writer_cursor = self._writer_connection.cursor()
            if self._closed:  # A thread that comes late would leave a connection behind.
                self._close_writer()
                raise Unavailable("the record is closed")
            cursor = self._cursor()
            try:
                with cursor.connection.pipeline():
                    cursor.execute("begin")
                    cursor.execute("select pg_advisory_xact_lock(%s)", (WRITING_LOCK,))
            except psycopg.Error:
                self.rollback()
                raise

    def member(self, *, alone: bool) -> None:
        self._dirty = False
        self._alone = alone

    def keep(self) -> None:
        if not self._dirty and self._waiting.put_off():
            return
        with self._said():
            self._send(last=True)

    def undo(self) -> None:
        self.remembered.clear()
        self._waiting.drop_turn()
        connection = self._connected()
        if self._lost:
            raise Unavailable("the rows of the group were not kept")
        if self._dirty:
            with self._said():
                connection.execute("rollback to savepoint member")
                self._forget_plans(connection)
                connection.execute("release savepoint member")
        elif connection.info.transaction_status != TransactionStatus.INTRANS:
            raise Unavailable("a read failed, and with it the transaction of the group")

    def commit(self) -> None:
        with self._said():
            done = self._send_group("commit")
        answer = done and done.statusmessage
        # A transaction in which a statement failed is rolled back by "commit", without an error.
        if answer != "COMMIT":
            raise Unavailable(f"the server answered {answer} to a commit")

    def rollback(self) -> None:
        connection = self._writer_connection
        if connection is None:
            return
        try:
            connection.execute("rollback")
            self._forget_plans(connection)
        except psycopg.Error:  # The connection is gone, and its transaction with it.
            connection.close()
            self._writer_connection = None

    # The database

    def migrate(self) -> list[str]:
        with self._said(), psycopg.connect(self.url, options="-c timezone=UTC") as connection:
            connection.execute("select pg_advisory_xact_lock(%s)", (MIGRATING_LOCK,))
            connection.execute(
                "create table if not exists toxmon_migration "
                "(name text primary key, applied_at timestamptz not null default now())"
            )
            done = {row[0] for row in connection.execute("select name from toxmon_migration")}
            names = []
            for path in sorted(shipped("migrations").glob("*/postgres.sql")):
                if path.parent.name not in done:
                    connection.execute(path.read_bytes())
                    connection.execute(
                        "insert into toxmon_migration (name) values (%s)", (path.parent.name,)
                    )
                    names.append(path.parent.name)
            return names

    def counted(self) -> tuple[int, int]:
        return self._writer.commits, self._writer.members

    def describe(self) -> dict[str, str]:
        row = self.query(
            "select current_setting('server_version') as version, "
            "current_setting('synchronous_commit') as synchronous, "
            "current_setting('fsync') as fsync"
        )[0]
        return {"engine": "postgresql", **{name: str(value) for name, value in row.items()}}

    def backup(self, path: str) -> None:
        raise StoreError("PostgreSQL is backed up with its own tools: pg_dump, or its replication")

    def check(self) -> list[str]:
        """Nothing that PostgreSQL does not check by itself; see pg_amcheck."""
        return []

    def close(self) -> None:
        self._closed = True
        self._pool.close()
        self._close_writer()

    def _close_writer(self) -> None:
        if self._writer_connection is not None:
            self._writer_connection.close()
            self._writer_connection = None

    def _send(self, *, last: bool = False) -> None:
        """Send what waits: of the group, and of the member behind its savepoint, in a round trip.

        With the `last` of a member its savepoint goes; a failure before that leaves it for `undo`.
        """
        self._send_group()
        writes = self._waiting.take_turn()
        cursor = self._cursor()
        if not writes:
            if last and self._dirty:
                cursor.execute("release savepoint member")
            return
        with cursor.connection.pipeline():
            if not self._dirty and not self._alone:
                self._dirty = True
                cursor.execute("savepoint member")
            for each in writes:
                write(cursor, each)
            if last and self._dirty:
                cursor.execute("release savepoint member")

    def _send_group(self, last: str | None = None) -> psycopg.Cursor[Row] | None:
        """Send what earlier members left, and the `last` statement of the group in the same trip.

        When that fails, the group is lost with all of it.
        """
        writes = self._waiting.take_group()
        if not writes and last is None:
            return None
        cursor = self._cursor()
        try:
            with cursor.connection.pipeline():
                for each in writes:
                    write(cursor, each)
                return cursor.connection.execute(last) if last else None
        except Exception as error:
            self._lost = True
            ours = isinstance(error, OURS) or not isinstance(error, psycopg.Error)
            if not ours or self._waiting.turns == 1:
                raise
            # One of them erred, and nobody can say which; sent again, each is told for itself.
            self._waiting.go_apart()
            # The words of the database may quote a row, and these are logged.
            what = type(error).__name__
            raise Unavailable(f"the rows of a group were not kept: {what}") from error

    def _forget_plans(self, connection: psycopg.Connection[Row]) -> None:
        """After a pipeline that failed, psycopg takes statements for prepared that are not.

        Each use of one would fail for ever. It forgets them at a "deallocate all", but only when
        it has not met the same text before: hence the number.
        """
        connection.execute(f"deallocate all -- {next(self._failures)}")

    def _cursor(self) -> psycopg.Cursor[Row]:
        """The writer's one cursor: making one for each statement takes a tenth of its time."""
        if self._writer_cursor is None:
            raise Unavailable("the database is not open")
        return self._writer_cursor

    def _connected(self) -> psycopg.Connection[Row]:
        if self._writer_connection is None:
            raise Unavailable("the database is not open")
        return self._writer_connection

    @contextmanager
    def _reader(self) -> Iterator[psycopg.Connection[Row]]:
        with self._opening:
            if self._pool.closed:
                self._pool.open()
        try:
            with self._pool.connection() as connection:
                yield connection  # type: ignore[misc]
        except psycopg.OperationalError:
            # What broke one connection has mostly broken all; without a look at them each would
            # fail somebody once more, long after the server has come back.
            self._pool.check()
            raise

    @contextmanager
    def _said(self) -> Iterator[None]:
        """The driver's errors in the words of this room."""
        try:
            yield
        except psycopg.errors.UniqueViolation as error:
            raise Conflict(_named(error)) from error
        except OURS as error:
            raise StoreError(_named(error)) from error
        except (psycopg.Error, PoolTimeout) as error:
            raise Unavailable(str(error).strip() or type(error).__name__) from error


def _named(error: psycopg.Error) -> str:
    """An error without the server's words, which quote the row; these are logged and printed."""
    place = error.diag.constraint_name or error.diag.column_name or error.diag.table_name
    return f"{type(error).__name__} of {place}" if place else type(error).__name__
