"""What OpenAPI says of every operation of a kind: its problems, its headers, whether it is open.

A view says what is its own (what it takes, what it answers, who may use it); the rest follows from
its path and method, and is added here, so that no route can forget it.
"""

from __future__ import annotations

from typing import Any

from apispec import APISpec, BasePlugin
from flask import Flask
from flask_smorest import Api

from toxmon.api.door import EVERYBODY

BASE = "/api/v1"
STATELESS = (f"{BASE}/grade", f"{BASE}/dosing")
CHECKED = "/check"
"""A question by POST: it keeps nothing, so that it needs no key and no version."""

PROBLEM = {
    "type": "object",
    "description": "A problem as RFC 9457 has it; nothing was kept.",
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "minItems": 1,
            "description": "Every fault that was found in what was sent.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "additionalProperties": False,
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": "JSON pointer (RFC 6901) into the body or the query.",
                    },
                    "detail": {"type": "string"},
                },
            },
        },
        "reasons": {
            "type": "array",
            "items": {"type": "object"},
            "description": "Of a dose that is not permitted: every reason against it.",
        },
        "next_allowed_at": {"type": ["string", "null"], "format": "date-time"},
        "remaining": {"type": "object"},
        "check": {
            "type": "object",
            "description": "Of a dose that is not permitted: all that the check tells of it.",
        },
    },
}

WORDS = {
    400: "The body cannot be read as JSON",
    401: "No token, or not a live one",
    403: "This role may not do that, or not in that unit",
    404: "Not there, or out of reach",
    406: "Accept allows no form of this answer",
    409: "It contradicts what is on record, or its key was used for another request",
    412: "The record, or the alert, is not at the version that If-Match names",
    413: "More than the limit",
    415: "Not a media type that is read here",
    422: "Faults in what was sent, each with its place",
    503: "The record cannot be reached; send the same again, with the same key",
}

KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and body from the same token give the same answer and one effect. "
    "May stand in quotes. An answer that is a problem is not kept.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The version of the patient's record that was read, if it must be the newest; "
    "of an alert the number of its changes. The ETag of either says it.",
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of an earlier answer; 304 when nothing has changed.",
}
REQUEST_ID = {
    "in": "header",
    "name": "X-Request-Id",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    "description": "An id for this request, printable ASCII, told again in the answer and in our "
    "log; without it one is made. Nothing about a patient belongs in it.",
}
TAGGED = (f"{BASE}/patients/{{patient_id}}", f"{BASE}/alerts/{{alert_id}}")
"""What is answered with an ETag."""
OF_SOMEBODY = (f"{BASE}/audit", f"{BASE}/alerts", f"{BASE}/events")
"""Lists that may be asked for one patient, who has to be there."""
WITHOUT_VERSION = (f"{BASE}/rosters/", f"{BASE}/webhooks/", f"{BASE}/deliveries/")
"""What is done to these can be done once; two who do it at once are told apart by that."""
LINK = {
    "schema": {"type": "string"},
    "description": 'While there is more: the address of the next page, with rel="next".',
}


class DescribedApi(Api):
    """The OpenAPI document of the app, with our problems in the place of the library's."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask) -> None:
        super().__init__(app, spec_kwargs={"extra_plugins": [Described()]})
        for name in ("Error", "PaginationMetadata"):
            self.spec.components.schemas.pop(name, None)


class Described(BasePlugin):
    """A plugin of apispec; it sees every operation when its blueprint is registered."""

    def init_spec(self, spec: APISpec) -> None:
        """Add the form of every problem."""
        spec.components.schema("Problem", PROBLEM)

    def operation_helper(
        self, path: str | None = None, operations: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Add what holds for every operation of this kind."""
        for method, operation in (operations or {}).items():
            assert path is not None
            responses = operation.setdefault("responses", {})
            for status in _statuses(path, method, operation):
                responses.setdefault(str(status), _problem(WORDS[status]))
            responses["default"] = _problem("An error that we did not foresee")
            operation.setdefault("parameters", []).extend(_headers(path, method))
            if not path.startswith(BASE):
                operation["security"] = []
            if _is_paged(operation):
                responses[200]["headers"] = {"Link": LINK}
            if path in TAGGED:
                responses["304"] = {"description": "Nothing has changed"}


def _statuses(path: str, method: str, operation: dict[str, Any]) -> list[int]:
    if not path.startswith(BASE):
        return []
    found = [401, 406, 503]
    if not set(operation.get("x-roles", ())).issuperset(EVERYBODY):
        found.append(403)
    if "{" in path or (path in OF_SOMEBODY and method == "get"):
        found.append(404)
    if method == "post":
        found += [400, 413, 415, 422]
        if not _asks(path):
            found.append(409)
            found += [412] if _versioned(path) else []
    elif operation.get("parameters"):
        found.append(422)
    return found


def _headers(path: str, method: str) -> list[dict[str, Any]]:
    found = [REQUEST_ID]
    if method == "post" and not _asks(path):
        found += [KEY, IF_MATCH] if _versioned(path) else [KEY]
    elif path in TAGGED:
        found.append(IF_NONE_MATCH)
    return found


def _asks(path: str) -> bool:
    return path.startswith(STATELESS) or path.endswith(CHECKED)


def _versioned(path: str) -> bool:
    return "{" in path and not path.startswith(WITHOUT_VERSION)


def _is_paged(operation: dict[str, Any]) -> bool:
    return "cursor" in {each.get("name") for each in operation.get("parameters", ())}


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}
