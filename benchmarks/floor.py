"""The floor: the least that keeping a validated observation costs on the same machinery.

A plain Flask view, a marshmallow load, one durable row (SQLite in WAL, `synchronous=FULL`) by a
writer that commits for a group; the server, its threads and the SQLite library are toxmon's. No
token, no units, no grade, no audit, no index.

    python -m benchmarks.floor PORT FILE
"""

from __future__ import annotations

import os
import sys
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Flask, request
from marshmallow import Schema, ValidationError, fields, validate

from toxmon.grading.kinds import KINDS
from toxmon.store.sqlite import choose_library

THREADS = 16
FILE = "FLOOR_FILE"

Row = tuple[str, str, str, float, str, str, str]


class ObservationIn(Schema):
    """One observation."""

    patient_id = fields.String(required=True, validate=validate.Length(1, 64))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    value = fields.Float(required=True)
    unit = fields.String(required=True, validate=validate.Length(1, 32))
    effective_at = fields.AwareDateTime(required=True, format="iso")


class Group:
    """The rows that go with the next commit, and whether they are durable."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.settled = False
        self.error: BaseException | None = None


class Writer:
    """One connection; whoever waits while another commits goes with the next commit."""

    def __init__(self, path: str) -> None:
        library, wal = choose_library()
        self._connection: Any = library.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute(f"pragma journal_mode = {'wal' if wal else 'delete'}")
        self._connection.execute("pragma synchronous = full")
        self._connection.execute(
            "create table if not exists observation (seq integer primary key, id text, "
            "patient_id text, kind text, value real, unit text, effective_at text, "
            "recorded_at text)"
        )
        self._joining = threading.Lock()
        self._turn = threading.Lock()
        self._next = Group()

    def insert(self, rows: list[Row]) -> None:
        """Return when the rows are durable."""
        with self._joining:
            group = self._next
            group.rows += rows
        with self._turn:
            if not group.settled:
                with self._joining:
                    self._next = Group()
                try:
                    self._commit(group.rows)
                except BaseException as error:
                    group.error = error
                    raise
                finally:
                    group.settled = True
        if group.error is not None:
            raise group.error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _commit(self, rows: list[Row]) -> None:
        self._connection.execute("begin immediate")
        self._connection.executemany(
            "insert into observation (id, patient_id, kind, value, unit, effective_at, "
            "recorded_at) values (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._connection.execute("commit")


def load() -> Flask:
    """The app in the server's child, over the file that the environment names."""
    return create_app(Writer(os.environ[FILE]))


def create_app(writer: Writer) -> Flask:
    """The app over a writer."""
    app = Flask("floor", static_folder=None)
    one, many = ObservationIn(), ObservationIn(many=True)

    @app.errorhandler(ValidationError)
    def refused(error: ValidationError) -> tuple[dict[str, Any], int]:
        return {"errors": error.messages}, 422

    @app.post("/observation")
    def keep() -> tuple[dict[str, Any], int]:
        row = as_row(one.load(request.get_json()), datetime.now(UTC).isoformat())
        writer.insert([row])
        return {"id": row[0]}, 201

    @app.post("/observations")
    def keep_many() -> tuple[dict[str, Any], int]:
        now = datetime.now(UTC).isoformat()
        rows = [as_row(each, now) for each in many.load(request.get_json())]
        writer.insert(rows)
        return {"ids": [row[0] for row in rows]}, 201

    return app


def as_row(read: dict[str, Any], now: str) -> Row:
    """A row to keep."""
    return (
        str(uuid.uuid4()),
        read["patient_id"],
        read["kind"],
        read["value"],
        read["unit"],
        read["effective_at"].isoformat(),
        now,
    )


def serve(port: int) -> None:
    """Answer until told to stop: granian as toxmon has it."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    server: Any = Server(
        "benchmarks.floor:load",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=THREADS,
        backlog=1024,
        log_level=LogLevels.error,
    )
    server.serve()


if __name__ == "__main__":
    os.environ[FILE] = sys.argv[2]
    serve(int(sys.argv[1]))
