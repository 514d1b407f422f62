"""Who did and read what."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from toxmon.actions import Forbidden, NotFound, look_up
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Instant, Page
from toxmon.api.paging import cursor_of, number, read_cursor
from toxmon.store import EVER, NEVER, access

blueprint = door.blueprint("audit", "Who did and read what")


class AuditQuery(Page):
    """Which links of the chain."""

    patient = fields.String(load_default=None, validate=validate.Length(max=100))
    # SQLite takes no pattern of more than 50,000 bytes, and nobody has such a name.
    actor = fields.String(load_default=None, validate=validate.Length(max=500))
    from_ = Instant(load_default=None, data_key="from")
    to = Instant(load_default=None)


class AuditOut(Schema):
    """A page of the chain, in order."""

    items = fields.List(fields.Dict())
    next = fields.String(allow_none=True)


@blueprint.route("/audit")
@door.answers(200, AuditOut)
@door.allowed("auditor", "admin")
@door.asks(AuditQuery)
def listed(asked: dict[str, Any]) -> Response:
    """The chain of acts, each signed with the one before it.

    A token that reaches some units only reads the acts about one patient within its reach.
    """
    service, actor = door.service(), door.actor()
    if actor.units is not None:
        if asked["patient"] is None:
            raise Forbidden("a token of some units reads about one patient; send patient=")
        if not door.may_see(asked["patient"]):
            raise NotFound("no such patient")
    cursor = read_cursor(asked["cursor"], number)
    bounds = {
        "after": cursor[0] if cursor else 0,
        "patient": _exactly(asked["patient"]),
        "actor": _exactly(asked["actor"]),
        "from_at": asked["from_"] or NEVER,
        "to_at": asked["to"] or EVER,
    }
    limit = asked["limit"]
    with service.store.reading():
        rows = access.page(service.store, bounds, limit + 1)
    look_up.note_reading(service, actor, "read.audit")
    more = cursor_of([rows[limit - 1]["n"]]) if len(rows) > limit else None
    items = [{**row, "detail": orjson.loads(row["detail"])} for row in rows[:limit]]
    return reply(200, {"items": items, "next": more})


def _exactly(name: str | None) -> str:
    """A pattern that matches just this name; without one, anything."""
    if name is None:
        return "%"
    return name.replace("!", "!!").replace("%", "!%").replace("_", "!_")
