"""What begins the record of a patient, whoever asks for it. Only inside `writing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from toxmon.actions import Actor, Fault, Service, audit, event_types, events
from toxmon.store import Row, ids, patients

OLDEST_YEARS = 130


def begin_record(
    service: Service,
    actor: Actor,
    patient: Mapping[str, object],
    identifiers: Sequence[Row],
    now: datetime,
) -> Row:
    """Add a patient (name, birth_date as a date or None, sex, unit) with {system, value} numbers.

    Nobody may hold one of the numbers, and the birth must be one that can be.
    """
    born = patient["birth_date"]
    row: Row = {
        "id": ids.new_id(now),
        "name": patient["name"],
        "birth_date": born.isoformat() if isinstance(born, date) else None,
        "sex": patient["sex"],
        "unit": patient["unit"],
        "recorded_at": now,
        "recorded_by": actor.name,
    }
    patients.add(service.store, row, identifiers)
    happened = [events.Happened(event_types.ENROLLED, now, {})]
    events.keep(service, happened, now, patient_id=row["id"], unit=row["unit"], version=1)
    audit.note(
        service,
        actor,
        now,
        "enrol",
        patient_id=row["id"],
        version=1,
        rows=written(row, identifiers),
    )
    return row


def faults_of_birth(service: Service, born: date | None) -> list[Fault]:
    """A date of birth in the future, or of nobody who is alive: 0190 was typed for 1990."""
    today = service.clock().astimezone(service.zone).date()
    if born is not None and born > today:
        return [Fault("/birth_date", "lies in the future")]
    if born is not None and born.year < today.year - OLDEST_YEARS:
        return [Fault("/birth_date", f"lies more than {OLDEST_YEARS} years back")]
    return []


def written(patient: Row, identifiers: Sequence[Row]) -> list[Row]:
    """What an enrolment adds to the record, as the audit chain signs it."""
    names = ("id", "name", "birth_date", "sex", "unit", "recorded_at", "recorded_by")
    pairs = sorted((each["system"], each["value"]) for each in identifiers)
    return [
        {name: patient[name] for name in names},
        *({"system": system, "value": value} for system, value in pairs),
    ]
