"""The PostgreSQL that the store's tests run on keeps its promises."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.postgres import NotStarted, PostgresServer, postgres_server


def migrate(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table fact (id int primary key)")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with postgres_server() as running:
        running.prepare(migrate)
        yield running


def test_a_fresh_database_is_migrated_and_nobody_elses(server: PostgresServer) -> None:
    one, other = server.fresh_database(), server.fresh_database()
    with psycopg.connect(one) as connection:
        connection.execute("insert into fact values (1)")
    with psycopg.connect(other) as connection:
        assert connection.execute("select count(*) from fact").fetchone() == (0,)
        assert connection.execute("show fsync").fetchone() == ("on",)


def test_what_was_committed_outlives_a_crash(server: PostgresServer) -> None:
    url = server.fresh_database()
    with psycopg.connect(url) as connection:
        connection.execute("insert into fact values (7)")
    with psycopg.connect(url) as connection:
        server.crash()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("select id from fact").fetchall() == [(7,)]


def test_a_dropped_database_is_gone(server: PostgresServer) -> None:
    url = server.fresh_database()
    server.drop(url)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_a_server_that_cannot_start_says_why() -> None:
    with postgres_server() as server:
        server.stop()
        control = server.data / "global" / "pg_control"
        control.rename(control.with_suffix(".gone"))
        with pytest.raises(NotStarted, match="pg_control"):
            server.start()
