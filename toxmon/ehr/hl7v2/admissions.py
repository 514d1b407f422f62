"""ADT: who is a patient, where they lie, and which two records are one.

A movement is known by the visit, by what it is and by when it happened (EVN-6, or what PV1 says),
or by the number that ZBE-1 gives it, so that the message that cancels it finds it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toxmon.actions.received import Arrival, Merging
from toxmon.ehr.hl7v2.header import Header
from toxmon.ehr.hl7v2.message import FIELD_MISSING, SEGMENT_MISSING, NotRead, Parsed, Segment
from toxmon.ehr.hl7v2.names import joined, short
from toxmon.ehr.hl7v2.person import arrival_of, identifiers_of, patient_of
from toxmon.ehr.hl7v2.times import Times, When
from toxmon.intake.report import DEATH, FINAL, STAY, WITHDRAWN, Identifier, Report

ADMISSION, TRANSFER, DISCHARGE = "admission", "transfer", "discharge"
IN_HOSPITAL, AT_HOME = "inpatient", "outpatient"
OF_CLASS = {"I": IN_HOSPITAL, "B": IN_HOSPITAL, "E": AT_HOME, "O": AT_HOME, "R": AT_HOME}
"""PV1-2, table 0004: in-patient, obstetrics; emergency, out-patient, recurring."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What an event does. `setting`: of which stay, where PV1-2 names no class of its own.

    `cancels`: it takes back the movement of that name. `here`: afterwards the patient lies where
    PV1 says, from the time at which the event was told.
    """

    name: str
    setting: str
    fixed: bool = False
    cancels: bool = False
    here: bool = False


MOVEMENTS = {
    "A01": Movement(ADMISSION, IN_HOSPITAL),
    "A04": Movement(ADMISSION, AT_HOME),
    "A02": Movement(TRANSFER, IN_HOSPITAL),
    "A06": Movement(TRANSFER, IN_HOSPITAL, fixed=True),
    "A07": Movement(TRANSFER, AT_HOME, fixed=True),
    "A03": Movement(DISCHARGE, AT_HOME, fixed=True),
    "A11": Movement(ADMISSION, IN_HOSPITAL, cancels=True),
    "A12": Movement(TRANSFER, IN_HOSPITAL, cancels=True, here=True),
    "A13": Movement(DISCHARGE, IN_HOSPITAL, cancels=True, here=True),
}
TELLS_OF_PATIENT = ("A01", "A02", "A04", "A06", "A07", "A08", "A13", "A28", "A31")
"""Events after which the patient is on record; the end of a stay begins no record."""
MERGES = ("A18", "A30", "A34", "A36", "A39", "A40")
"""MRG-1 is the number that is gone, PID-3 the one that goes on."""
UNLINKS = ("A37",)
EVENTS = tuple(sorted({*MOVEMENTS, *TELLS_OF_PATIENT, *MERGES, *UNLINKS}))


@dataclass(frozen=True, slots=True)
class Told:
    """What an ADT says."""

    reports: tuple[Report, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    mergings: tuple[Merging, ...] = ()


def admission_of(parsed: Parsed, header: Header, times: Times) -> Told:
    """What an ADT says. Raises NotRead."""
    event = header.event
    if event in MERGES:
        return Told(mergings=tuple(_merges(parsed, header, times)))
    if event in UNLINKS:
        return Told(mergings=(_unlinked(parsed, header, times),))
    person, visit = parsed.one("PID"), parsed.one("PV1")
    patient = patient_of(person, header)
    assert person is not None
    reports = []
    movement = MOVEMENTS.get(event)
    if movement is not None:
        reports += _stays(movement, parsed, patient, header, times)
    reports += _death(person, patient, header, times)
    ward = _ward(visit) if visit is not None else None
    arrivals = (arrival_of(person, header, ward),) if event in TELLS_OF_PATIENT else ()
    return Told(tuple(reports), arrivals)


def _stays(
    movement: Movement,
    parsed: Parsed,
    patient: tuple[Identifier, ...],
    header: Header,
    times: Times,
) -> list[Report]:
    """The stay that begins, or that never did; and where the patient lies after that."""
    visit = parsed.one("PV1")
    if visit is None:
        raise NotRead("PV1", SEGMENT_MISSING, "is missing: nothing says where the patient lies")
    setting = movement.setting if movement.fixed else OF_CLASS.get(visit.get(2), movement.setting)
    # Who goes home is watched on: toxicity comes late, and only a person ends a watch.
    left = movement.name == DISCHARGE and not movement.cancels
    when = _time(movement, parsed, visit, times)
    told = _told(parsed, times)
    named = f"{header.type}^{header.event}"
    # Nobody lies anywhere any more after a discharge; which bed that was is no news.
    stay = Report(
        what=STAY,
        patient=patient,
        key=_key(movement, parsed, visit, patient, header),
        effective_at=when.at,
        time_fault=when.fault,
        state=WITHDRAWN if movement.cancels else FINAL,
        said_at=told.at,
        detail={
            "setting": setting,
            "unit": None if left else _ward(visit),
            "bed": None if left else short(visit.get(3, 3), f"{visit.place}-3") or None,
            "reason": f"{movement.name}, {named}",
        },
        place=visit.place,
    )
    if not movement.here:
        return [stay]
    since = Report(
        what=STAY,
        patient=patient,
        key=joined("after", stay.key or "", header.control_id),
        effective_at=told.at,
        time_fault=told.fault or "EVN-2 is not sent",
        detail={**stay.detail, "reason": f"{movement.name} cancelled, {named}"},
        place=visit.place,
    )
    return [stay, since]


def _ward(visit: Segment) -> str | None:
    """The ward of PV1-3, as the sender calls it."""
    return short(visit.get(3, 1), f"{visit.place}-3") or None


def _time(movement: Movement, parsed: Parsed, visit: Segment, times: Times) -> When:
    """When it happened: EVN-6, else the time of admission or discharge in PV1, else EVN-2."""
    happened = parsed.one("EVN")
    if happened is not None and happened.get(6):
        return times.read(happened.get(6), "EVN-6")
    field = {ADMISSION: 44, DISCHARGE: 45}.get(movement.name)
    if field is not None and visit.get(field):
        return times.read(visit.get(field), f"PV1-{field}")
    told = _told(parsed, times)
    return told if told != When() else When(fault="none of EVN-6, EVN-2 and PV1-44 is sent")


def _told(parsed: Parsed, times: Times) -> When:
    """When it was told (EVN-2)."""
    happened = parsed.one("EVN")
    return times.read(happened.get(2), "EVN-2") if happened is not None else When()


def _key(
    movement: Movement,
    parsed: Parsed,
    visit: Segment,
    patient: Sequence[Identifier],
    header: Header,
) -> str:
    """What the sender calls a movement, in the message that tells it and in one that cancels it."""
    numbered, happened = parsed.one("ZBE"), parsed.one("EVN")
    if numbered is not None and numbered.get(1):
        return joined("movement", header.sender, numbered.raw(1))
    field = {ADMISSION: 44, DISCHARGE: 45}.get(movement.name)
    at = happened.get(6) if happened is not None else ""
    at = at or (visit.get(field) if field is not None else "")
    whose = visit.get(19) or " ".join(f"{each.system}:{each.value}" for each in patient)
    return joined("stay", header.sender, whose, movement.name, at)


def _death(
    person: Segment, patient: tuple[Identifier, ...], header: Header, times: Times
) -> list[Report]:
    """A death, where PID-30 or PID-29 tells of one. What caused it, HL7 v2 does not say."""
    if person.get(30).upper() != "Y" and not person.get(29):
        return []
    when = times.read(person.get(29), "PID-29")
    whose = " ".join(f"{each.system}:{each.value}" for each in patient)
    return [
        Report(
            what=DEATH,
            patient=patient,
            key=joined("death", header.sender, whose),
            effective_at=when.at,
            time_fault=when.fault or (None if when.at else "PID-29 is not sent"),
            place=f"{person.place}-30",
        )
    ]


def _merges(parsed: Parsed, header: Header, times: Times) -> list[Merging]:
    """Each MRG with the PID before it."""
    found: list[Merging] = []
    person: Segment | None = None
    for segment in parsed.segments:
        if segment.name == "PID":
            person = segment
        elif segment.name == "MRG":
            gone = identifiers_of(segment, 1, header)
            if not gone:
                raise NotRead(f"{segment.place}-1", FIELD_MISSING, "has no number of a patient")
            found.append(
                Merging(
                    kind="merge",
                    gone=gone,
                    into=patient_of(person, header),
                    at=_told(parsed, times).at,
                    reason=f"{header.type}^{header.event}",
                    place=segment.place,
                )
            )
    if not found:
        raise NotRead("MRG", SEGMENT_MISSING, "is missing: nothing says which record is gone")
    return found


def _unlinked(parsed: Parsed, header: Header, times: Times) -> Merging:
    """A37: the patients of two PID are not one after all; the second had gone into the first."""
    people = parsed.named("PID")
    if len(people) != 2:
        raise NotRead("PID", SEGMENT_MISSING, "an unlink names two patients, each in a PID")
    return Merging(
        kind="unmerge",
        gone=patient_of(people[1], header),
        into=patient_of(people[0], header),
        at=_told(parsed, times).at,
        reason=f"{header.type}^{header.event}",
        place=people[1].place,
    )
