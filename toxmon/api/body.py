"""The body of a request as plain data, read strictly.

Python's reader takes NaN, keeps the last of two equal names and breaks on deep nesting; each of
these could turn one patient's record into another. Numbers with a point become Decimal, so that
the text that was sent decides at a boundary.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

DEEPEST = 32


class BadBody(Exception):
    """Not readable as JSON; says why and where."""


def read_json(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises BadBody."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadBody(f"the body is not UTF-8 (byte {error.start})") from error
    try:
        read = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise BadBody(
            f"the body is not JSON: {error.msg}, line {error.lineno} column {error.colno}"
        ) from error
    except RecursionError as error:
        raise BadBody(f"the body is nested deeper than {DEEPEST} levels") from error
    except ValueError as error:  # A whole number of thousands of digits.
        raise BadBody("the body has a number that is too long") from error
    _check(read, DEEPEST)
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadBody(f'the name "{_shown(twice)}" stands twice in one object')
    return read


def _constant(name: str) -> Any:
    raise BadBody(f"{name} is not a number in JSON")


def _check(value: Any, depth: int) -> None:
    """Refuse what a database cannot hold, and nesting that later readers would break on."""
    if isinstance(value, str):
        if not value.isascii() or "\x00" in value:
            _check_text(value)
        return
    if not isinstance(value, dict | list):
        return
    if depth == 0:
        raise BadBody(f"the body is nested deeper than {DEEPEST} levels")
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
        raise BadBody("a text in the body has a NUL character")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadBody("a text in the body has half of a surrogate pair") from error


def _shown(name: str) -> str:
    return name.encode("ascii", "backslashreplace").decode()[:40]


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_constant, object_pairs_hook=_once)
