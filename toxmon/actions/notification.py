"""A FHIR R4 backport notification of a subscription: what changed, as references and no content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from toxmon.actions.event_types import GRADED, TESTED
from toxmon.channels import MADE_OVER_HTTP
from toxmon.store import Row

BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition"
BUNDLE = f"{BACKPORT}/backport-subscription-notification-r4"
STATUS = f"{BACKPORT}/backport-subscription-status-r4"
TOPIC = "SubscriptionTopic/toxmon-record-changed"
HANDSHAKE, NOTIFIED = "handshake", "event-notification"


def notification(
    name: str,
    type_: str,
    row: Row,
    body: Mapping[str, Any],
    roots: tuple[str, ...],
    base_url: str,
) -> dict[str, Any]:
    """A Bundle of type history: the status of the subscription first, then what changed.

    `row` is the message with its `number`, `name` that of its channel. `roots` are the first facts
    of chains of corrections: the ids that FHIR knows observations by. A test is a handshake.
    """
    base = f"{base_url}/fhir"
    subscription = f"{base}/Subscription/{name.removeprefix(MADE_OVER_HTTP)}"
    number = str(row.get("number") or 0)
    changed = [] if type_ == TESTED else _changed(type_, body, roots)
    parameters: list[dict[str, Any]] = [
        {"name": "subscription", "valueReference": {"reference": subscription}},
        {"name": "topic", "valueCanonical": f"{base}/{TOPIC}"},
        {"name": "status", "valueCode": "active"},
        {"name": "type", "valueCode": HANDSHAKE if type_ == TESTED else NOTIFIED},
        {"name": "events-since-subscription-start", "valueString": number},
    ]
    if type_ != TESTED:
        part: list[dict[str, Any]] = [
            {"name": "event-number", "valueString": number},
            {"name": "timestamp", "valueInstant": body["at"]},
        ]
        for place, each in enumerate(changed):
            which = "additional-context" if place else "focus"
            part.append({"name": which, "valueReference": {"reference": f"{base}/{each}"}})
        parameters.append({"name": "notification-event", "part": part})
    status = {
        "fullUrl": f"urn:uuid:{uuid5(NAMESPACE_URL, row['id'])}",
        "resource": {
            "resourceType": "Parameters",
            "id": str(uuid5(NAMESPACE_URL, row["id"])),
            "meta": {"profile": [STATUS]},
            "parameter": parameters,
        },
        "request": {"method": "GET", "url": f"{subscription}/$status"},
        "response": {"status": "200"},
    }
    return {
        "resourceType": "Bundle",
        "id": row["id"],
        "meta": {"profile": [BUNDLE]},
        "type": "history",
        "timestamp": body["at"],
        "entry": [
            status,
            *(
                {
                    "fullUrl": f"{base}/{each}",
                    "request": {"method": "PUT", "url": each},
                    "response": {"status": "200"},
                }
                for each in changed
            ),
        ],
    }


def _changed(type_: str, body: Mapping[str, Any], roots: tuple[str, ...]) -> list[str]:
    """References to what changed, the most telling first; the patient where nothing else did."""
    of = body.get("of") or {}
    if body.get("alert_id"):
        return [f"Flag/{body['alert_id']}"]
    if type_ == GRADED:
        return [f"Observation/{of['assessment']}"]
    kind = {"facts": "Observation", "dose": "MedicationAdministration"}.get(type_.partition(".")[0])
    if kind is not None:
        return [f"{kind}/{each}" for each in (roots or of.get("facts", ()))]
    return [f"Patient/{body['patient_id']}"] if body.get("patient_id") else []
