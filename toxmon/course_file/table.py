"""A record's grades over time: worked out, as a table for a terminal, and as JSON."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from toxmon.course_record import Record
from toxmon.grading.course import Step
from toxmon.grading.episode import Episode
from toxmon.grading.grade import Grade
from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.grading.whole_course import whole_course
from toxmon.protocol import load_protocols

Steps = Mapping[str, Sequence[Step]]
"""By scale, the answer at each change."""

HEADS = ("when", "day", "scale", "grade", "because", "missing")
SPACE = 2
NARROWEST = 20
HIGHEST_UNLESS_DEAD = 4


def graded(record: Record, policy: Policy, target: str = "") -> dict[str, list[Step]]:
    """The course of each scale up to the last fact: after it nothing is known.

    A record without an infusion is graded from its first fact. `target` is that of the product.
    """
    treatment = Treatment(
        infused_at=record.infused_at or record.facts[0].effective_at,
        born=record.born,
        zone=record.zone,
    )
    return whole_course(record.facts, treatment, record.facts[-1].effective_at, policy, target)


def steps(record: Record, policy: Policy | None = None) -> dict[str, list[Step]]:
    """The same under the shipped policy, where no other is given."""
    protocols = load_protocols(None)
    product = protocols.products.get(record.product or "")
    return graded(
        record, policy or protocols.policies["default"].policy, product.target if product else ""
    )


def table(record: Record, steps: Steps, width: int | None = None) -> str:
    """The grades over time, fitted to `width` columns, then the peak and episodes of each scale.

    `width` None takes the terminal's.
    """
    width = width or shutil.get_terminal_size((100, 24)).columns
    rows = [_row(record, step) for step in _in_order(steps)]
    lines = [*_heading(record), ""]
    lines += _aligned(rows, width)
    lines += ["", *_summary(record, steps)]
    for one in record.aside:
        lines.append(f"Not graded: line {one.line}, {one.kind}: {one.why}")
    return "\n".join(lines)


def as_json(record: Record, steps: Steps) -> dict[str, Any]:
    """The same as plain data. Instants are UTC; facts are named by their lines."""
    return {
        "record": record.name,
        "treatment": {
            "product": record.product,
            "infused_at": _instant(record.infused_at),
        },
        "facts": len(record.facts),
        "not_graded": [
            {"line": one.line, "at": _instant(one.at), "kind": one.kind, "detail": one.why}
            for one in record.aside
        ],
        "scales": {
            scale: {
                "peak": max((step.grade.low for step in taken), default=None),
                "episodes": [_episode(one) for one in episodes(taken)],
                "steps": [
                    {"at": _instant(step.at), "day": record.day(step.at), **_grade(step)}
                    for step in taken
                ],
            }
            for scale, taken in steps.items()
        },
    }


def in_short(grade: Grade) -> str:
    """A grade in the width of a column: "2", "2-3", "at least 3", or that nothing is certain."""
    if grade.low == grade.high:
        return str(grade.low)
    if grade.high < HIGHEST_UNLESS_DEAD:
        return f"{grade.low}-{grade.high}"
    return f"at least {grade.low}" if grade.low else "not known"


def episodes(steps: Iterable[Step]) -> list[Episode]:
    """Each episode as it was last seen, in order."""
    last = {step.episode.number: step.episode for step in steps if step.episode is not None}
    return [last[number] for number in sorted(last)]


def _in_order(steps: Steps) -> Iterator[Step]:
    """All scales by time, leaving out steps in which nothing that is printed changes."""
    printed: dict[str, tuple[object, ...]] = {}
    for step in sorted((s for taken in steps.values() for s in taken), key=lambda s: s.at):
        shown = (step.grade.low, step.grade.high, _because(step.grade), _missing(step.grade))
        if printed.get(step.scale) != shown:
            printed[step.scale] = shown
            yield step


def _row(record: Record, step: Step) -> tuple[str, ...]:
    day = record.day(step.at)
    return (
        _local(step.at, record.zone),
        "" if day is None else str(day),
        step.scale.upper(),
        in_short(step.grade),
        _because(step.grade),
        _missing(step.grade),
    )


def _because(grade: Grade) -> str:
    return "; ".join(reason.text for reason in grade.because)


def _missing(grade: Grade) -> str:
    """What would narrow the grade; a finding that was known once is named as too old."""
    old = {stale.finding for stale in grade.stale}
    if any(finding.startswith("ice_") for finding in old):
        old.add("ice_score")
    return ", ".join(f"{name} (too old)" if name in old else name for name in grade.missing)


def _heading(record: Record) -> Iterator[str]:
    if record.infused_at is None:
        yield f"{record.name}: {len(record.facts)} facts, no infusion"
        return
    infused = _local(record.infused_at, record.zone)
    yield f"{record.name}: {len(record.facts)} facts, {record.product} on {infused}"


def _summary(record: Record, steps: Steps) -> Iterator[str]:
    for scale, taken in steps.items():
        known = episodes(taken)
        if not known:
            unknown = any(step.grade.high > 0 for step in taken)
            never = "never certainly above 0" if unknown else "0 throughout"
            yield f"{scale.upper()}: {never}"
        for one in known:
            began = _moment(record, one.onset_at)
            ended = f"to {_moment(record, one.ended_at)}" if one.ended_at else "and still open"
            peak = f"peak grade {one.peak} at {_moment(record, one.peak_at)}"
            yield f"{scale.upper()} episode {one.number}: from {began} {ended}, {peak}"


def _moment(record: Record, at: datetime) -> str:
    day = record.day(at)
    return _local(at, record.zone) + ("" if day is None else f" (day {day})")


def _aligned(rows: list[tuple[str, ...]], width: int) -> Iterator[str]:
    """Columns as wide as their longest cell; the last two share what is left and are wrapped."""
    if not rows:
        yield "No grade: there is no fact after the infusion."
        return
    fixed = [max(len(row[i]) for row in (HEADS, *rows)) for i in range(4)]
    left = max(2 * NARROWEST + SPACE, width - sum(fixed) - SPACE * len(fixed))
    missing = max(len(row[5]) for row in (HEADS, *rows))
    missing = min(missing, max(NARROWEST, left // 3))
    because = min(max(len(row[4]) for row in (HEADS, *rows)), left - SPACE - missing)
    widths = (*fixed, because, missing)
    yield from _wrapped(HEADS, widths)
    yield (" " * SPACE).join("-" * one for one in widths)
    for row in rows:
        yield from _wrapped(row, widths)


def _wrapped(row: tuple[str, ...], widths: tuple[int, ...]) -> Iterator[str]:
    cells = [textwrap.wrap(cell, wide) or [""] for cell, wide in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        parts = (
            (lines[number] if number < len(lines) else "").ljust(wide)
            for lines, wide in zip(cells, widths, strict=True)
        )
        yield (" " * SPACE).join(parts).rstrip()


def _grade(step: Step) -> dict[str, Any]:
    grade = step.grade
    return {
        "low": grade.low,
        "high": grade.high,
        "value": grade.value,
        "edition": grade.edition,
        "because": [
            {
                "rule": reason.rule,
                "text": reason.text,
                "facts": list(reason.facts),
                "source": reason.source,
            }
            for reason in grade.because
        ],
        "missing": list(grade.missing),
        "stale": [
            {"finding": one.finding, "since": _instant(one.since), "fact": one.fact}
            for one in grade.stale
        ],
        "warnings": list(grade.warnings),
        "cause": list(step.cause),
    }


def _episode(one: Episode) -> dict[str, Any]:
    return {
        "number": one.number,
        "onset_at": _instant(one.onset_at),
        "peak": one.peak,
        "peak_at": _instant(one.peak_at),
        "ended_at": _instant(one.ended_at),
    }


def _local(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%d-%b-%Y %H:%M}"


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
