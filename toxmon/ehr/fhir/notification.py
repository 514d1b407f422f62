"""Notifications of subscriptions at another server: R4 backport, and the older rest-hook.

A resource that comes along is taken as the sender's own version of it. Where only its id comes,
that is kept and said: nothing is fetched here. Events are counted, so that a missing one is told.
A resource that cannot be read is kept as it came, and does not stop the subscription.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from toxmon.actions import Actor, Service, notified
from toxmon.actions.received import keep_unreadable
from toxmon.ehr.fhir import bundle
from toxmon.ehr.fhir.answers import Told
from toxmon.ehr.fhir.asked import PUT, Asked, check_id, check_resource, check_type
from toxmon.ehr.fhir.charting import Delivery, chart
from toxmon.ehr.fhir.outcome import Failed, Issue, outcome

HANDSHAKE, HEARTBEAT, EVENT = "handshake", "heartbeat", "event-notification"
QUERIES = ("query-status", "query-event")
TYPES = (HANDSHAKE, HEARTBEAT, EVENT, *QUERIES)
MOST_EVENTS = 1_000
LARGEST_NUMBER = 2**53
Parameter = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Status:
    """What a notification says of itself: its type, its subscription, its events, their count."""

    type: str
    subscription: str
    numbers: tuple[int, ...] = ()
    count: int | None = None


def take_notification(
    service: Service, actor: Actor, body: Any, raw: tuple[bytes, str], base: str
) -> dict[str, Any]:
    """Take what a subscription tells; the OperationOutcome that says what became of it.

    `raw` is the bytes and the content type. Raises Failed for what is no notification.
    """
    if isinstance(body, dict) and body.get("resourceType") != "Bundle":
        return take_resource(service, actor, body, raw, base)
    sent = check_resource(body, "Bundle")
    if sent.get("type") != "history":
        words = "is not history, as a notification of R4 is; send resources to /fhir"
        raise Failed(422, Issue("not-supported", words, ("Bundle.type",)))
    listed = bundle.entries(sent)
    status = _status(listed[0][1].get("resource") if listed else None)
    content_type = raw[1]
    message = bundle.message_of(actor, raw[0], content_type, None)
    asked, bare, issues = _asked(listed[1:])
    told: list[Told] = []
    if asked or bare or status.type == HANDSHAKE:
        told, _ = chart(
            Delivery(
                service=service,
                actor=actor,
                message=message,
                asked=asked,
                kind="Bundle",
                base=base,
                strict=False,
                own_ids=True,
            )
        )
    issues += [issue for each in told for issue in each.issues]
    if any(issue.severity == "error" for issue in issues):
        keep_unreadable(service, actor, message, "resources of a notification cannot be read")
    kind = notified.FULL if asked else notified.ID_ONLY if bare else notified.EMPTY
    source, subscription = message.source, status.subscription
    missing = notified.keep(
        service, actor, source, subscription, status.numbers, kind, status.count
    )
    if status.type == EVENT and not asked:
        words = f"kept, to be fetched: {len(bare)} resources were named and did not come along"
        issues.append(Issue("incomplete", words, severity="warning"))
    issues += [
        Issue("incomplete", f"events {gap.first} to {gap.last} have not come", severity="warning")
        for gap in missing
    ]
    return _said(issues, f"{status.type} taken")


def take_resource(
    service: Service,
    actor: Actor,
    body: Any,
    raw: tuple[bytes, str],
    base: str,
    kind: str | None = None,
    given_id: str | None = None,
) -> dict[str, Any]:
    """Take the body of a rest-hook: one resource of the sender's server. Raises Failed."""
    named = kind or (str(body.get("resourceType")) if isinstance(body, dict) else "")
    check_type(named)
    asked = Asked(method=PUT, kind=named, resource=check_resource(body, named), given_id=given_id)
    if given_id is not None:
        check_id(asked)
    told, _ = chart(
        Delivery(
            service=service,
            actor=actor,
            message=bundle.message_of(actor, *raw, None),
            asked=[asked],
            kind=named,
            base=base,
            strict=False,
            own_ids=True,
        )
    )
    if told[0].failed:
        raise Failed(told[0].status, *told[0].issues)
    return _said(told[0].issues, "taken")


def pinged(service: Service, actor: Actor) -> dict[str, Any]:
    """The answer to a rest-hook without a body: something is new, and nothing says what."""
    notified.keep(service, actor, actor.name, "rest-hook", (), notified.EMPTY)
    words = "heard; nothing came along, and nothing is fetched: let the subscription send resources"
    return outcome([Issue("incomplete", words, severity="warning")])


def _said(issues: list[Issue], words: str) -> dict[str, Any]:
    return outcome(issues or [Issue("informational", words, severity="information")])


def _asked(
    listed: list[tuple[int, Mapping[str, Any]]],
) -> tuple[list[Asked], list[str], list[Issue]]:
    """The resources that came along, the addresses of those that did not, and what is wrong."""
    asked: list[Asked] = []
    bare: list[str] = []
    issues: list[Issue] = []
    for number, entry in listed:
        place = f"Bundle.entry[{number}].resource"
        resource, request = entry.get("resource"), entry.get("request")
        method = request.get("method") if isinstance(request, dict) else None
        if method == "DELETE":
            words = "was deleted by its sender, and stands here: look whether it was wrong"
            issues.append(Issue("business-rule", words, (place,), severity="warning"))
        elif resource is None:
            bare.append(place)
        elif not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
            issues.append(Issue("structure", "is not a resource", (place,)))
        else:
            asked.append(
                Asked(
                    method=PUT,
                    kind=resource["resourceType"],
                    resource=resource,
                    place=f"/entry/{number}/resource",
                    full_url=bundle.full_url_of(entry, number),
                )
            )
    return asked, bare, issues


def _status(resource: Any) -> Status:
    """What the first entry says. Raises Failed (422)."""
    place = "Bundle.entry[0].resource"
    if not isinstance(resource, dict) or resource.get("resourceType") != "Parameters":
        raise Failed(422, Issue("structure", "is not the Parameters of a notification", (place,)))
    given = _parameters(resource.get("parameter"))
    kind = next((each.get("valueCode") for each in given if each.get("name") == "type"), None)
    if kind not in TYPES:
        words = f"names no type; send one of {', '.join(TYPES)}"
        raise Failed(422, Issue("value", words, (f"{place}.parameter",)))
    subscription = "unnamed"
    count = None
    numbers = []
    for each in given:
        reference = each.get("valueReference")
        if each.get("name") == "subscription" and isinstance(reference, dict):
            subscription = str(reference.get("reference") or subscription)[:500]
        if each.get("name") == "events-since-subscription-start":
            count = _number(each)
        if each.get("name") == "notification-event":
            parts = _parameters(each.get("part"))
            numbers += [_number(part) for part in parts if part.get("name") == "event-number"]
    known = tuple(number for number in numbers if number is not None)
    return Status(kind, subscription, known, count)


def _parameters(listed: Any) -> list[Parameter]:
    found = listed if isinstance(listed, list) else []
    return [each for each in found[:MOST_EVENTS] if isinstance(each, dict)]


def _number(parameter: Parameter) -> int | None:
    """A count of events: a text in R4, a number in some servers."""
    names = ("valueString", "valueInteger", "valueUnsignedInt", "valueInteger64")
    value = next((parameter[name] for name in names if name in parameter), None)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not text.isascii() or not text.isdecimal() or len(text) > 16:
        return None
    return int(text) if 0 < int(text) < LARGEST_NUMBER else None
