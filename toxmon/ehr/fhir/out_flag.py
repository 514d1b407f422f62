"""An alarm of a patient as a Flag: active while it is open. Technical alarms are of nobody."""

from __future__ import annotations

from typing import Any

from toxmon.actions.register import from_row
from toxmon.alerting.alarm import Alarm
from toxmon.ehr.fhir.codes_out import ALARM_RULE, TERMINOLOGY, coding, concept
from toxmon.ehr.fhir.crawl import Page, Place, by_id, name, placed
from toxmon.ehr.fhir.read import Found, Reader, Resource, meta, reference, without_nothing
from toxmon.ehr.fhir.search import Asked
from toxmon.store import Row, alarms, searching

PRIORITY = "http://hl7.org/fhir/StructureDefinition/flag-priority"
PRIORITY_CODES = "http://hl7.org/fhir/flag-priority-code"
PRIORITIES = {"high": ("PH", "High priority"), "medium": ("PM", "Medium priority")}
LOW = ("PL", "Low priority")


def page(reader: Reader, lies: Row, asked: Asked, after: Place | None, room: int) -> Page:
    """Alarms of a patient from a place on."""
    if asked.ids is not None:
        return by_id(_by_ids(reader, lies, asked), after, room)
    begun = placed(after, name)
    last = begun[0] if begun else ""
    rows = searching.alarms_after(reader.service.store, lies["patient_id"], last, room + 1)
    made = [flag(row) for row in rows[:room]]
    place = [rows[room - 1]["id"]] if len(rows) > room else None
    return Page([each for each in made if asked.matches(each)], place)


def _by_ids(reader: Reader, lies: Row, asked: Asked) -> list[Resource]:
    rows = (alarms.get(reader.service.store, id_) for id_ in asked.ids or ())
    mine = (row for row in rows if row is not None and row["patient_id"] == lies["patient_id"])
    return [each for each in map(flag, mine) if asked.matches(each)]


def versions(reader: Reader, id_: str) -> list[Found]:
    """The Flag as it stands; none when there is no such one."""
    row = alarms.get(reader.service.store, id_)
    if row is None or row["patient_id"] is None:
        return []
    reader.lies(row["patient_id"])
    return [Found(row["patient_id"], flag(row))]


def flag(row: Row) -> Resource:
    """The Flag of an alarm."""
    alarm = from_row(row).alarm
    return without_nothing(
        {
            "resourceType": "Flag",
            "id": row["id"],
            "meta": meta(row["seq"], row["changed_at"]),
            "extension": [_priority(alarm)],
            "status": "active" if row["open"] else "inactive",
            "category": [concept(None, coding(f"{TERMINOLOGY}/flag-category", "clinical"))],
            "code": concept(f"{alarm.title}: {alarm.says}", coding(ALARM_RULE, _code(alarm.rule))),
            "subject": reference("Patient", row["patient_id"]),
            "period": without_nothing({"start": alarm.at, "end": alarm.closed_at}),
        }
    )


def _priority(alarm: Alarm) -> dict[str, Any]:
    code, words = PRIORITIES.get(alarm.priority, LOW)
    return {
        "url": PRIORITY,
        "valueCodeableConcept": concept(None, coding(PRIORITY_CODES, code, words)),
    }


def _code(rule: str) -> str:
    return "-".join(rule.split())
