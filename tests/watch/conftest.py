"""A patient on a ward whose chains call people by pager."""

from __future__ import annotations

import pytest

from tests.conftest import Api, Clock
from tests.watch.bedside import INFUSED, Bed
from toxmon.actions import Service, look_up


@pytest.fixture(autouse=True)
def _reading_leaves_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking is noted in the audit chain: tested elsewhere, and a commit each time."""
    monkeypatch.setattr(look_up, "note_reading", lambda *args, **kwargs: None)


@pytest.fixture
def bed(api: Api, clock: Clock, service: Service) -> Bed:
    """A patient after ide-cel on the first day, on each database; a pager is a channel."""
    service.channels = ("pager",)
    found = Bed(api, clock)
    found.patient_id = api.treated("ide-cel", INFUSED)
    return found
