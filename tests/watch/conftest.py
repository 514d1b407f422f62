"""A patient on a ward whose chains call people by pager."""

from __future__ import annotations

from typing import cast
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from tests.conftest import KEY, Api, Clock
from tests.watch.bedside import INFUSED, Bed
from toxmon.actions import Service, look_up
from toxmon.app import create_app
from toxmon.protocol import Protocols
from toxmon.store import Store


@pytest.fixture(autouse=True)
def _reading_leaves_no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking is noted in the audit chain: tested elsewhere, and a commit each time."""
    monkeypatch.setattr(look_up, "note_reading", lambda *args, **kwargs: None)


@pytest.fixture(scope="session")
def app(protocols: Protocols) -> Flask:
    """The app, made once: there are many tests, and each of them is short."""
    nobody = cast(Store, None)
    found = create_app(Service(nobody, Clock(), KEY, protocols, ZoneInfo("Europe/Berlin")))
    found.testing = False
    return found


@pytest.fixture
def api(service: Service, app: Flask) -> Api:
    """The API on each database, over a service of this test alone."""
    app.extensions["toxmon"] = service
    for name in ("toxmon_tokens", "toxmon_counts"):
        app.extensions[name] = {}
    return Api(app, app.test_client(), service)


@pytest.fixture
def bed(api: Api, clock: Clock, service: Service) -> Bed:
    """A patient after ide-cel on the first day, on each database; a pager is a channel."""
    service.channels = ("pager",)
    found = Bed(api, clock)
    found.patient_id = api.treated("ide-cel", INFUSED)
    return found
