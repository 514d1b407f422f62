"""What is the matter: one thing that somebody may have to be told, at the level it has now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

LOW, MEDIUM, HIGH = "low", "medium", "high"
PRIORITIES = (LOW, MEDIUM, HIGH)
"""As IEC 60601-1-8 has them, the lowest first."""

NO_TIME = timedelta()


def higher(one: str, other: str) -> str:
    """The higher of two priorities."""
    return max(one, other, key=PRIORITIES.index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One matter of a treatment: (syndrome, episode), a check, a threshold, a sign.

    `key` is unique in its treatment and stays the same while it is the same matter: `crs#1`,
    `check:vital signs`, `threshold:igg_low`, `sign:diarrhea`. `level` 0: certainly not so; None:
    not known, and an alarm stays as it is. `hold` is how long a lower level must have been seen
    before an alarm follows it down. `accounts_for` are keys of matters that are inhibited while
    this one is at level 1 or more (a trailing `*` is any ending): the higher grade tells it all.
    `at` is since when it is so at the bedside.
    """

    key: str
    rule: str
    level: int | None
    at: datetime
    priority: str
    title: str
    says: str
    source: str
    facts: tuple[str, ...] = ()
    window: str | None = None
    hold: timedelta = NO_TIME
    accounts_for: tuple[str, ...] = ()
    over: bool = False
    """It was so in the past and is over by now: it is told, latched and not paged."""
    more: Mapping[str, Any] = field(default_factory=dict)
