"""What is on record under an id or a number: for updates, conditional creates and If-Match.

Looked up before a message is mapped, and once more inside the transaction that takes it: what has
come between refuses the message, or lets it be looked at anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from toxmon.actions import Actor, Service
from toxmon.ehr.fhir import out_patient
from toxmon.ehr.fhir.asked import Asked
from toxmon.ehr.fhir.outcome import Failed, Issue
from toxmon.ehr.fhir.references import id_of_sender
from toxmon.intake.report import Identifier
from toxmon.store import Row, facts, origins, patients, resources

PATIENT = "Patient"


@dataclass(slots=True)
class Standing:
    """What an interaction found: our id of the resource, its version, its statements.

    `others`: it is on record here, but not as something that this sender has said.
    """

    id: str | None = None
    version: int | None = None
    rows: list[Row] = field(default_factory=list)
    others: bool = False


def standing(service: Service, actor: Actor, source: str, asked: Asked) -> Standing:
    """What is on record of an interaction's resource. Raises Failed (412) for several matches."""
    if asked.sought is not None:
        return _sought(service, actor, source, asked)
    if asked.given_id is None:
        return Standing()
    if asked.kind == PATIENT:
        found = _patient(service, actor, asked.given_id)
        if found.id is None:
            named = id_of_sender(source, asked.given_id)
            holder = patients.holder(service.store, named.system, named.value)
            found = Standing() if holder is None else _patient(service, actor, holder)
        return found
    return _of_id(service, actor, source, asked)


def our_id(service: Service, actor: Actor, kind: str, given: str) -> str | None:
    """Our id of a resource that this sender has given an id of its own, or None."""
    if "\x00" in given:
        return None
    if kind == PATIENT:
        named = id_of_sender(actor.name, given)
        return patients.holder(service.store, named.system, named.value)
    row = origins.get(service.store, actor.name, f"{kind}/{given}")
    return None if row is None else str(row["resource_id"])


def check(asked: Asked, found: Standing) -> None:
    """Raises Failed where the record is not as the sender has it (409, 412)."""
    if found.others:
        raise Failed(409, Issue("conflict", "somebody else has charted it; correct it there"))
    if asked.at_version is not None and asked.at_version != found.version:
        now = "there is none" if found.version is None else f"it is at version {found.version}"
        raise Failed(412, Issue("conflict", f"If-Match names another version: {now}"))


def numbers_of(service: Service, actor: Actor, patient_id: str) -> tuple[Identifier, ...] | None:
    """The numbers of a patient of ours by our id; None where there is none within reach."""
    heads = patients.heads(service.store, patient_id) if "\x00" not in patient_id else []
    if not heads or not actor.may_see(heads[0]["unit"]):
        return None
    rows = patients.identifiers(service.store, patient_id)
    return tuple(Identifier(row["system"], row["value"]) for row in rows)


def _sought(service: Service, actor: Actor, source: str, asked: Asked) -> Standing:
    if asked.kind == PATIENT:
        holders = {
            patients.holder(service.store, each.system, each.value) for each in asked.sought or ()
        } - {None}
        _one(holders)
        return _patient(service, actor, str(holders.pop())) if holders else Standing()
    rows = resources.of_sender(service.store, source, asked.names())
    _one(rows)
    return _resource(service, source, rows[0]["resource_id"]) if rows else Standing()


def _one(found: Sequence[object] | set[str | None]) -> None:
    if len(found) > 1:
        words = "several resources have one of these identifiers; nothing was done"
        raise Failed(412, Issue("multiple-matches", words))


def _patient(service: Service, actor: Actor, patient_id: str) -> Standing:
    heads = patients.heads(service.store, patient_id)
    if not heads or not actor.may_see(heads[0]["unit"]):
        return Standing()
    return Standing(patient_id, out_patient.newest_version(service.store, patient_id))


def _of_id(service: Service, actor: Actor, source: str, asked: Asked) -> Standing:
    given = str(asked.given_id)
    found = _resource(service, source, given)
    if found.rows:
        return found
    named = origins.get(service.store, source, f"{asked.kind}/{given}")
    if named is not None:
        return _resource(service, source, named["resource_id"])
    # An id of ours that this sender has not said: a fact of another door, or another sender's.
    fact = facts.get(service.store, given)
    if fact is not None:
        heads = patients.heads(service.store, fact["patient_id"])
        return Standing(others=bool(heads) and actor.may_see(heads[0]["unit"]))
    return Standing()


def _resource(service: Service, source: str, resource_id: str) -> Standing:
    rows = [
        row for row in origins.of_resource(service.store, resource_id) if row["source"] == source
    ]
    if not rows:
        return Standing()
    return Standing(resource_id, resources.version(service.store, resource_id), rows)
