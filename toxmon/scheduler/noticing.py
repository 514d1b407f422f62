"""What a beat can see of time itself: a clock that was set, a process that stood still."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.clock import FOLLOWED, Clock, SteadyClock, since_boot

RULE = "technical:clock"
STILL = timedelta(seconds=30)
"""A beat that comes later than it was wanted by more than this was kept from coming: exclusive."""
AWAY = timedelta(seconds=60)
"""Who begins longer after anybody's last whole sweep says that nobody watched: exclusive."""
AGAIN_S = 300.0
"""What lasts is said again so often: another process that begins may have taken it for over."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A technical matter: level 1 it is so, 0 it is over. `name` tells apart those of one rule."""

    name: str
    level: int
    title: str
    says: str


class Noticing:
    """Looks at the time once a beat, and says what has changed since."""

    def __init__(self, now: Clock, elapsed: Callable[[], float] = since_boot) -> None:
        self._now = now
        self._elapsed = elapsed
        self._wanted: float | None = None
        self._looked = False
        self._told: dict[str, timedelta] = {}
        self._told_at: dict[str, float] = {}

    def take_up(self, names: Iterable[str]) -> None:
        """What a process before this one has told, and did not live to see the end of."""
        for name in names:
            self._told.setdefault(name, timedelta())

    def rest(self, wait_s: float) -> None:
        """A beat has ended, and the next one is wanted in so many seconds."""
        self._wanted = self._elapsed() + wait_s

    def look(self, newest: datetime | None = None, swept: datetime | None = None) -> list[Trouble]:
        """What is new. Of any process: the `newest` instant on record, its last whole sweep."""
        now = self._now()
        off = self._now.stepped() if isinstance(self._now, SteadyClock) else None
        ahead = newest - now if newest is not None and newest - now > FOLLOWED else None
        return [
            *self._slept(now, swept),
            *self._follow(
                "step",
                off,
                "The clock was set",
                "the clock of this machine was set {way} by {span} under a running process, which "
                "goes on with its own; set it right, or start toxmon again to believe it",
            ),
            *self._follow(
                "record",
                ahead,
                "The clock is behind the record",
                "something was noted {span} in the future: the clock was set back while toxmon did "
                "not run, or the clocks of two machines differ",
            ),
        ]

    def _slept(self, now: datetime, swept: datetime | None) -> list[Trouble]:
        wanted, self._wanted = self._wanted, None
        late = timedelta(seconds=self._elapsed() - wanted) if wanted is not None else timedelta()
        if not self._looked and swept is not None and now - swept > AWAY:
            late = now - swept
        self._looked = True
        if late <= STILL:
            return self._over("still", "toxmon runs again")
        self._told["still"] = late
        since = (now - late).isoformat(timespec="seconds").replace("+00:00", "Z")
        says = f"nothing was looked at for {_span(late)} from {since} on: toxmon did not run, "
        says += "or the machine stood still. All that was due is being done now"
        return [Trouble("still", 1, "The watch stood still", says)]

    def _follow(self, name: str, off: timedelta | None, title: str, says: str) -> list[Trouble]:
        if off is None:
            return self._over(name, "the clock is right again")
        told, at = self._told.get(name), self._elapsed()
        lately = at - self._told_at.get(name, at) < AGAIN_S
        if told is not None and abs(told - off) <= FOLLOWED and lately:
            return []
        self._told[name], self._told_at[name] = off, at
        way = "ahead" if off > timedelta() else "back"
        return [Trouble(name, 1, title, says.format(way=way, span=_span(abs(off))))]

    def _over(self, name: str, says: str) -> list[Trouble]:
        if self._told.pop(name, None) is None:
            return []
        return [Trouble(name, 0, "The clock", says)]


def _span(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    hours, minutes = seconds // 3600, seconds // 60 % 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
