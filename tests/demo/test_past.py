"""The ward's past is told as it happened, its alerts were taken in their time, scenes follow."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from toxmon.actions import Service, roster, tokens
from toxmon.app import create_app
from toxmon.demo import COUNTED_BEFORE, VIALS, people
from toxmon.demo.entries import Dose
from toxmon.demo.mishaps import mishaps
from toxmon.demo.nurses import Nurses
from toxmon.demo.past import Hand, Past
from toxmon.demo.pointing import THREE_DOSES
from toxmon.demo.scenes import FORGOTTEN_HOURS, Scenes, scenes, without_rounds
from toxmon.demo.telling import Teller
from toxmon.demo.treating import TOCILIZUMAB
from toxmon.demo.ward import Patient, backfill, deed, instant, invent
from toxmon.protocol import load_protocols
from toxmon.protocol.product import Product
from toxmon.store import open_store

NOW = datetime(2026, 3, 20, 14, 5, tzinfo=UTC)
Products = Mapping[str, Product]


@pytest.fixture(scope="module")
def patients(products: Products) -> list[Patient]:
    return invent(products, 1, NOW)


@pytest.fixture(scope="module")
def parts(patients: list[Patient]) -> Scenes:
    return scenes(patients, NOW)


@pytest.fixture(scope="module")
def full(patients: list[Patient]) -> Patient:
    """Three doses of tocilizumab in the last 24 h."""
    return next(one for one in patients if one.shows == THREE_DOSES)


class Ward:
    """A record in which the players' past was told."""

    def __init__(self, past: Past, teller: Teller) -> None:
        self.past, self.teller = past, teller

    def alerts(self, patient: Patient, **query: str) -> list[dict[str, Any]]:
        """The alerts of one patient."""
        asked = {"patient": self.teller.patient_ids[patient.mrn], "limit": "200", **query}
        found: list[dict[str, Any]] = self.past.clients["nurse"].get("/alerts", **asked)["items"]
        return found

    def told_live(self, patient: Patient, mg: int) -> list[str]:
        """What telling a dose of tocilizumab now changes, as it is told once the ward is open."""
        now = self.past.clock.at
        dose = Dose(patient.hours(now), TOCILIZUMAB, mg, "mg", "iv")
        self.teller.released = True
        try:
            return self.teller.tell(deed(patient, dose, 9999, now))
        finally:
            self.teller.released = False


@pytest.fixture(scope="module")
def ward(
    patients: list[Patient], parts: Scenes, full: Patient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ward]:
    """The beds of the players, and of the patient with three doses in the last 24 h."""
    told = without_rounds(backfill(patients, NOW, 1), parts, NOW)
    beds = [*parts.players, full]
    told = [one for one in told if one.patient in beds]
    theatre = parts.before(NOW)
    told.insert(next(n for n, one in enumerate(told) if one.at > theatre.at), theatre)
    path: Path = tmp_path_factory.mktemp("past") / "ward.db"
    with contextlib.closing(open_store(f"sqlite:///{path}")) as store:
        store.migrate()
        clock = Hand(min(one.at for one in told) - timedelta(hours=1))
        service = Service(store, clock, b"k" * 40, load_protocols(None), UTC)
        bearers = {
            role: tokens.create(service, role, people.SIGNED_IN[role])[1] for role in tokens.ROLES
        }
        past = Past(service, create_app(service), bearers, clock)
        past.roster(people.shifts(iter(sorted(roster.roles(service))), clock.at, NOW))
        teller = Teller(past.clients)
        teller.admit(beds)
        past.live(told, teller, NOW)
        past.count(TOCILIZUMAB, VIALS, NOW - COUNTED_BEFORE)
        yield Ward(past, teller)


def test_each_part_is_played_by_somebody_else_and_by_nobody_of_the_mishaps(
    patients: list[Patient], parts: Scenes
) -> None:
    wrong = mishaps(patients, NOW)
    used = {one.patient.mrn for one in (*wrong.before, *wrong.after)}
    assert len({one.mrn for one in parts.players}) == 5
    assert not used & {one.mrn for one in parts.players}


@pytest.mark.parametrize("seed", range(8))
def test_every_seed_has_somebody_for_each_part(products: Products, seed: int) -> None:
    found = scenes(invent(products, seed, NOW), NOW)
    assert len({one.mrn for one in found.players}) == 5


def test_what_is_long_over_does_not_sound_when_the_ward_opens(ward: Ward, parts: Scenes) -> None:
    for patient in parts.players:
        for alert in ward.alerts(patient):
            if alert["signal"] == "sounding":
                assert datetime.fromisoformat(alert["changed_at"]) > NOW - timedelta(hours=1)


def test_the_alerts_of_those_days_were_raised_and_taken_in_those_days(
    ward: Ward, parts: Scenes
) -> None:
    (crs,) = [one for one in ward.alerts(parts.dies, state="all") if one["key"] == "crs#1"]
    life = ward.past.clients["nurse"].get(f"/alerts/{crs['id']}")["items"]
    raised, acknowledged = (
        datetime.fromisoformat(next(e for e in life if e["event"] == name)["recorded_at"])
        for name in ("raised", "acknowledged")
    )
    assert raised < NOW - timedelta(hours=2)
    assert acknowledged - raised < timedelta(minutes=10)


def test_the_round_that_nobody_made_is_overdue(ward: Ward, parts: Scenes) -> None:
    keys = {one["key"] for one in ward.alerts(parts.forgotten)}
    assert "check:vital signs" in keys
    assert FORGOTTEN_HOURS > 4


def test_checks_of_a_patient_in_theatre_are_paused(ward: Ward, parts: Scenes) -> None:
    patient_id = ward.teller.patient_ids[parts.in_theatre.mrn]
    checks = ward.past.clients["nurse"].get(f"/patients/{patient_id}/checks")["items"]
    assert "paused" in {one["state"] for one in checks if one["what"] == "vital signs"}


def test_the_roster_has_somebody_in_every_role_and_no_gap(ward: Ward) -> None:
    found = ward.past.clients["nurse"].get("/rosters")
    assert found["gaps"] == []
    assert {one["role"] for one in found["items"]} == set(found["roles"])


def test_a_fourth_dose_in_24_h_is_refused_with_its_earliest_time(ward: Ward, full: Patient) -> None:
    path = f"/patients/{ward.teller.patient_ids[full.mrn]}/dosing/tocilizumab"
    last = full.at(128.5)
    for at, allowed in (
        (NOW, False),
        (last + timedelta(hours=8, seconds=-1), False),
        (last + timedelta(hours=8), True),
    ):
        said = {"dose": {"value": 560, "unit": "mg"}, "at": instant(at)}
        answer = ward.past.clients["pharmacist"].post(f"{path}/check", said)
        assert answer["allowed"] is allowed, answer["says"]
        assert answer["remaining"]["in_treatment"] == 1
        if at == NOW:
            assert {one["code"] for one in answer["reasons"]} == {"interval", "doses_in_24_h"}
            assert answer["next_allowed_at"] == instant(last + timedelta(hours=8))


def test_a_dose_that_is_not_released_is_not_given(ward: Ward, full: Patient) -> None:
    path = f"/patients/{ward.teller.patient_ids[full.mrn]}"
    (words,) = ward.told_live(full, 560)
    assert words.startswith("tocilizumab was not released: NOT YET")
    given = ward.past.clients["nurse"].get(f"{path}/dosing/tocilizumab")["given"]
    assert len(given) == 3
    assert ward.past.clients["nurse"].get(f"{path}/permissions")["items"] == []


def test_a_dose_is_released_by_the_pharmacist_before_it_is_given(ward: Ward, parts: Scenes) -> None:
    path = f"/patients/{ward.teller.patient_ids[parts.dies.mrn]}"
    before = ward.past.clients["nurse"].get(f"{path}/dosing/tocilizumab")
    mg = int(before["computed_dose"]["value"]) // 10 * 10
    assert not [words for words in ward.told_live(parts.dies, mg) if "not released" in words]
    after = ward.past.clients["nurse"].get(f"{path}/dosing/tocilizumab")
    assert len(after["given"]) == len(before["given"]) + 1
    assert after["held"] == []
    (one,) = ward.past.clients["nurse"].get(f"{path}/permissions")["items"]
    assert (one["state"], one["by"]) == ("released", people.SIGNED_IN["pharmacist"])


def test_no_dose_of_the_past_is_a_breach(ward: Ward, parts: Scenes, full: Patient) -> None:
    for patient in (*parts.players, full):
        rules = {one["rule"] for one in ward.alerts(patient, state="all")}
        assert "dose:breach" not in rules
    assert "crs" in {one["rule"] for one in ward.alerts(full)}


def test_the_pharmacist_has_counted_vials(ward: Ward) -> None:
    for unit, vials in VIALS.items():
        found = ward.past.clients["pharmacist"].get("/stock", unit=unit)
        assert found["counted"]["recorded_by"] == people.SIGNED_IN["pharmacist"]
        assert found["counted"]["total_mg"] == sum(mg * n for mg, n in vials.items())
        assert found["enough"] in ("yes", "no")


def test_the_scenes_raise_acknowledge_worsen_and_end(ward: Ward, parts: Scenes) -> None:
    """The last test: it goes on where the past has ended."""
    teller, clock, said = ward.teller, ward.past.clock, []
    names = {patient_id: mrn for mrn, patient_id in teller.patient_ids.items()}
    nurses = Nurses(ward.past.clients["nurse"], clock, 1, names, said.append)
    nurses.act()
    assert not said
    fever, worse, home, death = parts.coming()

    def pass_seconds(seconds: int) -> None:
        for _ in range(seconds // 3):
            clock.turn(clock.at + timedelta(seconds=3))
            nurses.act()

    teller.tell(fever.deed(clock.at))
    pass_seconds(45)
    (crs,) = [one for one in ward.alerts(parts.worsening) if one["rule"] == "crs"]
    assert crs["state"] == "acknowledged"
    teller.tell(worse.deed(clock.at))
    (crs,) = [one for one in ward.alerts(parts.worsening) if one["rule"] == "crs"]
    assert (crs["state"], crs["level"]) == ("unacknowledged", 3)
    pass_seconds(45)
    about = [line for line in said if parts.worsening.mrn in line and "CRS" in line]
    assert [words for words in ("raised", "acknowledged by Nadia Holm", "worse") if any(
        words in line for line in about
    )] == ["raised", "acknowledged by Nadia Holm", "worse"]  # fmt: skip
    assert any("told Nadia Holm" in line for line in about)
    teller.tell(home.deed(clock.at))
    teller.tell(death.deed(clock.at))
    assert not [one for one in ward.alerts(parts.dies) if one["signal"] == "sounding"]
