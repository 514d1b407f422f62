"""Other systems of a hospital before a ward: over one standing record, or over each database."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import KEY, Api, Clock, _migrate, make_app
from tests.ehr.fhir.told import Hospital, Rich, rich
from toxmon.actions import Service
from toxmon.intake.files import load_code_maps
from toxmon.protocol import Protocols
from toxmon.store import open_store


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, protocols: Protocols) -> Iterator[Rich]:
    """A rich record over SQLite, that stands while a module's tests read it."""
    url = f"sqlite:///{tmp_path_factory.mktemp('fhir') / 'ward.db'}"
    _migrate(url)
    store, clock = open_store(url), Clock()
    service = Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin"))
    app = make_app(protocols)
    app.extensions["toxmon"] = service
    yield rich(Hospital(Api(app, app.test_client(), service), clock))
    store.close()


@pytest.fixture
def hospital(api: Api, clock: Clock) -> Hospital:
    """A hospital over each of the two databases."""
    return Hospital(api, clock)


@pytest.fixture(scope="module")
def before_one(
    tmp_path_factory: pytest.TempPathFactory, protocols: Protocols
) -> Iterator[Hospital]:
    """A hospital over one SQLite that stands while a module's tests run, each with new patients."""
    url = f"sqlite:///{tmp_path_factory.mktemp('sent') / 'ward.db'}"
    _migrate(url)
    store, clock = open_store(url), Clock()
    maps = load_code_maps(None)
    service = Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin"), code_maps=maps)
    app = make_app(protocols)
    app.extensions["toxmon"] = service
    yield Hospital(Api(app, app.test_client(), service), clock)
    store.close()
