"""Steroids in dexamethasone equivalents over HTTP: by day, by episode, as known at any time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Ward
from tests.conftest import Api, Clock

INFUSED = "2026-03-01T06:00:00Z"


def give(api: Api, patient: str, at: str, mg: float | None = 10, **more: Any) -> str:
    """A dose; the id of its record."""
    body = {
        "medication": more.pop("drug", "dexamethasone"),
        "given_at": at,
        "dose": None if mg is None else {"value": mg, "unit": more.pop("unit", "mg")},
        **more,
    }
    answer = api.post(f"/patients/{patient}/administrations", body)
    assert answer.status == 201, answer.body
    found: str = answer.body["observations"][0]["id"]
    return found


def steroids(api: Api, patient: str, query: str = "") -> dict[str, Any]:
    answer = api.get(f"/patients/{patient}/dosing/steroids{query}")
    assert answer.status == 200, answer.body
    body: dict[str, Any] = answer.body
    return body


def mg(value: float, at_least: bool = False) -> dict[str, Any]:
    return {"value": value, "unit": "mg", "at_least": at_least}


def watched(body: dict[str, Any]) -> dict[str, int | None]:
    return {each["rule"]: each["level"] for each in body["watched"]}


def test_nothing_was_given(api: Api) -> None:
    body = steroids(api, api.treated())
    nothing = {"exposure": mg(0), "doses": 0, "days": 0}
    assert (body["total"], body["before_infusion"], body["days"]) == (nothing, nothing, [])
    assert (body["last_dose"], body["days_in_a_row"], body["episodes"]) == (None, 0, [])
    assert set(watched(body).values()) == {0}
    assert body["equivalence"]["verified"] is False
    assert body["equivalence"]["equal"]["hydrocortisone"] == {"value": 20, "unit": "mg"}


def test_without_a_treatment_all_that_is_on_record_is_told(api: Api) -> None:
    patient = api.patient("STEROID-1")
    give(api, patient, "2026-02-27T08:00:00Z", 40, drug="methylprednisolone")
    body = steroids(api, patient)
    assert body["total"] == {"exposure": mg(7.5), "doses": 1, "days": 1}
    assert (body["treatment"], body["watched"]) == (None, [])
    assert body["days"][0]["day"] is None


def test_days_are_the_sites_and_sums_are_exact(api: Api, clock: Clock) -> None:
    patient = api.treated("ide-cel", INFUSED)
    clock.forward(days=4)
    give(api, patient, "2026-02-28T12:00:00Z", 8)
    give(api, patient, "2026-03-02T22:59:00Z", 10)
    give(api, patient, "2026-03-02T23:00:00Z", 50, drug="hydrocortisone")
    give(api, patient, "2026-03-05T06:00:00Z", 1, drug="methylprednisolone", unit="g")
    give(api, patient, "2026-03-05T07:00:00Z", 20, drug="hydrocortisone", route="topical")
    body = steroids(api, patient)
    # Midnight in Berlin is 23:00 UTC.
    assert [(each["date"], each["day"], each["exposure"]) for each in body["days"]] == [
        ("2026-02-28", -1, mg(8)),
        ("2026-03-02", 1, mg(10)),
        ("2026-03-03", 2, mg(1.875)),
        ("2026-03-05", 4, mg(187.5)),
    ]
    assert [each["over"] for each in body["days"]] == [True, True, True, False]
    assert body["total"] == {"exposure": mg(199.375), "doses": 3, "days": 3}
    assert body["before_infusion"] == {"exposure": mg(8), "doses": 1, "days": 1}
    assert body["days_in_a_row"] == 1
    assert body["last_dose"]["equivalent"] == {"value": 187.5, "unit": "mg"}
    assert body["last_dose"]["dose"] == {"value": 1, "unit": "g"}


def test_what_is_not_known_is_said(api: Api, clock: Clock) -> None:
    patient = api.treated("ide-cel", INFUSED)
    clock.forward(days=2)
    per_kg = give(api, patient, "2026-03-02T08:00:00Z", 1, drug="prednisone", unit="mg/kg")
    none = give(api, patient, "2026-03-02T10:00:00Z", None)
    stopped = give(api, patient, "2026-03-02T12:00:00Z", 8, status="stopped")
    give(api, patient, "2026-03-02T14:00:00Z", 4)
    late = {"medication": "dexamethasone", "given_before": "2026-03-02T20:00:00Z"}
    answer = api.post(
        f"/patients/{patient}/administrations", {**late, "dose": {"value": 2, "unit": "mg"}}
    )
    assert answer.status == 201, answer.body
    body = steroids(api, patient)
    assert body["total"] == {"exposure": mg(6, at_least=True), "doses": 5, "days": 1}
    why = {each["fact"]: each["why_unknown"] for each in body["unknown_amounts"]}
    assert set(why) == {per_kg, none, stopped}
    assert "no weight is known" in why[per_kg]
    assert [each["time_known"] for each in body["doses"]] == [True, True, True, True, False]
    # A weight that was measured before the dose makes the one in mg/kg known.
    assert api.chart(patient, "2026-03-02T07:00:00Z", weight=(80, "kg")).status == 201
    body = steroids(api, patient)
    assert body["doses"][0]["equivalent"] == {"value": 12, "unit": "mg"}
    assert body["doses"][0]["weight_kg"] == 80
    assert body["total"]["exposure"] == mg(18, at_least=True)
    assert api.chart(patient, "2026-03-02T09:00:00Z", weight=(40, "kg")).status == 201
    assert steroids(api, patient)["doses"][0]["weight_kg"] == 80


def test_an_episode_has_the_doses_from_its_onset_to_its_end(api: Api, clock: Clock) -> None:
    patient = api.treated("ide-cel", INFUSED)
    clock.forward(days=8)
    give(api, patient, "2026-03-02T05:00:00Z", 1)
    api.chart(patient, "2026-03-02T06:00:00Z", body_temperature=(39, "Cel"))
    give(api, patient, "2026-03-02T06:00:00Z", 10)
    give(api, patient, "2026-03-02T12:00:00Z", 10)
    (episode,) = steroids(api, patient, "?as_of=2026-03-02T13:00:00Z")["episodes"]
    assert (episode["scale"], episode["number"], episode["ended_at"]) == ("crs", 1, None)
    assert episode["onset_at"] == "2026-03-02T06:00:00Z"
    assert (episode["exposure"], episode["doses"], episode["days"]) == (mg(20), 2, 1)
    before = steroids(api, patient, "?as_of=2026-03-02T05:30:00Z")
    assert (before["episodes"], before["total"]["exposure"]) == ([], mg(1))


def test_what_is_watched_and_why(api: Api, clock: Clock) -> None:
    patient = api.treated("ide-cel", INFUSED)
    clock.forward(days=8)
    for day in (2, 3, 4, 5, 6):
        give(api, patient, f"2026-03-0{day}T08:00:00Z")
    days = {
        "2026-03-04T09:00:00Z": (1, 0, 0, 0),
        "2026-03-05T09:00:00Z": (1, 0, 1, 0),
        "2026-03-06T09:00:00Z": (1, 0, 1, 1),
        "2026-03-07T09:00:00Z": (0, 0, 1, 1),
        "2026-03-07T20:00:00Z": (0, 2, 1, 1),
    }
    rules = ("steroid:glucose", "steroid:taper", "steroid:fungal", "steroid:cmv")
    for at, levels in days.items():
        assert watched(steroids(api, patient, f"?as_of={at}")) == dict(
            zip(rules, levels, strict=True)
        ), at
    told = {each["rule"]: each for each in steroids(api, patient)["watched"]}
    assert "on 4 days or more" in told["steroid:fungal"]["says"]
    assert told["steroid:fungal"]["source"]["verified"] is False
    # The watch says the same as the page.
    alerts = {each["key"]: each["says"] for each in api.get("/alerts?limit=200").body["items"]}
    assert alerts["steroid:cmv"] == told["steroid:cmv"]["says"]


def test_what_was_known_then_is_told_as_it_was_then(api: Api, clock: Clock) -> None:
    patient = api.treated("ide-cel", INFUSED)
    clock.forward(days=1)
    first = give(api, patient, "2026-03-02T06:00:00Z", 10)
    then = clock.now.isoformat().replace("+00:00", "Z")
    before = steroids(api, patient, f"?known_at={then}")
    clock.forward(hours=1)
    right = {"dose": {"value": 4, "unit": "mg"}, "reason": "half of it"}
    assert api.post(f"/administrations/{first}/corrections", right).status == 201
    give(api, patient, "2026-03-02T05:00:00Z", 6)
    # A fever that is charted later begins an episode, and then nobody knew of it.
    api.chart(patient, "2026-03-02T04:00:00Z", body_temperature=(39, "Cel"))
    assert [each["doses"] for each in steroids(api, patient)["episodes"]] == [2]
    assert steroids(api, patient)["total"]["exposure"] == mg(10)
    assert steroids(api, patient)["total"]["doses"] == 2
    again = steroids(api, patient, f"?known_at={then}")
    assert again == before
    assert (again["total"]["doses"], again["known_at"]) == (1, then)


def test_a_dose_that_was_taken_back_does_not_count(api: Api, clock: Clock) -> None:
    patient = api.treated("ide-cel", INFUSED)
    clock.forward(days=1)
    first = give(api, patient, "2026-03-02T06:00:00Z")
    assert api.post(f"/observations/{first}/retraction", {"reason": "not given"}).status == 201
    assert steroids(api, patient)["total"]["doses"] == 0


@pytest.mark.parametrize("by", ["nurse", "physician", "pharmacist", "integration"])
def test_whoever_looks_after_patients_may_read_it(ward: Ward, by: str) -> None:
    path = f"/patients/{ward.patient}/dosing/steroids"
    assert ward.api.get(path, by=by).status == 200


def test_who_may_not_and_what_cannot_be_asked(ward: Ward) -> None:
    path = f"/patients/{ward.patient}/dosing/steroids"
    ward.refused(ward.api.get(path, by="auditor"), 403)
    ward.refused(ward.api.get("/patients/nobody/dosing/steroids"), 404)
    ward.refused(ward.api.get(f"{path}?as_of=yesterday"), 422, "/as_of")
    ward.refused(ward.api.get(f"{path}?when=now"), 422, "/when")
