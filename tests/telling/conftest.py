"""Receivers that answer, hang, redirect or talk nonsense; messages that wait; what was told."""

from __future__ import annotations

import base64
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from toxmon.actions import Service
from toxmon.channels import Channel
from toxmon.store import deliveries
from toxmon.webhooks import Allowed, read_allowed

SECRET = bytes(range(32))
OLDER = bytes(range(32, 64))
LOOPBACK = read_allowed("127.0.0.0/8")


def whsec(secret: bytes) -> str:
    """A secret as the file of channels and receivers have it."""
    return "whsec_" + base64.b64encode(secret).decode()


@dataclass
class Receiver:
    """A real server on this machine; `answers` is a status, or one of the ways to misbehave."""

    answers: int | str = 200
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    came: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0
    sent: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def ids(self) -> list[str]:
        return [headers["webhook-id"] for _, headers, _ in self.got]

    def wait_for(self, count: int, seconds: float = 15.0) -> None:
        with self.came:
            assert self.came.wait_for(lambda: len(self.got) >= count, seconds), self.got

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length)
        with self.came:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.got.append((f"{request.command} {request.path}", headers, body))
            self.came.notify_all()
        wire = request.connection
        if self.answers == "hangs":
            self.released.wait(30)
        elif self.answers == "garbage":
            wire.sendall(b"\x00\xff SSH-2.0 what do you want\r\n\r\n")
        elif self.answers == "drips":
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 600:
                if self.released.wait(0.05):
                    break
                wire.sendall(bytes([letter]))
        elif self.answers == "closes":
            wire.shutdown(socket.SHUT_RDWR)
        elif self.answers == "resets":
            # A FIN would be an empty answer; this is what a crashed process or a firewall sends.
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.close()
        elif self.answers == "ten gigabytes":
            wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
            while self.sent < 10_000_000_000:
                wire.sendall(b"x" * 65_536)
                self.sent += 65_536
        elif self.answers == "endless":
            wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while not self.released.is_set():
                wire.sendall(b"x" * 65_536)
        else:
            status = int(self.answers)
            request.send_response(status)
            if 300 <= status < 400:
                request.send_header("Location", f"http://127.0.0.1:{self.port}/elsewhere")
            request.send_header("Content-Length", "0")
            request.end_headers()


@pytest.fixture
def receivers() -> Iterator[Any]:
    """Makes receivers; they are gone afterwards."""
    servers: list[tuple[ThreadingHTTPServer, Receiver]] = []

    def make(answers: int | str = 200) -> Receiver:
        receiver = Receiver(answers)

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                try:
                    receiver.handle(self)
                except OSError:
                    pass  # Whoever asked has hung up.

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        receiver.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append((server, receiver))
        return receiver

    yield make
    for server, receiver in servers:
        receiver.released.set()
        server.shutdown()
        server.server_close()


@dataclass
class Told:
    """The technical alarms that were asked for."""

    said: list[tuple[str, str, int]] = field(default_factory=list)

    def __call__(self, service: Service, key: str, words: str, level: int) -> None:
        service.store.execute("select 1")  # Refused outside of `writing`.
        self.said.append((key, words, level))


@pytest.fixture
def technical() -> Told:
    return Told()


def webhook(receiver: Receiver, name: str = "ehr", *secrets: bytes) -> Channel:
    return Channel(name, "webhook", receiver.url, secrets or (SECRET,), all=True)


def waiting(
    service: Service, *ids: str, channel: str = "ehr", priority: str = "high", **body: Any
) -> None:
    """Messages that wait in the outbox."""
    now: datetime = service.clock()
    told = {
        "event": "raised", "at": now, "priority": priority, "title": "CRS grade 3",
        "says": "on norepinephrine", "unit": "bmt-1", "bed": "4", "alert_id": "a1",
        "patient_id": "p1", "version": 7, **body,
    }  # fmt: skip
    rows = [
        {
            "id": each, "key": each, "event_id": f"event-of-{each}", "alarm_id": "a1",
            "patient_id": told["patient_id"], "unit": "bmt-1", "priority": priority,
            "channel": channel, "recipient": channel, "body": orjson.dumps(told).decode(),
            "made_at": now, "due_at": now, "lease_at": None, "epoch": 0, "tries": 0,
            "sent_at": None, "dead_at": None, "outcome": None,
        }
        for each in ids
    ]  # fmt: skip
    with service.store.writing():
        deliveries.add(service.store, rows)


def states(service: Service) -> dict[str, str]:
    """Each message by id: waits, sent or dead."""
    rows = service.store.query("select id, due_at, sent_at, dead_at from delivery order by seq")
    assert all(sum(row[name] is not None for name in row if name != "id") == 1 for row in rows)
    return {
        row["id"]: "sent" if row["sent_at"] else "dead" if row["dead_at"] else "waits"
        for row in rows
    }


def allowed() -> Allowed:
    return LOOPBACK
