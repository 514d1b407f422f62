"""A small record, charted through the API, for commands to look at."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.cli.conftest import KEY, Operator
from tests.conftest import Api, Clock
from toxmon.actions import Service
from toxmon.actions.sweep import sweep
from toxmon.app import create_app
from toxmon.protocol import load_protocols
from toxmon.store import open_store


def chart_a_ward(operator: Operator) -> str:
    """Two patients with grades, blood counts, a correction and a dose; the id of the first.

    Of the watch: an alert that somebody took, checks that were missed, a shift that was swapped.
    It is charted once; whoever asks again has a copy.
    """
    first, whole = _charted()
    operator.database.write_bytes(whole)
    return first


@cache
def _charted() -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ward.db"
        first = _chart(f"sqlite:///{path}")
        assert [each.name for each in Path(folder).iterdir()] == [path.name], "not all is in it"
        return first, path.read_bytes()


def _chart(url: str) -> str:
    store = open_store(url)
    store.migrate()
    clock = Clock()
    clock.now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    service = Service(store, clock, KEY.encode(), load_protocols(), ZoneInfo("UTC"))
    app = create_app(service)
    api = Api(app, app.test_client(), service)
    first, second = api.patient("A1", name="Ada"), api.patient("B2", name="Grace")
    for patient in (first, second):
        body = {"product": "ide-cel", "infused_at": "2026-03-01T06:00:00Z"}
        assert api.post(f"/patients/{patient}/infusions", body).status == 201
        for hour, temperature in ((7, 37.2), (8, 38.6), (9, 39.8)):
            reply = api.chart(
                patient,
                f"2026-03-01T{hour:02}:00:00Z",
                body_temperature=(temperature, "Cel"),
                vasopressors=[],
                oxygen_device="room_air",
                hypotension=False,
            )
            assert reply.status == 201, reply.body
            clock.forward(minutes=1)
        drawn = {
            "effective_at": "2026-03-01T09:30:00Z",
            "observations": [
                {"kind": "anc", "value": 450, "unit": "/uL", "low": 1800, "high": 7700},
                {"kind": "ferritin", "value": 700, "unit": "ng/mL", "high": 300},
            ],
        }
        assert api.post(f"/patients/{patient}/observations", drawn).status == 201
    wrong = reply.body["observations"][0]["id"]
    right = {"value": 36.8, "unit": "Cel", "reason": "typed 39.8 for 36.8"}
    assert api.post(f"/observations/{wrong}/corrections", right).status == 201
    given = {"medication": "tocilizumab", "given_at": "2026-03-01T10:00:00Z"}
    assert api.post(f"/patients/{first}/administrations", given).status == 201
    assert api.get(f"/patients/{first}/grades").status == 200
    shift = {
        "unit": "bmt-1", "role": "charge_nurse", "person": "Noor", "channel": None,
        "from": "2026-03-01T12:00:00Z", "until": "2026-03-01T20:00:00Z",
    }  # fmt: skip
    old = api.post("/rosters", shift)
    assert old.status == 201, old.body
    swapped = {**shift, "person": "Mika", "reason": "swapped"}
    assert api.post(f"/rosters/{old.body['id']}/corrections", swapped).status == 201
    alert = api.get(f"/alerts?patient={first}").body["items"][0]["id"]
    assert api.post(f"/alerts/{alert}/acknowledge", {"reason": "going"}).status == 200
    clock.forward(hours=9)
    sweep(service)
    store.close()
    return first
