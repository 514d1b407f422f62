"""What is drawn: series, doses, grades, windows and spans over one stretch of time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from toxmon.drawing import wording

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Band:
    """The part of a scale that matters to a rule: from, to, and what it means."""

    low: float
    high: float
    words: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A reading that replaces another one; `href` opens what was there before."""

    at: datetime
    value: float
    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of number over time, drawn between `low` and `high` of its unit.

    A value beyond them is drawn at the edge with an arrow, and counted. `under` are the lower ends
    of pairs: diastolic pressures. `latest` and `previous` are the patient's last two in words, with
    the time of the latest, also where an older time is in view.
    """

    title: str
    short: str
    """The title where there is little room."""
    unit: str
    low: float
    high: float
    ticks: tuple[float, ...]
    bands: tuple[Band, ...] = ()
    points: tuple[Point, ...] = ()
    stepped: bool = False
    gap: timedelta = timedelta(hours=14)
    """Two readings further apart than this are not joined: nobody looked in between."""
    log: bool = False
    before: Point | None = None
    """The last reading before the picture begins: a line may come from there."""
    under: tuple[Point, ...] = ()
    marks: tuple[Mark, ...] = ()
    latest: str = ""
    latest_at: datetime | None = None
    previous: str = ""
    note: str = ""
    """What else must be said, such as that the scale was made from the readings."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as it is marked, and the words that name it. `shape`: diamond, square or circle."""

    at: datetime
    drug: str
    words: str
    shape: str = "diamond"
    number: int | None = None
    """Which dose of its drug it is; None numbers the doses of a diamond as they are drawn."""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time with one answer of one scale: `low` is certain, `high` is possible."""

    start: datetime
    end: datetime
    low: int
    high: int
    words: str
    href: str = ""
    unknown: bool = False
    """Nothing is known that would narrow the grade: drawn as a question mark."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One scale over time; `now` is what it says at present, `edition` by which publication."""

    title: str
    segments: tuple[Segment, ...]
    now: str = ""
    edition: str = ""
    highest: int = 4
    short: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A named stretch of time: an onset window, or a sign that has another cause."""

    start: datetime
    end: datetime | None
    label: str
    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn. `infused_at` is day 0; without it the axis has dates and no days."""

    title: str
    start: datetime
    end: datetime
    zone: tzinfo
    infused_at: datetime | None = None
    series: tuple[Series, ...] = ()
    doses: tuple[Dose, ...] = ()
    lanes: tuple[Lane, ...] = ()
    windows: tuple[Span, ...] = ()
    attributed: tuple[Span, ...] = ()
    now: datetime | None = None
    notes: tuple[str, ...] = field(default=())
    """Sentences below the drawing: what was left out of it, and how many."""

    @property
    def seconds(self) -> float:
        """How long the picture is. Elapsed time: a night with an hour more is an hour longer."""
        return max((self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds(), 1.0)

    def day(self, at: datetime) -> int | None:
        """The calendar day after the infusion, in the picture's zone."""
        if self.infused_at is None:
            return None
        zoned = at.astimezone(self.zone).date(), self.infused_at.astimezone(self.zone).date()
        return (zoned[0] - zoned[1]).days

    def when(self, at: datetime) -> str:
        """An instant as it is read out: the day, the date and the time."""
        day = self.day(at)
        return f"{'' if day is None else f'day {day}, '}{wording.moment(at, self.zone)}"
