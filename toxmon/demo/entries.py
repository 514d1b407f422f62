"""What is told of an invented patient: sets of findings, doses, and a clinician's word on a cause.

Every entry has its `hour`: how long after the infusion it was true at the bedside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Observation = dict[str, Any]
"""As in the contract: {"kind": ..., "value": ..., "unit": ...}, with low and high where sent."""

NURSE, PHYSICIAN, PHARMACIST, LABORATORY = "nurse", "physician", "pharmacist", "integration"
"""The roles that chart; the laboratory is a program of its own."""
EHR = LABORATORY
"""What the ordering system charts by itself comes through the same door."""


@dataclass(frozen=True, slots=True)
class ChartSet:
    """Observations of one instant, charted by one role."""

    hour: float
    observations: tuple[Observation, ...]
    by: str = NURSE


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose of a drug, of a blood product, or of a product that is given again and again."""

    hour: float
    medication: str
    amount: float
    unit: str
    route: str
    by: str = NURSE


@dataclass(frozen=True, slots=True)
class Cause:
    """A physician says, at `hour`, that since `since` a sign has another cause.

    `until`: the hour at which that ended; None for one that goes on.
    """

    hour: float
    since: float
    sign: str
    cause: str
    reason: str
    until: float | None = None


Entry = ChartSet | Dose | Cause


def number(
    kind: str, value: float, unit: str, low: float | None = None, high: float | None = None
) -> Observation:
    """A measured value; `low` and `high` are the laboratory's own range, in the same unit."""
    limits = {"low": low, "high": high}
    sent = {end: limit for end, limit in limits.items() if limit is not None}
    return {"kind": kind, "value": value, "unit": unit, **sent}


def score(kind: str, points: int) -> Observation:
    """Points, or a severity that a clinician charts."""
    return number(kind, points, "{score}")


def word(kind: str, value: Any) -> Observation:
    """A code, a list of codes, or a yes or no."""
    return {"kind": kind, "value": value}


def found(day: float, *observations: Observation) -> ChartSet:
    """What a physician finds on a round, `day` days of 24 hours after the infusion."""
    return ChartSet(day * 24, observations, PHYSICIAN)
