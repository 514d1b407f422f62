"""What tests share: a clock turned by hand, both databases, a service, an API with people at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.postgres import PostgresServer, postgres_server
from tests.running import Ward, running
from toxmon.actions import Actor, Service, tokens
from toxmon.actions.tokens import ROLES
from toxmon.app import create_app
from toxmon.protocol import Protocols, load_protocols
from toxmon.store import Store, open_store

KEY = b"a key for tests, thirty-two bytes or more"
ADA = Actor("ada", "Ada", "nurse")

# A busy machine is no fault of the code; how long things take is measured in benchmarks/.
hypothesis.settings.register_profile("toxmon", deadline=None)
hypothesis.settings.load_profile("toxmon")


class Clock:
    """A clock that tests turn by hand. It begins on 1 March 2026 at 08:00 UTC."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


def _migrate(url: str) -> None:
    store = open_store(url)
    store.migrate()
    store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process; fresh databases have the migrations applied."""
    with postgres_server() as server:
        server.prepare(_migrate)
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database; every test that asks for it runs on both."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ward.db'}"
        _migrate(url)
        yield url
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.fresh_database()
    yield url
    server.drop(url)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A migrated, empty store, on each database."""
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def protocols() -> Protocols:
    """The shipped protocols."""
    return load_protocols()


@pytest.fixture
def clock() -> Clock:
    """A clock turned by hand."""
    return Clock()


@pytest.fixture
def service(store: Store, clock: Clock, protocols: Protocols) -> Service:
    """What actions need, on each database; the site is in Berlin."""
    return Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin"))


@dataclass
class Reply:
    """An answer of the API."""

    status: int
    body: Any
    headers: Any
    raw: bytes


@dataclass
class Api:
    """The API, used by people: `api.post(path, body)` is a nurse's unless `by` says otherwise."""

    app: Flask
    client: FlaskClient
    service: Service
    tokens: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def token(self, role: str, **more: Any) -> str:
        """A token of a role, made once."""
        if more or role not in self.tokens:
            _, text = tokens.create(self.service, role, f"{role} of the test", **more)
            if more:
                return text
            self.tokens[role] = text
        return self.tokens[role]

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        by: str = "nurse",
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One request below /api/v1, or any path that begins with "//"."""
        sent = {"Authorization": f"Bearer {self.token(by) if by in ROLES else by}"}
        data = raw
        if body is not None:
            data = orjson.dumps(body)
        if data is not None:
            sent["Content-Type"] = "application/json"
        sent |= headers or {}
        url = path[1:] if path.startswith("//") else f"/api/v1{path}"
        answer = self.client.open(url, method=method, data=data, headers=sent)
        json = "json" in (answer.content_type or "") and "ndjson" not in answer.content_type
        parsed = orjson.loads(answer.data) if answer.data and json else None
        return Reply(answer.status_code, parsed, answer.headers, answer.data)

    def get(self, path: str, **more: Any) -> Reply:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Reply:
        return self.call("POST", path, body, **more)

    def patient(self, mrn: str = "A1", **more: Any) -> str:
        """The id of a new patient of ward bmt-1, born 2 May 1961."""
        body = {
            "identifiers": [{"system": "urn:mrn", "value": mrn}],
            "birth_date": "1961-05-02",
            "sex": "female",
            "unit": "bmt-1",
            **more,
        }
        answer = self.post("/patients", body)
        assert answer.status == 201, answer.body
        found: str = answer.body["id"]
        return found

    def treated(self, product: str = "ide-cel", at: str = "2026-03-01T06:00:00Z") -> str:
        """The id of a new patient who was infused at `at`."""
        patient_id = self.patient(mrn=f"T{next(self.numbers)}")
        body = {"product": product, "infused_at": at}
        answer = self.post(f"/patients/{patient_id}/infusions", body)
        assert answer.status == 201, answer.body
        return patient_id

    def chart(self, patient_id: str, at: str, **values: Any) -> Reply:
        """Chart a set: `body_temperature=(38.6, "Cel")`, `oxygen_device="room_air"`."""
        observations = [
            {"kind": kind, "value": value[0], "unit": value[1]}
            if isinstance(value, tuple)
            else {"kind": kind, "value": value}
            for kind, value in values.items()
        ]
        body = {"effective_at": at, "observations": observations}
        return self.post(f"/patients/{patient_id}/observations", body)


@pytest.fixture
def api(service: Service) -> Api:
    """The API on each database, with a clock turned by hand."""
    app = create_app(service)
    app.testing = False  # An error that nobody handles must be an answer, as on the ward.
    return Api(app, app.test_client(), service)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A real server process over an SQLite file."""
    with running(f"sqlite:///{tmp_path / 'ward.db'}", tmp_path) as found:
        yield found
