"""A patient that another system tells of: begin the record, or add what it did not have."""

from __future__ import annotations

from datetime import datetime

import orjson

from toxmon.actions import Actor, Service, record
from toxmon.actions.begin_record import begin_record, faults_of_birth
from toxmon.actions.received import Arrival, Arrived, numbers_of
from toxmon.intake import hold
from toxmon.intake.code_map import CodeMap
from toxmon.intake.hold import Hold
from toxmon.intake.report import Identifier
from toxmon.store import Row, patients

LONGEST_NAME = 200


def arrive(
    service: Service, actor: Actor, arrival: Arrival, codes: CodeMap, now: datetime
) -> Arrived:
    """The patient of these numbers, on record from now on. Only inside `writing`.

    New numbers are added to the record that has one of them; a name, sex or date of birth that is
    told anew is kept beside the older one, and the grades that an age bears on follow.
    """
    store = service.store
    holders = {
        holder
        for each in arrival.identifiers
        if (holder := patients.holder(store, each.system, each.value)) is not None
    }
    if not arrival.identifiers:
        return _held(hold.UNKNOWN_PATIENT, "a patient needs at least one identifier")
    if len(holders) > 1:
        return _held(hold.PATIENTS_DISAGREE, "its numbers belong to several patients on record")
    wrong = faults_of_birth(service, arrival.birth_date)
    if wrong:
        return _held(hold.VALUE_REFUSED, f"the date of birth {wrong[0].detail}")
    if holders:
        return _known(service, actor, holders.pop(), arrival, now)
    unit = codes.ward(arrival.ward)
    if unit is None and actor.units is not None and len(actor.units) == 1:
        unit = next(iter(actor.units))
    if unit is None:
        words = "map the source to a unit ([source] unit in its code map), or send where they lie"
        return _held(hold.NO_UNIT_OF_PATIENT, words)
    if not actor.may_see(unit):
        return _held(hold.OUT_OF_REACH, "the sender's token does not reach that unit")
    told = {
        "name": arrival.name and arrival.name[:LONGEST_NAME],
        "birth_date": arrival.birth_date,
        "sex": arrival.sex,
        "unit": unit,
    }
    row = begin_record(service, actor, told, numbers_of(arrival.identifiers), now)
    return Arrived(patient_id=row["id"], created=True, changed=True, version=1)


def add_numbers(
    service: Service,
    actor: Actor,
    patient_id: str,
    numbers: tuple[Identifier, ...],
    now: datetime,
) -> Arrived:
    """The patient has these numbers too. Only inside `writing`."""
    return _known(service, actor, patient_id, Arrival(identifiers=numbers), now)


def _known(
    service: Service, actor: Actor, patient_id: str, arrival: Arrival, now: datetime
) -> Arrived:
    """What is new about a patient on record."""
    store = service.store
    row = patients.get(store, patient_id)
    if row is None or not actor.may_see(row["unit"]):
        return _held(hold.OUT_OF_REACH, "the patient lies in a unit that this sender cannot reach")
    numbers = {(each["system"], each["value"]) for each in row["identifiers"]}
    new = [
        each
        for each in dict.fromkeys(arrival.identifiers)
        if (each.system, each.value) not in numbers
    ]
    told = {
        "name": arrival.name and arrival.name[:LONGEST_NAME],
        "birth_date": arrival.birth_date and arrival.birth_date.isoformat(),
        "sex": arrival.sex,
    }
    changed = {name: told[name] or row[name] for name in told}
    other = any(changed[name] != row[name] for name in told)
    if not new and not other:
        return Arrived(patient_id=patient_id, version=row["version"])
    reborn = changed["birth_date"] != row["birth_date"]
    beside: Row = {
        "patient_id": patient_id,
        "version": row["version"] + 1,
        **changed,
        "numbers": orjson.dumps(numbers_of(new)).decode(),
        "recorded_at": record.after(patients.heads(store, patient_id)[0]["told_at"], now),
        "recorded_by": actor.name,
    }
    patients.redescribe(store, beside, numbers_of(new))
    outcome = record.keep(
        service, actor, patient_id, [], action="redescribe", anew=reborn, beside=[beside]
    )
    return Arrived(patient_id=patient_id, changed=True, version=outcome.version)


def _held(reason: str, words: str) -> Arrived:
    return Arrived(patient_id=None, hold=Hold(reason, words))
