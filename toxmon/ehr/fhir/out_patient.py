"""A patient as a Patient. Its versions are numbered as those of the record that made them.

What is told anew of a person, and a death that is charted, corrected or taken back, makes a new
Patient; whatever else is charted does not, so the numbers have gaps. The number of a version of
the record in between names the Patient as it stood then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toxmon.ehr.fhir.crawl import Page, Place, by_id
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.store import Row, Store, searching

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
    lies, store = reader.lies(id_), reader.service.store
    told, deaths = searching.described(store, id_), _deaths(store, id_)
    numbers = searching.numbers_of(store, id_)
    made = [
        _patient(id_, told, deaths, numbers, version)
        for version in sorted({row["version"] for row in (*told, *deaths)})
    ]
    if lies["merged_into"] is not None:
        link = {"other": reference("Patient", lies["merged_into"]), "type": "replaced-by"}
        changed = meta(lies["version"], lies["told_at"])
        made.append({**made[-1], "meta": changed, "active": False, "link": [link]})
    return [Found(id_, each) for each in made]


def at_version(found: Sequence[Found], version: int) -> Found | None:
    """The Patient as it stood at a version of the record, None before the first one."""
    stood = [each for each in found if int(each.version or 0) <= version]
    return stood[-1] if stood else None


def newest_version(store: Store, id_: str) -> int:
    """The version of the record at which the Patient became what it is."""
    lies = searching.lies(store, id_)
    if lies is not None and lies["merged_into"] is not None:
        return int(lies["version"])
    rows = (*searching.described(store, id_), *_deaths(store, id_))
    return max(int(row["version"]) for row in rows)


def _deaths(store: Store, id_: str) -> list[Row]:
    by = searching.Bounds(by=searching.RECORDED)
    return searching.all_facts(store, id_, by, MOST_DEATHS, kinds=["death"])


def _patient(
    id_: str, told: Sequence[Row], deaths: Sequence[Row], numbers: Sequence[Row], version: int
) -> Resource:
    told = [row for row in told if row["version"] <= version]
    deaths = [row for row in deaths if row["version"] <= version]
    person = told[-1]
    changed_at = max(row["recorded_at"] for row in (person, *deaths))
    replaced = {death["replaces_id"] for death in deaths}
    stand = [
        death["effective_at"]
        for death in deaths
        if death["id"] not in replaced and death["status"] != RETRACTED
    ]
    return without_nothing(
        {
            "resourceType": "Patient",
            "id": id_,
            "meta": meta(version, changed_at),
            "identifier": [
                {"system": each["system"], "value": each["value"]}
                for each in numbers
                if each["recorded_at"] <= changed_at
            ],
            "active": True,
            "name": [{"text": person["name"]}] if person["name"] else [],
            "gender": _gender(person["sex"]),
            "birthDate": person["birth_date"],
            "deceasedDateTime": min(stand, default=None),
        }
    )


def _gender(sex: Any) -> str | None:
    if not sex:
        return None
    return sex if sex in GENDERS else "unknown"
