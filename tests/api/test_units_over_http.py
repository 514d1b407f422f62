"""A unit is converted once, at the door; what is doubtful waits; a comparator is an interval."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Api, Clock, Reply

AT = "2026-03-01T07:00:00Z"
WHY = {"reason": "measured again"}


def charted(api: Api, patient: str, *entries: dict[str, Any], raw: str = "") -> Reply:
    """Chart entries as they are; `raw` is JSON of one more, written as a device writes it."""
    sent = [json.dumps(entry) for entry in entries] + ([raw] if raw else [])
    body = f'{{"effective_at": "{AT}", "observations": [{",".join(sent)}]}}'
    return api.post(f"/patients/{patient}/observations", raw=body.encode())


def told(api: Api, patient: str) -> dict[str, Any]:
    """The newest observation of the patient."""
    newest: dict[str, Any] = api.get(f"/patients/{patient}/observations").body["items"][-1]
    return newest


QUIET = (
    {"kind": "vasopressors", "value": []},
    {"kind": "oxygen_device", "value": "room_air"},
    {"kind": "hypotension", "value": False},
)

# value as written, unit, the grade of CRS with nothing else the matter
FEVERS = (
    ("100.4", "[degF]", 1),
    ("100.40", "[degF]", 1),
    ("1.004e2", "[degF]", 1),
    ("100.3", "[degF]", 0),
    ("100.39999999999999", "[degF]", 0),
    ("38.0", "Cel", 1),
    ("38", "Cel", 1),
    ("37.9", "Cel", 0),
    ("37.99999999999999", "Cel", 0),
    ("38", "°C", 1),
)


@pytest.mark.parametrize("case", FEVERS, ids=[f"{case[0]} {case[1]}" for case in FEVERS])
def test_where_a_fever_begins(api: Api, case: tuple[str, str, int]) -> None:
    written, unit, grade = case
    patient = api.treated()
    raw = f'{{"kind": "body_temperature", "value": {written}, "unit": "{unit}"}}'
    reply = charted(api, patient, *QUIET, raw=raw)
    assert reply.status == 201, reply.body
    assert reply.body["grades"]["crs"]["value"] == grade


# what is sent, the canonical value and unit
CONVERTED = (
    ("anc", 0.5, "10*3/uL", 500, "/uL"),
    ("anc", 0.5, "10*9/L", 500, "/uL"),
    ("anc", 0.5, "x10^9/L", 500, "/uL"),
    ("anc", 0.5, "K/uL", 500, "/uL"),
    ("anc", 500, "/uL", 500, "/uL"),
    ("crp", 3.0, "mg/dL", 30, "mg/L"),
    ("crp", 30, "mg/L", 30, "mg/L"),
    ("fibrinogen", 1.5, "g/L", 150, "mg/dL"),
    ("platelets", 50_000, "/uL", 50, "10*9/L"),
    ("hemoglobin", 85, "g/L", 8.5, "g/dL"),
    ("fraction_inspired_oxygen", 0.4, "1", 40, "%"),
    ("weight", 220, "[lb_av]", 99.7903214, "kg"),
    ("systolic_bp", 12, "kPa", 90.00738910147876, "mm[Hg]"),
    ("ferritin", 500, "ug/L", 500, "ng/mL"),
    ("ice_score", 9, None, 9, "{score}"),
)


@pytest.mark.parametrize("case", CONVERTED, ids=[f"{c[0]} {c[1]} {c[2]}" for c in CONVERTED])
def test_a_unit_is_converted_and_what_was_sent_is_kept(
    api: Api, case: tuple[str, float, str | None, float, str]
) -> None:
    kind, value, unit, canonical, canonical_unit = case
    patient = api.patient()
    entry = {"kind": kind, "value": value} | ({"unit": unit} if unit else {})
    reply = charted(api, patient, entry)
    assert reply.status == 201, reply.body
    kept = told(api, patient)
    assert kept["value"] == pytest.approx(canonical, rel=1e-8)
    assert kept["unit"] == canonical_unit
    assert (kept["as_sent"]["value"], kept["as_sent"]["unit"]) == (value, unit)
    assert kept["as_sent"]["rule"].startswith(f"{kind}:")


def test_a_number_is_kept_as_it_was_written(api: Api) -> None:
    patient = api.patient()
    raw = '{"kind": "crp", "value": 30.10, "unit": "mg/L", "low": 0.50, "high": 5}'
    assert charted(api, patient, raw=raw).status == 201
    kept = told(api, patient)
    assert kept["as_sent"]["text"] == "30.10"
    assert kept["value"] == 30.1
    assert (kept["as_sent"]["low"], kept["as_sent"]["high"]) == ("0.5", "5")


def test_a_range_is_converted_with_its_value(api: Api) -> None:
    patient = api.patient()
    entry = {"kind": "crp", "value": 3, "unit": "mg/dL", "low": 0, "high": 0.5}
    assert charted(api, patient, entry).status == 201
    assert told(api, patient)["as_sent"]["high"] == "5"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<0.1", {"low": 0, "high": 0.1, "low_open": False, "high_open": True}),
        ("<=0.1", {"low": 0, "high": 0.1, "low_open": False, "high_open": False}),
        (">40000", {"low": 40000, "high": None, "low_open": True, "high_open": False}),
        (">= 40000", {"low": 40000, "high": None, "low_open": False, "high_open": False}),
    ],
)
def test_a_comparator_is_an_interval(api: Api, text: str, value: dict[str, Any]) -> None:
    patient = api.patient()
    entry = {"kind": "ferritin", "value": text, "unit": "ng/mL"}
    assert charted(api, patient, entry).status == 201
    kept = told(api, patient)
    assert kept["value"] == value
    assert kept["as_sent"]["value"] == text


@pytest.mark.parametrize(
    ("text", "grade"), [("<37.5", 0), ("<38.0", 0), (">38.5", 1), ("<38.5", None), (">37.5", None)]
)
def test_an_interval_over_a_threshold_decides_nothing(
    api: Api, text: str, grade: int | None
) -> None:
    """A thermometer that stops at 37.5 says no; one that stops at 38.5 says neither."""
    entry = {"kind": "body_temperature", "value": text, "unit": "Cel"}
    reply = charted(api, api.treated(), *QUIET, entry)
    assert reply.body["grades"]["crs"]["value"] == grade


def doubted(api: Api, patient: str) -> tuple[str, Reply]:
    """A saturation of 0.95 %, which is probably 95 %, beside what makes it count."""
    fever = {"kind": "body_temperature", "value": 38.6, "unit": "Cel"}
    slip = {"kind": "oxygen_saturation", "value": 0.85, "unit": "%"}
    quiet = [each for each in QUIET if each["kind"] != "oxygen_device"]
    reply = charted(api, patient, slip, fever, *quiet)
    assert reply.status == 201, reply.body
    return reply.body["observations"][0]["id"], reply


def test_a_doubtful_value_is_kept_visible_counted_and_not_graded(api: Api, clock: Clock) -> None:
    patient = api.treated()
    fact, reply = doubted(api, patient)
    assert reply.body["observations"][0]["status"] == "quarantined"
    assert "fraction of 1" in reply.body["observations"][0]["doubt"]
    assert fact not in str(reply.body["grades"])
    listed = api.get(f"/patients/{patient}/observations?kind=oxygen_saturation").body["items"]
    assert [(each["id"], each["status"], each["value"]) for each in listed] == [
        (fact, "quarantined", 0.85)
    ]
    assert listed[0]["doubt"]
    assert api.get(f"/patients/{patient}/grades").body["quarantined"] == 1


def test_a_doubtful_value_counts_once_it_is_confirmed(api: Api, clock: Clock) -> None:
    patient = api.treated()
    room_air = {"kind": "oxygen_device", "value": "room_air"}
    fact, _ = doubted(api, patient)
    charted(api, patient, room_air)
    before = api.get(f"/patients/{patient}/grades").body["grades"]["crs"]
    assert before["value"] == 1
    reply = api.post(f"/observations/{fact}/confirmation", WHY)
    assert reply.status == 201, reply.body
    newest = reply.body["observations"][0]["id"]
    crs = reply.body["grades"]["crs"]
    assert (crs["low"], crs["high"]) == (1, 2)
    assert "hypoxia_without_oxygen" in crs["warnings"]
    after = api.get(f"/patients/{patient}/grades").body
    assert after["quarantined"] == 0
    listed = api.get(f"/patients/{patient}/observations?kind=oxygen_saturation").body["items"]
    assert [(each["id"], each["status"]) for each in listed] == [
        (fact, "quarantined"), (newest, "confirmed"),
    ]  # fmt: skip
    assert api.post(f"/observations/{fact}/confirmation", WHY).status == 409


def test_a_doubtful_value_counts_once_it_is_corrected(api: Api, clock: Clock) -> None:
    patient = api.treated()
    fact, _ = doubted(api, patient)
    charted(api, patient, {"kind": "oxygen_device", "value": "room_air"})
    body = {"value": 0.85, "unit": "1", "reason": "a fraction of 1"}
    reply = api.post(f"/observations/{fact}/corrections", body)
    assert reply.status == 201, reply.body
    crs = reply.body["grades"]["crs"]
    assert (crs["low"], crs["high"]) == (1, 2)
    assert api.get(f"/patients/{patient}/grades").body["quarantined"] == 0
    listed = api.get(f"/patients/{patient}/observations?kind=oxygen_saturation").body["items"]
    assert [(each["status"], each["value"]) for each in listed] == [
        ("quarantined", 0.85), ("corrected", 85),
    ]  # fmt: skip


def test_a_doubtful_value_that_is_retracted_waits_no_more(api: Api) -> None:
    patient = api.treated()
    fact, _ = doubted(api, patient)
    assert api.post(f"/observations/{fact}/retraction", WHY).status == 201
    assert api.get(f"/patients/{patient}/grades").body["quarantined"] == 0


def test_a_pressure_upside_down_is_doubted(api: Api) -> None:
    patient = api.patient()
    reply = api.chart(patient, AT, systolic_bp=(60, "mm[Hg]"), diastolic_bp=(120, "mm[Hg]"))
    assert [each["status"] for each in reply.body["observations"]] == ["quarantined"] * 2
    reply = api.chart(patient, AT, systolic_bp=(120, "mm[Hg]"), diastolic_bp=(60, "mm[Hg]"))
    assert [each["status"] for each in reply.body["observations"]] == ["final"] * 2


def test_a_code_is_as_good_as_a_kind(api: Api) -> None:
    by_kind, by_code = api.treated(), api.patient("B")
    entry = {"value": 84, "unit": "mm[Hg]"}
    code = {"system": "http://loinc.org", "code": "8480-6", "display": "Systolic blood pressure"}
    charted(api, by_kind, {"kind": "systolic_bp", **entry})
    charted(api, by_code, {"code": code, **entry})
    one, other = told(api, by_kind), told(api, by_code)
    for name in ("kind", "value", "unit"):
        assert one[name] == other[name]
    assert charted(api, by_kind, {"kind": "systolic_bp", "code": code, **entry}).status == 201


@pytest.mark.parametrize(
    ("body", "low", "high"),
    [
        ({}, 0, 4),
        ({"temperature_c": 38.0}, 1, 4),
        ({"temperature_c": 37.9, "prior_crs_fever": False}, 0, 0),
        ({"temperature_c": "<37.5", "prior_crs_fever": False}, 0, 0),
        ({"temperature_c": None}, 0, 4),
        ({"temperature_c": 39, "vasopressors": ["norepinephrine", "vasopressin"],
          "oxygen_device": "room_air"}, 3, 3),
    ],
)  # fmt: skip
def test_findings_are_graded_without_a_record(
    api: Api, body: dict[str, Any], low: int, high: int
) -> None:
    reply = api.post("/grade/crs", body, by="integration")
    assert (reply.body["low"], reply.body["high"]) == (low, high)
    assert reply.body["value"] == (low if low == high else None)
    assert reply.body["edition"] == "astct-2019"


def test_the_scales_say_what_they_ask_for(api: Api) -> None:
    scales = {each["scale"]: each for each in api.get("/grade").body["items"]}
    assert set(scales) >= {"crs", "icans", "iec_hs", "icaht_early", "easix"}
    for scale in scales.values():
        assert scale["source"]
        assert len({each["name"] for each in scale["inputs"]}) == len(scale["inputs"])
        for each in scale["inputs"]:
            assert api.post(f"/grade/{scale['scale']}", {each["name"]: None}).status == 200
    kinds = api.get("/kinds").body["items"]
    temperature = next(each for each in kinds if each["kind"] == "body_temperature")
    assert (temperature["unit"], temperature["possible"]) == ("Cel", [10, 60])
