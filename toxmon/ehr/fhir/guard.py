"""Who may use a route of FHIR, and in which form it may be asked for.

A door of its own: tokens of toxmon, as everywhere; JSON, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, g, request

from toxmon.actions import Actor, Forbidden, NotFound, Service, tokens
from toxmon.ehr.fhir.outcome import Failed, Issue

View = TypeVar("View", bound=Callable[..., Any])

READING = ("nurse", "physician", "pharmacist", "integration")
AUDITING = ("auditor", "admin")
EVERYBODY = (*READING, *AUDITING)

FORMS = ("application/fhir+json", "application/json", "text/json")
ASKED_AS = frozenset({*FORMS, "json", "application/fhir json"})
"""What `_format` may say; a plus sign that was not escaped arrives as a blank."""
LONGEST_TOKEN = 8_192
_RANGE = re.compile(r"(?:\*|[\w!#$&^.+-]+)/(?:\*|[\w!#$&^.+-]+)", re.ASCII)
_NEVER = re.compile(r"q\s*=\s*0(?:\.0*)?", re.ASCII)
_OTHER_VERSION = re.compile(r"fhirversion\s*=\s*\"?(?!4\.0)", re.ASCII)


def allowed(*roles: str) -> Callable[[View], View]:
    """Only these roles, with a live bearer token. Every route declares them."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            acts = g.actor = _signed_in(request.headers.get("Authorization", ""))
            check_role(acts, roles)
            check_form()
            _check_names(kwargs)
            return view(*args, **kwargs)

        guarded.toxmon_roles = roles  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def opened(view: View) -> View:
    """Anybody: nothing in it is about a patient."""

    @wraps(view)
    def formed(*args: Any, **kwargs: Any) -> Any:
        check_form()
        _check_names(kwargs)
        return view(*args, **kwargs)

    formed.toxmon_roles = ()  # type: ignore[attr-defined]
    return formed  # type: ignore[return-value]


def check_role(acts: Actor, roles: tuple[str, ...]) -> None:
    """Raises Forbidden for another role than these."""
    if acts.role not in roles:
        raise Forbidden(f"the role {acts.role} may not do that; {', '.join(roles)} may")


def service() -> Service:
    """What actions need, as wired by `create_app`."""
    found: Service = current_app.extensions["toxmon"]
    return found


def actor() -> Actor:
    """Who acts in this request."""
    found: Actor = g.actor
    return found


def check_form(asked: str | None = None) -> None:
    """Raises Failed (406) when the request allows no JSON. `_format` comes before Accept."""
    asked = asked or request.args.get("_format")
    if asked is not None:
        if asked.lower().partition(";")[0].strip() in ASKED_AS:
            return
        raise _no_form("_format")
    if not _accepts(request.headers.get("Accept")):
        raise _no_form("Accept")


def _signed_in(header: str) -> Actor:
    scheme, _, bearer = header.partition(" ")
    bearer = bearer.strip()
    if scheme.lower() != "bearer" or not bearer:
        raise _unknown("send Authorization: Bearer TOKEN; toxmon token create makes one")
    found = tokens.identify(service(), bearer) if len(bearer) <= LONGEST_TOKEN else None
    if found is None:
        raise _unknown("this token is unknown, expired or revoked")
    return found[0]


def _check_names(names: dict[str, Any]) -> None:
    if any("\x00" in name for name in names.values()):
        raise NotFound("nothing is named so")  # PostgreSQL could not even be asked.


def _unknown(why: str) -> Failed:
    header = {"WWW-Authenticate": 'Bearer realm="toxmon"'}
    return Failed(401, Issue("login", why), headers=header)


def _no_form(place: str) -> Failed:
    words = f"this is answered as {FORMS[0]}, FHIR 4.0; let {place} allow it"
    return Failed(406, Issue("not-supported", words, (f"http.{place}",)))


def _accepts(accept: str | None) -> bool:
    """Does it allow JSON of FHIR 4.0? What names no media type says nothing, and allows it."""
    if accept is None:
        return True
    allowed_: dict[str, bool] = {}
    for part in accept.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        kind = "*/*" if kind == "*" else kind
        if _RANGE.fullmatch(kind):
            refused = any(_NEVER.fullmatch(each) for each in parameters)
            other = any(_OTHER_VERSION.match(each) for each in parameters)
            allowed_[kind] = not refused and not other
    if not allowed_:
        return True
    for form in FORMS:
        ranges = (form, f"{form.partition('/')[0]}/*", "*/*")  # The narrowest decides.
        if next((allowed_[each] for each in ranges if each in allowed_), False):
            return True
    return False
