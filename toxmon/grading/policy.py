"""What a ward may decide for itself: how long findings stay true, and provisional bounds.

The numbers come from `protocols/policy/`; the rules only receive them. Nothing in here changes a
published criterion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PressureBound:
    """Blood pressure below which hypotension is provisionally read, in mm[Hg], exclusive.

    Holds for patients younger than `below_age_years`; None holds for everybody older.
    """

    below_age_years: Decimal | None
    systolic_below: Decimal | None
    mean_below: Decimal | None


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of a ward's policy, as the rules need it."""

    name: str
    version: int
    digest: str
    fresh_for: Mapping[str, timedelta]
    """How long a fact of each kind stays true; a kind that is not named never grows old."""
    quiet_period: timedelta
    """How long every sign of CRS must have been known absent before the episode ends."""
    masking: timedelta
    """How long a drug given before any fever may hide one."""
    hypotension: tuple[PressureBound, ...]
    """Bounds by age, youngest first."""
    hypoxia_saturation_below: Decimal
    """Oxygen saturation in % on room air, exclusive, that provisionally reads as hypoxia."""

    def pressure_bound(self, age_years: Decimal | None) -> PressureBound | None:
        """The bound for an age; None when the age is unknown and bounds differ by age."""
        if age_years is None:
            return self.hypotension[0] if len(self.hypotension) == 1 else None
        for bound in self.hypotension:
            if bound.below_age_years is None or age_years < bound.below_age_years:
                return bound
        return None
