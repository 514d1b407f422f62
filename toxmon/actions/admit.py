"""Begin the record of a patient together with what is known at the bed: all of it, or nothing.

The way in for a person with one form; programs send the patient and the facts one after another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from toxmon.actions import Actor, Conflicting, Fault, Forbidden, Refused, Service, record
from toxmon.actions.begin_record import begin_record, faults_of_birth
from toxmon.actions.record import Charted
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.take_in import join
from toxmon.store import Row, patients


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A patient (name, birth_date, sex, unit), numbers {system, value}, facts, and editions of
    protocols that an infusion among the facts begins under."""

    patient: Row
    identifiers: Sequence[Row]
    charted: Sequence[Charted] = ()
    began_under: Sequence[Row] = field(default=())


def admit(
    service: Service,
    actor: Actor,
    admission: Admission,
    render: Callable[[str], bytes],
    *,
    keyed: Keyed | None = None,
) -> Answer:
    """Add a patient with the first facts; `render` gets the id.

    Raises Conflicting when a number belongs to a patient already, Refused, Forbidden.
    """
    store, patient = service.store, admission.patient
    if not actor.may_see(patient["unit"]):
        raise Forbidden("you do not reach that unit")
    alarmed = False
    with store.writing():
        # Gather.
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        taken = [
            place
            for place, each in enumerate(admission.identifiers)
            if patients.holder(store, each["system"], each["value"]) is not None
        ]

        # Decide.
        if taken:
            fault = Fault(f"/identifiers/{taken[0]}", "belongs to a patient on record")
            raise Conflicting("a patient with this number is on record", fault)
        wrong = faults_of_birth(service, patient["birth_date"])
        if wrong:
            raise Refused(*wrong)

        # Keep.
        row = begin_record(service, actor, patient, admission.identifiers, now)
        if admission.charted:
            outcome = record.keep(
                service, actor, row["id"], admission.charted,
                action="admit", began_under=admission.began_under,
            )  # fmt: skip
            alarmed = bool(outcome.alarms)
        joined = join(service, row["id"], admission.identifiers)
        answer = Answer(201, render(row["id"]))
        keep_answer(store, actor, keyed, answer, now)
    if joined or alarmed:
        service.wake()
    return answer
