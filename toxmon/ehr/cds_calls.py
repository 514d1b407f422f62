"""A call of an ordering system, read: which patient, which drafts, what was fetched beforehand.

What is not understood is refused and not left out: a draft that nobody looked at would pass for one
that was found good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toxmon.actions import Fault
from toxmon.ehr.cds_faults import Unacceptable, step

PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN = "patient-view", "order-select", "order-sign"
ORDERING = (ORDER_SELECT, ORDER_SIGN)
LONGEST_NAME = 500
MOST_DRAFTS = 500
Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A resource of `draftOrders`, its place in the call, and its address in the Bundle."""

    pointer: str
    resource: Resource
    address: str | None = None

    @property
    def reference(self) -> str | None:
        """`MedicationRequest/103`, None where the ordering system has given it no id yet."""
        found = self.resource.get("id")
        return f"{self.resource['resourceType']}/{found}" if isinstance(found, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked. `patient` is the id that the ordering system has for the patient.

    `prefetch`: what was fetched beforehand, by the keys of the discovery. `selections` None: not
    said, as in every hook but order-select.
    """

    hook: str
    instance: str
    patient: str
    user: str | None = None
    server: str | None = None
    drafts: tuple[Ordered, ...] = ()
    selections: frozenset[str] | None = None
    prefetch: Mapping[str, Any]

    def selected(self) -> tuple[Ordered, ...]:
        """The drafts that this call is about: what was just chosen, or all that is to be signed."""
        if self.selections is None:
            return self.drafts
        return tuple(
            each
            for each in self.drafts
            if each.reference is None or each.reference in self.selections
        )


class Reader:
    """Collects every fault of a body, each with its place."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def refuse(self, pointer: str, detail: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(pointer, detail))

    def table(self, value: Any, pointer: str) -> Mapping[str, Any]:
        """An object; an empty one, and a fault, where it is something else."""
        if isinstance(value, dict):
            return value
        self.refuse(pointer, "is not an object" if value is not None else "is missing")
        return {}

    def name(self, value: Any, pointer: str) -> str:
        """A text that is not empty and not too long."""
        if isinstance(value, str) and value.strip() and len(value) <= LONGEST_NAME:
            return value.strip()
        if value is None:
            self.refuse(pointer, "is missing")
        else:
            self.refuse(pointer, f"is not a text of 1 to {LONGEST_NAME} characters")
        return ""

    def maybe(self, value: Any, pointer: str) -> str | None:
        """The same, where it may be left out."""
        return None if value is None else self.name(value, pointer)


def read_call(body: Any, hook: str) -> Call:
    """The call of a service of this hook. Raises Unacceptable with every fault."""
    reader = Reader()
    sent = reader.table(body, "")
    if not isinstance(body, dict):
        raise Unacceptable(*reader.faults)
    said = reader.name(sent.get("hook"), "/hook")
    if said and said != hook:
        reader.refuse("/hook", f"is another hook than this service's, {hook}")
    context = reader.table(sent.get("context"), "/context")
    patient, server = "", reader.maybe(sent.get("fhirServer"), "/fhirServer")
    if isinstance(sent.get("context"), dict):
        patient = reader.name(context.get("patientId"), "/context/patientId")
    call = Call(
        hook=hook,
        instance=reader.name(sent.get("hookInstance"), "/hookInstance"),
        patient=patient.removeprefix("Patient/"),
        user=reader.maybe(context.get("userId"), "/context/userId"),
        server=None if server is None else server.rstrip("/"),
        drafts=_drafts(reader, context) if hook in ORDERING and context else (),
        selections=_selections(reader, context) if hook == ORDER_SELECT else None,
        prefetch=_prefetch(reader, sent.get("prefetch")),
    )
    for draft in call.drafts:
        _same_patient(reader, call, draft)
    fetched = call.prefetch.get("patient")
    if isinstance(fetched, dict) and fetched.get("resourceType") == "Patient":
        given = fetched.get("id")
        if isinstance(given, str) and given != call.patient:
            reader.refuse("/prefetch/patient/id", "is another patient than context.patientId")
    if reader.faults:
        raise Unacceptable(*reader.faults)
    return call


def _prefetch(reader: Reader, value: Any) -> Mapping[str, Any]:
    """What was fetched, by key. Older clients wrap each resource in the answer it came with."""
    if value is None:
        return {}
    found = {}
    for key, each in reader.table(value, "/prefetch").items():
        wrapped = isinstance(each, dict) and "resourceType" not in each and "response" in each
        found[key] = each.get("resource") if wrapped else each
        if found[key] is not None and not isinstance(found[key], dict):
            reader.refuse(f"/prefetch/{step(key)}", "is neither a resource nor null")
    return found


def _selections(reader: Reader, context: Mapping[str, Any]) -> frozenset[str] | None:
    given = context.get("selections")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        reader.refuse("/context/selections", "is not a list of references")
        return None
    return frozenset(given)


def _drafts(reader: Reader, context: Mapping[str, Any]) -> tuple[Ordered, ...]:
    place = "/context/draftOrders"
    bundle = reader.table(context.get("draftOrders"), place)
    if not bundle:
        if isinstance(context.get("draftOrders"), dict):
            reader.refuse(place, "is not a Bundle")
        return ()
    if bundle.get("resourceType") != "Bundle":
        reader.refuse(f"{place}/resourceType", "is not Bundle")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST_DRAFTS:
        reader.refuse(f"{place}/entry", f"is not a list of at most {MOST_DRAFTS} entries")
        return ()
    found = []
    for number, entry in enumerate(entries):
        pointer = f"{place}/entry/{number}/resource"
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            reader.refuse(pointer, "is not a resource")
        else:
            address = entry.get("fullUrl")
            found.append(Ordered(pointer, resource, address if isinstance(address, str) else None))
    return tuple(found)


def _same_patient(reader: Reader, call: Call, draft: Ordered) -> None:
    """Refuse a draft for somebody else: the orders of two patients are never mixed."""
    for name in ("subject", "patient"):
        subject = draft.resource.get(name)
        if subject is None:
            continue
        reference = subject.get("reference") if isinstance(subject, dict) else subject
        if reference is None:
            continue  # A subject by identifier or name alone says nothing that can be compared.
        pointer = f"{draft.pointer}/{name}/reference"
        if not isinstance(reference, str):
            reader.refuse(pointer, "is not a text")
        elif not is_patient(reference, call.patient, call.server):
            reader.refuse(pointer, "is not the patient of context.patientId")


def is_patient(reference: str, patient: str, server: str | None) -> bool:
    """Does a FHIR reference name this patient of this server?"""
    base, _, _ = reference.partition("/_history/")
    where, kind, found = base.rpartition("Patient/")
    if not kind or found != patient:
        return False
    # The same id on another server is another patient.
    return not where or server is None or where.rstrip("/") == server
