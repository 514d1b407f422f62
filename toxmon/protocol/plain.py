"""A protocol as plain JSON: the file, key by key."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from typing import Any

from toxmon.protocol.citation import citations
from toxmon.protocol.forms import Document


def as_json(document: Document) -> dict[str, Any]:
    """The document's own file, key by key, with its digest and how much of it is not verified.

    Numbers are JSON numbers, dates are ISO 8601; spans and days stay the words of the file.
    """
    plain: dict[str, Any] = _plain(tomllib.loads(document.text, parse_float=Decimal))
    verified = [each.verified for each in citations(document)]
    plain["digest"] = document.digest
    plain["citations"] = {"total": len(verified), "not_verified": verified.count(False)}
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return " ".join(value.split()) if isinstance(value, str) else value
