"""Another system tells that something has happened there: which event, and which is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toxmon.actions import Actor, Service, feeds
from toxmon.store import notified

FULL, ID_ONLY, EMPTY = "full", "id-only", "empty"


@dataclass(frozen=True, slots=True)
class Gap:
    """Events `first` to `last` of a subscription have not come."""

    first: int
    last: int


def keep(
    service: Service,
    actor: Actor,
    source: str,
    subscription: str,
    numbers: Sequence[int],
    kind: str,
    count: int | None = None,
) -> list[Gap]:
    """Note events by their numbers. Returns what is missing before them, and up to `count`.

    `count`: how many events there were since the subscription began, as the sender has it. A
    heartbeat has a count and no number. Notes that the sender was heard.
    """
    store = service.store
    with store.writing():
        now = service.clock()
        feeds.heard(service, actor, now)
        found = []
        for number in sorted(set(numbers)):
            earlier = notified.before(store, source, subscription, number) or 0
            if number - earlier > 1:
                found.append(Gap(earlier + 1, number - 1))
            row = {
                "source": source,
                "subscription": subscription,
                "number": number,
                "kind": kind,
                "heard_at": now,
            }
            notified.note(store, row)
        if count is not None:
            last = notified.before(store, source, subscription, count + 1) or 0
            if count > last:
                found.append(Gap(last + 1, count))
    return found
