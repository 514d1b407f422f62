"""`$process-message`: a message Bundle with its header first, answered by a message Bundle.

What it is about is taken as a whole or not at all. The same message twice is answered as the first
time; another message of the same id is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from toxmon.actions import Actor, Conflicting, Service
from toxmon.ehr.fhir import bundle
from toxmon.ehr.fhir.answers import Told
from toxmon.ehr.fhir.asked import POST, PUT, Asked, check_resource
from toxmon.ehr.fhir.charting import MAPPERS, Delivery, chart
from toxmon.ehr.fhir.elements import is_id
from toxmon.ehr.fhir.outcome import Failed, Issue, instant, outcome
from toxmon.ehr.fhir.resource_types import R4_TYPES
from toxmon.store import Unavailable

DEFINITION = "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message"
OK, AGAIN, FATAL = "ok", "transient-error", "fatal-error"
RETRY_AFTER_S = "2"


@dataclass(slots=True)
class Replied:
    """The answering message, and the status and headers that it goes with."""

    bundle: dict[str, Any]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def process(
    service: Service, actor: Actor, body: Any, raw: tuple[bytes, str], base: str
) -> Replied:
    """Take a message; `raw` is its bytes and content type. Raises Failed for what is no message."""
    sent = check_resource(body, "Bundle")
    if sent.get("type") != "message":
        words = "is not message, which is processed here"
        raise Failed(400, Issue("structure", words, ("Bundle.type",)))
    listed = bundle.entries(sent)
    header = listed[0][1].get("resource") if listed else None
    if not isinstance(header, dict) or header.get("resourceType") != "MessageHeader":
        words = "is not a MessageHeader, with which a message begins"
        raise Failed(400, Issue("structure", words, ("Bundle.entry[0].resource",)))
    try:
        told = _charted(service, actor, sent, raw, base)
    except Failed as error:
        return Replied(_reply(service, header, base, FATAL, list(error.issues)), error.status)
    except Conflicting as error:
        return Replied(_reply(service, header, base, FATAL, [Issue("duplicate", str(error))]), 409)
    except Unavailable:
        words = "the record cannot be reached now; nothing was kept, send the same again"
        again = _reply(service, header, base, AGAIN, [Issue("transient", words)])
        return Replied(again, 503, {"Retry-After": RETRY_AFTER_S})
    return Replied(_reply(service, header, base, OK, [i for each in told for i in each.issues]))


def _charted(
    service: Service,
    actor: Actor,
    sent: Mapping[str, Any],
    raw: tuple[bytes, str],
    base: str,
) -> list[Told]:
    asked, beside = contents(sent, skip=1)
    told, _ = chart(
        Delivery(
            service=service,
            actor=actor,
            message=bundle.message_of(actor, *raw, _control_id(sent)),
            asked=asked,
            kind="Bundle",
            base=base,
            strict=True,
            beside=beside,
            own_ids=True,
        )
    )
    return told


def contents(
    sent: Mapping[str, Any], skip: int = 0
) -> tuple[list[Asked], list[tuple[Mapping[str, Any], str | None]]]:
    """The resources of a Bundle that are read here, and those that only came along.

    Raises Failed (400) for what is no resource of R4.
    """
    asked: list[Asked] = []
    beside: list[tuple[Mapping[str, Any], str | None]] = []
    for number, entry in bundle.entries(sent)[skip:]:
        resource = entry.get("resource")
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        place = f"Bundle.entry[{number}].resource"
        if not isinstance(resource, dict) or kind not in R4_TYPES:
            raise Failed(400, Issue("structure", "is not a resource of FHIR R4", (place,)))
        given = resource.get("id")
        if given is not None and not is_id(given):
            raise Failed(400, Issue("structure", "is not an id", (f"{place}.id",)))
        url = bundle.full_url_of(entry, number)
        if kind in MAPPERS:
            asked.append(
                Asked(
                    method=PUT if given is not None else POST,
                    kind=str(kind),
                    resource=resource,
                    place=f"/entry/{number}/resource",
                    full_url=url,
                )
            )
        else:
            beside.append((resource, url))
    return asked, beside


def _control_id(sent: Mapping[str, Any]) -> str | None:
    """What the sender calls the message: the identifier of the Bundle, else its id."""
    named = sent.get("identifier")
    if isinstance(named, dict) and isinstance(named.get("value"), str):
        return f"{named.get('system', '')}|{named['value']}"[:500]
    found = sent.get("id")
    return found[:500] if isinstance(found, str) and found else None


def _reply(
    service: Service, header: Mapping[str, Any], base: str, code: str, issues: list[Issue]
) -> dict[str, Any]:
    """The answering message: what it answers to, and what is to be said of it."""
    own, details = f"urn:uuid:{uuid.uuid4()}", f"urn:uuid:{uuid.uuid4()}"
    said = issues or [Issue("informational", "taken", severity="information")]
    answered: dict[str, Any] = {
        "resourceType": "MessageHeader",
        "source": {"name": "toxmon", "endpoint": base},
        "response": {
            "identifier": str(header.get("id") or "unknown")[:64],
            "code": code,
            "details": {"reference": details},
        },
    }
    for name in ("eventCoding", "eventUri"):
        if name in header:
            answered[name] = header[name]
    return {
        "resourceType": "Bundle",
        "type": "message",
        "timestamp": instant(service.clock()),
        "entry": [
            {"fullUrl": own, "resource": answered},
            {"fullUrl": details, "resource": outcome(said)},
        ],
    }
