"""The routes of Subscription: ask for one, see how it stands, end it."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
from flask import Blueprint, Response

from toxmon.actions import NotFound, subscribing
from toxmon.actions.deliver import standing_of
from toxmon.actions.webhooks import ACTIVE, Webhook, of_row
from toxmon.channels import FHIR
from toxmon.ehr.fhir import guard
from toxmon.ehr.fhir.asked import check_resource
from toxmon.ehr.fhir.capability import TAKEN, Written
from toxmon.ehr.fhir.outcome import BASE, Failed, Issue, answer, failed
from toxmon.ehr.fhir.routes_write import read_body
from toxmon.ehr.fhir.subscription import PREFIX, told, wanted
from toxmon.store import webhooks

ADMIN, LOOKING = ("admin",), ("admin", "auditor")
ENDED_HERE = "the Subscription was deleted"

blueprint = Blueprint("fhir_subscription", __name__)
blueprint.register_error_handler(Failed, failed)
TAKEN.types["Subscription"] = Written(
    type="Subscription",
    interactions=("create", "read", "search-type", "delete"),
    words="rest-hook, of ids, signed. One administrator asks, another approves "
    "(POST /api/v1/webhooks/ID/approval). Where it may lead the server's operator says.",
)


@blueprint.post(f"{BASE}/Subscription")
@guard.allowed(*ADMIN)
def create() -> Response:
    """Ask for a subscription. The answer has the secret that calls are signed with, this once."""
    service = guard.service()
    _, body = read_body()
    sent = check_resource(body, "Subscription")
    if not service.base_url:
        words = "the server's operator has to say where it is (TOXMON_BASE_URL)"
        raise Failed(422, Issue("not-supported", words))
    asked = wanted(sent, service.base_url, f"{PREFIX}{uuid.uuid4().hex[:12]}")

    def render(found: Webhook, secret: str | None) -> bytes:
        return orjson.dumps(told(found, False, service.base_url, secret))

    made = subscribing.ask(service, guard.actor(), asked, render)
    resource: dict[str, Any] = orjson.loads(made.body)
    return answer(
        resource, 201, {"Location": f"{service.base_url}{BASE}/Subscription/{asked.name}"}
    )


@blueprint.get(f"{BASE}/Subscription")
@guard.allowed(*LOOKING)
def listed() -> Response:
    """Every subscription within reach, the ended ones too."""
    service, actor = guard.service(), guard.actor()
    with service.store.reading():
        known = subscribing.open_channels(service, actor)
        found = [_plain(each) for each in known if each.format == FHIR]
    entries = [
        {
            "fullUrl": f"{service.base_url}{BASE}/Subscription/{each['id']}",
            "resource": each,
            "search": {"mode": "match"},
        }
        for each in found
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(found)}
    return answer({**bundle, "entry": entries} if entries else bundle)


@blueprint.get(f"{BASE}/Subscription/<name>")
@guard.allowed(*LOOKING)
def read(name: str) -> Response:
    """How one stands: requested until it is approved, active, error while it fails, off."""
    service = guard.service()
    with service.store.reading():
        return answer(_plain(_named(name)))


@blueprint.delete(f"{BASE}/Subscription/<name>")
@guard.allowed(*ADMIN)
def end(name: str) -> Response:
    """End one for good; what waits for it is given up. It stays readable, as off."""
    service = guard.service()
    with service.store.reading():
        found = _named(name)
    subscribing.end(service, guard.actor(), found.id, ENDED_HERE, lambda *_: b"")
    return Response(status=204)


def _named(name: str) -> Webhook:
    service = guard.service()
    row = webhooks.named(service.store, name)
    if row is None or row["format"] != FHIR:
        raise NotFound("no such subscription")
    found = of_row(row)
    return subscribing.readable(service, guard.actor(), found.id)


def _plain(found: Webhook) -> dict[str, Any]:
    service = guard.service()
    failing = found.state == ACTIVE and bool(standing_of(service, found.channel))
    return told(found, failing, service.base_url)
