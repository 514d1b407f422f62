"""What administrators do with webhooks over HTTP: ask for one, approve it, turn its secret, end it.

Two persons let data out: who asks for a webhook cannot approve it. To end one takes one.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import orjson

from toxmon.actions import (
    Actor,
    Conflicting,
    Fault,
    Forbidden,
    NotFound,
    Refused,
    Service,
    audit,
)
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.actions.webhooks import (
    APPROVED,
    ENDED,
    OVERLAP,
    PENDING,
    ROTATED,
    Webhook,
    every,
    of_row,
    secret,
)
from toxmon.channels import FHIR, SECRET
from toxmon.store import Row, deliveries, ids, webhooks

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_WORDS = "write 1 to 64 letters, digits, dots, hyphens or underscores"
MOST = 50
"""Webhooks that are not ended; each has a lane of its own."""

Render = Callable[[Webhook, str | None], bytes]
"""(the webhook, its secret where it is told) as the body of an answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A webhook that somebody wants. `units` None is every unit."""

    name: str
    url: str
    events: tuple[str, ...]
    units: tuple[str, ...] | None
    format: str


def ask(
    service: Service, actor: Actor, wanted: Wanted, render: Render, *, keyed: Keyed | None = None
) -> Answer:
    """Ask for a webhook; nothing goes out before another administrator approves it.

    The answer has its secret, this once: a replay has not. Raises Refused for an address that the
    server does not allow, Conflicting for a name that was used before, Forbidden.
    """
    if actor.units is not None and not set(wanted.units or ("*",)) <= actor.units:
        raise Forbidden("this token does not reach all of these units; name those that it reaches")
    # A name is resolved outside of the transaction: that may take a while.
    refusal = service.refuses(wanted.url)
    if refusal is not None:
        raise Refused(Fault("/url", f"{refusal}; the server's operator allows destinations"))
    if wanted.format == FHIR and not service.base_url:
        raise Refused(Fault("/format", f"{FHIR} needs TOXMON_BASE_URL to be set on the server"))
    store = service.store
    with store.writing():
        # Gather.
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        known = every(service)

        # Decide.
        if wanted.name in {each.name for each in known}:
            fault = Fault("/name", "was used before; a name is not used again, choose another")
            raise Conflicting("there is or was a webhook of this name", fault)
        if sum(each.state != ENDED for each in known) >= MOST:
            raise Conflicting(f"there are {MOST} webhooks already; end one first")
        row: Row = {
            "id": ids.new_id(now),
            "name": wanted.name,
            "url": wanted.url,
            "events": orjson.dumps(wanted.events).decode(),
            "units": None if wanted.units is None else orjson.dumps(wanted.units).decode(),
            "format": wanted.format,
            "recorded_at": now,
            "recorded_by": actor.name,
            "maker": actor.id,
        }

        # Keep.
        webhooks.add(store, row)
        detail = {"webhook": row["id"]}
        audit.note(service, actor, now, "webhook.create", detail=detail, rows=[row])
        made = of_row({**row, "said": []})
        keep_answer(store, actor, keyed, Answer(201, render(made, None)), now)
    return Answer(201, render(made, told(secret(service, made.id, 0))))


def approve(
    service: Service,
    actor: Actor,
    webhook_id: str,
    reason: str | None,
    render: Render,
    *,
    keyed: Keyed | None = None,
) -> Answer:
    """Let a webhook begin. Raises NotFound, Forbidden for who asked for it, Conflicting."""

    def decide(found: Webhook) -> str:
        if actor.id == found.maker or actor.name == found.recorded_by:
            raise Forbidden("another administrator than the one who asked for it approves it")
        if found.state != PENDING:
            raise Conflicting(f"it is {found.state} already")
        refusal = service.refuses(found.url)
        if refusal is not None:
            raise Conflicting(f"its address is not allowed any more: {refusal}")
        return APPROVED

    return _say(service, actor, webhook_id, decide, reason, render, keyed, "webhook.approve")


def rotate(
    service: Service,
    actor: Actor,
    webhook_id: str,
    reason: str | None,
    render: Render,
    *,
    keyed: Keyed | None = None,
) -> Answer:
    """Give a webhook a new secret, told this once; the old one signs too for a day.

    Raises NotFound, Conflicting when it has ended or the last change is not yet a day ago.
    """

    def decide(found: Webhook) -> str:
        if found.state == ENDED:
            raise Conflicting("it has ended")
        if found.turned_at is not None and service.clock() < found.turned_at + OVERLAP:
            raise Conflicting("its secret was changed less than a day ago; two sign at most")
        return ROTATED

    return _say(service, actor, webhook_id, decide, reason, render, keyed, "webhook.rotate")


def end(
    service: Service,
    actor: Actor,
    webhook_id: str,
    reason: str,
    render: Render,
    *,
    keyed: Keyed | None = None,
) -> Answer:
    """End a webhook for good; what waits for it is given up. Raises NotFound, Conflicting."""

    def decide(found: Webhook) -> str:
        if found.state == ENDED:
            raise Conflicting("it has ended already")
        return ENDED

    return _say(service, actor, webhook_id, decide, reason, render, keyed, "webhook.end")


def readable(service: Service, actor: Actor, webhook_id: str) -> Webhook:
    """A webhook within reach. Raises NotFound."""
    row = webhooks.get(service.store, webhook_id)
    found = of_row(row) if row is not None else None
    if found is None or not found.reached_by(actor):
        raise NotFound("no such webhook")
    return found


def told(key: bytes) -> str:
    """A secret as receivers have it."""
    return SECRET + base64.b64encode(key).decode()


def until(found: Webhook, now: datetime) -> datetime | None:
    """Until when the secret before the last change signs too; None when it does not."""
    if found.turned_at is None or now >= found.turned_at + OVERLAP:
        return None
    return found.turned_at + OVERLAP


def _say(
    service: Service,
    actor: Actor,
    webhook_id: str,
    decide: Callable[[Webhook], str],
    reason: str | None,
    render: Render,
    keyed: Keyed | None,
    action: str,
) -> Answer:
    store = service.store
    with store.writing():
        # Gather.
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        found = readable(service, actor, webhook_id)

        # Decide.
        kind = decide(found)
        event: Row = {
            "id": ids.new_id(now),
            "webhook_id": webhook_id,
            "kind": kind,
            "recorded_at": now,
            "recorded_by": actor.name,
            "maker": actor.id,
            "reason": reason,
        }

        # Keep.
        webhooks.add_event(store, event)
        if kind == ENDED:
            says = orjson.dumps({"says": "its webhook was ended"}).decode()
            deliveries.give_up(store, found.channel, now, now, says)
        detail = {"webhook": webhook_id, "event": event["id"]}
        audit.note(service, actor, now, action, detail=detail, rows=[event])
        stands = readable(service, actor, webhook_id)
        keep_answer(store, actor, keyed, Answer(200, render(stands, None)), now)
    service.subscribed = None  # What this process does it knows at once.
    shown = told(secret(service, stands.id, stands.turned)) if kind == ROTATED else None
    return Answer(200, render(stands, shown))


def open_channels(service: Service, actor: Actor) -> Collection[Webhook]:
    """Every webhook within reach, the ended ones too, in order."""
    return [each for each in every(service) if each.reached_by(actor)]
