"""Is the watch whole? What each part last noted, and what follows from its silence.

Whoever asks whether toxmon is ready must not be told so by a process that answers and watches
nothing. So readiness rests on what was done: a whole sweep, a round of deliveries, a canary that
was graded and kept, each within the last minute (decision 0073).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson

from toxmon.actions import Service, canary, webhooks
from toxmon.store import Row, beats, deliveries, watches

SILENT = timedelta(seconds=60)
"""A part that noted nothing for longer is not at work: exclusive."""
SWEEP, DELIVERY, CANARY, CHANNEL = "sweep", "delivery", canary.NAME, "channel:"
NOTHING_WATCHES = (
    "NOT MONITORED: no process sweeps. Start one with toxmon scheduler, or toxmon serve without "
    "--no-scheduler"
)


def beat(service: Service, name: str, by: str) -> None:
    """Note that a part has just done its work, whole."""
    with service.store.writing():
        beats.put(service.store, name, service.clock(), by)


def reasons(service: Service, *, fresh: bool = False) -> tuple[str, ...]:
    """Why the watch is not whole; empty when it is. Raises StoreError when nothing can be read.

    `fresh`: this process has begun within SILENT, and what is only silent may still come.
    """
    with service.store.reading():
        now = service.clock()
        known = beats.every(service.store)
        _, late_at = watches.overdue(service.store, now)
        due_at = deliveries.next_due(service.store)
    found = []
    if not fresh:
        found += _silent(known, now)
        if late_at is not None and now - late_at > SILENT and _heard(known.get(SWEEP), now):
            found.append(f"checks have waited to be looked at since {_at(late_at)}")
        if due_at is not None and now - due_at > SILENT and _heard(known.get(DELIVERY), now):
            found.append(f"messages have waited to be sent since {_at(due_at)}")
    if (sung := known.get(CANARY)) is not None and sung["detail"]:
        found.append(f"grading: {sung['detail']}")
    return (*found, *_channels(service, known, now))


def _silent(known: dict[str, Row], now: datetime) -> list[str]:
    if not _heard(known.get(SWEEP), now):
        last = known.get(SWEEP)
        return [f"{NOTHING_WATCHES}. The last whole sweep: {_last(last)}"]
    found = []
    if not _heard(known.get(DELIVERY), now):
        found.append(f"nothing is delivered; the last round: {_last(known.get(DELIVERY))}")
    if not _heard(known.get(CANARY), now):
        found.append(f"grading was not proved; the last time: {_last(known.get(CANARY))}")
    return found


def _heard(row: Row | None, now: datetime) -> bool:
    """Within a minute. A note from a clock that is further ahead than that proves nothing."""
    return row is not None and abs(now - row["at"]) <= SILENT


def _last(row: Row | None) -> str:
    return "none" if row is None else _at(row["at"])


def _at(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _channels(service: Service, known: dict[str, Row], now: datetime) -> list[str]:
    """The channels that were paused, or have failed for a minute."""
    found = []
    made = (each.name for each in webhooks.live(service))
    for which in sorted({*service.channels, *made}):
        row = known.get(f"{CHANNEL}{which}")
        if row is None or not row["detail"]:
            continue
        detail = orjson.loads(row["detail"])
        if detail["state"] == "paused" or now - row["at"] > SILENT:
            found.append(f'the channel "{which}" is {detail["state"]} since {_at(row["at"])}')
    return found
