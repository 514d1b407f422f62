"""A screen that is locked, or whose session is over: nothing that was typed is lost.

With script an overlay lies over the page and what was typed stays in it. Without, the next request
is answered by a page that asks for the PIN or the password and carries along what was posted, which
is sent on afterwards: by the same person only, for whoever saves signs.
"""

from __future__ import annotations

import hmac
import re

from flask import Response, g, jsonify, make_response, request

from toxmon.actions import accounts, sessions
from toxmon.actions.sessions import Session, SignInRefused
from toxmon.ward import door, problems
from toxmon.ward.language import _
from toxmon.ward.sign_in import bear, refused_words

CARRIED = "carried."
SECRET = re.compile(r"password|secret|^pin")
"""Fields that are typed again: no page holds a password."""
Fields = list[tuple[str, str]]


@door.page("/lock", *door.EVERYBODY, methods=("POST",))
def lock() -> Response:
    """Lock this screen until its person comes back."""
    sessions.lock(door.service(), door.session())
    if _asked_by_script():
        return make_response("", 204)
    return door.go(door.own_path(request.form.get("back")))


@door.page("/seen", *door.EVERYBODY)
def seen() -> Response:
    """Somebody types or reads on a page that asks for nothing else."""
    return make_response("", 204)


@door.open_to_all("/unlock", methods=("POST",))
def unlock() -> Response:
    """Go on after a lock, or after the end of a session, as the same person."""
    was = _known()
    if was is None:
        return door.go("/sign-in")
    door.check_sender()
    seal = request.form.get("seal", "").encode("utf-8", "replace")
    if _carried() and not hmac.compare_digest(seal, _seal(_carried()).encode()):
        raise door.Forged
    g.session = was
    if request.form.get("who", was.actor.id) != was.actor.id:
        words = _("Another person is signed in here by now, and must not save what you typed.")
        return problems.told(409, _("Another person"), words)
    try:
        cookie, session = _let_in(was, request.form.get("secret", ""))
    except SignInRefused as error:
        told = refused_words(error)
        if _asked_by_script():
            return make_response(jsonify(words=told), 422)
        return _ask(was, 422, fault=told)
    g.session, g.actor = session, session.actor
    if _asked_by_script():
        # After the end of a session there is a new one, which the forms of the page must prove.
        answer = make_response(jsonify(token=door.form_token()))
    elif "to" in request.form:
        to = door.own_path(request.form["to"])
        answer = door.render("send_on.html", to=to, fields=_carried())
    else:
        answer = door.go(door.own_path(request.form.get("back")))
    return bear(answer, cookie, session) if cookie else answer


@door.blueprint.errorhandler(door.SignedOut)
def signed_out(error: door.SignedOut) -> Response:
    """Nobody is signed in: ask who it is, and come back here."""
    if request.method == "POST":
        return _posted()
    if request.headers.get("X-Toxmon-Poll") == "1":
        return make_response("", 401)
    if request.headers.get("Sec-Fetch-Site") == "cross-site" and not request.cookies:
        # A link in another site's page brings no cookie along; asked for from here it comes.
        return door.render("come_in.html", to=request.full_path)
    return door.go("sign_in", back=request.full_path.removesuffix("?"))


@door.blueprint.errorhandler(door.Locked)
def locked(error: door.Locked) -> Response:
    """The screen is locked: nothing is shown until its person is back."""
    if request.method == "POST":
        return _posted()
    if request.headers.get("X-Toxmon-Poll") == "1":
        return make_response("", 401)
    return _ask(door.session(), 401, back=request.full_path.removesuffix("?"))


def _posted() -> Response:
    """Ask who it is, and carry what was posted, if a page of this person's sent it."""
    was = _known()
    if was is None:
        words = _("Nobody is signed in here. Nothing was kept. Sign in, then type it again.")
        return problems.told(401, _("Signed out"), words, session=None)
    g.session = was
    try:
        door.check_form()
    except door.Forged as error:
        return problems.forged(error)
    if _asked_by_script():
        return make_response(jsonify(words=_("The screen is locked.")), 401)
    posted = request.form.items(multi=True)
    fields = [each for each in posted if each[0] != "form_token" and not SECRET.search(each[0])]
    to = request.full_path.removesuffix("?")
    return _ask(was, 401, to=to, fields=fields)


def _ask(
    was: Session,
    status: int,
    *,
    to: str | None = None,
    back: str | None = None,
    fields: Fields | None = None,
    fault: str | None = None,
) -> Response:
    """The page that asks for the PIN or password, with what it carries along."""
    if fault is not None:
        to, back, fields = request.form.get("to"), request.form.get("back"), _carried()
    who, carried = was.actor.id, fields or []
    seal = _sealed(who, to or "", carried)
    return door.render(
        "unlock.html", status, session=None, was=was, to=to, back=back, fields=carried, seal=seal,
        fault=fault,
    )  # fmt: skip


def _seal(fields: Fields) -> str:
    return _sealed(request.form.get("who", ""), request.form.get("to", ""), fields)


def _sealed(who: str, to: str, fields: Fields) -> str:
    """Nobody else's page can put words into a form that somebody is about to sign."""
    return sessions.sealed(door.service(), [who, to, *(text for each in fields for text in each)])


def _let_in(was: Session, secret: str) -> tuple[str, Session]:
    """(a new cookie or "", the session). Raises SignInRefused."""
    service = door.service()
    if not was.over:
        # Signed in again in another tab meanwhile: there is nothing to ask.
        return "", sessions.unlock(service, was, secret) if was.locked else was
    if was.by_provider:
        raise SignInRefused(_("this sign-in is over; sign in again, then go on here"))
    if accounts.PIN_FORM.fullmatch(secret) is not None:
        raise SignInRefused(_("this sign-in is over; use the password"))
    return sessions.sign_in(service, was.name, secret)


def _known() -> Session | None:
    text = request.cookies.get(door.cookie())
    return sessions.known(door.service(), text) if text else None


def _carried() -> Fields:
    return [
        (name.removeprefix(CARRIED), value)
        for name, value in request.form.items(multi=True)
        if name.startswith(CARRIED)
    ]


def _asked_by_script() -> bool:
    return "X-Form-Token" in request.headers
