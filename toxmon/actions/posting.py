"""How a message of the outbox is put into words and sent, by the kind of its channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from toxmon import notify, webhooks
from toxmon.actions import Service
from toxmon.actions.deliver import Outcome
from toxmon.channels import WEBHOOK, Channel
from toxmon.store import Row, patients
from toxmon.webhooks import Allowed

THIN = ("at", "priority", "state", "condition", "level", "step", "unit", "bed", "alert_id",
        "patient_id", "version")  # fmt: skip
WORDS = ("title", "says")
"""What a webhook says only where names may be told; or of a matter of no patient."""


@dataclass(frozen=True, slots=True)
class Telling:
    """The channels there are, and what may go through them: from the server's configuration."""

    channels: Mapping[str, Channel]
    allowed: Allowed
    base_url: str = ""
    names: bool = False

    def channel(self, name: str) -> Channel:
        """A channel by name; one that is no more takes nothing, and says so."""
        return self.channels.get(name) or Channel(name, "gone", "")

    def post(self, service: Service, row: Row) -> Outcome:
        """Send one message. Never raises for what becomes of it outside."""
        channel = self.channel(row["channel"])
        body: dict[str, Any] = orjson.loads(row["body"])
        patient = _patient(service, row["patient_id"]) if self.names else None
        if channel.kind == "gone":
            return Outcome(False, "the server's configuration has no channel of that name")
        if channel.kind == WEBHOOK:
            text = payload(row, body, base_url=self.base_url, patient=patient, names=self.names)
            stamp = int(service.clock().timestamp())
            headers = webhooks.signed(channel.secrets, row["id"], stamp, text)
            answered = webhooks.post(channel.url, text, headers, self.allowed)
            return Outcome(answered.ok, answered.words, answered.status == webhooks.GONE)
        title, words = notify.worded(
            body, base_url=self.base_url, patient=patient, names=self.names
        )
        taken = notify.notify(channel, title, words, row["priority"])
        return Outcome(taken, "taken by its service" if taken else notify.FAILED)


def payload(
    row: Row, body: Mapping[str, Any], *, base_url: str, patient: str | None, names: bool
) -> bytes:
    """The body of a webhook. It is thin: the receiver asks for the rest, and so has the newest.

    `alert_id` and `version` say what to ask for; `id` of the event is the same for all who are
    told of it, the `webhook-id` is that of this message.
    """
    told = {name: body.get(name) for name in THIN}
    if names or row["patient_id"] is None:
        told |= {name: body.get(name) for name in WORDS}
    if names and patient is not None:
        told["patient"] = patient
    if base_url:
        told["link"] = f"{base_url.rstrip('/')}/alerts/{body.get('alert_id')}"
    message = {
        "type": f"alarm.{body.get('event')}",
        "timestamp": body.get("at"),
        "id": row["event_id"],
        "data": told,
    }
    return orjson.dumps(message)


def _patient(service: Service, patient_id: str | None) -> str | None:
    found = patients.get(service.store, patient_id) if patient_id is not None else None
    return found["name"] if found else None
