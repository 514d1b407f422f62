"""A patient as a Patient. A death that is charted, corrected or taken back makes a version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toxmon.ehr.fhir.crawl import Page, Place, by_id
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.store import Row, patients, searching

GENDERS = ("male", "female", "other")
MOST_DEATHS = 100
RETRACTED = "entered-in-error"


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """The one Patient of a record."""
    if asked.ids is not None and lies["patient_id"] not in asked.ids:
        return Page([])
    newest = versions(reader, lies["patient_id"])[-1].resource
    return by_id([newest] if asked.matches(newest) else [], after, room)


def versions(reader: Reader, id_: str) -> list[Found]:
    """Every version of a Patient, the first one first. Raises NotFound."""
    reader.lies(id_)
    store = reader.service.store
    row = patients.get(store, id_)
    assert row is not None, "it lies somewhere"
    by = searching.Bounds(by=searching.RECORDED)
    deaths = searching.all_facts(store, id_, by, MOST_DEATHS, kinds=["death"])
    made = [_patient(row, deaths[:number], number + 1) for number in range(len(deaths) + 1)]
    if row.get("merged_into"):
        last = made[-1]
        link = {"other": reference("Patient", row["merged_into"]), "type": "replaced-by"}
        told = meta(len(made) + 1, last["meta"]["lastUpdated"])
        made.append({**last, "meta": told, "active": False, "link": [link]})
    return [Found(id_, each) for each in made]


def _patient(row: Row, deaths: Sequence[Row], version: int) -> Resource:
    changed_at = deaths[-1]["recorded_at"] if deaths else row["recorded_at"]
    replaced = {death["replaces_id"] for death in deaths}
    stand = [
        death["effective_at"]
        for death in deaths
        if death["id"] not in replaced and death["status"] != RETRACTED
    ]
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": row["id"],
            "meta": meta(version, changed_at),
            "identifier": [
                {"system": each["system"], "value": each["value"]} for each in row["identifiers"]
            ],
            "active": True,
            "name": [{"text": row["name"]}] if row["name"] else [],
            "gender": _gender(row["sex"]),
            "birthDate": row["birth_date"],
            "deceasedDateTime": min(stand, default=None),
        }
    )


def _gender(sex: Any) -> str | None:
    if not sex:
        return None
    return sex if sex in GENDERS else "unknown"
