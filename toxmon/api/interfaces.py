"""How the systems that talk to toxmon stand, for who looks after them."""

from __future__ import annotations

from flask import Response
from marshmallow import Schema, fields

from toxmon.actions import Forbidden, interfaces, look_up
from toxmon.api import door
from toxmon.api.answers import reply

blueprint = door.blueprint("interfaces", "The systems that talk to toxmon, and how they stand")


class SourceStandsOut(Schema):
    """A system that sends. `lately` counts the statements of the last 24 hours by outcome."""

    source = fields.String()
    form = fields.String()
    kept = fields.Integer(metadata={"description": "Messages"})
    first_at = fields.DateTime()
    last_at = fields.DateTime()
    lately = fields.Dict()
    waiting = fields.Dict(metadata={"description": "Statements that wait, by reason"})
    unreadable = fields.Integer()
    clock_off_s = fields.Float(
        allow_none=True,
        metadata={"description": "Our time less the sender's, of the message that came quickest"},
    )


class UnmappedOut(Schema):
    """A code for which statements wait."""

    source = fields.String()
    reason = fields.String()
    system = fields.String(allow_none=True)
    code = fields.String()
    display = fields.String(allow_none=True)
    n = fields.Integer()


class InterfacesOut(Schema):
    """Every interface, and what a person should look at."""

    at = fields.DateTime()
    sources = fields.List(fields.Nested(SourceStandsOut))
    unmapped = fields.List(fields.Nested(UnmappedOut))
    feeds = fields.List(fields.Dict())
    channels = fields.List(fields.Dict())
    missed = fields.List(
        fields.Dict(),
        metadata={"description": "Events of subscriptions that have not come, from first to last"},
    )
    to_fetch = fields.List(
        fields.Dict(), metadata={"description": "Events that came without what they are about"}
    )
    needs = fields.List(fields.String())


@blueprint.route("/interfaces")
@door.answers(200, InterfacesOut)
@door.allowed("admin", "integration")
def get() -> Response:
    """What each system has sent, what of it waits and why, and how each channel stands."""
    service, actor = door.service(), door.actor()
    if actor.units is not None:
        raise Forbidden("this tells of the whole site; a token of some units may not read it")
    look_up.note_looking(service, actor, "read.interfaces")
    return reply(200, interfaces.told(service))
