"""How each system that talks to toxmon stands: what came, what waits, what is missing, its clock.

Nothing about a patient is told: codes, the words that a sender has for them, and numbers.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from toxmon.actions import Service
from toxmon.actions.deliver import standing_of
from toxmon.actions.received import HL7V2
from toxmon.store import feeds, held, interfaces, notified

LATELY = timedelta(hours=24)
MOST_TOLD = 5_000
"""Of the newest messages what became of each statement is counted."""
MOST_CODES = 50
CLOCK_OFF = timedelta(minutes=5)
"""What is further ahead than this is refused, so a sender's clock must be nearer."""
SENT = re.compile(r"(\d{14})(?:\.\d{1,4})?([+-]\d{4})?", re.ASCII)

Told = dict[str, Any]


def told(service: Service) -> Told:
    """All interfaces as they stand now, and what a person should look at (`needs`)."""
    store, now = service.store, service.clock()
    with store.reading():
        counts = interfaces.counted(store)
        unreadable = {(row["source"], row["form"]): row for row in interfaces.unreadable(store)}
        lately = interfaces.told_since(store, now - LATELY, MOST_TOLD)
        waiting = held.counted(store)
        codes = held.unmapped(store, MOST_CODES)
        heard = feeds.every(store)
        channels = [_channel(service, name) for name in service.channels]
        missed, unfetched = notified.gaps(store), notified.unfetched(store)
    outcomes, offsets = _lately(service, lately)
    sources = []
    for row in counts:
        key = (row["source"], row["form"])
        broken = unreadable.get(key)
        sources.append(
            {
                "source": row["source"],
                "form": row["form"],
                "kept": row["kept"],
                "first_at": row["first_at"],
                "last_at": row["last_at"],
                "lately": dict(sorted(outcomes[key].items())),
                "waiting": {
                    each["reason"]: each["n"] for each in waiting if each["source"] == key[0]
                },
                "unreadable": broken["n"] if broken else 0,
                "clock_off_s": _seconds(offsets.get(key)),
            }
        )
    found: Told = {
        "at": now,
        "sources": sources,
        "unmapped": [
            {name: row[name] for name in ("source", "reason", "system", "code", "display", "n")}
            for row in codes
        ],
        "feeds": [
            {
                "name": row["name"],
                "unit": row["unit"],
                "heard_at": row["heard_at"],
                "silent": row["silent_at"] is not None,
            }
            for row in heard
        ],
        "channels": channels,
        "missed": missed,
        "to_fetch": unfetched,
    }
    return {**found, "needs": needs(found)}


def needs(found: Told) -> list[str]:
    """What a person should look at, in words."""
    wrong = []
    for each in found["sources"]:
        name = f"{each['source']} ({each['form']})"
        if each["unreadable"]:
            wrong.append(
                f"{name}: {each['unreadable']} messages could not be read; GET /messages/ID "
                "shows each, and after a fix it is read again with POST /messages/ID/replay"
            )
        off = each["clock_off_s"]
        if off is not None and abs(off) > CLOCK_OFF.total_seconds():
            way = "behind" if off > 0 else "ahead of"
            wrong.append(
                f"{name}: its messages are dated {abs(off):.0f} seconds {way} our clock, or come "
                "late; compare the clocks and the time zones"
            )
    names = {each["source"]: each["waiting"] for each in found["sources"]}
    for source, waiting in names.items():
        for reason, count in waiting.items():
            wrong.append(f"{source}: {count} statements wait ({reason}); toxmon held list")
    wrong += [
        f"{each['source']}: events {each['first']} to {each['last']} of its subscription "
        f"{each['subscription']} have not come; ask it for them ($events), or search since then"
        for each in found["missed"]
    ]
    wrong += [
        f"{each['source']}: {each['n']} events of its subscription {each['subscription']} came "
        "without what they are about; have it send full resources"
        for each in found["to_fetch"]
    ]
    wrong += [f"{each['name']}: the feed is silent" for each in found["feeds"] if each["silent"]]
    wrong += [
        f"channel {each['name']}: {each['state']}: {each['says']}"
        for each in found["channels"]
        if each["state"] != "well"
    ]
    return wrong


def _channel(service: Service, name: str) -> Told:
    stands = standing_of(service, name)
    state = stands.get("state", "well")
    return {"name": name, "state": state, "since": stands.get("since"), "says": stands.get("says")}


def _lately(
    service: Service, rows: list[dict[str, Any]]
) -> tuple[dict[tuple[str, str], Counter[str]], dict[tuple[str, str], timedelta]]:
    """How many statements came to what, and by how much each sender's clock is off at least."""
    outcomes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    offsets: dict[tuple[str, str], timedelta] = {}
    for row in rows:
        key = (row["source"], row["form"])
        detail = orjson.loads(row["detail"])
        outcomes[key].update(each["outcome"] for each in detail.get("results", ()))
        sent = _sent_at(service, row)
        if sent is not None:
            off = row["recorded_at"] - sent
            # The quickest message tells most of the clock, the others of the way.
            offsets[key] = min(off, offsets.get(key, off), key=abs)
    return outcomes, offsets


def _sent_at(service: Service, row: dict[str, Any]) -> datetime | None:
    """When a message says that it was sent: HL7 v2 has it beside its number."""
    if row["form"] != HL7V2 or not row["control_id"]:
        return None
    found = SENT.fullmatch(row["control_id"].rpartition("|")[2])
    if found is None:
        return None
    try:
        if found[2] is not None:
            return datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S%z").astimezone(UTC)
        local = datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=service.zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _seconds(off: timedelta | None) -> float | None:
    return None if off is None else round(off.total_seconds(), 1)
