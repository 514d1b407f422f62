"""How long a message takes to a receiver that is well, while ten thousand wait for a dead one.

From the row in the outbox to the last byte at the receiver, in threads of one process over a real
socket. Each round measures the same without and with what waits, one after the other, and the
ratio is of the two 95th percentiles of a round. Dead is one that hangs, or that nobody answers for.

    python -m benchmarks.deliveries
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import filling
from benchmarks.rounds import Say
from tests.postgres import postgres_server
from toxmon import clock
from toxmon.actions import Service, outbox
from toxmon.actions.posting import Telling
from toxmon.channels import Channel
from toxmon.scheduler import told_of_delivery
from toxmon.scheduler.lanes import Lanes
from toxmon.store import Row, deliveries, ids
from toxmon.webhooks import read_allowed

SQLITE, POSTGRES = "SQLite", "PostgreSQL"
WELL, DEAD, HANGS, NOBODY = "well", "dead", "hangs", "nobody answers"
WAITING, PATIENTS, MEASURED, ROUNDS = 10_000, 40, 60, 5
LOOPBACK = read_allowed("127.0.0.0/8")
SECRET = bytes(32)
BUSY_S = 1.0
"""The dead lane is let work so long before anything is measured beside it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One database and one way to be dead: 95th percentiles in ms, medians of the rounds."""

    name: str
    dead: str
    alone_ms: float
    beside_ms: float
    ratio: float


def told(folder: Path, say: Say, waiting: int = WAITING, rounds: int = ROUNDS) -> list[Told]:
    """Both databases, each with a receiver that hangs and with one that nobody answers for."""
    found = []
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(data_in=folder))
        for dead in (HANGS, NOBODY):
            name = dead.replace(" ", "-")
            urls = {
                SQLITE: f"sqlite:///{folder / f'{name}.db'}",
                POSTGRES: postgres.fresh_database(),
            }
            for database, url in urls.items():
                say(f"messages beside {waiting:,} for a dead receiver ({dead}), {database}")
                found.append(_one(database, url, folder, dead, waiting, rounds))
    return found


def _one(database: str, url: str, folder: Path, dead: str, waiting: int, rounds: int) -> Told:
    alone, beside, ratios = [], [], []
    with filling.opened(url, folder) as service, _receiver() as well, _receiver(hangs=True) as hung:
        # A port that nobody listens at: refused at once, which keeps a lane busiest.
        port = hung.port if dead == HANGS else 9
        channels = {
            WELL: Channel(WELL, "webhook", f"http://127.0.0.1:{well.port}/", (SECRET,)),
            DEAD: Channel(DEAD, "webhook", f"http://127.0.0.1:{port}/", (SECRET,)),
        }
        for _ in range(rounds):
            first = _measured(service, channels, well)
            _fill(service, DEAD, waiting)
            second = _measured(service, channels, well)
            _empty(service)
            alone.append(first)
            beside.append(second)
            ratios.append(second / first)
    return Told(database, dead, median(alone), median(beside), median(ratios))


def _measured(service: Service, channels: dict[str, Channel], well: Receiver) -> float:
    """The 95th percentile of the milliseconds from the outbox to the receiver."""
    lanes = Lanes(service, Telling(channels, LOOPBACK), told_of_delivery, "benchmark")
    # What a round left in the middle is taken away from under it, and that is no trouble here.
    logging.getLogger("toxmon.deliver").setLevel(logging.CRITICAL)
    lanes.start()
    time.sleep(BUSY_S)
    took = []
    try:
        for number in range(MEASURED):
            well.came.clear()
            began = clock.elapsed()
            _wait(service, WELL, [f"patient-{number % PATIENTS}"])
            lanes.kick()
            if not well.came.wait(20):
                raise RuntimeError("a message to the receiver that is well did not come")
            took.append((clock.elapsed() - began) * 1000)
    finally:
        lanes.shutdown()
    return quantiles(took, n=20)[-1]


def _fill(service: Service, channel: str, count: int) -> None:
    for start in range(0, count, 500):
        _wait(service, channel, [f"patient-{n % PATIENTS}" for n in range(start, start + 500)])


def _wait(service: Service, channel: str, patients: list[str]) -> None:
    """Let a message for each of these wait."""
    now: datetime = service.clock()
    rows: list[Row] = []
    for place, patient in enumerate(patients):
        about = {
            "id": ids.new_id(now), "type": "grade.changed", "patient_id": None, "unit": "bmt-1",
        }  # fmt: skip
        body: dict[str, Any] = {"event": "grade.changed", "at": now, "of": {"scale": "crs"}}
        turn = int(now.timestamp() * 1_000_000) + place
        rows.append(
            outbox.message(
                now, about, (channel, channel), body, priority="low", strand=patient, turn=turn
            )
        )
    with service.store.writing():
        deliveries.add(service.store, rows)


def _empty(service: Service) -> None:
    with service.store.writing():
        service.store.execute("delete from delivery")


class Receiver:
    """A server on this machine that takes everything, or takes it and says nothing."""

    def __init__(self, hangs: bool) -> None:
        self.hangs = hangs
        self.came = threading.Event()
        self.released = threading.Event()
        self.port = 0


@contextmanager
def _receiver(*, hangs: bool = False) -> Iterator[Receiver]:
    receiver = Receiver(hangs)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            receiver.came.set()
            if receiver.hangs:
                receiver.released.wait(60)
                return
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        server.shutdown()
        server.server_close()


def main() -> int:
    """Measure, and print a line for each."""
    with tempfile.TemporaryDirectory(prefix="toxmon-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for each in told(folder, lambda words: print(words, file=sys.stderr, flush=True)):
            print(
                f"{each.name}, {each.dead}: p95 {each.alone_ms:.1f} ms alone, "
                f"{each.beside_ms:.1f} ms beside, ratio {each.ratio:.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
