"""The other resources that are sent: patients, doses, infusions, stays, findings, devices."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.ehr.fhir.sender import (
    RXNORM,
    SNOMED,
    Resource,
    Sender,
    bundle,
    coded,
    dose,
    entry,
    numbered,
    quantity,
    sender,
)
from tests.ehr.fhir.told import Hospital

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
WHO = {"identifier": {"system": "urn:mrn", "value": "T1"}}


@pytest.fixture
def ehr(before_one: Hospital) -> Sender:
    return sender(before_one.api, before_one.clock)


def doses(ehr: Sender) -> list[Resource]:
    return ehr.acts("administration")


def words(reply: Any) -> str:
    return " ".join(issue["diagnostics"] for issue in reply.body["issue"])


def patient(number: str, **more: Any) -> Resource:
    return {"resourceType": "Patient", "identifier": numbered(number, "urn:mrn"), **more}


def test_a_patient_arrives_and_is_told_anew(ehr: Sender) -> None:
    told = patient(f"new of {ehr.number}", birthDate="1970-05-02", gender="female",
                   name=[{"family": "Novak", "given": ["Ann", "B."]}])  # fmt: skip
    first = ehr.post(told)
    assert first.status == 201
    found = ehr.api.get(f"/patients/{first.body['id']}").body
    assert (found["name"], found["sex"], found["birth_date"]) == (
        "Ann B. Novak",
        "female",
        "1970-05-02",
    )
    assert found["unit"] == "bmt-1"
    again = ehr.post(told | {"gender": "male"})
    assert (again.status, again.body["id"]) == (200, first.body["id"])
    assert ehr.api.get(f"/patients/{first.body['id']}").body["sex"] == "male"


def test_a_patient_by_the_senders_own_id(ehr: Sender) -> None:
    own = f"p-{ehr.number}"
    told = patient(f"own of {ehr.number}", id=own)
    first = ehr.put(told)
    assert first.status == 201
    assert first.headers["Location"].split("/")[-3] == first.body["id"] == own
    read = ehr.send("GET", f"/fhir/Patient/{own}")
    assert (read.status, read.body["id"]) == (200, own)
    number = "urn:mrn|" + f"own of {ehr.number}"
    found = ehr.send("GET", f"/fhir/Patient?identifier={quote(number)}")
    given = found.body["entry"][0]["resource"]["id"]
    assert given != own
    assert ehr.put(told).status == 200
    version = first.headers["ETag"]
    assert ehr.put(told | {"gender": "male"}, If_Match=version).status == 200
    assert ehr.put(told | {"gender": "female"}, If_Match=version).status == 412
    temperature = {"resourceType": "Observation", "status": "final", "code": coded("8310-5"),
                   "subject": {"reference": f"Patient/{own}"},
                   "effectiveDateTime": "2026-03-01T07:00:00Z",
                   "valueQuantity": quantity(39, "Cel")}  # fmt: skip
    assert ehr.post(temperature).status == 201
    charted = ehr.api.get(f"/patients/{given}/observations").body["items"]
    assert [each["value"] for each in charted] == [39]


def test_what_came_before_its_patient_is_joined_on_arrival(ehr: Sender) -> None:
    late = f"late of {ehr.number}"
    named = {"identifier": {"system": "urn:mrn", "value": late}}
    temperature = {"resourceType": "Observation", "status": "final", "code": coded("8310-5"),
                   "subject": named, "effectiveDateTime": "2026-03-01T07:00:00Z",
                   "valueQuantity": quantity(39, "Cel")}  # fmt: skip
    held = ehr.post(temperature)
    assert held.status == 202
    arrived = ehr.post(patient(late)).body["id"]
    charted = ehr.api.get(f"/patients/{arrived}/observations").body["items"]
    assert [each["value"] for each in charted] == [39]


BAD_PATIENTS: list[tuple[Resource, str]] = [
    ({"identifier": ...}, "identifier"),
    ({"identifier": [{"value": "7"}]}, "identifier"),
    ({"birthDate": "2 May 1961"}, "birthDate"),
    ({"birthDate": "2027-05-02"}, ""),
    ({"gender": "f"}, "gender"),
    ({"deceasedBoolean": "yes"}, "deceasedBoolean"),
    ({"link": [{"type": "replaced-by", "other": {"display": "x"}}]}, "link[0].other"),
    ({"name": "Ann"}, "name"),
]


@pytest.mark.parametrize(("more", "place"), BAD_PATIENTS)
def test_what_is_no_patient_is_refused(ehr: Sender, more: Resource, place: str) -> None:
    sent = {**patient(f"bad of {ehr.number}"), **more}
    reply = ehr.post({name: each for name, each in sent.items() if each is not ...})
    assert reply.status == 422, reply.body
    assert reply.body["issue"][0]["expression"] == [f"Patient.{place}".rstrip(".")]


def test_a_death_waits_for_its_cause(ehr: Sender) -> None:
    reply = ehr.post(patient(ehr.number, deceasedDateTime="2026-03-01T07:00:00Z"))
    assert reply.status == 200
    assert "a clinician has to say it" in words(reply)
    assert ehr.acts("death") == []


def test_a_record_that_another_replaces_is_merged(ehr: Sender) -> None:
    old = ehr.post(patient(f"old of {ehr.number}")).body["id"]
    link = [{"type": "replaced-by", "other": {"reference": f"Patient/{ehr.patient_id}"}}]
    reply = ehr.post(patient(f"old of {ehr.number}", link=link))
    assert reply.status == 200, reply.body
    assert ehr.api.get(f"/patients/{old}").body["merged_into"] == ehr.patient_id


GIVEN = [
    ("completed", ["completed"]),
    ("in-progress", ["started"]),
    ("stopped", ["stopped"]),
    ("not-done", []),
    ("on-hold", []),
    ("entered-in-error", []),
    ("unknown", []),
]


@pytest.mark.parametrize(("status", "charted"), GIVEN)
def test_only_what_was_given_is_a_dose(ehr: Sender, status: str, charted: list[str]) -> None:
    reply = ehr.post(dose(status=status, identifier=numbered("d")))
    assert reply.status in (200, 201), reply.body
    assert [each["detail"]["status"] for each in doses(ehr)] == charted


def test_a_dose_with_its_amount_route_and_name(ehr: Sender) -> None:
    assert ehr.post(dose(560)).status == 201
    [found] = doses(ehr)
    assert found["value"] == "tocilizumab"
    assert found["detail"]["dose"] == {"value": "560", "unit": "mg"}
    assert found["detail"]["route"] == "iv"


@pytest.mark.parametrize("status", ["not-done", "entered-in-error"])
def test_a_dose_is_taken_back(ehr: Sender, status: str) -> None:
    ehr.post(dose(identifier=numbered("d")))
    reply = ehr.post(dose(status=status, identifier=numbered("d")))
    assert reply.status == 200
    assert doses(ehr) == []


def test_a_rate_for_each_kilogram_is_no_amount(ehr: Sender) -> None:
    per_kg = {"dose": quantity(8, "mg/kg"), "route": coded("47625008", SNOMED)}
    reply = ehr.post(dose(dosage=per_kg))
    assert reply.status == 202
    assert "not one that can be read as a dose" in words(reply)
    contrary = {"dose": quantity(8, "mg") | {"unit": "g"}}
    assert ehr.post(dose(dosage=contrary)).status == 202
    assert doses(ehr) == []


def test_a_drug_in_a_medication_that_came_along(ehr: Sender) -> None:
    contained = [{"resourceType": "Medication", "id": "m", "code": coded("612865", RXNORM)}]
    sent = dose(medicationCodeableConcept=None, contained=contained,
                medicationReference={"reference": "#m"})  # fmt: skip
    assert ehr.post(sent).status == 201
    medication = {"resourceType": "Medication", "code": coded("1193326", RXNORM)}
    beside = dose(medicationCodeableConcept=None, medicationReference={"reference": "urn:uuid:m"},
                  effectiveDateTime="2026-03-01T07:50:00Z")  # fmt: skip
    reply = ehr.post(bundle("transaction", entry(medication, fullUrl="urn:uuid:m"), entry(beside)))
    assert reply.status == 200, reply.body
    assert sorted(each["value"] for each in doses(ehr)) == ["ruxolitinib", "tocilizumab"]


def test_vasopressors_that_run_and_end(ehr: Sender) -> None:
    def running(**more: Any) -> Resource:
        return dose(code="7512", status="in-progress", identifier=numbered("drip"),
                    dosage={"route": coded("IV", "x"), "rateQuantity": quantity(5, "ug/min")},
                    effectiveDateTime=None, **more)  # fmt: skip

    start = "2026-03-01T06:30:00Z"
    assert ehr.post(running(effectivePeriod={"start": start})).status == 201
    assert ehr.values("vasopressors")[-1] == ["norepinephrine"]
    ended = running(effectivePeriod={"start": start, "end": "2026-03-01T07:30:00Z"})
    assert ehr.post(ended | {"status": "completed"}).status == 200
    assert ehr.values("vasopressors")[-1] == []
    late = ehr.post(running(effectivePeriod={"start": start}))
    assert "newer version" in words(late)
    assert ehr.values("vasopressors")[-1] == []


def infusion(code: Resource, **more: Any) -> Resource:
    return {"resourceType": "Procedure", "status": "completed", "code": code, "subject": WHO,
            "performedDateTime": "2026-03-01T05:30:00Z", **more}  # fmt: skip


def test_an_infusion_of_cells_is_charted_or_waits(ehr: Sender) -> None:
    known = infusion({"text": "Tecartus"})
    assert ehr.post(known).status == 201
    coded_only = infusion(coded("XW033J7", "http://www.cms.gov/Medicare/Coding/ICD10"))
    assert ehr.post(coded_only).status == 202
    a_day = infusion({"text": "Kymriah"}, performedDateTime="2026-03-01")
    assert ehr.post(a_day).status == 202
    for status in ("stopped", "on-hold"):
        assert ehr.post(infusion({"text": "Kymriah"}, status=status)).status == 202
    assert ehr.post(infusion(coded("80146002", SNOMED))).status == 200, "an appendectomy"
    products = [each["value"] for each in ehr.acts("infusion")]
    assert sorted(products) == ["brexu-cel", "ide-cel"]


def encounter(**more: Any) -> Resource:
    return {"resourceType": "Encounter", "status": "in-progress", "class": {"code": "IMP"},
            "identifier": numbered("stay"), "subject": WHO,
            "period": {"start": "2026-03-01T06:00:00Z"}, **more}  # fmt: skip


def test_a_stay_moves_and_ends_at_home(ehr: Sender) -> None:
    icu = [{"location": {"display": "bmt-1"}, "period": {"start": "2026-03-01T06:00:00Z"}}]
    assert ehr.post(encounter(location=icu)).status == 201
    assert [each["detail"]["setting"] for each in ehr.acts("stay")] == ["inpatient"]
    over = {"start": "2026-03-01T06:00:00Z", "end": "2026-03-01T07:30:00Z"}
    assert ehr.post(encounter(status="finished", location=icu, period=over)).status == 200
    assert [each["detail"]["setting"] for each in ehr.acts("stay")] == ["inpatient", "outpatient"]
    assert ehr.post(encounter(status="entered-in-error")).status == 200
    assert ehr.acts("stay") == []


def test_a_visit_that_is_over_says_nothing_of_a_stay(ehr: Sender) -> None:
    visit = encounter(status="finished", identifier=numbered("v")) | {"class": {"code": "AMB"}}
    assert ehr.post(visit).status == 200
    assert ehr.acts("stay") == []


def test_a_patient_lies_where_the_encounter_says(ehr: Sender) -> None:
    url = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    ward = [{"location": {"display": "bmt-1"}}]
    stay = encounter(subject={"reference": url}, location=ward, identifier=numbered("e"))
    reply = ehr.post(
        bundle("transaction", entry(patient(f"e of {ehr.number}"), fullUrl=url), entry(stay))
    )
    assert reply.status == 200, reply.body
    assert [each["response"]["status"] for each in reply.body["entry"]] == ["201 Created"] * 2


def condition(code: str, system: str = SNOMED, **more: Any) -> Resource:
    began = {"onsetDateTime": "2026-03-01T07:00:00Z", "identifier": numbered("c")}
    concept = coded(code, system)
    return {"resourceType": "Condition", "code": concept, "subject": WHO, **began, **more}


@pytest.mark.parametrize(
    ("status", "stands"),
    [("confirmed", ["clinical"]), ("provisional", []), ("refuted", []), ("entered-in-error", [])],
)
def test_a_seizure_on_the_problem_list(ehr: Sender, status: str, stands: list[str]) -> None:
    system = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    reply = ehr.post(condition("91175000", verificationStatus=coded(status, system)))
    assert reply.status in (200, 201), reply.body
    assert ehr.values("seizure") == stands


def test_a_condition_that_nobody_asks_for_is_not_stored(ehr: Sender) -> None:
    reply = ehr.post(condition("38341003"))
    assert reply.status == 200
    assert "not stored" in words(reply)


def test_a_grade_that_a_clinician_coded_stands_beside(ehr: Sender) -> None:
    assert ehr.post(condition("D89.833", ICD_10_CM)).status == 201
    assert ehr.values("crs_grade_charted") == [3]
    event = {"resourceType": "AdverseEvent", "actuality": "actual", "subject": WHO,
             "event": coded("G92.02", ICD_10_CM), "date": "2026-03-01T07:10:00Z"}  # fmt: skip
    assert ehr.post(event).status == 201
    assert ehr.values("icans_grade_charted") == [2]
    fatal = {"coding": [{"system": "x", "code": "fatal"}]}
    reply = ehr.post(event | {"outcome": fatal, "identifier": {"value": "1"}, "id": "x"})
    assert reply.status in (200, 201, 202, 422)


def test_an_oxygen_device_in_use(ehr: Sender) -> None:
    device = {"resourceType": "Device", "id": "d", "type": coded("428285009", SNOMED)}
    used = {"resourceType": "DeviceUseStatement", "status": "active", "subject": WHO,
            "contained": [device], "device": {"reference": "#d"},
            "timingDateTime": "2026-03-01T07:00:00Z"}  # fmt: skip
    assert ehr.post(used).status == 201
    assert ehr.values("oxygen_device") == ["venturi_mask"]
    other = used | {"contained": [device | {"type": coded("360063003", SNOMED)}]}
    assert ehr.post(other).status == 200
