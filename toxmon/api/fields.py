"""Fields of what is sent: their form and range, no medicine."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from toxmon.actions.naming import fault_of_name

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""No patient of ours was treated before, and nobody plans beyond; a year outside is a slip."""
INSTANT_WORDS = "is not an instant; send RFC 3339 with an offset, such as 2026-03-01T10:00:00+01:00"


def parse_instant(text: Any) -> datetime:
    """An aware instant in UTC. Raises ValueError with words for a person."""
    if not isinstance(text, str):
        raise ValueError(INSTANT_WORDS)
    return _parse(text)


@lru_cache(maxsize=256)  # The lines of a batch are mostly of the same few instants.
def _parse(text: str) -> datetime:
    if not RFC3339.fullmatch(text):
        if re.fullmatch(r"[\dT:. -]+", text) and len(text) > 10:
            raise ValueError("has no offset from UTC; send one, such as Z or +01:00")
        raise ValueError(INSTANT_WORDS)
    if text.endswith("-00:00"):
        raise ValueError("has the offset -00:00, which means unknown; send the true one")
    if text[11:13] == "24":  # Some readers take it for the next day.
        raise ValueError("is not a time of the calendar")
    point = text.find(".")
    if point > 0:  # More digits than a microsecond has are cut, not rounded into the next second.
        end = next(i for i, c in enumerate(text) if i > point and not c.isdecimal())
        text = text[: min(end, point + 7)] + text[end:]
    try:
        instant = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("is not a time of the calendar") from error
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"is not in a year from {FIRST_YEAR} to {LAST_YEAR}")
    return instant


def documented(kwargs: dict[str, Any], **schema: Any) -> dict[str, Any]:
    """The arguments of a field, with what OpenAPI says of it."""
    return {**kwargs, "metadata": {**schema, **kwargs.get("metadata", {})}}


class Instant(fields.Field):
    """RFC 3339 with an offset; an aware datetime in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**documented(kwargs, type="string", format="date-time"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        try:
            return parse_instant(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Day(fields.Field):
    """A calendar date, YYYY-MM-DD."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**documented(kwargs, type="string", format="date"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            try:
                return datetime.fromisoformat(value).date()
            except ValueError:
                pass
        raise ValidationError("is not a date; send YYYY-MM-DD, such as 1961-05-02")


class Words(fields.String):
    """Text of 1 to `most` characters that is not only blanks."""

    def __init__(self, most: int = 200, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(1, most), self._not_blank], **kwargs)

    @staticmethod
    def _not_blank(value: str) -> None:
        if not value.strip():
            raise ValidationError("is blank")


class Name(Words):
    """Text by which something is found again: one line, and every character of it can be seen."""

    def __init__(self, most: int = 200, *, of_person: bool = False, **kwargs: Any) -> None:
        super().__init__(most, **kwargs)
        self.of_person = of_person
        self.validators.append(self._to_be_seen)

    def _to_be_seen(self, value: str) -> None:
        fault = fault_of_name(value, of_person=self.of_person) if value.strip() else None
        if fault is not None:
            raise ValidationError(fault)


class YesNo(fields.Field):
    """true or false, and nothing that looks like it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**documented(kwargs, type="boolean"))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("is not a yes or no; send true or false")
        return value


class Whole(fields.Integer):
    """A whole number as a query parameter: digits, and nothing that Python would also take."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,9}", value):
            raise ValidationError("is not a whole number")
        return int(value)


class Page(Schema):
    """Where in a list, and how much of it."""

    limit = Whole(load_default=100, validate=validate.Range(1, 500))
    cursor = fields.String(load_default=None)
