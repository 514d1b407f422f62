"""The same data as a table: a row for each parameter, a column for each time, the newest last.

Everything that the drawing shows stands here in words: grades where they change, doses, readings,
what was corrected with what it was before, and what nobody has confirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from toxmon.drawing import wording
from toxmon.drawing.forms import FORMS, PAIRED
from toxmon.drawing.readings import ICE, ICE_KINDS
from toxmon.drawing.record import Reading, Seen
from toxmon.grading.facts import Value
from toxmon.grading.kinds import KINDS
from toxmon.timeline import words as told

GRADE, DOSE, READING = "grade", "dose", "reading"


@dataclass(frozen=True, slots=True)
class Words:
    """What stands between the data, in the language of the page."""

    parameter: str = "Parameter"
    corrected: str = "corrected"
    retracted: str = "taken back"
    doubtful: str = "not confirmed"


@dataclass(slots=True)
class Line:
    """One parameter. `near` is how many minutes a reading stands for.

    `held` are stretches of one grade: it stands also at times at which it did not change.
    """

    sort: str
    title: str
    unit: str
    cells: dict[datetime, list[str]] = field(default_factory=dict)
    near: int = 0
    held: list[tuple[datetime, datetime, str]] = field(default_factory=list)

    def put(self, at: datetime, cell: str) -> None:
        """Write something at a time, beside what stands there already."""
        self.cells.setdefault(at, []).append(cell)

    def written(self, times: Sequence[datetime]) -> Iterator[str]:
        """The cells of the row, in the order of the columns."""
        place = 0
        for at in times:
            cells = self.cells.get(at)
            if cells:
                yield "; ".join(cells)
                continue
            while place < len(self.held) and self.held[place][1] < at:
                place += 1
            held = place < len(self.held) and self.held[place][0] <= at
            yield wording.safe(self.held[place][2]) if held else ""


def lines(seen: Seen, words: Words) -> list[Line]:
    """Every parameter of the stretch that has anything in it."""
    found = [*_grades(seen), *_doses(seen)]
    kinds = [kind for track in seen.tracks for kind in (track, PAIRED.get(track)) if kind]
    others = [kind for kind in seen.by_kind if KINDS[kind].form != "number"]
    for kind in dict.fromkeys((*kinds, *sorted(others))):
        line = _readings(seen, kind, words)
        if line.cells or kind in kinds:
            found.append(line)
    return found


def html(seen: Seen, words: Words | None = None) -> str:
    """The whole table; the page says what it is and lets it scroll."""
    words = words or Words()
    every = lines(seen, words)
    times = sorted({at for line in every for at in line.cells})
    return "".join(_written(seen, every, times, words))


def _grades(seen: Seen) -> Iterator[Line]:
    for lane in seen.lanes():
        line = Line(GRADE, lane.title, "grade")
        for segment in lane.segments:
            label = wording.digit(segment.low, segment.high, segment.unknown)
            line.held.append((max(segment.start, seen.course.from_at), segment.end, label))
            if segment.start < seen.course.from_at:
                continue
            shown = wording.safe(label)
            if segment.href:
                shown = f'<a href="{wording.safe(segment.href)}">{shown}</a>'
            line.put(segment.start, shown)
        yield line


def _doses(seen: Seen) -> Iterator[Line]:
    found: dict[str, Line] = {}
    for dose in seen.doses:
        line = found.setdefault(dose.drug, Line(DOSE, dose.drug.replace("_", " ").capitalize(), ""))
        said = dose.words.removeprefix(dose.drug.replace("_", " ")).strip() or "given"
        shown = wording.safe(said)
        line.put(
            dose.at, f'<a href="{wording.safe(dose.href)}">{shown}</a>' if dose.href else shown
        )
    yield from found.values()


def _readings(seen: Seen, kind: str, words: Words) -> Line:
    known = KINDS[kind]
    form = FORMS.get(kind)
    title = known.title if form is None else form.title
    if kind in PAIRED:
        title = known.title
    unit = told.UNITS.get(known.unit or "", known.unit or "") if form is None else form.unit
    line = Line(READING, title, unit, near=66 if form and form.gap.days < 1 else 720)
    every = seen.by_kind.get(kind, ())
    by_id = {each.id: each for each in every}
    for each in every:
        if each.at < seen.course.from_at or each.value is None:
            continue
        line.put(each.at, _cell(each, by_id, seen, words))
    if kind == ICE and (ICE_KINDS - {ICE}) & seen.by_kind.keys():
        for at, total in seen.standing(ICE):
            if at >= seen.course.from_at and at not in line.cells:
                line.put(at, wording.number(total))
    return line


@lru_cache(maxsize=8_192)
def _said(value: Value) -> str:
    return wording.safe(told.number(value))


def _cell(each: Reading, by_id: dict[str, Reading], seen: Seen, words: Words) -> str:
    shown = _said(each.value)
    if each.replaced_by is not None:
        href = seen.links.fact(each.id)
        struck = f"<s>{shown}</s>"
        after = by_id.get(each.replaced_by)
        gone = words.retracted if after is None or after.value is None else words.corrected
        said = f'<span class="unseen"> {gone}</span>'
        return f'<a href="{wording.safe(href)}">{struck}{said}</a>' if href else struck + said
    if each.status == "quarantined":
        return f"{shown} <small>{words.doubtful}</small>"
    return shown


def _written(
    seen: Seen, every: Sequence[Line], times: Sequence[datetime], words: Words
) -> Iterator[str]:
    start = seen.course.from_at
    yield f'<table class="course"><thead><tr><th scope="col">{words.parameter}'
    day = None
    for at in times:
        local = at.astimezone(seen.zone).date()
        dated = f"{seen.day(at)}<br>" if local != day else ""
        day = local
        minutes = round((at - start).total_seconds() / 60)
        yield f'<th scope="col" data-m="{minutes}">{dated}{wording.clock(at, seen.zone)}'
    yield "<tbody>"
    for line in every:
        unit = f" <small>{wording.safe(line.unit)}</small>" if line.unit else ""
        more = f' data-near="{line.near}"' if line.near else ""
        yield f'<tr data-sort="{line.sort}"{more}><th scope="row">{wording.safe(line.title)}{unit}'
        yield "<td>" + "<td>".join(line.written(times)) if times else ""
    yield "</table>"
