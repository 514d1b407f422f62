"""How a message of the outbox is put into words and sent, by the kind of its channel."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from toxmon import clock, notify, webhooks
from toxmon.actions import Service, formats
from toxmon.actions import webhooks as asked_for
from toxmon.actions.deliver import Outcome, Tried
from toxmon.actions.formats import Told
from toxmon.channels import FHIR, MADE_OVER_HTTP, WEBHOOK, Channel
from toxmon.store import Row, facts, patients
from toxmon.webhooks import Allowed, Answered

GONE, ENDED = "gone", "ended"
"""Kinds of channels that are no more: of the server's file, and made over HTTP."""
LEFT_OUT = "(key left out)"
BUSY = (429, 503)
REFUSED = (400, 413, 415, 422)
"""The receiver understood, and will not have this message; another may well be taken."""


@dataclass(frozen=True, slots=True)
class Telling:
    """The channels there are, and what may go through them: from the server's configuration."""

    channels: Mapping[str, Channel]
    allowed: Allowed
    base_url: str = ""
    names: bool = False

    def channel(self, name: str, service: Service | None = None) -> Channel:
        """A channel by name; one that is no more takes nothing, and says so.

        With the service also those that were made over HTTP, as they stand now.
        """
        known = self.channels.get(name)
        if known is None and service is not None and name.startswith(MADE_OVER_HTTP):
            return asked_for.channel(service, name) or Channel(name, ENDED, "")
        return known or Channel(name, GONE, "")

    def post(self, service: Service, row: Row) -> Outcome:
        """Send one message. Never raises for what becomes of it outside."""
        channel = self.channel(row["channel"], service)
        body: dict[str, Any] = orjson.loads(row["body"])
        if channel.kind == ENDED:
            return Outcome(False, "this webhook was ended", dropped=True)
        if channel.kind == GONE:
            return Outcome(False, "the server's configuration has no channel of that name")
        patient = _patient(service, row["patient_id"]) if self.names else None
        base_url = self.base_url.rstrip("/")
        if channel.kind == WEBHOOK:
            roots = _roots(service, body) if channel.format == FHIR else ()
            told = Told(row, body, base_url, self.names, patient, roots)
            text, form, headers = formats.written(channel, told)
            stamp = int(service.clock().timestamp())
            if channel.secrets:
                headers |= webhooks.signed(channel.secrets, row["id"], stamp, text)
            headers["Content-Type"] = form
            began = clock.elapsed()
            answered = webhooks.post(channel.url, text, headers, self.allowed)
            took_ms = round((clock.elapsed() - began) * 1000)
            return replace(outcome(answered), tried=_tried(channel, text, answered, took_ms))
        title, words = notify.worded(
            body, base_url=self.base_url, patient=patient, names=self.names
        )
        taken = notify.notify(channel, title, words, row["priority"])
        return Outcome(taken, "taken by its service" if taken else notify.FAILED)


def outcome(answered: Answered) -> Outcome:
    """What an answer of a receiver means for the message."""
    status = answered.status
    return Outcome(
        answered.ok,
        answered.words,
        gone=status == webhooks.GONE,
        refused=status in REFUSED,
        wait_s=(answered.retry_after_s or 0.0) if status in BUSY else 0.0,
    )


def _tried(channel: Channel, text: bytes, answered: Answered, took_ms: int) -> Tried:
    """What a person may look at later. The key that a format carries in its body is left out."""
    sent = text.decode()
    if channel.key:
        sent = sent.replace(orjson.dumps(channel.key).decode()[1:-1], LEFT_OUT)
    digest = hashlib.sha256(text).hexdigest()
    return Tried(answered.status, took_ms, answered.began, sent, digest)


def _patient(service: Service, patient_id: str | None) -> str | None:
    found = patients.get(service.store, patient_id) if patient_id is not None else None
    return found["name"] if found else None


def _roots(service: Service, body: Mapping[str, Any]) -> tuple[str, ...]:
    """The first fact of each chain of corrections that an event replaces."""
    replaced = (body.get("of") or {}).get("replaces", ())
    rows = (facts.get(service.store, each) for each in replaced)
    return tuple(facts.root(service.store, row) for row in rows if row is not None)
