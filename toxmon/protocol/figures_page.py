"""Published figures as lines of a page: a row of columns, and what stands beside them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from toxmon.protocol.events import EVENTS
from toxmon.protocol.lines import Sources, wrapped
from toxmon.protocol.product import Product, Published, Rate, Times

POPULATION = 30
"""Columns for the name of a population; a longer one has a line to itself."""

CLOCK_WORDS = {"this dose": "start of that dose"}


def figures_lines(product: Product, sources: Sources) -> Iterator[str]:
    """Every figure, by event; a long name of a population stands on a line of its own."""
    for event in dict.fromkeys(each.event for each in product.published):
        yield EVENTS[event]
        yield _row("population", "n", "any", "grade >=3", "onset", "duration")
        for each in product.figures(event):
            name = ", ".join(part for part in (each.population, _dose(each)) if part)
            if len(name) > POPULATION:
                yield from wrapped(name, 2)
                name = ""
            yield _row(
                name,
                "" if each.n is None else str(each.n),
                _share(each.rate),
                _share(each.grade_3_or_more),
                _times(each.onset),
                _times(each.duration),
            )
            yield from sources.lines(each.citation, " ".join(_beside(each)), 6)


def _row(name: str, n: str, any_grade: str, severe: str, onset: str, duration: str) -> str:
    return f"  {name:<{POPULATION}} {n:>4} {any_grade:>6} {severe:>9}  {onset:<15} {duration}"


def _dose(each: Published) -> str:
    """After which dose, where the figure is of one dose."""
    if each.dose is not None:
        return each.dose
    return "" if each.dose_number is None else f"dose {each.dose_number}"


def _beside(each: Published) -> Iterator[str]:
    """What stands beside the columns: for whom, definition, clock, grades, duration, note."""
    if each.indications:
        yield f"Indication: {', '.join(each.indications)}."
    if each.definition:
        yield f"{each.definition[0].upper()}{each.definition[1:]}."
    if each.clock == "not stated":
        yield "What onset is counted from is not stated."
    elif each.clock:
        yield f"Onset is counted from the {CLOCK_WORDS.get(each.clock, each.clock)}."
    for name, rate in (
        ("1", each.grade_1),
        ("2", each.grade_2),
        ("3", each.grade_3),
        ("4", each.grade_4),
        ("5", each.grade_5),
    ):
        if rate:
            yield f"Grade {name}: {_share(rate)}."
    if each.duration_of:
        yield f"Duration: {each.duration_of}."
    if each.graded_by:
        yield f"Graded by {each.graded_by}."
    if each.note:
        yield each.note


def _share(rate: Rate | None) -> str:
    if rate is None:
        return ""
    if rate.percent_below is not None:
        return f"<{rate.percent_below}%"
    if rate.percent_range is not None:
        return f"{_range(rate.percent_range, '-')}%"
    return f"n={rate.count}" if rate.percent is None else f"{rate.percent}%"


def _range(numbers: tuple[Decimal, ...], to: str) -> str:
    low, high = numbers
    return str(low) if low == high else f"{low}{to}{high}"


def _times(times: Times | None) -> str:
    if times is None:
        return ""
    spread = times.range or times.iqr
    to = " to " if spread is not None and spread[0] < 0 else "-"
    inner = "" if spread is None else f"{spread[0]}{to}{spread[1]}"
    if times.range is None and times.iqr is not None:
        inner = f"IQR {inner}"
    unit = {"week": "wk", "month": "mo"}.get(times.unit, times.unit)
    middle = "" if times.median is None else str(times.median)
    return " ".join(part for part in (middle, unit, f"({inner})" if inner else "") if part)
