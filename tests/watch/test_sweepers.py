"""However many sweep, die or stand still: everything that is due is done, and its effect once."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

from tests.conftest import ADA, Clock
from tests.running import ROOT
from tests.watch.bedside import SHOCK, Bed
from toxmon.actions import Service, enrol, infuse, record
from toxmon.actions.sweep import sweep
from toxmon.actions.verify import verify
from toxmon.store import EVER, NEVER, Row, alarms, watches

MISSED_EACH = 8
"""Checks that were missed ten hours after an infusion of ide-cel with nothing charted."""
PATIENTS = 75
HOUR = timedelta(hours=1)


def infused(service: Service, number: int) -> str:
    """A patient who was infused an hour ago."""
    made: list[Row] = []

    def keep(row: Row) -> bytes:
        made.append(row)
        return b"{}"

    person = {"name": None, "birth_date": date(1961, 5, 2), "sex": None, "unit": "bmt-1"}
    enrol.enrol(service, ADA, person, [{"system": "urn:mrn", "value": f"S{number}"}], keep)
    fact, editions = infuse.infusion(service, "ide-cel", service.clock() - HOUR, {})
    record.record(service, ADA, made[0]["id"], [fact], lambda outcome: b"{}", began_under=editions)
    return str(made[0]["id"])


def missed(service: Service, patients: list[str]) -> list[Row]:
    """What was kept of missed checks."""
    rows = [row for each in patients for row in watches.events(service.store, each, NEVER, EVER)]
    return [row for row in rows if row["kind"] == "missed"]


def raised(service: Service) -> Counter[tuple[str, str]]:
    """How often an alarm of each check was raised, by treatment and key."""
    rows = alarms.events_after(service.store, 0, 100_000)
    return Counter(
        (row["treatment_id"], row["key"])
        for row in rows
        if row["kind"] == "raised" and row["key"].startswith("check:")
    )


def done_once(service: Service, patients: list[str]) -> None:
    """Every check that was due took effect, and none of them twice."""
    found = missed(service, patients)
    assert len(found) == len({row["key"] for row in found}) == MISSED_EACH * len(patients)
    each = Counter(row["treatment_id"] for row in found)
    assert set(each.values()) == {MISSED_EACH}
    assert set(raised(service).values()) == {1}


@pytest.mark.hazard("H21", "H32", "H33", "H34")
def test_three_processes_two_of_which_die(
    service: Service, clock: Clock, database_url: str
) -> None:
    patients = [infused(service, number) for number in range(PATIENTS)]
    clock.forward(hours=9)
    began = time.monotonic()

    def begun(minutes: int, dies: int, pauses: int) -> subprocess.Popen[bytes]:
        base = (clock.now + timedelta(minutes=minutes)).isoformat()
        said = (database_url, base, str(began), str(dies), str(pauses))
        return subprocess.Popen(
            [sys.executable, "-m", "tests.watch.sweeper", *said],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    # Their clocks differ by up to a quarter of an hour, so that claims end early and late.
    # The one that lives stands still after its first claim, and leaves the others to theirs.
    processes = [begun(7, 0, 1), begun(-7, 2, 0), begun(0, 2, 0)]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == b"ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write(b"\n")
        each.stdin.flush()
    codes = [each.wait(timeout=60) for each in processes]
    for each in processes:
        each.communicate()
    assert sorted(codes) == [0, 9, 9]
    done_once(service, patients)
    assert verify(service, lambda *_: None) == []


@pytest.mark.hazard("H34")
def test_three_threads_of_one_process(service: Service, clock: Clock) -> None:
    patients = [infused(service, number) for number in range(20)]
    clock.forward(hours=9)
    done: list[bool] = []

    def sweeps() -> None:
        done.append(sweep(service, timedelta(0), 3).whole)

    threads = [threading.Thread(target=sweeps) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert done == [True, True, True]
    done_once(service, patients)


@pytest.mark.hazard("H32")
def test_after_nine_hours_all_of_it_is_done_at_once_and_the_worst_first(
    bed: Bed, service: Service, clock: Clock
) -> None:
    others = [infused(service, number) for number in range(30)]
    bed.vitals(**SHOCK)
    others += [infused(service, number) for number in range(30, 60)]
    before = len(alarms.events_after(service.store, 0, 100_000))
    clock.forward(hours=9)
    began = time.monotonic()
    swept = sweep(service, at_once=10)
    assert time.monotonic() - began < 30
    assert swept.whole
    assert len(missed(service, others)) == MISSED_EACH * len(others)
    first = alarms.events_after(service.store, 0, 100_000)[before]
    assert first["patient_id"] == bed.patient_id
    again = sweep(service)
    assert (again.done, again.failed) == (0, 0)
    # One that was told nine hours late says so, and is one alert for the night.
    night = bed.alert("check:vital signs")
    assert night["says"].startswith("Vital signs: missed 13:00, 17:00")


@pytest.mark.hazard("H32", "H53", "H67")
def test_what_cannot_be_looked_at_is_given_up_on_and_hides_nobody(
    bed: Bed, service: Service, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    others = [infused(service, number) for number in range(4)]
    with service.store.writing():
        service.store.execute(
            "update watch set alarms_edition = 'poison' where patient_id = :patient_id",
            {"patient_id": bed.patient_id},
        )
    clock.forward(hours=9)
    first = sweep(service)
    assert (first.failed, first.whole) == (1, False)
    assert first.next_at is not None
    assert first.next_at > clock.now, "it is tried again at once, for ever"
    assert len(missed(service, others)) == MISSED_EACH * len(others)
    tries = 1
    while (swept := sweep(service)).failed or not given_up(bed):
        assert swept.next_at is not None
        clock.now = max(swept.next_at, clock.now + timedelta(seconds=1))
        tries += swept.failed
        assert tries < 10
    assert tries == 5
    treatment_id = given_up(bed)[0]["treatment_id"]
    alert = bed.alert(f"technical:scheduler:{treatment_id}")
    assert (alert["priority"], alert["title"]) == ("high", "A patient is NOT MONITORED")
    assert alert["signal"] == "sounding"

    # A person mends what was wrong, and the next thing that is charted sets it going again.
    with service.store.writing():
        service.store.execute("update watch set alarms_edition = null")
    bed.vitals()
    assert given_up(bed) == []
    bed.sweep()
    assert missed(service, [bed.patient_id]) != []
    over = bed.api.get(f"/alerts/{alert['id']}").body["alert"]
    assert over["condition"] == "recovered"


def given_up(bed: Bed) -> list[dict[str, Any]]:
    return watches.given_up(bed.service.store)
