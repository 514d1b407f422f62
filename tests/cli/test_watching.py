"""`toxmon ward | due | alerts`: what the API tells, in a terminal of any width, without color."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.cli.conftest import KEY, Operator
from tests.conftest import Api, Clock, _migrate, lend
from toxmon import wiring
from toxmon.actions import Service
from toxmon.actions.sweep import sweep
from toxmon.api import board
from toxmon.cli import watching
from toxmon.protocol import load_protocols
from toxmon.store import Unavailable, open_store

ROOT = Path(__file__).parents[2]
COMMANDS = {"ward": "/board", "due": "/checks", "alerts": "/alerts?limit=500"}
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def ward(operator: Operator, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Patients with a fever, with checks that are overdue, in two units; it is 14:00 UTC."""
    url = operator.environment["TOXMON_DATABASE_URL"]
    assert url is not None
    _migrate(url)
    store, clock = open_store(url), Clock()
    service = Service(store, clock, KEY.encode(), load_protocols(), ZoneInfo("UTC"))
    lend(app, service)
    api = Api(app, app.test_client(), service)
    for mrn, unit, bed in (("A1", "bmt-1", "12"), ("B2", "icu-2", None)):
        patient = api.patient(mrn, unit=unit)
        infused = {"product": "ide-cel", "infused_at": "2026-03-01T06:00:00Z"}
        assert api.post(f"/patients/{patient}/infusions", infused).status == 201
        stay = {"from": "2026-03-01T06:00:00Z", "setting": "inpatient", "bed": bed}
        assert api.post(f"/patients/{patient}/stays", stay).status == 201
        seen = {"oxygen_device": "room_air", "vasopressors": [], "hypotension": False}
        if mrn == "A1":
            reply = api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39, "Cel"), **seen)
            assert reply.status == 201
    clock.forward(hours=6)
    sweep(service)
    made = wiring.create_service
    monkeypatch.setattr(wiring, "create_service", lambda config: made(config, clock))
    return api


def printed(operator: Operator, *words: str, **settings: str) -> list[str]:
    said = operator.good(*words, TOXMON_SITE_TIMEZONE="UTC", **settings)
    assert not ESCAPE.search(said)
    return said.splitlines()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("unit", [None, "bmt-1", "nowhere"])
def test_json_is_what_the_api_tells(
    operator: Operator, ward: Api, command: str, unit: str | None
) -> None:
    path = COMMANDS[command]
    path += f"{'&' if '?' in path else '?'}unit={unit}" if unit else ""
    words = ["--unit", unit] if unit else []
    told = operator.json(command, *words, TOXMON_SITE_TIMEZONE="UTC")
    assert told == ward.get(path).body
    assert bool(told["items"]) == (unit != "nowhere")


def test_the_board_says_who_how_and_what_is_next(operator: Operator, ward: Api) -> None:
    lines = printed(operator, "ward")
    assert lines[0] == "Ward at 01 Mar 14:00"
    assert lines[1].startswith("NOT MONITORED: no process sweeps")
    text = "\n".join(lines)
    assert "bmt-1/12 A1" in text
    assert "icu-2 B2" in text
    assert text.index("A1") < text.index("B2"), "the most urgent comes first"
    # The fever is seven hours old: the alert stands, and the grade of now is not known.
    assert "ide-cel day 0  CRS not gradable, at most 2  ICANS" in text
    assert "!!! HIGH   CRS grade 1  [unacknowledged, next step 01 Mar" in text
    assert "    overdue  vital signs, due 01 Mar 10:00, missing" in text
    assert "    next     " in text
    assert "Ada" not in text


def test_what_is_due_comes_worst_first(operator: Operator, ward: Api) -> None:
    lines = printed(operator, "due")
    told = ward.get("/checks").body["items"]
    assert len(lines) == len(told) > 2
    for line, check in zip(lines, told, strict=True):
        assert check["state"] in line
        assert check["what"] in line
        assert ("A1" in line) != ("B2" in line)


def test_alerts_say_who_has_them(operator: Operator, ward: Api) -> None:
    (worst, *_) = ward.get("/alerts").body["items"]
    taken = ward.post(f"/alerts/{worst['id']}/acknowledge", {"reason": "going"})
    assert taken.status == 200
    lines = printed(operator, "alerts")
    assert len(lines) == len(ward.get("/alerts").body["items"])
    assert lines[0].lstrip().startswith("!!! HIGH   bmt-1/12 A1  CRS grade 1")
    assert "[acknowledged by nurse of the test until 01 Mar 14:15]" in lines[0]
    assert [line for line in printed(operator, "alerts", "--unit", "icu-2") if "A1" in line] == []


@pytest.mark.parametrize(
    ("command", "words"),
    [("ward", "nobody is watched here"), ("due", "nothing is due"), ("alerts", "no alert is open")],
)
def test_nothing_is_said_in_words(operator: Operator, ward: Api, command: str, words: str) -> None:
    assert printed(operator, command, "--unit", "nowhere")[-1] == words


@pytest.mark.parametrize("command", COMMANDS)
def test_watching_and_json_do_not_go_together(operator: Operator, ward: Api, command: str) -> None:
    assert "leave out --json" in operator.bad(2, command, "--watch", "--json")


@pytest.mark.parametrize("command", COMMANDS)
def test_where_there_is_no_record_that_is_said(operator: Operator, command: str) -> None:
    assert "there is no record" in operator.bad(2, command)
    assert list(operator.folder.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_record_that_cannot_be_read_is_no_quiet_ward(operator: Operator, command: str) -> None:
    operator.database.write_bytes(b"no database at all" * 100)
    assert "cannot be reached" in operator.bad(1, command)


class Terminal:
    """A command on a terminal of its own, of so many columns."""

    def __init__(self, operator: Operator, columns: int, *words: str, **settings: str) -> None:
        self.main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        clean = {key: each for key, each in os.environ.items() if not key.startswith("TOXMON_")}
        named = {key: each for key, each in operator.environment.items() if each is not None}
        environment = {**clean, **named, "PYTHONPATH": str(ROOT), **settings}
        for name in ("COLUMNS", "NO_COLOR"):
            if name not in settings:
                environment.pop(name, None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "toxmon", *words],
            stdin=side, stdout=side, stderr=side, env=environment, cwd=operator.folder,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(side)
        self.text = ""

    def read_until(self, enough: Callable[[str], bool], seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while not enough(self.text) and time.monotonic() < deadline:
            if select.select([self.main], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self.main, 65536).decode(errors="replace")
                except OSError:  # The other end of the terminal is closed.
                    break
        return self.text

    def press_ctrl_c(self) -> int:
        os.write(self.main, b"\x03")
        return self.ended()

    def ended(self) -> int:
        try:
            self.read_until(lambda text: self.process.poll() is not None, 30)
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            os.close(self.main)


@pytest.fixture
def lived(operator: Operator, app: Flask) -> Operator:
    """A record of this hour, for a process whose clock nobody turns."""
    url = operator.environment["TOXMON_DATABASE_URL"]
    assert url is not None
    _migrate(url)
    store, clock = open_store(url), Clock()
    clock.now = datetime.now(UTC)
    service = Service(store, clock, KEY.encode(), load_protocols(), ZoneInfo("UTC"))
    lend(app, service)
    api = Api(app, app.test_client(), service)
    at = (clock.now - timedelta(hours=1)).isoformat()
    patient = api.treated(at=at)
    hot: dict[str, Any] = {
        "body_temperature": (39.4, "Cel"), "oxygen_device": "room_air", "vasopressors": [],
        "hypotension": False,
    }  # fmt: skip
    assert api.chart(patient, at, **hot).status == 201
    store.close()
    return operator


@pytest.mark.parametrize("columns", [50, 80, 200])
@pytest.mark.parametrize("command", ["ward", "alerts"])
def test_no_line_is_wider_than_the_terminal(lived: Operator, command: str, columns: int) -> None:
    terminal = Terminal(lived, columns, command)
    assert terminal.ended() == 0
    lines = [ESCAPE.sub("", line) for line in terminal.text.splitlines()]
    assert max(len(line) for line in lines) <= columns
    assert "\x1b[" in terminal.text, "a terminal has color"
    assert "CRS grade 1" in " ".join(line.strip() for line in lines)


def test_without_color_nothing_is_lost(lived: Operator) -> None:
    plain = Terminal(lived, 100, "ward", NO_COLOR="1")
    assert plain.ended() == 0
    assert "\x1b[" not in plain.text
    assert "!!! HIGH" in plain.text
    assert "NOT MONITORED" in plain.text
    colored = Terminal(lived, 100, "ward")
    assert colored.ended() == 0
    bare = ESCAPE.sub("", colored.text).splitlines()
    assert bare[1:] == plain.text.splitlines()[1:]


@pytest.mark.parametrize("command", COMMANDS)
def test_watching_draws_again_and_ends_with_ctrl_c(lived: Operator, command: str) -> None:
    terminal = Terminal(lived, 80, command, "--watch")
    drawn = terminal.read_until(lambda text: text.count("\x1b[2J") >= 2)
    assert drawn.count("\x1b[2J") >= 2
    assert terminal.press_ctrl_c() == 0
    assert "Traceback" not in terminal.text
    assert "Aborted" not in terminal.text


def test_a_watch_goes_on_when_the_record_is_gone_for_a_while(
    operator: Operator, ward: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, drawings = board.plain_board, count()

    def gone_at_first(*args: Any) -> Any:
        if next(drawings) == 0:
            raise Unavailable("the disk is full")
        return real(*args)

    def wait(seconds: float) -> None:
        assert 0 <= seconds <= watching.EVERY_S
        if next(drawings) > 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(board, "plain_board", gone_at_first)
    monkeypatch.setattr(watching.time, "sleep", wait)
    first, _, rest = operator.good("ward", "--watch").partition("\n")
    assert first == "NOT MONITORED: the record cannot be reached: the disk is full"
    assert "CRS grade 1" in rest


def test_the_signal_of_a_service_ends_it_too(lived: Operator) -> None:
    terminal = Terminal(lived, 80, "alerts", "--watch")
    terminal.read_until(lambda text: "\x1b[2J" in text)
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ended() == 0


def test_json_in_a_terminal_is_json(lived: Operator) -> None:
    terminal = Terminal(lived, 50, "alerts", "--json")
    assert terminal.ended() == 0
    assert json.loads(terminal.text)["items"]
