"""Begin the record of a patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from toxmon.actions import Actor, Conflicting, Fault, Forbidden, Refused, Service, audit
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.store import Row, ids, patients

OLDEST_YEARS = 130


def enrol(
    service: Service,
    actor: Actor,
    patient: Row,
    identifiers: Sequence[Row],
    render: Callable[[Row], bytes],
    *,
    keyed: Keyed | None = None,
) -> Answer:
    """Add a patient: name, birth_date (date or None), sex, unit; identifiers {system, value}.

    Raises Conflicting when an identifier belongs to a patient already, Refused for a birth in the
    future, Forbidden for a unit out of the actor's reach; StoreError.
    """
    store = service.store
    if not actor.may_see(patient["unit"]):
        raise Forbidden("this token does not reach that unit")
    with store.writing():
        # Gather.
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        taken = [
            place
            for place, each in enumerate(identifiers)
            if patients.holder(store, each["system"], each["value"]) is not None
        ]

        # Decide.
        born: date | None = patient["birth_date"]
        wrong = faults_of_birth(service, born)
        if wrong:
            raise Refused(*wrong)
        if taken:
            fault = Fault(f"/identifiers/{taken[0]}", "belongs to a patient on record")
            raise Conflicting("a patient with this identifier is on record", fault)
        row: Row = {
            "id": ids.new_id(now),
            "name": patient["name"],
            "birth_date": born.isoformat() if born else None,
            "sex": patient["sex"],
            "unit": patient["unit"],
            "recorded_at": now,
            "recorded_by": actor.name,
        }

        # Keep.
        patients.add(store, row, identifiers)
        audit.note(
            service,
            actor,
            now,
            "enrol",
            patient_id=row["id"],
            version=1,
            rows=written(row, identifiers),
        )
        answer = Answer(201, render({**row, "version": 1, "identifiers": list(identifiers)}))
        keep_answer(store, actor, keyed, answer, now)
    return answer


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
