"""Whose record it is: found by the identifiers that both sides have, never by a likely guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.ehr.conftest import FHIR, SIGN, VIEW, Ehr, medication_request

OVER = medication_request(801)


@dataclass(frozen=True)
class Names:
    """What a patient is called on both sides."""

    fhir: str
    mrn: tuple[str, str]
    other: tuple[str, str]


@pytest.fixture
def names(ehr: Ehr) -> Names:
    """Names that nobody else has."""
    number = next(ehr.numbers)
    return Names(f"fhir-{number}", ("urn:mrn", f"A{number}"), ("urn:mrn", f"B{number}"))


def fetched(names: Names, *identifiers: tuple[str, str], **more: Any) -> dict[str, Any]:
    listed = [{"system": system, "value": value} for system, value in identifiers]
    return {"patient": {"resourceType": "Patient", "id": names.fhir, "identifier": listed, **more}}


def enrolled(ehr: Ehr, *identifiers: tuple[str, str], **more: Any) -> str:
    listed = [{"system": system, "value": value} for system, value in identifiers]
    found: str = ehr.api.patient(identifiers=listed, **more)
    return found


def test_by_an_identifier_of_the_patient_that_was_fetched(ehr: Ehr, names: Names) -> None:
    enrolled(ehr, names.mrn)
    card = ehr.card(SIGN, names.fhir, OVER, prefetch=fetched(names, ("urn:x", "9"), names.mrn))
    assert card["indicator"] == "critical"


def test_by_the_id_that_the_ordering_system_has(ehr: Ehr, names: Names) -> None:
    enrolled(ehr, (f"{FHIR}/Patient", names.fhir))
    assert ehr.card(SIGN, names.fhir, OVER)["indicator"] == "critical"
    assert ehr.card(SIGN, names.fhir, OVER, fhirServer=f"{FHIR}/")["indicator"] == "critical"
    elsewhere = ehr.card(SIGN, names.fhir, OVER, fhirServer="https://other.example.org/fhir")
    assert elsewhere["source"]["topic"]["code"] == "not-checked"


def test_as_older_clients_wrap_what_they_fetch(ehr: Ehr, names: Names) -> None:
    enrolled(ehr, names.mrn)
    wrapped = {
        key: {"resource": each, "response": {"status": "200 OK"}}
        for key, each in fetched(names, names.mrn).items()
    }
    assert ehr.card(SIGN, names.fhir, OVER, prefetch=wrapped)["indicator"] == "critical"


def test_identifiers_of_two_patients_are_nobody(ehr: Ehr, names: Names) -> None:
    enrolled(ehr, names.mrn)
    enrolled(ehr, names.other)
    both = fetched(names, names.mrn, names.other)
    card = ehr.card(SIGN, names.fhir, OVER, prefetch=both)
    assert "belong to two patients" in card["summary"]
    assert ehr.cards(VIEW, names.fhir, prefetch=both) == []


def test_an_identifier_that_is_no_longer_used_finds_nobody(ehr: Ehr, names: Names) -> None:
    enrolled(ehr, names.mrn)
    old = fetched(names)
    old["patient"]["identifier"] = [{"use": "old", "system": names.mrn[0], "value": names.mrn[1]}]
    card = ehr.card(SIGN, names.fhir, OVER, prefetch=old)
    assert card["source"]["topic"]["code"] == "not-checked"


def test_a_patient_out_of_reach_is_not_known(ehr: Ehr, names: Names) -> None:
    enrolled(ehr, names.mrn)
    path = f"/cds-services/{SIGN}"
    mine, other = ehr.token(path), ehr.token(path, tenant="other", headers={"jku": None})
    known = fetched(names, names.mrn)
    assert ehr.card(SIGN, names.fhir, OVER, prefetch=known, by=mine)["indicator"] == "critical"
    card = ehr.card(SIGN, names.fhir, OVER, prefetch=known, by=other)
    assert card["source"]["topic"]["code"] == "not-checked"


def test_identifiers_that_could_not_be_fetched_are_412(ehr: Ehr, names: Names) -> None:
    failed = {"patient": {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}}
    reply = ehr.ask(SIGN, names.fhir, OVER, prefetch=failed)
    assert (reply.status, reply.headers["Content-Type"]) == (412, "application/problem+json")
    assert "prefetch.patient" in reply.body["detail"]
    # What is not needed may be missing: another drug, or a patient who is known all the same.
    assert (
        ehr.cards(SIGN, names.fhir, medication_request(code=None, name="x"), prefetch=failed) == []
    )
    assert ehr.cards(SIGN, ehr.patient(), medication_request(560), prefetch=failed) == []


def test_another_date_of_birth_is_told(ehr: Ehr, names: Names) -> None:
    enrolled(ehr, names.mrn, birth_date="1961-05-02")
    same = fetched(names, names.mrn, birthDate="1961-05-02")
    other = fetched(names, names.mrn, birthDate="1961-02-05")
    draft = medication_request(801)
    assert "date of birth" not in ehr.card(SIGN, names.fhir, draft, prefetch=same)["detail"]
    assert "date of birth" in ehr.card(SIGN, names.fhir, draft, prefetch=other)["detail"]


def test_drafts_of_another_patient_are_refused(ehr: Ehr, names: Names) -> None:
    patient = ehr.patient()
    for reference in (
        "Patient/somebody-else",
        f"https://other.example.org/fhir/Patient/{patient}",
        f"Group/{patient}",
        "#patient",
        "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0",
    ):
        draft = medication_request(560, subject={"reference": reference})
        reply = ehr.ask(SIGN, patient, medication_request(560), draft)
        assert reply.status == 400, reference
        assert reply.body["errors"] == [
            {
                "pointer": "/context/draftOrders/entry/1/resource/subject/reference",
                "detail": "is not the patient of context.patientId",
            }
        ]
    for reference in (f"{FHIR}/Patient/{patient}", f"Patient/{patient}/_history/2"):
        draft = medication_request(560, subject={"reference": reference})
        assert ehr.cards(SIGN, patient, draft) == []


def test_another_patient_fetched_than_asked_about_is_refused(ehr: Ehr, names: Names) -> None:
    reply = ehr.ask(SIGN, "fhir-8", OVER, prefetch=fetched(names))
    assert reply.status == 400
    assert reply.body["errors"][0]["pointer"] == "/prefetch/patient/id"
