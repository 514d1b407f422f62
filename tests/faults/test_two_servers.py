"""Two servers over one record: they take turns, and of two who do the same only one did it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

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
from tests.running import running
from toxmon.protocol import Protocols

RACES = 25


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def nurses(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    protocols: Protocols,
) -> Iterator[tuple[Client, Client]]:
    """One nurse at two servers over one record; in the end the record is verified."""
    folders = [tmp_path_factory.mktemp("server") for _ in range(2)]
    url = f"sqlite:///{folders[0] / 'ward.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").fresh_database()
    with running(url, folders[0]) as first, running(url, folders[1]) as second:
        nurse = nurse_at(first, protocols)
        yield nurse, Client(second, nurse.token)
        assert_verified(first)


def at_once(*acts: Callable[[], Reply]) -> list[Reply]:
    """Do several things at the same time, and give the answers in the order of the acts."""
    start = threading.Barrier(len(acts))
    replies: dict[int, Reply] = {}

    def run(place: int) -> None:
        start.wait(10)
        replies[place] = acts[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [replies[place] for place in range(len(acts))]


@pytest.mark.slow
def test_posts_to_one_patient_through_both_servers(nurses: tuple[Client, Client]) -> None:
    began = hour_ago()
    patient = nurses[0].treated("R1", began)
    senders = [
        # Each has minutes of its own, so that most sets come late and are folded again.
        Sender(nurses[number % 2], patient, began + timedelta(minutes=number), number, 25)
        for number in range(8)
    ]
    load = Load(senders)
    load.start()
    load.finish()
    assert load.done == load.total
    assert not any(sender.turned_away for sender in senders), "nobody should have had to wait long"
    versions = sorted(version for sender in senders for version in sender.versions)
    # The patient is version 1 and the infusion version 2. A sweep may have kept a lapse meanwhile.
    first = nurses[0].ask("GET", f"/patients/{patient}")["version"]
    assert versions == list(range(3, 3 + load.total))
    assert first >= versions[-1]
    assert_whole(load)


@pytest.mark.slow
def test_of_two_corrections_at_once_one_is_kept(nurses: tuple[Client, Client]) -> None:
    one, other = nurses
    began = hour_ago()
    patient = one.treated("R2", began)
    winners = set()
    for race in range(RACES):
        at = began + timedelta(seconds=race)
        kept = one.ask("POST", f"/patients/{patient}/observations", vitals(at))
        path = f"/observations/{kept['observations'][0]['id']}/corrections"
        right = {"unit": "Cel", "reason": "typed wrong"}
        replies = at_once(
            partial(one.post, path, {**right, "value": 37.1}),
            partial(other.post, path, {**right, "value": 37.2}),
        )
        assert sorted(reply.status for reply in replies) == [201, 409], replies
        winners.add(replies[0].status == 201)
    corrected = [each for each in one.everything(patient) if each["replaces_id"]]
    assert len(corrected) == RACES
    assert len({each["replaces_id"] for each in corrected}) == RACES
    assert winners == {True, False}, "the same server always came first: no race was run"


@pytest.mark.slow
def test_of_two_patients_with_one_identifier_one_is_admitted(nurses: tuple[Client, Client]) -> None:
    for race in range(RACES):
        new = {"identifiers": [{"system": "urn:mrn", "value": f"same-{race}"}], "unit": "bmt-1"}
        replies = at_once(*(partial(client.post, "/patients", new) for client in nurses))
        assert sorted(reply.status for reply in replies) == [201, 409], replies


@pytest.mark.slow
def test_one_key_at_two_servers_has_one_effect(nurses: tuple[Client, Client]) -> None:
    began = hour_ago()
    patient = nurses[0].treated("R4", began)
    path = f"/patients/{patient}/observations"
    for race in range(RACES):
        body, key = vitals(began + timedelta(seconds=race)), f"key-{race}"
        replies = at_once(*(partial(client.post, path, body, key) for client in (*nurses, *nurses)))
        assert [reply.status for reply in replies] == [201] * 4, replies
        assert all(reply.body == replies[0].body for reply in replies)
    assert len(nurses[0].everything(patient)) == RACES * len(VITALS)
