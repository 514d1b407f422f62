"""No alert leaves the list but by a named person's act: each way to make one vanish fails (G6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.watch.bedside import SHOCK, Bed, kept
from tests.watch.ways import WAYS, Ward, Way
from toxmon.actions.repair import repair
from toxmon.store import open_store


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
    # A treatment is called by the fact that began it.
    return Ward(bed, alert["id"], shock, alert["treatment_id"], tmp_path / "site")


def cases() -> list[object]:
    return [
        pytest.param(each, id=each.name, marks=[pytest.mark.hazard(*each.hazards)]) for each in WAYS
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


@pytest.mark.hazard("H66")
def test_it_does_not_vanish_when_a_backup_is_restored(ward: Ward, tmp_path: Path) -> None:
    bed, store = ward.bed, ward.bed.service.store
    if store.describe()["engine"] != "sqlite":
        return  # PostgreSQL is backed up with its own tools.
    bed.acknowledge(ward.alert_id)
    store.backup(str(tmp_path / "copy.db"))
    bed.pass_time(hours=1)
    restored = open_store(f"sqlite:///{tmp_path / 'copy.db'}")
    bed.api.service.store = restored
    with kept(bed, ward.alert_id):
        assert bed.alert()["state"] == "acknowledged"
        bed.pass_time(minutes=16)
    assert bed.alert()["state"] == "unacknowledged"
    restored.close()
    bed.api.service.store = store


def test_there_are_forty_of_them() -> None:
    assert len(WAYS) >= 40
