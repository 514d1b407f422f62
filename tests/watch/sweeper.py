"""A process that sweeps, and may die or stand still right after it has claimed something.

    python -m tests.watch.sweeper URL BASE BEGAN DIES PAUSES

Its clock shows BASE at the instant BEGAN of the machine's own clock, which all processes share. At
the claim number DIES it dies without a word, at the claim number PAUSES it stands still for longer
than its lease; 0 is never.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.conftest import KEY
from toxmon.actions import Service
from toxmon.actions.sweep import sweep
from toxmon.protocol import load_protocols
from toxmon.store import Store, open_store

LEASE = timedelta(seconds=1)
AT_ONCE = 5


class Mortal:
    """A store that notices when a claim was kept."""

    def __init__(self, store: Store, dies: int, pauses: int) -> None:
        self._store, self._dies, self._pauses = store, dies, pauses
        self._claims, self._claimed = 0, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def execute(self, sql: str, *args: Any, **more: Any) -> int:
        self._claimed = self._claimed or "set lease_at = :lease_at" in sql
        return self._store.execute(sql, *args, **more)

    @contextmanager
    def writing(self) -> Iterator[None]:
        self._claimed = False
        with self._store.writing():
            yield
        if self._claimed:
            self._claimed = False
            self._claims += 1
            if self._claims == self._dies:
                os._exit(9)
            if self._claims == self._pauses:
                time.sleep(1.5 * LEASE.total_seconds())


def main(url: str, base: str, began: str, dies: str, pauses: str) -> None:
    store: Any = Mortal(open_store(url), int(dies), int(pauses))

    def clock() -> datetime:
        return datetime.fromisoformat(base) + timedelta(seconds=time.monotonic() - float(began))

    service = Service(store, clock, KEY, load_protocols(), ZoneInfo("Europe/Berlin"))
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        swept = sweep(service, LEASE, AT_ONCE)
        if swept.next_at is None or swept.next_at > clock() + 5 * LEASE:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
