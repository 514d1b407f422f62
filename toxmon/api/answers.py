"""Plain data as the JSON of an answer."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request
from werkzeug.datastructures import Headers

from toxmon.grading.facts import Bounds

NOT_TO_BE_KEPT = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""What every answer says: it is about patients, and no browser is to guess its form."""
AS_JSON = Headers([("Content-Type", "application/json"), *NOT_TO_BE_KEPT.items()])
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def to_json(plain: Any) -> bytes:
    """JSON in UTF-8; a Decimal becomes the nearest number, an instant RFC 3339 in UTC with Z."""
    return orjson.dumps(plain, default=_plain, option=OPTIONS)


def reply(status: int, plain: Any) -> Response:
    """An answer with a JSON body. A page of a list says in its Link header too what comes next."""
    answer = send(status, to_json(plain))
    if isinstance(plain, dict) and "items" in plain and plain.get("next"):
        answer.headers["Link"] = f'<{_next_page(plain["next"])}>; rel="next"'
    return answer


def send(status: int, body: bytes) -> Response:
    """An answer with a JSON body that is bytes already."""
    return Response(body, status, headers=Headers(AS_JSON))


def number(value: Decimal) -> int | float:
    """The nearest JSON number. The exact text is in `as_sent`."""
    whole = value == value.to_integral_value()
    return int(value) if whole else float(value)


def shown(value: Any) -> Any:
    """A canonical value as it is told: numbers as numbers, an interval by its ends."""
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, Bounds):
        ends = {"low": value.low, "high": value.high}
        return {
            **{name: None if end is None else number(end) for name, end in ends.items()},
            "low_open": value.low_open,
            "high_open": value.high_open,
        }
    return list(value) if isinstance(value, tuple) else value


def _next_page(cursor: str) -> str:
    """This request's address with another cursor."""
    asked = {**request.args.to_dict(), "cursor": cursor}
    return f"{quote(request.root_path + request.path)}?{urlencode(asked)}"


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, Bounds | tuple):
        return shown(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    raise TypeError(f"{type(value).__name__} has no place in an answer")
