"""What operators do with messages: see what became of them, send one again, send a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import orjson

from toxmon.actions import Actor, Conflicting, NotFound, Service, audit, outbox
from toxmon.actions.event_types import TESTED
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.subscribing import readable
from toxmon.actions.webhooks import ACTIVE, every
from toxmon.channels import Destination
from toxmon.store import Row, deliveries, ids, posted
from toxmon.timeline.matter import LOW

Render = Callable[[Row], bytes]
MOST_AGAIN = 500
"""Sent again by one act; more take several."""


def lane(service: Service, actor: Actor, webhook_id: str) -> str:
    """The name of the lane of a webhook by its id, or of a channel of the server's file by name.

    Raises NotFound. What lies in the server's file reaches every unit, and so must who asks.
    """
    known: dict[str, Destination] = {each.name: each for each in service.destinations}
    if webhook_id in known:
        if actor.units is not None:
            raise NotFound("no such webhook")
        return webhook_id
    return readable(service, actor, webhook_id).channel


def try_out(
    service: Service, actor: Actor, webhook_id: str, render: Render, *, keyed: Keyed | None = None
) -> Answer:
    """Let a test wait in a lane, as any message does. Raises NotFound, Conflicting."""
    store = service.store
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        channel = lane(service, actor, webhook_id)
        states = {each.channel: each.state for each in every(service)}
        if states.get(channel, ACTIVE) != ACTIVE:
            raise Conflicting(f"it is {states[channel]}; only what is in use can be tested")
        about: Row = {"id": ids.new_id(now), "type": TESTED, "patient_id": None, "unit": None}
        body = {
            "event": TESTED,
            "at": now,
            "priority": LOW,
            "title": "A test of toxmon",
            "says": "nothing is the matter",
            "patient_id": None,
        }
        row = outbox.message(
            now, about, (channel, channel), body, priority=LOW, strand=None, turn=None
        )
        outbox.keep(service, [row])
        detail = {"channel": channel, "delivery": row["id"]}
        audit.note(service, actor, now, "delivery.test", detail=detail)
        answer = Answer(202, render(row))
        keep_answer(store, actor, keyed, answer, now)
    service.wake()
    return answer


def again(
    service: Service, actor: Actor, delivery_id: str, render: Render, *, keyed: Keyed | None = None
) -> Answer:
    """Send a message once more, under its id. Raises NotFound, Conflicting when it still waits."""
    store = service.store
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        row = deliveries.get(store, delivery_id)
        if row is None or not _reached(service, actor, row["channel"]):
            raise NotFound("no such delivery")
        says = orjson.dumps({"says": f"sent again on behalf of {actor.name}"}).decode()
        if row["due_at"] is not None or not deliveries.again(store, delivery_id, now, says):
            raise Conflicting("it waits to be sent already")
        detail = {"channel": row["channel"], "delivery": delivery_id}
        audit.note(service, actor, now, "delivery.redeliver", detail=detail)
        answer = Answer(202, render(deliveries.get(store, delivery_id) or row))
        keep_answer(store, actor, keyed, answer, now)
    service.wake()
    return answer


def failed(
    service: Service, actor: Actor, channels: Sequence[str], since: datetime, until: datetime
) -> list[Row]:
    """What was given up on in these lanes in a span, as far as the actor reaches; oldest first."""
    within = [each for each in channels if _reached(service, actor, each)]
    with service.store.reading():
        return posted.given_up(service.store, within, since, until, MOST_AGAIN)


def all_again(
    service: Service,
    actor: Actor,
    channels: Sequence[str],
    span: tuple[datetime, datetime],
    stated: int,
) -> int:
    """Send all of `failed` once more, each under its id; how many.

    Raises Conflicting when they are not as many as were stated to whoever decided.
    """
    store = service.store
    within = [each for each in channels if _reached(service, actor, each)]
    with store.writing():
        now = service.clock()
        rows = posted.given_up(store, within, *span, MOST_AGAIN)
        if len(rows) != stated:
            raise Conflicting(f"there are {len(rows)} now, and not {stated}; look again")
        says = orjson.dumps({"says": f"sent again on behalf of {actor.name}"}).decode()
        for row in rows:
            deliveries.again(store, row["id"], now, says)
            detail = {"channel": row["channel"], "delivery": row["id"]}
            audit.note(service, actor, now, "delivery.redeliver", detail=detail)
    service.wake()
    return len(rows)


def _reached(service: Service, actor: Actor, channel: str) -> bool:
    found = {each.channel: each for each in every(service)}.get(channel)
    return found.reached_by(actor) if found is not None else actor.units is None
