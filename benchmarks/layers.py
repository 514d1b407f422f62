"""Where the time of one set goes: microseconds of processor time by layer, in one process.

The app is called as a server calls it, one request after the other on one thread, and a stopwatch
stands around the functions that a layer begins with. A layer's own time is without the layers that
it calls. What the stopwatch itself costs is measured on an empty function and taken off again.
"""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from flask import Flask

from benchmarks import bodies, filling
from benchmarks.sizes import Sizes
from toxmon import clock
from toxmon.actions import audit, record, refold
from toxmon.api import door, observations
from toxmon.app import create_app
from toxmon.store import ids
from toxmon.store.sqlite import SqliteStore

PATIENTS = 100

WEB, ACTION = "HTTP and Flask", "action: gather, decide, keep"
LAYERS: dict[str, tuple[tuple[Any, str], ...]] = {
    "token": ((door, "signed_in"),),
    "JSON, read strictly": ((door, "json_body"),),
    "schema and units": (
        (observations.ObservationSet, "load"),
        (observations, "charted"),
    ),
    ACTION: ((record, "record"),),
    "rows and ids of facts": ((record, "_row"), (ids, "new_ids")),
    "saved state, read and written": ((refold, "load_state"), (refold, "dump_state")),
    "fold: CRS and ICANS": ((refold, "fold"), (refold, "next_change"), (refold, "as_fact")),
    "grades as plain data": ((refold, "plain_grades"), (refold, "assess")),
    "audit link": ((audit, "note"),),
    "SQL, read": ((SqliteStore, "query"),),
    "SQL, write": (
        (SqliteStore, "insert"),
        (SqliteStore, "put"),
        (SqliteStore, "execute_later"),
    ),
    "begin, savepoint and commit": (
        (SqliteStore, "begin"),
        (SqliteStore, "keep"),
        (SqliteStore, "commit"),
    ),
    "answer": ((observations, "render"),),
}


@dataclass(frozen=True, slots=True)
class Layered:
    """`own_us` by layer, largest first; `whole_us` without a stopwatch; changes per 100 sets."""

    own_us: dict[str, float]
    whole_us: float
    changes: float


@dataclass(slots=True)
class Stopwatch:
    """Own time of layers in nanoseconds, and how often each was entered."""

    own: dict[str, int] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    _open: list[list[Any]] = field(default_factory=list)

    def around(self, layer: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the time in it counted for the layer."""
        stack, own, entered, calls = self._open, self.own, self.entered, self.calls
        own.setdefault(layer, 0)
        entered.setdefault(layer, 0)
        calls.setdefault(layer, 0)

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            frame = [layer, 0]
            stack.append(frame)
            began = time.thread_time_ns()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.thread_time_ns() - began
                stack.pop()
                own[layer] += took - frame[1]
                entered[layer] += 1
                if stack:
                    stack[-1][1] += took
                    calls[stack[-1][0]] += 1

        return timed

    def cost(self) -> tuple[float, float]:
        """Nanoseconds that one entry adds to the layer itself, and to the layer that calls it."""
        trial = Stopwatch()
        inner = trial.around("inner", lambda: None)

        def outer() -> None:
            for _ in range(10_000):
                inner()

        trial.around("outer", outer)()
        bare = time.thread_time_ns()
        for _ in range(10_000):
            pass
        bare = time.thread_time_ns() - bare
        return trial.own["inner"] / 10_000, (trial.own["outer"] - bare) / 10_000


def layers(folder: Path, sizes: Sizes) -> Layered:
    """Measure on a SQLite file of its own."""
    with filling.opened(f"sqlite:///{folder / 'layers.db'}", folder) as service:
        token = filling.token(service)
        found = filling.fill(service, range(PATIENTS), filling.admitted(clock.now()))
        requests = [
            bodies.set_request(token, patient_id, number, turn)
            for turn in range(bodies.TURNS)
            for patient_id, number in found
        ]
        app = create_app(service)
        _call(app, requests, len(requests))
        kept = _assessments(service)
        whole = _call(app, requests, sizes.profiled)
        changes = (_assessments(service) - kept) / sizes.profiled
        stopwatch = Stopwatch()
        with _wrapped(stopwatch):
            _call(app, requests, sizes.profiled, stopwatch.around(WEB, app.wsgi_app))
    inner, outer = stopwatch.cost()
    own = {
        layer: (own - inner * stopwatch.entered[layer] - outer * stopwatch.calls[layer])
        / sizes.profiled
        / 1_000
        for layer, own in stopwatch.own.items()
    }
    return Layered(
        dict(sorted(own.items(), key=lambda item: -item[1])), whole * 1e6, changes * 100
    )


@contextmanager
def _wrapped(stopwatch: Stopwatch) -> Iterator[None]:
    before = [(place, name, getattr(place, name)) for of in LAYERS.values() for place, name in of]
    try:
        for layer, functions in LAYERS.items():
            for place, name in functions:
                setattr(place, name, stopwatch.around(layer, getattr(place, name)))
        yield
    finally:
        for place, name, function in before:
            setattr(place, name, function)


def _call(
    app: Flask, requests: list[bytes], count: int, entry: Callable[..., Any] | None = None
) -> float:
    """Seconds of processor time per request. The requests are made ready before."""
    entry = entry or app.wsgi_app
    statuses: list[str] = []
    took = 0

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        statuses.append(status)

    for place in range(count):
        environ = _environ(requests[place % len(requests)])
        began = time.thread_time_ns()
        answered = b"".join(entry(environ, start))
        took += time.thread_time_ns() - began
        if not statuses[-1].startswith("201"):
            raise AssertionError(answered.decode())
    return took / count / 1e9


def _environ(message: bytes) -> dict[str, Any]:
    told = datetime.now(UTC).isoformat(timespec="microseconds").encode()
    head, _, body = message.replace(bodies.NOW, told).partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    method, path, protocol = line.split()
    headers = {
        name.upper().replace("-", "_"): value
        for name, _, value in (each.partition(": ") for each in fields)
    }
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": protocol,
        "CONTENT_TYPE": headers.pop("CONTENT_TYPE"),
        "CONTENT_LENGTH": headers.pop("CONTENT_LENGTH"),
        **{f"HTTP_{name}": value for name, value in headers.items()},
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _assessments(service: Any) -> int:
    return int(service.store.query("select count(*) as n from assessment")[0]["n"])
