"""A Subscription of FHIR R4 as a webhook of ours, and back.

It is asked for by one administrator and begins when another has approved it; where it may lead the
server's configuration says. It is served by the same outbox as every webhook: signed, retried, in
the order of a patient's versions, with ids and no content.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from toxmon.actions.event_types import GRADED
from toxmon.actions.notification import TOPIC
from toxmon.actions.subscribing import Wanted
from toxmon.actions.webhooks import ACTIVE, ENDED, Webhook
from toxmon.channels import FHIR, address_faults
from toxmon.ehr.fhir.codes_out import CATEGORIES, TOLD
from toxmon.ehr.fhir.outcome import BASE, Failed, Issue, instant

SECRET = "urn:toxmon:secret"  # noqa: S105 - the name of an extension
PREFIX = "fhir-"
REST_HOOK = "rest-hook"
PAYLOADS = ("application/fhir+json", "application/json")
OF_TYPE: dict[str, tuple[str, ...]] = {
    "Observation": ("facts.*", GRADED),
    "MedicationAdministration": ("dose.*", "infusion.*"),
    "Encounter": ("stay.*",),
    "Patient": ("patient.*",),
    "Flag": ("alarm.*",),
}
"""What a search by type is told of; a narrower one would need to be worked out for each event."""
GRADES = (TOLD, f"{CATEGORIES}|{TOLD}")
REQUESTED, ON, OFF, FAILING = "requested", "active", "off", "error"


def wanted(sent: Mapping[str, Any], base_url: str, name: str) -> Wanted:
    """The webhook that a Subscription asks for. Raises Failed (422) with every issue."""
    issues: list[Issue] = []

    def wrong(place: str, words: str, code: str = "value") -> None:
        issues.append(Issue(code, words, (f"Subscription.{place}",)))

    if sent.get("status") != REQUESTED:
        wrong("status", f"send {REQUESTED}; the server makes it {ON} once it is approved")
    if "end" in sent:
        wrong("end", "is not offered; end it by DELETE", "not-supported")
    channel = sent.get("channel")
    endpoint = ""
    if not isinstance(channel, dict):
        wrong("channel", "is missing", "required")
    else:
        endpoint = str(channel.get("endpoint") or "")
        if channel.get("type") != REST_HOOK:
            wrong("channel.type", f"only {REST_HOOK} is offered", "not-supported")
        if channel.get("payload") not in (None, *PAYLOADS):
            words = f"send {PAYLOADS[0]}; what is told has ids and no content"
            wrong("channel.payload", words, "not-supported")
        if channel.get("header"):
            words = "is not offered: each call is signed (Standard Webhooks) with a secret"
            wrong("channel.header", words, "not-supported")
        for fault in address_faults(endpoint):
            wrong("channel.endpoint", fault.removeprefix("url: "))
    events = _events(sent.get("criteria"), base_url)
    if events is None:
        known = ", ".join(f"{each}?" for each in OF_TYPE)
        words = f"send one of {known}; Observation?category={TOLD}; or {base_url}{BASE}/{TOPIC}"
        wrong("criteria", words, "not-supported")
    if issues:
        raise Failed(422, *issues)
    return Wanted(name, endpoint, events or (), None, FHIR)


def _events(criteria: Any, base_url: str) -> tuple[str, ...] | None:
    """The types of events that criteria ask for, None for what is not offered."""
    if not isinstance(criteria, str):
        return None
    if criteria == f"{base_url}{BASE}/{TOPIC}":
        return ("*",)
    try:
        parts = urlsplit(criteria)
        asked = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    kind = parts.path.strip("/").rpartition("/")[2]
    if kind == "Observation" and asked in [[("category", each)] for each in GRADES]:
        return (GRADED,)
    return OF_TYPE.get(kind) if not asked else None


def told(found: Webhook, failing: bool, base_url: str, secret: str | None = None) -> dict[str, Any]:
    """A webhook as a Subscription; `secret` is told once, to who has asked for it."""
    status = {ACTIVE: FAILING if failing else ON, ENDED: OFF}.get(found.state, REQUESTED)
    resource: dict[str, Any] = {
        "resourceType": "Subscription",
        "id": found.name,
        "meta": {"lastUpdated": instant(found.recorded_at)},
        "status": status,
        "reason": f"asked for by {found.recorded_by}",
        "criteria": _criteria(found.events, base_url),
        "channel": {
            "type": REST_HOOK,
            "endpoint": urlsplit(found.url)._replace(query="").geturl(),
            "payload": PAYLOADS[0],
        },
    }
    if failing:
        resource["error"] = "the receiver does not take what is sent; it is tried again"
    if secret is not None:
        resource["extension"] = [{"url": SECRET, "valueString": secret}]
    return resource


def _criteria(events: tuple[str, ...], base_url: str) -> str:
    if events == (GRADED,):
        return f"Observation?category={TOLD}"
    for kind, types in OF_TYPE.items():
        if events == types:
            return f"{kind}?"
    return f"{base_url}{BASE}/{TOPIC}"
