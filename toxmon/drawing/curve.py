"""The readings of one series as paths: joined where somebody looked, a dot where they stand alone.

A place is (minutes since the picture began, thousandths of the track's height from its top). In
these units a path serves drawings of every width: each shows it by reference, stretched to its own
size. A drawing that stands alone gets the same path in its own units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from toxmon.drawing.layout import Layout
from toxmon.drawing.picture import Picture, Point, Series

CROWDED = 3.0
"""Below so many units between two points, symbols run into each other and are left out."""
HEIGHT = 1000
Place = tuple[float, int]
Run = list[Place]


@dataclass(frozen=True, slots=True)
class Scale:
    """From a value to a place between the top (0) and the bottom (1000) of a track."""

    low: float
    high: float
    log: bool

    def y(self, value: float) -> int:
        """Where a value lies; beyond the ends at the end."""
        value = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return round((1 - share) * HEIGHT)


class Curve:
    """One series, placed."""

    def __init__(self, series: Series, picture: Picture) -> None:
        self.series, self.picture = series, picture
        self.scale = Scale(series.low, series.high, series.log)
        self._start = picture.start.astimezone(UTC)

    def x(self, at: datetime) -> float:
        """Minutes since the picture began."""
        minutes = round((at - self._start).total_seconds() / 60, 1)
        return int(minutes) if minutes == int(minutes) else minutes

    @cached_property
    def runs(self) -> list[Run]:
        """Readings cut where the ward stopped measuring: a line over a hole would be invented."""
        return [self._placed(run) for run in self._cut(self.series.points)]

    @cached_property
    def bars(self) -> list[tuple[float, int, int]]:
        """Pairs of one instant, as (place, upper end, lower end); and lower ends that are alone."""
        upper = dict(self.series.points)
        y = self.scale.y
        return [(self.x(at), y(upper.get(at, value)), y(value)) for at, value in self.series.under]

    @cached_property
    def entry(self) -> Run:
        """The piece of line that comes from a reading before the picture began."""
        before, points = self.series.before, self.series.points
        if before is None or not points or points[0][0] - before[0] > self.series.gap:
            return []
        (x0, y0), (x1, y1) = self._placed([before, points[0]])
        if x1 <= 0:
            return []
        edge = y0 if self.series.stepped else round(y0 + (y1 - y0) * (0 - x0) / (x1 - x0))
        return [(0, edge), (x1, y1)]

    @cached_property
    def beyond(self) -> list[tuple[float, bool, float]]:
        """Values outside the scale, as (place, is it above?, value)."""
        low, high = self.series.low, self.series.high
        return [
            (self.x(at), value > high, value)
            for at, value in (*self.series.points, *self.series.under)
            if not low <= value <= high
        ]

    def crowded(self, run: Run, layout: Layout) -> bool:
        """Do the dots of a run touch each other? A lone reading has its dot always."""
        if len(run) < 3:
            return False
        a_minute = layout.span / (self.picture.seconds / 60)
        return (run[-1][0] - run[0][0]) * a_minute / (len(run) - 1) < CROWDED

    def hidden(self, layout: Layout) -> int:
        """How many readings are only a line in a layout."""
        return sum(len(run) for run in self.runs if self.crowded(run, layout))

    def _cut(self, points: Sequence[Point]) -> Iterable[list[Point]]:
        run: list[Point] = []
        gap = self.series.gap
        for point in points:
            if run and point[0] - run[-1][0] > gap:
                yield run
                run = []
            run.append(point)
        if run:
            yield run

    def _placed(self, points: Iterable[Point]) -> Run:
        y = self.scale.y
        return [(self.x(at), y(value)) for at, value in points]


@dataclass(frozen=True, slots=True)
class Fitted:
    """Paths in the units of one drawing: `left`, `top`, and units a minute and a thousandth."""

    left: float = 0
    top: float = 0
    a_minute: float = 1
    a_step: float = 1

    def line(self, runs: Iterable[Run], stepped: bool) -> str:
        """Each run as a line; lone readings have none."""
        parts: list[str] = []
        for run in runs:
            if len(run) < 2:
                continue
            x, y = self._at(run[0])
            parts.append(f"M{_n(x)} {_n(y)}")
            letter = "h" if stepped else "l"
            for each in run[1:]:
                next_x, next_y = self._at(each)
                dx, dy = _n(next_x - x), _n(next_y - y)
                if stepped:
                    parts.append(f"h{dx}v{dy}")
                else:
                    parts.append(f"{letter}{dx}{dy}" if dy[0] == "-" else f"{letter}{dx} {dy}")
                x, y = next_x, next_y
        return "".join(parts)

    def dots(self, runs: Iterable[Run]) -> str:
        """Each reading as a line of no length, which round ends make a dot."""
        return self._each(((at, at) for run in runs for at in run), "h0")

    def bars(self, bars: Iterable[tuple[float, int, int]]) -> str:
        """Each pair as a line from its upper to its lower end."""
        return self._each((((x, upper), (x, lower)) for x, upper, lower in bars), None)

    def _each(self, pairs: Iterable[tuple[Place, Place]], drawn: str | None) -> str:
        parts: list[str] = []
        x = y = 0.0
        for one, other in pairs:
            next_x, next_y = self._at(one)
            _, end = self._at(other)
            dx, dy = _n(next_x - x), _n(next_y - y)
            parts.append(f"m{dx}{dy}" if dy[0] == "-" else f"m{dx} {dy}")
            parts.append(drawn or f"v{_n(end - next_y)}")
            x, y = next_x, end
        return "".join(parts)

    def _at(self, place: Place) -> tuple[float, float]:
        x, y = place
        if self.a_minute == 1 and self.a_step == 1:
            return x, y
        return (
            round(self.left + x * self.a_minute, 1),
            round(self.top + y * self.a_step, 1),
        )


@dataclass(frozen=True, slots=True)
class Shared:
    """Paths that several drawings on one page show by reference; `svg` stands before them."""

    svg: str
    ident: str
    curves: tuple[Curve, ...]
    layouts: tuple[Layout, ...]
    groups: tuple[tuple[str, ...], ...]
    """By curve, the names of its groups of dots: 0 and 1 for each layout."""

    def dotted(self, place: int, layout: Layout) -> list[str]:
        """The groups of dots of a curve that a layout has room for."""
        number = self.layouts.index(layout)
        return [flags for flags in self.groups[place] if flags[number] == "1"]


def shared(picture: Picture, layouts: Sequence[Layout], ident: str = "curves") -> Shared:
    """The paths of every series once, for drawings in these layouts."""
    curves = tuple(Curve(series, picture) for series in picture.series)
    fitted = Fitted()
    parts, groups = [], []
    for number, curve in enumerate(curves):
        name = f"{ident}-{number}"
        line = fitted.line([curve.entry, *curve.runs], curve.series.stepped)
        parts += [_path(f"{name}l", line)]
        dots = _groups(curve, layouts)
        groups.append(tuple(dots))
        for flags, runs in dots.items():
            parts.append(_path(f"{name}d{flags}", fitted.dots(runs)))
        if curve.bars:
            parts.append(_path(f"{name}b", fitted.bars(curve.bars)))
    held = "".join(parts)
    return Shared(
        f'<svg width="0" height="0" class="held" aria-hidden="true" focusable="false">'
        f"<defs>{held}</defs></svg>",
        ident,
        curves,
        tuple(layouts),
        tuple(groups),
    )


def hidden(picture: Picture, layout: Layout) -> int:
    """How many readings of a picture are only a line in a layout, without a symbol of their own."""
    return sum(Curve(series, picture).hidden(layout) for series in picture.series)


def _groups(curve: Curve, layouts: Sequence[Layout]) -> dict[str, list[Run]]:
    """Runs by the layouts in which they have dots, as a text of 0 and 1 for each layout."""
    found: dict[str, list[Run]] = {}
    for run in curve.runs:
        flags = "".join("0" if curve.crowded(run, layout) else "1" for layout in layouts)
        if "1" in flags:
            found.setdefault(flags, []).append(run)
    return found


def _path(name: str, drawn: str) -> str:
    if not drawn:
        return ""
    return f'<path id="{name}" d="{drawn}" vector-effect="non-scaling-stroke"/>'


def _n(value: float) -> str:
    """A number in as few letters as SVG reads."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.1f}"
    if text.endswith(".0"):
        text = text[:-2]
    if text == "-0":
        return "0"
    if text.startswith("0."):
        return text[1:]
    return f"-{text[2:]}" if text.startswith("-0.") else text
