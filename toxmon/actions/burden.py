"""How much the alarms ask of a ward: counted from their events, each read once.

What a committee for alarm management asks for: alarms by priority against the patient-days that
were watched, how long it took until somebody had them, and how many were taken before a second
person had to be called.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson

from toxmon.actions import Service
from toxmon.alerting import alarm as a
from toxmon.store import EVER, Row, alarms, deliveries, folds, watches

PAGE = 5_000
BEGINS = frozenset({a.RAISED, a.REOPENED})
BOUNDS_S = (60, 180, 360, 600, 1_800, 3_600)
"""Seconds until an acknowledgement, as the histogram has them; each bound is inside."""


@dataclass(slots=True)
class _Round:
    """From an alarm's beginning to its first acknowledgement."""

    priority: str
    since: datetime
    escalated: bool = False


@dataclass(slots=True)
class Burden:
    """Counts since the record began. One for each process; it reads on from where it was."""

    raised: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    before_escalation: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    """Alarms that sounded again because nobody had seen to them in time."""
    within: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    _after: int = 0
    _open: dict[str, _Round] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def catch_up(self, service: Service) -> None:
        """Count the events that have come since the last time."""
        with self._lock:
            while True:
                with service.store.reading():
                    rows = alarms.events_after(service.store, self._after, PAGE)
                for row in rows:
                    self._count(row)
                if len(rows) < PAGE:
                    return

    def _count(self, row: Row) -> None:
        self._after = row["seq"]
        kind, alarm_id = row["kind"], row["alarm_id"]
        if kind in BEGINS:
            priority = orjson.loads(row["body"])["priority"]
            self.raised[priority] += 1
            self._open[alarm_id] = _Round(priority, row["recorded_at"])
        elif kind == a.LAPSED:
            body = orjson.loads(row["body"])
            self.again[str(body.get("reason", ""))] += 1
        elif kind == a.ESCALATED and alarm_id in self._open:
            self._open[alarm_id].escalated |= orjson.loads(row["body"])["step"] > 0
        elif kind == a.ACKED and (begun := self._open.pop(alarm_id, None)) is not None:
            took = int((row["recorded_at"] - begun.since).total_seconds())
            self.acknowledged[begun.priority] += 1
            self.before_escalation[begun.priority] += not begun.escalated
            self.seconds[begun.priority] += took
            for bound in BOUNDS_S:
                self.within[begun.priority, bound] += took <= bound


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits now: for the sweep, to be delivered, to be set going again by a person."""

    patient_days: float
    unswept: int
    oldest_unswept_s: float
    undelivered: int
    oldest_undelivered_s: float
    given_up: int
    open: tuple[Row, ...]


def waiting(service: Service) -> Waiting:
    """What waits now, and the patient-days that were watched until now."""
    store, now = service.store, service.clock()
    with store.reading():
        count, since = watches.overdue(store, now)
        undelivered = sum(row["waiting"] for row in deliveries.counts(store))
        oldest = deliveries.oldest(store)
        days = sum(
            max((min(row["next_at"] or EVER, now) - row["infused_at"]) / timedelta(days=1), 0)
            for row in folds.spans(store)
        )
        return Waiting(
            patient_days=days,
            unswept=count,
            oldest_unswept_s=_seconds(since, now),
            undelivered=undelivered,
            oldest_undelivered_s=_seconds(oldest, now),
            given_up=len(watches.given_up(store)),
            open=tuple(alarms.counted(store)),
        )


def _seconds(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
