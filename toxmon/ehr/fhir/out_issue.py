"""DetectedIssues about doses: why another one is not permitted now, and what was beyond a limit.

Only drugs with limits in force are asked about. The first kind is worked out at the time of
asking; the second is the alarm of the dose, and stays.
"""

from __future__ import annotations

from typing import Any

from toxmon.actions import dosing
from toxmon.actions.dose_matters import BREACH
from toxmon.actions.register import from_row
from toxmon.alerting.alarm import WITHDRAWN
from toxmon.dosing.verdict import CHECK, NOT_YET
from toxmon.ehr.fhir.codes_out import DOSE_REASON, coding, concept
from toxmon.ehr.fhir.crawl import Page, Place, by_id
from toxmon.ehr.fhir.out_administration import KINDS as DOSES
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.grading.kinds import KINDS
from toxmon.protocol import Drug
from toxmon.store import Row, alarms, patients, searching

MOST_BREACHES = 500
SEVERITY = {NOT_YET: "moderate", CHECK: "moderate"}
"""By verdict; anything else is high."""


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """The issues of a patient, by id."""
    found = [each for each in _every(reader, lies["patient_id"]) if asked.matches(each)]
    return by_id(found, after, room)


def versions(reader: Reader, id_: str) -> list[Found]:
    """The issue as it stands; none when there is no such one, or not any more."""
    patient_id, dot, _ = id_.partition(".")
    if dot:
        if searching.lies(reader.service.store, patient_id) is None:
            return []
        reader.lies(patient_id)
        found = [each for each in _refusals(reader, patient_id) if each["id"] == id_]
        return [Found(patient_id, each) for each in found]
    row = alarms.get(reader.service.store, id_)
    if row is None or row["patient_id"] is None or row["rule"] != BREACH:
        return []
    reader.lies(row["patient_id"])
    return [Found(row["patient_id"], _breach(reader, row))]


def _every(reader: Reader, patient_id: str) -> list[Resource]:
    store = reader.service.store
    rows = searching.alarms_after(store, patient_id, "", MOST_BREACHES, BREACH)
    return [*_refusals(reader, patient_id), *(_breach(reader, row) for row in rows)]


def _refusals(reader: Reader, patient_id: str) -> list[Resource]:
    """One issue for each drug with limits of which no dose is permitted now."""
    known: list[Resource] | None = reader.computed.get(("refusals", patient_id))
    if known is None:
        service, known = reader.service, []
        heads = patients.heads(service.store, patient_id)
        for drug in service.protocols.drugs.values():
            if drug.rules.policy.limits:
                told = dosing.answered(service, patient_id, heads, drug, None, now=reader.now)
                if not told["allowed"]:
                    known.append(_refusal(reader, patient_id, drug, told))
        reader.computed["refusals", patient_id] = known
    return known


def _refusal(reader: Reader, patient_id: str, drug: Drug, told: dict[str, Any]) -> Resource:
    reasons = told["reasons"]
    codes = dict.fromkeys(reason["code"] for reason in reasons)
    roots = _roots(reader, [fact for reason in reasons for fact in reason["facts"]])
    return without_nothing(
        {
            "resourceType": "DetectedIssue",
            "id": f"{patient_id}.{drug.name.replace('_', '-')}",
            "meta": meta(None, reader.now),
            "status": "final",
            "code": _code(f"{drug.title}: no dose is permitted now", codes),
            "severity": SEVERITY.get(told["verdict"], "high"),
            "patient": reference("Patient", patient_id),
            "identifiedDateTime": reader.now,
            "implicated": _implicated(roots),
            "evidence": [
                without_nothing(
                    {
                        "code": [concept(reason["detail"], coding(DOSE_REASON, reason["code"]))],
                        "detail": _referred(_roots(reader, reason["facts"])),
                    }
                )
                for reason in reasons
            ],
            "detail": told["says"],
        }
    )


def _breach(reader: Reader, row: Row) -> Resource:
    alarm = from_row(row).alarm
    codes = dict.fromkeys(alarm.more.get("codes", ()))
    roots = _roots(reader, list(alarm.facts))
    return without_nothing(
        {
            "resourceType": "DetectedIssue",
            "id": row["id"],
            "meta": meta(row["seq"], row["changed_at"]),
            "status": "cancelled" if alarm.condition == WITHDRAWN else "final",
            "code": _code(alarm.title, codes),
            "severity": "high",
            "patient": reference("Patient", row["patient_id"]),
            "identifiedDateTime": alarm.at,
            "implicated": _implicated(roots),
            "evidence": [{"detail": each} for each in [_referred(roots)] if each],
            "detail": alarm.says,
        }
    )


def _code(text: str, codes: Any) -> dict[str, Any]:
    return concept(text, *(coding(DOSE_REASON, code) for code in codes))


def _roots(reader: Reader, fact_ids: list[str]) -> list[Row]:
    found = searching.roots(reader.service.store, dict.fromkeys(fact_ids))
    unique = {found[each]["id"]: found[each] for each in fact_ids if each in found}
    return list(unique.values())


def _implicated(roots: list[Row]) -> list[dict[str, str]]:
    return [
        reference("MedicationAdministration", each["id"]) for each in roots if each["kind"] in DOSES
    ]


def _referred(roots: list[Row]) -> list[dict[str, str]]:
    observed = [reference("Observation", each["id"]) for each in roots if each["kind"] in KINDS]
    return [*_implicated(roots), *observed]
