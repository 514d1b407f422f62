"""What tests share: a clock turned by hand, both databases, a service, an API with people at it."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import hypothesis
import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.lent import Lent
from tests.postgres import PostgresServer, postgres_server
from tests.running import Ward, running
from toxmon.actions import Actor, Service, tokens
from toxmon.actions.burden import Burden
from toxmon.actions.tokens import ROLES
from toxmon.app import create_app
from toxmon.clock import elapsed
from toxmon.data import memory
from toxmon.intake.files import load_code_maps
from toxmon.protocol import Protocols, load_protocols
from toxmon.store import Store, open_store

KEY = b"a key for tests, thirty-two bytes or more"
ADA = Actor("ada", "Ada", "nurse")
# What an app keeps beside its service and changes with no request.
WITHOUT_MEMORY = {"toxmon_cds_trust", "toxmon_sources", "toxmon_readers", "toxmon_assets"}

# A busy machine is no fault of the code; how long things take is measured in benchmarks/.
hypothesis.settings.register_profile("toxmon", deadline=None)
hypothesis.settings.load_profile("toxmon")


def pytest_configure() -> None:
    """Let temporary folders lie in memory where there is room: a test asks what toxmon does, and
    would wait three milliseconds for the disk at each commit."""
    if room := memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", room)


def pytest_xdist_auto_num_workers() -> int:
    """Three workers on two processors: a third of the time goes by waiting for processes."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_finish() -> None:
    """What was imported stays: the collector need not look at it again after every 700 objects."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)


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
    """Make the empty database of a test. A file of SQLite is a copy of one that was migrated."""
    scheme, _, path = url.partition(":///")
    if scheme == "sqlite":
        Path(path).write_bytes(_migrated_file())
    else:
        _apply_migrations(url)


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        _apply_migrations(f"sqlite:///{path}")
        assert [each.name for each in Path(folder).iterdir()] == [path.name], "not all is in it"
        return path.read_bytes()


def _apply_migrations(url: str) -> None:
    store = open_store(url)
    store.migrate()
    store.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process; fresh databases have the migrations applied."""
    with postgres_server() as server:
        server.prepare(_migrate)
        yield server


@pytest.fixture(scope="session")
def lent(postgres: PostgresServer) -> Iterator[Lent]:
    """The PostgreSQL database of one test after another."""
    found = Lent(postgres)
    yield found
    found.give_up()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database; every test that asks for it runs on both."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'ward.db'}"
        _migrate(url)
        yield url
        return
    lent: Lent = request.getfixturevalue("lent")
    yield lent.database()
    lent.take_back()


@pytest.fixture
def store(database_url: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A migrated, empty store, on each database."""
    if database_url.startswith("postgresql"):
        # It takes its connections back with the database, when the test is over.
        yield request.getfixturevalue("lent").store()
        return
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
    maps = load_code_maps(None)
    return Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin"), code_maps=maps)


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


def make_app(protocols: Protocols) -> Flask:
    """An app to be lent to one service after another: its routes take half a second to make."""
    nobody = cast(Store, None)
    app = create_app(Service(nobody, Clock(), KEY, protocols, ZoneInfo("Europe/Berlin")))
    app.testing = False  # An error that nobody handles must be an answer, as on the ward.
    lend(app, app.extensions["toxmon"])
    return app


def lend(app: Flask, service: Service) -> None:
    """Make an app that of this service, with nothing left of what it remembered of another."""
    anew = {
        "toxmon": service,
        "toxmon_tokens": {},
        "toxmon_counts": {},
        "toxmon_burden": Burden(),
        "toxmon_began": elapsed(),
    }
    forgotten = {name for name in app.extensions if name.startswith("toxmon")} - set(anew)
    assert forgotten <= WITHOUT_MEMORY, f"a test would see what another left in {forgotten}"
    app.extensions.update(anew)


@pytest.fixture(scope="session")
def app(protocols: Protocols) -> Flask:
    """The app of a test that asks for `api`; of one test at a time."""
    return make_app(protocols)


@pytest.fixture
def api(service: Service, app: Flask) -> Api:
    """The API on each database, with a clock turned by hand."""
    lend(app, service)
    return Api(app, app.test_client(), service)


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """A real server process over an SQLite file."""
    with running(f"sqlite:///{tmp_path / 'ward.db'}", tmp_path) as found:
        yield found
