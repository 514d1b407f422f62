"""Lists by pages, with a cursor that only we can read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon.actions import Fault, Refused

LARGEST = 2**53
LONGEST = 100


def cursor_of(values: list[Any]) -> str:
    """A cursor that points behind these values."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def read_cursor(cursor: str | None, *forms: Callable[[Any], Any]) -> list[Any] | None:
    """The values of a cursor, each read by its form, or None without one.

    Raises Refused for one that is not ours: a database must not be asked with anything else.
    """
    if cursor is None:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list) or len(values) != len(forms):
            raise ValueError
        return [form(value) for form, value in zip(forms, values, strict=True)]
    except (binascii.Error, ValueError) as error:
        words = "is not a cursor that this list gave; begin without one"
        raise Refused(Fault("/cursor", words)) from error


def number(value: Any) -> int:
    """A place in an order. Raises ValueError."""
    if type(value) is not int or not 0 <= value < LARGEST:
        raise ValueError
    return int(value)


def name(value: Any) -> str:
    """An id. Raises ValueError."""
    if not isinstance(value, str) or len(value) > LONGEST or not value.isprintable():
        raise ValueError
    return value


def instant(value: Any) -> datetime:
    """An instant in UTC, as all cursors have them. Raises ValueError.

    PostgreSQL refuses offsets that Python takes: +16:00, and such with a fraction of a second.
    """
    at = datetime.fromisoformat(name(value))
    if at.utcoffset() != timedelta(0) or not 1900 <= at.year < 2200:
        raise ValueError
    return at
