"""Rows above the series: onset windows, grades, signs with another cause, doses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from toxmon.drawing import wording
from toxmon.drawing.axis import Axis
from toxmon.drawing.layout import Layout
from toxmon.drawing.picture import Dose, Lane, Picture, Segment, Span
from toxmon.drawing.tracks import named

SCRIPT = 15
HIGHEST_LANE = 5
MOST_NARROW = 3
SIGN = 10.0
"""Below this width not even a question mark fits."""
THIN = 4.0
"""Below this width a border would be all that is seen."""
LEAST, LEAST_SHARE = 1, 0.4
DIAMOND, SQUARE = 8.5, 3.5
TWO_DIGITS = 10
MOST_HREF_GAP = 12


def rows_of(spans: Sequence[Span], axis: Axis, layout: Layout) -> list[list[Span]]:
    """Spans in as few rows as hold them with their labels beside each other."""
    rows: list[tuple[float, list[Span]]] = []
    for span in spans:
        if span.start > axis.picture.end or (span.end or axis.picture.end) < axis.picture.start:
            continue
        room = wording.width(span.label, layout.letters) + 8
        # A span at the very end has its label before itself.
        left = max(min(axis.x(span.start), layout.right - room), layout.left)
        ends = axis.x(span.end or axis.picture.end)
        right = max(ends, left + room, ends + room if ends - left < room else 0)
        for number, (taken, row) in enumerate(rows):
            if left >= taken + 4:
                rows[number] = (right, [*row, span])
                break
        else:
            rows.append((right, [span]))
    return [row for _, row in rows]


def spans(
    title: str, rows: Sequence[Sequence[Span]], axis: Axis, layout: Layout, top: float, style: str
) -> Iterator[str]:
    """Named stretches of time as outlines with their own words."""
    if not rows:
        return
    yield f'<g><text x="4" y="{top + 11}" class="name">{title}</text>'
    for number, row in enumerate(rows):
        y = top + number * SCRIPT
        for span in row:
            left, right = axis.x(span.start), axis.x(span.end or axis.picture.end)
            room = layout.right - left
            at, anchor = (left + 4, "")
            words = wording.cut(span.label, layout.span - 6, layout.letters)
            taken = wording.width(words, layout.letters) + 8
            if taken > room:
                at, anchor = layout.right - 4.0, " end"
            elif taken > right - left and right + taken <= layout.right:
                at = right + 4  # Beside a box that is too short for its words.
            box = (
                f'<rect x="{left:.1f}" y="{y}" width="{max(right - left, 2):.1f}" height="12.5" '
                f'class="{style}"/><text x="{at:.1f}" y="{y + 10}" class="script{anchor}">'
                f"{wording.safe(words)}</text>"
            )
            yield named(span.words, box, span.href)
    yield "</g>"


def lane(one: Lane, axis: Axis, layout: Layout, top: float, hatch: str) -> Iterator[str]:
    """One scale: filled to the grade that is certain, hatched to the one that is possible."""
    bottom = top + layout.lane
    yield "<g>"
    yield from _lane_name(one, layout, top)
    yield (
        f'<rect x="{layout.left}" y="{top}" width="{layout.span}" height="{layout.lane}" '
        'class="frame"/>'
    )
    highest = max([one.highest, *(each.high for each in one.segments)])
    for segment in joined(one.segments, axis):
        drawn = _segment(segment, highest, axis, layout, bottom, hatch)
        if drawn:
            picture = axis.picture
            words = (
                f"{one.title} {wording.grade(segment.low, segment.high, segment.unknown)}, "
                f"{picture.when(segment.start)} to {picture.when(segment.end)}"
            )
            words += f": {segment.words}" if segment.words else ""
            yield named(words, drawn, segment.href)
    yield "</g>"


def _lane_name(one: Lane, layout: Layout, top: float) -> Iterator[str]:
    title = one.short or one.title if layout.narrow else one.title
    most = min(layout.titles, int((layout.left - 8) / (12.5 * wording.LETTER)))
    names = wording.lines(title, most)[:2]
    if layout.sheet:
        names = names[:1]
    below = [each for each in ("" if layout.narrow else one.edition, one.now) if each]
    soft = " · ".join(below)
    middle = top + (11 if soft or len(names) > 1 else layout.lane / 2 + 4)
    for number, name in enumerate(names):
        yield f'<text x="4" y="{middle + 12.5 * number:g}" class="name">{wording.safe(name)}</text>'
    if soft and len(names) == 1:
        if layout.sheet:
            yield (
                f'<text x="{layout.left - 5}" y="{middle:g}" class="tick">'
                f"{wording.safe(one.now)}</text>"
            )
        else:
            soft = wording.cut(soft, layout.left - 8, layout.letters)
            yield f'<text x="4" y="{middle + 13:g}" class="soft">{wording.safe(soft)}</text>'
    elif one.now:
        yield (
            f'<text x="{layout.left - 5}" y="{middle:g}" class="tick">'
            f"{wording.safe(one.now)}</text>"
        )


def joined(segments: Sequence[Segment], axis: Axis) -> Iterator[Segment]:
    """Segments, of which neighbors too narrow to be told apart are one, if no grade is certain.

    Somebody who is seen once a day is not gradable between two visits; a year of that is hundreds
    of lines of one width. What was certainly graded is never joined. The table has each change.
    """
    narrow: list[Segment] = []
    for segment in segments:
        wide = axis.x(segment.end) - axis.x(segment.start)
        follows = not narrow or narrow[-1].end == segment.start
        if segment.low == 0 and wide < SIGN and follows:
            narrow.append(segment)
            continue
        yield from _one(narrow)
        narrow = []
        if segment.low == 0 and wide < SIGN:
            narrow = [segment]
        else:
            yield segment
    yield from _one(narrow)


def _one(narrow: Sequence[Segment]) -> Iterator[Segment]:
    if len(narrow) < MOST_NARROW:
        yield from narrow
        return
    unknown = sum(each.unknown for each in narrow)
    words = f"{len(narrow)} changes, {unknown} times not gradable, never certainly above grade 0"
    yield replace(
        narrow[0],
        end=narrow[-1].end,
        high=max(each.high for each in narrow),
        words=f"{words}; zoom to see each",
        unknown=True,
    )


def height(grade: int, highest: int, full: float) -> float:
    """How high a grade stands in a lane; each is higher than the one below."""
    highest = max(highest, 2)
    return full * (LEAST_SHARE + (1 - LEAST_SHARE) * (grade - LEAST) / (highest - LEAST))


def _segment(
    one: Segment, highest: int, axis: Axis, layout: Layout, bottom: float, hatch: str
) -> str:
    """A stretch; what began before the picture begins at its edge."""
    if one.end <= axis.picture.start or one.start >= axis.picture.end:
        return ""
    x = axis.x(one.start)
    wide = axis.x(one.end) - x
    if wide <= 0:
        return ""
    wide = max(wide, 2.5) if one.high else wide

    def up(grade: int) -> float:
        return height(grade, highest, layout.lane - 1) if grade else 0.0

    parts = []
    thin = " thin" if wide < THIN else ""
    if one.low:
        parts.append(
            f'<rect x="{x:.1f}" y="{bottom - up(one.low):.1f}" width="{wide:.1f}" '
            f'height="{up(one.low):.1f}" class="seg g{min(one.low, HIGHEST_LANE)}{thin}"/>'
        )
    elif one.high == 0:
        parts.append(
            f'<rect x="{x:.1f}" y="{bottom - 3:.1f}" width="{wide:.1f}" height="3" class="none0"/>'
        )
    if one.high > one.low:
        parts.append(
            f'<rect x="{x:.1f}" y="{bottom - up(one.high):.1f}" width="{wide:.1f}" '
            f'height="{up(one.high) - up(one.low):.1f}" fill="url(#{hatch})" class="open{thin}"/>'
        )
    label = wording.digit(one.low, one.high, one.unknown)
    if wide >= 8 * len(label) + 2:
        sure = one.low == one.high and one.low > 0
        style = f"digit d{min(one.low, HIGHEST_LANE)}" if sure else "digit d0 halo"
        tall = up(one.low) if sure else up(one.high)
        at = bottom - max(tall / 2 - 4.2, 2.5)
        if one.high == 0:
            at = bottom - 6
        parts.append(f'<text x="{x + wide / 2:.1f}" y="{at:.1f}" class="{style}">{label}</text>')
    return "".join(parts)


def doses(
    drug: str, given: Sequence[Dose], picture: Picture, axis: Axis, layout: Layout, top: float
) -> Iterator[str]:
    """One drug: numbered diamonds, squares or circles."""
    middle = top + layout.row / 2
    name = drug.replace("_", " ").capitalize()
    name = wording.cut(name, layout.left - 8, 12.5)
    yield f'<g><text x="4" y="{middle + 4:g}" class="name">{wording.safe(name)}</text>'
    yield f'<path d="M{layout.left} {middle:g}H{layout.right}" class="rule"/>'
    inside = [
        (number, dose)
        for number, dose in enumerate(sorted(given, key=lambda dose: dose.at), start=1)
        if picture.start <= dose.at <= picture.end
    ]
    places = [axis.x(dose.at) for _, dose in inside]
    tight = any(after - before < MOST_HREF_GAP for before, after in pairwise(places))
    for (number, dose), x in zip(inside, places, strict=True):
        number = dose.number or number
        words = f"{dose.words}, {picture.when(dose.at)}, dose {number}"
        yield named(words, _shape(dose, x, middle, number, tight), dose.href)
    yield "</g>"


def _shape(dose: Dose, x: float, middle: float, number: int, tight: bool) -> str:
    if dose.shape == "square":
        return (
            f'<rect x="{x - SQUARE:.1f}" y="{middle - 6:g}" width="{2 * SQUARE:g}" height="12" '
            'class="drug"/>'
        )
    if dose.shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{middle:g}" r="5" class="drug"/>'
    half = 6.0 if tight else DIAMOND if number < TWO_DIGITS else DIAMOND + 2.5
    drawn = (
        f'<path d="M{x:.1f} {middle - half - 1:g}l{half} {half + 1:g}l-{half} {half + 1:g}'
        f'l-{half}-{half + 1:g}z" class="drug"/>'
    )
    if tight:
        return drawn
    return f'{drawn}<text x="{x:.1f}" y="{middle + 4:g}" class="mark">{number}</text>'
