"""Signing in and out, and handing the device to somebody else.

Whoever signs in gets a new session, whatever cookie came along: a name that somebody planted in the
browser beforehand is worth nothing (decision 0100).
"""

from __future__ import annotations

from flask import Response, g, request

from toxmon.actions import sessions
from toxmon.actions.sessions import Session, SignInRefused
from toxmon.ward import door, words
from toxmon.ward.form import Form, posted
from toxmon.ward.language import COOKIE as LANGUAGE
from toxmon.ward.language import _

A_YEAR_S = 365 * 24 * 3600


@door.open_to_all("/sign-in", methods=("GET", "POST"))
def sign_in() -> Response:
    """Name and password, or the hospital's provider."""
    return _form(switching=False)


@door.open_to_all("/switch", methods=("GET", "POST"))
def switch() -> Response:
    """Another person at the same device: name, and a PIN or password."""
    return _form(switching=True)


@door.page("/sign-out", *door.EVERYBODY, methods=("POST",))
def sign_out() -> Response:
    """Let the cookie be worth nothing from now on."""
    sessions.end(door.service(), door.session())
    answer = door.go("/sign-in")
    answer.delete_cookie(door.cookie(), secure=door.secure(), httponly=True, samesite="Strict")
    return answer


def bear(answer: Response, cookie: str, session: Session) -> Response:
    """Let the browser be the one of this session. Its cookie says nothing about anybody."""
    # A display is switched on again after a power cut, and nobody is there to sign in.
    lasts = int(sessions.DISPLAY_LASTS.total_seconds()) if session.display else None
    answer.set_cookie(
        door.cookie(), cookie, lasts, secure=door.secure(), httponly=True, samesite="Strict",
        path="/",
    )  # fmt: skip
    if session.language is not None:
        keep_language(answer, session.language)
    return answer


def keep_language(answer: Response, language: str) -> None:
    """Let the pages of this browser be in a language; it is no secret and names nobody."""
    answer.set_cookie(
        LANGUAGE, language, max_age=A_YEAR_S, secure=door.secure(), httponly=True, samesite="Strict"
    )


def refused_words(error: SignInRefused) -> str:
    """Why nobody was signed in, with the time until which nothing is tried."""
    said = str(error)
    told = f"{said[:1].upper()}{said[1:]}."
    if error.until is None:
        return told
    at = words.at(error.until, door.service().zone, seconds=True)
    return _("%(words)s Next try from %(at)s.", words=told, at=at)


def _form(*, switching: bool) -> Response:
    back = door.own_path(request.values.get("back"))
    here = door.here()
    if request.method == "GET":
        if here is not None and not here.locked and not switching:
            return door.go(back)
        return _drawn(Form(), back, here, switching)
    door.check_sender()
    form = posted()
    name, secret = form["name"].strip(), request.form.get("secret", "")
    if not name:
        form.fault("name", _("Name: write the name you sign in with"))
    if not secret:
        words_ = _("PIN or password: write it") if switching else _("Password: write it")
        form.fault("secret", words_)
    if not form.faults:
        try:
            if switching:
                cookie, session = sessions.switch(door.service(), here, name, secret)
            else:
                cookie, session = sessions.sign_in(door.service(), name, secret)
                if here is not None:
                    sessions.end(door.service(), here, "session.switch")
        except SignInRefused as error:
            form.fault("secret", refused_words(error))
        else:
            return bear(door.go(back), cookie, session)
    return _drawn(form, back, here, switching)


def _drawn(form: Form, back: str, here: Session | None, switching: bool) -> Response:
    g.pop("session", None)  # Nobody is shown as signed in who is about to leave.
    return door.render(
        "sign_in.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        back=back,
        before=here,
        switching=switching,
    )
