"""A resource as it was sent, and what the core makes of it: reports, arrivals, mergings.

Each resource has one name that its sender uses for it: an identifier, or its id on the sender's
server, or where it has neither, what it says. What it states has a key below that name. So the
same resource twice is the same statements, whatever route it came by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from toxmon.actions import Service
from toxmon.actions.received import Arrival, Merging
from toxmon.ehr.fhir.elements import Element, Reader, When
from toxmon.ehr.fhir.references import Around, Person
from toxmon.intake.code_map import CodeMap
from toxmon.intake.report import GONE, Identifier, Report
from toxmon.store import Row

PART = " > "
"""Between the name of a resource and the part of it that a statement is."""
OF_ORDERS = frozenset({"PLAC", "FILL", "ACSN"})
"""Types (v2 table 0203) of numbers that several results of one order share."""
ELSEWHERE = ("Group", "Device", "Location", "Practitioner", "Organization", "Substance")
NO_TIME = "no time was sent that says when it was so"


@dataclass(slots=True, kw_only=True)
class Sent:
    """A resource of a message. `place` is its JSON pointer, `full_url` its address in a Bundle.

    `given_id`: its id on the sender's server, None where a server is asked to give it one.
    `known`: its id is one that we gave. `rows`: how its statements stood before, where they were
    looked up. `sought`: the numbers that it is to be found by. `versioned`: does `meta.versionId`
    number the sender's versions? It does not in a copy of our own resource.
    """

    kind: str
    resource: Element
    place: str
    reader: Reader
    around: Around
    full_url: str | None = None
    given_id: str | None = None
    known: bool = False
    rows: list[Row] = field(default_factory=list)
    sought: tuple[Identifier, ...] | None = None
    versioned: bool = True

    def refuse(self, name: str, detail: str) -> None:
        """Note a fault of an element."""
        self.reader.refuse(f"{self.place}/{name}", detail)

    def person(self, name: str = "subject") -> Person | None:
        """The patient that it is about; None where it is about something else or nobody."""
        if self._is_elsewhere(name):
            return None
        if name not in self.resource:
            return None
        return self.around.person(self.reader, self.resource, name, self.place, self.full_url)

    def _is_elsewhere(self, name: str) -> bool:
        element = self.resource.get(name)
        reference = element.get("reference") if isinstance(element, dict) else None
        if not isinstance(reference, str):
            return False
        beside = self.around.target(reference, self.resource, self.full_url)
        kind = beside.get("resourceType") if beside is not None else None
        return (kind or reference.rpartition("/")[0].rpartition("/")[2]) in ELSEWHERE

    def said(self, *names: str) -> tuple[datetime | None, int | None]:
        """When this version was made, by the first of these elements or `meta`; and its number."""
        at = None
        for name in names:
            at = at or self.reader.when(self.resource, name, self.place).at
        meta = self.reader.table(self.resource, "meta", self.place) or {}
        place = f"{self.place}/meta"
        version = self.reader.text(meta, "versionId", place)
        updated = self.reader.when(meta, "lastUpdated", place).at
        if not self.versioned:
            return at, None
        ordinal = int(version) if version and version.isdecimal() and len(version) < 16 else None
        return at or updated, ordinal


@dataclass(slots=True, kw_only=True)
class Mapped:
    """What a resource comes to. A report's `key` is the part of the resource that it states.

    `unused`: why nothing of it is kept but the message, in words; None where something is.
    `valueless`: parts that were sent without a value, and with a reason for that.
    """

    reports: list[Report] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    mergings: list[Merging] = field(default_factory=list)
    unused: str | None = None
    valueless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a mapper looks things up in: the service, and the codes of the sender."""

    service: Service
    codes: CodeMap


def time_of(start: When, end: When | None = None) -> dict[str, Any]:
    """The times of a report: an instant, or a span, or why there is none."""
    if start.at is None and end is not None and end.at is not None and start.fault is None:
        return {"effective_at": end.at}  # A span of which only its end is known was so then.
    if start.at is None:
        fault = start.fault or (end.fault if end is not None else None) or NO_TIME
        return {"time_fault": fault}
    return {"effective_at": start.at, "until_at": None if end is None else end.at}


def effective(sent: Sent, stem: str) -> dict[str, Any]:
    """The times of a report by `stem[x]`: a dateTime, an instant, or a Period."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    name = reader.one_of(resource, stem, place)
    if name in (f"{stem}DateTime", f"{stem}Instant"):
        return time_of(reader.when(resource, str(name), place))
    if name == f"{stem}Period":
        span = reader.period(resource, name, place)
        return time_of(*span) if span is not None else {"time_fault": NO_TIME}
    if name is None:
        return {"time_fault": NO_TIME}
    return {"time_fault": f"{name} is no instant"}


def whose(person: Person | None) -> dict[str, Any]:
    """The patient of a report."""
    if person is None:
        return {}
    return {"patient": person.identifiers, "patient_id": person.patient_id}


def own_name(sent: Sent) -> str | None:
    """What the sender calls a resource: by its first number of its own, else by its id there."""
    for identifier, element in sent.reader.identifiers(sent.resource, "identifier", sent.place):
        if not OF_ORDERS & _types(element):
            return by_number(sent.kind, identifier.system, identifier.value)
    if sent.sought:
        return by_number(sent.kind, sent.sought[0].system, sent.sought[0].value)
    return other_name(sent)


def other_name(sent: Sent) -> str | None:
    """What the sender calls a resource by its id on its own server."""
    known = sent.known or sent.given_id is None
    return None if known else by_id(sent.kind, str(sent.given_id))


def by_number(kind: str, system: str, value: str) -> str:
    """The name of a resource by an identifier."""
    return f"{kind}?{system}|{value}".replace(PART, "%20%3E%20")


def by_id(kind: str, value: str) -> str:
    """The name of a resource by its id on the sender's server."""
    return f"{kind}/{value}"


def is_gone(state: str) -> bool:
    """Is a state one that takes a statement away?"""
    return state in GONE


def _types(element: Mapping[str, Any]) -> set[str]:
    kind = element.get("type")
    listed = kind.get("coding") if isinstance(kind, dict) else None
    return {
        str(each.get("code"))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
    }
