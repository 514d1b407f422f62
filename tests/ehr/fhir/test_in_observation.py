"""Observations that are sent: statuses, values, units, times, subjects, panels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ehr.fhir.sender import (
    SNOMED,
    Resource,
    Sender,
    coded,
    numbered,
    observation,
    pressure,
    quantity,
    sender,
)
from tests.ehr.fhir.told import Hospital


@pytest.fixture
def lab(before_one: Hospital) -> Sender:
    return sender(before_one.api, before_one.clock)


def diagnostics(reply: Any) -> str:
    return " ".join(issue["diagnostics"] for issue in reply.body["issue"])


def expressions(reply: Any) -> list[str]:
    return [each for issue in reply.body["issue"] for each in issue.get("expression", ())]


def test_a_value_is_charted_and_graded(lab: Sender) -> None:
    reply = lab.post(observation(38.6))
    assert reply.status == 201
    assert reply.headers["ETag"] == 'W/"1"'
    assert reply.headers["Last-Modified"]
    given = reply.body["id"]
    assert reply.headers["Location"].endswith(f"/fhir/Observation/{given}/_history/1")
    assert lab.values("body_temperature") == [38.6]
    assert lab.grade()["low"] == 1
    read = lab.send("GET", f"/fhir/Observation/{given}")
    assert read.body["valueQuantity"]["value"] == 38.6


@pytest.mark.parametrize(
    ("wish", "kind"),
    [
        ("minimal", None),
        ("representation", "Observation"),
        ("OperationOutcome", "OperationOutcome"),
    ],
)
def test_prefer_says_what_is_answered(lab: Sender, wish: str, kind: str | None) -> None:
    reply = lab.post(observation(), Prefer=f"return={wish}")
    assert reply.status == 201
    assert (reply.body or {}).get("resourceType") == kind
    assert "Location" in reply.headers


@pytest.mark.hazard("H51")
def test_the_same_twice_is_one(lab: Sender) -> None:
    for resource in (
        observation(),
        observation(identifier=numbered("7"), valueQuantity=quantity(37, "Cel")),
    ):
        first, again = lab.post(resource), lab.post(resource)
        assert (first.status, again.status) == (201, 200)
        assert first.headers["Location"] == again.headers["Location"]
    assert len(lab.facts("body_temperature")) == 2


STATUSES = [
    ("registered", [38.6]),
    ("preliminary", [38.6]),
    ("final", [39.9]),
    ("amended", [39.9]),
    ("corrected", [39.9]),
    ("cancelled", []),
    ("entered-in-error", []),
    ("unknown", [38.6]),
]


@pytest.mark.parametrize(("status", "stands"), STATUSES)
@pytest.mark.conforms("fhir-status")
def test_each_status_after_a_final_one(lab: Sender, status: str, stands: list[float]) -> None:
    named = numbered("7")
    assert lab.post(observation(38.6, identifier=named)).status == 201
    reply = lab.post(observation(39.9, status=status, identifier=named))
    assert reply.status == 200, reply.body
    assert lab.values("body_temperature") == stands


@pytest.mark.parametrize("status", ["registered", "unknown", "cancelled", "entered-in-error"])
def test_what_never_stood_is_no_fact(lab: Sender, status: str) -> None:
    assert lab.post(observation(status=status)).status in (200, 201)
    assert lab.facts("body_temperature") == []


def test_a_preliminary_value_is_used_and_replaced(lab: Sender) -> None:
    named = numbered("7")
    lab.post(observation(38.6, status="preliminary", identifier=named))
    assert lab.values("body_temperature") == [38.6]
    reply = lab.post(observation(37.0, identifier=named))
    assert lab.values("body_temperature") == [37]
    assert reply.headers["ETag"] == 'W/"2"'


VALUES: list[tuple[str, str, Resource, Any]] = [
    ("100.4 F", "body_temperature", {"valueQuantity": quantity(100.4, "[degF]")}, 38),
    ("below", "crp", {"valueQuantity": quantity(0.6, "mg/L", comparator="<")}, "below"),
    ("words of a unit", "body_temperature",
     {"valueQuantity": {"value": 38.2, "unit": "°C"}}, 38.2),
    ("unit of another system", "body_temperature",
     {"valueQuantity": quantity(38.2, "Cel") | {"system": SNOMED, "code": "258710007"}}, 38.2),
]  # fmt: skip
CODES = {"body_temperature": "8310-5", "crp": "1988-5"}


@pytest.mark.parametrize(
    ("kind", "more", "value"), [each[1:] for each in VALUES], ids=[e[0] for e in VALUES]
)
def test_values_and_units(lab: Sender, kind: str, more: Resource, value: Any) -> None:
    reply = lab.post(
        observation(**{"code": coded(CODES[kind]), **more})
        if False
        else {**observation(), "code": coded(CODES[kind]), **more}
    )
    assert reply.status == 201, reply.body
    [found] = lab.values(kind)
    assert found["high"] == 0.6 if value == "below" else found == value


def both(*codes: str) -> Resource:
    """One concept with several codes of LOINC."""
    return {"coding": [coding for code in codes for coding in coded(code)["coding"]]}


WAITING: list[tuple[str, Resource]] = [
    ("unknown code", {"code": coded("72514-3")}),
    ("a denied code", {"code": coded("20564-1"), "valueQuantity": quantity(97, "%")}),
    ("codes that differ", {"code": both("8310-5", "8867-4")}),
    ("unknown unit", {"valueQuantity": quantity(38.6, "K/uL")}),
    ("no unit", {"valueQuantity": {"value": 38.6}}),
    ("impossible", {"valueQuantity": quantity(386, "Cel")}),
    ("no value", {"valueQuantity": None}),
    ("a day", {"effectiveDateTime": "2026-03-01"}),
    ("no offset", {"effectiveDateTime": "2026-03-01T08:00:00"}),
    ("no time", {"effectiveDateTime": None}),
    ("a schedule", {"effectiveDateTime": None, "effectiveTiming": {"event": ["2026-03-01"]}}),
    ("an unknown patient", {"subject": {"identifier": {"system": "urn:mrn", "value": "nobody"}}}),
    ("their own id", {"subject": {"reference": "Patient/4711"}}),
]  # fmt: skip


@pytest.mark.parametrize("more", [each[1] for each in WAITING], ids=[each[0] for each in WAITING])
@pytest.mark.conforms("fhir-time")
def test_what_cannot_be_charted_waits_and_says_so(lab: Sender, more: Resource) -> None:
    sent = {**observation(), **more}
    reply = lab.post({name: each for name, each in sent.items() if each is not None})
    assert reply.status == 202, reply.body
    assert reply.body["issue"][0]["severity"] == "warning"
    assert "kept, and not charted yet" in diagnostics(reply)
    assert "Location" in reply.headers
    assert lab.facts("body_temperature") == []


def sampled() -> Resource:
    return {"origin": quantity(0, "Cel"), "period": 10, "dimensions": 1, "data": "1 2"}


REFUSED: list[tuple[str, Resource, str]] = [
    ("a number in quotes", {"valueQuantity": quantity("107", "Cel")}, "valueQuantity.value"),
    ("null", {"valueQuantity": None}, "valueQuantity"),
    ("true as a number", {"valueQuantity": quantity(True, "Cel")}, "valueQuantity.value"),
    ("a comparator alone", {"valueQuantity": {"comparator": "<"}}, "valueQuantity.value"),
    ("unknown comparator", {"valueQuantity": {"value": 1, "comparator": "~"}},
     "valueQuantity.comparator"),
    ("unknown status", {"status": "done"}, "status"),
    ("no status", {"status": ...}, "status"),
    ("no code", {"code": ...}, "code"),
    ("no subject", {"subject": ...}, "subject"),
    ("two values", {"valueString": "38"}, "valueString"),
    ("obs-6", {"dataAbsentReason": coded("unknown", "x")}, "dataAbsentReason"),
    ("obs-7", {"component": [{"code": coded("8310-5"), "valueString": "x"}]}, "component[0].code"),
    ("a ratio", {"valueQuantity": ..., "valueRatio": {"numerator": {"value": 1}}}, "valueRatio"),
    ("a range", {"valueQuantity": ..., "valueRange": {"low": quantity(1, "Cel")}}, "valueRange"),
    ("samples", {"valueQuantity": ..., "valueSampledData": sampled()}, "valueSampledData"),
    ("not a time", {"effectiveDateTime": "yesterday"}, "effectiveDateTime"),
    ("24:00", {"effectiveDateTime": "2026-03-01T24:00:00Z"}, "effectiveDateTime"),
    ("30 February", {"effectiveDateTime": "2026-02-30T08:00:00Z"}, "effectiveDateTime"),
    ("a leap second", {"effectiveDateTime": "2016-12-31T23:59:60Z"}, "effectiveDateTime"),
    ("the future", {"effectiveDateTime": "2026-03-02T08:00:00Z"}, "effectiveDateTime"),
    ("before birth", {"effectiveDateTime": "1950-03-02T08:00:00Z"}, "effectiveDateTime"),
    ("two times", {"effectiveInstant": "2026-03-01T07:00:00Z"}, "effectiveInstant"),
    ("an end before the start", {"effectiveDateTime": ..., "effectivePeriod": {
        "start": "2026-03-01T07:00:00Z", "end": "2026-03-01T06:00:00Z"}}, "effectivePeriod.end"),
    ("a list as a subject", {"subject": [{}]}, "subject"),
    ("another type as subject", {"subject": {"reference": "Medication/1"}}, "subject.reference"),
    ("nothing in a reference", {"subject": {"display": "Ann"}}, "subject"),
    ("a dangling urn", {"subject": {"reference": "urn:uuid:1"}}, "subject.reference"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("more", "place"), [each[1:] for each in REFUSED], ids=[e[0] for e in REFUSED]
)
@pytest.mark.conforms("fhir-outcome")
def test_what_is_no_observation_is_refused_with_its_place(
    lab: Sender, more: Resource, place: str
) -> None:
    sent = {**observation(identifier=numbered("7")), **more}
    reply = lab.post({name: each for name, each in sent.items() if each is not ...})
    assert reply.status == 422, reply.body
    assert f"Observation.{place}" in expressions(reply)
    assert "107" not in diagnostics(reply)
    assert lab.facts("body_temperature") == []


def test_every_fault_is_told_at_once(lab: Sender) -> None:
    reply = lab.post(observation("x", status="y", code=None, effectiveDateTime="z"))
    assert len(reply.body["issue"]) == 4


@pytest.mark.hazard("H52")
@pytest.mark.conforms("fhir-components")
def test_a_panel_is_read_by_its_parts(lab: Sender) -> None:
    named = numbered("bp")
    first = lab.post(pressure(84, 50, identifier=named))
    assert first.status == 201
    assert lab.values("systolic_bp") == [84]
    assert lab.values("diastolic_bp") == [50]
    corrected = lab.post(pressure(124, 50, identifier=named, status="corrected"))
    assert corrected.headers["ETag"] == 'W/"2"'
    assert lab.values("systolic_bp") == [124]
    fewer = lab.post(
        pressure(124, identifier=named, status="corrected", issued="2026-03-01T08:00:00Z")
    )
    assert fewer.status == 200
    assert lab.values("diastolic_bp") == [], "a version without a part takes the part back"
    gone = lab.post(
        observation(code="85354-9", status="entered-in-error", valueQuantity=None, identifier=named)
    )
    assert gone.status == 200
    assert lab.values("systolic_bp") == []


def test_a_part_read_back_and_sent_alone_does_not_take_the_others_away(lab: Sender) -> None:
    given = lab.post(pressure(84, 50)).headers["Location"].split("/")[-3]
    part = lab.send("GET", f"/fhir/Observation/{given}").body
    part["valueQuantity"]["value"] = 90
    reply = lab.put(part)
    assert reply.status == 422
    assert "send all of them" in diagnostics(reply)
    assert lab.values("systolic_bp") + lab.values("diastolic_bp") == [84, 50]


def test_a_part_without_a_value_is_not_zero(lab: Sender) -> None:
    panel = pressure(84)
    absent = {"code": coded("8462-4"), "dataAbsentReason": coded("not-asked", "x")}
    panel["component"].append(absent)
    reply = lab.post(panel)
    assert reply.status == 201
    assert lab.values("diastolic_bp") == []
    assert lab.values("systolic_bp") == [84]


def test_saturation_with_its_oxygen(lab: Sender) -> None:
    components = [
        {"code": coded("3151-8"), "valueQuantity": quantity(6, "L/min")},
        {"code": coded("3150-0"), "valueQuantity": quantity(45, "%")},
    ]
    reply = lab.post(
        observation(88, "%", component=components) | {"code": both("59408-5", "2708-6")}
    )
    assert reply.status == 201, reply.body
    assert lab.values("oxygen_saturation") == [88]
    assert lab.values("oxygen_flow") == [6]
    assert lab.values("fraction_inspired_oxygen") == [45]


def test_an_oxygen_device_by_code_and_by_words(lab: Sender) -> None:
    by_code = observation(code="107117-4", valueQuantity=None,
                          valueCodeableConcept=coded("427591007", SNOMED))  # fmt: skip
    assert lab.post(by_code).status == 201
    words = observation(code="107117-4", valueQuantity=None, valueString="Nasal cannula",
                        effectiveDateTime="2026-03-01T07:40:00Z")  # fmt: skip
    assert lab.post(words).status == 201
    assert lab.values("oxygen_device") == ["non_rebreather", "nasal_cannula"]


def test_no_seizure_is_not_a_seizure(lab: Sender) -> None:
    said = observation(valueQuantity=None, valueBoolean=False) | {"code": coded("91175000", SNOMED)}
    assert lab.post(said).status == 202
    assert lab.facts("seizure") == []
    assert lab.post(said | {"valueBoolean": True}).status == 201
    assert lab.values("seizure") == ["clinical"]


def subjects(lab: Sender) -> dict[str, Resource]:
    known = {"system": "urn:mrn", "value": "T1"}
    return {
        "our id": {"reference": f"Patient/{lab.patient_id}"},
        "our address": {"reference": f"http://localhost/fhir/Patient/{lab.patient_id}"},
        "our version": {"reference": f"Patient/{lab.patient_id}/_history/2"},
        "a logical reference": {"identifier": known},
        "both": {"reference": "Patient/4711", "identifier": known},
        "contained": {"reference": "#p"},
        "sought": {"reference": f"Patient?identifier=urn:mrn|{lab.number}"},
    }


@pytest.mark.parametrize("form", ["our id", "our address", "our version", "a logical reference",
                                  "both", "contained", "sought"])  # fmt: skip
def test_each_way_to_name_the_patient(lab: Sender, form: str) -> None:
    contained = [{"resourceType": "Patient", "id": "p", "identifier": numbered("T1", "urn:mrn")}]
    reply = lab.post(observation(subject=subjects(lab)[form], contained=contained))
    assert reply.status == 201, reply.body
    assert lab.values("body_temperature") == [38.6]


def test_what_is_not_about_a_patient_is_not_stored(lab: Sender) -> None:
    reply = lab.post(observation(subject={"reference": "Device/7"}))
    assert reply.status == 200
    assert "not stored" in diagnostics(reply)


def test_a_range_and_words_of_the_laboratory_are_kept_as_sent(lab: Sender) -> None:
    ranged = [{"low": quantity(10, "mg/L"), "high": {"value": 50}}]
    sent = observation(
        12, "mg/L", code="1988-5", referenceRange=ranged, note=[{"text": "hemolyzed"}]
    )
    assert lab.post(sent).status == 201
    [fact] = lab.facts("crp")
    assert fact["status"] == "quarantined"


def test_of_an_average_over_a_span_the_beginning_counts(lab: Sender) -> None:
    span = {"start": "2026-03-01T07:00:00Z", "end": "2026-03-01T07:10:00Z"}
    reply = lab.post(observation(effectiveDateTime=None, effectivePeriod=span))
    assert reply.status == 201
    assert lab.facts("body_temperature")[0]["effective_at"] == "2026-03-01T07:00:00Z"
