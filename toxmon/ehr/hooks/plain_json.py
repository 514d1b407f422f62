"""Our own JSON for systems without a standard of their own: observations and doses of one patient.

    {"patient": {"system": "urn:mrn", "value": "A1"},
     "observations": [{"id": "r-17", "code": {"system": "http://loinc.org", "code": "8310-5"},
                       "value": 38.6, "unit": "Cel", "effective_at": "2026-03-03T08:00:00Z"}],
     "doses": [{"id": "d-1", "medication": "tocilizumab", "value": 560, "unit": "mg", "route": "iv",
                "given_at": "2026-03-03T09:00:00Z"}]}

Codes, units and drugs are read as those of every other source; what they mean is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from toxmon.actions import Fault, Refused
from toxmon.actions.received import Arrival
from toxmon.intake.report import (
    DOSE,
    FINAL,
    OBSERVATION,
    RANKS,
    Coding,
    Identifier,
    Report,
)

MOST = 500
LONGEST = 500
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
PATIENT = frozenset({"system", "value", "identifiers", "name", "birth_date", "sex", "ward"})
SAID = ("id", "status", "issued_at", "code", "codes", "text", "value", "unit", "notes")
OBSERVED = frozenset({*SAID, "effective_at", "until_at", "low", "high"})
GIVEN = frozenset({*SAID, "given_at", "until_at", "medication", "route", "course"})
SEXES = ("female", "male", "other", "unknown")
COURSES = ("started", "completed", "stopped")


class _Reader:
    """Reads fields, and remembers every fault with its place."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def wrong(self, place: str, words: str) -> None:
        self.faults.append(Fault(place, words))

    def known(self, place: str, table: Mapping[str, Any], names: Iterable[str]) -> None:
        """Every field is a known one."""
        allowed = sorted(names)
        for name in table:
            if name not in allowed:
                step = name.replace("~", "~0").replace("/", "~1")
                self.wrong(f"{place}/{step}", f"is not known; known are {', '.join(allowed)}")

    def text(self, place: str, value: Any, *, needed: bool = False) -> str | None:
        """A text, or None where there is none."""
        if value is None and not needed:
            return None
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
            self.wrong(place, f"write a text of 1 to {LONGEST} characters")
            return None
        return value

    def one_of(self, place: str, value: Any, words: Iterable[str]) -> str | None:
        """One of these words, or None where there is none."""
        if value is not None and (not isinstance(value, str) or value not in words):
            self.wrong(place, f"write one of {', '.join(words)}")
            return None
        found: str | None = value
        return found

    def instant(self, place: str, value: Any, *, needed: bool = False) -> datetime | None:
        """A time with its offset, or None where there is none."""
        if value is None and not needed:
            return None
        try:
            if isinstance(value, str) and INSTANT.fullmatch(value):
                found = datetime.fromisoformat(value.upper())
                return found.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        self.wrong(place, "write a time with its offset, such as 2026-03-03T08:00:00+01:00")
        return None

    def number(self, place: str, value: Any) -> Decimal | None:
        """A number, or None where there is none."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.wrong(place, "write a number")
            return None
        return Decimal(value)

    def table(self, place: str, value: Any) -> dict[str, Any]:
        """An object; an empty one, and a fault, for anything else."""
        if isinstance(value, dict):
            return value
        self.wrong(place, "write an object")
        return {}

    def listed(self, place: str, value: Any) -> list[Any]:
        """A list of not too many; an empty one, and a fault, for anything else."""
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > MOST:
            self.wrong(place, f"write a list of at most {MOST}")
            return []
        return value


def read_plain(body: Any) -> tuple[tuple[Report, ...], tuple[Arrival, ...]]:
    """The statements of a message, and the patient where it tells more than a number.

    Raises Refused with every fault and its pointer.
    """
    reader = _Reader()
    sent = reader.table("", body)
    reader.known("", sent, ("patient", "observations", "doses"))
    patient, arrivals = _patient(reader, sent.get("patient"))
    reports = [
        _said(reader, f"/observations/{place}", each, patient, OBSERVATION)
        for place, each in enumerate(reader.listed("/observations", sent.get("observations")))
    ]
    reports += [
        _said(reader, f"/doses/{place}", each, patient, DOSE)
        for place, each in enumerate(reader.listed("/doses", sent.get("doses")))
    ]
    if not reports and not arrivals and not reader.faults:
        reader.wrong("", "says nothing: write observations or doses, or who the patient is")
    if reader.faults:
        raise Refused(*reader.faults)
    return tuple(reports), arrivals


def _patient(reader: _Reader, sent: Any) -> tuple[tuple[Identifier, ...], tuple[Arrival, ...]]:
    """The numbers of the patient; and an arrival, where name, birth date, sex or ward are told."""
    place = "/patient"
    table = reader.table(place, sent)
    if not isinstance(sent, dict):
        return (), ()
    reader.known(place, table, PATIENT)
    listed = reader.listed(f"{place}/identifiers", table.get("identifiers"))
    pairs = [(f"{place}/identifiers/{number}", each) for number, each in enumerate(listed)]
    if "system" in table or "value" in table or not listed:
        pairs.insert(0, (place, table))
    numbers = []
    for where, pair in pairs:
        each = reader.table(where, pair)
        system = reader.text(f"{where}/system", each.get("system"), needed=True)
        value = reader.text(f"{where}/value", each.get("value"), needed=True)
        if system is not None and value is not None:
            numbers.append(Identifier(system, value))
    told = {name: table.get(name) for name in ("name", "birth_date", "sex", "ward")}
    if not any(each is not None for each in told.values()):
        return tuple(numbers), ()
    arrival = Arrival(
        identifiers=tuple(numbers),
        name=reader.text(f"{place}/name", told["name"]),
        birth_date=_day(reader, f"{place}/birth_date", told["birth_date"]),
        sex=reader.one_of(f"{place}/sex", told["sex"], SEXES),
        ward=reader.text(f"{place}/ward", told["ward"]),
        place=place,
    )
    return tuple(numbers), (arrival,)


def _day(reader: _Reader, place: str, value: Any) -> date | None:
    if value is None:
        return None
    try:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return date.fromisoformat(value)
    except ValueError:
        pass
    reader.wrong(place, "write a day such as 1961-05-02")
    return None


def _said(
    reader: _Reader, place: str, sent: Any, patient: tuple[Identifier, ...], what: str
) -> Report:
    """A statement. What has faults is never used."""
    table = reader.table(place, sent)
    reader.known(place, table, GIVEN if what == DOSE else OBSERVED)
    state = reader.one_of(f"{place}/status", table.get("status", FINAL), RANKS) or FINAL
    codings = _codings(reader, place, table)
    text = reader.text(f"{place}/text", table.get("text"))
    at = "given_at" if what == DOSE else "effective_at"
    unit = reader.text(f"{place}/unit", table.get("unit"))
    listed = reader.listed(f"{place}/notes", table.get("notes"))
    notes = [reader.text(f"{place}/notes/{n}", each, needed=True) for n, each in enumerate(listed)]
    detail: dict[str, Any] = {}
    value = None
    if what == DOSE:
        detail = _dose(reader, place, table, unit)
        nameless = not codings and text is None and detail["medication"] is None
    else:
        value = _value(reader, f"{place}/value", table.get("value"))
        nameless = not codings and text is None
    if nameless and isinstance(sent, dict):
        reader.wrong(f"{place}/code", "is missing: write its system and its code")
    return Report(
        what=what,
        patient=patient,
        key=reader.text(f"{place}/id", table.get("id")),
        codings=codings,
        text=text,
        value=value,
        unit_text=unit if what == OBSERVATION else None,
        low=reader.number(f"{place}/low", table.get("low")),
        high=reader.number(f"{place}/high", table.get("high")),
        effective_at=reader.instant(f"{place}/{at}", table.get(at), needed=isinstance(sent, dict)),
        until_at=reader.instant(f"{place}/until_at", table.get("until_at")),
        state=state,
        said_at=reader.instant(f"{place}/issued_at", table.get("issued_at")),
        detail=detail,
        notes=tuple(note for note in notes if note is not None),
        place=place,
        resource=place,
    )


def _dose(
    reader: _Reader, place: str, table: Mapping[str, Any], unit: str | None
) -> dict[str, Any]:
    amount = reader.number(f"{place}/value", table.get("value"))
    return {
        "medication": reader.text(f"{place}/medication", table.get("medication")),
        "dose": None if amount is None else {"value": amount, "unit": unit},
        "route": reader.text(f"{place}/route", table.get("route")),
        "status": reader.one_of(f"{place}/course", table.get("course"), COURSES),
    }


def _codings(reader: _Reader, place: str, table: Mapping[str, Any]) -> tuple[Coding, ...]:
    """`code` is one, `codes` are several that all mean the same."""
    pairs = [(f"{place}/code", table["code"])] if table.get("code") is not None else []
    listed = reader.listed(f"{place}/codes", table.get("codes"))
    pairs += [(f"{place}/codes/{number}", each) for number, each in enumerate(listed)]
    found = (_coding(reader, where, each) for where, each in pairs)
    return tuple(each for each in found if each is not None)


def _coding(reader: _Reader, place: str, sent: Any) -> Coding | None:
    table = reader.table(place, sent)
    reader.known(place, table, ("system", "code", "display"))
    system = reader.text(f"{place}/system", table.get("system"), needed=True)
    code = reader.text(f"{place}/code", table.get("code"), needed=True)
    display = reader.text(f"{place}/display", table.get("display"))
    return Coding(system, code, display) if system is not None and code is not None else None


def _value(reader: _Reader, place: str, value: Any) -> Any:
    """A number, yes or no, a word, or coded answers."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str):
        return reader.text(place, value)
    if isinstance(value, dict):
        coding = _coding(reader, place, value)
        return None if coding is None else (coding,)
    if isinstance(value, list) and value:
        found = [_coding(reader, f"{place}/{n}", each) for n, each in enumerate(value)]
        return tuple(each for each in found if each is not None)
    reader.wrong(place, "write a number, true or false, a word, or {system, code}")
    return None
