"""An Observation as sent: a result, a vital sign, a finding; each component is one of its own.

What it means is looked up by the core. Here its form is checked: the status, one value at most,
and that nothing is a number in one place and missing in another (obs-6, obs-7).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from toxmon.ehr.fhir.elements import Element, Quantity
from toxmon.ehr.fhir.sent import Mapped, Reading, Sent, effective, is_gone, whose
from toxmon.intake import hold
from toxmon.intake.hold import Hold
from toxmon.intake.reading import mapped_kind
from toxmon.intake.report import (
    CANCELLED,
    CORRECTED,
    FINAL,
    OBSERVATION,
    PENDING,
    PRELIMINARY,
    WITHDRAWN,
    Coding,
    Report,
)

STATES = {
    "registered": PENDING,
    "preliminary": PRELIMINARY,
    "final": FINAL,
    "amended": CORRECTED,
    "corrected": CORRECTED,
    "cancelled": CANCELLED,
    "entered-in-error": WITHDRAWN,
    "unknown": PENDING,
}
VALUES = ("valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean", "valueInteger")
NOT_READ = (
    "valueRange", "valueRatio", "valueSampledData", "valueTime", "valueDateTime", "valuePeriod"
)  # fmt: skip
MOST_COMPONENTS = 200


def read(sent: Sent, reading: Reading) -> Mapped:
    """The statements of an Observation: that of its value, and one of each component."""
    reader, resource, place = sent.reader, sent.resource, sent.place
    status = reader.code(resource, "status", place, tuple(STATES))
    reader.needed(status, f"{place}/status")
    state = STATES.get(status or "", PENDING)
    concept = reader.concept(resource, "code", place)
    reader.needed(concept, f"{place}/code")
    person = sent.person()
    if person is None and "subject" in resource:
        return Mapped(unused="it is not about a patient")
    if person is None and not is_gone(state):
        reader.refuse(f"{place}/subject", "is missing; send the patient that it is about")
    said_at, ordinal = sent.said("issued")
    shared: dict[str, Any] = {
        **whose(person),
        **effective(sent, "effective"),
        "state": state,
        "said_at": said_at,
        "ordinal": ordinal,
        "notes": reader.notes(resource, "note", place),
    }
    components = reader.tables(resource, "component", place)
    if len(components) > MOST_COMPONENTS:
        reader.refuse(f"{place}/component", f"has more than {MOST_COMPONENTS} repeats")
        components = []
    part = _Part(sent, reading, shared, state)
    if _has_value(resource) or not components:
        part.read(resource, place, "")
    own = {(each.system, each.code) for each in (concept or ((), None))[0]}
    for number, (where, component) in enumerate(components):
        codes = part.read(component, where, f"component {number}")
        if own & codes and _has_value(resource):  # obs-7
            reader.refuse(f"{where}/code", "is the code of the Observation, which has a value too")
    return Mapped(reports=part.reports, valueless=frozenset(part.valueless))


class _Part:
    """Reads what has a code and a value: the Observation itself, and each component."""

    def __init__(self, sent: Sent, reading: Reading, shared: dict[str, Any], state: str) -> None:
        self._sent, self._reading, self._shared, self._state = sent, reading, shared, state
        self.reports: list[Report] = []
        self.valueless: set[str] = set()

    def read(self, holder: Element, place: str, key: str) -> set[tuple[str, str]]:
        """Add the report of a part; returns its codes. The key of a component is its code."""
        reader = self._sent.reader
        concept = reader.concept(holder, "code", place)
        reader.needed(concept, f"{place}/code")
        codings, words = concept or ((), None)
        if key and codings:
            key = f"{codings[0].system}|{codings[0].code}"
            taken = {report.key for report in self.reports}
            key = next(k for k in (key, *(f"{key} {n}" for n in range(2, 999))) if k not in taken)
        value = _value(self._sent, holder, place)
        low, high = _range(self._sent, holder, place, value)
        quantity = value if isinstance(value, Quantity) else Quantity()
        report = Report(
            what=OBSERVATION,
            key=key,
            codings=codings,
            text=words,
            value=value.value if isinstance(value, Quantity) else value,
            unit_code=quantity.unit_code,
            unit_text=quantity.unit_text,
            low=low,
            high=high,
            place=place,
            detail=_interpretation(self._sent, holder, place),
            **self._shared,
        )
        self.reports.append(self._settled(report, holder, place))
        return {(each.system, each.code) for each in codings}

    def _settled(self, report: Report, holder: Element, place: str) -> Report:
        from dataclasses import replace

        reader = self._sent.reader
        absent = reader.concept(holder, "dataAbsentReason", place)
        name = reader.one_of(holder, "value", place)
        if absent is not None and name is not None and report.value is not None:  # obs-6
            reader.refuse(f"{place}/dataAbsentReason", f"stands beside {name}; send one of them")
        if name in NOT_READ and not is_gone(self._state):
            meant = mapped_kind(report, self._reading.codes)
            if not isinstance(meant, Hold) or meant.reason != hold.UNKNOWN_CODE:
                words = f"is not read for a quantity that is graded; send one of {_or(VALUES)}"
                reader.refuse(f"{place}/{name}", words)
        elif name is not None and name not in VALUES + NOT_READ:
            reader.refuse(f"{place}/{name}", f"is no value of R4; send one of {_or(VALUES)}")
        silent = report.value is None and not is_gone(self._state)
        if silent and (absent is not None or "hasMember" in holder):
            self.valueless.add(report.key or "")
            return replace(report, state=PENDING)
        return report


def _value(
    sent: Sent, holder: Element, place: str
) -> Quantity | int | bool | str | tuple[Coding, ...] | None:
    reader = sent.reader
    name = reader.one_of(holder, "value", place)
    if name == "valueQuantity":
        return reader.quantity(holder, name, place)
    if name == "valueString":
        return reader.text(holder, name, place, 1_000)
    if name == "valueBoolean":
        return reader.flag(holder, name, place)
    if name == "valueInteger":
        return reader.whole(holder, name, place)
    if name != "valueCodeableConcept":
        return None
    concept = reader.concept(holder, name, place)
    if concept is None:
        return None
    codings, words = concept
    return codings or words


def _range(
    sent: Sent, holder: Element, place: str, value: object
) -> tuple[Decimal | None, Decimal | None]:
    """The laboratory's own normal range, where it is in the unit of the value."""
    if not isinstance(value, Quantity):
        return None, None
    ends: list[tuple[Decimal | None, Decimal | None]] = []
    for where, each in sent.reader.tables(holder, "referenceRange", place):
        low, high = (sent.reader.quantity(each, name, where) for name in ("low", "high"))
        special = sent.reader.concept(each, "type", where)
        codes = {coding.code for coding in special[0]} if special is not None else {"normal"}
        if "normal" in codes and "appliesTo" not in each and "age" not in each:
            ends.append((_end(low, value), _end(high, value)))
    return ends[0] if len(ends) == 1 else (None, None)


def _end(end: Quantity | None, value: Quantity) -> Decimal | None:
    if end is None or not isinstance(end.value, Decimal | int):
        return None
    codes = {code for code in (end.unit_code, value.unit_code) if code is not None}
    texts = {text for text in (end.unit_text, value.unit_text) if text is not None}
    same = len(codes) == 1 if codes else len(texts) <= 1
    return Decimal(end.value) if same else None


def _interpretation(sent: Sent, holder: Element, place: str) -> dict[str, Any]:
    found = []
    for where, each in sent.reader.tables(holder, "interpretation", place):
        codings, words = sent.reader.concept_of(each, where)
        found += [coding.code for coding in codings] or ([words] if words else [])
    return {"interpretation": found} if found else {}


def _has_value(resource: Element) -> bool:
    return any(name.startswith("value") for name in resource) or "dataAbsentReason" in resource


def _or(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
