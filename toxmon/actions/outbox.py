"""What waits to be posted: who asks for an event, and the row of a message to one of them.

The row is kept in the transaction of its cause. Messages of one patient keep their order in a
lane: `strand` says whose they are, `turn` is their place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from toxmon.actions import Service, webhooks
from toxmon.actions.event_types import patterns
from toxmon.channels import FHIR, Channel, Destination
from toxmon.store import Row, deliveries, ids


def listeners(service: Service, type_: str, unit: str | None) -> list[Destination]:
    """Those that an event of this type and unit is for, whoever is on call."""
    every = (*service.listening, *webhooks.live(service))
    return [each for each in every if each.wants(type_, unit)]


def faults(channels: Mapping[str, Channel], base_url: str) -> list[str]:
    """What channels ask for that there is not, by the channel's name."""
    known = patterns()
    found = []
    for name, channel in channels.items():
        found += [
            f'channel "{name}": events: there is no type {each}'
            for each in channel.events
            if each not in known
        ]
        if channel.format == FHIR and not base_url:
            found.append(f'channel "{name}": format: {FHIR} needs TOXMON_BASE_URL')
    return found


def message(
    now: datetime,
    event: Row,
    to: tuple[str, str],
    body: Mapping[str, Any],
    *,
    priority: str,
    strand: str | None,
    turn: int | None,
    alarm_id: str | None = None,
    key: str | None = None,
) -> Row:
    """The row of a message about an event to (a channel, a recipient).

    `event`: its id, type, patient_id and unit. `key`: of one there can be only one message.
    """
    channel, recipient = to
    return {
        "id": ids.new_id(now),
        "key": key or f"{event['id']}|{channel}|{recipient}",
        "event_id": event["id"],
        "alarm_id": alarm_id,
        "patient_id": event["patient_id"],
        "unit": event["unit"],
        "type": event["type"],
        "strand": strand,
        "turn": turn,
        "number": None,
        "priority": priority,
        "channel": channel,
        "recipient": recipient,
        "body": orjson.dumps(body).decode(),
        "made_at": now,
        "due_at": now,
        "lease_at": None,
        "epoch": 0,
        "tries": 0,
        "sent_at": None,
        "dead_at": None,
        "outcome": None,
    }


def keep(service: Service, rows: Sequence[Row]) -> None:
    """Let messages wait. Only inside `writing`.

    A receiver of FHIR subscriptions finds a gap by numbers, so its messages are counted.
    """
    if not rows:
        return
    every = (*service.listening, *webhooks.live(service))
    counted = {each.name for each in every if each.format == FHIR}
    numbers: dict[str, int] = {}
    for row in rows:
        channel = row["channel"]
        if channel in counted:
            if channel not in numbers:
                numbers[channel] = deliveries.last_number(service.store, channel)
            numbers[channel] += 1
            row["number"] = numbers[channel]
    deliveries.add(service.store, rows)
