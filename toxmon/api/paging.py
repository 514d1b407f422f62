"""Lists by pages, with a cursor that only we can read."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from toxmon.actions import Fault, Refused


def cursor_of(values: list[Any]) -> str:
    """A cursor that points behind these values."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def read_cursor(cursor: str | None, *forms: type) -> list[Any] | None:
    """The values of a cursor, or None without one. Raises Refused for one that is not ours."""
    if cursor is None:
        return None
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        values = None
    if not isinstance(values, list) or [type(value) for value in values] != list(forms):
        raise Refused(Fault("/cursor", "is not a cursor that this list gave; begin without one"))
    return values
