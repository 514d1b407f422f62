"""The routes that subscriptions of other servers post to."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, g, request

from toxmon.actions import tokens
from toxmon.actions.received import keep_unreadable
from toxmon.ehr.fhir import bundle, guard, notification
from toxmon.ehr.fhir.asked import check_type
from toxmon.ehr.fhir.outcome import BASE, Failed, Issue, answer, failed
from toxmon.ehr.fhir.routes_write import CHARTING, LARGEST_BODY, read_body
from toxmon.strict_json import Unreadable

HOOK = "/hooks/fhir"
SECRET = "X-Toxmon-Token"  # noqa: S105 - the name of a header
"""Where a server sends its token that cannot set Authorization in its channel's headers."""

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("fhir_hooks", __name__)
blueprint.register_error_handler(Failed, failed)


def known(view: View) -> View:
    """Only a token of toxmon of one of these roles: as a bearer, or in a header of its own.

    A token is looked up by its keyed digest, so how long that takes tells nothing of it.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
        secret = bearer if scheme.lower() == "bearer" else request.headers.get(SECRET, "")
        found = None
        if 0 < len(secret.strip()) <= guard.LONGEST_TOKEN:
            found = tokens.identify(guard.service(), secret.strip())
        if found is None:
            words = f"send a live token: Authorization: Bearer TOKEN, or {SECRET}: TOKEN"
            header = {"WWW-Authenticate": 'Bearer realm="toxmon"'}
            raise Failed(401, Issue("login", words), headers=header)
        g.actor = found[0]
        guard.check_role(g.actor, CHARTING)
        return view(*args, **kwargs)

    guarded.toxmon_roles = CHARTING  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


@blueprint.post(HOOK)
@known
def notify() -> Response:
    """A notification, or one resource; without a body a sign that something is new."""
    request.max_content_length = LARGEST_BODY
    if not request.get_data(cache=True):
        return answer(notification.pinged(guard.service(), guard.actor()))
    raw, body = _kept_body()
    told = notification.take_notification(guard.service(), guard.actor(), body, raw, _base())
    return answer(told)


@blueprint.route(f"{HOOK}/<kind>/<given_id>", methods=["PUT", "POST"])
@known
def put(kind: str, given_id: str) -> Response:
    """One resource of the sender's server, by its type and id there."""
    check_type(kind)
    raw, body = _kept_body()
    service, actor = guard.service(), guard.actor()
    told = notification.take_resource(service, actor, body, raw, _base(), kind, given_id)
    return answer(told)


def _kept_body() -> tuple[tuple[bytes, str], Any]:
    """The body; one that is no JSON is kept all the same, and refused."""
    content_type = request.content_type or ""
    try:
        raw, body = read_body()
    except Unreadable as error:
        message = bundle.message_of(g.actor, request.get_data(cache=True), content_type, None)
        keep_unreadable(guard.service(), g.actor, message, str(error))
        raise
    return (raw, content_type), body


def _base() -> str:
    return f"{request.url_root.rstrip('/')}{BASE}"
