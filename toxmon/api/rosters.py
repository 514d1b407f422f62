"""Rosters: who is on call, and where nobody is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from toxmon.actions import Fault, Refused, look_up, roster
from toxmon.api import door
from toxmon.api.answers import reply, to_json
from toxmon.api.fields import Instant, Name, Words
from toxmon.api.reach import reached
from toxmon.store import Row, rosters

blueprint = door.blueprint("rosters", "Who is on call")

AHEAD = timedelta(days=14)


class ShiftIn(Schema):
    """A person has a role of a unit during a span; `*` is every unit."""

    unit = Name(100, required=True, metadata={"example": "bmt-1"})
    role = Name(100, required=True, metadata={"example": "charge nurse"})
    person = Name(100, of_person=True, required=True)
    channel = Name(
        100,
        load_default=None,
        allow_none=True,
        metadata={"description": "How the person is reached: a channel of the server, by name"},
    )
    from_ = Instant(required=True, data_key="from")
    until = Instant(required=True)


class ShiftChangeIn(ShiftIn):
    """A shift in place of another one."""

    reason = Words(500, required=True)


class ShiftEndIn(Schema):
    """Why the shift is taken off the roster."""

    reason = Words(500, required=True)


class ShiftOut(Schema):
    """A shift."""

    id = fields.String()
    unit = fields.String()
    role = fields.String()
    person = fields.String()
    channel = fields.String(allow_none=True)
    from_ = fields.DateTime(data_key="from")
    until = fields.DateTime()
    recorded_at = fields.DateTime()
    recorded_by = fields.String()
    replaces_id = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    ended = fields.Boolean()


class RosterQuery(Schema):
    """Which part of the roster; without, from now on for 14 days."""

    unit = fields.String(load_default=None)
    from_ = Instant(load_default=None, data_key="from")
    to = Instant(load_default=None)


class RosterOut(Schema):
    """The shifts that stand, who is on call now, and the gaps of the days ahead."""

    items = fields.List(fields.Nested(ShiftOut))
    next = fields.String(allow_none=True)
    gaps = fields.List(fields.Dict())
    roles = fields.List(fields.String())
    channels = fields.List(fields.String())


@blueprint.route("/rosters", methods=["POST"])
@door.answers(201, ShiftOut, "On the roster")
@door.allowed("nurse", "physician", "admin")
@door.takes(ShiftIn)
def add(sent: dict[str, Any]) -> Response:
    """Put a shift on the roster."""
    answer = roster.add(door.service(), door.actor(), _shift(sent), _render, keyed=door.keyed())
    return door.said(answer)


@blueprint.route("/rosters/<shift_id>/corrections", methods=["POST"])
@door.answers(201, ShiftOut, "Replaced")
@door.allowed("nurse", "physician", "admin")
@door.takes(ShiftChangeIn)
def change(sent: dict[str, Any], shift_id: str) -> Response:
    """Replace a shift by another one: somebody has swapped."""
    answer = roster.add(
        door.service(),
        door.actor(),
        _shift(sent),
        _render,
        replaces_id=shift_id,
        reason=sent["reason"],
        keyed=door.keyed(),
    )
    return door.said(answer)


@blueprint.route("/rosters/<shift_id>/retraction", methods=["POST"])
@door.answers(201, ShiftOut, "Off the roster")
@door.allowed("nurse", "physician", "admin")
@door.takes(ShiftEndIn)
def end(sent: dict[str, Any], shift_id: str) -> Response:
    """Take a shift off the roster."""
    service = door.service()
    old = rosters.get(service.store, shift_id)
    if old is None or not door.actor().may_see(old["unit"]):
        raise door.NotFound("no such shift")
    answer = roster.add(
        service,
        door.actor(),
        old,
        _render,
        replaces_id=shift_id,
        reason=sent["reason"],
        ended=True,
        keyed=door.keyed(),
    )
    return door.said(answer)


@blueprint.route("/rosters")
@door.answers(200, RosterOut)
@door.allowed(*door.CLINICAL, "admin")
@door.asks(RosterQuery)
def listed(asked: dict[str, Any]) -> Response:
    """The shifts of your units, and the hours ahead at which nobody is on call."""
    service, actor = door.service(), door.actor()
    now, only = service.clock(), reached(actor, asked["unit"])
    from_at = asked["from_"] or now
    to_at = asked["to"] or from_at + AHEAD
    if to_at <= from_at:
        raise Refused(Fault("/to", "is not after from"))
    with service.store.reading():
        rows = rosters.between(service.store, from_at, to_at)
        holes = roster.holes(service, now)

    def mine(unit: str) -> bool:
        return unit == "*" or (actor.may_see(unit) and only in (None, unit))

    look_up.note_reading(service, actor, "list.roster")
    plain_gaps = [
        {"unit": gap.unit, "role": gap.role, "from": gap.from_at, "until": gap.until_at}
        for gap in holes
        if mine(gap.unit)
    ]
    return reply(
        200,
        {
            "items": [plain_shift(row) for row in rows if mine(row["unit"])],
            "next": None,
            "gaps": plain_gaps,
            "roles": sorted(roster.roles(service)),
            "channels": sorted(service.channels),
        },
    )


def _shift(sent: dict[str, Any]) -> Row:
    named = {name: sent[name] for name in ("unit", "role", "person", "channel")}
    return {**named, "from_at": sent["from_"], "until_at": sent["until"]}


def _render(row: Row) -> bytes:
    return to_json(plain_shift(row))


def plain_shift(row: Row) -> dict[str, Any]:
    """A shift as it is told."""
    return {
        "id": row["id"],
        "unit": row["unit"],
        "role": row["role"],
        "person": row["person"],
        "channel": row["channel"],
        "from": row["from_at"],
        "until": row["until_at"],
        "recorded_at": row["recorded_at"],
        "recorded_by": row["recorded_by"],
        "replaces_id": row["replaces_id"],
        "reason": row["reason"],
        "ended": bool(row["ended"]),
    }
