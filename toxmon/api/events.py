"""The feed of events: every change of every record within reach, in the order of commits."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from flask import Response, request
from marshmallow import Schema, ValidationError, fields, validate

from toxmon.actions import alerts, look_up
from toxmon.actions.event_types import patterns
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Whole
from toxmon.store import Row, events

blueprint = door.blueprint("events", "What changed, in order")

PAGE = 500
MOST_PAGES = 20
"""Events looked through for one answer; who may see few of them asks on from there."""


def known_type(text: str) -> None:
    """Raises ValidationError for what is no type of event, nor all of a kind."""
    if text not in patterns():
        raise ValidationError(
            "is not a type of event; send one such as grade.changed, or all of a kind: alarm.*"
        )


class Place(fields.Integer):
    """A number that the feed gave."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,15}", value):
            raise ValidationError("is not a place that this feed gave; send the last `next`")
        return int(value)


class EventQuery(Schema):
    """From where on, and of what."""

    after = Place(
        load_default=0,
        metadata={
            "description": "The `next` of the last answer; without it from the first event on"
        },
    )
    limit = Whole(load_default=100, validate=validate.Range(1, PAGE))
    patient = fields.String(load_default=None)
    type = fields.String(
        load_default=None,
        validate=known_type,
        metadata={"description": "A type as `grade.changed`, or all of a kind as `alarm.*`"},
    )


class EventOut(Schema):
    """One change. `version` is the patient's version after it; `n` counts the events of one."""

    seq = fields.Integer()
    id = fields.String()
    type = fields.String()
    patient_id = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)
    n = fields.Integer()
    at = fields.DateTime(metadata={"description": "When it was so at the bedside"})
    recorded_at = fields.DateTime()
    data = fields.Dict(metadata={"description": "Ids, kinds and grades; ask the record for more"})


class EventPage(Schema):
    """Events in the order of commits. `next` always leads on, also when there is none yet."""

    items = fields.List(fields.Nested(EventOut))
    next = fields.Integer(metadata={"description": "Give it as `after` the next time"})


@blueprint.route("/events")
@door.answers(200, EventPage)
@door.allowed(*door.CLINICAL)
@door.asks(EventQuery)
def listed(asked: dict[str, Any]) -> Response:
    """Every change in your units after a place, in the order of commits: none is passed over."""
    service, actor = door.service(), door.actor()
    after, limit = asked["after"], asked["limit"]
    narrowed = {"patient": asked["patient"], **_types(asked["type"])}
    items: list[dict[str, Any]] = []
    with service.store.reading():
        if asked["patient"] is not None:
            look_up.head(service, actor, asked["patient"])
        for _ in range(MOST_PAGES):
            rows = events.after(service.store, after, narrowed, PAGE)
            for row in rows:
                after = row["seq"]
                if alerts.within_reach(actor, row["unit_now"]):
                    items.append(plain_event(row))
                if len(items) == limit:
                    break
            if len(items) == limit or len(rows) < PAGE:
                break
    # Who asks every second would fill the audit chain; a link a minute says that it did.
    look_up.note_looking(service, actor, "list.events")
    answer = reply(200, {"items": items, "next": after})
    more = {**request.args.to_dict(), "after": after}
    path = quote(request.root_path + request.path)
    answer.headers["Link"] = f'<{path}?{urlencode(more)}>; rel="next"'
    return answer


def plain_event(row: Row) -> dict[str, Any]:
    """An event as it is told."""
    names = ("seq", "id", "type", "patient_id", "unit", "version", "n", "at", "recorded_at")
    return {**{name: row[name] for name in names}, "data": orjson.loads(row["body"])}


def _types(asked: str | None) -> dict[str, str]:
    if asked is None or asked == "*":
        return {}
    if asked.endswith(".*"):
        return {"kind": asked.removesuffix("*") + "%"}
    return {"type": asked}
