"""What other systems said and nobody could chart yet; and their messages as they came."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, current_app
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from toxmon.actions import Fault, NotFound, Refused, held, look_up
from toxmon.actions.messages import Readers, read_message, replay
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Name, Page, Words
from toxmon.api.paging import cursor_of, number, read_cursor
from toxmon.intake.hold import REASONS
from toxmon.store import Row

blueprint = door.blueprint("held", "Statements of other systems that wait, and their messages")

READERS = "toxmon_readers"
MOST = 500
ANY = "%"


class HeldQuery(Page):
    """Which statements that wait."""

    source = Name(200, load_default=None)
    reason = fields.String(load_default=None, validate=validate.OneOf(sorted(REASONS)))
    patient = Name(100, load_default=None)


class HeldOut(Schema):
    """A statement that waits. `said` is what the sender said, as it was read from the message."""

    id = fields.String()
    message = fields.String()
    source = fields.String()
    reason = fields.String()
    words = fields.String(metadata={"description": "What is missing, and what would help"})
    patient = fields.String(allow_none=True)
    code = fields.Dict(allow_none=True)
    said = fields.Dict()
    recorded_at = fields.DateTime()


class HeldPage(Schema):
    """A page of what waits, the oldest first."""

    items = fields.List(fields.Nested(HeldOut))
    next = fields.String(allow_none=True)


class RereadIn(Schema):
    """Which statements to read again: these, or all of a source, a reason, or both."""

    ids = fields.List(Name(100), validate=validate.Length(1, MOST))
    source = Name(200)
    reason = fields.String(validate=validate.OneOf(sorted(REASONS)))

    @validates_schema
    def _which(self, data: dict[str, Any], **kwargs: Any) -> None:
        if "ids" in data and ("source" in data or "reason" in data):
            raise ValidationError("stands beside source or reason; send one of them", "ids")
        if not data:
            raise ValidationError("is missing; or send source or reason", "ids")


class RereadOut(Schema):
    """How many were read again, how many wait no longer, and how many go on waiting."""

    read = fields.Integer()
    settled = fields.Integer()
    waiting = fields.Integer()


class DismissalIn(Schema):
    """Why it is not to be charted."""

    reason = Words(500, required=True)


class DismissedOut(Schema):
    """Who dismissed it, and when."""

    id = fields.String()
    recorded_at = fields.DateTime()
    recorded_by = fields.String()
    reason = fields.String()


class ReplayIn(Schema):
    """Why a message is read again."""

    reason = Words(500, required=True)


class MessageOut(Schema):
    """A message as it came, and what became of it each time that it was read."""

    id = fields.String()
    source = fields.String()
    form = fields.String()
    control_id = fields.String(allow_none=True)
    content_type = fields.String()
    encoding = fields.String(metadata={"description": "Of the body: utf-8, latin-1 or base64"})
    body = fields.String()
    recorded_at = fields.DateTime()
    recorded_by = fields.String()
    outcomes = fields.List(fields.Dict())


class ReplayOut(Schema):
    """What a message came to when it was read again."""

    outcome = fields.String()
    read = fields.Integer()
    settled = fields.Integer()


@blueprint.route("/held")
@door.answers(200, HeldPage)
@door.allowed(*door.CLINICAL, "admin")
@door.asks(HeldQuery)
def listed(asked: dict[str, Any]) -> Response:
    """What waits for a person: an unknown code, an unknown patient, a unit that is missing."""
    service, actor = door.service(), door.actor()
    cursor = read_cursor(asked["cursor"], number)
    limit = asked["limit"]
    rows = held.listed(
        service,
        actor,
        source=asked["source"] or ANY,
        reason=asked["reason"] or ANY,
        patient_id=asked["patient"] or ANY,
        after=cursor[0] if cursor else 0,
        limit=limit + 1,
    )
    look_up.note_reading(service, actor, "read.held", None)
    more = cursor_of([rows[limit - 1]["seq"]]) if len(rows) > limit else None
    return reply(200, {"items": [plain_held(row) for row in rows[:limit]], "next": more})


@blueprint.route("/held/reread", methods=["POST"])
@door.answers(200, RereadOut)
@door.allowed(*door.CLINICIAN, "admin")
@door.takes(RereadIn)
def reread(sent: dict[str, Any]) -> Response:
    """Read what waits again, with the code maps of now. What can be charted is."""
    ids = sent.get("ids")
    try:
        found = held.reread(
            door.service(),
            door.actor(),
            held_ids=None if ids is None else list(dict.fromkeys(ids)),
            source=sent.get("source", ANY),
            reason=sent.get("reason", ANY),
        )
    except NotFound as error:
        words = "names what does not wait, or is not within reach; GET held lists what does"
        raise Refused(Fault("/ids", words)) from error
    told = {"read": found.read, "settled": found.settled, "waiting": found.waiting}
    return reply(200, told)


@blueprint.route("/held/<held_id>/dismissal", methods=["POST"])
@door.answers(200, DismissedOut)
@door.allowed(*door.CLINICIAN)
@door.takes(DismissalIn)
def dismiss(sent: dict[str, Any], held_id: str) -> Response:
    """Say that a statement is not to be charted, and why."""
    end = held.dismiss(door.service(), door.actor(), held_id, sent["reason"])
    names = ("recorded_at", "recorded_by", "reason")
    return reply(200, {"id": held_id, **{name: end[name] for name in names}})


@blueprint.route("/messages/<message_id>")
@door.answers(200, MessageOut)
@door.allowed("physician", "integration", "admin")
def message(message_id: str) -> Response:
    """A message as it came. Who reaches some units alone reads only what it has sent itself."""
    row = read_message(door.service(), door.actor(), message_id)
    return reply(200, row)


@blueprint.route("/messages/<message_id>/replay", methods=["POST"])
@door.answers(200, ReplayOut)
@door.allowed("integration", "admin")
@door.takes(ReplayIn)
def read_again(sent: dict[str, Any], message_id: str) -> Response:
    """Read a message again: one that could not be read, or what of it still waits."""
    readers: Readers = current_app.extensions[READERS]
    told = replay(door.service(), door.actor(), message_id, sent["reason"], readers)
    return reply(200, told)


def plain_held(row: Row) -> dict[str, Any]:
    """A statement that waits, as it is told."""
    said: dict[str, Any] = orjson.loads(row["report"])
    names = ("what", "text", "value", "unit_code", "unit_text", "effective_at", "state", "detail")
    code = {name: row[name] for name in ("system", "code", "display")} if row["code"] else None
    return {
        "id": row["id"],
        "message": row["message_id"],
        "source": row["source"],
        "reason": row["reason"],
        "words": row["words"],
        "patient": row["patient_id"],
        "code": code,
        "said": {name: said[name] for name in names if said.get(name) not in (None, {})},
        "recorded_at": row["recorded_at"],
    }
