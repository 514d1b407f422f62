"""One PostgreSQL database that is lent to test after test, with connections that know it.

A new database takes 0.04 s, and connections that know nothing of it yet another 0.1 s: longer than
most tests. So what a test left is taken out again and the next one gets the same database. A test
that leaves more than rows (a table or a trigger it changed, a connection of somebody else, a
transaction that is open, a store it closed) is found out, and the next one gets a new database.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.sql import SQL, Identifier
from psycopg_pool import ConnectionPool

from tests.postgres import PostgresServer
from toxmon.store import Store, open_store
from toxmon.store.postgres import PostgresStore

# Every row of the catalog that is not of PostgreSQL itself, with the transaction that wrote it.
SHAPE = " union all ".join(
    f"select '{name}', count(*), sum(hashtextextended(oid::text || xmin::text, 0)) "
    f"from {name} where oid >= 16384"
    for name in ("pg_class", "pg_trigger", "pg_proc", "pg_constraint", "pg_namespace", "pg_attrdef")
)
NAMES = "select tablename from pg_tables where schemaname = 'public' order by tablename"
OTHERS = (
    "select (select count(*) from pg_stat_activity where datname = current_database() "
    "and backend_type = 'client backend') + (select count(*) from pg_locks "
    "where locktype = 'advisory' and database = "
    "(select oid from pg_database where datname = current_database()))"
)
MIGRATIONS = "toxmon_migration"
SECONDS_TO_LEAVE = 0.1
NOWHERE = "postgresql://nobody@/nothing?host=/nowhere"


class Lent:
    """The database that a test process lends, one test at a time."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._url: str | None = None
        self._kept: _Taken | None = None
        self._lent: PostgresStore | None = None

    def database(self) -> str:
        """The address of the database: migrated, and empty."""
        if self._url is None:
            self._url = self._server.fresh_database()
            self._own = psycopg.connect(self._url, autocommit=True)
            # No trigger refuses to take out what may not be taken out, and none looks for a parent.
            self._own.execute("set session_replication_role = replica")
            self._own.execute("set lock_timeout = '1s'")
            self._own.prepare_threshold = 1
            names = [name for (name,) in self._own.execute(NAMES).fetchall()]
            assert MIGRATIONS in names
            self._full = " union all ".join(
                f"(select '{name}' from {name} limit 1)" for name in names if name != MIGRATIONS
            )
            self._numbered: dict[str, str] = dict(
                self._own.execute(
                    "select table_name, column_name from information_schema.columns "
                    "where table_schema = 'public' and is_identity = 'YES'"
                ).fetchall()
            )
            self._shape = self._looks()
            assert not self._own.execute(self._full).fetchall(), "it is not empty"
        return self._url

    def store(self) -> Store:
        """A new store over it, with the connections that the one before it had."""
        url = self.database()
        store = open_store(url)
        assert isinstance(store, PostgresStore)
        if self._kept is not None:
            self._kept.hand_to(store)
        self._kept, self._lent = None, store
        return store

    def take_back(self) -> None:
        """Take out what the test left; or all of it, if that is not all there is to do."""
        if self._url is None:
            return
        if self._lent is not None:
            self._kept = _taken_from(self._lent)
        self._lent = None
        try:
            as_it_was = self._is_left() and self._looks() == self._shape
            if as_it_was:
                self._empty()
        except psycopg.Error:  # Somebody holds a lock, or has ended our connection.
            as_it_was = False
        if not as_it_was:
            self.give_up()

    def give_up(self) -> None:
        """Remove the database; the next test gets a new one."""
        if self._url is None:
            return
        if self._kept is not None:
            self._kept.close()
        self._kept = None
        self._own.close()
        self._server.drop(self._url)
        self._url = None

    def _is_left(self) -> bool:
        """Is nobody connected but us and what we keep, and does nobody hold a lock of ours?"""
        ours = 1 + (self._kept.open() if self._kept is not None else 0)
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while True:
            (found,) = self._own.execute(OTHERS).fetchone() or (0,)
            if found == ours or time.monotonic() > deadline:
                return bool(found == ours)
            time.sleep(0.002)  # A connection that was closed takes an instant to be gone.

    def _looks(self) -> list[Any]:
        migrated = self._own.execute(f"select name, xmin::text from {MIGRATIONS} order by 1")
        return [*self._own.execute(SHAPE).fetchall(), *migrated.fetchall()]

    def _empty(self) -> None:
        for (name,) in self._own.execute(self._full).fetchall():
            self._own.execute(SQL("delete from {}").format(Identifier(name)))
        for table, column in self._numbered.items():
            self._own.execute("select setval(pg_get_serial_sequence(%s, %s), 1, false)",
                              (table, column))  # fmt: skip


class _Taken(NamedTuple):
    """The connections of a store whose test is over, for the store of the next one."""

    pool: Any
    writer: psycopg.Connection[Any] | None
    cursor: psycopg.Cursor[Any] | None
    failures: Any

    def open(self) -> int:
        """How many they are."""
        return int(self.pool.get_stats().get("pool_size", 0)) + (self.writer is not None)

    def hand_to(self, store: PostgresStore) -> None:
        store._pool, store._writer_connection = self.pool, self.writer
        store._writer_cursor = self.cursor
        # The numbers by which psycopg is told to forget its plans, each of them once.
        store._failures = self.failures

    def close(self) -> None:
        self.pool.close()
        if self.writer is not None:
            self.writer.close()


def _taken_from(store: PostgresStore) -> _Taken | None:
    """The connections of a store, if they are open and nothing is under way; it has none then.

    A thread that outlives its test finds the store closed, and does nothing to another test.
    """
    pool, writer = store._pool, store._writer_connection
    stats = pool.get_stats()
    quiet = stats.get("pool_available", 0) == stats.get("pool_size", 0)
    if writer is not None:
        quiet = quiet and writer.info.transaction_status == TransactionStatus.IDLE
    if pool.closed or not quiet:
        store.close()
        return None
    taken = _Taken(pool, writer, store._writer_cursor, store._failures)
    store._pool, store._writer_connection, store._writer_cursor = _closed_pool(), None, None
    store.url = NOWHERE
    return taken


@cache
def _closed_pool() -> ConnectionPool:
    pool = ConnectionPool(NOWHERE, min_size=0, max_size=1, open=False)
    pool.open()
    pool.close()
    return pool
