"""PID and MRG: which patient, by every number that is one of a patient.

A number counts by who gave it (CX.4) and of which type it is (CX.5), and never by its position.
"""

from __future__ import annotations

from toxmon.actions.received import Arrival
from toxmon.ehr.hl7v2.header import Header
from toxmon.ehr.hl7v2.message import (
    DELETED,
    FIELD_MISSING,
    Delimiters,
    NotRead,
    Segment,
    part,
)
from toxmon.ehr.hl7v2.names import short
from toxmon.ehr.hl7v2.times import day_of
from toxmon.intake.report import Identifier

OF_PATIENTS = ("", "MR", "MRN", "PI", "PT", "NI")
"""Types of table 0203 (and MRN, which is written for MR) that name a patient; others, such as a
visit, an account, a social security number or a passport, do not."""
SEXES = {"F": "female", "M": "male", "O": "other", "A": "other", "U": "unknown"}
UUID_TYPES = ("UUID", "GUID")


def identifiers_of(segment: Segment, field: int, header: Header) -> tuple[Identifier, ...]:
    """The numbers of a patient in PID-3 or MRG-1, each once, in an order of their own."""
    place = f"{segment.place}-{field}"
    found = {
        identifier
        for repeat in segment.repeats(field)
        if (identifier := _identifier(repeat, segment.by, header, place)) is not None
    }
    return tuple(sorted(found, key=lambda each: (each.system, each.value)))


def patient_of(segment: Segment | None, header: Header) -> tuple[Identifier, ...]:
    """The numbers of PID-3. Raises NotRead where none is one of a patient."""
    if segment is None:
        raise NotRead("PID", "100", "is missing: nothing says whose this is")
    found = identifiers_of(segment, 3, header)
    if not found:
        raise NotRead(f"{segment.place}-3", FIELD_MISSING, "has no number of a patient (MR, PI)")
    return found


def arrival_of(segment: Segment, header: Header, ward: str | None) -> Arrival:
    """The patient that PID tells of. `ward`: where PV1 says that they lie."""
    return Arrival(
        identifiers=patient_of(segment, header),
        name=_name(segment),
        birth_date=day_of(segment.get(7)),
        sex=SEXES.get(segment.get(8).upper()),
        ward=ward,
        place=f"{segment.place}-3",
    )


def authority(namespace: str, universal: str, kind: str, otherwise: str) -> str:
    """The system of a number by its assigning authority (HD)."""
    kind = kind.upper()
    if universal and kind == "ISO":
        return f"urn:oid:{universal}"
    if universal and kind in UUID_TYPES:
        return f"urn:uuid:{universal.lower()}"
    if universal and (kind == "URI" or not namespace):
        return universal
    return namespace or otherwise


def _identifier(repeat: str, by: Delimiters, header: Header, place: str) -> Identifier | None:
    value = part(repeat, by)
    if not value or repeat == DELETED or part(repeat, by, 5).upper() not in OF_PATIENTS:
        return None
    given = [part(repeat, by, 4, number) for number in (1, 2, 3)]
    # A hospital that names no authority means its own numbers.
    sender = header.facility_from or header.application_from
    system = authority(given[0], given[1], given[2], part(sender, by))
    return Identifier(short(system, place), short(value, place)) if system else None


def _name(segment: Segment) -> str | None:
    """The first name of PID-5, given name first, as people say it."""
    words = [segment.get(5, place) for place in (2, 3, 1)]
    return " ".join(word for word in words if word) or None
