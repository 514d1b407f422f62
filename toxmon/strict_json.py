"""JSON as plain data, read strictly: what two readers could read in two ways is refused.

Python's reader takes NaN, keeps the last of two equal names and breaks on deep nesting; each of
these could turn one patient's record into another. Numbers with a point become Decimal, so that
the text that was sent decides at a boundary.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any

DEEPEST = 32


class Unreadable(Exception):
    """Not readable as JSON; says why and where, and nothing of what stands there."""


def read(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises Unreadable."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(f"this is not UTF-8 (byte {error.start})") from error
    return read_text(text)


def read_text(text: str) -> Any:
    """The value of a JSON text. Raises Unreadable."""
    try:
        found = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"this is not JSON: {error.msg}, line {error.lineno} column {error.colno}"
        ) from error
    except RecursionError as error:
        raise Unreadable(f"this is nested deeper than {DEEPEST} levels") from error
    except (ValueError, InvalidOperation) as error:
        # A whole number of thousands of digits, or an exponent of dozens.
        raise Unreadable("this has a number that is too long") from error
    # Plain ASCII without escapes holds no odd character, and few brackets cannot nest deeply.
    if not text.isascii() or "\\u" in text or text.count("{") + text.count("[") > DEEPEST:
        _check(found, DEEPEST)
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f'the name "{_shown(twice)}" stands twice in one object')
    return found


def _constant(name: str) -> Any:
    raise Unreadable(f"{name} is not a number in JSON")


def _check(value: Any, depth: int) -> None:
    """Refuse what a database cannot hold, and nesting that later readers would break on."""
    if isinstance(value, str):
        if not value.isascii() or "\x00" in value:
            _check_text(value)
        return
    if not isinstance(value, dict | list):
        return
    if depth == 0:
        raise Unreadable(f"this is nested deeper than {DEEPEST} levels")
    if isinstance(value, dict):
        for name, each in value.items():
            if not name.isascii() or "\x00" in name:
                _check_text(name)
            _check(each, depth - 1)
    else:
        for each in value:
            _check(each, depth - 1)


def _check_text(value: str) -> None:
    if "\x00" in value:
        raise Unreadable("a text has a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("a text has half of a surrogate pair") from error


def _shown(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()[:40]


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_once)
