"""A grade that a clinician charts stands beside the derived one and never replaces it."""

from __future__ import annotations

from tests.conftest import Api, Clock

FEBRILE = {
    "body_temperature": (38.6, "Cel"),
    "vasopressors": ["norepinephrine"],
    "oxygen_device": "room_air",
    "hypotension": True,
}


def concordance(api: Api, patient: str, query: str = "") -> list[dict]:
    answer = api.get(f"/patients/{patient}/concordance{query}")
    assert answer.status == 200, answer.body
    return answer.body["items"]


def test_a_charted_grade_is_told_beside_the_derived_one(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=6)
    api.chart(patient, "2026-03-01T10:00:00Z", **FEBRILE)
    kept = api.chart(
        patient,
        "2026-03-01T10:00:00Z",
        crs_grade_charted=(2, None),
        crs_lee_2014_grade_charted=(2, None),
    )
    assert kept.status == 201, kept.body
    assert kept.body["grades"]["crs"]["value"] == 3
    crs, lee = sorted(concordance(api, patient), key=lambda item: len(item["scale"]))
    assert (crs["scale"], crs["charted"], crs["value"], crs["agreement"]) == (
        "crs", 2, 3, "differs",
    )  # fmt: skip
    assert crs["difference"] == -1
    codes = {each["code"] for each in crs["explained"]}
    assert "at_least" in codes
    assert (lee["scale"], lee["charted"]) == ("crs_lee_2014", 2)
    assert lee["low"] == 2


def test_what_explains_a_difference_is_said(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=6)
    api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(38.6, "Cel"))
    body = {"sign": "fever", "cause": "pneumonia", "from": "2026-03-01T09:00:00Z", "reason": "CT"}
    assert api.post(f"/patients/{patient}/attributions", body, by="physician").status == 201
    api.chart(patient, "2026-03-01T11:00:00Z", crs_grade_charted=(1, None))
    (crs,) = concordance(api, patient, "?scale=crs")
    assert (crs["charted"], crs["value"], crs["difference"]) == (1, 0, 1)
    assert "attributed" in {each["code"] for each in crs["explained"]}
    assert concordance(api, patient, "?scale=icans") == []


def test_a_scale_without_charted_grades_is_refused(api: Api) -> None:
    patient = api.treated()
    answer = api.get(f"/patients/{patient}/concordance?scale=hscore")
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"] == "/scale"
