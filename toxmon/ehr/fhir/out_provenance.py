"""Who charted, corrected, confirmed or took back a fact, and why: a Provenance for each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from toxmon.ehr.fhir.codes_out import TERMINOLOGY, coding, concept
from toxmon.ehr.fhir.crawl import Page, Place, by_id, instant, number, placed
from toxmon.ehr.fhir.out_administration import KINDS as DOSES
from toxmon.ehr.fhir.out_observation import ACTS, bounds
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.grading.kinds import KINDS
from toxmon.store import Row, facts, searching

HIDDEN = tuple(kind for kind in ACTS if kind not in DOSES)
"""Facts that are told as no resource."""
OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
AGENT = f"{TERMINOLOGY}/provenance-participant-type"
RETRACTED = "entered-in-error"


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """Provenances of a patient in the order of charting."""
    if asked.ids is not None or asked.targets is not None:
        return by_id(_named(reader, lies, asked), after, room, _in_order)
    begun = placed(after, instant, number)
    behind = None if begun is None else searching.Place(*begun)
    spans = bounds(asked, lies["told_at"], searching.RECORDED, False, behind)
    spans = searching.Bounds(
        upto=spans.upto,
        recorded_from_at=max(asked.date.from_at, asked.updated.from_at),
        recorded_before_at=min(asked.date.before_at, asked.updated.before_at),
        by=searching.RECORDED,
        after=behind,
    )
    store, patient_id = reader.service.store, lies["patient_id"]
    rows = searching.all_facts(store, patient_id, spans, room + 1, but=HIDDEN)
    shown = rows[:room]
    place = None
    if len(rows) > room:
        place = [shown[-1]["recorded_at"].isoformat(), shown[-1]["seq"]]
    return Page([each for each in _made(reader, shown) if asked.matches(each)], place)


def versions(reader: Reader, id_: str) -> list[Found]:
    """The Provenance of a fact; none when there is no such one."""
    row = facts.get(reader.service.store, id_)
    if row is None:
        return []
    reader.lies(row["patient_id"])
    return [Found(row["patient_id"], each) for each in _made(reader, [row])]


def _named(reader: Reader, lies: Row, asked: Asked) -> list[Resource]:
    """Those of these ids, or about these resources or versions of them."""
    store = reader.service.store
    rows: list[Row] = []
    for id_ in asked.ids or ():
        row = facts.get(store, id_)
        rows += [row] if row is not None else []
    for target in asked.targets or ():
        parts = target.split("/_history/")[0].split("/")
        chain = searching.chain(store, parts[-1])
        rows += chain if chain and chain[0]["replaces_id"] is None else []
    mine = {row["id"]: row for row in rows if row["patient_id"] == lies["patient_id"]}
    found = _made(reader, list(mine.values()))
    if asked.targets is not None:
        found = [each for each in found if _is_about(each, asked.targets)]
    return [each for each in found if asked.matches(each)]


def _in_order(resource: Resource) -> str:
    """A key by the time of recording; text order is time order."""
    recorded_at: datetime = resource["recorded"]
    return f"{recorded_at.astimezone(UTC).isoformat(timespec='microseconds')} {resource['id']}"


def _is_about(resource: Resource, targets: tuple[str, ...]) -> bool:
    about: str = resource["target"][0]["reference"]
    whole = about.partition("/_history/")[0]
    return any(each.endswith((about, whole)) for each in targets)


def _made(reader: Reader, rows: list[Row]) -> list[Resource]:
    roots = searching.roots(reader.service.store, [row["id"] for row in rows])
    return [
        _provenance(row, roots[row["id"]])
        for row in rows
        if row["kind"] in KINDS or row["kind"] in DOSES
    ]


def _provenance(row: Row, root: Row) -> Resource:
    number = root["before"] + 1
    corrects = row["replaces_id"] is not None
    operation = "CREATE"
    if corrects:
        operation = "DELETE" if row["status"] == RETRACTED else "UPDATE"
    entity: dict[str, Any] = {}
    if corrects:
        entity = {"role": "revision", "what": _target(row, root, number - 1)}
    return without_nothing(
        {
            "resourceType": "Provenance",
            "id": row["id"],
            "meta": meta(None, row["recorded_at"]),
            "target": [_target(row, root, number)],
            "recorded": row["recorded_at"],
            "activity": concept(None, coding(OPERATION, operation)),
            "reason": [concept(row["reason"])] if row["reason"] else [],
            "agent": [
                {
                    "type": concept(None, coding(AGENT, "author", "Author")),
                    "who": {"display": row["recorded_by"]},
                }
            ],
            "entity": [entity] if entity else [],
        }
    )


def _target(row: Row, root: Row, number: int) -> dict[str, str]:
    resource = "MedicationAdministration" if row["kind"] in DOSES else "Observation"
    return {"reference": f"{resource}/{root['id']}/_history/{number}"}
