"""An Encounter as sent: where a patient lies, from when on.

A stay in the hospital begins with the Encounter or with each location of it. Its end is not the
end of watching: cells go on doing harm at home, so a discharge makes an out-patient of the patient,
and only a person ends the watch (decision 0096).
"""

from __future__ import annotations

from typing import Any

from toxmon.ehr.fhir.elements import Element, When
from toxmon.ehr.fhir.references import Person
from toxmon.ehr.fhir.sent import Mapped, Reading, Sent, is_gone, time_of, whose
from toxmon.intake.report import CANCELLED, FINAL, PENDING, STAY, WITHDRAWN, Report

STATES = {
    "planned": PENDING,
    "arrived": PENDING,
    "triaged": PENDING,
    "in-progress": FINAL,
    "onleave": PENDING,
    "finished": FINAL,
    "cancelled": CANCELLED,
    "entered-in-error": WITHDRAWN,
    "unknown": PENDING,
}
INSIDE = ("IMP", "ACUTE", "NONAC", "OBSENC", "EMER", "SS")
"""Classes (v3 ActCode) of who is in the hospital; an emergency is watched as closely."""
OUTSIDE = ("AMB", "HH", "VR", "FLD", "PRENC")
DIED = "exp"
LEFT_BEFORE = "no time of the discharge was sent"


def read(sent: Sent, reading: Reading) -> Mapped:
    """The stay: its beginning, each change of its place, its end."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    status = reader.code(resource, "status", place, tuple(STATES))
    reader.needed(status, f"{place}/status")
    state = STATES.get(status or "", PENDING)
    kind = reader.table(resource, "class", place)
    reader.needed(kind, f"{place}/class")
    coding = reader.coding(kind, f"{place}/class") if kind is not None else None
    code = None if coding is None else coding.code
    span = reader.period(resource, "period", place) or (When(), When())
    locations = _locations(sent)
    gone_home = _disposition(sent)
    person = sent.person()
    said_at, ordinal = sent.said()
    shared: dict[str, Any] = {"state": state, "said_at": said_at, "ordinal": ordinal}
    if person is None and "subject" in resource:
        return Mapped(unused="it is not about a patient")
    if person is None and not is_gone(state):
        sent.refuse("subject", "is missing; send the patient that it is of")
    if code in OUTSIDE and status != "in-progress" and not is_gone(state):
        return Mapped(unused="a visit that is over or has not begun says nothing of where one lies")
    if code not in INSIDE + OUTSIDE and not is_gone(state):
        return Mapped(unused=f"its class is not one of {', '.join(INSIDE + OUTSIDE)}")
    setting = "outpatient" if code in OUTSIDE else "inpatient"
    reports = _stays(person, setting, span[0], locations, shared, place)
    if status == "finished" and setting == "inpatient" and gone_home != DIED:
        end = span[1] if span[1].at or span[1].fault else When(fault=LEFT_BEFORE)
        detail = {"setting": "outpatient", "reason": "discharged"}
        reports.append(_stay(person, "end", end, detail, shared, f"{place}/period/end"))
    return Mapped(reports=reports)


def ward_of(sent: Sent) -> str | None:
    """The ward of an Encounter that goes on, as its sender calls it."""
    if sent.resource.get("status") != "in-progress":
        return None
    placed = [ward for _, ward, _, _ in _locations(sent) if ward is not None]
    return placed[-1] if placed else None


Located = tuple[str, str | None, str | None, When]
"""Place in the body, ward, bed, since when."""


def _stays(
    person: Person | None,
    setting: str,
    start: When,
    locations: list[Located],
    shared: dict[str, Any],
    place: str,
) -> list[Report]:
    dated = [each for each in locations if each[3].at is not None]
    if not dated:
        ward, bed = (locations[-1][1], locations[-1][2]) if locations else (None, None)
        detail = {"setting": setting, "unit": ward, "bed": bed}
        return [_stay(person, "", start, detail, shared, f"{place}/period/start")]
    found: list[Report] = []
    for where, ward, bed, since in sorted(dated, key=lambda each: str(each[3].at)):
        detail = {"setting": setting, "unit": ward, "bed": bed}
        # The first one begins the stay; a later one is known by when it begins.
        key = f"from {since.at:%Y-%m-%dT%H:%M:%SZ}" if found else ""
        found.append(_stay(person, key, since, detail, shared, where))
    return found


def _stay(
    person: Person | None,
    key: str,
    at: When,
    detail: dict[str, Any],
    shared: dict[str, Any],
    place: str,
) -> Report:
    told = {name: value for name, value in detail.items() if value is not None}
    return Report(
        what=STAY, key=key, detail=told, place=place, **shared, **whose(person), **time_of(at)
    )


def _locations(sent: Sent) -> list[Located]:
    """Every location that is or was the patient's."""
    reader, found = sent.reader, []
    for where, each in reader.tables(sent.resource, "location", sent.place):
        status = reader.code(each, "status", where, ("planned", "active", "reserved", "completed"))
        span = reader.period(each, "period", where) or (When(), When())
        element = reader.table(each, "location", where)
        if element is None or status in ("planned", "reserved"):
            continue
        ward, bed = _ward(sent, element, f"{where}/location")
        found.append((where, ward, bed, span[0]))
    return found


def _ward(sent: Sent, element: Element, where: str) -> tuple[str | None, str | None]:
    """Ward and bed: by the Location that came along, else by the words or id of the reference."""
    reader = sent.reader
    reference, shown = (
        reader.text(element, "reference", where),
        reader.text(element, "display", where),
    )
    location = sent.around.target(reference, sent.resource, sent.full_url)
    if location is None or location.get("resourceType") != "Location":
        return shown or (reference.rpartition("/")[2] if reference else None), None
    name = reader.text(location, "name", where)
    kind = reader.concept(location, "physicalType", where)
    upper = reader.table(location, "partOf", where)
    if kind is None or upper is None or not {"bd", "ro"} & {each.code for each in kind[0]}:
        return name or shown, None
    ward, _ = (
        _ward(sent, upper, f"{where}/partOf") if _is_once(sent, location, upper) else (None, None)
    )
    return ward, name


def _is_once(sent: Sent, location: Element, upper: Element) -> bool:
    """Does a Location lie in another one, and not in itself by a circle?"""
    seen = [location]
    while True:
        above = sent.around.target(upper.get("reference"), sent.resource, sent.full_url)
        if above is None:
            return True
        if any(above is each for each in seen) or len(seen) > 10:
            return False
        seen.append(above)
        found = above.get("partOf")
        if not isinstance(found, dict):
            return True
        upper = found


def _disposition(sent: Sent) -> str | None:
    reader = sent.reader
    stay = reader.table(sent.resource, "hospitalization", sent.place)
    if stay is None:
        return None
    found = reader.concept(stay, "dischargeDisposition", f"{sent.place}/hospitalization")
    return found[0][0].code if found is not None and found[0] else None
