"""The database locked, or gone: 503 with the time to try again, nothing half kept, then success."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.faults.conftest import nurse_at
from tests.faults.senders import (
    VITALS,
    Client,
    Load,
    Reply,
    Sender,
    assert_verified,
    assert_whole,
    hour_ago,
    vitals,
)
from tests.postgres import postgres_server
from tests.running import Ward, running
from toxmon.protocol import Protocols
from toxmon.store import open_store
from toxmon.store.postgres import WRITING_LOCK
from toxmon.store.sqlite import choose_library

LONGER_THAN_ANYBODY_WAITS_S = 12.0
"""toxmon waits 5 s for a lock."""


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Hold the lock that a writer needs."""
    if url.startswith("sqlite"):
        library, _ = choose_library()
        connection = library.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        connection.execute("begin immediate")
        yield
        connection.execute("rollback")
        connection.close()
    else:
        with psycopg.connect(url) as connection:
            connection.execute("select pg_advisory_xact_lock(%s)", (WRITING_LOCK,))
            yield


def assert_turned_away(reply: Reply) -> None:
    assert reply.status == 503, reply
    assert int(reply.headers["retry-after"]) >= 1
    assert reply.headers["content-type"].startswith("application/problem+json")
    assert reply.body["status"] == 503


@pytest.mark.slow
def test_a_locked_database_turns_away_and_the_same_key_succeeds_later(
    ward: Ward, nurse: Client
) -> None:
    began = hour_ago()
    patient = nurse.treated("L1", began)
    path = f"/patients/{patient}/observations"
    replies: dict[int, Reply] = {}

    def post(number: int) -> None:
        at = began + timedelta(seconds=number)
        replies[number] = nurse.post(path, vitals(at), f"key-{number}")

    with locked(ward.database_url):
        threads = [threading.Thread(target=post, args=(number,)) for number in range(6)]
        asked_at = time.monotonic()
        for thread in threads:
            thread.start()
        # Who reads is not kept waiting for it.
        answer = nurse.call("GET", "/grade")
        assert answer.status == 200
        assert time.monotonic() - asked_at < 2
        for thread in threads:
            thread.join()
        took = time.monotonic() - asked_at
    assert took < LONGER_THAN_ANYBODY_WAITS_S, "they waited one after the other"
    for reply in replies.values():
        assert_turned_away(reply)
    assert nurse.everything(patient) == []
    for number in range(6):
        post(number)
        assert replies[number].status == 201
    assert len(nurse.everything(patient)) == 6 * len(VITALS)
    assert_verified(ward)


@pytest.mark.slow
def test_a_lock_that_is_short_is_waited_for(ward: Ward, nurse: Client) -> None:
    began = hour_ago()
    patient = nurse.treated("L2", began)
    replies: list[Reply] = []

    def post() -> None:
        replies.append(nurse.post(f"/patients/{patient}/observations", vitals(began), "key"))

    with locked(ward.database_url):
        thread = threading.Thread(target=post)
        thread.start()
        time.sleep(1)
        assert replies == []
    thread.join()
    assert [reply.status for reply in replies] == [201]


@pytest.mark.slow
def test_a_database_that_crashes_is_waited_out(tmp_path: Path, protocols: Protocols) -> None:
    """A power cut of the PostgreSQL server in the middle of the load."""
    with postgres_server() as server:
        url = server.fresh_database()
        store = open_store(url)
        store.migrate()
        store.close()
        with running(url, tmp_path) as ward:
            nurse = nurse_at(ward, protocols)
            began = hour_ago()
            load = Load(
                [Sender(nurse, nurse.treated(f"C{n}", began), began, n, 60) for n in range(8)]
            )
            load.start()
            for part in (1, 2):
                load.wait_for(lambda part=part: load.done >= load.total * part // 3)
                server.crash()
                turned = sum(len(sender.turned_away) for sender in load.senders)
                load.wait_for(
                    lambda turned=turned: (
                        sum(len(sender.turned_away) for sender in load.senders) > turned
                    )
                )
                ready = _ready(ward)
                assert ready.status == 503
                server.start()
            load.finish()
            assert load.done == load.total
            # One who reads may still meet a connection of before the crash, and then no other.
            load.wait_for(lambda: _ready(ward).status == 200)
            for sender in load.senders:
                for reply in sender.turned_away:
                    assert_turned_away(reply)
            assert_whole(load)
            assert_verified(ward)


def _ready(ward: Ward) -> Reply:
    return Client(ward, "").call("GET", "//health/ready")
