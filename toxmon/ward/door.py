"""What every page goes through: who is at the screen, may they, was it sent from a page of ours.

A page is named by its address and the roles that may open it. Whoever is not signed in is asked
to, and comes back to where they were going; what was typed is not lost on the way.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, url_for
from flask import render_template as draw

from toxmon.actions import Actor, Forbidden, NotFound, Service, sessions
from toxmon.actions.replay import Keyed
from toxmon.actions.sessions import Session

View = TypeVar("View", bound=Callable[..., Any])

PERSONS = ("nurse", "physician", "pharmacist")
CHARTING = ("nurse", "physician", "integration")
WARD = ("nurse", "physician")
PHYSICIAN = ("physician",)
CLINICAL = (*PERSONS, "integration")
EVERYBODY = (*CLINICAL, "admin", "auditor")

NUL = "\x00"
MASK_BYTES = 16

blueprint = Blueprint("ward", __name__, template_folder="templates")


class SignedOut(Exception):
    """Nobody is signed in at this browser, or not any more."""


class Locked(Exception):
    """Somebody is signed in, and the screen is locked."""


class Forged(Exception):
    """A form that no page of ours has sent."""


def service() -> Service:
    """What actions need, as wired by `create_app`."""
    found: Service = current_app.extensions["toxmon"]
    return found


def actor() -> Actor:
    """Who is at the screen."""
    found: Actor = g.actor
    return found


def session() -> Session:
    """What is on record of this sign-in."""
    found: Session = g.session
    return found


def page(
    rule: str, *roles: str, methods: tuple[str, ...] = ("GET",), display: bool = False
) -> Callable[[View], View]:
    """A page that these roles may open, signed in and not locked.

    A POST must come from a form of ours: `form_token` is in each (decision 0100). `display`: a
    screen on a wall, at which nobody is, may show it too.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            enter()
            if actor().role not in roles:
                raise Forbidden(f"the role {actor().role} may not open this; {_or(roles)} may")
            if session().display and not display:
                raise Forbidden("this screen is a display of a ward; sign in to open more")
            if any(NUL in str(name) for name in kwargs.values()):
                raise NotFound("nothing is named so")  # PostgreSQL could not even be asked.
            if request.method == "POST":
                check_form()
            return view(*args, **kwargs)

        guarded.toxmon_roles = roles  # type: ignore[attr-defined]
        blueprint.add_url_rule(rule, view_func=guarded, methods=list(methods))
        return guarded  # type: ignore[return-value]

    return decorate


def open_to_all(rule: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """A page that needs no sign-in: nothing in it is about a patient."""

    def decorate(view: View) -> View:
        view.toxmon_roles = ()  # type: ignore[attr-defined]
        blueprint.add_url_rule(rule, view_func=view, methods=list(methods))
        return view

    return decorate


def enter() -> None:
    """Let `session` and `actor` be those of this request. Raises SignedOut, Locked."""
    found = here()
    if found is None:
        raise SignedOut
    g.session, g.actor = found, found.actor
    if found.locked:
        raise Locked


def here() -> Session | None:
    """The sign-in that the cookie of this request names, also a locked one; None is nobody."""
    text = request.cookies.get(cookie())
    # What a page asks by itself says so, and does not keep the screen from locking.
    by_itself = request.headers.get("X-Toxmon-Poll") == "1"
    return sessions.found(service(), text, touch=not by_itself) if text else None


def cookie() -> str:
    """The name of the cookie: bound to this host where the way is encrypted."""
    return "__Host-toxmon" if secure() else "toxmon"


def secure() -> bool:
    """Is the browser's way to us encrypted? What stands between us and it may not say so."""
    return request.is_secure or service().base_url.startswith("https:")


def check_sender() -> None:
    """Raises Forged when the browser says that a page of somebody else's sent this."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forged
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise Forged


def check_form() -> None:
    """Raises Forged when a POST was not sent by a page of ours, for this sign-in."""
    check_sender()
    sent = request.headers.get("X-Form-Token") or request.form.get("form_token", "")
    if not _unmasked(sent) == session().form_key:
        raise Forged


def form_token() -> str:
    """What a form proves with that it is ours; another text each time, so that packing tells
    nothing of it."""
    key = session().form_key.encode()
    mask = secrets.token_bytes(MASK_BYTES)
    return (mask + _mixed(key, mask)).hex()


def keyed() -> Keyed | None:
    """The key of the form that was sent, with a digest of what it said: twice is one act."""
    key = request.form.get("form_id", "")
    if not 16 <= len(key) <= 64 or not key.isalnum():
        return None
    digest = hashlib.sha256(f"{request.path}\n".encode())
    for name, value in sorted(request.form.items(multi=True)):
        if name != "form_token":
            digest.update(f"{name}={value}\n".encode())
    return Keyed(f"form-{key}", digest.hexdigest())


def form_id() -> str:
    """A new key for a form: it is kept with what came of it."""
    return secrets.token_hex(16)


def render(name: str, status: int = 200, **context: Any) -> Response:
    """A page as an answer."""
    return make_response(draw(name, **context), status)


def go(endpoint: str, **values: Any) -> Response:
    """After an act: on to another page, by GET, so that going back repeats nothing."""
    there = endpoint if endpoint.startswith("/") else url_for(f"ward.{endpoint}", **values)
    return make_response(redirect(there, 303))


def own_path(path: str | None) -> str:
    """An address of ours as it was asked for; of any other, the beginning."""
    path = path or "/"
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    if not ours:
        return "/"
    parts = urlsplit(path)
    return path if not parts.scheme and not parts.netloc else "/"


def _unmasked(sent: str) -> str | None:
    try:
        raw = bytes.fromhex(sent)
        return _mixed(raw[MASK_BYTES:], raw[:MASK_BYTES]).decode() if raw else None
    except (ValueError, UnicodeDecodeError):
        return None


def _mixed(text: bytes, mask: bytes) -> bytes:
    return bytes(each ^ mask[place % MASK_BYTES] for place, each in enumerate(text))


def _or(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " or " + words[-1]
