"""Answers of FHIR: a resource as exact JSON, and every error as an OperationOutcome.

Errors of the service are problems of RFC 9457 wherever they arise; below `/fhir` each is told in
the words of FHIR, with its status and headers. Nothing about a patient stands in one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from flask import Response, request

BASE = "/fhir"
SPOKEN = (BASE, "/hooks/fhir")
"""Below these paths errors are OperationOutcomes."""
FORM = "application/fhir+json; charset=utf-8"
PROBLEM = "application/problem+json"

CODES = {
    400: "invalid", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported",
    406: "not-supported", 409: "conflict", 410: "deleted", 412: "conflict", 413: "too-long",
    415: "not-supported", 422: "processing", 429: "throttled", 500: "exception", 503: "transient",
}  # fmt: skip
"""What kind of issue a status stands for."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue: a code of the value set issue-type, words, and FHIRPaths of where it is."""

    code: str
    diagnostics: str
    expression: tuple[str, ...] = ()
    severity: str = "error"


class Failed(Exception):
    """What was asked for cannot be had: a status, every issue at once, headers to add."""

    def __init__(
        self, status: int, *issues: Issue, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__("; ".join(issue.diagnostics for issue in issues))
        self.status = status
        self.issues = issues
        self.headers = dict(headers or {})


def outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """The issues as an OperationOutcome."""
    told = []
    for issue in issues:
        plain: dict[str, Any] = {
            "severity": issue.severity,
            "code": issue.code,
            "diagnostics": issue.diagnostics,
        }
        if issue.expression:
            plain["expression"] = list(issue.expression)
        told.append(plain)
    return {"resourceType": "OperationOutcome", "issue": told}


def answer(
    resource: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A resource as an answer."""
    response = Response(to_json(resource), status, content_type=FORM)
    response.headers.update(headers or {})
    return response


def to_json(plain: Any) -> bytes:
    """JSON in UTF-8. A Decimal is written digit by digit, an instant in UTC with Z."""
    return orjson.dumps(plain, default=_exactly, option=orjson.OPT_UTC_Z)


def instant(at: datetime) -> str:
    """An instant as FHIR writes it, in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def failed(error: Failed) -> Response:
    """The answer to a Failed."""
    return answer(outcome(error.issues), error.status, error.headers)


def spoken(response: Response) -> Response:
    """A problem of a path of FHIR in the words of FHIR; anything else as it is."""
    path = request.path
    if response.content_type != PROBLEM or not _is_ours(path):
        return response
    problem = orjson.loads(response.get_data())
    code = CODES.get(response.status_code, "processing")
    issues = [Issue(code, problem["detail"] or problem["title"])]
    issues += [
        Issue("invalid", each["detail"], (_path(each["pointer"]),) if each["pointer"] else ())
        for each in problem.get("errors", ())
    ]
    response.set_data(to_json(outcome(issues)))
    response.content_type = FORM
    return response


def _is_ours(path: str) -> bool:
    return any(path == base or path.startswith(f"{base}/") for base in SPOKEN)


def _path(pointer: str) -> str:
    """A JSON pointer as FHIRPath: /entry/3/resource is entry[3].resource."""
    found = ""
    for step in pointer.strip("/").split("/"):
        found += f"[{step}]" if step.isdecimal() else f".{step}"
    return found.lstrip(".")


def _exactly(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")
    raise TypeError(f"{type(value).__name__} has no place in a resource")
