"""What the references of a message lead to: to a resource beside it, inside it, or to our own.

Nothing is fetched. A patient that is only named by an id is looked for by that id: as one of ours,
and as what this sender, or the server of the address, calls a patient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from toxmon.ehr.fhir.elements import Element, Reader, is_id
from toxmon.intake.report import Identifier

IDENTIFIER_BASE = "urn:toxmon:fhir:"
"""Before a sender's name: the system of ids that it gives patients without an address."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom something is about: numbers that any of them may be known by, and our own id."""

    identifiers: tuple[Identifier, ...] = ()
    patient_id: str | None = None


def id_of_sender(source: str, value: str) -> Identifier:
    """A patient's id as a sender uses it, where no address says whose it is."""
    return Identifier(f"{IDENTIFIER_BASE}{quote(source)}", value)


@dataclass(slots=True)
class Around:
    """The resources of one message by their addresses.

    `base` is the address of our own FHIR (without a slash at its end); `numbers_of` has the
    identifiers of a patient of ours by its id, None where there is none within reach.
    """

    source: str
    base: str
    numbers_of: Callable[[str], tuple[Identifier, ...] | None]
    by_url: dict[str, Element] = field(default_factory=dict)
    by_name: dict[str, Element] = field(default_factory=dict)
    urls: dict[int, str] = field(default_factory=dict)
    """The address of each resource, by its identity as an object."""
    _persons: dict[int, Person] = field(default_factory=dict)

    def add(self, resource: Element, full_url: str | None) -> None:
        """Let a resource of the message be found by its address, and by its type and id."""
        kind, given = resource.get("resourceType"), resource.get("id")
        if full_url is not None:
            self.by_url[full_url] = resource
            self.urls[id(resource)] = full_url
        if isinstance(kind, str) and isinstance(given, str):
            self.by_name.setdefault(f"{kind}/{given}", resource)

    def target(self, reference: object, holder: Element, full_url: str | None) -> Element | None:
        """The resource that a reference leads to, where it came along."""
        if not isinstance(reference, str):
            return None
        if reference.startswith("#"):
            return _contained(holder, reference[1:])
        plain = reference.partition("/_history/")[0]
        found = self.by_url.get(plain)
        if found is None and full_url is not None and _is_relative(plain):
            own = f"{holder.get('resourceType')}/"
            found = self.by_url.get(f"{full_url.rpartition(own)[0]}{plain}")
        return found or self.by_name.get(plain)

    def person(
        self, reader: Reader, holder: Element, name: str, place: str, full_url: str | None
    ) -> Person:
        """The patient that an element `name` of a resource refers to."""
        element = reader.table(holder, name, place)
        if element is None:
            return Person()
        place = f"{place}/{name}"
        found: list[Identifier] = []
        logical = reader.table(element, "identifier", place)
        if logical is not None:
            named = reader.identifier(logical, f"{place}/identifier")
            if named is not None:
                found.append(named)
        reference = reader.text(element, "reference", place)
        if reference is None:
            if not found:
                reader.refuse(place, "names no patient; send reference or identifier")
            return Person(tuple(found))
        pointed = self._pointed(reader, reference, holder, place, full_url)
        found += pointed.identifiers
        return Person(tuple(dict.fromkeys(found)), pointed.patient_id)

    def _pointed(
        self, reader: Reader, reference: str, holder: Element, place: str, full_url: str | None
    ) -> Person:
        beside = self.target(reference, holder, full_url)
        if beside is not None:
            if beside.get("resourceType") != "Patient":
                reader.refuse(f"{place}/reference", "is not a Patient")
                return Person()
            if id(beside) not in self._persons:
                self._persons[id(beside)] = Person(self._numbers_beside(beside))
            return self._persons[id(beside)]
        if reference.startswith(("#", "urn:")):
            reader.refuse(f"{place}/reference", "leads to nothing that came along")
            return Person()
        if reference.startswith("Patient?"):
            return Person(self._sought(reader, reference, place))
        where, kind, value = reference.partition("/_history/")[0].rpartition("Patient/")
        if not kind or not is_id(value) or (where and not where.endswith("/")):
            reader.refuse(f"{place}/reference", "is not a reference to a Patient")
            return Person()
        where = where.rstrip("/")
        if where and where != self.base:
            return Person((Identifier(f"{where}/Patient", value),))
        if self.numbers_of(value) is not None:
            return Person(patient_id=value)
        return Person((id_of_sender(self.source, value),))

    def _numbers_beside(self, patient: Element) -> tuple[Identifier, ...]:
        """The numbers of a Patient that came along, or the id that its sender has for it."""
        found = self.numbers(Reader(), patient, "", self.urls.get(id(patient)))
        given = patient.get("id")
        if not found and isinstance(given, str):
            found = [id_of_sender(self.source, given)]
        return tuple(found)

    def _sought(self, reader: Reader, reference: str, place: str) -> tuple[Identifier, ...]:
        """The identifiers of a conditional reference, Patient?identifier=system|value."""
        asked = parse_qsl(reference.partition("?")[2], keep_blank_values=True)
        if len(asked) != 1 or asked[0][0] != "identifier" or "|" not in asked[0][1]:
            reader.refuse(f"{place}/reference", "is sought by identifier=system|value alone")
            return ()
        system, _, value = asked[0][1].partition("|")
        return (Identifier(system, value),) if value else ()

    def numbers(
        self, reader: Reader, patient: Element, place: str, full_url: str | None
    ) -> list[Identifier]:
        """Every number of a Patient that came along, and the id that its own server has for it."""
        found = [
            identifier
            for identifier, element in reader.identifiers(patient, "identifier", place)
            if element.get("use") != "old" or len(patient.get("identifier", ())) == 1
        ]
        if full_url is not None and not full_url.startswith("urn:"):
            where, _, value = full_url.rpartition("/")
            if where.endswith("/Patient") and is_id(value) and where != f"{self.base}/Patient":
                found.append(Identifier(where, value))
        return list(dict.fromkeys(found))


def _contained(holder: Element, name: str) -> Element | None:
    listed = holder.get("contained")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict) and each.get("id") == name:
            return each
    return None


def _is_relative(reference: str) -> bool:
    return "://" not in reference and not reference.startswith(("urn:", "#"))
