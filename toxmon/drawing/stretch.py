"""The stretch of time that is in view: so many hours back, the first month, or everything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

SPANS = {
    "24h": timedelta(hours=24),
    "72h": timedelta(hours=72),
    "7d": timedelta(days=7),
    "14d": timedelta(days=14),
}
RANGES = (*SPANS, "d30", "all")
MARGIN = 0.02


Stretch = Callable[[datetime, datetime | None, datetime | None], tuple[datetime, datetime]]


def stretch(name: str) -> Stretch:
    """The stretch of a range by its name, with a little room after now."""

    def of(
        now: datetime, infused_at: datetime | None, first_at: datetime | None
    ) -> tuple[datetime, datetime]:
        if name == "d30" and infused_at is not None:
            return infused_at - timedelta(days=2), infused_at + timedelta(days=31)
        if name in SPANS or first_at is None:
            length = SPANS.get(name, SPANS["72h"])
            return now - length, now + length * MARGIN
        start = min(first_at, now - timedelta(hours=24))
        return start - (now - start) * MARGIN / 2, now + (now - start) * MARGIN

    return of
