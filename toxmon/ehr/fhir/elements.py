"""The data types of FHIR R4 as they are read: every fault is noted with its place, none is raised.

An element that is absent is None. One that is there and is not what FHIR lets it be is a fault; the
caller refuses the resource once all of it was looked at. Nothing is rounded and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from toxmon.actions import Fault
from toxmon.intake.report import Coding, Identifier

UCUM = "http://unitsofmeasure.org"
COMPARATORS = ("<", "<=", ">=", ">")
LONGEST_TEXT = 4_000
LONGEST_NAME = 500
MOST_REPEATS = 1_000
DECIMAL_DIGITS = 40
YEARS = range(1850, 2300)

_DAY = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)
_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?(Z|[+-](0\d|1[0-4]):[0-5]\d)?",
    re.ASCII,
)
_ZONED = re.compile(r"(Z|[+-]\d\d:\d\d)$", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)

Element = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class When:
    """An instant, or why there is none, in words for a person; both None when nothing was sent."""

    at: datetime | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """An amount as sent. `value` is a number, or a text with its comparator such as "<0.1"."""

    value: Decimal | int | str | None = None
    unit_code: str | None = None
    unit_text: str | None = None


class Reader:
    """Collects the faults of a body; places are JSON pointers into it."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def refuse(self, place: str, detail: str) -> None:
        """Note a fault, once."""
        fault = Fault(place, detail)
        if fault not in self.faults:
            self.faults.append(fault)

    def table(self, holder: Element, name: str, place: str) -> Element | None:
        """An element with parts of its own."""
        value = holder.get(name)
        if name not in holder:
            return None
        if isinstance(value, dict) and value:
            return value
        self.refuse(f"{place}/{name}", "is not an object with something in it; leave it out")
        return None

    def tables(self, holder: Element, name: str, place: str) -> list[tuple[str, Element]]:
        """(place, element) of each repeat of an element with parts of its own."""
        found: list[tuple[str, Element]] = []
        for where, value in self._items(holder, name, place):
            if isinstance(value, dict) and value:
                found.append((where, value))
            else:
                self.refuse(where, "is not an object with something in it; leave it out")
        return found

    def text(
        self, holder: Element, name: str, place: str, longest: int = LONGEST_NAME
    ) -> str | None:
        """A text without blanks around it."""
        value = holder.get(name)
        if name not in holder:
            return None
        if isinstance(value, str) and value.strip() and len(value) <= longest:
            return value.strip()
        self.refuse(f"{place}/{name}", f"is not a text of 1 to {longest} characters")
        return None

    def code(self, holder: Element, name: str, place: str, known: tuple[str, ...]) -> str | None:
        """A code of a required value set."""
        value = self.text(holder, name, place)
        if value is not None and value not in known:
            self.refuse(f"{place}/{name}", f"is not one of {', '.join(known)}")
            return None
        return value

    def needed(self, value: Any, place: str) -> None:
        """Note a fault for an element that must be there and is not, once its own are noted."""
        if value is None and not any(fault.pointer.startswith(place) for fault in self.faults):
            self.refuse(place, "is missing")

    def flag(self, holder: Element, name: str, place: str) -> bool | None:
        """true or false."""
        if name not in holder:
            return None
        value = holder[name]
        if isinstance(value, bool):
            return value
        self.refuse(f"{place}/{name}", "is not true or false")
        return None

    def whole(self, holder: Element, name: str, place: str) -> int | None:
        """A whole number."""
        if name not in holder:
            return None
        value = holder[name]
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31:
            return value
        self.refuse(f"{place}/{name}", "is not a whole number, written without quotes")
        return None

    def number(self, holder: Element, name: str, place: str) -> Decimal | int | None:
        """A decimal as it was written. A number in quotes is none."""
        if name not in holder:
            return None
        value = holder[name]
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and _is_sane(value):
            return value
        self.refuse(f"{place}/{name}", "is not a number, written without quotes")
        return None

    def coding(self, element: Element, place: str) -> Coding | None:
        """A Coding with a code; one of words alone is none."""
        code = self.text(element, "code", place)
        system = self.text(element, "system", place)
        display = self.text(element, "display", place, LONGEST_TEXT)
        return None if code is None else Coding(system or "", code, display)

    def concept(
        self, holder: Element, name: str, place: str
    ) -> tuple[tuple[Coding, ...], str | None] | None:
        """Codes and words of a CodeableConcept; None where it is absent."""
        found = self.table(holder, name, place)
        return None if found is None else self.concept_of(found, f"{place}/{name}")

    def concept_of(self, concept: Element, place: str) -> tuple[tuple[Coding, ...], str | None]:
        """Codes and words of this CodeableConcept; the words of a code where it has none."""
        read = [self.coding(each, where) for where, each in self.tables(concept, "coding", place)]
        codings = tuple(each for each in read if each is not None)
        words = self.text(concept, "text", place, LONGEST_TEXT)
        if words is None:
            shown = (each.get("display") for _, each in self.tables(concept, "coding", place))
            words = next((each for each in shown if isinstance(each, str) and each.strip()), None)
        return codings, words

    def quantity(self, holder: Element, name: str, place: str) -> Quantity | None:
        """A Quantity; its code only where it is of UCUM, and its words beside it."""
        found = self.table(holder, name, place)
        if found is None:
            return None
        place = f"{place}/{name}"
        number = self.number(found, "value", place)
        comparator = self.code(found, "comparator", place, COMPARATORS)
        unit = self.text(found, "unit", place)
        system, code = self.text(found, "system", place), self.text(found, "code", place)
        value: Decimal | int | str | None = number
        if comparator is not None:
            if number is None:
                self.refuse(f"{place}/value", "is missing beside a comparator")
            else:
                value = f"{comparator}{Decimal(number):f}"
        if system == UCUM:
            return Quantity(value=value, unit_code=code, unit_text=unit)
        # A code of another system, or of none, is words: only a spelling that is known is read.
        return Quantity(value=value, unit_text=unit or code)

    def when(self, holder: Element, name: str, place: str) -> When:
        """A dateTime or instant. A day has no instant, and neither has a time without an offset."""
        if name not in holder:
            return When()
        value = holder[name]
        if not isinstance(value, str):
            self.refuse(f"{place}/{name}", "is not a text")
            return When()
        if _DAY.fullmatch(value):
            return When(fault="it was sent with a day and no time of day")
        if _TIME.fullmatch(value) is None:
            self.refuse(
                f"{place}/{name}",
                "is not a dateTime of FHIR; send one such as 2026-03-01T08:00:00+01:00",
            )
            return When()
        if _ZONED.search(value) is None:
            return When(fault="it was sent with a time of day and no offset from UTC")
        return self._instant(value, f"{place}/{name}")

    def _instant(self, value: str, place: str) -> When:
        # Python keeps microseconds, and has no leap second.
        shorter = re.sub(r"(\.\d{6})\d+", r"\1", value)
        if shorter[17:19] == "60":
            self.refuse(place, "is a leap second; send the second before it or after it")
            return When()
        try:
            at = datetime.fromisoformat(shorter)
            return When(at.astimezone(UTC)) if at.year in YEARS else self._no_day(place)
        except (ValueError, OverflowError):
            return self._no_day(place)

    def _no_day(self, place: str) -> When:
        self.refuse(place, "is no day of the calendar that a patient here can have")
        return When()

    def period(self, holder: Element, name: str, place: str) -> tuple[When, When] | None:
        """Beginning and end of a Period."""
        found = self.table(holder, name, place)
        if found is None:
            return None
        place = f"{place}/{name}"
        start, end = self.when(found, "start", place), self.when(found, "end", place)
        if start.at is not None and end.at is not None and end.at < start.at:
            self.refuse(f"{place}/end", "lies before start")
        return start, end

    def identifiers(
        self, holder: Element, name: str, place: str
    ) -> list[tuple[Identifier, Element]]:
        """Identifiers that have a value, each with the element that it was read from."""
        found = []
        for where, each in self.tables(holder, name, place):
            identifier = self.identifier(each, where)
            if identifier is not None:
                found.append((identifier, each))
        return found

    def identifier(self, element: Element, place: str) -> Identifier | None:
        """An Identifier that has a value; its system is empty where it says none."""
        value = self.text(element, "value", place)
        system = self.text(element, "system", place)
        return None if value is None else Identifier(system or "", value)

    def notes(self, holder: Element, name: str, place: str) -> tuple[str, ...]:
        """The words of annotations."""
        read = [
            self.text(each, "text", where, LONGEST_TEXT)
            for where, each in self.tables(holder, name, place)
        ]
        return tuple(each for each in read if each is not None)

    def one_of(self, holder: Element, stem: str, place: str) -> str | None:
        """The name of the one element `stem[x]` that is there, such as valueQuantity.

        What is sent as two types at once is a fault.
        """
        names = sorted(
            name
            for name in holder
            if name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper()
        )
        if len(names) > 1:
            self.refuse(f"{place}/{names[1]}", f"stands beside {names[0]}; send one of them")
        return names[0] if names else None

    def _items(self, holder: Element, name: str, place: str) -> Iterator[tuple[str, Any]]:
        value = holder.get(name)
        if name not in holder:
            return
        if not isinstance(value, list) or not value:
            self.refuse(f"{place}/{name}", "is not a list with something in it; leave it out")
            return
        if len(value) > MOST_REPEATS:
            self.refuse(f"{place}/{name}", f"has more than {MOST_REPEATS} repeats")
            return
        for number, each in enumerate(value):
            yield f"{place}/{name}/{number}", each


def is_id(value: object) -> bool:
    """Is this the id of a resource as FHIR lets it be?"""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_sane(value: Decimal | int) -> bool:
    number = Decimal(value) if isinstance(value, Decimal) or abs(value) < 10**30 else None
    return (
        number is not None
        and number.is_finite()
        and len(number.as_tuple().digits) <= DECIMAL_DIGITS
        and abs(number.adjusted()) <= DECIMAL_DIGITS
    )
