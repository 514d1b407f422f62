"""May this dose be given: asked as a pharmacist asks it, over HTTP, on both databases."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.api.dosed import at, codes, dosed
from tests.conftest import Api, Clock


@pytest.mark.hazard("H47")
def test_the_interval_is_over_after_eight_hours_to_the_second(api: Api, clock: Clock) -> None:
    ward = dosed(api, clock)
    ward.give(0)
    ward.turn(9)

    early = ward.check(8 - 1 / 3600)
    assert (early["allowed"], codes(early)) == (False, ["interval"])
    assert early["next_allowed_at"] == "2026-03-01T16:00:00Z"
    assert early["verdict"] == "not_yet"
    in_time = ward.check(8)
    assert in_time["allowed"]
    assert in_time["remaining"] == {"in_24_h": 2, "in_treatment": 3}


def test_what_is_answered_before_any_dose(api: Api, clock: Clock) -> None:
    ward = dosed(api, clock)
    answer = api.get(ward.path, by="pharmacist").body
    assert answer["allowed"]
    assert answer["computed_dose"] == {"value": 560, "unit": "mg"}
    assert answer["remaining"] == {"in_24_h": 3, "in_treatment": 4}
    assert answer["given"] == []
    assert "8 mg/kg x 70 kg" in answer["says"]
    assert {each["name"] for each in answer["by_policy"]} >= {"standard", "us_label", "shortage"}
    assert [each["name"] for each in answer["by_policy"] if each["in_force"]] == ["standard"]


def test_three_in_a_day_and_four_in_all(api: Api, clock: Clock) -> None:
    ward = dosed(api, clock)
    for hours in (0, 8, 16):
        ward.turn(hours)
        assert ward.check(hours)["allowed"]
        ward.give(hours)
    ward.turn(20)
    fourth = ward.check(20)
    assert codes(fourth) == ["interval", "doses_in_24_h"]
    assert fourth["next_allowed_at"] == "2026-03-02T08:00:00Z"
    assert fourth["remaining"] == {"in_24_h": 0, "in_treatment": 1}
    ward.turn(24)
    assert ward.check(24)["allowed"], "a dose exactly 24 hours ago has left the window"
    ward.give(24)
    ward.turn(100)
    fifth = ward.check(100)
    assert codes(fifth) == ["doses_in_treatment"]
    assert fifth["next_allowed_at"] is None
    assert fifth["verdict"] == "no"


def test_every_reason_is_told_at_once(api: Api, clock: Clock) -> None:
    ward = dosed(api, clock)
    for hours in (0, 7, 14):
        ward.turn(hours)
        ward.give(hours)
    answer = ward.check(20, mg=801)
    assert codes(answer) == ["interval", "doses_in_24_h", "dose_above_cap", "dose_above_weight"]
    assert all(each["source"] and each["detail"] for each in answer["reasons"])
    assert ward.check(22, mg=560)["next_allowed_at"] == "2026-03-02T08:00:00Z"
    assert codes(ward.check(22, mg=560)) == ["doses_in_24_h"], "the window alone, as at 0, 7, 14"


@pytest.mark.parametrize(
    ("kg", "mg", "fault"),
    [
        (100, 800, []),
        (101, 800, []),
        (101, 800.1, ["dose_above_cap"]),
        (30, 240, []),
        (30, 240.01, ["dose_above_weight"]),
        (29.9, 358.8, []),
        (29.9, 358.81, ["dose_above_weight"]),
    ],
)
def test_the_dose_for_the_weight_to_the_milligram(
    api: Api, clock: Clock, kg: float, mg: float, fault: list[str]
) -> None:
    ward = dosed(api, clock)
    ward.turn(1)
    assert api.chart(ward.patient, at(0.5), weight=(kg, "kg")).status == 201
    assert codes(ward.check(1, mg)) == fault


def test_a_brand_and_a_biosimilar_are_the_same_drug(api: Api, clock: Clock) -> None:
    """It counts, and it treats CRS: the fever is no longer asked for afterwards."""
    ward = dosed(api, clock)
    reply = ward.give(0, medication="Actemra")
    assert ward.check(1)["given"][0]["state"] == "given"
    assert reply.body["grades"]["crs"]["episode"]["treated_at"] == "2026-03-01T08:00:00Z"
    ward.give(0, medication="Tocilizumab-AAZG")
    assert len(ward.check(1)["given"]) == 2


@pytest.mark.hazard("H45")
def test_a_dose_elsewhere_counts_by_any_name_and_its_question_is_shown(
    api: Api, clock: Clock
) -> None:
    ward = dosed(api, clock)
    assert "doses_elsewhere_not_stated" in ward.check(0)["warnings"]
    path = f"/patients/{ward.patient}/doses/elsewhere"
    said = {"medication": "RoActemra", "answer": "none", "reason": "asked the sending hospital"}
    assert api.post(path, said, by="nurse").status == 201
    assert "doses_elsewhere_not_stated" not in ward.check(0)["warnings"]


def test_a_dose_without_a_time_refuses_until_it_cannot_matter(api: Api, clock: Clock) -> None:
    ward = dosed(api, clock)
    ward.give(None, given_before=at(0))
    ward.turn(30)
    assert codes(ward.check(7)) == ["unknown_interval"]
    assert ward.check(7)["next_allowed_at"] == "2026-03-01T16:00:00Z"
    assert ward.check(8)["allowed"]
    assert ward.check(8)["remaining"] == {"in_24_h": 2, "in_treatment": 3}
    assert ward.check(24)["remaining"] == {"in_24_h": 3, "in_treatment": 3}


def test_no_dose_without_a_weight_nor_from_an_old_one(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=1)
    api.chart(patient, at(0), body_temperature=(39, "Cel"))
    path = f"/patients/{patient}/dosing/tocilizumab"
    missing = api.get(path).body
    assert codes(missing) == ["weight_missing"]
    assert missing["computed_dose"] is None
    assert missing["verdict"] == "check"

    api.chart(patient, at(0.5), weight=(70, "kg"))
    clock.now = clock.now.replace(day=8, hour=8, minute=30)
    assert codes(api.get(path).body) == []
    clock.forward(seconds=1)
    stale = api.get(path).body
    assert codes(stale) == ["weight_stale"]
    assert stale["computed_dose"] is None


def test_isolated_icans_is_no_indication(api: Api, clock: Clock) -> None:
    patient = api.treated()
    api.chart(
        patient, at(0), weight=(70, "kg"), body_temperature=(37, "Cel"), ice_score=(5, "{score}"),
        consciousness="alert", seizure="none", motor_weakness="none", vasopressors=[],
        oxygen_device="room_air", hypotension=False,
    )  # fmt: skip
    answer = api.get(f"/patients/{patient}/dosing/tocilizumab").body
    assert codes(answer) == ["indication"]
    assert "ICANS" in answer["reasons"][0]["detail"]


def test_what_was_known_then_is_told_in_the_same_words(api: Api, clock: Clock) -> None:
    """A dose charted late changes what is allowed now, and not what was allowed to those then."""
    ward = dosed(api, clock)
    ward.give(0)
    ward.turn(9)
    told = ward.check(9)
    assert told["allowed"]
    then = clock.now
    clock.forward(minutes=1)
    ward.give(4)
    assert codes(ward.check(9)) == ["interval"]

    again = api.post(
        f"{ward.path}/check?known_at={quote(then.isoformat())}",
        {"dose": {"value": 560, "unit": "mg"}, "at": at(9)},
        by="pharmacist",
    )
    assert again.body == told


def test_the_same_question_without_a_record(api: Api) -> None:
    asked = {
        "weight_kg": 70,
        "earlier_doses": [
            {"given_at": at(0), "dose_mg": 560},
            {"given_at": at(7), "dose_mg": 560},
            {"given_at": at(14), "dose_mg": 560},
        ],
        "requested_at": at(22),
        "dose_mg": 560,
    }
    answer = api.post("/dosing/tocilizumab/check", asked, by="integration").body
    assert codes(answer) == ["doses_in_24_h"]
    assert answer["next_allowed_at"] == "2026-03-02T08:00:00Z"
    assert answer["remaining"] == {"in_24_h": 0, "in_treatment": 1}
    unknown = {**asked, "earlier_doses": [{"given_at": None}]}
    assert codes(api.post("/dosing/tocilizumab/check", unknown).body) == ["unknown_interval"]
    silent = api.post("/dosing/tocilizumab/check", {**asked, "earlier_doses": None}).body
    assert (codes(silent), silent["remaining"]) == (["unknown_interval"], {})
    none = api.post("/dosing/tocilizumab/check", {**asked, "earlier_doses": []}).body
    assert none["allowed"], "an empty list says that there were none"
    light = {**asked, "weight_kg": None}
    assert "weight_missing" in codes(api.post("/dosing/tocilizumab/check", light).body)
    old = {**asked, "weighed_at": "2026-02-01T08:00:00Z"}
    assert "weight_stale" in codes(api.post("/dosing/tocilizumab/check", old).body)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"dose": {"value": 8, "unit": "mg/kg"}}, ["/dose/unit"]),
        ({"dose": {"value": 28, "unit": "mL"}}, ["/dose/unit"]),
        ({"dose": {"value": 0, "unit": "mg"}, "at": "2026-03-01T08:00:00"}, ["/at", "/dose/value"]),
        ({"dose": {"value": 560}, "indication": "fever"}, ["/dose/unit", "/indication"]),
    ],
)
def test_what_cannot_be_checked_is_named(
    api: Api, clock: Clock, body: dict[str, object], pointers: list[str]
) -> None:
    ward = dosed(api, clock)
    reply = api.post(f"{ward.path}/check", body, by="pharmacist")
    assert reply.status == 422
    assert sorted(each["pointer"] for each in reply.body["errors"]) == pointers


def test_a_drug_without_rules_is_not_found(api: Api, clock: Clock) -> None:
    ward = dosed(api, clock)
    reply = api.get(f"/patients/{ward.patient}/dosing/sarilumab")
    assert reply.status == 404
    assert "there are no rules for a drug of that name; there are for " in reply.body["detail"]
    assert "tocilizumab" in reply.body["detail"]
    assert "sarilumab" not in reply.body["detail"], "a problem quotes nothing that was sent"
