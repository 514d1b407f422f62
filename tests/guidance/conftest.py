"""The doors of guidance over a record: one test on each database, the others on SQLite only.

Guidance asks nothing of a database that dosing and grades do not ask of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import KEY, Api, Clock
from toxmon.actions import Service
from toxmon.app import create_app
from toxmon.protocol import Protocols
from toxmon.store import open_store


@pytest.fixture
def api(tmp_path: Path, clock: Clock, protocols: Protocols) -> Iterator[Api]:
    """The API on SQLite; it is 12:00 UTC on the ninth of March."""
    store = open_store(f"sqlite:///{tmp_path / 'ward.db'}")
    store.migrate()
    yield over(Service(store, clock, KEY, protocols, ZoneInfo("Europe/Berlin")), clock)
    store.close()


@pytest.fixture
def on_either(service: Service, clock: Clock) -> Api:
    """The same on each database."""
    return over(service, clock)


def over(service: Service, clock: Clock) -> Api:
    """The API over a service, at that time."""
    made = create_app(service)
    made.testing = False
    clock.now = datetime(2026, 3, 9, 12, tzinfo=UTC)
    return Api(made, made.test_client(), service)
