"""A hospital's senders before a ward: a desk that admits, a laboratory, a pharmacy; a real line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import KEY, Clock, _migrate
from tests.ehr.hl7v2.messages import PID, adt, pv1
from tests.running import ROOT
from toxmon.actions import Actor, Service, senders, tokens
from toxmon.ehr.hl7v2.mllp import Listening, Server
from toxmon.ehr.hl7v2.receive import Answered, Port, receive
from toxmon.protocol import Protocols
from toxmon.saved import load_value
from toxmon.store import Row, facts, open_store, patients

UNIT = "bmt-1"
LAB = Actor("lab", "Lab", "integration", frozenset({UNIT}))
MLLP = ("mllp", "--port", "0", "--token-name", "Lab")
BEGIN, END = b"\x0b", b"\x1c\r"


@dataclass
class Hospital:
    """What sends to a service, in this process."""

    service: Service
    lab: Actor = field(
        default_factory=lambda: Actor("lab", "Lab", "integration", frozenset({UNIT}))
    )
    port: Port = field(default_factory=lambda: Port(source="Lab"))
    numbers: int = 0

    def send(self, body: bytes, **more: Any) -> Answered:
        return receive(
            self.service, self.lab, Port(source="Lab", **more) if more else self.port, body
        )

    def told(self, body: bytes, **more: Any) -> str:
        """What is answered: the letters, and each ERR as PLACE WORDS."""
        answered = self.send(body, **more)
        text = answered.answers[-1].decode() if answered.answers else ""
        notes = [line.split("|") for line in text.split("\r") if line.startswith("ERR")]
        return "; ".join([answered.code, *(f"{each[2]} {each[4]}" for each in notes)])

    def admit(self, mrn: str = "A1") -> str:
        """The id of a patient who is admitted."""
        pid = PID.replace("A1^", f"{mrn}^")
        assert self.send(adt("A01", f"in-{mrn}", pid, pv1())).code == "AA"
        return self.patient(mrn)

    def patient(self, mrn: str = "A1", system: str = "HOSP") -> str:
        found = patients.holder(self.service.store, system, mrn)
        assert found is not None
        return found

    def standing(self, patient_id: str, *kinds: str) -> list[Row]:
        """The facts that stand."""
        rows = [
            row
            for kind in kinds
            for row in facts.standing_of_kind(self.service.store, patient_id, kind)
        ]
        return rows

    def values(self, patient_id: str, kind: str = "ferritin") -> list[Any]:
        return [load_value(row["value"]) for row in self.standing(patient_id, kind)]

    def waiting(self) -> list[str]:
        """Why statements wait."""
        from toxmon.store import held

        bounds = {"after": 0, "source": "%", "reason": "%", "patient": "%"}
        return [row["reason"] for row in held.waiting(self.service.store, bounds, 1000)]


@pytest.fixture
def either(service: Service) -> Hospital:
    """A hospital before each of the two databases."""
    return Hospital(service)


@pytest.fixture
def hospital(tmp_path: Path, protocols: Protocols) -> Iterator[Hospital]:
    """A hospital before an SQLite file, on 1 March 2026 at 08:00 UTC, in Berlin."""
    url = f"sqlite:///{tmp_path / 'hospital.db'}"
    _migrate(url)
    store = open_store(url)
    yield Hospital(Service(store, Clock(), KEY, protocols, ZoneInfo("Europe/Berlin")))
    store.close()


@dataclass
class Line:
    """`toxmon mllp` over a database, as an operator runs it, on a free port."""

    database_url: str
    folder: Path
    options: tuple[str, ...] = ()
    driver: tuple[str, ...] = ("-m", "toxmon")
    process: subprocess.Popen[str] | None = None
    port: int = 0

    def start(self) -> Line:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TOXMON_")}
        self.process = subprocess.Popen(
            [
                sys.executable,
                *self.driver,
                "mllp",
                "--port",
                "0",
                "--token-name",
                "Lab",
                *self.options,
            ],
            env={
                **clean,
                "PYTHONPATH": str(ROOT),
                "TOXMON_DATABASE_URL": self.database_url,
                "TOXMON_SECRET_KEY": KEY.decode(),
                "TOXMON_SITE_TIMEZONE": "Europe/Berlin",
            },
            cwd=self.folder,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stderr is not None
        said = self.process.stderr.readline()
        assert "takes HL7 v2" in said, said + self.process.stderr.read()
        self.port = int(said.rpartition(":")[2].partition(";")[0])
        return self

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> str:
        """Stop it; what it has said since its start."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        assert self.process.stderr is not None
        said = self.process.stderr.read()
        self.process.wait(timeout=30)
        self.process.stderr.close()
        self.process = None
        return said

    def connect(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        return line

    def ask(self, *messages: bytes, line: socket.socket | None = None) -> list[bytes]:
        """The answers to messages that are sent one after the other."""
        opened = line or self.connect()
        found = []
        for message in messages:
            opened.sendall(BEGIN + message + END)
            found.append(answer(opened))
        if line is None:
            opened.close()
        return found


def answer(line: socket.socket) -> bytes:
    """The next answer on a line; empty when it was closed."""
    data = b""
    while not data.endswith(END):
        try:
            piece = line.recv(65_536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return data
        data += piece
    return data.removeprefix(BEGIN).removesuffix(END)


@contextmanager
def server(hospital: Hospital, **listening: Any) -> Iterator[Line]:
    """A line in this process, for the live token of the name Lab."""
    service, tried = hospital.service, Listening(host="127.0.0.1", port=0, **listening)
    made = Server(service, lambda: senders.named(service, "Lab"), hospital.port, tried)
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield Line("", Path(), port=made.address[1])
    finally:
        made.stop()
        thread.join()


def make_token(service: Service, name: str = "Lab") -> None:
    tokens.create(service, "integration", name, (UNIT,))


@pytest.fixture(scope="module")
def standing(
    tmp_path_factory: pytest.TempPathFactory, protocols: Protocols
) -> Iterator[tuple[Line, Hospital]]:
    """A line over SQLite that stands while a module's tests run, and what reads beside it."""
    folder = tmp_path_factory.mktemp("line")
    url = f"sqlite:///{folder / 'line.db'}"
    _migrate(url)
    store = open_store(url)
    from toxmon.clock import now

    service = Service(store, now, KEY, protocols, ZoneInfo("Europe/Berlin"))
    make_token(service)
    line = Line(url, folder, ("--half", "1")).start()
    hospital = Hospital(service)
    yield line, hospital
    if line.process is not None:
        line.stop()
    store.close()


def codes(answers: list[bytes]) -> list[str]:
    """MSA-1 of each answer."""
    return [each.split(b"\rMSA|")[1][:2].decode() for each in answers]
