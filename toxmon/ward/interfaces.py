"""Systems that send to us: how they stand, what of theirs waits for a person, what they sent.

What the roles may do is what they may do over the API: reading a message again is for who looks
after interfaces, and to say that a statement is not charted is for who charts.
"""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, current_app

from toxmon.actions import Conflicting, Forbidden, Refused, held, interfaces, look_up
from toxmon.actions.messages import Readers, read_message, replay
from toxmon.intake.hold import REASONS
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.integrate import HERE, MAY
from toxmon.ward.language import _

WAITING = (*door.CLINICAL, "admin")
READING_AGAIN = ("physician", "integration", "admin")
DISMISSING = ("physician", "integration")
WHOLE = ("physician", "integration", "admin")
READERS = "toxmon_readers"
LINES = 50


@door.page("/integrate/interfaces", *MAY)
def interfaces_page() -> Response:
    """What each system has sent, what of it waits and why, and what needs a person."""
    service, actor = door.service(), door.actor()
    if actor.units is not None:
        raise Forbidden("this tells of the whole site; it is for who reaches every ward")
    look_up.note_looking(service, actor, "read.interfaces")
    told = interfaces.told(service)
    return door.render("interfaces.html", told=told, reasons=REASONS, here=HERE)


@door.page("/integrate/held", *WAITING)
def held_list() -> Response:
    """Statements that wait, the oldest first, with why."""
    form = posted()
    reason = form.choice("reason", _("Reason"), REASONS)
    source = form.text("source", _("System"), most=200)
    after = form["after"]
    service, actor = door.service(), door.actor()
    rows = held.listed(
        service,
        actor,
        source=source or "%",
        reason=reason or "%",
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
        limit=LINES + 1,
    )
    look_up.note_reading(service, actor, "read.held")
    return door.render(
        "held.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        rows=[_plain(row) for row in rows[:LINES]],
        more=rows[LINES - 1]["seq"] if len(rows) > LINES else None,
        reasons=list(REASONS.items()),
        may_read_again=actor.role in READING_AGAIN,
        may_dismiss=actor.role in DISMISSING,
        may_open=actor.role in WHOLE,
        here=HERE,
    )


@door.page("/integrate/held/<held_id>/again", *READING_AGAIN, methods=("POST",))
def held_again(held_id: str) -> Response:
    """Read one again with the code maps of now."""
    found = held.reread(door.service(), door.actor(), held_ids=[held_id])
    return door.go("held_list", came="charted" if found.settled else "waits")


@door.page("/integrate/held/<held_id>/dismissal", *DISMISSING)
def held_dismissal(held_id: str) -> Response:
    """Why one is not to be charted."""
    return _dismissing(held_id, Form())


@door.page("/integrate/held/<held_id>/dismissal", *DISMISSING, methods=("POST",))
def held_dismissed(held_id: str) -> Response:
    """Say that one is not to be charted."""
    form = posted()
    reason = form.text("reason", _("Reason"), required=True)
    if reason is None or form.faults:
        return _dismissing(held_id, form)
    held.dismiss(door.service(), door.actor(), held_id, reason)
    return door.go("held_list", came="dismissed")


@door.page("/integrate/messages/<message_id>", *WHOLE)
def held_message(message_id: str) -> Response:
    """A message as it came, and what became of it each time that it was read."""
    return _message(message_id, Form())


@door.page("/integrate/messages/<message_id>", *MAY, methods=("POST",))
def held_message_again(message_id: str) -> Response:
    """Read it again: wholly where it could not be read, else what of it still waits."""
    form = posted()
    reason = form.text("reason", _("Reason"), required=True)
    if reason is None or form.faults:
        return _message(message_id, form)
    readers: Readers = current_app.extensions[READERS]
    try:
        replay(door.service(), door.actor(), message_id, reason, readers)
    except (Conflicting, Refused) as error:
        form.fault("", str(error))
        return _message(message_id, form)
    return door.go("held_message", message_id=message_id)


def _message(message_id: str, form: Form) -> Response:
    found = read_message(door.service(), door.actor(), message_id)
    for each in found["outcomes"]:
        each["detail"] = orjson.dumps(each["detail"]).decode()
    return door.render(
        "message.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        message=found,
        may_read_again=door.actor().role in MAY,
        here=HERE,
    )


def _dismissing(held_id: str, form: Form) -> Response:
    return door.render(
        "held_dismissal.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        held_id=held_id,
        here=HERE,
    )


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A statement that waits, with what its sender said of it."""
    said = orjson.loads(row["report"])
    shown = ("what", "text", "value", "unit_code", "unit_text", "effective_at", "state")
    return {
        **row,
        "said": {name: said[name] for name in shown if said.get(name) not in (None, "", {})},
        "why": REASONS.get(row["reason"], row["reason"]),
    }
