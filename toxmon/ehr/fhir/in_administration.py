"""A MedicationAdministration as sent: a dose that was given, or a drug that runs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from toxmon.ehr.fhir.drug_ways import way_of
from toxmon.ehr.fhir.elements import Element, Quantity
from toxmon.ehr.fhir.sent import Mapped, Reading, Sent, effective, is_gone, whose
from toxmon.intake.drugs import OF_MASS
from toxmon.intake.report import (
    CANCELLED,
    DOSE,
    FINAL,
    PENDING,
    PRELIMINARY,
    WITHDRAWN,
    Coding,
    Report,
)

# One that goes on is said to be preliminary: whatever ends it comes after it, however late it is.
STATES = {
    "in-progress": PRELIMINARY,
    "not-done": CANCELLED,
    "on-hold": PENDING,
    "completed": FINAL,
    "entered-in-error": WITHDRAWN,
    "stopped": FINAL,
    "unknown": PENDING,
}
AS_CHARTED = {"in-progress": "started", "completed": "completed", "stopped": "stopped"}
Named = tuple[tuple[Coding, ...], str | None]


def read(sent: Sent, reading: Reading) -> Mapped:
    """The dose, by what was given, to whom, when, how much and by which way."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    status = reader.code(resource, "status", place, tuple(STATES))
    reader.needed(status, f"{place}/status")
    state = STATES.get(status or "", PENDING)
    name = reader.one_of(resource, "medication", place)
    if name not in ("medicationCodeableConcept", "medicationReference"):
        if name is not None:
            sent.refuse(name, "is no medication of R4")
        elif not is_gone(state):
            sent.refuse("medication[x]", "is missing")
    codings, words = _medication(sent)
    person = sent.person()
    if person is None and "subject" in resource:
        return Mapped(unused="it is not about a patient")
    if person is None and not is_gone(state):
        sent.refuse("subject", "is missing; send the patient that it was given to")
    times = effective(sent, "effective")
    if "effective_at" not in times and times.get("time_fault") is None and not is_gone(state):
        sent.refuse("effective[x]", "is missing")
    said_at, ordinal = sent.said()
    report = Report(
        what=DOSE,
        key="",
        codings=codings,
        text=words,
        state=state,
        said_at=said_at,
        ordinal=ordinal,
        detail=_detail(sent, AS_CHARTED.get(status or "")),
        notes=reader.notes(resource, "note", place),
        place=place,
        **whose(person),
        **times,
    )
    return Mapped(reports=[report])


def _medication(sent: Sent) -> Named:
    """Codes and words of the drug: said here, or in a Medication that came along."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    concept = reader.concept(resource, "medicationCodeableConcept", place)
    if concept is not None:
        return concept
    element = reader.table(resource, "medicationReference", place)
    if element is None:
        return (), None
    where = f"{place}/medicationReference"
    reference = reader.text(element, "reference", where)
    display = reader.text(element, "display", where)
    medication = sent.around.target(reference, resource, sent.full_url)
    if medication is None:
        if reference is not None and reference.startswith(("#", "urn:")):
            reader.refuse(f"{where}/reference", "leads to nothing that came along")
        return (), display
    if medication.get("resourceType") != "Medication":
        reader.refuse(f"{where}/reference", "is not a Medication")
        return (), display
    found = reader.concept(medication, "code", where)
    return found if found is not None else (_ingredients(sent, medication, where), display)


def _ingredients(sent: Sent, medication: Element, place: str) -> tuple[Coding, ...]:
    """What a mixture without a name of its own is made of: a drug among them and its diluent."""
    found: tuple[Coding, ...] = ()
    for where, each in sent.reader.tables(medication, "ingredient", place):
        concept = sent.reader.concept(each, "itemCodeableConcept", where)
        found = (*found, *(concept[0] if concept is not None else ()))
    return found


def _detail(sent: Sent, status: str | None) -> dict[str, Any]:
    reader = sent.reader
    dosage = reader.table(sent.resource, "dosage", sent.place) or {}
    place = f"{sent.place}/dosage"
    way = reader.concept(dosage, "route", place)
    detail: dict[str, Any] = {
        "dose": _amount(reader.quantity(dosage, "dose", place)),
        "route": None if way is None else way_of(*way),
        "status": status,
        "rate": _rate(sent, dosage, place),
    }
    if way is not None and detail["route"] is None:
        detail["route_as_sent"] = way[1] or ", ".join(each.code for each in way[0])
    return {name: value for name, value in detail.items() if value is not None}


def _amount(quantity: Quantity | None) -> dict[str, Any] | None:
    """An amount with its unit as sent. One whose code and words are different units has neither."""
    if quantity is None or quantity.value is None:
        return None
    code, text = quantity.unit_code, quantity.unit_text
    unit = code or text
    if code is not None and text is not None:
        by_text = OF_MASS.get(text.casefold())
        if by_text is not None and by_text != OF_MASS.get(code.casefold()):
            unit = f"{code} by code and {text} by words"
    return {"value": quantity.value, "unit": unit}


def _rate(sent: Sent, dosage: Element, place: str) -> dict[str, Any] | None:
    """How fast it ran, as sent; it is shown and nothing is worked out from it."""
    name = sent.reader.one_of(dosage, "rate", place)
    if name == "rateQuantity":
        return _plain(sent.reader.quantity(dosage, name, place))
    if name != "rateRatio":
        return None
    ratio = sent.reader.table(dosage, name, place) or {}
    above, below = (
        _plain(sent.reader.quantity(ratio, part, f"{place}/{name}"))
        for part in ("numerator", "denominator")
    )
    return {"numerator": above, "denominator": below}


def _plain(quantity: Quantity | None) -> dict[str, Any] | None:
    if quantity is None:
        return None
    value = quantity.value
    told = str(value) if isinstance(value, Decimal) else value
    return {"value": told, "unit": quantity.unit_code or quantity.unit_text}
