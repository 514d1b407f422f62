"""Real server processes over both databases, owned by the test that breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from tests.conftest import KEY
from tests.faults.senders import Client
from tests.running import Ward, running
from toxmon import clock
from toxmon.actions import Service, tokens
from toxmon.protocol import Protocols
from toxmon.store import open_store


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[Ward]:
    """A server that runs, once over each database; it is gone afterwards, whatever became of it."""
    with running(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def nurse(ward: Ward, protocols: Protocols) -> Client:
    """A nurse at that server."""
    return nurse_at(ward, protocols)


def nurse_at(ward: Ward, protocols: Protocols) -> Client:
    """A nurse with a new token, made as `toxmon token create` does and a second sooner."""
    store = open_store(ward.database_url)
    service = Service(store, clock.now, KEY, protocols, UTC)
    _, token = tokens.create(service, "nurse", "nurse of the test")
    store.close()
    return Client(ward, token)
