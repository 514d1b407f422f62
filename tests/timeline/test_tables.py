"""Every row of checks.md is what the plan says, at a site in each of two zones."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.timeline import make
from toxmon.timeline.check import STATES
from toxmon.timeline.known import OUTPATIENT, Known
from toxmon.timeline.plan import plan

PAGE = Path(__file__).with_name("checks.md")
TOGETHER = {
    "vitals": "body_temperature heart_rate respiratory_rate systolic_bp oxygen_saturation",
    "count": "wbc anc alc hemoglobin platelets",
    "late": "facial_palsy parkinsonism handwriting",
}
COLUMNS = {
    "case", "line", "charted", "now", "state", "due", "missed", "missing", "crs", "pause", "home",
}  # fmt: skip


def rows() -> list[dict[str, str]]:
    """The rows of every table, by column; what cannot be read is an error."""
    found, columns = [], []
    for line in PAGE.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = cells
            assert set(columns) <= COLUMNS, columns
        elif not re.fullmatch(r"[|: -]+", line):
            found.append(dict(zip(columns, cells, strict=True)))
    assert len({row["case"] for row in found}) == len(found)
    return found


ROWS = rows()


def at(zone: make.ZoneInfo, day: str, hour: str) -> datetime:
    began = datetime(2026, 6, 1, tzinfo=zone).date()
    local = datetime.combine(began + timedelta(days=int(day)), time.fromisoformat(hour), zone)
    return local.astimezone(UTC)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Chatham"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["case"])
def test_row(row: dict[str, str], zone: str) -> None:
    site = make.ZoneInfo(zone)
    facts = []
    for each in filter(None, row["charted"].split(";")):
        what, day, hour = each.split()
        for kind in TOGETHER.get(what, what).split():
            facts.append(make.fact(kind, at(site, day, hour)))
    levels, pauses, stays = {}, (), ()
    if row.get("crs"):
        grade, day, hour = row["crs"].split()
        levels["crs"] = make.level(int(grade), at(site, day, hour), episode=1)
    if row.get("pause"):
        words = row["pause"].split()
        pauses = (make.pause(at(site, *words[:2]), at(site, *words[2:])),)
    if row.get("home"):
        stays = (make.stay(at(site, *row["home"].split()), OUTPATIENT),)
    known = Known(seen=make.seen(*facts), levels=levels, pauses=pauses, stays=stays)
    treatment = make.treatment(at(site, "0", "12:00"), zone)
    now = at(site, *row["now"].split())

    told = plan(known, make.product(), treatment, make.alarms(), now)
    check = next(each for each in told.checks if each.what == row["line"])

    assert row["state"] in STATES
    assert check.state == row["state"]
    assert check.due_at == (at(site, *row["due"].split()) if row["due"] else None)
    slots = [at(site, *each.split()) for each in filter(None, row["missed"].split(","))]
    assert list(check.missed) == slots
    every = sorted(check.kinds[0]) if row["missing"] == "all" else None
    assert sorted(check.missing) == (every or sorted(filter(None, row["missing"].split(", "))))


def test_every_state_has_a_row() -> None:
    assert {row["state"] for row in ROWS} == set(STATES)
