"""What is told is durable and whole: snapshots, groups of writers, the failure of one or of all."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.rows import is_sqlite, patient_row
from toxmon.store import EVER, NEVER, Conflict, Store, StoreError, Unavailable, folds, patients

PATIENCE_S = 10.0

YEAR_1900 = datetime(1900, 1, 1, tzinfo=UTC)
CENTURIES = timedelta(days=300 * 365)
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.builds(
    lambda since, offset: (YEAR_1900 + since).astimezone(offset),
    st.timedeltas(timedelta(0), CENTURIES),
    offsets,
)


def there(store: Store) -> set[str]:
    return set(patients.every_id(store))


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.002)


class Told:
    """Runs blocks in threads and notes what each was told: None, or the error."""

    def __init__(self) -> None:
        self.errors: dict[str, BaseException | None] = {}
        self.threads: list[threading.Thread] = []

    def start(self, name: str, block: Callable[[], None]) -> None:
        def run() -> None:
            try:
                block()
                self.errors[name] = None
            except BaseException as error:  # noqa: BLE001 - tests look at it
                self.errors[name] = error

        thread = threading.Thread(target=run, daemon=True)
        self.threads.append(thread)
        thread.start()

    def all(self) -> dict[str, BaseException | None]:
        for thread in self.threads:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
        return self.errors


def one_group(
    store: Store, blocks: dict[str, Callable[[], None]], told: Told | None = None
) -> dict[str, BaseException | None]:
    """Run blocks as members of one group, in this order, and give what each was told.

    The first holds its turn until all others have queued.
    """
    told = told or Told()
    writer = store._writer  # type: ignore[attr-defined]
    (first, first_block), *others = blocks.items()
    entered, queued = threading.Event(), threading.Event()

    def hold() -> None:
        with store.writing():
            entered.set()
            assert queued.wait(PATIENCE_S)
            first_block()

    def turn(block: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with store.writing():
                block()

        return run

    told.start(first, hold)
    assert entered.wait(PATIENCE_S)
    for place, (name, block) in enumerate(others, start=1):
        told.start(name, turn(block))
        wait_for(lambda place=place: writer._waiting >= place)  # type: ignore[misc]
    queued.set()
    return told.all()


def adding(store: Store, name: str) -> Callable[[], None]:
    return lambda: patients.add(store, patient_row(name), [])


@given(at=instants)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_an_instant_comes_back_to_the_microsecond(store: Store, at: datetime) -> None:
    with store.writing():
        folds.add_checkpoint(store, "t", at, "{}", "{}")
    found = store.query("select at from checkpoint where at = :at", {"at": at})
    assert [row["at"] for row in found] == [at]
    assert found[0]["at"].utcoffset() == timedelta(0)


def test_instants_sort_by_time_and_not_by_how_they_were_written(store: Store) -> None:
    zone = timezone(timedelta(hours=9))
    ats = [
        datetime(2026, 3, 1, 8, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 8, tzinfo=UTC),
        datetime(2026, 3, 1, 16, 59, 59, 999_999, tzinfo=zone),
        datetime(2026, 3, 1, 17, 0, 0, 2, tzinfo=zone),
    ]
    with store.writing():
        for at in ats:
            folds.add_checkpoint(store, "t", at, "{}", "{}")
    found = [row["at"] for row in store.query("select at from checkpoint order by at")]
    assert found == sorted(ats)
    assert all(NEVER < at < EVER for at in ats)


def test_reading_sees_one_snapshot(store: Store) -> None:
    with store.writing():
        adding(store, "a")()
    with store.reading():
        assert there(store) == {"a"}
        told = Told()
        told.start("b", lambda: _write(store, "b"))
        assert told.all() == {"b": None}
        assert there(store) == {"a"}
        with store.reading():
            assert there(store) == {"a"}
        assert there(store) == {"a"}, "the inner block must not end the snapshot of the outer"
    assert there(store) == {"a", "b"}


def _write(store: Store, name: str) -> None:
    with store.writing():
        adding(store, name)()


def test_writing_sees_what_it_has_written(store: Store) -> None:
    with store.writing():
        adding(store, "a")()
        assert there(store) == {"a"}
        patients.advance(store, "a", 7, datetime(2026, 3, 1, tzinfo=UTC))
        assert patients.heads(store, "a")[0]["version"] == 7


def test_a_write_outside_of_writing_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        adding(store, "a")()
    assert there(store) == set()


def test_of_sixteen_writers_only_those_who_fail_leave_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits = []
    commit = store.commit  # type: ignore[attr-defined]
    monkeypatch.setattr(store, "commit", lambda: (commit(), commits.append(1)))
    with store.writing():
        adding(store, "taken")()
    told, start = Told(), threading.Barrier(16)

    def fail(name: str, how: int) -> None:
        with store.writing():
            adding(store, name)()
            if how == 1:
                raise ZeroDivisionError
            adding(store, "taken")()

    def writer(number: int) -> None:
        start.wait(PATIENCE_S)
        for turn in range(6):
            name = f"{number}-{turn}"
            how = (number + turn) % 4
            if how in (0, 3):
                _write(store, name)
                kept.add(name)
                continue
            with pytest.raises({1: ZeroDivisionError, 2: Conflict}[how]):
                fail(name, how)

    kept: set[str] = set()
    for number in range(16):
        told.start(str(number), lambda number=number: writer(number))  # type: ignore[misc]
    assert told.all() == {str(number): None for number in range(16)}
    assert there(store) == kept | {"taken"}
    assert len(kept) == 48
    heads = {row["patient_id"] for row in store.query("select patient_id from head")}
    assert heads == there(store), "a patient without its head was kept by half"
    assert len(commits) < 49, "no two writers ever shared a commit: nothing was tried"


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_the_error_of_one_member_undoes_its_own_rows(store: Store, failing: int) -> None:
    def fail() -> None:
        adding(store, "wrong")()
        raise ZeroDivisionError

    blocks = {str(place): adding(store, f"p{place}") for place in range(3)}
    told = one_group(store, {**blocks, str(failing): fail})
    assert isinstance(told.pop(str(failing)), ZeroDivisionError)
    assert set(told.values()) == {None}
    assert there(store) == {f"p{place}" for place in range(3) if place != failing}


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_who_was_told_done_is_kept_also_when_the_read_of_another_fails(
    store: Store, failing: int
) -> None:
    def fail() -> None:
        store.query("select no_such_column from patient")

    blocks = {str(place): adding(store, f"p{place}") for place in range(3)}
    told = one_group(store, {**blocks, str(failing): fail})
    assert isinstance(told[str(failing)], StoreError)
    done = {f"p{name}" for name, error in told.items() if error is None}
    assert there(store) == done
    _write(store, "next")
    assert there(store) == done | {"next"}


def test_nobody_is_told_done_before_the_commit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, reached, go = store.commit, threading.Event(), threading.Event()  # type: ignore[attr-defined]
    told, early = Told(), []

    def slowly() -> None:
        reached.set()
        assert go.wait(PATIENCE_S)
        commit()

    monkeypatch.setattr(store, "commit", slowly)

    def look() -> None:
        assert reached.wait(PATIENCE_S)
        time.sleep(0.1)
        early.append(dict(told.errors))
        go.set()

    looking = threading.Thread(target=look)
    looking.start()
    one_group(store, {name: adding(store, name) for name in "abc"}, told)
    looking.join()
    assert early == [{}]
    assert told.errors == {"a": None, "b": None, "c": None}
    assert there(store) == {"a", "b", "c"}


def test_a_commit_that_fails_is_told_to_every_member(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise Unavailable("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "commit", full)
        told = one_group(store, {name: adding(store, name) for name in "abc"})
    assert {name: type(error) for name, error in told.items()} == dict.fromkeys("abc", Unavailable)
    assert len({id(error) for error in told.values()}) == 3, "an exception belongs to one thread"
    assert there(store) == set()
    _write(store, "next")
    assert there(store) == {"next"}


def test_a_connection_that_dies_in_a_group_is_told_to_every_member(store: Store) -> None:
    if is_sqlite(store):

        def die() -> None:
            # What a full disk or a failed write does on its own: the whole transaction goes.
            adding(store, "b")()
            store._writer_db.execute("rollback")  # type: ignore[attr-defined]
            raise ZeroDivisionError
    else:

        def die() -> None:
            adding(store, "b")()
            pid = store.query("select pg_backend_pid() as pid")[0]["pid"]
            with store._pool.connection() as other:  # type: ignore[attr-defined]
                other.execute("select pg_terminate_backend(%s)", (pid,))
            store.query("select 1 as one")

    told = one_group(store, {"a": adding(store, "a"), "b": die, "c": adding(store, "c")})
    done = {name for name, error in told.items() if error is None}
    assert there(store) == done
    assert not done & {"a", "b"}
    _write(store, "next")
    assert there(store) == done | {"next"}
