"""The line of the chart that is there only while steroids are given: glucose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from toxmon.dosing.steroids import Days as SteroidDays
from toxmon.protocol.alarms import Alarms, SteroidWatch
from toxmon.timeline.check import ENDED, NEXT, Asked, Check
from toxmon.timeline.days import Days
from toxmon.timeline.known import Known
from toxmon.timeline.lines import Line, at_home
from toxmon.timeline.words import span

GLUCOSE, RULE = "glucose on steroids", "steroid:glucose"
"""The line as it is called, and the rule of its alarm."""
KIND = "glucose"


def begun(known: Known, now: datetime) -> SteroidDays:
    """The days with steroids that have begun by `now`."""
    days = known.steroids
    if not days or days[-1].first_at <= now:
        return days
    return tuple(day for day in days if day.first_at <= now)


def on_since(known: Known, within: timedelta, now: datetime) -> datetime | None:
    """Since when steroids are given without a gap of `within`; None if the last was so long ago.

    Exactly so long ago is over.
    """
    days = begun(known, now)
    if not days or now >= days[-1].last_at + within:
        return None
    since = days[-1].first_at
    for day in reversed(days[:-1]):
        if since - day.last_at >= within:
            break
        since = day.first_at
    return since


def glucose_line(
    known: Known,
    alarms: Alarms,
    days: Days,
    now: datetime,
    outpatient: bool,
    settled: datetime | None,
) -> Asked | None:
    """How glucose is asked for now; None while no steroid is given.

    Of an out-patient it is asked for as any other line is: by the policy, else once a day.
    """
    watch = alarms.steroid_watch(RULE) if known.steroids else None
    if watch is None or watch.every is None or watch.grace is None:
        return None
    since = on_since(known, watch.within, now)
    if since is None:
        return None
    line = _line(watch, watch.every, watch.grace, since, alarms, days)
    if outpatient:
        line = at_home(line, settled, days)
        return Asked(line=line, grace=line.grace)
    return Asked(line=line, grace=line.grace, floor=settled)


def _line(
    watch: SteroidWatch,
    every: timedelta,
    grace: timedelta,
    since: datetime,
    alarms: Alarms,
    days: Days,
) -> Line:
    return Line(
        what=GLUCOSE,
        sets=((KIND,),),
        kinds=frozenset({KIND}),
        start=since,
        end=None,
        end_unmet=None,
        first_day=days.day(since),
        last_day=None,
        every=every,
        step=None,
        on=(),
        grace=grace,
        source=watch.citation,
        because=f"every {span(every)} while steroids are given",
        at_home=next((each for each in alarms.outpatient if each.what == GLUCOSE), None),
    )


def asked_already(checks: Iterable[Check], asked: Asked) -> bool:
    """Does a line of the chart that has begun ask for glucose at least as often?"""
    every = asked.line.every
    return every is not None and any(
        each.every is not None
        and each.every <= every
        and each.state != ENDED
        and (each.met_at is not None or each.state != NEXT)
        and any(KIND in kinds for kinds in each.kinds)
        for each in checks
    )


def changes(known: Known, alarms: Alarms, now: datetime) -> Iterator[datetime]:
    """The instants at which the line comes or goes by time alone."""
    watch = alarms.steroid_watch(RULE) if known.steroids else None
    if watch is None:
        return
    for day in from_now(known, now):
        yield day.first_at
        yield day.last_at + watch.within


def from_now(known: Known, now: datetime) -> SteroidDays:
    """The newest day with steroids that has begun, and those that are to come."""
    begun_already = len(begun(known, now))
    return known.steroids[max(begun_already - 1, 0) :]
