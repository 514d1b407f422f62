"""Every command: its help, what it says when it is used wrongly, and what it does in a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest

from tests.cli.conftest import KEY, Operator
from tests.cli.record import chart_a_ward
from tests.running import free_port, running
from toxmon import __version__, server
from toxmon.cli import main

ROOT = Path(__file__).parents[2]


def commands(group: click.Group, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        yield (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*above, name))


ALL = list(commands(main))


def test_these_are_the_commands() -> None:
    """A new command is added here with tests of its own; see the other files of this folder."""
    assert {" ".join(words) for words in ALL} == {
        "serve", "scheduler", "demo", "migrate", "verify", "backup", "restore", "grade", "course",
        "token", "token create", "token list", "token revoke",
        "channels", "channels list", "channels resume",
        "protocols", "protocols list", "protocols show", "protocols check",
        "replay", "ward", "due", "alerts", "toci", "guidance",
        "held", "held list", "held reread", "held dismiss", "doctor", "sandbox",
        "mllp", "mllp read", "mllp replay",
        "webhook", "webhook secret", "webhook sign", "webhook verify",
        "user", "user create", "user list", "user disable", "user password", "timeline",
        "export", "export cohort",
    }  # fmt: skip


@pytest.mark.parametrize("words", ALL, ids=" ".join)
@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_every_command_explains_itself(
    operator: Operator, words: tuple[str, ...], flag: str
) -> None:
    said = operator.good(*words, flag)
    assert said.startswith(f"Usage: main {' '.join(words)}")
    assert len(said.splitlines()) > 4
    assert list(operator.folder.iterdir()) == []


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_refuses_an_unknown_option(
    operator: Operator, words: tuple[str, ...]
) -> None:
    assert "No such option" in operator.bad(2, *words, "--nothing")
    assert list(operator.folder.iterdir()) == []


def test_an_unknown_command_is_used_wrongly(operator: Operator) -> None:
    assert "No such command" in operator.bad(2, "severe")
    assert __version__ in operator.good("--version")


@pytest.mark.check(128)
def test_whatever_has_a_table_has_json(operator: Operator) -> None:
    for words in (("verify",), ("token", "list"), ("protocols", "list"), ("grade",), ("course",),
                  ("toci",), ("guidance",)):  # fmt: skip
        assert "--json" in operator.good(*words, "--help")


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, as a shell runs it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TOXMON_")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "toxmon", *words],
        env={**clean, "PYTHONPATH": str(ROOT), "TOXMON_SECRET_KEY": KEY, **settings},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--version",), 0), (("migrate",), 0), (("protocols", "list"), 0), (("verify",), 2),
        (("protocols", "show", "nothing"), 2), (("grade", "crs", os.devnull), 1), ((), 2),
    ],
    ids=lambda value: str(value),
)  # fmt: skip
def test_the_exit_code_is_that_of_the_process(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    assert done.stderr == "" if code == 0 else done.stderr


@pytest.fixture
def taken() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


def test_a_port_that_is_taken_is_exit_code_2(tmp_path: Path, taken: int) -> None:
    done = run(tmp_path, "serve", "--port", str(taken))
    assert done.returncode == 2, done.stderr
    assert f"127.0.0.1:{taken} cannot be listened on" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--port", "0"), ("--port", "65536"), ("--port", "http"), ("--host", "256.1.1.1"),
        ("--host", "no such host"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_address_that_is_none_is_exit_code_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, "serve", *words)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


def test_a_server_with_another_key_does_not_start(operator: Operator, tmp_path: Path) -> None:
    chart_a_ward(operator)
    url = str(operator.environment["TOXMON_DATABASE_URL"])
    other = "another key for tests, as long as the first"
    for words in (("serve", "--port", str(free_port())), ("scheduler",)):
        done = run(tmp_path, *words, TOXMON_DATABASE_URL=url, TOXMON_SECRET_KEY=other)
        assert done.returncode == 2, done.stderr
        assert "TOXMON_SECRET_KEY is not the key" in done.stderr
    assert "whole" in operator.good("verify")


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_when_it_is_told_to(tmp_path: Path, with_signal: signal.Signals) -> None:
    with running(f"sqlite:///{tmp_path}/ward.db", tmp_path) as ward:
        with urllib.request.urlopen(f"{ward.url}/health/live", timeout=10) as answer:
            assert json.load(answer) == {"status": "live", "version": __version__}
        assert ward.stop(with_signal) == 0
        printed = ward.log.read_text()
        assert f"toxmon {__version__} on {ward.url} with sqlite" in printed
        assert "Traceback" not in printed
        # Nothing is left that a restart would stumble over.
        ward.start()
        with urllib.request.urlopen(f"{ward.url}/health/ready", timeout=10) as answer:
            assert json.load(answer)["status"] == "ready"


def test_the_scheduler_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TOXMON_")}
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "toxmon", "scheduler"],
        env={**clean, "PYTHONPATH": str(ROOT), "TOXMON_SECRET_KEY": KEY, "PYTHONUNBUFFERED": "1"},
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        assert "is watching" in process.stderr.readline()
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in rest


@pytest.mark.parametrize(("setting", "watches"), [("yes", True), ("no", False)])
def test_the_scheduler_of_a_server_can_be_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, watches: bool
) -> None:
    """For a deployment whose scheduler is a process of its own."""
    # The test is nobody's child that should die with its parent.
    monkeypatch.setattr(server, "_die_with_parent", lambda: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOXMON_SECRET_KEY", KEY)
    monkeypatch.setenv("TOXMON_SCHEDULER", setting)
    app = server.load()
    scheduler = app.extensions.get("toxmon_scheduler")
    try:
        assert (scheduler is not None) is watches
    finally:
        if scheduler is not None:
            scheduler.shutdown()
        app.extensions["toxmon"].store.close()
