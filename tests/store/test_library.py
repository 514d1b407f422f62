"""Which SQLite library is taken, and that what it promises is verified and not assumed."""

from __future__ import annotations

import importlib
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import KEY, Clock
from tests.store.rows import chart, full_record, patient_row
from toxmon.actions import Service
from toxmon.actions.record import Charted
from toxmon.actions.verify import verify
from toxmon.protocol import Protocols
from toxmon.store import Unavailable, patients, sqlite
from toxmon.store.sqlite import WAL_IS_SAFE_FROM, SqliteStore, choose_library

BUNDLED = importlib.import_module("sqlcipher3.dbapi2")


class Aged:
    """A real library that gives another version of itself."""

    def __init__(self, library: ModuleType, *version: int) -> None:
        self._library = library
        self.sqlite_version_info = version
        self.sqlite_version = ".".join(map(str, version))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)


def pretend(monkeypatch: pytest.MonkeyPatch, bundled: Any, python: tuple[int, ...]) -> None:
    """Let the store find this bundled library (None: not installed) and this one of Python."""

    def find(name: str) -> Any:
        if bundled is None:
            raise ImportError(name)
        return bundled

    monkeypatch.setattr(sqlite.importlib, "import_module", find)
    monkeypatch.setattr(sqlite, "sqlite3", Aged(sqlite3, *python))


@pytest.mark.parametrize(
    ("bundled", "python", "taken", "wal"),
    [
        ((3, 53, 0), (3, 40, 1), "bundled", True),
        ((3, 51, 3), (3, 40, 1), "bundled", True),
        ((3, 51, 2), (3, 40, 1), "python", False),
        ((3, 51, 2), (3, 51, 3), "python", True),
        (None, (3, 40, 1), "python", False),
        (None, (3, 51, 2), "python", False),
        (None, (3, 51, 3), "python", True),
        (None, (3, 52, 0), "python", True),
    ],
)
def test_the_library_that_is_taken(
    monkeypatch: pytest.MonkeyPatch,
    bundled: tuple[int, ...] | None,
    python: tuple[int, ...],
    taken: str,
    wal: bool,
) -> None:
    pretend(monkeypatch, bundled and Aged(BUNDLED, *bundled), python)
    library, safe = choose_library()
    assert library.sqlite_version_info == (bundled if taken == "bundled" else python)
    assert safe is wal


def test_this_environment_brings_a_library_that_is_safe() -> None:
    library, wal = choose_library()
    assert wal
    assert library.sqlite_version_info >= WAL_IS_SAFE_FROM


def test_an_old_library_keeps_a_rollback_journal_and_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, protocols: Protocols, clock: Clock
) -> None:
    pretend(monkeypatch, None, (3, 40, 1))
    store = SqliteStore(str(tmp_path / "ward.db"))
    assert store.migrate()[0] == "0001_record"
    described = store.describe()
    assert (described["library"], described["version"]) == ("sqlite3", "3.40.1")
    # Only EXTRA makes the removal of the journal, which is the commit, reach the disk.
    assert (described["journal"], described["synchronous"]) == ("delete", "extra")
    service = Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin"))
    ids = full_record(service)
    errors: list[BaseException] = []

    def chart_some(turn: int) -> None:
        try:
            fact = Charted(kind="heart_rate", value=Decimal(80 + turn), effective_at=clock.now)
            for _ in range(5):
                chart(service, ids.patient, [fact])
                assert patients.count(store) == 1
        except BaseException as error:  # noqa: BLE001 - it is asserted on below
            errors.append(error)

    threads = [threading.Thread(target=chart_some, args=(turn,)) for turn in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(store.query("select 1 as one from fact where kind = 'heart_rate'")) == 20
    assert verify(service, lambda done, total: None) == []
    assert not (tmp_path / "ward.db-wal").exists()
    store.close()


def test_a_store_in_wal_says_so(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "ward.db"))
    store.migrate()
    described = store.describe()
    assert (described["journal"], described["synchronous"]) == ("wal", "full")
    with store.writing():
        patients.add(store, patient_row("a"), [])
        # The connection that writes is the one that matters, and it is not the one described.
        assert store.query("pragma synchronous") == [{"synchronous": 2}]
        assert store.query("pragma journal_mode") == [{"journal_mode": "wal"}]
        assert store.query("pragma foreign_keys") == [{"foreign_keys": 1}]
    store.close()


def test_a_file_of_the_one_mode_is_opened_in_the_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A ward whose bundled library is gone after an upgrade must not go on with WAL.
    path = str(tmp_path / "ward.db")
    first = SqliteStore(path)
    first.migrate()
    with first.writing():
        patients.add(first, patient_row("a"), [])
    first.close()
    pretend(monkeypatch, None, (3, 40, 1))
    second = SqliteStore(path)
    with second.writing():
        patients.add(second, patient_row("b"), [])
    assert second.describe()["journal"] == "delete"
    assert patients.every_id(second) == ["a", "b"]
    second.close()


@pytest.mark.parametrize(
    ("asked", "done"),
    [
        ("pragma synchronous = full", "pragma synchronous = normal"),
        ("pragma synchronous = full", "pragma synchronous = off"),
        ("pragma journal_mode = wal", "pragma journal_mode = memory"),
    ],
)
def test_a_database_that_is_not_durable_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, asked: str, done: str
) -> None:
    class Stubborn(BUNDLED.Connection):  # type: ignore[misc, name-defined]
        def execute(self, sql: str, *params: Any) -> Any:
            return super().execute(done if sql == asked else sql, *params)

    class Lying(Aged):
        def connect(self, *args: Any, **kwargs: Any) -> Any:
            return BUNDLED.connect(*args, factory=Stubborn, **kwargs)

    pretend(monkeypatch, Lying(BUNDLED, 3, 53, 0), (3, 40, 1))
    store = SqliteStore(str(tmp_path / "ward.db"))
    with pytest.raises(Unavailable, match="not a durable database"):
        store.migrate()
    with pytest.raises(Unavailable, match="not a durable database"), store.writing():
        patients.add(store, patient_row("a"), [])
    store.close()


def test_postgres_commits_to_the_disk(service: Service) -> None:
    described = service.store.describe()
    if described["engine"] == "postgresql":
        assert (described["synchronous"], described["fsync"]) == ("on", "on")
