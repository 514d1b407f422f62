"""What tests of a running watch share: a grave set, the feed, waiting, a wall clock that is set."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.clock.test_steps import LIBRARY
from tests.faults.senders import Client

PATIENCE_S = 30.0
SLIGHTLY = timedelta(seconds=1)
Item = dict[str, Any]


def grave(at: datetime) -> Item:
    """A set of a patient with CRS 3: fever, and hypotension on one vasopressor."""
    return {
        "effective_at": at.isoformat(),
        "observations": [
            {"kind": "body_temperature", "value": 39.1, "unit": "Cel"},
            {"kind": "systolic_bp", "value": 84, "unit": "mm[Hg]"},
            {"kind": "diastolic_bp", "value": 50, "unit": "mm[Hg]"},
            {"kind": "oxygen_device", "value": "room_air"},
            {"kind": "vasopressors", "value": ["norepinephrine"]},
        ],
    }


def gravely_ill(nurse: Client, mrn: str) -> tuple[str, Item]:
    """A new patient, infused an hour ago, with CRS 3 now: (patient, the alert)."""
    now = datetime.now(UTC)
    patient = nurse.treated(mrn, now)
    kept = nurse.ask("POST", f"/patients/{patient}/observations", grave(now - SLIGHTLY))
    (alert,) = kept["alerts"]
    assert (alert["key"], alert["priority"], alert["signal"]) == ("crs#1", "high", "sounding")
    return patient, alert


def acknowledged(nurse: Client, alert: Item, until: datetime) -> None:
    """Take an alert until an end."""
    body = {"reason": "on my way", "until": until.isoformat()}
    taken = nurse.ask("POST", f"/alerts/{alert['id']}/acknowledge", body)
    assert taken["signal"] == "acknowledged"


def feed(client: Client, after: int = 0) -> list[Item]:
    """Every change of an alert behind a place of the feed."""
    items: list[Item] = []
    while True:
        page = client.ask("GET", f"/alerts?after={after}&limit=500")
        items += page["items"]
        if not page["items"]:
            return items
        after = page["last"]


def opened(client: Client) -> dict[str, Item]:
    """The open alerts by id."""
    return {each["id"]: each for each in client.ask("GET", "/alerts?limit=500")["items"]}


def awaited(look: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
    return found


def faked(step: Path) -> dict[str, str]:
    """Settings of processes whose wall clock is set by writing to `step`, and no other clock."""
    step.write_text("+0\n")
    return {
        "TOXMON_SWEEP_SECONDS": "1",
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME_TIMESTAMP_FILE": str(step),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
