"""The database that is lent to one test after another shows none of them what another left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.conftest import KEY, Clock
from tests.lent import Lent
from tests.postgres import PostgresServer
from toxmon.actions import Service, tokens
from toxmon.protocol import Protocols
from toxmon.store import StoreError, Unavailable

NEXT = "select nextval(pg_get_serial_sequence('fact', 'seq')) as n"


@pytest.fixture
def lent(postgres: PostgresServer) -> Iterator[Lent]:
    found = Lent(postgres)
    yield found
    found.give_up()


def test_rows_are_taken_out_and_the_database_stays(lent: Lent, protocols: Protocols) -> None:
    url = lent.database()
    for _ in range(2):
        assert lent.database() == url
        store = lent.store()
        assert store.query("select count(*) as n from token") == [{"n": 0}]
        service = Service(store, Clock(), KEY, protocols, ZoneInfo("UTC"))
        tokens.create(service, "nurse", "Nurse")
        # It cannot be taken away by whoever it is kept for.
        with pytest.raises(StoreError), store.writing():
            store.execute("delete from token")
        # Rows are counted from 1 for each test.
        assert store.query(NEXT) == [{"n": 1}]
        lent.take_back()
        with pytest.raises(Unavailable):
            store.query("select 1 as one")


def a_table(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("create table left_behind (x int)")


def a_trigger_that_is_off(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("alter table token disable trigger user")


def a_connection(url: str) -> None:
    left.append(psycopg.connect(url))


left: list[psycopg.Connection] = []


@pytest.mark.parametrize("leave", [a_table, a_trigger_that_is_off, a_connection])
def test_what_is_more_than_rows_ends_the_database(lent: Lent, leave: Callable[[str], None]) -> None:
    url = lent.database()
    lent.store().query("select 1 as one")
    leave(url)
    lent.take_back()
    assert lent.database() != url
    while left:
        left.pop().close()
