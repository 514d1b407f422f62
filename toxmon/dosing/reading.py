"""One laboratory value as prevention looks at it: how old it is, and whether it still counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.grading.facts import Bounds, Number

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value in the unit of its kind, at `at` (aware). `fact` is the id of its record."""

    value: Number
    at: datetime
    fact: str = ""

    def days_ago(self, now: datetime) -> int:
        """Elapsed days of 24 hours, not begun ones."""
        return (now - self.at) // DAY

    def is_fresh(self, now: datetime, fresh_for: timedelta | None) -> bool:
        """Is it no older than the site allows? Exactly as old as allowed is fresh."""
        return fresh_for is None or now - self.at <= fresh_for

    @property
    def says(self) -> str:
        """The number as it was charted: 350, <300, 200 to 300."""
        if not isinstance(self.value, Bounds):
            return f"{self.value:f}"
        low, high = self.value.low, self.value.high
        if low is None and high is not None:
            return f"{'<' if self.value.high_open else '<='}{high:f}"
        if high is None and low is not None:
            return f"{'>' if self.value.low_open else '>='}{low:f}"
        return f"{low:f} to {high:f}" if low is not None else "unknown"
