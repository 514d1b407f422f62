"""The newest readings of each kind: what a check was met by, and what a threshold is held against.

It is a pure function of the facts that stand, so that the order of arrival cannot matter; after a
correction it is made again from the record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from toxmon.grading.facts import Fact, Value
from toxmon.grading.kinds import LABORATORY as KINDS_OF_THE_LABORATORY

RATE_SPAN = timedelta(hours=48)
"""Laboratory readings of this span before the newest one are kept, for rates of change.

Of all else the newest is kept, and the one before it.
"""
MOST_KEPT = 8
LABORATORY = frozenset(kind.name for kind in KINDS_OF_THE_LABORATORY)


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
            before = readings.get(fact.kind, ())
            if fact.kind not in LABORATORY and before and before[-1].at < fact.effective_at:
                reading = Reading(fact.effective_at, fact.id, fact.value)
                readings[fact.kind] = (before[-1], reading)
                continue
            known = {reading.fact: reading for reading in before}
            known[fact.id] = Reading(fact.effective_at, fact.id, fact.value)
            ordered = sorted(known.values(), key=lambda reading: (reading.at, reading.fact))
            if fact.kind not in LABORATORY:
                readings[fact.kind] = tuple(ordered[-2:])
                continue
            first = ordered[-1].at - RATE_SPAN
            recent = [reading for reading in ordered if reading.at >= first]
            # The one before the newest stays even when it is old: was this a rise?
            readings[fact.kind] = tuple((recent if len(recent) > 1 else ordered[-2:])[-MOST_KEPT:])
        return Seen(readings)
