"""The one place that asks what time it is.

A wall clock can be set, by hours and in both directions, under a process that watches patients. A
process that runs for long therefore asks a SteadyClock (decision 0072).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

FOLLOWED = timedelta(seconds=30)
"""A wall clock that is off by no more than this is followed, as NTP slews it: inclusive."""


def now() -> datetime:
    """The time on the wall, aware and in UTC: for commands that end soon."""
    return datetime.now(UTC)


def elapsed() -> float:
    """Seconds on a clock that never steps, from an arbitrary start."""
    return time.monotonic()


def since_boot() -> float:
    """The same, and it goes on while the machine sleeps, where the system has such a clock."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


class SteadyClock:
    """The time of a process that runs for long: it goes on evenly when the wall clock steps.

    It is an anchor, (wall, elapsed), and goes on by a clock that never steps. A wall clock that is
    off by FOLLOWED or less is followed, and never backward: rather this clock stands still until
    the wall has come up to it. One that is off by more has stepped: that is told by `stepped`, and
    the wall is not believed until it comes back or the process is started again.
    """

    def __init__(self, wall: Clock = now, elapsed: Callable[[], float] = since_boot) -> None:
        self._wall = wall
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._step: timedelta | None = None
        self._anchor = self._last = wall()
        self._anchored = elapsed()

    def __call__(self) -> datetime:
        """The time, aware and in UTC. It never goes back."""
        with self._lock:
            wall, passed = self._wall(), self._elapsed()
            even = self._anchor + timedelta(seconds=passed - self._anchored)
            off = wall - even
            if abs(off) <= FOLLOWED:
                self._anchor, self._anchored, self._step = wall, passed, None
                even = wall
            else:
                self._step = off
            self._last = max(self._last, even)
            return self._last

    def stepped(self) -> timedelta | None:
        """How far the wall clock is off now, when that is a step: positive is ahead of us."""
        self()
        return self._step
