"""Another system that sends FHIR: its resources, its Bundles, and the record that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from tests.conftest import Api, Clock, Reply
from toxmon.saved import load_value
from toxmon.store import facts, patients

LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
FHIR_JSON = "application/fhir+json"
Resource = dict[str, Any]


def coded(code: str, system: str = LOINC, text: str | None = None) -> Resource:
    concept: Resource = {"coding": [{"system": system, "code": code}]}
    return concept if text is None else {**concept, "text": text}


def quantity(value: Any, unit: str, **more: Any) -> Resource:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit, **more}


def numbered(value: str, system: str = "urn:lab") -> list[Resource]:
    return [{"system": system, "value": value}]


def observation(
    value: Any = 38.6, unit: str = "Cel", code: str = "8310-5", **more: Any
) -> Resource:
    """A temperature of 1 March 2026, 07:30 UTC, unless something else is said; None leaves out."""
    resource = {
        "resourceType": "Observation",
        "status": "final",
        "code": coded(code),
        "subject": {"identifier": {"system": "urn:mrn", "value": "T1"}},
        "effectiveDateTime": "2026-03-01T08:30:00+01:00",
        "valueQuantity": quantity(value, unit),
        **more,
    }
    return {name: each for name, each in resource.items() if each is not None}


def pressure(systolic: Any, diastolic: Any = None, **more: Any) -> Resource:
    """A panel of a blood pressure."""
    parts = [("8480-6", systolic), ("8462-4", diastolic)]
    components = [
        {"code": coded(code), "valueQuantity": quantity(value, "mm[Hg]")}
        for code, value in parts
        if value is not None
    ]
    whole = observation(code="85354-9", valueQuantity=None, component=components)
    return {**whole, **more}


def dose(mg: Any = 560, code: str = "612865", **more: Any) -> Resource:
    """Tocilizumab by the vein."""
    resource = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "medicationCodeableConcept": coded(code, RXNORM),
        "subject": {"identifier": {"system": "urn:mrn", "value": "T1"}},
        "effectiveDateTime": "2026-03-01T07:45:00Z",
        "dosage": {"dose": quantity(mg, "mg"), "route": coded("47625008", SNOMED)},
        **more,
    }
    return {name: each for name, each in resource.items() if each is not None}


def entry(
    resource: Resource, method: str = "POST", url: str | None = None, **more: Any
) -> Resource:
    """An entry of a transaction or batch; `fullUrl` beside the rest of the request."""
    full_url = more.pop("fullUrl", None)
    request = {"method": method, "url": url or resource["resourceType"], **more}
    found: Resource = {"resource": resource, "request": request}
    return found if full_url is None else {"fullUrl": full_url, **found}


def bundle(kind: str, *entries: Resource) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


@dataclass
class Sender:
    """An integration that reaches the ward bmt-1."""

    api: Api
    clock: Clock
    token: str
    patient_id: str
    number: str = "T1"
    """What stands for T1 in what is sent, so that several may send at one ward."""

    def send(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> Reply:
        """One request below the root; headers with _ for -."""
        sent = {"Content-Type": FHIR_JSON}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = orjson.dumps(body) if raw is None and body is not None else raw
        if data is not None and self.number != "T1":
            data = data.replace(b'"T1"', b'"%b"' % self.number.encode())
            data = data.replace(b'"urn:lab"', b'"urn:lab:%b"' % self.number.encode())
        return self.api.call(method, f"/{path}", raw=data, by=self.token, headers=sent)

    def post(self, resource: Resource, **headers: str) -> Reply:
        """Create; a Bundle goes to the root of FHIR."""
        kind = resource["resourceType"]
        return self.send(
            "POST", "/fhir" if kind == "Bundle" else f"/fhir/{kind}", resource, **headers
        )

    def put(self, resource: Resource, **headers: str) -> Reply:
        """Update by the id in the resource."""
        path = f"/fhir/{resource['resourceType']}/{resource['id']}"
        return self.send("PUT", path, resource, **headers)

    def facts(self, kind: str | None = None) -> list[Resource]:
        """What stands in the record of the patient, oldest first."""
        asked = f"/patients/{self.patient_id}/observations?limit=500"
        reply = self.api.get(asked if kind is None else f"{asked}&kind={kind}")
        assert reply.status == 200, reply.body
        return [
            each
            for each in reply.body["items"]
            if each["status"] != "entered-in-error" and each["replaced_by"] is None
        ]

    def acts(self, kind: str) -> list[Resource]:
        """The doses, infusions, stays or deaths that stand: value and detail."""
        rows = facts.standing_of_kind(self.api.service.store, self.patient_id, kind)
        return [
            {"value": load_value(row["value"]), "detail": orjson.loads(row["detail"] or b"{}")}
            for row in rows
            if row["value"] is not None
        ]

    def values(self, kind: str) -> list[Any]:
        """The values of a kind that stand, by bedside time."""
        found = sorted(self.facts(kind), key=lambda each: each["effective_at"])
        return [each["value"] for each in found]

    def grade(self, scale: str = "crs") -> Resource:
        """What a scale answers now."""
        reply = self.api.get(f"/patients/{self.patient_id}/grades")
        assert reply.status == 200, reply.body
        found: Resource = reply.body["grades"][scale]
        return found


def sender(api: Api, clock: Clock) -> Sender:
    """A sender before a ward with one treated patient, of the number T1."""
    patient_id = api.treated()
    if "sender" not in api.tokens:
        api.tokens["sender"] = api.token("integration", units=["bmt-1"])
    rows = patients.identifiers(api.service.store, patient_id)
    return Sender(api, clock, api.tokens["sender"], patient_id, rows[0]["value"])
