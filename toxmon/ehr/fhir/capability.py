"""What this server says that it can do: made of the same table as its routes.

The input side adds what it takes in to `WRITTEN` and `SYSTEM`; nothing stands here that is not
tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from toxmon import __version__
from toxmon.ehr.fhir.guard import AUDITING, EVERYBODY, READING

FHIR_VERSION = "4.0.1"
FORMATS = ("application/fhir+json", "json")
SECURITY = "A bearer token of toxmon: Authorization: Bearer TOKEN."


@dataclass(frozen=True, slots=True)
class Param:
    """A search parameter: its type, and the element that a token is looked for in."""

    type: str
    element: str = ""
    words: str = ""


PATIENT = {
    "patient": Param("reference", words="an id, Patient/ID; several with commas"),
    "patient.identifier": Param("identifier", words="SYSTEM|VALUE"),
}
EVERY = {"_id": Param("token"), "_lastUpdated": Param("date")}
"""Parameters of every type."""
READ, VREAD, HISTORY, SEARCH = "read", "vread", "history-instance", "search-type"


@dataclass(frozen=True, slots=True)
class Offered:
    """One type as it is read: interactions, search parameters, who may."""

    type: str
    interactions: tuple[str, ...]
    params: Mapping[str, Param]
    roles: tuple[str, ...] = READING
    sorted_by: str = ""
    """The parameter by which results can be sorted, beside _lastUpdated; empty is by none."""
    words: str = ""

    def kind_of(self, name: str) -> str | None:
        """The type of a parameter, None for one that this type has not."""
        found = self.params.get(name) or EVERY.get(name)
        return None if found is None else found.type


def _code(element: str = "code") -> Param:
    return Param("token", element)


def _date(words: str = "") -> Param:
    return Param("date", words=words)


OFFERED: Mapping[str, Offered] = {
    each.type: each
    for each in (
        Offered(
            "Patient",
            (READ, VREAD, HISTORY, SEARCH),
            {"identifier": Param("identifier", words="SYSTEM|VALUE")},
            words="Patients of the units that the token reaches.",
        ),
        Offered(
            "Observation",
            (READ, VREAD, HISTORY, SEARCH),
            {
                **PATIENT,
                "code": _code(),
                "category": _code("category"),
                "status": _code("status"),
                "date": _date("when it was so"),
            },
            sorted_by="date",
            words="What was charted, and the grades that were told; with category current-grade "
            "what each scale answers now.",
        ),
        Offered(
            "MedicationAdministration",
            (READ, VREAD, HISTORY, SEARCH),
            {
                **PATIENT,
                "code": _code("medicationCodeableConcept"),
                "status": _code("status"),
                "effective-time": _date("when it was begun"),
            },
            sorted_by="effective-time",
            words="Doses that were given, and the infusions that began treatments.",
        ),
        Offered(
            "RiskAssessment",
            (READ, SEARCH),
            {**PATIENT, "method": _code("method"), "date": _date("the time of asking")},
            words="Scores of risk, worked out at the time of asking.",
        ),
        Offered(
            "DetectedIssue",
            (READ, SEARCH),
            {**PATIENT, "code": _code(), "identified": _date()},
            words="Why another dose is not permitted now, and doses given beyond a limit.",
        ),
        Offered(
            "Flag",
            (READ, SEARCH),
            {**PATIENT, "status": _code("status"), "code": _code(), "date": _date("its period")},
            words="Alarms of a patient: active while open.",
        ),
        Offered(
            "AdverseEvent",
            (READ, SEARCH),
            {**PATIENT, "event": _code("event"), "date": _date("the onset")},
            words="Episodes of CRS, ICANS and IEC-HS; their grades are Observations.",
        ),
        Offered(
            "Provenance",
            (READ, SEARCH),
            {**PATIENT, "target": Param("reference"), "recorded": _date()},
            words="Who charted, corrected or took back what, and why.",
        ),
        Offered(
            "AuditEvent",
            (READ, SEARCH),
            {"patient": PATIENT["patient"], "date": _date("when it was done")},
            roles=AUDITING,
            words="Who did and read what.",
        ),
        *(
            Offered(name, (READ, SEARCH), {"url": Param("token", "url")}, roles=EVERYBODY)
            for name in ("CodeSystem", "ValueSet", "ConceptMap")
        ),
    )
}
"""Each type that can be read."""
OF_EVERYTHING = Offered(
    "Patient",
    (),
    {"_since": Param("since"), "_type": Param("types")},
    words="All that is told of one patient.",
)
"""What Patient/$everything understands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One type as it is taken in: interactions such as create and update, and what goes with it."""

    type: str
    interactions: tuple[str, ...]
    conditional_create: bool = False
    conditional_update: bool = False
    update_create: bool = False
    words: str = ""


@dataclass(slots=True)
class _Taken:
    """What the input side adds: types, interactions of the system, operations by name."""

    types: dict[str, Written] = field(default_factory=dict)
    system: list[str] = field(default_factory=list)
    operations: dict[str, str] = field(default_factory=dict)


TAKEN = _Taken()
"""To be filled by the input side when it is imported."""
OPERATIONS = {"everything": "http://hl7.org/fhir/OperationDefinition/Patient-everything"}


def statement(base: str, at: datetime) -> dict[str, Any]:
    """The CapabilityStatement of a server at `base`, as of the time `at` at which it began."""
    names = list(dict.fromkeys((*OFFERED, *TAKEN.types)))
    rest: dict[str, Any] = {
        "mode": "server",
        "documentation": "A search reads the record as it stood when its first page was asked for. "
        "Nothing is ever deleted: what was wrong has the status entered-in-error.",
        "security": {"cors": False, "description": SECURITY},
        "resource": [_resource(name) for name in names],
    }
    if TAKEN.system:
        rest["interaction"] = [{"code": code} for code in TAKEN.system]
    if TAKEN.operations:
        rest["operation"] = [
            {"name": name, "definition": url} for name, url in TAKEN.operations.items()
        ]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": at,
        "kind": "instance",
        "fhirVersion": FHIR_VERSION,
        "format": list(FORMATS),
        "software": {"name": "toxmon", "version": __version__},
        "implementation": {"description": "toxmon", "url": base},
        "rest": [rest],
    }


def _resource(name: str) -> dict[str, Any]:
    offered, written = OFFERED.get(name), TAKEN.types.get(name)
    interactions: list[str] = []
    found: dict[str, Any] = {"type": name}
    words = []
    if offered is not None:
        interactions += offered.interactions
        words.append(offered.words)
    if written is not None:
        interactions += written.interactions
        words.append(written.words)
    found["interaction"] = [{"code": code} for code in dict.fromkeys(interactions)]
    if any(words):
        found["documentation"] = " ".join(each for each in words if each)
    if offered is not None:
        found["versioning"] = "versioned" if VREAD in offered.interactions else "no-version"
        found["readHistory"] = VREAD in offered.interactions
    if written is not None:
        found["updateCreate"] = written.update_create
        found["conditionalCreate"] = written.conditional_create
        found["conditionalUpdate"] = written.conditional_update
    if offered is not None:
        found["searchParam"] = [_param(each, of) for each, of in _shown(offered).items()]
    if name == "Patient":
        found["operation"] = [{"name": each, "definition": url} for each, url in OPERATIONS.items()]
    return found


def _shown(offered: Offered) -> dict[str, Param]:
    """The parameters, each by the names that it goes by."""
    shown = {**EVERY, **offered.params}
    if "patient.identifier" in shown:
        shown["subject"] = shown["patient"]
    return shown


def _param(name: str, of: Param) -> dict[str, Any]:
    kind = "token" if of.type == "identifier" else of.type
    told = {"name": name, "type": kind}
    return {**told, "documentation": of.words} if of.words else told
