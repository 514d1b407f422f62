"""Begin the record of a patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from toxmon.actions import Actor, Conflicting, Fault, Forbidden, Refused, Service, audit
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.store import Row, ids, patients


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
        if born is not None and born > now.astimezone(service.zone).date():
            raise Refused(Fault("/birth_date", "lies in the future"))
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
        audit.note(service, actor, now, "enrol", patient_id=row["id"], version=1, rows=[row])
        answer = Answer(201, render({**row, "version": 1, "identifiers": list(identifiers)}))
        keep_answer(store, actor, keyed, answer, now)
    return answer
