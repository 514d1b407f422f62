"""Scores of risk as RiskAssessments, worked out at the time of asking.

A score is told as the interval that the findings allow; a class of risk only where it is decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from toxmon.ehr.fhir import out_grade
from toxmon.ehr.fhir.codes_out import TERMINOLOGY, code_of_scale, coding, concept
from toxmon.ehr.fhir.crawl import Page, Place, by_id
from toxmon.ehr.fhir.out_observation import graded_now, roots_of
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.store import Row, facts

OUTCOMES = {
    "car_hematotox": "Severe and prolonged hematotoxicity after CAR T cells",
    "easix": "Endothelial activation; severe CRS and ICANS",
    "hscore": "Reactive hemophagocytic syndrome",
}
"""By score, what it is the risk of."""
RISK = f"{TERMINOLOGY}/risk-probability"
CLASSES = {"low": "Low likelihood", "high": "High likelihood"}


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """The scores of a patient, by id."""
    found = [each for each in _every(reader, lies["patient_id"]) if asked.matches(each)]
    return by_id(found, after, room)


def versions(reader: Reader, id_: str) -> list[Found]:
    """The score as it stands now; none when there is no such one."""
    fact = facts.get(reader.service.store, id_.partition(".")[0])
    if fact is None:
        return []
    patient_id = fact["patient_id"]
    reader.lies(patient_id)
    return [Found(patient_id, each) for each in _every(reader, patient_id) if each["id"] == id_]


def _every(reader: Reader, patient_id: str) -> list[Resource]:
    graded = graded_now(reader, patient_id)
    if graded.treatment is None:
        return []
    roots = roots_of(reader, graded)
    treatment_id = graded.treatment["treatment_id"]
    return [
        _risk(reader, patient_id, treatment_id, scale, graded.grades[scale], roots)
        for scale in OUTCOMES
        if scale in graded.grades
    ]


def _risk(
    reader: Reader,
    patient_id: str,
    treatment_id: str,
    scale: str,
    body: Mapping[str, Any],
    roots: Mapping[str, Row],
) -> Resource:
    explained = body.get("explained", {})
    risk = body.get("risk")
    prediction = {
        "outcome": concept(OUTCOMES[scale]),
        "qualitativeRisk": concept(risk, coding(RISK, risk, CLASSES[risk]))
        if risk in CLASSES
        else None,
        "rationale": _rationale(body),
    }
    return without_nothing(
        {
            "resourceType": "RiskAssessment",
            "id": out_grade.current_id(treatment_id, scale),
            "meta": meta(None, reader.now),
            "status": out_grade.status_of(body),
            "method": {**code_of_scale(scale), "text": body["edition"]},
            "subject": reference("Patient", patient_id),
            "occurrenceDateTime": reader.now,
            "basis": out_grade.derived_from(body, roots),
            "prediction": [without_nothing(prediction)],
            "note": [{"text": explained.get(code, code)} for code in body["warnings"]],
        }
    )


def _rationale(body: Mapping[str, Any]) -> str:
    parts = [f"Score: {body['says']}"]
    if isinstance(body.get("probability"), str):
        parts.append(f"probability {body['probability']}")
    if body["missing"]:
        parts.append(f"not known: {', '.join(body['missing'])}")
    return "; ".join(parts)
