"""What a page answers when it cannot be shown: in words, with what to do next.

Of a patient who is out of reach it says the same as of one who is not there.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.exceptions import NotFound as NoSuchPage

from toxmon.actions import Conflicting, Forbidden, NotFound, Refused, Stale
from toxmon.store import Conflict, Unavailable
from toxmon.ward import door
from toxmon.ward.language import _

log = logging.getLogger("toxmon.ward")

PAGES = ("text/html", "application/xhtml+xml")
FOR_PROGRAMS = ("/api/", "/fhir", "/hooks/", "/cds-services", "/health", "/metrics", "/openapi")
"""Paths that answer programs, whatever a browser would like."""


def prepare(app: Flask) -> None:
    """Answer a browser that asks for a page that is not there with a page."""
    before: Callable[[HTTPException], Any] = app.error_handler_spec[None][None][HTTPException]

    def no_such_page(error: NoSuchPage) -> Any:
        best = request.accept_mimetypes.best_match(["application/json", *PAGES])
        if best not in PAGES or request.path.startswith(FOR_PROGRAMS):
            return before(error)
        # It is of no blueprint, so nobody has looked yet who asks, and what the frame needs.
        from toxmon.ward.shown import finish

        try:
            door.enter()
        except (door.SignedOut, door.Locked):
            pass
        frame: dict[str, Any] = {}
        for of_pages in app.template_context_processors[door.blueprint.name]:
            found = of_pages()
            assert isinstance(found, dict), "no page waits for anything"
            frame |= found
        return finish(_not_there(**frame))

    app.register_error_handler(NoSuchPage, no_such_page)


def told(status: int, title: str, words: str, **more: Any) -> Response:
    """A page that says what went wrong, and what to do."""
    return door.render("problem.html", status, title=title, words=words, **more)


@door.blueprint.errorhandler(NotFound)
@door.blueprint.errorhandler(NoSuchPage)
def missing(error: Exception) -> Response:
    """Not there, or out of reach: nobody learns which."""
    return _not_there()


@door.blueprint.errorhandler(Forbidden)
def forbidden(error: Forbidden) -> Response:
    """The role may not; who may is in the words."""
    return told(403, _("Not for your role"), str(error))


@door.blueprint.errorhandler(door.Forged)
def forged(error: door.Forged) -> Response:
    """A form that did not come from a page of this sign-in."""
    words = _("This form was not sent by a page of this sign-in. Nothing was kept. Open the page "
              "again and send it from there.")  # fmt: skip
    return told(403, _("Not sent from here"), words)


@door.blueprint.errorhandler(Refused)
def refused(error: Refused) -> Response:
    """What a page let through and an action did not: every fault in words."""
    faults = [f"{fault.pointer} {fault.detail}".strip() for fault in error.faults]
    return told(422, _("Not acceptable as sent"), _("Nothing was kept."), faults=faults)


@door.blueprint.errorhandler(Conflicting)
def conflicting(error: Conflicting) -> Response:
    """It contradicts what is on record."""
    return told(409, _("Not as things stand"), str(error))


@door.blueprint.errorhandler(Stale)
@door.blueprint.errorhandler(Conflict)
def raced(error: Exception) -> Response:
    """Somebody else was faster."""
    words = _("Somebody else did something here first. Nothing of yours was kept. Look again and "
              "decide anew.")  # fmt: skip
    return told(409, _("Changed meanwhile"), words)


@door.blueprint.errorhandler(Unavailable)
def unavailable(error: Unavailable) -> Response:
    """The record cannot be reached."""
    log.error("database: %s", error)
    words = _("The record cannot be reached now. Nothing was kept. Chart on paper and try again.")
    answer = told(503, _("Not available now"), words)
    answer.headers["Retry-After"] = "2"
    return answer


@door.blueprint.errorhandler(HTTPException)
def http(error: HTTPException) -> Response:
    """A fault of the request itself: too large, a method that a page does not have."""
    code = error.code or 500
    answer = told(code, _("Not understood"), _("This address does not take that."))
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after"):
            answer.headers[name] = value
    return answer


@door.blueprint.errorhandler(Exception)
def unforeseen(error: Exception) -> Response:
    """A fault of ours. Where it happened goes to the log, and not its words."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    log.error("unforeseen %s\n%s", type(error).__name__, frames)
    words = _("An error that we did not foresee. Nothing was kept. If it happens again, tell who "
              "runs toxmon this reference: %(reference)s", reference=g.request_id)  # fmt: skip
    return told(500, _("Our fault"), words)


def _not_there(**frame: Any) -> Response:
    words = _("There is nothing at this address that you may see. It may be of another ward.")
    return told(404, _("Not there"), words, missing=True, open_at=_opens_at(), **frame)


def _opens_at() -> str | None:
    """Where a patient of elsewhere is opened in an emergency; offered in any case."""
    acts, parts = g.get("actor"), request.path.split("/")
    if acts is None or acts.units is None or acts.role not in door.PERSONS:
        return None
    return f"/p/{parts[2]}/open" if parts[1] == "p" and len(parts) > 2 and parts[2] else None
