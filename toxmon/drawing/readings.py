"""Numbers of a record as points: what was charted as an interval, or by its items, among them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from toxmon.grading.facts import Bounds, Value
from toxmon.grading.icans import ICE_ITEMS

Read = tuple[str, datetime, Value]
"""Kind, bedside time and value."""
ICE = "ice_score"
ICE_KINDS = frozenset({ICE, *(f"ice_{item}" for item in ICE_ITEMS)})


def points(read: Iterable[Read], kind: str) -> list[tuple[datetime, float]]:
    """The readings of a kind; an ICE that was charted by its items is summed when all are there."""
    if kind != ICE:
        return [(at, place(value)) for name, at, value in read if name == kind]
    totals: dict[datetime, float] = {}
    items: dict[datetime, dict[str, float]] = {}
    for name, at, value in read:
        if name == ICE:
            totals[at] = place(value)
        elif name in ICE_KINDS:
            items.setdefault(at, {})[name] = place(value)
    for at, known in items.items():
        if len(known) == len(ICE_ITEMS):
            totals[at] = sum(known.values())
    return sorted(totals.items())


def place(value: Value) -> float:
    """Where a number is drawn; an interval at the end that is known."""
    if isinstance(value, Bounds):
        ends = [end for end in (value.low, value.high) if end is not None]
        return float(ends[-1]) if ends else 0.0
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is not a number and has no place on an axis")
    return float(value)
