"""Which patient of ours an ordering system means, within reach of who calls."""

from __future__ import annotations

from collections.abc import Iterator

from toxmon.actions import Actor, Service
from toxmon.ehr.cds_calls import Call
from toxmon.ehr.cds_faults import Missing
from toxmon.ehr.cds_prefetch import FAILED, resources, state
from toxmon.store import Row, merges, patients


class Two(Exception):
    """The identifiers that were sent belong to two patients of ours."""


def patient_of(service: Service, actor: Actor, call: Call) -> Row | None:
    """The head of the patient's record with `id`, or None where it is not known or out of reach.

    By toxmon's own id; by the identifiers of the Patient that was fetched; by the identifier whose
    system is `{fhirServer}/Patient` and whose value is the id that the ordering system has. Raises
    Two; Missing when it is not known and the identifiers could not be fetched. Inside `reading`.
    """
    store = service.store
    found = set()
    if patients.heads(store, call.patient):
        found.add(merges.standing(store, call.patient))
    for system, value in _identifiers(call):
        holder = patients.holder(store, system, value)
        if holder is not None:
            found.add(holder)
    if len(found) > 1:
        raise Two
    if not found:
        if state(call, "patient") == FAILED:
            raise Missing(
                "prefetch.patient could not be fetched, and context.patientId alone is not known "
                "here: send the Patient with its identifiers"
            )
        return None
    patient_id = found.pop()
    head = patients.heads(store, patient_id)[0]
    return {**head, "id": patient_id} if actor.may_see(head["unit"]) else None


def _identifiers(call: Call) -> Iterator[tuple[str, str]]:
    if call.server is not None:
        yield f"{call.server}/Patient", call.patient
    for patient in resources(call, "patient", "Patient"):
        listed = patient.get("identifier")
        for each in listed if isinstance(listed, list) else ():
            if not isinstance(each, dict) or each.get("use") == "old":
                continue
            system, value = each.get("system"), each.get("value")
            if isinstance(system, str) and isinstance(value, str) and system and value:
                yield system, value
