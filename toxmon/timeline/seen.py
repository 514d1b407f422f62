"""The newest readings of each kind: what a check was met by, and what a threshold is held against.

It is a pure function of the facts that stand, so that the order of arrival cannot matter; after a
correction it is made again from the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from toxmon.grading.facts import Fact, Value

RATE_SPAN = timedelta(hours=48)
"""Readings of this span before the newest one are kept, for rates of change."""
MOST_KEPT = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that was measured or found at `at`, and the fact that says so."""

    at: datetime
    fact: str
    value: Value


@dataclass(frozen=True, slots=True)
class Seen:
    """By kind, its readings in bedside order, the newest last."""

    readings: Mapping[str, tuple[Reading, ...]] = field(default_factory=dict)

    def newest(self, kind: str) -> Reading | None:
        """The newest reading of a kind, or None."""
        known = self.readings.get(kind)
        return known[-1] if known else None

    def charted(self, facts: Iterable[Fact]) -> Seen:
        """With these facts too, whatever order they come in."""
        readings = dict(self.readings)
        for fact in facts:
            known = {reading.fact: reading for reading in readings.get(fact.kind, ())}
            known[fact.id] = Reading(fact.effective_at, fact.id, fact.value)
            ordered = sorted(known.values(), key=lambda reading: (reading.at, reading.fact))
            first = ordered[-1].at - RATE_SPAN
            recent = [reading for reading in ordered if reading.at >= first]
            # The one before the newest stays even when it is old: was this a rise?
            readings[fact.kind] = tuple((recent if len(recent) > 1 else ordered[-2:])[-MOST_KEPT:])
        return Seen(readings)
