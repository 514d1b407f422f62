"""One picture as one SVG element: the axis, then windows, grades, doses and series below it."""

from __future__ import annotations

from collections.abc import Iterator

from toxmon.drawing import lanes, style, tracks, wording
from toxmon.drawing.axis import HOURLY_S, Axis
from toxmon.drawing.curve import Shared
from toxmon.drawing.described import description, in_short
from toxmon.drawing.layout import Layout, layout_of
from toxmon.drawing.picture import Picture
from toxmon.drawing.tracks import Ground

HEAD, FOOT = 34, 34
TITLE = 24


def draw(
    picture: Picture,
    width: int | Layout = 1000,
    ident: str = "course",
    *,
    styles: str | None = None,
    held: Shared | None = None,
) -> str:
    """The picture as one SVG element of `width` units, laid out anew for narrow ones.

    `ident` begins every id in it, so that several pictures can stand on one page. `styles` None
    puts the style and the title into it, for a file of its own; "" leaves both to the page.
    `held` are paths that stand on the page already, for this layout among others.
    """
    layout = width if isinstance(width, Layout) else layout_of(width)
    alone = styles is None
    axis = Axis(picture, layout)
    body: list[str] = []
    top = float(HEAD + (TITLE if alone else 0))
    first = top
    top = _rows(body, picture, axis, layout, top, ident)
    ground = Ground(picture, axis, layout, held)
    for place in range(len(picture.series)):
        body += tracks.track(ground, place, top)
        top += layout.track + layout.gap
    bottom = top
    role = "group" if "<a " in "".join(body) else "img"
    high = bottom + FOOT
    told = in_short(picture) if styles == "" else description(picture)
    # A picture is read out with all its words; a group with its name, and then part by part.
    names = f'aria-labelledby="{ident}-title {ident}-desc"'
    if role == "group":
        names = f'aria-labelledby="{ident}-title" aria-describedby="{ident}-desc"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {high:g}" '
        f'class="tx" role="{role}" {names} '
        f'data-left="{layout.left}" data-right="{layout.right}">',
        f'<title id="{ident}-title">{wording.safe(picture.title)}</title>',
        f'<desc id="{ident}-desc">{wording.safe(told)}</desc>',
        "" if styles == "" else f"<style>{style.standalone() if alone else styles}</style>",
        f'<defs><pattern id="{ident}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0V6" class="hatch"/></pattern></defs>',
    ]
    if alone:
        parts += [
            f'<rect width="{layout.width}" height="{high:g}" class="paper"/>',
            f'<text x="4" y="20" class="title">{wording.safe(picture.title)}</text>',
        ]
    parts += _axis(picture, axis, layout, first, bottom)
    return "\n".join(part for part in [*parts, *body, "</svg>\n"] if part)


def _rows(
    body: list[str], picture: Picture, axis: Axis, layout: Layout, top: float, ident: str
) -> float:
    """Everything above the series; answers where it ends."""
    windows = lanes.rows_of(picture.windows, axis, layout)
    title = "Windows" if layout.narrow else "Onset windows"
    body += lanes.spans(title, windows, axis, layout, top, "window")
    top += len(windows) * lanes.SCRIPT + (6 if windows else 0)
    for lane in picture.lanes:
        body += lanes.lane(lane, axis, layout, top, f"{ident}-hatch")
        top += layout.lane + (4 if layout.sheet else 6)
    causes = lanes.rows_of(picture.attributed, axis, layout)
    body += lanes.spans("Other cause", causes, axis, layout, top + 2, "cause")
    top += len(causes) * lanes.SCRIPT + (8 if causes else 0)
    for drug in dict.fromkeys(dose.drug for dose in picture.doses):
        given = [dose for dose in picture.doses if dose.drug == drug]
        body += lanes.doses(drug, given, picture, axis, layout, top)
        top += layout.row
    return top + (8 if layout.sheet else 12)


def _axis(
    picture: Picture, axis: Axis, layout: Layout, first: float, bottom: float
) -> Iterator[str]:
    """Days and hours above and below; the infusion as a heavy line, now as a dotted one."""
    upper, lower = first - 4, bottom - 2
    yield '<g aria-hidden="true">'
    taken = {True: -99.0, False: -99.0}
    ticks = list(axis.ticks())
    for style_of in ("rule", "midnight"):
        lines = [t.x for t in ticks if (t.strong and bool(t.under)) == (style_of == "midnight")]
        if lines:
            drawn = "".join(f"M{x:.1f} {upper:g}V{lower:g}" for x in lines)
            yield f'<path d="{drawn}" class="{style_of}"/>'
    for tick in ticks:
        strong = tick.strong
        wide = wording.width(tick.under or tick.label, 11)
        x = min(tick.x, layout.width - wide / 2)
        if x - taken[strong] < wide * 0.95:
            continue
        taken[strong] = x
        of = "day strong" if strong else "day"
        yield f'<text x="{x:.1f}" y="{first - 9:g}" class="{of}">{tick.label}</text>'
        yield f'<text x="{x:.1f}" y="{bottom + 11:g}" class="{of}">{tick.label}</text>'
        if tick.under:
            yield f'<text x="{x:.1f}" y="{first - 22:g}" class="day">{tick.under}</text>'
            yield f'<text x="{x:.1f}" y="{bottom + 24:g}" class="day">{tick.under}</text>'
    yield "</g>"
    if picture.infused_at is not None and picture.start <= picture.infused_at <= picture.end:
        x = axis.x(picture.infused_at)
        midnight = picture.infused_at.astimezone(picture.zone).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        if picture.seconds > HOURLY_S and midnight < picture.start:
            # The midnight before it lies outside: the infusion stands for day 0.
            yield f'<text x="{x:.1f}" y="{first - 9:g}" class="day strong">D0</text>'
            yield f'<text x="{x:.1f}" y="{bottom + 11:g}" class="day strong">D0</text>'
        words = wording.safe(f"Infusion, {picture.when(picture.infused_at)}")
        yield (
            f'<g><title>{words}</title><path d="M{x:.1f} {lower:g}V{upper:g}l-4-5h8l-4 5" '
            'class="zero"/></g>'
        )
    if picture.now is not None and picture.start <= picture.now <= picture.end:
        x = axis.x(picture.now)
        words = wording.safe(f"Now, {picture.when(picture.now)}")
        yield f'<g><title>{words}</title><path d="M{x:.1f} {upper:g}V{lower:g}" class="now"/>'
        yield f'<text x="{x - 3:.1f}" y="{bottom - 1:g}" class="means halo">now</text></g>'
