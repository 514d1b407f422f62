"""Here the store itself is tried: each test has a database and connections of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import _migrate
from tests.postgres import PostgresServer
from toxmon.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database that nobody used before."""
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
    """A store that was just opened."""
    opened = open_store(database_url)
    yield opened
    opened.close()
