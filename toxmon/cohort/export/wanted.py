"""What is asked of a file of a cohort: which treatments, which tables and columns, in which form.

    product = "axi-cel"
    infused_from = "2025-01-01"
    crs_from = 2
    tocilizumab = true
    tables = ["courses", "gradings"]
    known_at = "2026-03-06T06:00:00Z"

Everything may be left out. `known_at` is the record as it was known then: with it the same file
comes out a year later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from typing import Any

import orjson

from toxmon.cohort.export.columns import CHOSEN, TABLES

DAYS, DATES = "days", "dates"
STUDY, NUMBERS = "study", "numbers"
CSV, NDJSON = "csv", "ndjson"
CHOICES = {"times": (DAYS, DATES), "ids": (STUDY, NUMBERS), "form": (CSV, NDJSON)}
PURPOSES = ("research", "quality", "registry", "authority")
"""Why a file says who somebody is or when they were treated."""
HIGHEST = {"crs_from": 5, "icans_from": 5}
LONGEST_NAME = 100


class FilterError(ValueError):
    """What is asked cannot be used; `faults` are (field, words)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("\n".join(f"{name}: {words}" for name, words in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question for a file. None is any."""

    product: str | None = None
    infused_from: date | None = None
    infused_to: date | None = None
    crs_from: int | None = None
    icans_from: int | None = None
    tocilizumab: bool | None = None
    tables: tuple[str, ...] = tuple(TABLES)
    columns: tuple[str, ...] = tuple(CHOSEN)
    times: str = DAYS
    ids: str = STUDY
    purpose: str | None = None
    form: str = CSV
    known_at: datetime | None = None

    @property
    def identifies(self) -> bool:
        """Does the file say who somebody is, or when they were treated?"""
        return self.ids == NUMBERS or self.times == DATES

    def at(self, now: datetime) -> Wanted:
        """The same, as known now where nothing else was said."""
        return self if self.known_at is not None else replace(self, known_at=now)


def read(sent: Mapping[str, Any]) -> Wanted:
    """A question from plain data. Raises FilterError with every fault."""
    faults: list[tuple[str, str]] = []
    known = {each.name for each in fields(Wanted)}
    faults += [
        (str(name), f"is not known; known are {', '.join(sorted(known))}")
        for name in sent
        if name not in known
    ]
    found: dict[str, Any] = {}
    for name in known & set(sent):
        value = sent[name]
        if value is None or value == "":
            continue
        try:
            found[name] = _one(name, value)
        except ValueError as error:
            faults.append((name, str(error)))
    begins, ends = found.get("infused_from"), found.get("infused_to")
    if begins and ends and ends < begins:
        faults.append(("infused_to", "is before infused_from"))
    wanted = Wanted(**found)
    if wanted.identifies and wanted.purpose is None:
        words = f"a file with numbers or dates says what for: {', '.join(PURPOSES)}"
        faults.append(("purpose", words))
    if faults:
        raise FilterError(faults)
    return wanted


def plain(wanted: Wanted) -> dict[str, Any]:
    """The same as plain data, which `read` takes again."""
    found = {each.name: _plain(getattr(wanted, each.name)) for each in fields(Wanted)}
    return {name: value for name, value in found.items() if value is not None}


def as_toml(wanted: Wanted) -> str:
    """The same as a file for `toxmon export cohort`."""
    # A text, a number, yes or no and a list of texts are written alike in JSON and TOML.
    return "".join(
        f"{name} = {orjson.dumps(value).decode()}\n" for name, value in plain(wanted).items()
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _one(name: str, value: Any) -> Any:
    """A field as it is kept. Raises ValueError in words."""
    if name == "product":
        return _text(value)
    if name in ("infused_from", "infused_to"):
        return _day(value)
    if name in HIGHEST:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= HIGHEST[name]:
            raise ValueError(f"write a grade from 1 to {HIGHEST[name]}")
        return value
    if name == "tocilizumab":
        if not isinstance(value, bool):
            raise ValueError("write true or false")
        return value
    if name == "tables":
        return _some(value, list(TABLES))
    if name == "columns":
        return _some(value, CHOSEN)
    if name == "known_at":
        return _instant(value)
    options = PURPOSES if name == "purpose" else CHOICES[name]
    if value not in options:
        raise ValueError(f"write one of: {', '.join(options)}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_NAME or not value.isprintable():
        raise ValueError(f"write a name of at most {LONGEST_NAME} characters")
    return value


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("write a date such as 2026-03-06") from None


def _instant(value: Any) -> datetime:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError
        return found.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("write an instant such as 2026-03-06T06:00:00Z") from None


def _some(value: Any, options: list[str]) -> tuple[str, ...]:
    """Those that were chosen, in our order, so that the order of a form changes nothing."""
    if not isinstance(value, list | tuple) or not all(each in options for each in value):
        raise ValueError(f"write a list of some of: {', '.join(options)}")
    return tuple(each for each in options if each in value)
