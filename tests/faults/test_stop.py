"""Told to stop, it stops: within ten seconds, with nothing lost, and without an error."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from tests.faults.senders import Client, Load, Sender, assert_verified, assert_whole, hour_ago
from tests.running import Ward

WITHIN_S = 10.0


@pytest.mark.slow
@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_in_good_order(
    ward: Ward, nurse: Client, with_signal: signal.Signals
) -> None:
    began = hour_ago()
    load = Load([Sender(nurse, nurse.treated(f"S{n}", began), began, n, 500) for n in range(4)])
    load.start()
    load.wait_for(lambda: load.done >= 40)
    stopped_at = time.monotonic()
    code = ward.stop(with_signal)
    took = time.monotonic() - stopped_at
    load.stop()
    for thread in load.threads:
        thread.join()
    assert code == 0, ward.log.read_text()
    assert took < WITHIN_S
    assert load.done < load.total, "it stopped after the last post: nothing was tried"
    assert "Traceback" not in ward.log.read_text()
    ward.start()
    # What was under way when it stopped may have been kept without an answer; the same key tells.
    for sender in load.senders:
        sender.stopped = False
        for place in range(len(sender.acknowledged) + 1):
            if place not in sender.acknowledged:
                sender.send(place)
    assert_whole(load)
    assert_verified(ward)


@pytest.mark.slow
@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_scheduler_stops_in_good_order(ward: Ward, with_signal: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "toxmon", "scheduler"],
        env=ward.environment, cwd=ward.log.parent, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert "watching" in process.stderr.readline()
    time.sleep(0.3)
    process.send_signal(with_signal)
    _, said = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 0
    assert said == "toxmon scheduler has stopped\n"
