"""Locked, or gone: whoever writes is told in time, nothing is kept, and the next write works."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer, postgres_server
from tests.store.received import receive
from tests.store.rows import full_record, is_sqlite, joined, patient_row, records
from toxmon.actions import Service
from toxmon.store import Store, Unavailable, open_store, patients, postgres, sqlite
from toxmon.store.sqlite import SqliteStore

TIMEOUT_MS = 300
WRITERS = 8


@pytest.fixture
def impatient(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, Callable[[], object]]]:
    """A store that waits a third of a second for a lock, and a way to hold that lock meanwhile."""
    monkeypatch.setattr(sqlite, "BUSY_MS", TIMEOUT_MS)
    waits = f"lock_timeout={TIMEOUT_MS}ms"
    assert "lock_timeout=5s" in postgres.OPTIONS
    monkeypatch.setattr(postgres, "OPTIONS", postgres.OPTIONS.replace("lock_timeout=5s", waits))
    store = open_store(database_url)
    holding = _holding_sqlite if is_sqlite(store) else _holding_postgres
    yield store, lambda: holding(database_url)
    store.close()


@contextmanager
def _holding_sqlite(url: str) -> Iterator[None]:
    library, _ = sqlite.choose_library()
    connection = library.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("begin immediate")
    yield
    connection.execute("rollback")
    connection.close()


@contextmanager
def _holding_postgres(url: str) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        connection.execute("select pg_advisory_xact_lock(%s)", (postgres.WRITING_LOCK,))
        yield


def write(store: Store, name: str) -> None:
    with store.writing():
        patients.add(store, patient_row(name), [])


def soon(act: Callable[[], object]) -> None:
    """Repeat an act while it is not possible."""
    end = time.monotonic() + 15
    while True:
        try:
            act()
            return
        except Unavailable:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_who_waits_for_a_lock_in_vain_is_told(impatient: tuple[Store, Callable]) -> None:
    store, holding = impatient
    write(store, "before")
    with holding():
        began = time.monotonic()
        with pytest.raises(Unavailable):
            write(store, "refused")
        waited = time.monotonic() - began
        assert patients.every_id(store) == ["before"], "reading goes on while writing cannot"
    assert TIMEOUT_MS / 1000 * 0.9 <= waited < 3
    write(store, "later")
    assert patients.every_id(store) == ["before", "later"]


def test_many_who_wait_are_told_together_and_not_one_after_the_other(
    impatient: tuple[Store, Callable],
) -> None:
    store, holding = impatient
    write(store, "before")
    told: list[type] = []

    def attempt(number: int) -> None:
        try:
            write(store, f"refused-{number}")
        except Unavailable as error:
            told.append(type(error))

    with holding():
        threads = [threading.Thread(target=attempt, args=(n,)) for n in range(WRITERS)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        waited = time.monotonic() - began
    assert told == [Unavailable] * WRITERS
    # One timeout for those who were there, and one more for who came just after it.
    assert waited < TIMEOUT_MS / 1000 * WRITERS / 2
    write(store, "later")
    assert patients.every_id(store) == ["before", "later"]


def test_a_writer_who_is_let_in_in_time_is_not_told_anything(
    impatient: tuple[Store, Callable],
) -> None:
    store, holding = impatient
    write(store, "before")
    with holding():
        thread = threading.Thread(target=write, args=(store, "patient"))
        thread.start()
        time.sleep(TIMEOUT_MS / 1000 / 3)
    thread.join()
    assert patients.every_id(store) == ["before", "patient"]


def test_readers_beyond_the_pool_are_told(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.fresh_database()
    store = open_store(url)
    pool = store._pool  # type: ignore[attr-defined]
    monkeypatch.setattr(pool, "timeout", TIMEOUT_MS / 1000)
    inside, leave = threading.Barrier(pool.max_size + 1), threading.Event()

    def read() -> None:
        with store.reading():
            patients.count(store)
            inside.wait(10)
            leave.wait(10)

    threads = [threading.Thread(target=read) for _ in range(pool.max_size)]
    for thread in threads:
        thread.start()
    inside.wait(10)
    with pytest.raises(Unavailable):
        patients.count(store)
    leave.set()
    for thread in threads:
        thread.join()
    assert patients.count(store) == 0
    store.close()
    postgres.drop(url)


def test_a_server_that_went_down_and_came_back_is_found_again(tmp_path: Path) -> None:
    # A server of its own: crashing the shared one would be felt by every other test.
    with postgres_server() as server:
        url = server.fresh_database()
        store = open_store(url)
        store.migrate()
        write(store, "before")
        assert patients.count(store) == 1
        server.crash()
        with pytest.raises(Unavailable):
            write(store, "refused")
        with pytest.raises(Unavailable):
            patients.count(store)
        server.start()
        # Each connection notices by itself, at its first use, that it is none any more.
        soon(lambda: write(store, "after"))
        soon(lambda: patients.count(store))
        assert patients.every_id(store) == ["after", "before"]
        store.close()


def test_a_damaged_page_is_found(tmp_path: Path, service: Service) -> None:
    if not is_sqlite(service.store):
        # PostgreSQL keeps checksums of its own; there is nothing of ours to try.
        assert service.store.check() == []
        return
    for number in range(6):
        full_record(service, f"A{number}")
    copy = tmp_path / "copy.db"
    service.store.backup(str(copy))
    whole = SqliteStore(str(copy))
    assert whole.check() == []
    whole.close()
    damaged = bytearray(copy.read_bytes())
    assert len(damaged) > 40 * 4096
    for page in range(12, 36, 3):
        damaged[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    copy.write_bytes(damaged)
    opened = SqliteStore(str(copy))
    # Where the damage is such that even the check cannot read on, it says so by an error, which
    # `toxmon verify` prints like a finding.
    try:
        found = opened.check()
    except Unavailable as error:
        found = [str(error)]
    assert found != []
    opened.close()


def test_a_backup_is_whole_while_others_write(service: Service, tmp_path: Path) -> None:
    if not is_sqlite(service.store):
        return
    full_record(service)
    joined(service)
    receive(service, "A1")
    store, stop = service.store, threading.Event()
    written: list[str] = []

    def go_on() -> None:
        while not stop.is_set():
            name = f"p{len(written):04}"
            write(store, name)
            written.append(name)

    thread = threading.Thread(target=go_on)
    thread.start()
    while len(written) < 5:
        time.sleep(0.005)
    before = set(written)
    store.backup(str(tmp_path / "copy.db"))
    stop.set()
    thread.join()
    copy = SqliteStore(str(tmp_path / "copy.db"))
    assert copy.check() == []
    assert before <= set(patients.every_id(copy))
    assert all(copy.query(f"select 1 as one from {table} limit 1") for table in records(copy))
    copy.close()
