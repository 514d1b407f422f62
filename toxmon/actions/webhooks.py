"""Webhooks that were asked for over HTTP: one administrator asks, another approves, either ends.

Where one may lead the server's configuration says, and nobody over HTTP. Its secret is derived
from the service's key, so that none is stored; it is told once, to who asks for it.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon import clock
from toxmon.actions import Actor, Service
from toxmon.channels import MADE_OVER_HTTP, WEBHOOK, Channel, Destination
from toxmon.store import Row, webhooks

FRESH_S = 2.0
"""How long a process goes by what it read; what it did itself it knows at once."""
OVERLAP = timedelta(hours=24)
"""After a rotation both secrets sign for so long."""
PENDING, ACTIVE, ENDED = "pending", "active", "ended"
APPROVED, ROTATED = "approved", "rotated"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as it stands. `turned`: how often its secret was changed, the last time then."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    units: frozenset[str] | None
    format: str
    state: str
    recorded_at: datetime
    recorded_by: str
    maker: str
    approved_by: str | None
    turned: int
    turned_at: datetime | None

    @property
    def channel(self) -> str:
        """The name of its lane."""
        return MADE_OVER_HTTP + self.name

    @property
    def destination(self) -> Destination:
        """What goes through it."""
        return Destination(self.channel, WEBHOOK, self.events, self.units, self.format)

    def reached_by(self, actor: Actor) -> bool:
        """May the actor, who may see only some units, see to it?"""
        return actor.units is None or (self.units is not None and self.units <= actor.units)


def of_row(row: Row) -> Webhook:
    """A webhook from its row and what was said of it since."""
    said: dict[str, Row] = {each["kind"]: each for each in row["said"]}
    approved = said.get(APPROVED)
    state = ENDED if ENDED in said else ACTIVE if approved else PENDING
    turned = [each["recorded_at"] for each in row["said"] if each["kind"] == ROTATED]
    units = None if row["units"] is None else frozenset(orjson.loads(row["units"]))
    names = ("id", "name", "url", "format", "recorded_at", "recorded_by", "maker")
    plain: dict[str, Any] = {name: row[name] for name in names}
    return Webhook(
        **plain,
        events=tuple(orjson.loads(row["events"])),
        units=units,
        state=state,
        approved_by=approved["recorded_by"] if approved else None,
        turned=len(turned),
        turned_at=turned[-1] if turned else None,
    )


def every(service: Service) -> list[Webhook]:
    """All there ever were, in order."""
    return [of_row(row) for row in webhooks.every(service.store)]


def live(service: Service) -> tuple[Destination, ...]:
    """Those that something goes to now, as this process read a moment ago."""
    known = service.subscribed
    if known is None or known[0] <= clock.elapsed():
        found = tuple(each.destination for each in every(service) if each.state == ACTIVE)
        known = service.subscribed = (clock.elapsed() + FRESH_S, found)
    return known[1]


def channel(service: Service, name: str) -> Channel | None:
    """The channel of a webhook that is in use, by the name of its lane; else None."""
    row = webhooks.named(service.store, name.removeprefix(MADE_OVER_HTTP))
    found = of_row(row) if row is not None else None
    if found is None or found.state != ACTIVE or found.channel != name:
        return None
    secrets = [secret(service, found.id, found.turned)]
    if found.turned_at is not None and service.clock() < found.turned_at + OVERLAP:
        secrets.append(secret(service, found.id, found.turned - 1))
    return Channel(
        name, WEBHOOK, found.url, tuple(secrets), True, found.events, found.units, found.format
    )


def secret(service: Service, webhook_id: str, turned: int) -> bytes:
    """The 32 bytes that sign a webhook's messages, after its secret was changed so often."""
    return hmac.digest(service.key, f"webhook secret {webhook_id} {turned}".encode(), "sha256")
