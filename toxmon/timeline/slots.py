"""When a line of the chart is due: instants in order, from the first one that is not met.

Lines below a day count elapsed time. Whole days and single days are days of the site, due at the
hour of the alarm policy (decisions 0064, 0066).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.timeline.days import Days
from toxmon.timeline.lines import Line


@dataclass(frozen=True, slots=True)
class Tight:
    """A shorter interval that holds since `at` because a grade asks for it."""

    every: timedelta
    at: datetime


def rolling(
    line: Line, met_at: datetime | None, floor: datetime | None, tight: Tight | None
) -> Iterator[tuple[datetime, datetime]]:
    """`every` after the last complete set, else after the line's start, and so on.

    A shorter interval asks no sooner than the instant from which it holds, and never puts off
    what was due before. `floor`: since when it is asked for so often again (a return to hospital).
    """
    assert line.every is not None
    last = line.start if met_at is None or met_at < line.start else met_at
    step = line.every
    due = last + step
    if floor is not None and due < floor:
        due = floor
    while True:
        if tight is not None and due >= tight.at:
            step = tight.every
            due = max(last + step, tight.at)
            tight = None
        yield due, due
        last, due = due, due + step


def by_days(line: Line, met_at: datetime | None, days: Days) -> Iterator[tuple[datetime, datetime]]:
    """(due, from when a fact counts for it) of each slot after the one that was met.

    A slot is met by facts since the end of the slot before, up to the end of its own day. The
    first one has none before it: it is met from as many days before as its grace has.
    """
    step = line.step or 1
    day = line.first_day
    opens = day - min(step - 1, line.grace.days)
    if met_at is not None:
        met = days.day(met_at)
        if met >= opens:
            day += (max(0, -((day - met) // step)) + 1) * step
            opens = day - step + 1
    while line.last_day is None or day <= line.last_day:
        yield max(days.due(day), line.start), days.begins(opens)
        day += step
        opens = day - step + 1


def on_days(line: Line, met_at: datetime | None, days: Days) -> Iterator[tuple[datetime, datetime]]:
    """(due, from when a fact counts for it) of the single days that are still open.

    A day is met from `grace` before its hour on; done after its grace it is late, and done all the
    same. Until then it stays open.
    """
    opens = [days.due(day) - line.grace for day in line.on]
    for place, day in enumerate(line.on):
        if met_at is not None and met_at >= opens[place]:
            continue
        yield max(days.due(day), line.start), opens[place]
