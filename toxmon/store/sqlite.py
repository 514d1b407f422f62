"""SQLite through sqlite-utils: one file, one writer, any number of readers.

SQLite below 3.51.3 can corrupt a WAL file that several connections use. A bundled newer library
(sqlcipher3) is taken when it is there; with an older one the file keeps a rollback journal, which
is slower and safe. Which of the two it is stands in `/health/ready`. Decision 0018.
"""

from __future__ import annotations

import importlib
import runpy
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlite_utils

from toxmon.data import shipped
from toxmon.store import Conflict, Row, StoreError, Unavailable
from toxmon.store.group import GroupWriter
from toxmon.store.sqlite_rows import encode_all, encoded
from toxmon.store.statements import insertions, newest_of, update
from toxmon.store.waiting import CHANGE, RUN, Later, Write

WAL_IS_SAFE_FROM = (3, 51, 3)
BUSY_MS = 5_000
CHECKPOINT_PAGES = 8_000
"""Pages of 4 KiB in the WAL before they are copied into the file: 32 MB, read again in a moment."""
CACHE_KIB = 8_192
"""For each connection; a reader that never meets a large patient does not fill it."""


def choose_library() -> tuple[Any, bool]:
    """(the DB-API module, whether its WAL is safe): the bundled library where it is newer."""
    candidates: list[Any] = [sqlite3]
    try:
        candidates.insert(0, importlib.import_module("sqlcipher3.dbapi2"))
    except ImportError:  # No wheel for this platform: the library of Python serves.
        pass
    for library in candidates:
        if library.sqlite_version_info >= WAL_IS_SAFE_FROM:
            return library, True
    return sqlite3, False


class SqliteStore(Later):
    """A Store in one file."""

    def __init__(self, path: str) -> None:
        self.path = Path(path)
        self._library, self.wal = choose_library()
        Later.__init__(self)
        self._opened: list[sqlite_utils.Database] = []
        self._opening = threading.Lock()
        self._writer_db: sqlite_utils.Database | None = None
        self._writer = GroupWriter(self)
        self.remembered: Row = {}
        self._lost = False
        self._savepoint = False
        self._alone = False
        self._broken = False

    # Reading

    def query(
        self, sql: str, params: Mapping[str, Any] | None = None, *, of: str | None = None
    ) -> list[Row]:
        if getattr(self._local, "writing", False) and self._waiting.concerns(of):
            self._send()
        try:
            cursor = self._here().execute(sql, encoded(params))
            found = cursor.fetchall()
        except self._library.Error as error:
            raise self._worded(error) from error
        columns = [column[0] for column in cursor.description]
        rows = [dict(zip(columns, values, strict=True)) for values in found]
        for name in columns:
            if name == "at" or name.endswith("_at"):
                for row in rows:
                    if row[name] is not None:
                        row[name] = datetime.fromisoformat(row[name])
        return rows

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._said():
            db = self._here()
            nested = db.conn.in_transaction
            if not nested:
                db.conn.execute("begin")
        try:
            yield
        finally:
            if not nested and db.conn.in_transaction:
                db.conn.execute("rollback")

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
        self._only_when_writing()
        self._send()
        if not self._savepoint and not self._alone:
            self._run("savepoint member", ())
            self._savepoint = True
        touched: int = self._run(sql, encoded(params)).rowcount
        return touched

    # The group's transaction

    def begin(self) -> None:
        self.remembered.clear()
        self._waiting.begin()
        self._lost = False
        with self._said():
            if self._broken and self._writer_db is not None:
                self._writer_db.conn.close()
                self._writer_db = None
            if self._writer_db is None:
                self._writer_db = self._open()
                self._broken = False
            self._writer_db.execute("begin immediate")

    def member(self, *, alone: bool) -> None:
        # The first of a group needs no savepoint: undoing it is undoing the transaction.
        self._savepoint = False
        self._alone = alone

    def keep(self) -> None:
        if not self._savepoint and self._waiting.put_off():
            return
        self._send()
        if self._savepoint:
            self._run("release member", ())

    def undo(self) -> None:
        self.remembered.clear()
        self._waiting.drop_turn()
        db = self._connected()
        if self._lost or not db.conn.in_transaction:
            # A full disk or a failed read may roll everything back; a savepoint that was opened
            # now would be a transaction of its own, and be kept without the group.
            raise Unavailable("the database rolled the transaction of the group back")
        if self._savepoint:
            with self._said():
                db.execute("rollback to member")
                db.execute("release member")

    def commit(self) -> None:
        self._send_group()
        with self._said():
            self._connected().execute("commit")

    def rollback(self) -> None:
        # A full disk or a failed write may have rolled back already.
        db = self._connected()
        if db.conn.in_transaction:
            with self._said():
                db.execute("rollback")

    # The file

    def migrate(self) -> list[str]:
        """See Store. All steps or none. Two processes may try at once: the second waits for the
        first, and finds nothing to do."""
        steps = _steps()
        with self._said():
            db = self._open()
            try:
                if not any(migrations.pending(db) for migrations in steps):
                    return []
                self._begin_alone(db)
                names = [step.name for migrations in steps for step in migrations.pending(db)]
                for migrations in steps:
                    migrations.apply(db)
                db.execute("commit")
            finally:
                db.conn.close()  # What was not committed is undone.
        return names

    def _begin_alone(self, db: sqlite_utils.Database) -> None:
        """Begin a transaction that may write, after whoever migrates now. Raises Unavailable."""
        for _ in range(20):
            try:
                db.execute("begin immediate")
            except self._library.OperationalError as error:
                if "locked" not in str(error):
                    raise
                threading.Event().wait(0.2)
            else:
                return
        raise Unavailable("another process holds the database while it is migrated")

    def counted(self) -> tuple[int, int]:
        return self._writer.commits, self._writer.members

    def describe(self) -> dict[str, str]:
        with self._said():
            db = self._here()
            journal = db.execute("pragma journal_mode").fetchone()[0]
            synchronous = db.execute("pragma synchronous").fetchone()[0]
        return {
            "engine": "sqlite",
            "version": self._library.sqlite_version,
            "library": self._library.__name__.partition(".")[0],
            "journal": journal,
            "synchronous": {1: "normal", 2: "full", 3: "extra"}.get(synchronous, "off"),
        }

    def backup(self, path: str) -> None:
        with self._said():
            source, target = self._open(), self._library.connect(path)
            try:
                source.conn.backup(target)
            finally:
                source.conn.close()
                target.close()

    def check(self) -> list[str]:
        """What the engine's own integrity check finds; nothing when all is well."""
        with self._said():
            rows = self._here().execute("pragma integrity_check").fetchall()
            words = [row[0] for row in rows if row[0] != "ok"]
            broken = self._here().execute("pragma foreign_key_check").fetchall()
        return words + [f"{row[0]}: a row refers to nothing" for row in broken]

    def close(self) -> None:
        with self._opening:
            for db in self._opened:
                db.conn.close()
            self._opened.clear()
        if self._writer_db is not None:
            self._writer_db.conn.close()
            self._writer_db = None
        self._local = threading.local()

    def _open(self) -> sqlite_utils.Database:
        connection = self._library.connect(
            str(self.path), timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        db = sqlite_utils.Database(connection)
        mode = "wal" if self.wal else "delete"
        found = db.execute(f"pragma journal_mode = {mode}").fetchone()[0]
        # NORMAL loses acknowledged writes on a power cut; it is verified, not assumed. A rollback
        # journal needs EXTRA, for its removal is the commit, and must reach the disk too.
        wanted, level = ("full", 2) if self.wal else ("extra", 3)
        db.execute(f"pragma synchronous = {wanted}")
        db.execute("pragma foreign_keys = on")
        # A page that many turns write is copied into the file once for them all.
        db.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
        db.execute(f"pragma cache_size = -{CACHE_KIB}")
        # Without this, `insert or replace` would delete a row past the triggers that refuse it.
        db.execute("pragma recursive_triggers = on")
        durable = db.execute("pragma synchronous").fetchone()[0]
        if durable < level or found != mode:
            connection.close()
            raise Unavailable(f"journal {found}, synchronous {durable}: not a durable database")
        return db

    def _here(self) -> sqlite_utils.Database:
        """The connection of this thread: the writer's while it writes, else one of its own."""
        if getattr(self._local, "writing", False):
            return self._connected()
        db: sqlite_utils.Database | None = getattr(self._local, "db", None)
        if db is None:
            db = self._open()
            db.execute("pragma query_only = on")
            self._local.db = db
            with self._opening:
                self._opened.append(db)
        return db

    def _send(self) -> None:
        """Write what waits: of the group, and of the member behind a savepoint of its own."""
        self._send_group()
        writes = self._waiting.take_turn()
        if writes and not self._savepoint and not self._alone:
            self._run("savepoint member", ())
            self._savepoint = True
        for write in writes:
            self._write(write)

    def _send_group(self) -> None:
        """Write what earlier members left. When that fails, the group is lost with all of it."""
        try:
            for write in self._waiting.take_group():
                self._write(write)
        except Exception as error:
            self._lost = True
            if isinstance(error, Unavailable) or self._waiting.turns == 1:
                raise
            # One of them erred, and nobody can say which; sent again, each is told for itself.
            self._waiting.go_apart()
            # The words of the database may quote a row, and these are logged.
            what = type(error).__name__
            raise Unavailable(f"the rows of a group were not kept: {what}") from error

    def _write(self, write: Write) -> None:
        if write.verb == RUN:
            for params in write.rows:
                self._run(write.target, encoded(params))
        elif write.verb == CHANGE:
            sql = update(write.target, write.key, tuple(write.rows[0]))
            self._run_many(sql, [encoded(row) for row in write.rows])
        else:
            rows = newest_of(write.rows, write.key) if write.key else write.rows
            for sql, values in insertions(write.target, rows, encode_all, write.key):
                self._run(sql, values)

    def _run_many(self, sql: str, values: list[Any]) -> None:
        try:
            self._connected().conn.executemany(sql, values)
        except self._library.Error as error:
            raise self._worded(error) from error

    def _run(self, sql: str, values: Any) -> Any:
        try:
            return self._connected().execute(sql, values)
        except self._library.Error as error:
            raise self._worded(error) from error

    def _connected(self) -> sqlite_utils.Database:
        if self._writer_db is None:
            raise Unavailable("the database is not open")
        return self._writer_db

    @contextmanager
    def _said(self) -> Iterator[None]:
        """The driver's errors in the words of this room."""
        try:
            yield
        except self._library.Error as error:
            raise self._worded(error) from error

    def _worded(self, error: Exception) -> StoreError:
        words = str(error)
        if isinstance(error, self._library.IntegrityError | self._library.DataError):
            # A trigger that refuses, a row without what it refers to: these are faults of ours.
            return Conflict(words) if words.startswith("UNIQUE") else StoreError(words)
        if "locked" not in words and "full" not in words:
            self._broken = True
        return Unavailable(words)


def _steps() -> list[sqlite_utils.Migrations]:
    """The migration sets of the shipped folder, in the order of their names."""
    found = []
    for path in sorted(shipped("migrations").glob("*/migrations.py")):
        names = runpy.run_path(str(path)).values()
        found += [each for each in names if isinstance(each, sqlite_utils.Migrations)]
    return found
