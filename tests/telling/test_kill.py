"""A process is killed between the post and the note: the same message goes out again."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import KEY
from tests.running import ROOT
from tests.telling.conftest import SECRET, Receiver, states, waiting, whsec
from toxmon import clock
from toxmon.actions import Service
from toxmon.protocol import Protocols
from toxmon.store import open_store

CHANNELS = """
[[channel]]
name = "ehr"
kind = "webhook"
url = "{url}"
secret = "{secret}"
"""


@contextmanager
def telling(url: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`toxmon scheduler` with one webhook."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("TOXMON_")}
    settings = {
        "PYTHONPATH": str(ROOT),
        "TOXMON_DATABASE_URL": url,
        "TOXMON_SECRET_KEY": KEY.decode(),
        "TOXMON_LEASE_SECONDS": "10",
        "TOXMON_CHANNELS": "channels.toml",
        "TOXMON_WEBHOOK_ALLOW": f"127.0.0.1:{port}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "toxmon", "scheduler"], env={**clean, **settings}, cwd=folder
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.hazard("H35")
def test_killed_while_it_posts(
    database_url: str,
    tmp_path: Path,
    protocols: Protocols,
    receivers: Callable[..., Receiver],
) -> None:
    receiver = receivers("hangs")
    text = CHANNELS.format(url=receiver.url, secret=whsec(SECRET))
    (tmp_path / "channels.toml").write_text(text, "utf-8")
    store = open_store(database_url)
    service = Service(store, clock.now, KEY, protocols, ZoneInfo("Europe/Berlin"))
    waiting(service, "one")
    with telling(database_url, tmp_path, receiver.port):
        receiver.wait_for(1, 60)
        assert states(service) == {"one": "waits"}
    receiver.answers = 200
    receiver.released.set()
    with telling(database_url, tmp_path, receiver.port):
        receiver.wait_for(2, 60)
        assert receiver.ids() == ["one", "one"]
        for _ in range(100):
            if states(service) == {"one": "sent"}:
                break
            time.sleep(0.1)
        assert states(service) == {"one": "sent"}
    store.close()
