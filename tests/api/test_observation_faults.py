"""What is wrong with one observation of a set: 422 with its place, and nothing of the set is kept.

The faulty one is always the second of three, so that the place is told apart from the first.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.api.conftest import Ward, kept
from tests.conftest import Api, Clock

AT = "2026-03-01T07:00:00Z"
LOINC = "http://loinc.org"


def temperature(value: Any = 38.6, unit: Any = "Cel", **more: Any) -> dict[str, Any]:
    return {"kind": "body_temperature", "value": value, "unit": unit, **more}


def coded(code: Any, system: Any = LOINC, **more: Any) -> dict[str, Any]:
    return {"code": {"system": system, "code": code}, "value": 84, "unit": "mm[Hg]", **more}


def said(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "value": value, **more}


# name, the observation, the fields that are at fault ("" is the observation itself)
FAULTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    # Not an observation at all.
    ("a_text", "38.6 Cel", ("",)),
    ("a_number", 38.6, ("",)),
    ("null", None, ("",)),
    ("a_list", [temperature()], ("",)),
    ("nothing_in_it", {}, ("kind", "value")),
    ("an_unknown_field", temperature(site="axilla"), ("site",)),
    ("a_field_in_capitals", {"Kind": "body_temperature", "value": 38.6}, ("Kind", "kind")),
    ("an_odd_field", temperature(**{"a/b~c": 1}), ("a~1b~0c",)),
    ("an_empty_field", temperature(**{"": 1}), ("",)),
    # Its kind.
    ("an_unknown_kind", said("temperature", 38.6, unit="Cel"), ("kind",)),
    ("a_kind_in_capitals", said("Body_Temperature", 38.6, unit="Cel"), ("kind",)),
    ("a_kind_with_a_blank", said("body_temperature ", 38.6, unit="Cel"), ("kind",)),
    ("a_kind_that_is_a_number", {"kind": 1, "value": 38.6, "unit": "Cel"}, ("kind",)),
    ("a_kind_that_is_a_list", {"kind": ["heart_rate"], "value": 1, "unit": "/min"}, ("kind",)),
    ("a_kind_that_is_null", {"kind": None, "value": 38.6, "unit": "Cel"}, ("kind",)),
    ("an_act_for_a_kind", said("infusion", "ide-cel"), ("kind",)),
    ("a_scale_for_a_kind", said("crs", 3), ("kind",)),
    # Its code.
    ("an_unknown_LOINC", coded("99999-9"), ("code",)),
    ("a_LOINC_with_a_wrong_check_digit", coded("8480-7"), ("code",)),
    ("a_denied_LOINC", coded("85354-9"), ("code",)),
    ("a_LOINC_that_is_a_number", coded(8480), ("code",)),
    ("a_LOINC_that_is_null", coded(None), ("code",)),
    ("another_code_system", coded("8480-6", "http://snomed.info/sct"), ("code",)),
    ("a_code_without_a_system", coded("8480-6", None), ("code",)),
    ("a_code_that_is_a_text", {**coded("8480-6"), "code": "8480-6"}, ("code",)),
    ("a_code_of_another_kind", coded("8480-6", kind="heart_rate"), ("code",)),
    # Its value.
    ("no_value", {"kind": "body_temperature", "unit": "Cel"}, ("value",)),
    ("a_value_of_null", temperature(None), ("value",)),
    ("true_as_a_number", temperature(True), ("value",)),
    ("false_as_a_number", said("ice_score", False), ("value",)),
    ("a_number_in_quotes", temperature("38.6"), ("value",)),
    ("a_comma_for_a_point", temperature("38,5"), ("value",)),
    ("digits_of_another_script", temperature("٣٨"), ("value",)),
    ("a_number_with_its_unit", temperature("38.6 Cel"), ("value",)),
    ("an_empty_text", temperature(""), ("value",)),
    ("a_text_of_NaN", temperature("NaN"), ("value",)),
    ("a_text_of_infinity", temperature("Infinity"), ("value",)),
    ("a_list_of_numbers", temperature([38.6]), ("value",)),
    ("an_object", temperature({"value": 38.6}), ("value",)),
    ("an_impossible_value", temperature(386), ("value",)),
    ("below_absolute_zero", temperature(-300), ("value",)),
    ("a_value_below_nothing", said("heart_rate", -1, unit="/min"), ("value",)),
    ("more_than_all", said("oxygen_saturation", 100.5, unit="%"), ("value",)),
    ("too_many_digits", temperature(int("3" * 4_000)), ("value",)),
    ("a_comparator_alone", said("crp", "<", unit="mg/L"), ("value",)),
    ("a_comparator_that_is_none", said("crp", "~5", unit="mg/L"), ("value",)),
    ("a_comparator_in_words", said("crp", "less than 5", unit="mg/L"), ("value",)),
    ("below_nothing", said("crp", "<0", unit="mg/L"), ("value",)),
    ("a_score_that_is_compared", said("ice_score", "<5"), ("value",)),
    ("a_score_with_a_fraction", said("ice_score", 9.5), ("value",)),
    ("a_score_above_the_most", said("ice_score", 11), ("value",)),
    ("a_code_that_is_none", said("oxygen_device", "nasal cannula"), ("value",)),
    ("a_code_in_capitals", said("consciousness", "Alert"), ("value",)),
    ("a_code_in_a_list", said("oxygen_device", ["nasal_cannula"]), ("value",)),
    ("a_number_for_a_code", said("seizure", 0), ("value",)),
    ("true_for_a_code", said("seizure", True), ("value",)),
    ("one_for_yes", said("hypotension", 1), ("value",)),
    ("true_in_quotes", said("hypotension", "true"), ("value",)),
    ("null_for_no", said("hypotension", None), ("value",)),
    ("a_text_for_a_list", said("vasopressors", "norepinephrine"), ("value",)),
    ("a_vasopressor_by_its_brand", said("vasopressors", ["levophed"]), ("value",)),
    ("one_vasopressor_twice", said("vasopressors", ["dopamine", "dopamine"]), ("value",)),
    ("null_for_none", said("vasopressors", None), ("value",)),
    ("a_list_in_a_list", said("vasopressors", [["dopamine"]]), ("value",)),
    # Its unit.
    ("no_unit", {"kind": "body_temperature", "value": 38.6}, ("unit",)),
    ("an_empty_unit", temperature(unit=""), ("unit",)),
    ("an_unknown_unit", temperature(unit="mg/L"), ("unit",)),
    ("a_unit_in_small_letters", temperature(unit="cel"), ("unit",)),
    ("a_unit_that_is_a_number", temperature(unit=1), ("unit",)),
    ("a_unit_that_is_a_list", temperature(unit=["Cel"]), ("unit",)),
    ("a_very_long_unit", temperature(unit="Cel" * 10_000), ("unit",)),
    ("pounds_without_saying_so", said("weight", 220), ("unit",)),
    ("a_unit_for_a_code", said("oxygen_device", "room_air", unit="1"), ("unit",)),
    # Both at once.
    ("a_wrong_value_and_unit", temperature("38,5", "degrees"), ("unit", "value")),
    ("a_wrong_kind_unit_and_no_value", {"kind": "x", "unit": 1}, ("kind", "unit", "value")),
    # The laboratory's own range.
    ("a_range_in_words", said("crp", 5, unit="mg/L", low="none"), ("low",)),
    ("a_range_that_is_compared", said("crp", 5, unit="mg/L", high="<5"), ("high",)),
    ("a_range_that_is_impossible", said("crp", 5, unit="mg/L", low=-1, high=1e9), ("low", "high")),
    ("a_range_upside_down", said("crp", 5, unit="mg/L", low=10, high=5), ("low",)),
    ("a_range_of_a_code", said("oxygen_device", "room_air", low=1), ("low",)),
    ("a_range_that_is_true", said("crp", 5, unit="mg/L", high=True), ("high",)),
    ("a_wrong_value_and_range", said("crp", "x", unit="mg/L", high="y"), ("value", "high")),
)  # fmt: skip


def a_set(*entries: Any, at: Any = AT) -> bytes:
    return json.dumps({"effective_at": at, "observations": list(entries)}).encode()


@pytest.mark.parametrize("case", FAULTS, ids=[case[0] for case in FAULTS])
def test_a_fault_is_refused_at_its_place(
    ward: Ward, case: tuple[str, Any, tuple[str, ...]]
) -> None:
    _, faulty, fields = case
    before = kept(ward.api.service)
    body = a_set(temperature(), faulty, said("heart_rate", 80, unit="/min"))
    reply = ward.api.post(f"/patients/{ward.patient}/observations", raw=body)
    whole = "/observations/1"
    empty = case[0] == "an_empty_field"
    places = [f"{whole}/{field}" if field or empty else whole for field in fields]
    ward.refused(reply, 422, *places)
    assert kept(ward.api.service) == before
    ward.chart_well()


def test_every_fault_of_a_body_is_told_at_once(ward: Ward) -> None:
    before = kept(ward.api.service)
    body = {
        "effective_at": "2026-03-01T07:00:00",
        "observation": [],
        "observations": [
            temperature("38,5"),
            temperature(),
            said("ice_orientation", 4),
            said("ice_naming", 3),
            said("ice_score", 2),
            said("pulse", 80),
            said("crp", 5, unit="mg/l(", low="a"),
        ],
    }
    reply = ward.api.post(f"/patients/{ward.patient}/observations", body)
    ward.refused(
        reply, 422, "/effective_at", "/observation", "/observations/0/value",
        "/observations/4/value", "/observations/5/kind", "/observations/6/unit",
        "/observations/6/low",
    )  # fmt: skip
    assert reply.body["detail"] == "7 faults were found; nothing was kept"
    assert kept(ward.api.service) == before


def test_a_time_by_the_record_is_told_beside_the_faults_of_the_body(ward: Ward) -> None:
    path = f"/patients/{ward.patient}/observations"
    reply = ward.api.post(path, raw=a_set(temperature("x"), at="2026-03-01T08:05:01Z"))
    ward.refused(reply, 422, "/effective_at", "/observations/0/value")
    reply = ward.api.post(path, raw=a_set(temperature("x"), at="1961-05-01T22:59:59Z"))
    ward.refused(reply, 422, "/effective_at", "/observations/0/value")


@pytest.mark.parametrize(
    ("items", "total", "good"),
    [
        ({"orientation": 4, "naming": 3, "commands": 1, "writing": 1, "attention": 1}, 10, True),
        ({"orientation": 4, "naming": 3, "commands": 1, "writing": 1, "attention": 1}, 9, False),
        ({"orientation": 0, "naming": 0, "commands": 0, "writing": 0, "attention": 0}, 0, True),
        ({"orientation": 0, "naming": 0, "commands": 0, "writing": 0, "attention": 0}, 1, False),
        ({"orientation": 4}, 3, False),
        ({"orientation": 4}, 4, True),
        ({"orientation": 4}, 10, True),
        ({"orientation": 3}, 10, False),
        ({"writing": 0}, 9, True),
        ({"writing": 0}, 10, False),
        ({}, 7, True),
    ],
)
def test_ice_items_and_their_total(
    ward: Ward, items: dict[str, int], total: int, good: bool
) -> None:
    before = kept(ward.api.service)
    entries = [said(f"ice_{name}", points) for name, points in items.items()]
    body = a_set(said("ice_score", total), *entries)
    reply = ward.api.post(f"/patients/{ward.patient}/observations", raw=body)
    if good:
        assert reply.status == 201, reply.body
        return
    ward.refused(reply, 422, "/observations/0/value")
    assert f"add up to {sum(items.values())}" in reply.body["errors"][0]["detail"]
    assert kept(ward.api.service) == before


@pytest.mark.parametrize(
    "observations",
    [None, [], {}, "body_temperature", 1, True, {"0": temperature()}, [temperature()] * 201],
    ids=["null", "empty", "object", "text", "number", "true", "by_place", "too_many"],
)
def test_a_set_is_a_list_of_1_to_200(ward: Ward, observations: Any) -> None:
    before = kept(ward.api.service)
    body = {"effective_at": AT, "observations": observations}
    reply = ward.api.post(f"/patients/{ward.patient}/observations", body)
    ward.refused(reply, 422, "/observations")
    assert kept(ward.api.service) == before


def test_a_set_of_200_is_kept(ward: Ward) -> None:
    body = {"effective_at": AT, "observations": [said("heart_rate", 80, unit="/min")] * 200}
    reply = ward.api.post(f"/patients/{ward.patient}/observations", body)
    assert reply.status == 201, reply.body
    assert len(reply.body["observations"]) == 200


def test_an_oxygen_flow_without_a_device_is_incomplete_and_not_bad(api: Api, clock: Clock) -> None:
    patient = api.treated()
    body = {
        "effective_at": AT,
        "observations": [
            temperature(), said("oxygen_flow", 3, unit="L/min"), said("vasopressors", []),
            said("hypotension", False),
        ],
    }  # fmt: skip
    reply = api.post(f"/patients/{patient}/observations", body)
    assert reply.status == 201, reply.body
    crs = reply.body["grades"]["crs"]
    assert (crs["low"], crs["value"], crs["missing"]) == (2, None, ["oxygen_device"])
