"""The official examples, each sent: the answer that is documented, and never a fault of ours."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.ehr.fhir.sender import Resource, Sender, sender
from tests.ehr.fhir.told import Hospital

FILE = Path(__file__).with_name("examples") / "r4_examples.ndjson.gz"
LINES = gzip.decompress(FILE.read_bytes()).splitlines()
EXAMPLES: dict[str, bytes] = {
    f"{read['resourceType']}/{read['id']}": line for line in LINES if (read := orjson.loads(line))
}
ENROLLED = ("Patient/example", "Patient/f001", "Patient/f201", "Patient/pat1")


@pytest.fixture(scope="module")
def ehr(before_one: Hospital) -> Sender:
    """A sender whose patients are on record."""
    found = sender(before_one.api, before_one.clock)
    found.number = "T1"  # What is sent stays as it is.
    for name in ENROLLED:
        assert found.send("PUT", f"/fhir/{name}", raw=EXAMPLES[name]).status == 201
    return found


ANSWERS: dict[int, str] = {
    # Charted, or on record.
    201: """Observation/f005 Observation/satO2 Observation/map-sitting
        MedicationAdministration/medadmin0301
        MedicationAdministration/medadmin0304 MedicationAdministration/medadmin0310
        MedicationAdministration/medadmin0313 Encounter/emerg Patient/infant-mom Patient/animal
        Patient/glossy Patient/xds Patient/pat2 Patient/pat3 Patient/pat4 Patient/mom
        Patient/ch-example""",
    # On record already; taken back or never there; without a value; not stored.
    200: """Patient/example Patient/f001 Patient/f201 Patient/pat1
        Observation/f202 Observation/blood-pressure-cancel Observation/blood-pressure-dar
        MedicationAdministration/medadmin0303 MedicationAdministration/medadminexample03
        Observation/vitals-panel Observation/bgpanel Observation/unsat
        Procedure/example Procedure/f001 Procedure/f201 Procedure/ob Condition/example
        Condition/f201 Condition/stroke Condition/f001 AdverseEvent/example
        DeviceUseStatement/example Encounter/f001 Encounter/f201 Encounter/home Encounter/xcda""",
    # Waits: for a map, an exact time, a patient, an amount that can be read.
    202: """Observation/f001 Observation/f002 Observation/f003 Observation/f004 Observation/f203
        Observation/f204 Observation/f205 Observation/f206 Observation/example
        Observation/blood-pressure Observation/body-temperature Observation/heart-rate
        Observation/respiratory-rate Observation/mbp Observation/ekg Observation/glasgow
        Observation/gcs-qa Observation/date-lastmp Observation/5minute-apgar-score
        Observation/body-height Observation/656 Observation/abdo-tender Observation/bloodgroup
        Observation/bmi Observation/trachcare Observation/secondsmoke
        MedicationAdministration/medadmin0302 MedicationAdministration/medadmin0305
        MedicationAdministration/medadmin0306
        Encounter/example""",
    # About nobody; a Bundle that is neither transaction nor batch.
    422: """Observation/decimal Observation/vp-oyster Bundle/f001 Bundle/ghp Bundle/father
        Bundle/lipids Bundle/f202 Bundle/bundle-response Bundle/bundle-example
        Bundle/10bb101f-a121-4264-a920-67be9cb82c74""",
    # It deletes.
    405: "Bundle/bundle-transaction",
}
ANSWER = {name: status for status, names in ANSWERS.items() for name in names.split()}


def test_every_example_has_its_answer() -> None:
    assert ANSWER.keys() == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.conforms("fhir-examples")
def test_each_example(ehr: Sender, name: str) -> None:
    bundled = name.startswith("Bundle/")
    path = "/fhir" if bundled else f"/fhir/{name}"
    reply = ehr.send("POST" if bundled else "PUT", path, raw=EXAMPLES[name])
    # The three pressures are versions of one resource, as their identifier says.
    assert reply.status == ANSWER[name], reply.body
    assert reply.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    if reply.status >= 400:
        assert reply.body["resourceType"] == "OperationOutcome"


@pytest.mark.conforms("fhir-status")
def test_what_is_in_error_or_was_cancelled_charts_nothing(before_one: Hospital) -> None:
    """With their patients on record, and a record of their own."""
    ehr = sender(before_one.api, before_one.clock)
    number = ehr.number
    for name in (
        "Observation/f202",
        "Observation/blood-pressure-cancel",
        "MedicationAdministration/medadmin0303",
    ):
        resource: Resource = orjson.loads(EXAMPLES[name])
        resource["subject"] = {"reference": f"Patient/{ehr.patient_id}"}
        resource.pop("identifier", None)
        reply = ehr.put({**resource, "id": f"{resource['id']}-{number}"})
        assert reply.status == 200, reply.body
    assert ehr.facts() == []
    assert ehr.acts("administration") == []


def test_the_same_example_twice_is_one(ehr: Sender) -> None:
    name: Any = "Observation/satO2"
    before = ehr.send("PUT", f"/fhir/{name}", raw=EXAMPLES[name])
    after = ehr.send("PUT", f"/fhir/{name}", raw=EXAMPLES[name])
    assert (after.status, after.headers["ETag"]) == (200, before.headers["ETag"])
