"""Programs that send measurements: one that was steady and falls silent is told once.

A feed's silence is one matter of its unit, not an overdue check of each of its patients. It is a
feed only once it was heard steadily for a while: who sends now and then is never missed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from toxmon.actions import Actor, Service, technical
from toxmon.store import feeds
from toxmon.timeline.matter import Matter

RULE = "technical:feed"
CHECK = "check"
STEADY = timedelta(hours=2)
NOTED_EVERY = timedelta(seconds=30)
COVERS = timedelta(hours=2)
"""So long the silence of a feed stands for the checks that it made overdue; then they are told."""


def heard(service: Service, actor: Actor, now: datetime) -> None:
    """Note that a program was heard, not more often than needed. Only inside `writing`."""
    if actor.role != "integration":
        return
    before = service.heard.get(actor.id)
    if before is not None and now - before < NOTED_EVERY:
        return
    service.heard[actor.id] = now
    known = feeds.get(service.store, actor.id)
    gap = service.alarms_now.feed_silent.value
    steady = known is not None and now - known["heard_at"] <= gap
    units = actor.units
    feeds.put(
        service.store,
        {
            "actor": actor.id,
            "name": actor.name,
            "unit": next(iter(units)) if units is not None and len(units) == 1 else None,
            "since_at": known["since_at"] if steady and known is not None else now,
            "heard_at": now,
            "silent_at": known["silent_at"] if known is not None else None,
        },
    )


def listen(service: Service, now: datetime) -> None:
    """Tell of feeds that have fallen silent, and of those that are heard again."""
    store, gap = service.store, service.alarms_now.feed_silent.value
    with store.reading():
        found = feeds.heard_before(store, now - gap)
    for feed in found:
        silent = feed["heard_at"] < now - gap
        steady = feed["heard_at"] - feed["since_at"] >= STEADY
        if silent == (feed["silent_at"] is not None) or (silent and not steady):
            continue
        with store.writing():
            _tell(service, feed["actor"], now)


def _tell(service: Service, actor: str, now: datetime) -> None:
    store, gap = service.store, service.alarms_now.feed_silent.value
    feed = feeds.get(store, actor)
    if feed is None:
        return
    silent = feed["heard_at"] < now - gap
    if silent == (feed["silent_at"] is not None):
        return  # Another process was faster.
    since = feed["heard_at"].astimezone(service.zone)
    says = (
        f"{feed['name']} has sent nothing since {since:%d %b %H:%M}: what it sends is not watched"
    )
    if not silent:
        says = f"{feed['name']} is heard again, since {since:%d %b %H:%M}"
    title = f"{feed['name']} is silent"
    so = technical.matter(service, RULE, feed["actor"], int(silent), title, says, now)
    technical.decide(service, feed["unit"], [so], now)
    feeds.put(store, {**feed, "silent_at": now if silent else None})


def stood_for(
    service: Service,
    unit: str,
    matters: Sequence[Matter],
    raised: Collection[str],
    now: datetime,
) -> tuple[Sequence[Matter], datetime | None]:
    """The matters, with checks that a silent feed has made overdue left as they are; until when.

    Its silence is one alarm of the unit. When it lasts, each of its patients has one after all.
    """
    new = [each for each in matters if each.rule == CHECK and each.level and each.key not in raised]
    if not new:
        return matters, None
    silent = [
        feed
        for feed in feeds.every_now(service.store)
        if feed["silent_at"] is not None
        and now - feed["silent_at"] < COVERS
        and feed["unit"] in (None, unit)
    ]
    hushed = {
        each.key for each in new if any(each.at > feed["heard_at"] - COVERS for feed in silent)
    }
    if not hushed:
        return matters, None
    until = min(feed["silent_at"] for feed in silent) + COVERS
    told = [replace(each, level=None) if each.key in hushed else each for each in matters]
    return told, until
