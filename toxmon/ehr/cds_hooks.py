"""The routes of CDS Hooks 2.0: what there is, a call, feedback; and who may call them.

They stand outside /api/v1, because their paths and bodies are those of the specification, which
describes them; errors are problems as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Flask, Response, current_app, g, request
from werkzeug.exceptions import UnsupportedMediaType

from toxmon import strict_json
from toxmon.actions import NotFound, Service
from toxmon.ehr.cds_calls import read_call
from toxmon.ehr.cds_clients import Clients
from toxmon.ehr.cds_faults import Missing, Unacceptable, missing, unacceptable
from toxmon.ehr.cds_feedback import read_feedback
from toxmon.ehr.cds_memory import keep_feedback
from toxmon.ehr.cds_services import DESCRIBED, SERVICES, cards_for
from toxmon.ehr.cds_trust import CALLERS, ROLE, Trust

BASE = "/cds-services"
LARGEST_BODY = 4 * 1024 * 1024
"""Two hundred administrations with all that an ordering system says of each."""
TRUST = "toxmon_cds_trust"
AN_HOUR = "3600"

blueprint = Blueprint("cds_hooks", __name__)
blueprint.register_error_handler(Unacceptable, unacceptable)
blueprint.register_error_handler(Missing, missing)

View = TypeVar("View", bound=Callable[..., Any])


def join(app: Flask, clients: Clients) -> None:
    """Open this door of an app, to these ordering systems beside the bearers of our tokens."""
    app.extensions[TRUST] = Trust(clients)
    app.register_blueprint(blueprint)


def trusted(view: View) -> View:
    """Only a registered ordering system, or a token of toxmon of one of these roles."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        g.actor = _trust().caller(
            _service(), request.headers.get("Authorization", ""), request.path
        )
        return view(*args, **kwargs)

    guarded.toxmon_roles = (*CALLERS, ROLE)  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def opened(view: View) -> View:
    """Anybody: nothing in it is about a patient."""
    view.toxmon_roles = ()  # type: ignore[attr-defined]
    return view


@blueprint.get(BASE)
@opened
def discovery() -> Response:
    """Which services there are. Open to all; a token that comes with it must be a good one."""
    header = request.headers.get("Authorization")
    if header is not None:
        _trust().caller(_service(), header, request.path)
    return _told({"services": DESCRIBED})


@blueprint.post(f"{BASE}/<service_id>")
@trusted
def call(service_id: str) -> Response:
    """The cards for a hook that fired; an empty list when there is nothing to say."""
    described = _described(service_id)
    asked = read_call(_body(), described["hook"])
    return _told({"cards": cards_for(_service(), g.actor, service_id, asked)})


@blueprint.post(f"{BASE}/<service_id>/feedback")
@trusted
def feedback(service_id: str) -> Response:
    """What became of cards; the same may be sent again."""
    _described(service_id)
    kept = keep_feedback(_service(), g.actor, service_id, read_feedback(_body()))
    return _told({"kept": kept})


@blueprint.after_request
def to_browsers(response: Response) -> Response:
    """Let a browser of a registered page ask, and read the answer, errors too.

    It asks beforehand whether it may (OPTIONS), without a token; that never comes to a view.
    """
    origin = request.headers.get("Origin")
    response.headers.add("Vary", "Origin")
    listed = origin is not None and origin in _trust().clients.origins
    if listed:
        response.headers["Access-Control-Allow-Origin"] = origin
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response.status_code = 204
        response.set_data(b"")
        if listed:
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, Authorization"
            response.headers["Access-Control-Max-Age"] = AN_HOUR
    return response


def _described(service_id: str) -> dict[str, Any]:
    found = SERVICES.get(service_id)
    if found is None:
        raise NotFound(f"there is no such service; GET {BASE} names them")
    return found


def _body() -> Any:
    if request.mimetype != "application/json" and not request.mimetype.endswith("+json"):
        raise UnsupportedMediaType("send Content-Type: application/json")
    request.max_content_length = LARGEST_BODY
    return strict_json.read(request.get_data(cache=False))


def _told(plain: Any) -> Response:
    return Response(orjson.dumps(plain), 200, content_type="application/json")


def _trust() -> Trust:
    found: Trust = current_app.extensions[TRUST]
    return found


def _service() -> Service:
    found: Service = current_app.extensions["toxmon"]
    return found
