"""Services for courses that Hypothesis draws: one for each database, in one test or in two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import KEY, Clock
from tests.postgres import PostgresServer
from toxmon.actions import Service, look_up
from toxmon.protocol import Protocols
from toxmon.store import open_store


@pytest.fixture(autouse=True)
def _reading_leaves_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a grade is noted in the audit chain: tested elsewhere, and a commit each time."""
    monkeypatch.setattr(look_up, "note_reading", lambda *args, **kwargs: None)


@pytest.fixture
def both(
    tmp_path: Path, postgres: PostgresServer, protocols: Protocols
) -> Iterator[tuple[Service, Service]]:
    """A service over SQLite and one over PostgreSQL."""
    url = postgres.fresh_database()
    stores = open_store(f"sqlite:///{tmp_path / 'ward.db'}"), open_store(url)
    stores[0].migrate()
    zone = ZoneInfo("Europe/Berlin")
    one, other = (Service(store, Clock(), KEY, protocols, zone) for store in stores)
    yield one, other
    for store in stores:
        store.close()
    postgres.drop(url)
