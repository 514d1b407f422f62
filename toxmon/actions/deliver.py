"""Post what waits in the outbox of one channel, and note what became of it.

A message is claimed, posted outside of any transaction, and noted afterward. Whoever dies between
the post and the note leaves a claim that ends, and the same message goes out again under the same
id: twice is a nuisance, never is a death. Each channel is a lane of its own (decision 0074).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon import clock
from toxmon.actions import SYSTEM, Service, audit
from toxmon.channels import Channel
from toxmon.store import Row, beats, deliveries, tries

log = logging.getLogger("toxmon.deliver")

AT_ONCE = 4
"""Claimed together: few, so that what is urgent and comes later does not wait behind many."""
LEASE = timedelta(seconds=60)
WAITS_S = (5, 30, 120, 300)
"""Seconds after the first, second, ... failed try; the last repeats. Each differs by up to 20 %."""
MOST_TRIES = 8
MOST_SPAN = timedelta(minutes=15)
"""A page that is older helps nobody; by then somebody must know that it does not get through."""
MOST_REFUSALS = 3
"""A message that its receiver will not have stands in the way of later ones of its patient."""
LONGEST_ASKED_S = 300.0
"""For longer no receiver is left alone, however long it asks for."""
FAILING, PAUSED = "failing", "paused"


@dataclass(frozen=True, slots=True)
class Tried:
    """What was posted, and how the answer began. `sent` is without secrets, `digest` of all."""

    status: int | None
    took_ms: int
    answered: str
    sent: str
    digest: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one post.

    `gone`: the receiver says that it wants no more, ever. `refused`: that it will not have this
    very message. `dropped`: its webhook was ended, and nobody need hear of it. `wait_s`: how long
    the receiver asks to be left alone. `tried`: what a person may look at later.
    """

    ok: bool
    words: str
    gone: bool = False
    refused: bool = False
    dropped: bool = False
    wait_s: float = 0.0
    tried: Tried | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a round came to."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


Post = Callable[[Row], Outcome]
"""Sends one message, outside of any transaction. It does not raise."""

Technical = Callable[[Service, str, str, int], None]
"""(service, key, words, level): raise or end a technical alarm; called inside `writing`.

`key` is `delivery:CHANNEL`; `level` 0 says that it is well again.
"""


def deliver(
    service: Service,
    channel: Channel,
    post: Post,
    technical: Technical,
    lease: timedelta = LEASE,
) -> Delivered:
    """Post what is due in a channel now. Raises StoreError when the record cannot be reached."""
    store = service.store
    began = clock.elapsed()
    now = service.clock()
    ready = deliveries.ready(store, channel.name, now, AT_ONCE)
    if not ready:
        return Delivered()
    with store.writing():
        claimed = deliveries.claim(store, channel.name, now, now + lease, AT_ONCE, ready)
    sent = failed = dead = 0
    for claim in claimed:
        if clock.elapsed() - began > lease.total_seconds() / 2:
            break  # The claim may end while it is posted; it is left to whoever claims it next.
        outcome = _try(service, channel, post, claim)
        if _noted(service, channel, technical, claim, outcome) is None:
            dead += 1
        sent, failed = sent + outcome.ok, failed + (not outcome.ok)
    return Delivered(sent, failed, dead)


def standing(service: Service, channel: Channel) -> dict[str, Any]:
    """How a channel stands: empty is well; else `state`, `since`, `says`."""
    found = standing_of(service, channel.name)
    if found.get("state") == PAUSED and found.get("address") != _address(service, channel):
        return {}  # Its address was changed since, and the new one has refused nothing.
    return found


def standing_of(service: Service, name: str) -> dict[str, Any]:
    """The same by name, for who does not know where a channel leads."""
    row = beats.get(service.store, f"channel:{name}")
    found: dict[str, Any] = orjson.loads(row["detail"]) if row and row["detail"] else {}
    return found


def take_up(service: Service, channel: Channel, technical: Technical) -> None:
    """A process begins to post: a pause of another address is over."""
    row = beats.get(service.store, _name(channel))
    if row is not None and row["detail"] and not standing(service, channel):
        resume(service, channel, technical)


def resume(service: Service, channel: Channel, technical: Technical) -> None:
    """A channel that was paused is used again: a person said so, or gave it another address."""
    with service.store.writing():
        now, name = service.clock(), f"delivery:{channel.name}"
        beats.put(service.store, _name(channel), now, "person")
        technical(service, name, f'the channel "{channel.name}" is in use again', 0)
        audit.note(service, SYSTEM, now, "channel.resume", detail={"channel": channel.name})


def _try(service: Service, channel: Channel, post: Post, claim: Row) -> Outcome:
    if standing(service, channel).get("state") == PAUSED:
        return Outcome(False, "the channel is paused: its receiver wants no more", gone=True)
    if claim["tries"] > MOST_TRIES:
        return Outcome(False, "each try ended before its outcome was known")
    return post(claim)


def _noted(
    service: Service, channel: Channel, technical: Technical, claim: Row, outcome: Outcome
) -> datetime | None:
    """Keep what became of it; when it is tried again, or None when it was given up on."""
    now = service.clock()
    before = orjson.loads(claim["outcome"]) if claim["outcome"] else {}
    since = datetime.fromisoformat(before["failing_since"]) if "failing_since" in before else now
    again = None if outcome.ok else next_try(claim, since, now, outcome.wait_s)
    if outcome.gone or outcome.dropped:
        again = None
    if outcome.refused and claim["tries"] >= MOST_REFUSALS:
        again = None
    told: dict[str, Any] = {"says": outcome.words}
    if not outcome.ok:
        told["failing_since"] = since
    row = {
        "due_at": again,
        "sent_at": now if outcome.ok else None,
        "dead_at": now if not outcome.ok and again is None else None,
        "outcome": orjson.dumps(told).decode(),
    }
    with service.store.writing():
        if not deliveries.note(service.store, claim, row):
            log.warning("a message to %s was claimed by another meanwhile", channel.name)
            return again or now
        if outcome.tried is not None:
            tried = outcome.tried
            known = {"delivery_id": claim["id"], "at": now, "says": outcome.words}
            more = ("status", "took_ms", "answered", "sent", "digest")
            tries.add(service.store, {**known, **{name: getattr(tried, name) for name in more}})
        if outcome.dropped:
            return now
        _follow(service, channel, technical, outcome, now)
        if row["dead_at"] is not None:
            words = (
                f'a message through the channel "{channel.name}" was given up on after '
                f"{claim['tries']} tries: {outcome.words}"
            )
            if others := _too_old(service, channel, outcome, now):
                words += f"; so were {others} that waited as long behind it"
            log.error("%s", words)
            technical(service, f"delivery:{channel.name}", words, 1)
    return now if outcome.ok else again


def _too_old(service: Service, channel: Channel, outcome: Outcome, now: datetime) -> int:
    """Give up with a message what has waited as long for a receiver that takes nothing.

    Each would be tried for a quarter of an hour of its own, and the newest come last. Only inside
    `writing`.
    """
    since = standing(service, channel).get("since")
    if since is None or outcome.gone or now - datetime.fromisoformat(since) < MOST_SPAN:
        return 0
    told = orjson.dumps({"says": f"waited behind one that was given up on: {outcome.words}"})
    before = now - MOST_SPAN
    return deliveries.give_up(service.store, channel.name, before, now, told.decode())


def next_try(claim: Row, since: datetime, now: datetime, asked_s: float = 0.0) -> datetime | None:
    """When a message that failed is tried again; None when it is given up on.

    The last try is MOST_SPAN after the first one failed. `asked_s`: how long the receiver asks to
    be left alone.
    """
    if claim["tries"] >= MOST_TRIES or now - since >= MOST_SPAN:
        return None
    wait = WAITS_S[min(claim["tries"], len(WAITS_S)) - 1]
    # Differs from message to message, so that a receiver that comes back is not run over.
    spread = zlib.crc32(f"{claim['id']}.{claim['tries']}".encode()) / 2**32
    seconds = max(wait * (0.8 + 0.4 * spread), min(asked_s, LONGEST_ASKED_S))
    return min(now + timedelta(seconds=seconds), since + MOST_SPAN)


def _follow(
    service: Service, channel: Channel, technical: Technical, outcome: Outcome, now: datetime
) -> None:
    """Note how the channel stands, when that has changed. Only inside `writing`."""
    known = standing(service, channel)
    name = f"delivery:{channel.name}"
    if outcome.ok:
        if known:
            beats.put(service.store, _name(channel), now, "deliver")
            technical(service, name, f'the channel "{channel.name}" is well again', 0)
        return
    if known.get("state") == (PAUSED if outcome.gone else FAILING):
        return
    detail = {
        "state": PAUSED if outcome.gone else FAILING,
        "since": now,
        "says": outcome.words,
        "address": _address(service, channel),
    }
    beats.put(service.store, _name(channel), now, "deliver", orjson.dumps(detail).decode())
    if outcome.gone:
        words = (
            f'the channel "{channel.name}" is paused: its receiver answered that it wants no more. '
            "Nothing goes out through it until its address is changed or it is resumed"
        )
        technical(service, name, words, 1)


def _name(channel: Channel) -> str:
    return f"channel:{channel.name}"


def _address(service: Service, channel: Channel) -> str:
    """The address as a digest: two can be told apart, and neither can be read."""
    return hmac.new(service.key, channel.url.encode(), hashlib.sha256).hexdigest()[:16]
