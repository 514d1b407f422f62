"""A picture of a course: SVG written by hand, one time axis, no script and no font of its own.

From top to bottom: the measured series, each with the band that matters to a rule; the doses, a
row a drug; the grades, a row a scale. It knows no medicine. A grade is drawn by
height, by a digit and by shade, so that it can be read in grey: what is certain is filled up to
the low grade, what is only possible is hatched up to the high one.

The colors follow the reader's light or dark setting by a media query. A screen reader gets the
title and a description that says every grade and dose in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from html import escape
from textwrap import wrap

WIDTH, NARROW = 1000, 640
LEFT, LEFT_NARROW, RIGHT, TOP, BOTTOM = 176, 92, 16, 58, 36
TRACK, GAP, DOSE_ROW, LANE = 74, 16, 24, 62
HIGHEST_GRADE = 5
CROWDED = 3.0
"""Below so many units between two points, symbols run into each other and are left out."""


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of number over time, drawn between `low` and `high` of its unit."""

    title: str
    short: str
    """The title where there is little room."""
    unit: str
    low: float
    high: float
    ticks: tuple[float, ...]
    band: tuple[float, float, str]
    """From, to, and what it means."""
    points: tuple[tuple[datetime, float], ...] = ()
    stepped: bool = False
    gap: timedelta = timedelta(hours=14)
    """Two readings further apart than this are not joined: nobody looked in between."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose as it is marked, and the words that name it."""

    at: datetime
    drug: str
    words: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time with one answer of one scale: `low` is certain, `high` is possible."""

    start: datetime
    end: datetime
    low: int
    high: int
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One scale over time."""

    title: str
    segments: tuple[Segment, ...]


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

    def day(self, at: datetime) -> int | None:
        """The calendar day after the infusion, in the picture's zone."""
        if self.infused_at is None:
            return None
        zoned = at.astimezone(self.zone).date(), self.infused_at.astimezone(self.zone).date()
        return (zoned[0] - zoned[1]).days

    def when(self, at: datetime) -> str:
        """An instant as it is read out: the day, the date and the time."""
        day = self.day(at)
        return f"{'' if day is None else f'day {day}, '}{at.astimezone(self.zone):%d-%b %H:%M}"


STYLE = """
.tx{--fg:#1b1b1b;--soft:#4b5563;--bg:#ffffff;--rule:#dfe3e8;--band:#fbe6e0;--line:#123f7a;
--g1:#ffe9a8;--g2:#f4a636;--g3:#97247e;--g4:#2e0b3f;--on12:#1b1b1b;--on34:#ffffff;
background:var(--bg);font-family:system-ui,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif}
@media (prefers-color-scheme:dark){.tx{--fg:#f2f2f2;--soft:#b6bec9;--bg:#14171b;--rule:#3a424c;
--band:#45221a;--line:#9cc7ff;--g3:#c65bb0;--g4:#efe3f7;--on34:#14171b}}
.tx text{fill:var(--fg);font-size:12px}.tx .soft{fill:var(--soft);font-size:11px}
.tx .title{font-size:16px;font-weight:600}.tx .name{font-weight:600;font-size:13px}
.tx .paper{fill:var(--bg)}.tx .rule{stroke:var(--rule);fill:none}.tx .zero{stroke:var(--fg);
stroke-width:1.5}.tx .band{fill:var(--band)}.tx .line{fill:none;stroke:var(--line);
stroke-width:1.5;stroke-linejoin:round}.tx .dot{fill:var(--line)}.tx .seg{stroke:var(--fg)}
.tx .open{stroke:var(--fg);stroke-dasharray:3 2}.tx .hatch{stroke:var(--fg);stroke-width:1}
.tx .g0{fill:var(--bg)}.tx .g1{fill:var(--g1)}.tx .g2{fill:var(--g2)}.tx .g3{fill:var(--g3)}
.tx .g4,.tx .g5{fill:var(--g4)}.tx .d1,.tx .d2{fill:var(--on12);font-weight:700}
.tx .d3,.tx .d4,.tx .d5{fill:var(--on34);font-weight:700}.tx .d0{font-weight:700}
.tx .halo{paint-order:stroke;stroke:var(--bg);stroke-width:4px}
.tx .drug{fill:var(--fg)}.tx .mark{fill:var(--bg);font-size:11px;font-weight:700}
"""


def draw(picture: Picture, width: int = WIDTH, ident: str = "course") -> str:
    """The picture as one SVG element of `width` units, laid out anew for narrow ones.

    `ident` begins every id in it, so that several pictures can stand on one page.
    """
    left = LEFT if width >= NARROW else LEFT_NARROW
    drugs = sorted({dose.drug for dose in picture.doses})
    doses_top = TOP + len(picture.series) * (TRACK + GAP)
    lanes_top = doses_top + len(drugs) * DOSE_ROW + (10 if drugs else 0)
    bottom = lanes_top + len(picture.lanes) * (LANE + GAP)
    axis = Axis(picture, left, width - RIGHT)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + BOTTOM}" '
        f'class="tx" role="img" aria-labelledby="{ident}-title {ident}-desc">',
        f'<title id="{ident}-title">{_text(picture.title)}</title>',
        f'<desc id="{ident}-desc">{_text(description(picture))}</desc>',
        f"<style>{STYLE}</style>",
        f'<defs><pattern id="{ident}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="hatch"/>'
        "</pattern></defs>",
        f'<rect width="{width}" height="{bottom + BOTTOM}" class="paper"/>',
        f'<text x="8" y="22" class="title">{_text(picture.title)}</text>',
        *_days(picture, axis, bottom),
    ]
    for i, series in enumerate(picture.series):
        parts += _track(series, axis, TOP + i * (TRACK + GAP))
    for i, drug in enumerate(drugs):
        given = [dose for dose in picture.doses if dose.drug == drug]
        parts += _dose_row(drug, given, picture, axis, doses_top + i * DOSE_ROW)
    for i, lane in enumerate(picture.lanes):
        parts += _lane(lane, picture, axis, lanes_top + i * (LANE + GAP), f"{ident}-hatch")
    return "\n".join([*parts, "</svg>\n"])


def description(picture: Picture) -> str:
    """Every grade and every dose in words, in order of time: what the picture shows."""
    said = []
    for lane in picture.lanes:
        steps = "; ".join(
            f"from {picture.when(one.start)} {_grade_words(one)}" for one in lane.segments
        )
        said.append(f"{lane.title}: {steps or 'not graded'}.")
    if picture.doses:
        doses = "; ".join(
            f"{dose.words} on {picture.when(dose.at)}"
            for dose in sorted(picture.doses, key=lambda dose: dose.at)
        )
        said.append(f"Doses: {doses}.")
    for series in picture.series:
        values = [value for _, value in series.points]
        said.append(
            f"{series.title}: {len(values)} readings, "
            f"from {_number(min(values))} to {_number(max(values))} {series.unit}."
            if values
            else f"{series.title}: not measured."
        )
    return " ".join(said)


class Axis:
    """From an instant to a horizontal place."""

    def __init__(self, picture: Picture, left: float, right: float) -> None:
        self.left, self.right, self.narrow = left, right, left < LEFT
        self.start, self.end = picture.start, picture.end
        self._units_a_second = (right - left) / max(
            (picture.end - picture.start).total_seconds(), 1.0
        )

    def x(self, at: datetime) -> float:
        place = self.left + (at - self.start).total_seconds() * self._units_a_second
        return min(max(place, self.left), self.right)


def _days(picture: Picture, axis: Axis, bottom: float) -> Iterator[str]:
    """A line at each midnight that has room for its label, above and below the tracks."""
    first = picture.start.astimezone(picture.zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    midnights = [
        first + timedelta(days=i)
        for i in range((picture.end - first).days + 2)
        if picture.start <= first + timedelta(days=i) <= picture.end
    ]
    room = 50 if picture.infused_at is not None else 60
    span = (axis.right - axis.left) / max(len(midnights), 1)
    every = next(n for n in (1, 2, 5, 7, 14, 28, 56, 112, 10_000) if n * span >= room)
    for at in midnights:
        day = picture.day(at)
        if (day if day is not None else (at - first).days) % every:
            continue
        x = axis.x(at)
        label = f"{at:%d-%b}" if day is None else f"D{day}"
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom - 6}" class="rule"/>'
        for y in (TOP - 14, bottom + 8):
            yield f'<text x="{x:.1f}" y="{y}" text-anchor="middle" class="soft">{label}</text>'
        if day is not None:
            yield (
                f'<text x="{x:.1f}" y="{bottom + 22}" text-anchor="middle" class="soft">'
                f"{at:%d-%b}</text>"
            )
    if picture.infused_at is not None and picture.start <= picture.infused_at <= picture.end:
        x = axis.x(picture.infused_at)
        words = _text(f"Infusion, {picture.when(picture.infused_at)}")
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom - 6}" class="zero">'
            f"<title>{words}</title></line>"
        )
        yield f'<text x="{x:.1f}" y="{TOP - 14}" text-anchor="middle" class="name halo">D0</text>'


def _track(series: Series, axis: Axis, top: float) -> Iterator[str]:
    """One kind of number, with its band behind it."""
    bottom = top + TRACK

    def y(value: float) -> float:
        inside = min(max(value, series.low), series.high)
        return bottom - (inside - series.low) / (series.high - series.low) * TRACK

    wide = axis.right - axis.left
    title = series.short if axis.narrow else series.title
    begin, end, words = series.band
    yield (
        f'<g><rect x="{axis.left}" y="{y(end):.1f}" width="{wide:.1f}" '
        f'height="{y(begin) - y(end):.1f}" class="band"/>'
    )
    for tick in series.ticks:
        at = y(tick)
        yield f'<line x1="{axis.left}" x2="{axis.right}" y1="{at:.1f}" y2="{at:.1f}" class="rule"/>'
        yield (
            f'<text x="{axis.left - 6}" y="{at + 4:.1f}" text-anchor="end" class="soft">'
            f"{_number(tick)}</text>"
        )
    yield f'<rect x="{axis.left}" y="{top}" width="{wide:.1f}" height="{TRACK}" class="rule"/>'
    yield f'<text x="8" y="{top + 16}" class="name">{_text(title)}</text>'
    yield f'<text x="8" y="{top + 32}" class="soft">{_text(series.unit)}</text>'
    yield from _curve(series, axis, y)
    text_y = y(end) + 12 if begin > series.low else y(begin) - 4
    yield (
        f'<text x="{axis.right - 5}" y="{text_y:.1f}" text-anchor="end" class="soft halo">'
        f"{_text(words)}</text></g>"
    )


def _curve(series: Series, axis: Axis, y: Callable[[float], float]) -> Iterator[str]:
    """The readings, joined where somebody looked; a lone reading is a dot, never nothing."""
    if not series.points:
        middle = (axis.left + axis.right) / 2
        yield f'<text x="{middle:.1f}" y="{y(series.low) - 32:.1f}" text-anchor="middle" class="soft">not measured</text>'  # noqa: E501
        return
    places = [(axis.x(at), y(value)) for at, value in series.points]
    crowded = len(places) > 2 and (places[-1][0] - places[0][0]) / len(places) < CROWDED
    path: list[str] = []
    dots: list[tuple[float, float]] = []
    for run in _runs(series.points, series.gap):
        here = [(axis.x(at), y(value)) for at, value in run]
        path.append(f"M{here[0][0]:.1f} {here[0][1]:.1f}")
        for x, place in here[1:]:
            path.append(f"H{x:.1f}V{place:.1f}" if series.stepped else f"L{x:.1f} {place:.1f}")
        if not crowded or len(here) == 1:
            dots += here
    yield f'<path d="{"".join(path)}" class="line"/>'
    for x, place in dots:
        yield f'<circle cx="{x:.1f}" cy="{place:.1f}" r="2.4" class="dot"/>'


def _dose_row(
    drug: str, given: Sequence[Dose], picture: Picture, axis: Axis, top: float
) -> Iterator[str]:
    """One drug: a diamond with its number for each dose."""
    middle = top + DOSE_ROW / 2
    name = drug.replace("_", " ").capitalize()
    name = _text(f"{name[:7]}." if axis.narrow and len(name) > 9 else name)
    yield f'<g><text x="8" y="{middle + 4}" class="name">{name}</text>'
    yield f'<line x1="{axis.left}" x2="{axis.right}" y1="{middle}" y2="{middle}" class="rule"/>'
    for number, dose in enumerate(sorted(given, key=lambda dose: dose.at), start=1):
        x = axis.x(dose.at)
        words = _text(f"{dose.words}, {picture.when(dose.at)}, dose {number}")
        yield (
            f'<g><title>{words}</title><path d="M{x:.1f} {middle - 10}l10 10l-10 10l-10 -10z" '
            f'class="drug"/><text x="{x:.1f}" y="{middle + 4}" text-anchor="middle" '
            f'class="mark">{number}</text></g>'
        )
    yield "</g>"


def _lane(lane: Lane, picture: Picture, axis: Axis, top: float, hatch: str) -> Iterator[str]:
    """One scale: filled to the grade that is certain, hatched to the one that is possible."""
    bottom = top + LANE
    highest = max([4, *(one.high for one in lane.segments)])

    def y(grade: int) -> float:
        return bottom - grade / highest * LANE

    yield "<g>"
    names = _lines(lane.title, 8 if axis.narrow else 18)
    for number, name in enumerate(names):
        yield f'<text x="8" y="{top + 16 + 14 * number}" class="name">{_text(name)}</text>'
    yield f'<text x="8" y="{top + 18 + 14 * len(names)}" class="soft">grade</text>'
    for grade in range(highest + 1):
        at = y(grade)
        yield f'<line x1="{axis.left}" x2="{axis.right}" y1="{at:.1f}" y2="{at:.1f}" class="rule"/>'
        yield (
            f'<text x="{axis.left - 6}" y="{at + 4:.1f}" text-anchor="end" class="soft">'
            f"{grade}</text>"
        )
    for one in lane.segments:
        x, wide = axis.x(one.start), axis.x(one.end) - axis.x(one.start)
        if wide <= 0:
            continue
        words = f"{lane.title} {_grade_words(one)} from {picture.when(one.start)}"
        words += f" to {picture.when(one.end)}: {one.words}"
        yield f"<g><title>{_text(words)}</title>"
        if one.low:
            yield (
                f'<rect x="{x:.1f}" y="{y(one.low):.1f}" width="{wide:.1f}" '
                f'height="{bottom - y(one.low):.1f}" class="seg g{one.low}"/>'
            )
        else:
            yield f'<rect x="{x:.1f}" y="{bottom - 2}" width="{wide:.1f}" height="2" class="drug"/>'
        if one.high > one.low:
            yield (
                f'<rect x="{x:.1f}" y="{y(one.high):.1f}" width="{wide:.1f}" '
                f'height="{y(one.low) - y(one.high):.1f}" fill="url(#{hatch})" class="open"/>'
            )
        label = str(one.low) if one.low == one.high else f"{one.low}\N{EN DASH}{one.high}"
        if wide >= 8 * len(label) + 2:
            inside = one.low == one.high and one.low
            place = y(one.low) + 13 if inside else y(one.high) + 13 if one.high else bottom - 6
            shade = f"d{one.low}" if inside else "d0 halo"
            yield (
                f'<text x="{x + wide / 2:.1f}" y="{place:.1f}" text-anchor="middle" '
                f'class="{shade}">{label}</text>'
            )
        yield "</g>"
    yield "</g>"


def _lines(title: str, most: int) -> list[str]:
    """A title in lines of at most so many letters, so that it stays beside the drawing."""
    words = (word if len(word) <= most else f"{word[: most - 1]}." for word in title.split())
    return wrap(" ".join(words), most)


def _runs(
    points: Sequence[tuple[datetime, float]], gap: timedelta
) -> Iterator[list[tuple[datetime, float]]]:
    """Readings cut where the ward stopped measuring: a line over a hole would be invented."""
    run: list[tuple[datetime, float]] = []
    for point in points:
        if run and point[0] - run[-1][0] > gap:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def _grade_words(one: Segment) -> str:
    if one.low == one.high:
        return f"grade {one.low}"
    return f"grade {one.low} to {one.high}, not certain"


def _text(words: str) -> str:
    """Words inside XML, which has no place at all for control characters."""
    return escape("".join(sign for sign in words if sign.isprintable()))


def _number(value: float) -> str:
    return f"{value:g}"
