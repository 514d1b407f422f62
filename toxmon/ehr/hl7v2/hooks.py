"""POST /hooks/hl7v2: one message of HL7 v2 over HTTP, with a token; answered with its ACK.

The status says what the ACK says, for clients that look at nothing else: 200 for AA, 422 for AE
and AR, 503 where nothing was kept and the same may be sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, current_app, g, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized, UnsupportedMediaType

from toxmon.actions import Forbidden, Service, tokens
from toxmon.ehr.hl7v2.acknowledge import ACCEPTED
from toxmon.ehr.hl7v2.receive import LARGEST, Port, receive

BODIES = (
    "application/hl7-v2",
    "application/hl7-v2+er7",
    "x-application/hl7-v2+er7",
    "text/plain",
)
ROLES = ("integration",)
LONGEST_TOKEN = 8_192
AGAIN_S = "2"
NO_ANSWER_WANTED = 202

blueprint = Blueprint("hl7v2", __name__)

View = TypeVar("View", bound=Callable[..., Any])


def trusted(view: View) -> View:
    """Only a token of toxmon for integration."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        bearer = bearer.strip()
        if scheme.lower() != "bearer" or not bearer or len(bearer) > LONGEST_TOKEN:
            raise _refused("send Authorization: Bearer TOKEN; toxmon token create makes one")
        found = tokens.identify(_service(), bearer)
        if found is None:
            raise _refused("this token is unknown, expired or revoked")
        if found[0].role not in ROLES:
            raise Forbidden(f"the role {found[0].role} may not do that; integration may")
        g.actor = found[0]
        return view(*args, **kwargs)

    guarded.toxmon_roles = ROLES  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


@blueprint.post("/hooks/hl7v2")
@trusted
def take_in() -> Response:
    """Take a message in; the source is the name of the token."""
    if request.mimetype not in BODIES:
        raise UnsupportedMediaType(f"send Content-Type: {BODIES[0]}, or text/plain")
    request.max_content_length = LARGEST
    body = request.get_data(cache=False)
    answered = receive(_service(), g.actor, Port(source=g.actor.name), body)
    if answered.again:
        response = Response(status=503, headers={"Retry-After": AGAIN_S})
    elif not answered.answers:
        return Response(status=NO_ANSWER_WANTED if answered.code == ACCEPTED else 422)
    else:
        response = Response(status=200 if answered.code == ACCEPTED else 422)
    if answered.answers:  # Of two, the one of the application: what waits is told there.
        response.set_data(answered.answers[-1])
    response.content_type = BODIES[0]
    return response


def _refused(words: str) -> Unauthorized:
    return Unauthorized(words, www_authenticate=WWWAuthenticate("bearer", {"realm": "toxmon"}))


def _service() -> Service:
    found: Service = current_app.extensions["toxmon"]
    return found
