"""Errors as RFC 9457 Problem Details: one shape, every fault at once, nothing about a patient."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from toxmon.actions import Conflicting, Fault, Forbidden, NotFound, Refused, Stale
from toxmon.actions.permissions import NotPermitted
from toxmon.api.answers import reply
from toxmon.api.door import Unauthorized
from toxmon.store import Conflict, Unavailable
from toxmon.strict_json import Unreadable

log = logging.getLogger("toxmon.api")

RETRY_AFTER_S = 2
TITLES = {
    400: "Not readable",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "No such form",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Too large",
    415: "Not JSON",
    422: "Not acceptable as sent",
    500: "Our fault",
    503: "Not available now",
}


def problem(
    status: int,
    detail: str,
    faults: Iterable[Fault] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem as an answer."""
    title = TITLES.get(status, "Error")
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
    }
    errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in faults]
    if errors:
        body["errors"] = errors
    answer = reply(status, {**body, **more})
    answer.content_type = "application/problem+json"
    answer.headers.update(headers or {})
    return answer


def register(app: Flask) -> None:
    """Print every error of the app in this shape."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        count = len(error.faults)
        words = "1 fault was found" if count == 1 else f"{count} faults were found"
        return problem(422, f"{words}; nothing was kept", error.faults)

    @app.errorhandler(Unreadable)
    def unreadable(error: Unreadable) -> Response:
        return problem(400, str(error))

    @app.errorhandler(Unauthorized)
    def unauthorized(error: Unauthorized) -> Response:
        return problem(401, str(error), headers={"WWW-Authenticate": 'Bearer realm="toxmon"'})

    @app.errorhandler(Stale)
    def stale(error: Stale) -> Response:
        return problem(412, str(error))

    @app.errorhandler(NotFound)
    def not_found(error: NotFound) -> Response:
        return problem(404, str(error))

    @app.errorhandler(Conflicting)
    def conflicting(error: Conflicting) -> Response:
        return problem(409, str(error), [error.fault] if error.fault else [])

    @app.errorhandler(NotPermitted)
    def not_permitted(error: NotPermitted) -> Response:
        answer = error.answer
        told = {name: answer[name] for name in ("reasons", "next_allowed_at", "remaining")}
        return problem(409, str(error), **told, check=answer)

    @app.errorhandler(Conflict)
    def raced(error: Conflict) -> Response:
        return problem(409, "somebody else did the same first; read again and decide anew")

    @app.errorhandler(Forbidden)
    def forbidden(error: Forbidden) -> Response:
        return problem(403, str(error))

    @app.errorhandler(Unavailable)
    def unavailable(error: Unavailable) -> Response:
        log.error("database: %s", error)
        return problem(
            503,
            "the record cannot be reached now; nothing was kept, send the same again",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        headers = {
            name: value
            for name, value in error.get_headers()
            if name.lower() in ("allow", "retry-after", "www-authenticate", "location")
        }
        return problem(status, error.description or TITLES.get(status, ""), headers=headers)

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        # Where it happened, and not its words: they may quote what was sent about a patient.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("unforeseen %s\n%s", type(error).__name__, frames)
        return problem(
            500, f"an error that we did not foresee; nothing was kept (reference {g.request_id})"
        )
