"""Begin the record of a patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toxmon.actions import Actor, Conflicting, Fault, Forbidden, Refused, Service
from toxmon.actions.begin_record import begin_record, faults_of_birth
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.take_in import join
from toxmon.store import Row, patients


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
        wrong = faults_of_birth(service, patient["birth_date"])
        if wrong:
            raise Refused(*wrong)
        if taken:
            fault = Fault(f"/identifiers/{taken[0]}", "belongs to a patient on record")
            raise Conflicting("a patient with this identifier is on record", fault)

        # Keep.
        row = begin_record(service, actor, patient, identifiers, now)
        joined = join(service, row["id"], identifiers)
        version = patients.version(store, row["id"]) if joined else 1
        plain = {**row, "version": version, "identifiers": list(identifiers)}
        answer = Answer(201, render(plain))
        keep_answer(store, actor, keyed, answer, now)
    if joined:
        service.wake()
    return answer
