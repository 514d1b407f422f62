"""No alert leaves the list but by a named person's act: each way to make one vanish fails (G6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.watch.bedside import SHOCK, Bed, kept
from tests.watch.ways import WAYS, Ward, Way
from toxmon.actions.repair import repair


@pytest.fixture
def ward(bed: Bed, tmp_path: Path) -> Ward:
    """CRS grade 3 sounds, and Nora has been paged."""
    shift = {
        "unit": "bmt-1", "role": "bedside_nurse", "person": "Nora", "channel": "pager",
        "from": bed.at(hours=-1), "until": bed.at(days=30),
    }  # fmt: skip
    bed.post("/rosters", shift)
    shock = bed.vitals(**SHOCK)
    alert = bed.alert()
    assert (alert["level"], alert["priority"], alert["signal"]) == (3, "high", "sounding")
    listed = bed.api.get(f"/patients/{bed.patient_id}/observations?kind=infusion").body["items"]
    return Ward(bed, alert["id"], shock, listed[0]["id"], tmp_path / "site")


def cases() -> list[object]:
    return [
        pytest.param(each, id=each.name, marks=[pytest.mark.hazard(*each.hazards)])
        for each in WAYS
    ]


@pytest.mark.parametrize("way", cases())
def test_it_does_not_vanish(ward: Ward, way: Way) -> None:
    bed = ward.bed
    before = len(bed.life(ward.alert_id))
    with kept(bed, ward.alert_id):
        way.happens(ward)
        if "repair" in ward.notes:
            assert repair(bed.service, lambda *_: None) == 0
            bed.sweep()
    events = iter(each["event"] for each in bed.life(ward.alert_id)[before:])
    assert all(wanted in events for wanted in way.then), (
        way.then,
        [each["event"] for each in bed.life(ward.alert_id)[before:]],
    )
    assert bed.api.get(f"/alerts/{ward.alert_id}").body["alert"]["state"] == way.state


def test_there_are_forty_of_them() -> None:
    assert len(WAYS) >= 40
