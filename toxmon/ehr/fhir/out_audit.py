"""A link of the audit chain as an AuditEvent: who did or read what, and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from toxmon.actions import Forbidden
from toxmon.ehr.fhir.codes_out import ACTION, TERMINOLOGY, coding, concept
from toxmon.ehr.fhir.crawl import Crawled, cursor_of, number, read_cursor
from toxmon.ehr.fhir.outcome import Failed, Issue
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.store import EVER, NEVER, Row, access

TYPE = f"{TERMINOLOGY}/audit-event-type"
READS = ("read.", "list.", "find.")
ADDS = ("enrol", "chart", "give", "infuse", "receive", "attribute", "death")
CHANGES = ("correct", "retract", "confirm")
LEAST = timedelta(microseconds=1)
LONGEST_NUMBER = 15


def crawl(reader: Reader, asked: Asked) -> Crawled:
    """One page of the chain, in its order; for a token of some units about one of its patients."""
    if len(asked.patients) > 1:
        words = "patient: the chain is read of one patient at a time, or whole"
        raise Failed(400, Issue("not-supported", words, ("http.patient",)))
    if reader.actor.units is not None and not asked.patients:
        raise Forbidden("a token of some units reads about one patient; send patient=")
    for patient_id in asked.patients:
        reader.lies(patient_id)
    begun = read_cursor(asked.cursor, number)
    span = asked.date.both(asked.updated)
    bounds: dict[str, Any] = {
        "after": begun[0] if begun else 0,
        "patient": asked.patients[0] if asked.patients else "%",
        "actor": "%",
        "from_at": span.from_at,
        "to_at": span.before_at - LEAST if span.before_at > NEVER else NEVER,
    }
    if asked.ids is not None:
        found = (link for id_ in asked.ids for link in versions(reader, id_))
        return Crawled([each.resource for each in found if asked.matches(each.resource)])
    rows = access.page(reader.service.store, bounds, asked.count + 1)
    shown = rows[: asked.count]
    more = cursor_of([shown[-1]["n"]]) if len(rows) > asked.count else None
    return Crawled([_event(row) for row in shown], more)


def versions(reader: Reader, id_: str) -> list[Found]:
    """One link; none when there is no such one, or it is out of reach."""
    if not (id_.isascii() and id_.isdecimal() and len(id_) <= LONGEST_NUMBER):
        return []
    whole = {"patient": "%", "actor": "%", "from_at": NEVER, "to_at": EVER}
    rows = access.page(reader.service.store, {**whole, "after": int(id_) - 1}, 1)
    found = [row for row in rows if str(row["n"]) == id_]
    if found and reader.actor.units is not None:
        if found[0]["patient_id"] is None:
            return []
        reader.lies(found[0]["patient_id"])
    return [Found(row["patient_id"], _event(row)) for row in found]


def _event(row: Row) -> Resource:
    entity = None
    if row["patient_id"] is not None:
        entity = [{"what": reference("Patient", row["patient_id"])}]
    return without_nothing(
        {
            "resourceType": "AuditEvent",
            "id": str(row["n"]),
            "meta": meta(None, row["at"]),
            "type": coding(TYPE, "rest", "RESTful Operation"),
            "subtype": [coding(ACTION, row["action"])],
            "action": _action(row["action"]),
            "recorded": row["at"],
            "outcome": "0",
            "agent": [
                {
                    "role": [concept(row["role"])],
                    "who": {"display": row["actor"]},
                    "requestor": True,
                }
            ],
            "source": {"observer": {"display": "toxmon"}},
            "entity": entity,
        }
    )


def _action(action: str) -> str:
    """Read, created, updated; anything else was carried out."""
    if action.startswith(READS):
        return "R"
    if action in ADDS:
        return "C"
    return "U" if action in CHANGES else "E"
