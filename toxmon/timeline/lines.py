"""The lines of a treatment's chart: what of a plan stands still until the protocol changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms, Outpatient
from toxmon.protocol.citation import Citation
from toxmon.protocol.product import Cadence, Product, Watch
from toxmon.timeline.days import Days
from toxmon.timeline.doses import moved, moved_days
from toxmon.timeline.known import Dose

DAY = timedelta(days=1)
LATE_FROM_DAY = 31
"""Lines that begin on this day or later go on for a treatment that has a newer one."""
OUTPATIENT_GRACE = timedelta(hours=12)
"""The grace of a line that an alarm policy does not name for out-patients (decision 0065)."""
MOST_KEPT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the chart with its days as instants; `end` is the first instant after it.

    `end_unmet` is its end while its last slot is not met: one in whole days stays until it was
    overdue for a day.

    Either `every` counts elapsed time from the last complete set (`step` None), or `step` counts
    site days from `first_day`, or `on` lists single days.
    """

    what: str
    sets: tuple[tuple[str, ...], ...]
    kinds: frozenset[str]
    start: datetime
    end: datetime | None
    end_unmet: datetime | None
    first_day: int
    last_day: int | None
    every: timedelta | None
    step: int | None
    on: tuple[int, ...]
    grace: timedelta
    source: Citation
    because: str | None = None
    tightens: tuple[Cadence, ...] = ()
    at_home: Outpatient | None = None


def _kinds(sets: tuple[tuple[str, ...], ...]) -> frozenset[str]:
    return frozenset(kind for kinds in sets for kind in kinds)


class Book:
    """The lines of one treatment as its product, its days and its doses make them.

    `asked` is the plan's: how each line is asked for in the settings that it was asked in. It can
    be lost at any time.
    """

    __slots__ = (
        "_at_home", "alarms", "asked", "cadences", "days", "lines", "product",
    )  # fmt: skip

    def __init__(
        self, product: Product, treatment: Treatment, alarms: Alarms, doses: tuple[Dose, ...],
        older: bool,
    ) -> None:  # fmt: skip
        self.product = product
        self.alarms = alarms
        self.asked: dict[tuple[object, ...], Any] = {}
        self.days = Days(treatment, alarms.labs_due.value)
        moves = moved_days(product, self.days, doses)
        watches = [watch for watch in product.watches if not older or _late(watch)]
        self._at_home = {each.what: each for each in alarms.outpatient}
        self.cadences = () if older else product.cadences
        self.lines = tuple(self._line(watch, moves) for watch in watches)

    def _line(self, watch: Watch, moves: Mapping[int, int]) -> Line:
        sets = (watch.kinds, *watch.or_kinds)
        on = tuple(sorted({moved(day, moves) for day in watch.on}))
        first = on[0] if on else moved(watch.first_day or 0, moves)
        last = None if on or watch.last_day is None else moved(watch.last_day, moves)
        every = None if on else watch.every
        whole = every is not None and not every % DAY
        tightens = tuple(
            cadence
            for cadence in self.cadences
            if cadence.what == watch.what or _covers(cadence, sets)
        )
        start = max(self.days.begins(first), self.days.treatment.infused_at)
        step = every // DAY if whole and every is not None else None
        return Line(
            what=watch.what,
            sets=sets,
            kinds=_kinds(sets),
            start=start,
            end=None if last is None else self.days.begins(last + 1),
            end_unmet=_end_unmet(self.days, start, first, last, step, watch.grace),
            first_day=first,
            last_day=last,
            every=every,
            step=step,
            on=on,
            grace=watch.grace,
            source=watch.citation,
            tightens=tightens,
            at_home=self._at_home.get(watch.what),
        )


_BOOKS: dict[tuple[object, ...], Book] = {}


def book(
    product: Product, treatment: Treatment, alarms: Alarms, doses: tuple[Dose, ...], older: bool
) -> Book:
    """The lines of a treatment; made once, for a ward asks for the same ones all day.

    Products and policies are known by identity: they are loaded once and never changed.
    """
    given = tuple(dose.at for dose in doses)
    key = (id(product), id(alarms), treatment.infused_at, treatment.zone, given, older)
    known = _BOOKS.get(key)
    # The book holds its product and policy, so that an id in use cannot be another's.
    if known is None or known.product is not product or known.alarms is not alarms:
        if len(_BOOKS) >= MOST_KEPT:
            _BOOKS.clear()
        known = _BOOKS[key] = Book(product, treatment, alarms, doses, older)
    return known


def at_home(line: Line, since: datetime | None, days: Days) -> Line:
    """The line as it is asked for of an out-patient: by the policy, else once a day."""
    if line.every is None or line.every >= DAY:
        return line
    every, grace, source = DAY, OUTPATIENT_GRACE, line.source
    if line.at_home is not None:
        every, grace, source = line.at_home.every, line.at_home.grace, line.at_home.citation
    start = line.start if since is None else max(line.start, since)
    step = None if every % DAY else every // DAY
    first = line.first_day if step is None else max(line.first_day, days.day(start))
    return replace(
        line,
        start=start,
        end_unmet=_end_unmet(days, start, first, line.last_day, step, grace),
        first_day=first,
        every=every,
        step=step,
        grace=grace,
        source=source,
        because="asked for less often of an out-patient",
    )


def of_cadence(cadence: Cadence, days: Days) -> Line:
    """A line of its own for a cadence whose kinds no line of the chart covers any more."""
    sets = (cadence.kinds, *cadence.or_kinds)
    return Line(
        what=cadence.what,
        sets=sets,
        kinds=_kinds(sets),
        start=days.treatment.infused_at,
        end=None,
        end_unmet=None,
        first_day=0,
        last_day=None,
        every=cadence.every,
        step=None,
        on=(),
        grace=cadence.grace,
        source=cadence.citation,
    )


def _end_unmet(
    days: Days,
    start: datetime,
    first: int,
    last: int | None,
    step: int | None,
    grace: timedelta,
) -> datetime | None:
    if last is None:
        return None
    end = days.begins(last + 1)
    if step is None or last < first:
        return end
    overdue = max(days.due(first + (last - first) // step * step), start) + grace
    return end if overdue < end else overdue + DAY


def _late(watch: Watch) -> bool:
    """Does this line go on when there is a newer treatment?"""
    late = watch.first_day is not None and watch.first_day >= LATE_FROM_DAY
    return bool(watch.on) or late or (watch.first_day is not None and watch.last_day is None)


def _covers(cadence: Cadence, sets: tuple[tuple[str, ...], ...]) -> bool:
    """Does the cadence ask for all that the line asks for?"""
    asked = set(cadence.kinds).union(*cadence.or_kinds)
    return any(asked.issuperset(kinds) for kinds in sets)
