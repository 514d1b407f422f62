"""A real server process on a free port, started and stopped by tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_TO_START = 60.0
ROOT = Path(__file__).parents[1]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Ward:
    """`toxmon serve` over a database, as an operator runs it."""

    database_url: str
    log: Path
    port: int = field(default_factory=free_port)
    settings: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TOXMON_")}
        return {
            **clean,
            "PYTHONPATH": str(ROOT),
            "TOXMON_DATABASE_URL": self.database_url,
            "TOXMON_SECRET_KEY": "a key for tests, thirty-two bytes or more",
            **self.settings,
        }

    def start(self) -> None:
        """Start, and return when it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "toxmon", "serve", "--port", str(self.port)],
                env=self.environment,
                cwd=self.log.parent,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Stop, and return the exit code."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        try:
            return self.process.wait(timeout=20)
        finally:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
            self.process = None

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of toxmon over the same database."""
        return subprocess.run(
            [sys.executable, "-m", "toxmon", *arguments],
            env=self.environment,
            cwd=self.log.parent,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def token(self, role: str) -> str:
        """A new token of a role."""
        done = self.run("token", "create", "--role", role, "--name", f"{role} of the test")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@contextmanager
def running(database_url: str, folder: Path, **settings: str) -> Iterator[Ward]:
    """A ward that runs, and is gone afterwards."""
    ward = Ward(database_url, folder / "server.log", settings=settings)
    ward.start()
    try:
        yield ward
    finally:
        if ward.process is not None:
            ward.stop(signal.SIGKILL)
