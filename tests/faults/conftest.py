"""Real server processes over both databases, owned by the test that breaks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.senders import Client
from tests.running import Ward, running


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[Ward]:
    """A server that runs, once over each database; it is gone afterwards, whatever became of it."""
    with running(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def nurse(ward: Ward) -> Client:
    """A nurse at that server."""
    return Client(ward, ward.token("nurse"))
