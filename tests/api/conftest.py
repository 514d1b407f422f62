"""A ward that stands while a module's tests run: its people, its patients, and what is on record.

Tests that only send what is refused share it, because nothing that is refused may change it; that
is what they prove. Tests that change the record take the fixture `api`, which is new each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.api.contract import Contract
from tests.conftest import KEY, Api, Clock, Reply, _migrate, lend, make_app
from tests.postgres import PostgresServer
from toxmon.actions import Service
from toxmon.actions.tokens import ROLES
from toxmon.protocol import Protocols
from toxmon.store import open_store
from toxmon.store.sqlite import SqliteStore

TABLES = {
    "sqlite": "select name from sqlite_master where type = 'table'",
    "postgresql": "select tablename as name from pg_tables where schemaname = 'public'",
}

# A refused request may be noted as an access; nothing else may grow.
MAY_GROW = {"access"}

SHIFT = {"unit": "bmt-1", "role": "charge_nurse", "person": "Noor", "channel": None}
AT_08, AT_20 = "2026-03-01T08:00:00Z", "2026-03-01T20:00:00Z"


def kept(service: Service) -> dict[str, Any]:
    """How many rows each table has, and the sum of the versions of all patients' records."""
    store = service.store
    engine = "sqlite" if isinstance(store, SqliteStore) else "postgresql"
    names = {row["name"] for row in store.query(TABLES[engine])} - MAY_GROW
    assert {"patient", "fact", "assessment", "request", "token"} <= names
    counts = [f"(select count(*) from {name}) as {name}" for name in sorted(names)]
    versions = "(select sum(version) from head) as versions"
    return store.query(f"select {', '.join(counts)}, {versions}")[0]


def pointers(reply: Reply) -> list[str]:
    """The places that a problem names, in order."""
    return [each["pointer"] for each in reply.body.get("errors", [])]


@dataclass
class Ward:
    """An API over a record with one of everything, and what was found wrong with a request."""

    api: Api
    clock: Clock
    patient: str
    far_patient: str
    untreated: str
    fact: str
    replaced: str
    retracted: str
    doubted: str
    infusion: str
    dose: str
    pair: tuple[str, str]
    permission: str
    attribution: str
    alert: str
    shift: str
    near_nurse: str
    near_auditor: str
    charted: int = 0

    def refused(self, reply: Reply, status: int, *places: str) -> None:
        """Assert that a reply is a problem of this status which names these places, any order."""
        assert reply.status == status, reply.raw[:2000]
        assert reply.headers["Content-Type"] == "application/problem+json"
        body = reply.body
        assert (body["status"], type(body["title"]), type(body["detail"])) == (status, str, str)
        assert body["type"] == "about:blank"
        assert set(body) <= {"type", "title", "status", "detail", "errors"}
        assert sorted(pointers(reply)) == sorted(places), body
        assert all(each["detail"] for each in body.get("errors", []))

    def new_alert(self, over: bool = False) -> str:
        """The id of an alert that nobody has, of a new patient; `over`: its value was corrected."""
        patient = self.api.treated()
        hot = self.api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39, "Cel"))
        (alert,) = [each["id"] for each in hot.body["alerts"] if each["key"] == "crs#1"]
        if over:
            right = {"value": 36.8, "unit": "Cel", "reason": "typed wrong"}
            fact = hot.body["observations"][0]["id"]
            assert self.api.post(f"/observations/{fact}/corrections", right).status == 201
        return str(alert)

    def chart_well(self) -> None:
        """Prove that the next request works: a set is kept, in the shared record."""
        before = self.charted
        self.charted += 1
        at = f"2026-03-01T07:{before // 60 % 60:02}:{before % 60:02}Z"
        reply = self.api.chart(self.patient, at, heart_rate=(80, "/min"))
        assert reply.status == 201, reply.body


def stand_up(database_url: str, protocols: Protocols, contract: Contract) -> Iterator[Ward]:
    """A ward over a migrated, empty database."""
    store, clock = open_store(database_url), Clock()
    service = Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin"))
    lend(contract.app, service)
    contract.begin()
    api = Api(contract.app, contract.app.test_client(), service)
    for role in ROLES:
        api.token(role)
    yield populate(api, clock)
    store.close()
    assert sorted(set(contract.breaches)) == []


def populate(api: Api, clock: Clock) -> Ward:
    """One of everything, charted through the API."""

    def first(reply: Reply) -> str:
        assert reply.status == 201, reply.body
        found: str = reply.body["observations"][0]["id"]
        return found

    at = "2026-03-01T06:30:00Z"
    patient = api.patient("WARD-1")
    far_patient = api.patient("FAR-1", unit="icu-2")
    untreated = api.patient("WARD-2", birth_date=None)
    infused = {"product": "ide-cel", "infused_at": "2026-03-01T06:00:00Z"}
    infusion = first(api.post(f"/patients/{patient}/infusions", infused))
    fact = first(api.chart(patient, at, respiratory_rate=(16, "/min")))
    replaced = first(api.chart(patient, at, body_temperature=(39.8, "Cel")))
    first(
        api.post(
            f"/observations/{replaced}/corrections",
            {"value": 36.8, "unit": "Cel", "reason": "typed 39.8 for 36.8"},
        )
    )
    wrong = first(api.chart(patient, at, weight=(70, "kg")))
    retracted = first(api.post(f"/observations/{wrong}/retraction", {"reason": "another patient"}))
    doubted = first(api.chart(patient, at, oxygen_saturation=(0.95, "%")))
    given = {"medication": "tocilizumab", "given_at": at, "route": "iv"}
    dose = first(api.post(f"/patients/{patient}/administrations", given))
    # Two records of one drug, which a person may say are two doses.
    close = {**given, "medication": "levetiracetam"}
    one, other = (
        first(api.post(f"/patients/{patient}/administrations", {**close, "given_at": each}))
        for each in ("2026-03-01T06:40:00Z", "2026-03-01T06:50:00Z")
    )
    wanted = {"dose": {"value": 560, "unit": "mg"}, "reason": "the first was spilled"}
    path = f"/patients/{patient}/dosing/tocilizumab/overrides"
    asked = api.post(path, wanted, by="physician")
    assert asked.status == 201, asked.body
    permission = asked.body["permission"]["id"]
    attributed = {"sign": "fever", "cause": "pneumonia", "from": at, "reason": "seen on the film"}
    attribution = first(api.post(f"/patients/{patient}/attributions", attributed, by="physician"))
    alert = api.get("/alerts", by="physician").body["items"][0]["id"]
    shift = api.post("/rosters", {**SHIFT, "from": AT_08, "until": AT_20}).body["id"]
    return Ward(
        api, clock, patient, far_patient, untreated, fact, replaced, retracted, doubted, infusion,
        dose, (one, other), permission, attribution, alert, shift,
        near_nurse=api.token("nurse", units=("bmt-1",)),
        near_auditor=api.token("auditor", units=("bmt-1",)),
    )  # fmt: skip


@pytest.fixture(scope="session")
def app_of_the_ward(protocols: Protocols) -> Contract:
    """The app of the ward that stands, held against its document; another than a test's own."""
    return Contract(make_app(protocols))


Stand = Callable[[str], Iterator[Ward]]


@pytest.fixture(scope="module")
def stand(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    protocols: Protocols,
    app_of_the_ward: Contract,
) -> Stand:
    """Stand a ward up on a database of its own, and remove it."""

    def stood(engine: str) -> Iterator[Ward]:
        if engine == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('ward') / 'ward.db'}"
            _migrate(url)
            yield from stand_up(url, protocols, app_of_the_ward)
            return
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.fresh_database()
        yield from stand_up(url, protocols, app_of_the_ward)
        server.drop(url)

    return stood


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def ward(request: pytest.FixtureRequest, stand: Stand) -> Iterator[Ward]:
    """A ward on each database that stands while the tests of a module run."""
    yield from stand(request.param)


@pytest.fixture
def both_wards(stand: Stand) -> Iterator[tuple[Ward, Ward]]:
    """A ward on each database, for what is asked of both; `lend` the app to one of them."""
    yield from zip(stand("sqlite"), stand("postgres"), strict=True)


@pytest.fixture(scope="session")
def contract(protocols: Protocols) -> Contract:
    """The app of the tests here, held against its document."""
    return Contract(make_app(protocols))


@pytest.fixture(scope="session")
def app(contract: Contract) -> Flask:
    """See `api`."""
    return contract.app


@pytest.fixture
def api(api: Api, contract: Contract) -> Iterator[Api]:
    """The API of every test, whose answers are held against its OpenAPI document here."""
    contract.begin()
    for role in ROLES:  # Made now, so that no token is made between two looks at the record.
        api.token(role)
    yield api
    assert sorted(set(contract.breaches)) == []
