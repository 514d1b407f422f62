"""Webhooks for operators: which there are, asking for one, approving it, what became of posts."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

import orjson
from flask import Response, request
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from toxmon.actions import Fault, NotFound, Refused, redeliver, subscribing
from toxmon.actions.deliver import standing_of
from toxmon.actions.subscribing import NAME, NAME_WORDS, Wanted
from toxmon.actions.webhooks import ACTIVE, Webhook
from toxmon.api import door
from toxmon.api.answers import reply, to_json
from toxmon.api.events import known_type
from toxmon.api.fields import Name, Page, Words
from toxmon.api.paging import LARGEST, cursor_of, number, read_cursor
from toxmon.channels import (
    ALARMS,
    CLOUDEVENTS,
    FHIR,
    STANDARD,
    Destination,
    address_faults,
)
from toxmon.store import Row, deliveries

blueprint = door.blueprint("webhooks", "What is told to other programs, and whether it gets there")

ADMIN = ("admin",)
LOOKING = ("admin", "auditor")
OURS = (STANDARD, CLOUDEVENTS, FHIR)
"""Formats of webhooks over HTTP; the others need keys, which stand in the server's file alone."""


class WebhookIn(Schema):
    """A destination that the server's configuration allows, and what it is to be told."""

    name = fields.String(
        required=True,
        metadata={"example": "ehr-grades", "description": "Never used again once it was used"},
    )
    url = fields.String(
        required=True,
        validate=validate.Length(1, 2000),
        metadata={"example": "https://ehr.example.org/hooks/toxmon"},
    )
    events = fields.List(
        fields.String(validate=known_type),
        load_default=lambda: [ALARMS],
        validate=validate.Length(1, 50),
        metadata={"example": ["alarm.*", "grade.changed"]},
    )
    units = fields.List(
        Name(100),
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 100),
        metadata={"description": "Without it: every unit"},
    )
    format = fields.String(load_default=STANDARD, validate=validate.OneOf(OURS))

    @validates_schema(skip_on_field_errors=False)
    def _said(self, data: dict[str, Any], **kwargs: Any) -> None:
        wrong = {}
        if "name" in data and not NAME.fullmatch(data["name"]):
            wrong["name"] = [NAME_WORDS]
        if "url" in data and (faults := address_faults(data["url"])):
            wrong["url"] = [each.removeprefix("url: ") for each in faults]
        if wrong:
            raise ValidationError(wrong)


class WebhookEndIn(Schema):
    """Why it ends."""

    reason = Words(500, required=True)


class MayReasonIn(Schema):
    """Why, if there is anything to say of it. The body may be left out."""

    reason = Words(500, load_default=None, allow_none=True)


class NothingIn(Schema):
    """There is nothing to say. The body may be left out."""


class WebhookOut(Schema):
    """A way out. One of the server's file shows neither its address nor a secret."""

    id = fields.String(metadata={"description": "Of one of the server's file: its name"})
    name = fields.String()
    kind = fields.String(metadata={"description": "webhook, or notify: a way to people"})
    made_over = fields.String(metadata={"description": "file or http"})
    format = fields.String()
    events = fields.List(fields.String())
    units = fields.List(fields.String(), allow_none=True)
    state = fields.String(
        metadata={"description": "pending, well, failing, paused or ended"},
    )
    since = fields.DateTime(allow_none=True)
    says = fields.String(allow_none=True)
    url = fields.String(
        allow_none=True, metadata={"description": "Only of one made over HTTP; without its query"}
    )
    recorded_by = fields.String(allow_none=True)
    recorded_at = fields.DateTime(allow_none=True)
    approved_by = fields.String(allow_none=True)
    both_sign_until = fields.DateTime(allow_none=True)
    secret = fields.String(
        metadata={"description": "Told once: to who asks for it, and to who changes it"}
    )


class WebhookList(Schema):
    """Every way out: those of the server's file, then those made over HTTP."""

    items = fields.List(fields.Nested(WebhookOut))
    next = fields.String(allow_none=True)


class DeliveryOut(Schema):
    """What became of one message. What it said and of whom is not told here."""

    id = fields.String(metadata={"description": "The webhook-id that the receiver saw"})
    event_id = fields.String()
    type = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    channel = fields.String()
    state = fields.String(metadata={"description": "waiting, sent or given_up"})
    made_at = fields.DateTime()
    due_at = fields.DateTime(allow_none=True)
    sent_at = fields.DateTime(allow_none=True)
    given_up_at = fields.DateTime(allow_none=True)
    tries = fields.Integer()
    says = fields.String(allow_none=True)


class DeliveryPage(Schema):
    """Messages, the newest first."""

    items = fields.List(fields.Nested(DeliveryOut))
    next = fields.String(allow_none=True)


View = TypeVar("View", bound=Callable[..., Any])


def may_take(schema: type[Schema]) -> Callable[[View], View]:
    """As `door.takes`, for a body that may be left out."""
    nothing: dict[str, Any] = schema().load({})

    def decorate(view: View) -> View:
        taking = door.takes(schema)(view)

        @wraps(taking)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            sent = request.get_data(cache=True)
            return taking(*args, **kwargs) if sent else view(nothing, *args, **kwargs)

        return wrapper  # type: ignore[return-value]

    return decorate


@blueprint.route("/webhooks")
@door.answers(200, WebhookList)
@door.allowed(*LOOKING)
def listed() -> Response:
    """Every way out within reach, what goes through it and how it stands."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        items = []
        if actor.units is None:
            items = [_of_file(each) for each in service.destinations]
        items += [_plain(each) for each in subscribing.open_channels(service, actor)]
    return reply(200, {"items": items, "next": None})


@blueprint.route("/webhooks/<webhook_id>")
@door.answers(200, WebhookOut)
@door.allowed(*LOOKING)
def get(webhook_id: str) -> Response:
    """One way out."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        for each in service.destinations:
            if each.name == webhook_id and actor.units is None:
                return reply(200, _of_file(each))
        return reply(200, _plain(subscribing.readable(service, actor, webhook_id)))


@blueprint.route("/webhooks", methods=["POST"])
@door.answers(201, WebhookOut, "It waits for the approval of another administrator")
@door.allowed(*ADMIN)
@door.takes(WebhookIn)
def create(sent: dict[str, Any]) -> Response:
    """Ask for a webhook to a place that the server allows. The answer has its secret, once."""
    units = sent["units"]
    wanted = Wanted(
        sent["name"],
        sent["url"],
        tuple(dict.fromkeys(sent["events"])),
        None if units is None else tuple(dict.fromkeys(units)),
        sent["format"],
    )
    answer = subscribing.ask(door.service(), door.actor(), wanted, _render, keyed=door.keyed())
    return door.said(answer)


@blueprint.route("/webhooks/<webhook_id>/approval", methods=["POST"])
@door.answers(200, WebhookOut, "It is told from now on")
@door.allowed(*ADMIN)
@may_take(MayReasonIn)
def approve(sent: dict[str, Any], webhook_id: str) -> Response:
    """Approve a webhook that another administrator has asked for."""
    service, actor = door.service(), door.actor()
    _not_of_the_file(webhook_id)
    return door.said(
        subscribing.approve(service, actor, webhook_id, sent["reason"], _render, keyed=door.keyed())
    )


@blueprint.route("/webhooks/<webhook_id>/rotate", methods=["POST"])
@door.answers(200, WebhookOut, "The new secret, once; both sign for a day")
@door.allowed(*ADMIN)
@may_take(MayReasonIn)
def rotate(sent: dict[str, Any], webhook_id: str) -> Response:
    """Give a webhook a new secret. For a day each message has a signature by either."""
    service, actor = door.service(), door.actor()
    _not_of_the_file(webhook_id)
    return door.said(
        subscribing.rotate(service, actor, webhook_id, sent["reason"], _render, keyed=door.keyed())
    )


@blueprint.route("/webhooks/<webhook_id>/end", methods=["POST"])
@door.answers(200, WebhookOut, "It is told nothing more, and what waited is given up")
@door.allowed(*ADMIN)
@door.takes(WebhookEndIn)
def end(sent: dict[str, Any], webhook_id: str) -> Response:
    """End a webhook for good, with a reason. It stays on record."""
    service, actor = door.service(), door.actor()
    _not_of_the_file(webhook_id)
    answer = subscribing.end(
        service, actor, webhook_id, sent["reason"], _render, keyed=door.keyed()
    )
    return door.said(answer)


@blueprint.route("/webhooks/<webhook_id>/test", methods=["POST"])
@door.answers(202, DeliveryOut, "It waits to be posted; ask for the deliveries what became of it")
@door.allowed(*ADMIN)
@may_take(NothingIn)
def try_out(sent: dict[str, Any], webhook_id: str) -> Response:
    """Send a test through a way out, as any message goes."""
    service, actor = door.service(), door.actor()
    answer = redeliver.try_out(service, actor, webhook_id, _rendered, keyed=door.keyed())
    return door.said(answer)


@blueprint.route("/webhooks/<webhook_id>/deliveries")
@door.answers(200, DeliveryPage)
@door.allowed(*LOOKING)
@door.asks(Page)
def posted(asked: dict[str, Any], webhook_id: str) -> Response:
    """What became of the messages of a way out, the newest first."""
    service, actor, limit = door.service(), door.actor(), asked["limit"]
    cursor = read_cursor(asked["cursor"], number)
    with service.store.reading():
        channel = redeliver.lane(service, actor, webhook_id)
        before = cursor[0] if cursor else LARGEST
        rows = deliveries.of_channel(service.store, channel, before, limit + 1)
    more = cursor_of([rows[limit - 1]["seq"]]) if len(rows) > limit else None
    return reply(200, {"items": [plain_delivery(row) for row in rows[:limit]], "next": more})


@blueprint.route("/deliveries/<delivery_id>/redeliver", methods=["POST"])
@door.answers(202, DeliveryOut, "It waits to be posted again, under the same id")
@door.allowed(*ADMIN)
@may_take(NothingIn)
def send_again(sent: dict[str, Any], delivery_id: str) -> Response:
    """Send a message once more that was sent or given up on."""
    service, actor = door.service(), door.actor()
    answer = redeliver.again(service, actor, delivery_id, _rendered, keyed=door.keyed())
    return door.said(answer)


def plain_delivery(row: Row) -> dict[str, Any]:
    """What became of one message, as it is told."""
    names = ("id", "event_id", "type", "unit", "channel", "made_at", "due_at", "sent_at", "tries")
    state = "waiting" if row["due_at"] else ("sent" if row["sent_at"] else "given_up")
    return {
        **{name: row[name] for name in names},
        "state": state,
        "given_up_at": row["dead_at"],
        "says": None if row["outcome"] is None else orjson.loads(row["outcome"]).get("says"),
    }


def _not_of_the_file(webhook_id: str) -> None:
    """Raises Refused for what stands in the server's file: it is not changed over HTTP."""
    service, actor = door.service(), door.actor()
    if any(each.name == webhook_id for each in service.destinations):
        if actor.units is not None:
            raise NotFound("no such webhook")
        words = "stands in the server's file of channels; its operator changes it there"
        raise Refused(Fault("", words))


def _of_file(each: Destination) -> dict[str, Any]:
    nobody = dict.fromkeys(("url", "recorded_by", "recorded_at", "approved_by", "both_sign_until"))
    return {"id": each.name, "name": each.name, "made_over": "file", **_told(each), **nobody}


def _plain(found: Webhook, secret: str | None = None) -> dict[str, Any]:
    service = door.service()
    plain = {
        "id": found.id,
        "name": found.name,
        "made_over": "http",
        **_told(found.destination),
        "url": urlsplit(found.url)._replace(query="").geturl(),
        "recorded_by": found.recorded_by,
        "recorded_at": found.recorded_at,
        "approved_by": found.approved_by,
        "both_sign_until": subscribing.until(found, service.clock()),
    }
    if found.state != ACTIVE:
        plain |= {"state": found.state, "since": None, "says": None}
    if secret is not None:
        plain["secret"] = secret
    return plain


def _told(each: Destination) -> dict[str, Any]:
    stands = standing_of(door.service(), each.name)
    return {
        "kind": each.kind,
        "format": each.format,
        "events": list(each.events),
        "units": None if each.units is None else sorted(each.units),
        "state": stands.get("state", "well"),
        "since": stands.get("since"),
        "says": stands.get("says"),
    }


def _render(found: Webhook, secret: str | None) -> bytes:
    return to_json(_plain(found, secret))


def _rendered(row: Row) -> bytes:
    return to_json(plain_delivery(row))
