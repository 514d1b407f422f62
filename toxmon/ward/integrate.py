"""The console of integrations: what is told to other programs, and whether it gets there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Response

from toxmon.actions import Conflicting, Refused, look_up, redeliver, subscribing
from toxmon.actions.deliver import standing_of
from toxmon.actions.event_types import patterns
from toxmon.actions.subscribing import NAME, NAME_WORDS, Wanted
from toxmon.actions.webhooks import ACTIVE, Webhook
from toxmon.channels import CLOUDEVENTS, FHIR, STANDARD, Destination, address_faults
from toxmon.store import posted as outbox
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _
from toxmon.ward.shown import now

MAY = ("integration", "admin")
ADMIN = ("admin",)
HERE = "/integrate"
LATELY = timedelta(hours=24)
FORMATS = (STANDARD, CLOUDEVENTS, FHIR)
NOTHING: dict[str, Any] = {"sent": 0, "given_up": 0, "waiting": 0, "oldest_at": None}


@door.page("/integrate", *MAY)
def integrate() -> Response:
    """Every way out: how it stands, and what went through it in a day."""
    service, actor = door.service(), door.actor()
    look_up.note_looking(service, actor, "read.console")
    return door.render("integrate.html", endpoints=endpoints(), here=HERE)


def endpoints() -> list[dict[str, Any]]:
    """Those within reach: of the server's file for who reaches every unit, and made over HTTP."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        lately = outbox.lately(service.store, now() - LATELY)
        of_file = service.destinations if actor.units is None else ()
        made = subscribing.open_channels(service, actor)
        found = [_of_file(each) for each in of_file] + [_made(each) for each in made]
    return [{**each, **lately.get(each["channel"], NOTHING)} for each in found]


@door.page("/integrate/endpoints/new", *ADMIN)
def endpoint_new() -> Response:
    """Ask for a webhook."""
    return _asking(Form())


@door.page("/integrate/endpoints/new", *ADMIN, methods=("POST",))
def endpoint_asked() -> Response:
    """Keep what was asked for, and tell its secret once."""
    form = posted("events")
    name = form.text("name", _("Name"), required=True) or ""
    url = form.text("url", _("Address"), required=True, most=2_000) or ""
    format_ = form.choice("format", _("Format"), FORMATS, required=True) or STANDARD
    units = tuple(dict.fromkeys(each.strip() for each in form["units"].split(",") if each.strip()))
    events = tuple(each for each in dict.fromkeys(form.many["events"]) if each in patterns())
    if name and not NAME.fullmatch(name):
        form.fault("name", f"{_('Name')}: {NAME_WORDS}")
    for words in address_faults(url) if url else ():
        form.fault("url", f"{_('Address')}: {words.removeprefix('url: ')}")
    if not events:
        form.fault("events", _("Events: choose at least one kind"))
    if form.faults:
        return _asking(form)
    wanted = Wanted(name, url, events, units or None, format_)
    try:
        answer = subscribing.ask(
            door.service(), door.actor(), wanted, _rendered, keyed=door.keyed()
        )
    except Refused as error:
        form.take(error.faults, {"/url": "url", "/format": "format"})
        return _asking(form)
    except Conflicting as error:
        form.fault("name" if error.fault else "", str(error))
        return _asking(form)
    return _told(answer.body)


@door.page("/integrate/endpoints/<endpoint_id>", *MAY)
def endpoint(endpoint_id: str) -> Response:
    """One way out, and what can be done with it."""
    return door.render("endpoint.html", endpoint=_one(endpoint_id), here=HERE)


@door.page("/integrate/endpoints/<endpoint_id>/approve", *ADMIN, methods=("POST",))
def endpoint_approve(endpoint_id: str) -> Response:
    """Let it begin; another than who asked for it does."""
    service, actor = door.service(), door.actor()
    subscribing.approve(service, actor, endpoint_id, None, _rendered, keyed=door.keyed())
    return door.go("endpoint", endpoint_id=endpoint_id)


@door.page("/integrate/endpoints/<endpoint_id>/rotate", *ADMIN, methods=("POST",))
def endpoint_rotate(endpoint_id: str) -> Response:
    """Give it a new secret, and tell it once."""
    service, actor = door.service(), door.actor()
    answer = subscribing.rotate(service, actor, endpoint_id, None, _rendered, keyed=door.keyed())
    return _told(answer.body)


@door.page("/integrate/endpoints/<endpoint_id>/end", *ADMIN, methods=("POST",))
def endpoint_end(endpoint_id: str) -> Response:
    """End it for good."""
    form = posted()
    reason = form.text("reason", _("Reason"), required=True)
    if reason is None or form.faults:
        found = _one(endpoint_id)
        return door.render(
            "endpoint.html", 422, endpoint=found, form=form, errors=form.faults, here=HERE
        )
    service, actor = door.service(), door.actor()
    subscribing.end(service, actor, endpoint_id, reason, _rendered, keyed=door.keyed())
    return door.go("endpoint", endpoint_id=endpoint_id)


@door.page("/integrate/endpoints/<endpoint_id>/test", *ADMIN, methods=("POST",))
def endpoint_test(endpoint_id: str) -> Response:
    """Let a test go through it, as any message goes; its page says what became of it."""
    service, actor = door.service(), door.actor()
    answer = redeliver.try_out(service, actor, endpoint_id, _id_alone, keyed=door.keyed())
    return door.go("delivery", delivery_id=orjson.loads(answer.body)["id"])


@door.page("/integrate/sandbox", *MAY)
def sandbox() -> Response:
    """What there is to try connections against."""
    return door.render("sandbox.html", here=HERE)


def _one(endpoint_id: str) -> dict[str, Any]:
    """Raises NotFound for what is not there, or not within reach."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        lately = outbox.lately(service.store, now() - LATELY)
        for each in service.destinations if actor.units is None else ():
            if each.name == endpoint_id:
                return {**_of_file(each), **lately.get(each.name, NOTHING)}
        found = subscribing.readable(service, actor, endpoint_id)
        return {**_made(found), **lately.get(found.channel, NOTHING)}


def _of_file(each: Destination) -> dict[str, Any]:
    return {"id": each.name, "name": each.name, "channel": each.name, "made": "file",
            **_stands(each)}  # fmt: skip


def _made(found: Webhook) -> dict[str, Any]:
    plain = {
        "id": found.id,
        "name": found.name,
        "channel": found.channel,
        "made": "http",
        **_stands(found.destination),
        "url": urlsplit(found.url)._replace(query="").geturl(),
        "recorded_by": found.recorded_by,
        "recorded_at": found.recorded_at,
        "approved_by": found.approved_by,
        "mine": door.actor().id == found.maker,
        "both_sign_until": subscribing.until(found, now()),
    }
    return plain if found.state == ACTIVE else {**plain, "state": found.state, "says": None}


def _stands(each: Destination) -> dict[str, Any]:
    stands = standing_of(door.service(), each.name)
    return {
        "kind": each.kind,
        "format": each.format,
        "events": list(each.events),
        "units": None if each.units is None else sorted(each.units),
        "state": stands.get("state", "well"),
        "since": stands.get("since"),
        "says": stands.get("says"),
        "url": None,
    }


def _asking(form: Form) -> Response:
    kinds = [
        each for each in sorted(patterns()) if each.endswith("*") and not each.startswith("webhook")
    ]
    return door.render(
        "endpoint_new.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        kinds=kinds,
        formats=[(each, each) for each in FORMATS],
        here=HERE,
    )


def _told(body: bytes) -> Response:
    """What an act came to: its secret now and never again."""
    told = orjson.loads(body)
    found = _one(told["id"])
    return door.render("endpoint.html", endpoint=found, secret=told["secret"], told=True, here=HERE)


def _rendered(found: Webhook, secret: str | None) -> bytes:
    return orjson.dumps({"id": found.id, "secret": secret})


def _id_alone(row: dict[str, Any]) -> bytes:
    return orjson.dumps({"id": row["id"]})
