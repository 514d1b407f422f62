"""The real server, as a child process with a database of its own that goes when it goes."""

from __future__ import annotations

import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import toxmon

READY_WITHIN_S = 60.0
GONE_WITHIN_S = 15.0
LAST_LINES = 12


class NotStarted(Exception):
    """The server could not be started; the words say why and what to do."""


class Server:
    """A server on a new, empty database in a temporary folder. Use as a context.

    `address` is where it listens. Leaving the context ends the process and removes the folder.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self._folder = Path(tempfile.mkdtemp(prefix="toxmon-demo-"))
        self.database_url = f"sqlite:///{self._folder / 'ward.db'}"
        self.secret_key = secrets.token_urlsafe(48)
        # Where toxmon looks for it: a board in another terminal signs with the same key.
        (self._folder / "ward.db.key").write_text(self.secret_key, encoding="utf-8")
        self._log = self._folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}"

    def take(self, record: Path) -> None:
        """Begin with a copy of this record, which nobody has open any more."""
        shutil.copyfile(record, self._folder / "ward.db")

    def start(self) -> None:
        """Start it and return when it is ready. Raises NotStarted."""
        refuse_taken(self.host, self.port)
        command = [sys.executable, "-m", "toxmon", "serve", "--host", self.host]
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C goes to the demo alone, which then ends the server
            # in order, after the request that is under way.
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                [*command, "--port", str(self.port)],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.environment(),
                cwd=self._folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._ready():
            if self._process.poll() is not None:
                raise NotStarted(f"The server ended at once. It said:\n{self.last_words()}")
            if time.monotonic() > deadline:
                raise NotStarted(
                    f"The server was not ready within {READY_WITHIN_S:.0f} s. "
                    f"It said:\n{self.last_words()}"
                )
            time.sleep(0.05)

    def environment(self) -> dict[str, str]:
        """Nothing of the caller's own settings: the demo must never touch a real ward's data."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("TOXMON_")}
        # The child starts in the temporary folder, where no toxmon.toml of a ward can lie, so a
        # checkout that is not installed has to be named.
        root = str(Path(toxmon.__file__).resolve().parent.parent)
        paths = [root, *filter(None, [kept.get("PYTHONPATH")])]
        return {
            **kept,
            "TOXMON_DATABASE_URL": self.database_url,
            "TOXMON_SECRET_KEY": self.secret_key,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONUNBUFFERED": "1",
        }

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def last_words(self) -> str:
        """The end of what the server printed, for a message."""
        if not self._log.exists():
            return "(nothing)"
        lines = self._log.read_text("utf-8", "replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LAST_LINES:]) or "  (nothing)"

    def stop(self) -> None:
        """End the process, by force if it does not go, and remove the folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(GONE_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=2)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            # Not listening yet; the caller knows how long to go on asking.
            return False
        finally:
            connection.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def refuse_taken(host: str, port: int) -> None:
    """Raise NotStarted when somebody listens there already, or nobody may."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # As the server will: a port that only lingers from an earlier run is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise NotStarted(
            f"Port {port} on {host} cannot be used: {error.strerror or error}. "
            "Stop what listens there, or choose another with --port."
        ) from error
