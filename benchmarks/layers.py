"""Where the time of one set goes: microseconds of processor time by layer, in one process.

The app is called as a server calls it, one request after the other on one thread, and a stopwatch
stands around the functions that a layer begins with. A layer's own time is without the layers that
it calls. What the stopwatch itself costs is measured on an empty function and taken off again.
Other processes disturb even processor time, so of many short runs the quickest quarter counts.
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
from statistics import mean
from typing import Any

from benchmarks import bodies, filling, floor
from benchmarks.sizes import Sizes
from toxmon import clock
from toxmon.actions import Service, audit, record, refold
from toxmon.api import door, entries, observations
from toxmon.app import create_app
from toxmon.store import ids
from toxmon.store.sqlite import SqliteStore

PATIENTS = 100
CHUNK = 50

WEB, ACTION = "HTTP and Flask", "action: gather, decide, keep"
LAYERS: dict[str, tuple[tuple[Any, str], ...]] = {
    "token": ((door, "signed_in"),),
    "JSON, read strictly": ((door, "json_body"),),
    "schema and units": (
        (entries.Entries, "_deserialize"),
        (observations, "charted"),
    ),
    ACTION: ((record, "record"),),
    "rows and ids of facts": ((record, "_row"), (ids, "new_ids")),
    "saved state, read and written": ((refold, "load_state"), (refold, "dump_state")),
    "fold: CRS and ICANS": ((refold, "fold"), (refold, "next_change"), (refold, "as_fact")),
    "grades as plain data": ((refold, "plain_grades"), (refold, "assess")),
    "the watch: plan, matters, alarms": ((record, "watched"),),
    "audit link": ((audit, "note"),),
    "SQL, read": ((SqliteStore, "query"),),
    "SQL, write": (
        (SqliteStore, "insert"),
        (SqliteStore, "change"),
        (SqliteStore, "put"),
        (SqliteStore, "execute_later"),
        (SqliteStore, "_send"),
        (SqliteStore, "_send_group"),
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
    """`own_us` by layer, largest first; `whole_us` without a stopwatch, `floor_us` of the floor;
    `changes` is how many assessments a hundred sets made."""

    own_us: dict[str, float]
    whole_us: float
    floor_us: float
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
            frame: list[Any] = [layer, 0]
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

    def read(self, inner: float, outer: float, requests: int) -> dict[str, float]:
        """Microseconds of each layer per request, without the stopwatch's own; begins anew."""
        own = {
            layer: (self.own[layer] - inner * self.entered[layer] - outer * self.calls[layer])
            / requests
            / 1_000
            for layer in self.own
        }
        for layer in self.own:
            self.own[layer] = self.entered[layer] = self.calls[layer] = 0
        return own

    def cost(self) -> tuple[float, float]:
        """Nanoseconds that one entry adds to the layer itself, and to the layer that calls it."""
        trial = Stopwatch()
        inner: Callable[..., Any] = trial.around("inner", int)

        def outer() -> None:
            for _ in range(10_000):
                inner()

        trial.around("outer", outer)()
        began = time.thread_time_ns()
        for _ in range(10_000):
            pass
        bare = time.thread_time_ns() - began
        return trial.own["inner"] / 10_000, (trial.own["outer"] - bare) / 10_000


def layers(folder: Path, sizes: Sizes) -> Layered:
    """Measure on SQLite files of its own: the floor, the whole, the layers, in turn."""
    floor_writer = floor.Writer(str(folder / "layers-floor.db"))
    floor_app = floor.create_app(floor_writer)
    floor_load = [bodies.floor_request(number) for number in range(PATIENTS)]
    with filling.opened(f"sqlite:///{folder / 'layers.db'}", folder) as service:
        token = filling.token(service)
        found = filling.fill(service, range(PATIENTS), filling.admitted(clock.now()))
        load = [
            bodies.set_request(token, patient_id, number, turn)
            for turn in range(bodies.TURNS)
            for patient_id, number in found
        ]
        app = create_app(service)
        _call(app.wsgi_app, load)
        kept = _assessments(service)
        stopwatch = Stopwatch()
        inner, outer = stopwatch.cost()
        floors, wholes, owns = [], [], []
        for start in range(0, sizes.profiled, CHUNK):
            chunk = [load[(start + each) % len(load)] for each in range(CHUNK)]
            floors.append(_call(floor_app.wsgi_app, floor_load[:CHUNK]))
            wholes.append(_call(app.wsgi_app, chunk))
            with _wrapped(stopwatch):
                _call(stopwatch.around(WEB, app.wsgi_app), chunk)
            owns.append(stopwatch.read(inner, outer, CHUNK))
        changes = (_assessments(service) - kept) / (2 * CHUNK * len(wholes))
    floor_writer.close()
    quickest = sorted(owns, key=lambda own: sum(own.values()))[: max(1, len(owns) // 4)]
    own = {layer: mean(each[layer] for each in quickest) for layer in quickest[0]}
    return Layered(
        dict(sorted(own.items(), key=lambda item: -item[1])),
        _quickest(wholes) * 1e6,
        _quickest(floors) * 1e6,
        changes * 100,
    )


def _quickest(times: list[float]) -> float:
    return mean(sorted(times)[: max(1, len(times) // 4)])


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


def _call(entry: Callable[..., Any], load: list[bytes]) -> float:
    """Seconds of processor time per request; making the requests ready is not counted."""
    statuses: list[str] = []
    took = 0

    def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> None:
        statuses.append(status)

    for message in load:
        environ = _environ(message)
        began = time.thread_time_ns()
        answered = b"".join(entry(environ, start))
        took += time.thread_time_ns() - began
        if not statuses[-1].startswith("201"):
            raise AssertionError(answered.decode())
    return took / len(load) / 1e9


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


def _assessments(service: Service) -> int:
    return int(service.store.query("select count(*) as n from assessment")[0]["n"])
