"""Messages of 20 results over MLLP, each durable and answered, beside what the disk allows.

The floor is a commit of 20 rows by the writer of `benchmarks.floor`, by as many senders at once.
Both take turns in one run, on one disk; the goal is 100 messages a second, or the floor where that
is lower.

    python -m benchmarks.hl7 [--data-in FOLDER] [--seconds S] [--lines N]
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import filling, machine
from benchmarks.floor import Writer
from benchmarks.load import WrongAnswer
from benchmarks.servers import GONE_WITHIN_S, ROOT, NotStarted, free_port, settings
from toxmon import clock
from toxmon.actions import tokens

GOAL = 100.0
RESULTS = 20
STEP = timedelta(milliseconds=250)
BEGIN, END = b"\x0b", b"\x1c\r"
CODES = (
    ("718-7", "12.5", "g/dL"), ("777-3", "250", "10*3/uL"), ("6690-2", "5.1", "10*3/uL"),
    ("751-8", "2.5", "10*3/uL"), ("731-0", "1.5", "10*3/uL"), ("2276-4", "500", "ng/mL"),
    ("1988-5", "70", "mg/L"), ("3255-7", "300", "mg/dL"), ("2532-0", "250", "U/L"),
    ("1920-8", "30", "U/L"), ("1742-6", "30", "U/L"), ("1975-2", "0.8", "mg/dL"),
    ("1968-7", "0.2", "mg/dL"), ("2571-8", "150", "mg/dL"), ("2160-0", "0.9", "mg/dL"),
    ("6301-6", "1.0", "{INR}"), ("14979-9", "30", "s"), ("5902-2", "12", "s"),
    ("2465-3", "900", "mg/dL"), ("26881-3", "40", "pg/mL"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """Messages a second of each round, of the floor and of toxmon."""

    floor: tuple[float, ...]
    toxmon: tuple[float, ...]

    @property
    def goal(self) -> float:
        """The messages a second that are wanted."""
        return min(GOAL, median(self.floor))

    @property
    def ratio(self) -> float:
        """What is reached of the goal; 1 or more is all of it."""
        return median(self.toxmon) / self.goal


def message(mrn: str, number: int, at: str) -> bytes:
    """A message of 20 results of one patient."""
    lines = [
        rf"MSH|^~\&|LAB|HOSP|TOXMON|SITE|{at}||ORU^R01^ORU_R01|{mrn}-{number}|P|2.5.1",
        f"PID|1||{mrn}^^^urn:benchmark^MR||Doe^Jane||19610502|F",
        f"OBR|1|P{number}|F{mrn}-{number}^LAB|CHEM|||{at}",
        *(
            f"OBX|{place}|NM|{code}^^LN||{value}|{unit}^^UCUM|||||F"
            for place, (code, value, unit) in enumerate(CODES, 1)
        ),
    ]
    return ("\r".join(lines) + "\r").encode()


def measure(folder: Path, seconds: float, rounds: int, lines: int) -> Measured:
    """Floor and toxmon in turn."""
    url = f"sqlite:///{folder / 'ward.db'}"
    with filling.opened(url, folder) as service:
        filling.fill(service, range(lines), filling.admitted(clock.now()))
        tokens.create(service, "integration", "Lab")
    writer = Writer(str(folder / "floor.db"))
    numbers, began = itertools.count(1), clock.now() - timedelta(minutes=55)
    floor, toxmon = [], []
    with listening(url, folder) as port, ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(lines)
        ]
        senders = [
            partial(_send, line, str(number), numbers, began) for number, line in enumerate(opened)
        ]
        for _ in range(rounds):
            floor.append(_rate([partial(_commit, writer)] * lines, seconds))
            toxmon.append(_rate(senders, seconds))
    writer.close()
    return Measured(tuple(floor), tuple(toxmon))


@contextmanager
def listening(url: str, folder: Path) -> Iterator[int]:
    """The port of `toxmon mllp` over a database."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOXMON_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "toxmon", "mllp", "--port", str(port), "--token-name", "Lab"],
        env={**kept, **settings(url, folder), "PYTHONPATH": str(ROOT)},
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    if "takes HL7 v2" not in process.stderr.readline():
        raise NotStarted(process.stderr.read())
    try:
        yield port
    finally:
        process.terminate()
        process.wait(GONE_WITHIN_S)
        process.stderr.close()


def _rate(work: Sequence[Callable[[], None]], seconds: float) -> float:
    """How often a second all of these together were done, each over and over in its thread."""
    began = time.perf_counter()
    ended, done = began + seconds, [0] * len(work)

    def run(place: int) -> None:
        while time.perf_counter() < ended:
            work[place]()
            done[place] += 1

    with ThreadPoolExecutor(len(work)) as pool:
        for each in [pool.submit(run, place) for place in range(len(work))]:
            each.result()
    return sum(done) / (time.perf_counter() - began)


def _commit(writer: Writer) -> None:
    now = clock.now().isoformat()
    rows = [(str(uuid.uuid4()), "p", code, 1.0, unit, now, now) for code, _, unit in CODES]
    writer.insert(rows)


def _send(line: socket.socket, mrn: str, numbers: Iterator[int], began: datetime) -> None:
    """Send a message, the next one by its clinical time, and wait for its answer."""
    number = next(numbers)
    at = (began + number * STEP).strftime("%Y%m%d%H%M%S.%f")[:-2] + "+0000"
    line.sendall(BEGIN + message(mrn, number, at) + END)
    answer = b""
    while not answer.endswith(END):
        answer += line.recv(65_536)
    if b"MSA|AA" not in answer or b"ERR" in answer:
        raise WrongAnswer(answer.decode())


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hl7", description=__doc__)
    parser.add_argument("--data-in", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", type=int, default=4)
    asked = parser.parse_args()
    if machine.in_memory(asked.data_in):
        print("nothing is made durable there; name a folder on a disk", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="toxmon-bench-", dir=asked.data_in) as name:
        found = measure(Path(name), asked.seconds, asked.rounds, asked.lines)
    print(f"floor   {median(found.floor):7.1f} commits of {RESULTS} rows a second")
    print(f"toxmon  {median(found.toxmon):7.1f} messages of {RESULTS} results a second")
    print(f"ratio   {found.ratio:7.2f} of {found.goal:.0f} a second, {asked.lines} lines")
    return 0


if __name__ == "__main__":
    sys.exit(main())
