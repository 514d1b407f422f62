"""The servers that are measured, as processes, and what the kernel says of them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import toxmon

ROOT = Path(toxmon.__file__).resolve().parent.parent
KEY = "a key for benchmarks, thirty-two bytes or more"
READY_WITHIN_S = 60.0
GONE_WITHIN_S = 15.0
PROC = Path("/proc")


class NotStarted(Exception):
    """A server did not come up; the text is what it said."""


@dataclass(slots=True)
class Server:
    """A server that answers on a port of this machine."""

    process: subprocess.Popen[bytes]
    port: int

    def cpu_seconds(self) -> float:
        """What it and its children have used of the processors; 0 where the kernel does not say."""
        if not PROC.is_dir():
            return 0.0
        ticks = 0
        for pid in self._pids():
            user, system = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[11:13]
            ticks += int(user) + int(system)
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_mb(self) -> list[float]:
        """Resident memory in MB of the parent and of each child; shared pages count in each."""
        return [_from_proc(pid, "status", "VmRSS:") for pid in self._pids()]

    def proportional_mb(self) -> float:
        """Resident memory in MB of all together, a shared page counted once."""
        return sum(_from_proc(pid, "smaps_rollup", "Pss:") for pid in self._pids())

    def _pids(self) -> list[int]:
        parents = {}
        for folder in PROC.glob("[0-9]*"):
            try:
                stat = (folder / "stat").read_text()
            except OSError:  # It has ended meanwhile.
                continue
            parents[int(folder.name)] = int(stat.rpartition(")")[2].split()[1])
        found = [self.process.pid]
        for pid in found:
            found += sorted(child for child, parent in parents.items() if parent == pid)
        return found


def _from_proc(pid: int, file: str, name: str) -> float:
    for line in (PROC / str(pid) / file).read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def settings(url: str, folder: Path) -> dict[str, str]:
    """toxmon's settings for a database, and nothing of whoever runs this."""
    empty = folder / "empty.toml"
    empty.touch()
    return {
        "TOXMON_DATABASE_URL": url,
        "TOXMON_SECRET_KEY": KEY,
        "TOXMON_CONFIG": str(empty),
    }


@contextmanager
def floor_server(folder: Path) -> Iterator[Server]:
    """The floor, on a file of its own."""
    port = free_port()
    command = ["-m", "benchmarks.floor", str(port), str(folder / "floor.db")]
    with _running(command, port, folder, {}, "/") as server:
        yield server


@contextmanager
def toxmon_server(url: str, folder: Path) -> Iterator[Server]:
    """`toxmon serve` on a database."""
    port = free_port()
    command = ["-m", "toxmon", "serve", "--port", str(port)]
    with _running(command, port, folder, settings(url, folder), "/health/ready") as server:
        yield server


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _running(
    command: list[str], port: int, folder: Path, extra: dict[str, str], path: str
) -> Iterator[Server]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOXMON_")}
    log = folder / f"{port}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**kept, **extra, "PYTHONPATH": str(ROOT)},
            cwd=folder,
            start_new_session=True,
        )
    try:
        _await_ready(process, port, path, log)
        yield Server(process, port)
    finally:
        process.terminate()
        try:
            process.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _await_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except (OSError, http.client.HTTPException):
            # Not listening yet; the deadline decides how long to go on asking.
            pass
        finally:
            connection.close()
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotStarted(log.read_text("utf-8", "replace"))
        time.sleep(0.05)
