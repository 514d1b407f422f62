"""One measured series: its bands behind, its readings, its latest value in the label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from toxmon.drawing import wording
from toxmon.drawing.axis import Axis
from toxmon.drawing.curve import HEIGHT, Curve, Fitted, Shared
from toxmon.drawing.layout import Layout
from toxmon.drawing.picture import Picture, Series

TICK_ROOM = 11


@dataclass(frozen=True, slots=True)
class Ground:
    """What a track stands on: the picture, its axis and layout, and paths that are held for it."""

    picture: Picture
    axis: Axis
    layout: Layout
    held: Shared | None = None


def track(ground: Ground, place: int, top: float) -> Iterator[str]:
    """Track number `place` of the picture."""
    picture, layout = ground.picture, ground.layout
    series = picture.series[place]
    curve = ground.held.curves[place] if ground.held else Curve(series, picture)
    yield "<g>"
    yield from _back(series, curve, layout, top)
    yield from _label(series, picture, layout, top)
    yield from _bands(series, curve, layout, top)
    yield from _readings(curve, ground, place, top)
    yield from _marks(series, curve, ground, top)
    yield from _caption(series, curve, layout, top)
    yield "</g>"


def _back(series: Series, curve: Curve, layout: Layout, top: float) -> Iterator[str]:
    """What lies behind the readings: bands, and lines at round values."""
    a_step = layout.track / HEIGHT
    y = curve.scale.y
    for band in series.bands:
        upper, lower = top + y(band.high) * a_step, top + y(band.low) * a_step
        yield (
            f'<rect x="{layout.left}" y="{upper:.1f}" width="{layout.span}" '
            f'height="{lower - upper:.1f}" class="band"/>'
        )
    places = {tick: top + y(tick) * a_step for tick in sorted(series.ticks)}
    lines = [at for at in places.values() if top + 1 < at < top + layout.track - 1]
    if lines:
        drawn = "".join(f"M{layout.left} {at:.1f}h{layout.span}" for at in lines)
        yield f'<path d="{drawn}" class="rule"/>'
    last = None
    for tick, at in places.items():
        # A label that would run into the one before is left out; its line stays.
        if last is None or last - at >= TICK_ROOM:
            last = at
            yield (
                f'<text x="{layout.left - 5}" y="{at + 3.6:.1f}" class="tick">'
                f"{wording.thousands(tick)}</text>"
            )
    yield (
        f'<rect x="{layout.left}" y="{top}" width="{layout.span}" height="{layout.track}" '
        'class="frame"/>'
    )


def _label(series: Series, picture: Picture, layout: Layout, top: float) -> Iterator[str]:
    """Name, unit, the latest value with its age, the one before."""
    unit = f"{series.unit}{', log' if series.log else ''}"
    room = layout.left - 38
    name = series.short if layout.narrow or layout.sheet else series.title
    aged = ""
    if series.latest_at is not None and picture.now is not None:
        aged = wording.age(series.latest_at, picture.now, picture.zone)
    latest = series.latest if series.latest_at is not None else ""
    before = f"was {series.previous}" if series.previous else ""
    if layout.sheet:
        yield (
            f'<text x="4" y="{top + 11}" class="name">{wording.safe(name)}'
            f'<tspan class="soft" dx="4">{wording.safe(unit)}'
            f"{f', {wording.safe(aged)}' if latest and aged else ''}</tspan></text>"
        )
        if latest:
            yield (
                f'<text x="4" y="{top + 25}" class="name">{wording.safe(latest)}'
                f'<tspan class="soft" dx="4">{wording.safe(before)}</tspan></text>'
            )
        return
    name = wording.cut(name, room, 12.5)
    yield f'<text x="4" y="{top + 11}" class="name">{wording.safe(name)}</text>'
    yield f'<text x="4" y="{top + 24}" class="soft">{wording.safe(unit)}</text>'
    if not latest:
        return
    taken = wording.width(latest, 16) + wording.width(before, 11) + 5
    fits = not layout.narrow and taken < layout.left - 34
    beside = f'<tspan class="soft" dx="5">{wording.safe(before)}</tspan>' if fits else ""
    yield f'<text x="4" y="{top + 43}" class="value">{wording.safe(latest)}{beside}</text>'
    below = [aged] if fits else [before, aged] if layout.narrow else [f"{before}, {aged}"]
    for place, words in enumerate(each for each in below if each):
        yield f'<text x="4" y="{top + 56 + 13 * place}" class="soft">{wording.safe(words)}</text>'


def _readings(curve: Curve, ground: Ground, place: int, top: float) -> Iterator[str]:
    """Lines and dots: by reference where paths are held, else drawn here."""
    layout, held = ground.layout, ground.held
    a_minute = layout.span / (ground.picture.seconds / 60)
    a_step = layout.track / HEIGHT
    if not curve.runs and not curve.bars:
        if not curve.series.latest or ground.picture.now is None:
            words = "not measured"
        else:
            words = "not measured in this time"
        middle = layout.left + layout.span / 2
        lower = top + layout.track / 2 + 4
        yield f'<text x="{middle:.1f}" y="{lower:.1f}" class="none">{words}</text>'
        return
    stepped = curve.series.stepped
    if held is None:
        fitted = Fitted(layout.left, top, a_minute, a_step)
        line = fitted.line([curve.entry, *curve.runs], stepped)
        dots = fitted.dots(run for run in curve.runs if not curve.crowded(run, layout))
        bars = fitted.bars(curve.bars)
        yield "".join(
            f'<path d="{drawn}" class="{name}"/>'
            for drawn, name in ((bars, "bar"), (line, "line"), (dots, "dots"))
            if drawn
        )
        return
    name = f"{held.ident}-{place}"
    at = f"matrix({a_minute:.6g} 0 0 {a_step:.6g} {layout.left} {top:g})"
    used = [("b", "bar")] if curve.bars else []
    used += [("l", "line")] if any(len(run) > 1 for run in (curve.entry, *curve.runs)) else []
    used += [(f"d{flags}", "dots") for flags in held.dotted(place, layout)]
    for suffix, style in used:
        yield f'<use href="#{name}{suffix}" transform="{at}" class="{style}"/>'


def _bands(series: Series, curve: Curve, layout: Layout, top: float) -> Iterator[str]:
    """What each band means, inside it and never on a line of the scale."""
    a_step = layout.track / HEIGHT
    for band in series.bands:
        upper, lower = (top + curve.scale.y(end) * a_step for end in (band.high, band.low))
        inside = lower - upper >= 13
        if band.high >= series.high:
            at = lower - 3.5 if inside else lower + 11
        else:
            at = upper + 10.5 if inside else upper - 3.5
        yield (
            f'<text x="{layout.right - 4}" y="{at:.1f}" class="means halo">'
            f"{wording.safe(band.words)}</text>"
        )


def _marks(series: Series, curve: Curve, ground: Ground, top: float) -> Iterator[str]:
    """Values beyond the scale as arrows at its edge; corrected values in a ring."""
    layout = ground.layout
    a_minute = layout.span / (ground.picture.seconds / 60)
    arrows = []
    for x, above, _ in curve.beyond:
        at = layout.left + x * a_minute
        arrows.append(
            f"M{at:.1f} {top - 5:g}l4 7h-8z"
            if above
            else f"M{at:.1f} {top + layout.track + 5:g}l4-7h-8z"
        )
    if arrows:
        yield f'<path d="{"".join(arrows)}" class="beyond"/>'
    for mark in series.marks:
        x = layout.left + curve.x(mark.at) * a_minute
        y = top + curve.scale.y(mark.value) * layout.track / HEIGHT
        ring = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" class="ring"/>'
        yield named(mark.words, ring, mark.href)


def _caption(series: Series, curve: Curve, layout: Layout, top: float) -> Iterator[str]:
    """What the drawing does not show by itself: crowded readings, values beyond the scale."""
    said = []
    above = [value for _, up, value in curve.beyond if up]
    below = [value for _, up, value in curve.beyond if not up]
    if above:
        said.append(f"{len(above)} above the scale, up to {wording.number(max(above))}")
    if below:
        said.append(f"{len(below)} below the scale, down to {wording.number(min(below))}")
    hidden = curve.hidden(layout)
    if hidden and not layout.sheet:  # On a sheet its foot says so, once.
        said.append(f"{hidden} readings, symbols hidden, zoom to see")
    if series.note:
        said.append(series.note)
    if said:
        at = top + layout.track + (-3 if layout.sheet else 11)
        yield (
            f'<text x="{layout.left + 4}" y="{at:g}" class="caption halo">'
            f"{wording.safe(wording.cut('; '.join(said), layout.span, layout.letters))}</text>"
        )


def named(words: str, drawn: str, href: str = "") -> str:
    """Something with a name: a link where there is somewhere to go."""
    said = wording.safe(words)
    if href:
        return f'<a href="{wording.safe(href)}"><title>{said}</title>{drawn}</a>'
    return f"<g><title>{said}</title>{drawn}</g>"
