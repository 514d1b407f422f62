"""What FHIR tells of a rich record, held against the JSON schema of R4 and the models of R4B."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from jsonschema import Draft6Validator

from tests.conftest import Api, Clock, Reply

SCHEMA = Path(__file__).with_name("fhir_r4_schema.json")
"""HL7's JSON schema of FHIR R4 (public domain, CC0), cut to the types that are sent."""
FORM = "application/fhir+json; charset=utf-8"


@cache
def _validator(name: str) -> Draft6Validator:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    return Draft6Validator({"definitions": schema["definitions"], "$ref": f"#/definitions/{name}"})


def check(resource: dict[str, Any]) -> None:
    """Fail unless a resource, and each in it, is one of R4."""
    name = resource["resourceType"]
    inner = [entry.get("resource") for entry in resource.get("entry", ())]
    outer = resource
    if inner:
        outer = {**resource, "entry": [{**e, "resource": None} for e in resource["entry"]]}
        for entry in outer["entry"]:
            del entry["resource"]
    _validator(name).validate(outer)
    model = getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name)
    model.model_validate(outer)
    for each in inner:
        check(each)


@dataclass
class Hospital:
    """The other systems of a hospital: they read, and everything that they get is checked."""

    api: Api
    clock: Clock

    def get(self, path: str, by: str = "integration", **more: Any) -> Reply:
        """A GET below /fhir, or of a whole address."""
        path = path.removeprefix("http://localhost/fhir")
        reply = self.api.call("GET", f"//fhir{path}", by=by, **more)
        if reply.body is not None:
            assert reply.headers["Content-Type"] == FORM
            check(reply.body)
        return reply

    def found(self, path: str, **more: Any) -> list[dict[str, Any]]:
        """The resources of one page."""
        reply = self.get(path, **more)
        assert reply.status == 200, reply.body
        return [entry["resource"] for entry in reply.body.get("entry", ())]

    def one(self, path: str, **more: Any) -> dict[str, Any]:
        """The only resource of a search, or the resource at a path."""
        if "?" not in path:
            reply = self.get(path, **more)
            assert reply.status == 200, reply.body
            found: dict[str, Any] = reply.body
            return found
        (only,) = self.found(path, **more)
        return only

    def pages(self, path: str, **more: Any) -> Iterator[list[dict[str, Any]]]:
        """Each page of a search, by its next links."""
        following: str | None = path
        while following:
            reply = self.get(following, **more)
            assert reply.status == 200, reply.body
            yield [entry["resource"] for entry in reply.body.get("entry", ())]
            links = {each["relation"]: each["url"] for each in reply.body["link"]}
            following = links.get("next")

    def refused(self, path: str, status: int, **more: Any) -> dict[str, Any]:
        """The only issue of an error."""
        reply = self.get(path, **more)
        assert reply.status == status, (reply.status, reply.body)
        assert reply.body["resourceType"] == "OperationOutcome"
        issue: dict[str, Any] = reply.body["issue"][0]
        return issue

    def charted(self, patient: str, at: str, **values: Any) -> dict[str, str]:
        """Chart a set; the ids of its facts by kind."""
        reply = self.api.chart(patient, at, **values)
        assert reply.status == 201, reply.body
        return {each["kind"]: each["id"] for each in reply.body["observations"]}

    def correct(self, fact: str, value: Any, unit: str | None = None) -> str:
        """Correct a fact; the id of the new one."""
        body = {"value": value, "unit": unit, "reason": "read off again"}
        return self._done(f"/observations/{fact}/corrections", body)

    def retract(self, fact: str) -> str:
        return self._done(f"/observations/{fact}/retraction", {"reason": "another patient"})

    def confirm(self, fact: str) -> str:
        return self._done(f"/observations/{fact}/confirmation", {"reason": "measured twice"})

    def give(self, patient: str, **body: Any) -> str:
        """Chart a dose; its id."""
        return self._done(f"/patients/{patient}/administrations", body)

    def _done(self, path: str, body: Any) -> str:
        reply = self.api.post(path, body)
        assert reply.status == 201, reply.body
        found: str = reply.body["observations"][0]["id"]
        return found


@dataclass
class Rich:
    """A patient of whom there is something of everything, and the ids of some of it."""

    hospital: Hospital
    patient: str
    ids: dict[str, str]


def rich(hospital: Hospital) -> Rich:
    """Two days of a patient with CRS, ICANS, doses, corrections and doubts."""
    patient = hospital.api.treated()
    ids: dict[str, str] = {}
    chart = hospital.charted
    chart(patient, "2026-02-24T08:00:00Z", platelets=(180, "10*9/L"), anc=(2500, "/uL"))
    ids["weight"] = chart(patient, "2026-03-01T06:30:00Z", weight=(70, "kg"))["weight"]
    first = chart(
        patient, "2026-03-01T07:00:00Z", body_temperature=(38.6, "Cel"), systolic_bp=(82, "mm[Hg]"),
        oxygen_device="nasal_cannula", oxygen_flow=(2, "L/min"), crp=("<5", "mg/L"),
        ferritin=(">100000", "ng/mL"), vasopressors=["norepinephrine"],
    )  # fmt: skip
    ids |= first
    ids["fever"] = first["body_temperature"]
    ids["corrected"] = hospital.correct(first["body_temperature"], 39.1, "Cel")
    ids["doubted"] = chart(patient, "2026-03-01T07:05:00Z", heart_rate=(2, "/min"))["heart_rate"]
    confirmed = chart(patient, "2026-03-01T07:06:00Z", heart_rate=(3, "/min"))["heart_rate"]
    ids["confirmed"] = confirmed
    hospital.confirm(confirmed)
    chart(patient, "2026-03-01T07:10:00Z", ice_score=(6, "{score}"), seizure="none")
    ids["dose"] = hospital.give(
        patient, medication="Actemra", given_at="2026-03-01T07:20:00Z", route="iv",
        dose={"value": 560, "unit": "mg"},
    )  # fmt: skip
    ids["beyond"] = hospital.give(
        patient, medication="tocilizumab", given_at="2026-03-01T07:50:00Z",
        dose={"value": 900.5, "unit": "mg"}, status="stopped",
    )  # fmt: skip
    hospital.give(
        patient, medication="dexamethasone", given_before="2026-03-01T07:55:00Z", route="iv"
    )
    hospital.clock.forward(hours=2)
    body = {"effective_at": "2026-03-01T09:00:00Z", "observations": [LDH, LISTED]}
    assert hospital.api.post(f"/patients/{patient}/observations", body).status == 201
    wrong = chart(patient, "2026-03-01T09:30:00Z", body_temperature=(40.5, "Cel"))
    ids["taken_back"] = wrong["body_temperature"]
    hospital.retract(wrong["body_temperature"])
    return Rich(hospital, patient, ids)


LDH = {"kind": "ldh", "value": 300.5, "unit": "U/L", "low": 120, "high": 250}
LISTED = {"kind": "vasopressors", "value": []}
