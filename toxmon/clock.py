"""The one place that asks what time it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds on a clock that never steps, from an arbitrary start."""
    return time.monotonic()
