"""`kill -9` of the server under load: what was acknowledged is there, whole, and nothing is half.

Eight senders post a thousand sets between them; five times the server is killed in the middle and
started again on the same database. Each sender repeats with its key what was never answered.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading

import pytest

from tests.faults.senders import Client, Load, Sender, assert_verified, assert_whole, hour_ago
from tests.running import Ward

SENDERS = 8
SETS = {"sqlite": 1000, "postgresql": 400}
KILLS = {"sqlite": 5, "postgresql": 2}


def load_on(client: Client, sets: int) -> Load:
    began = hour_ago()
    return Load(
        [
            Sender(client, client.treated(f"K{n}", began), began, n, sets // SENDERS)
            for n in range(SENDERS)
        ]
    )


def children(ward: Ward) -> list[int]:
    """The processes that a server has started."""
    assert ward.process is not None
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(pid) for pid, parent in pairs if int(parent) == ward.process.pid]


@pytest.mark.slow
def test_no_acknowledged_set_is_lost_and_none_is_kept_twice(ward: Ward, nurse: Client) -> None:
    engine = ward.database_url.partition(":")[0]
    load, kills = load_on(nurse, SETS[engine]), KILLS[engine]
    load.start()
    seeded = random.Random(7)
    killed_at = []
    for kill in range(1, kills + 1):
        # Somewhere in the middle of each part of the posts, wherever the server is in them.
        load.wait_for(lambda kill=kill: load.done >= load.total * kill // (kills + 1))
        threading.Event().wait(seeded.uniform(0.001, 0.02))
        killed_at.append(load.done)
        ward.stop(signal.SIGKILL)
        ward.start()
    load.finish()
    assert killed_at[-1] < load.total, "the last kill came after the last post"
    assert load.done == load.total
    assert_whole(load)
    assert_verified(ward)


@pytest.mark.slow
def test_a_killed_child_is_replaced_by_the_server_itself(ward: Ward, nurse: Client) -> None:
    load = load_on(nurse, 240)
    load.start()
    load.wait_for(lambda: load.done >= load.total // 3)
    before = children(ward)
    # The one that answers; its parent only watches.
    for child in before:
        os.kill(child, signal.SIGKILL)
    load.finish()
    assert ward.process is not None
    assert ward.process.poll() is None
    assert not set(children(ward)) & set(before)
    assert load.done == load.total
    assert_whole(load)
    assert_verified(ward)


@pytest.mark.slow
def test_nobody_goes_on_answering_when_the_server_is_killed(ward: Ward, nurse: Client) -> None:
    # Two that write to one file without knowing of each other would be the end of it: the child
    # must go with its parent, and without anybody killing it too.
    patient = nurse.treated("A1", hour_ago())
    assert ward.process is not None
    os.kill(ward.process.pid, signal.SIGKILL)
    ward.process.wait()
    waited = 0.0
    while nurse.call("GET", f"/patients/{patient}").status != 0:
        assert waited < 5
        threading.Event().wait(0.05)
        waited += 0.05
    ward.start()
    assert nurse.call("GET", f"/patients/{patient}").status == 200
