"""The time axis: from an instant to a place, and which instants are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from toxmon.drawing import wording
from toxmon.drawing.layout import Layout
from toxmon.drawing.picture import Picture

HOURS = (1, 2, 3, 4, 6, 12)
DAYS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)
HOURLY_S = 4.5 * 86_400
"""Up to this length hours are named, not only days."""
HOUR_ROOM, DAY_ROOM = 44, 52


@dataclass(frozen=True, slots=True)
class Tick:
    """A named instant: `label` by day or hour, `under` the date. `strong` begins a day."""

    x: float
    label: str
    under: str
    strong: bool


class Axis:
    """From an instant to a horizontal place, in proportion to elapsed time and nothing else."""

    def __init__(self, picture: Picture, layout: Layout) -> None:
        self.picture = picture
        self.left, self.right = float(layout.left), float(layout.right)
        self.start = picture.start.astimezone(UTC)
        self.a_second = (self.right - self.left) / picture.seconds

    def place(self, at: datetime) -> float:
        """Where an instant lies, also outside the drawing."""
        return self.left + (at.astimezone(UTC) - self.start).total_seconds() * self.a_second

    def x(self, at: datetime) -> float:
        """The same, held at the edges."""
        return min(max(self.place(at), self.left), self.right)

    def ticks(self) -> Iterator[Tick]:
        """Days; between them hours, where the picture is short enough for them."""
        picture = self.picture
        wide = self.right - self.left
        if picture.seconds > HOURLY_S:
            yield from self._days(wide)
            return
        fits = wide / (picture.seconds / 3600)
        every = next((hours for hours in HOURS if hours * fits >= HOUR_ROOM), 24)
        for at in self._midnights():
            for local in (at + timedelta(hours=n) for n in range(0, 24, every)):
                for instant in self._instants(local):
                    if not picture.start <= instant <= picture.end:
                        continue
                    strong = local.hour == 0
                    under = self._named(local) if strong else ""
                    yield Tick(
                        self.place(instant), wording.clock(instant, picture.zone), under, strong
                    )

    def _days(self, wide: float) -> Iterator[Tick]:
        picture = self.picture
        fits = wide / (picture.seconds / 86_400)
        every = next(days for days in DAYS if days * fits >= DAY_ROOM or days == DAYS[-1])
        first = None
        for at in self._midnights():
            day = picture.day(at)
            first = at if first is None else first
            if (day if day is not None else (at.date() - first.date()).days) % every:
                continue
            if not picture.start <= at <= picture.end:
                continue
            date = wording.date(at, picture.zone)
            yield Tick(
                self.place(at),
                date if day is None else wording.day(day),
                "" if day is None else date,
                True,
            )

    def _named(self, at: datetime) -> str:
        day = self.picture.day(at)
        date = wording.date(at, self.picture.zone)
        return date if day is None else f"{wording.day(day)} {date}"

    def _midnights(self) -> Iterator[datetime]:
        """The site's midnights around the picture. Local times add as a calendar does."""
        at = self.picture.start.astimezone(self.picture.zone).replace(
            hour=0, minute=0, second=0, microsecond=0, fold=0
        )
        end = self.picture.end.astimezone(UTC)
        while at.astimezone(UTC) <= end:
            yield at
            at += timedelta(days=1)

    def _instants(self, local: datetime) -> Iterator[datetime]:
        """When the clock shows a local time: once, twice, or in one night of the year never."""
        first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        back = first.astimezone(local.tzinfo)
        if (back.hour, back.minute) != (local.hour, local.minute):
            return
        yield first
        if second > first:
            yield second
