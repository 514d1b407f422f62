"""What is mine: my PIN, my password, the language and the colors of my pages."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request

from toxmon.actions import Refused, accounts, sessions
from toxmon.actions.sessions import SignInRefused
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import LANGUAGES, PSEUDO, _, current
from toxmon.ward.sign_in import keep_language, refused_words

JUST_NOW = timedelta(minutes=10)
"""Who has no password here proves it by having signed in so lately."""
DEVICE = "device"
THEMES = (DEVICE, "light", "dark")


@door.page("/me", *door.EVERYBODY, methods=("GET", "POST"))
def me() -> Response:
    """Who I am here, and what I may set."""
    form = posted()
    if request.method == "GET":
        theme = door.session().theme or DEVICE
        return _drawn(Form({"language": current(), "theme": theme}), 200)
    acts = {"pin": _pin, "password": _password, "look": _look}
    act = acts.get(form["act"])
    answer = act(form) if act is not None else None
    return answer or _drawn(form, 422)


def _pin(form: Form) -> Response | None:
    session, pin = door.session(), request.form.get("pin", "")
    if pin != request.form.get("pin_again", ""):
        form.fault("pin_again", _("PIN again: is another one; type the same twice"))
    if form.faults or not _proves(form, "pin_password"):
        return None
    try:
        accounts.set_pin(door.service(), session.actor.id, pin, session.actor)
    except Refused as error:
        form.take(error.faults, {"/pin": "pin"})
        return None
    return door.go("/me?done=pin")


def _password(form: Form) -> Response | None:
    session, new = door.session(), request.form.get("password", "")
    if new != request.form.get("password_again", ""):
        form.fault("password_again", _("New password again: is another one; type the same twice"))
    if form.faults or not _proves(form, "old_password"):
        return None
    try:
        accounts.set_password(door.service(), session.actor.id, new, session.actor, keep=session.id)
    except Refused as error:
        form.take(error.faults, {"/password": "password"})
        return None
    return door.go("/me?done=password")


def _look(form: Form) -> Response | None:
    language = form.choice("language", _("Language"), (*LANGUAGES, PSEUDO), required=True)
    theme = form.choice("theme", _("Colors"), THEMES, required=True)
    if form.faults:
        return None
    sessions.prefer(door.service(), door.session(), language, None if theme == DEVICE else theme)
    answer = door.go("/me?done=look")
    keep_language(answer, str(language))
    return answer


def _proves(form: Form, name: str) -> bool:
    """Is it really this person, and not somebody at a screen that was left open?"""
    session, service = door.session(), door.service()
    if session.by_provider:
        if service.clock() - session.opened_at > JUST_NOW:
            words = _("Sign out and in again first: the sign-in is more than 10 minutes old")
            form.fault("", words)
    else:
        try:
            sessions.prove(service, session, request.form.get(name, ""))
        except SignInRefused as error:
            form.fault(name, refused_words(error))
    return not form.faults


def _drawn(form: Form, status: int) -> Response:
    done = {
        "pin": _("The PIN was set. It opens a locked screen, and lets you switch to this device."),
        "password": _("The password was changed. Other devices were signed out."),
        "look": _("Kept, for every device."),
    }
    return door.render(
        "me.html",
        status,
        form=form,
        errors=form.faults,
        done=done.get(request.args.get("done", "")),
        has_pin=accounts.has_pin(door.service(), door.actor().id),
        themes=[(DEVICE, _("as the device")), ("light", _("light")), ("dark", _("dark"))],
    )
