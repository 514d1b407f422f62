"""The wall clock is set under a process that watches: it beats on, and says so."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import libfaketime
import pytest

from tests.running import ROOT
from toxmon.store import Store, beats, open_store

LIBRARY = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
PATIENCE_S = 40.0


def until(true: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@contextmanager
def watching(folder: Path) -> Iterator[tuple[Store, Path, Path]]:
    """`toxmon scheduler` whose wall clock is set by writing a file: (store, that file, the log)."""
    url, step, log = f"sqlite:///{folder}/ward.db", folder / "step", folder / "log"
    store = open_store(url)
    store.migrate()
    step.write_text("+0\n")
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TOXMON_")}
    environment = {
        **clean,
        "PYTHONPATH": str(ROOT),
        "TOXMON_DATABASE_URL": url,
        "TOXMON_SECRET_KEY": "a key for tests, thirty-two bytes or more",
        "TOXMON_SWEEP_SECONDS": "1",
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(step),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "toxmon", "scheduler"],
            env=environment,
            cwd=folder,
            stdout=file,
            stderr=file,
        )
    try:
        yield store, step, log
        assert process.poll() is None, log.read_text()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        store.close()


@pytest.mark.slow
@pytest.mark.hazard("H18")
@pytest.mark.hazard("H19")
@pytest.mark.parametrize(("step", "words"), [("-9h", "back by 9 h"), ("+9h", "ahead by 9 h")])
def test_the_watch_goes_on_when_the_clock_is_set(tmp_path: Path, step: str, words: str) -> None:
    with watching(tmp_path) as (store, file, log):

        def swept(after: datetime) -> bool:
            row = beats.get(store, "sweep")
            return row is not None and row["at"] > after

        until(lambda: swept(datetime(2020, 1, 1, tzinfo=UTC)), log)
        began = time.monotonic()
        first = beats.get(store, "sweep")
        assert first is not None
        file.write_text(f"{step}\n")
        until(lambda: swept(first["at"] + timedelta(seconds=5)), log)
        row = beats.get(store, "sweep")
        assert row is not None
        # By its own clock, which was not set: what it noted is as much later as time has passed.
        passed = timedelta(seconds=time.monotonic() - began)
        assert row["at"] - first["at"] < passed + timedelta(seconds=8)
        assert words in log.read_text()
        rows = store.query("select rule, open from alarm where key = 'technical:clock:step'")
        assert rows == [{"rule": "technical:clock", "open": 1}]
