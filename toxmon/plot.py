"""A record and its grades as a picture: which series are drawn, between what, and the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from toxmon.course_record import Record
from toxmon.drawing import WIDTH, Band, Dose, Lane, Picture, Segment, Series, draw
from toxmon.grading.course import Step
from toxmon.grading.facts import Bounds, Fact, Value
from toxmon.grading.grade import Grade, Index
from toxmon.grading.icans import ICE_ITEMS

SERIES: Mapping[str, Series] = {
    "body_temperature": Series(
        "Temperature", "Temp", "°C", 35, 41, (36, 38, 40), (Band(38, 41, "fever: 38.0 and above"),)
    ),
    "systolic_bp": Series(
        "Systolic pressure", "SBP", "mm Hg", 60, 160, (60, 90, 120, 150),
        (Band(60, 90, "below 90"),),
    ),
    "oxygen_saturation": Series(
        "Oxygen saturation", "SpO₂", "%", 80, 100, (80, 90, 100), (Band(80, 90, "below 90"),)
    ),
    "ice_score": Series(
        "ICE score", "ICE", "of 10", 0, 10, (0, 5, 10), (Band(0, 9.5, "below 10"),), stepped=True,
        gap=timedelta(hours=30),
    ),
}  # fmt: skip
"""By kind. The bands are for reading: the grades below are worked out from the record alone."""


CAPITALS = "crs icans cres icaht t-icaht iec-hs hlh cd4 ast alt licats mskcc cartox"
WRITTEN: Mapping[str, str] = {
    **{word: word.upper() for word in CAPITALS.split()},
    **{name.lower(): name for name in ("Lee", "Penn", "Barre")},
}
"""Words of a scale's name that are not written in small letters."""


def svg(
    record: Record, steps: Mapping[str, Sequence[Step]], width: int = WIDTH, ident: str = "course"
) -> str:
    """The course as one SVG document of `width` units; `steps` by scale, as they were graded."""
    return draw(picture(record, steps), width, ident)


def picture(record: Record, steps: Mapping[str, Sequence[Step]]) -> Picture:
    """What is drawn of a record, in the order from top to bottom."""
    start, end = record.facts[0].effective_at, record.facts[-1].effective_at
    if record.infused_at is not None:
        start = min(start, record.infused_at)
    span = max(end - start, timedelta(hours=1))
    product = f", {record.product}" if record.product else ""
    return Picture(
        title=f"{record.name}{product}",
        start=start - span * 0.01,
        end=end + span * 0.02,
        zone=record.zone,
        infused_at=record.infused_at,
        series=tuple(
            replace(one, points=tuple(_points(record.facts, kind))) for kind, one in SERIES.items()
        ),
        doses=tuple(
            Dose(given.at, given.medication, f"{given.medication} {given.dose}".strip())
            for given in record.doses
        ),
        lanes=tuple(
            Lane(_name(scale), tuple(_segments(taken, end)))
            for scale, taken in steps.items()
            if _drawn(taken)
        ),
    )


def _name(scale: str) -> str:
    """A scale as it is read beside its lane: "ICAHT early", "CRS Lee 2014", "Neutropenia"."""
    first, *others = scale.replace("t_icaht", "t-icaht").replace("iec_hs", "iec-hs").split("_")
    first = WRITTEN.get(first, first.capitalize())
    return " ".join([first, *(WRITTEN.get(word, word) for word in others)])


def _points(facts: Iterable[Fact], kind: str) -> Iterable[tuple[datetime, float]]:
    """The readings of a kind; an ICE that was charted by its items is summed when all are there."""
    if kind != "ice_score":
        return [(f.effective_at, _place(f.value)) for f in facts if f.kind == kind]
    totals: dict[datetime, float] = {}
    items: dict[datetime, dict[str, float]] = {}
    for fact in facts:
        if fact.kind == kind:
            totals[fact.effective_at] = _place(fact.value)
        elif fact.kind.removeprefix("ice_") in ICE_ITEMS:
            items.setdefault(fact.effective_at, {})[fact.kind] = _place(fact.value)
    for at, known in items.items():
        if len(known) == len(ICE_ITEMS):
            totals[at] = sum(known.values())
    return sorted(totals.items())


def _place(value: Value) -> float:
    """Where a number is drawn; an interval at the end that is known."""
    if isinstance(value, Bounds):
        ends = [end for end in (value.low, value.high) if end is not None]
        return float(ends[-1]) if ends else 0.0
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is not a number and has no place on an axis")
    return float(value)


ALWAYS_DRAWN = ("crs", "icans")
HIGHEST_GRADE = 5


def _drawn(steps: Sequence[Step]) -> bool:
    """CRS and ICANS always; of the other grades those that were certainly above 0 at some time."""
    if not steps or any(_beyond(step) for step in steps):
        return False
    return steps[0].scale in ALWAYS_DRAWN or any(step.grade.low for step in steps)


def _beyond(step: Step) -> bool:
    """A score or an index has no place among grades of 0 to 5."""
    return isinstance(step.grade, Index) or step.grade.high > HIGHEST_GRADE


def _segments(steps: Sequence[Step], end: datetime) -> Iterable[Segment]:
    """Stretches of one answer: steps that change only the words of a reason are joined."""
    joined: list[Segment] = []
    for number, step in enumerate(steps):
        until = steps[number + 1].at if number + 1 < len(steps) else end
        words = "; ".join(reason.text for reason in step.grade.because)
        assert isinstance(step.grade, Grade), "an index is not drawn"
        grade = (step.grade.low, step.grade.high)
        if joined and (joined[-1].low, joined[-1].high) == grade:
            joined[-1] = replace(joined[-1], end=until)
        else:
            joined.append(Segment(step.at, until, *grade, words))
    return joined
