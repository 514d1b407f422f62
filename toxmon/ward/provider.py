"""Signing in at the hospital's provider: there and back again.

What must come back unchanged travels in a cookie of ten minutes that is signed here and that no
script can read; the provider only ever sees a random state and nonce.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Any

import orjson
from flask import Response, current_app, request, url_for

from toxmon.actions import Conflicting, Refused, provided, sessions
from toxmon.ward import door, problems
from toxmon.ward.language import _
from toxmon.ward.oidc import NotSignedIn, Provider
from toxmon.ward.sign_in import bear

HELD = "ward_provider"
LASTS = timedelta(minutes=10)


@door.open_to_all("/sign-in/provider")
def to_provider() -> Response:
    """Off to the provider."""
    provider = held()
    if provider is None:
        return _not_so(_("no provider is set up here"))
    state, nonce, verifier = (secrets.token_urlsafe(32) for _each in range(3))
    try:
        url = provider.ask(_back_at(), state, nonce, verifier)
    except NotSignedIn as error:
        return _not_so(str(error))
    kept = {
        "state": state, "nonce": nonce, "verifier": verifier,
        "back": door.own_path(request.args.get("back")),
        "until": (door.service().clock() + LASTS).timestamp(),
    }  # fmt: skip
    answer = Response(status=303, headers={"Location": url})
    answer.set_cookie(
        _cookie(), _packed(kept), max_age=int(LASTS.total_seconds()), secure=door.secure(),
        httponly=True, samesite="Lax",
    )  # fmt: skip
    return answer


@door.open_to_all("/sign-in/provider/back")
def from_provider() -> Response:
    """Back from the provider: who is it?"""
    provider, service = held(), door.service()
    kept = _unpacked(request.cookies.get(_cookie(), ""))
    if provider is None or kept is None or kept["until"] < service.clock().timestamp():
        return _not_so(_("it took longer than 10 minutes, or began in another browser"))
    if not secrets.compare_digest(request.args.get("state", "").encode(), kept["state"].encode()):
        return _not_so(_("the answer is not to the question that was asked from this browser"))
    if request.args.get("iss", provider.issuer).rstrip("/") != provider.issuer:
        return _not_so(_("another provider has answered than was asked"))
    if "error" in request.args:
        return _not_so(_("the provider refused: %(why)s", why=request.args["error"][:60]))
    try:
        person = provider.person(
            _back_at(), request.args.get("code", ""), kept["nonce"], kept["verifier"],
            service.clock(),
        )  # fmt: skip
        row = provided.person(
            service, person.subject, person.login, person.shown, person.role, person.units
        )
        before = door.here()
        cookie, session = sessions.open_for(service, row["id"], sessions.PROVIDER)
    except (NotSignedIn, Refused, Conflicting) as error:
        return _not_so(str(error))
    if before is not None:
        sessions.end(service, before, "session.switch")
    answer = bear(door.go(door.own_path(kept["back"])), cookie, session)
    answer.delete_cookie(_cookie(), secure=door.secure(), httponly=True, samesite="Lax")
    return answer


def held() -> Provider | None:
    """The provider of this site, or None."""
    found: Provider | None = current_app.extensions.get(HELD)
    return found


@door.blueprint.context_processor
def offered() -> dict[str, Any]:
    """What the page for signing in offers."""
    provider = held()
    return {"provider": provider.title if provider is not None else None}


def _not_so(why: str) -> Response:
    words = _("Nobody was signed in: %(why)s.", why=why)
    return problems.told(422, _("Not signed in"), words, session=None)


def _back_at() -> str:
    base = door.service().base_url.rstrip("/")
    path = url_for("ward.from_provider")
    return f"{base}{path}" if base else f"{request.host_url.rstrip('/')}{path}"


def _cookie() -> str:
    return "__Host-toxmon_way" if door.secure() else "toxmon_way"


def _packed(kept: dict[str, Any]) -> str:
    text = orjson.dumps(kept).hex()
    return f"{text}.{sessions.sealed(door.service(), ['way', text])}"


def _unpacked(cookie: str) -> dict[str, Any] | None:
    text, _dot, seal = cookie.partition(".")
    if not hmac.compare_digest(
        seal.encode(), sessions.sealed(door.service(), ["way", text]).encode()
    ):
        return None
    found: dict[str, Any] = orjson.loads(bytes.fromhex(text))
    return found
