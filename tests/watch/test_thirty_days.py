"""Thirty days of a ward in seconds: what is overdue is told in time, and little else is."""

from __future__ import annotations

import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from freezegun import freeze_time

from tests.conftest import Api, Clock
from tests.watch.bedside import FEVER, WELL, Bed
from toxmon import clock as wall
from toxmon.actions import Service
from toxmon.actions.sweep import sweep
from toxmon.store import alarms, watches
from toxmon.store.sqlite import SqliteStore

PATIENTS = 10
DAYS = 30
VITALS, EVERY, GRACE = "check:vital signs", timedelta(hours=4), timedelta(minutes=30)
"""The line of ide-cel's protocol in hospital, read by eye from its file."""
AT_HOME, GRACE_AT_HOME = timedelta(hours=12), timedelta(hours=3)
"""And of the alarm policy for out-patients."""
LINE_ENDS = datetime(2026, 4, 3, 22, tzinfo=UTC)
"""Midnight in Berlin after day 14 of who is infused on 20 March: the line has ended."""
SIGNS = {name: value for name, value in WELL.items() if isinstance(value, tuple)}
MINUTE = timedelta(minutes=1)


def untold(measured: list[datetime], began: datetime, until: datetime) -> list[datetime]:
    """The minutes at which a set of vital signs came to be overdue, by walking every one."""
    found, at, newest = [], began, began
    sets = sorted(measured)
    overdue = False
    while at <= until:
        while sets and sets[0] <= at:
            newest = sets.pop(0)
            overdue = False
        if not overdue and at >= newest + AT_HOME + GRACE_AT_HOME:
            overdue = True
            found.append(at)
        at += MINUTE
    return found


def pause_the_rest(ward: Bed) -> None:
    """All but the vital signs of an out-patient is looked after elsewhere for another week."""
    items = ward.api.get(f"/patients/{ward.patient_id}/checks").body["items"]
    body = {
        "from": ward.at(), "until": ward.at(days=7), "reason": "seen elsewhere",
        "checks": [each["what"] for each in items if f"check:{each['what']}" != VITALS],
    }  # fmt: skip
    ward.post("/patients/{patient}/pauses", body)


@pytest.mark.hazard("H17", "H32", "H38", "H41")
def test_thirty_days_of_a_ward(api: Api, clock: Clock, service: Service) -> None:
    if not isinstance(service.store, SqliteStore):
        return  # Once is enough: the days are the same on the other database.
    draw = random.Random(31)
    clock.now = datetime(2026, 3, 20, 6, tzinfo=UTC)  # The night of 29 March is among them.
    began = clock.now
    ends = began + timedelta(days=DAYS)
    patients = [api.treated("ide-cel", began.isoformat()) for _ in range(PATIENTS)]
    ward = Bed(api, clock)
    for ward.patient_id in patients:
        ward.post("/patients/{patient}/stays", {"from": ward.at(), "setting": "outpatient"})
    measured: dict[str, list[datetime]] = {each: [] for each in patients}
    rounds: list[tuple[datetime, str]] = []
    paused = dict.fromkeys(patients, began - timedelta(days=7))
    for each in patients:
        at = began
        while at < ends:
            # A ward is late now and then, and once in a while it forgets a whole round.
            late = draw.choice([0, 0, 0, 0, 20, 60, 160, 187, 217])
            at += AT_HOME * draw.choice([1] * 20 + [2, 3]) - timedelta(minutes=10 - late)
            rounds.append((at.replace(second=0, microsecond=0), each))
    rounds = sorted(each for each in rounds if each[0] < ends)
    next_at = sweep(service).next_at
    for at, patient_id in rounds:
        while next_at is not None and next_at < at:
            clock.now = max(next_at, clock.now + timedelta(milliseconds=1))
            next_at = sweep(service).next_at
        clock.now = max(at, clock.now)
        ward.patient_id = patient_id
        if clock.now - paused[patient_id] > timedelta(days=6):
            pause_the_rest(ward)
            paused[patient_id] = clock.now
        assert api.chart(patient_id, at.isoformat(), **SIGNS).status == 201
        measured[patient_id].append(at)
        if at - ([began, *measured[patient_id]][-2]) >= AT_HOME + GRACE_AT_HOME:
            for alert in api.get(f"/alerts?patient={patient_id}").body["items"]:
                ward.acknowledge(alert["id"])
        next_at = watches.next_due(service.store)

    rows = alarms.events_after(service.store, 0, 1_000_000)
    for patient_id in patients:
        told = [
            row["recorded_at"].replace(second=0, microsecond=0)
            for row in rows
            if row["patient_id"] == patient_id
            and row["key"] == VITALS
            and row["kind"] in ("raised", "reopened", "recurred")
        ]
        walked = untold(measured[patient_id], began, LINE_ENDS - MINUTE)
        assert told == walked, (patient_id, set(told) ^ set(walked))
    assert ward.findings() == []
    load = Counter(
        row["kind"] for row in rows if row["kind"] in ("raised", "reopened", "recurred", "worsened")
    )
    assert sum(load.values()) / (PATIENTS * DAYS) < 1, load


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("night", ["2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z"])
def test_a_check_every_four_hours_is_due_after_four_hours_of_the_night_on_which_clocks_change(
    bed: Bed, night: str
) -> None:
    bed.clock.now = datetime.fromisoformat(night)
    bed.patient_id = bed.api.treated("ide-cel", bed.at(hours=-2))
    bed.vitals()
    bed.pass_time(hours=5)
    alert = bed.alert(VITALS)
    raised = datetime.fromisoformat(alert["raised_at"])
    assert raised - datetime.fromisoformat(night) == EVERY + GRACE


def test_a_frozen_clock_of_python_is_the_clock_of_the_service(bed: Bed) -> None:
    """Where nobody hands over a clock, the service asks the wall; freezegun turns it."""
    service = bed.service
    if not isinstance(service.store, SqliteStore):
        return  # The pool of the other driver waits by the clocks that are frozen here.
    others = [name for name in sys.modules if name.startswith(("toxmon.", "tests."))]
    others.remove(wall.__name__)
    # Its kind of instant is of another class, which is no JSON: only the wall is frozen.
    service.clock = lambda: datetime.fromtimestamp(wall.now().timestamp(), UTC)
    with freeze_time("2026-03-01T08:00:00Z", ignore=others) as frozen:
        bed.vitals(at="2026-03-01T08:00:00Z", **FEVER)
        frozen.tick(timedelta(hours=4, minutes=29))
        sweep(service)
        assert VITALS not in {each["key"] for each in bed.alerts()}
        frozen.tick(timedelta(minutes=2))
        sweep(service)
        alert = bed.alert(VITALS)
    life: list[dict[str, Any]] = bed.life(alert["id"])
    assert [each["event"] for each in life] == ["raised", "escalated"]
    assert alert["raised_at"].startswith("2026-03-01T12:31:00")
