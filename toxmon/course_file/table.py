"""A record's grades over time: worked out, as a table for a terminal, and as JSON."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from toxmon.assessment import plain
from toxmon.course_record import Record
from toxmon.grading.course import Step
from toxmon.grading.episode import Episode
from toxmon.grading.grade import Grade, Index
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
HIGHEST_GRADE = 5
MOST_MISSING = 3
WATCHED_CLOSELY = ("crs", "icans", "iec_hs", "icaht_early", "icaht_late")
"""Of the others the rows in which nothing was known any more are left out."""
IN_EVERY_WORD = ("crs", "icans")
"""Scales of which each change is printed; of the others only where the answer itself changes."""


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
                "peak": plain(max((step.grade.low or 0 for step in taken), default=None)),
                "episodes": [_episode(one) for one in episodes(taken)],
                "steps": [
                    {"at": _instant(step.at), "day": record.day(step.at), **_grade(step)}
                    for step in taken
                ],
            }
            for scale, taken in steps.items()
        },
    }


def in_short(grade: Grade | Index) -> str:
    """A grade in the width of a column: "2", "2-3", "at least 3", or that nothing is certain."""
    if isinstance(grade, Index):
        return grade.says()
    if grade.low == grade.high:
        return str(grade.low)
    if grade.high < HIGHEST_UNLESS_DEAD or grade.high > HIGHEST_GRADE:
        return f"{grade.low}-{grade.high}"
    return f"at least {grade.low}" if grade.low else "not known"


def episodes(steps: Iterable[Step]) -> list[Episode]:
    """Each episode as it was last seen, in order."""
    last = {step.episode.number: step.episode for step in steps if step.episode is not None}
    return [last[number] for number in sorted(last)]


def _in_order(steps: Steps) -> Iterator[Step]:
    """All scales by time, leaving out steps in which nothing that is printed changes.

    A scale of which nothing is ever known is named below the table and not in it.
    """
    printed: dict[str, tuple[object, ...]] = {}
    told = [step for taken in steps.values() if ever_known(taken) for step in taken]
    widest = {
        scale: max((_width(step.grade) for step in taken), default=0) or -1
        for scale, taken in steps.items()
    }
    for step in sorted(told, key=lambda step: step.at):
        shown: tuple[object, ...] = (step.grade.low, step.grade.high, _suspected(step.grade))
        if step.scale not in WATCHED_CLOSELY and _width(step.grade) == widest[step.scale]:
            continue
        if step.scale in IN_EVERY_WORD:
            shown = (*shown, _because(step.grade), _missing(step.grade))
        if printed.get(step.scale) != shown:
            printed[step.scale] = shown
            yield step


def ever_known(steps: Sequence[Step]) -> bool:
    """Was anything certain at any time? CRS and ICANS are always told of."""
    if not steps:
        return False
    widest = max(_width(step.grade) for step in steps)
    return (
        steps[0].scale in IN_EVERY_WORD
        or any(_width(step.grade) < widest for step in steps)
        or (widest == 0)
    )


def _width(grade: Grade | Index) -> float:
    if grade.low is None or grade.high is None:
        return float("inf")
    return float(grade.high) - float(grade.low)


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


def _because(grade: Grade | Index) -> str:
    words = "; ".join(reason.text for reason in grade.because)
    return f"suspected; {words}" if _suspected(grade) else words


def _suspected(grade: Grade | Index) -> object:
    """Whether a syndrome that a clinician must confirm is suspected; None for the other scales."""
    return grade.more.get("suspected")


def _missing(grade: Grade | Index) -> str:
    """What would narrow the grade; a finding that was known once is named as too old."""
    old = {stale.finding for stale in grade.stale}
    if any(finding.startswith("ice_") for finding in old):
        old.add("ice_score")
    words = [f"{name} (too old)" if name in old else name for name in grade.missing]
    if len(words) > MOST_MISSING and grade.scale not in IN_EVERY_WORD:
        words = [*words[: MOST_MISSING - 1], f"and {len(words) - MOST_MISSING + 1} more"]
    return ", ".join(words)


def _heading(record: Record) -> Iterator[str]:
    if record.infused_at is None:
        yield f"{record.name}: {len(record.facts)} facts, no infusion"
        return
    infused = _local(record.infused_at, record.zone)
    yield f"{record.name}: {len(record.facts)} facts, {record.product} on {infused}"


def _summary(record: Record, steps: Steps) -> Iterator[str]:
    unknown = []
    for scale, taken in steps.items():
        if not ever_known(taken):
            unknown.append(scale)
            continue
        known = episodes(taken)
        for one in known:
            began = _moment(record, one.onset_at)
            ended = f"to {_moment(record, one.ended_at)}" if one.ended_at else "and still open"
            peak = f"peak grade {one.peak} at {_moment(record, one.peak_at)}"
            yield f"{scale.upper()} episode {one.number}: from {began} {ended}, {peak}"
        if not known:
            yield f"{scale.upper()}: {_in_a_line(record, taken)}"
    yield "Left out: rows of laboratory grades and older scales that were no longer known (--json)."
    if unknown:
        yield f"Of these nothing was ever known: {', '.join(unknown)}"


def _in_a_line(record: Record, steps: Sequence[Step]) -> str:
    """The worst that was certain and when, and what holds at the end."""
    worst = max(steps, key=lambda step: step.grade.low or 0)
    last = in_short(steps[-1].grade)
    if not worst.grade.low:
        unknown = any(step.grade.high is None or step.grade.high > 0 for step in steps)
        return f"never certainly above 0, at the end {last}" if unknown else "0 throughout"
    return f"{in_short(worst.grade)} on {_moment(record, worst.at)}, at the end {last}"


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
    cells = [
        textwrap.wrap(_divided(cell, wide), wide) or [""]
        for cell, wide in zip(row, widths, strict=True)
    ]
    for number in range(max(map(len, cells))):
        parts = (
            (lines[number] if number < len(lines) else "").ljust(wide)
            for lines, wide in zip(cells, widths, strict=True)
        )
        yield (" " * SPACE).join(parts).rstrip()


def _divided(cell: str, wide: int) -> str:
    """The cell with names that are wider than its column divided behind an underscore."""
    words = []
    for word in cell.split():
        while len(word) > wide and (cut := word.rfind("_", 0, wide) + 1):
            words.append(word[:cut])
            word = word[cut:]
        words.append(word)
    return " ".join(words)


def _grade(step: Step) -> dict[str, Any]:
    grade = step.grade
    return {
        "low": plain(grade.low),
        "high": plain(grade.high),
        "value": plain(grade.value),
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
        **plain(grade.more),
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
