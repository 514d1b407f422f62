"""Processes that watch are killed, stopped and beside each other: every alarm is looked after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from tests.clock.test_steps import LIBRARY
from tests.conftest import KEY
from tests.faults.conftest import nurse_at
from tests.faults.senders import Client, assert_verified
from tests.faults.test_unavailable import locked
from tests.faults.watched import (
    Item,
    acknowledged,
    awaited,
    faked,
    feed,
    gravely_ill,
    opened,
)
from tests.running import Ward, running
from tests.telling.conftest import LOOPBACK, SECRET, Receiver, receivers, whsec
from toxmon import clock
from toxmon.actions import Service
from toxmon.actions.posting import Telling
from toxmon.protocol import Protocols
from toxmon.scheduler import Watch
from toxmon.scheduler.outside import Outside
from toxmon.store import beats, open_store

__all__ = ["receivers"]

Receivers = Callable[..., Receiver]
NIGHT_S = 9 * 3600
CATCH_UP_S = 30.0
PATIENTS = 6
CHANNEL = f"""
[[channel]]
name = "ehr"
kind = "webhook"
url = "{{url}}"
secret = "{whsec(SECRET)}"
"""


def heard_by(receiver: Receiver, folder: Path) -> dict[str, str]:
    """Settings of processes that tell one receiver everything."""
    file = folder / "channels.toml"
    file.write_text(CHANNEL.format(url=receiver.url), "utf-8")
    return {
        "TOXMON_CHANNELS": str(file),
        "TOXMON_WEBHOOK_ALLOW": f"127.0.0.1:{receiver.port}",
        "TOXMON_SWEEP_SECONDS": "1",
    }


@contextmanager
def watching(ward: Ward, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`toxmon scheduler` over the record of a server."""
    with ward.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "toxmon", "scheduler"],
            env={**ward.environment, **settings},
            cwd=ward.log.parent,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.hazard("H32")
@pytest.mark.hazard("H33")
def test_killed_in_the_evening_and_started_in_the_morning(
    tmp_path: Path, protocols: Protocols
) -> None:
    """What nobody did during the night is done at once, once, and says how late it is."""
    wall = tmp_path / "wall"
    with running(f"sqlite:///{tmp_path / 'ward.db'}", tmp_path, **faked(wall)) as ward:
        nurse = nurse_at(ward, protocols)
        _, first = gravely_ill(nurse, "K1")
        _, second = gravely_ill(nurse, "K2")
        acknowledged(nurse, second, datetime.now(UTC) + timedelta(minutes=10))
        before = set(opened(nurse))
        place = feed(nurse)[-1]["seq"]
        ward.stop(signal.SIGKILL)
        wall.write_text("+9h\n")
        ward.start()
        began = time.monotonic()

        def caught_up() -> list[Item] | None:
            found = feed(nurse, place)
            overdue = {each["alert_id"] for each in found if each["event"] == "raised"}
            told = {each["alert_id"] for each in found if each["event"] == "escalated"}
            over = {each["key"] for each in found if each["event"] == "returned"}
            all_told = {first["id"], second["id"]} <= told and overdue <= told
            return found if all_told and "technical:clock:still" in over else None

        found = awaited(caught_up, "the night was never caught up with", CATCH_UP_S)
        assert time.monotonic() - began < CATCH_UP_S
        time.sleep(1.5)  # Another beat, which must find nothing left to do.
        assert feed(nurse, place) == found

        def of(alert: Item) -> list[Item]:
            return [each for each in found if each["alert_id"] == alert["id"]]

        # One escalation for all the steps that were missed: three minutes were its first, and ten
        # those of the acknowledgement, after which the chain begins anew.
        (escalated,) = of(first)
        assert escalated["event"] == "escalated"
        assert 0 <= escalated["body"]["late_seconds"] - (NIGHT_S - 180) < 60
        assert escalated["body"]["missed"] > 100
        assert set(escalated["body"]["roles"]) >= {"charge_nurse", "on_call_physician"}
        assert [each["event"] for each in of(second)] == ["lapsed", "escalated"]
        assert 0 <= of(second)[1]["body"]["late_seconds"] - (NIGHT_S - 600) < 60
        # What was open is open; each check that was missed is one alarm, however often.
        now = opened(nurse)
        assert before <= set(now)
        assert {now[each]["signal"] for each in before} == {"sounding"}
        missed = [each for each in now.values() if each["rule"].startswith("check")]
        assert any("missed" in each["says"] for each in missed)
        keys = Counter((each["patient_id"], each["key"]) for each in now.values())
        assert max(keys.values()) == 1
        # And one alert says that none watched, and from when on.
        (night,) = [each for each in now.values() if each["patient_id"] is None]
        assert night["key"] == "technical:clock:still"
        assert "nothing was looked at for 9 h" in night["says"]
        assert nurse.call("GET", "//health/ready").status == 200
        assert_verified(ward)


@pytest.mark.slow
@pytest.mark.hazard("H34")
def test_three_processes_watch_and_each_escalation_is_told_once(
    database_url: str, tmp_path: Path, protocols: Protocols, receivers: Receivers
) -> None:
    """Two servers and a scheduler over one record: six acknowledgements end at the same moment."""
    receiver, folders = receivers(), [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    settings = heard_by(receiver, tmp_path)
    with (
        running(database_url, folders[0], **settings) as ward,
        running(database_url, folders[1], **settings) as other,
        watching(ward),
    ):
        nurse = nurse_at(ward, protocols)
        alerts = [gravely_ill(nurse, f"W{number}")[1] for number in range(PATIENTS)]
        until = datetime.now(UTC) + timedelta(seconds=5)
        place = feed(nurse)[-1]["seq"]
        for number, alert in enumerate(alerts):
            by = nurse if number % 2 else Client(other, nurse.token)
            acknowledged(by, alert, until)
        ended = awaited(
            lambda: [e for e in feed(nurse, place) if e["event"] == "escalated"][PATIENTS - 1 :],
            "the acknowledgements never ended",
        )
        assert ended[-1]["recorded_at"] >= until.isoformat().replace("+00:00", "Z")
        time.sleep(1.5)  # Whoever else would do it once more has had the time to.
        items = feed(nurse)
        assert feed(Client(other, nurse.token)) == items
        for alert in alerts:
            kinds = [each["event"] for each in items if each["alert_id"] == alert["id"]]
            assert kinds == ["raised", "escalated", "acknowledged", "lapsed", "escalated"]
        receiver.wait_for(len(items))
        assert len(set(receiver.ids())) == len(receiver.ids()) == len(items)
        told = [orjson.loads(body) for _, _, body in receiver.got]
        assert sorted(each["id"] for each in told) == sorted(each["id"] for each in items)
        assert_verified(ward)


@pytest.mark.slow
@pytest.mark.hazard("H67")
@pytest.mark.hazard("H42")
def test_the_only_process_that_sweeps_is_stopped(tmp_path: Path, protocols: Protocols) -> None:
    """A server that only answers says so within a minute; all its clocks are set ahead for that."""
    time_of_web = tmp_path / "web"
    time_of_web.write_text("-30\n")
    web = {
        "TOXMON_SCHEDULER": "no",
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(time_of_web),
        "FAKETIME_NO_CACHE": "1",
    }
    with running(f"sqlite:///{tmp_path / 'ward.db'}", tmp_path, **web) as ward:
        nurse = nurse_at(ward, protocols)

        def ready() -> tuple[int, str]:
            found = nurse.call("GET", "//health/ready")
            return found.status, found.body.get("reason", "")

        with watching(ward, LD_PRELOAD="", TOXMON_SWEEP_SECONDS="1") as sweeper:
            store = open_store(ward.database_url)
            awaited(lambda: len(beats.every(store)) >= 3, "the watch did not begin")
            time_of_web.write_text("+31\n")
            # A minute after it began nothing is taken on trust any more, and all is well.
            assert ready() == (200, "")
            os.kill(sweeper.pid, signal.SIGSTOP)
            time_of_web.write_text("+66\n")
            status, reason = ready()
            assert (status, "NOT MONITORED: no process sweeps" in reason) == (503, True)
            # It still takes what is sent: a proxy need not turn the bedside away for that.
            assert nurse.call("GET", "//health/web").status == 200
            assert nurse.call("GET", "//health/live").status == 200
            os.kill(sweeper.pid, signal.SIGCONT)
        store.close()


@pytest.mark.slow
@pytest.mark.hazard("H60")
@pytest.mark.hazard("H67")
def test_the_outside_hears_nothing_while_the_record_cannot_be_written(
    tmp_path: Path,
    protocols: Protocols,
    receivers: Receivers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the record locked by another, no beat is whole; free again, the next one is."""
    listener = receivers()
    url = f"sqlite:///{tmp_path / 'ward.db'}"
    store = open_store(url)
    store.migrate()
    service = Service(store, clock.SteadyClock(), KEY, protocols, UTC)
    watch = Watch(service, 1, Telling({}, LOOPBACK))
    watch.outside = Outside(listener.url, every_s=0.2)
    watch.start()
    try:
        listener.wait_for(3)
        with locked(url):
            time.sleep(0.5)  # What was on its way when it was locked may still arrive.
            had = len(listener.got)
            awaited(lambda: "could not reach the record" in caplog.text, "no beat has failed")
            time.sleep(0.5)
            assert len(listener.got) == had
        listener.wait_for(had + 2, 30)
        assert {line for line, _, _ in listener.got} == {"GET /hook"}
    finally:
        watch.shutdown()
        store.close()
