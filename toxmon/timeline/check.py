"""One line of the chart as it stands now: due, late, overdue, paused; by which facts it was met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from toxmon.protocol.citation import Citation
from toxmon.timeline.days import Days
from toxmon.timeline.known import Pause
from toxmon.timeline.lines import Line
from toxmon.timeline.seen import Seen
from toxmon.timeline.slots import Tight, by_days, on_days, rolling

NEXT, DUE, LATE, OVERDUE = "next", "due", "late", "overdue"
PAUSED, MET, ENDED = "paused", "met", "ended"
STATES = (NEXT, DUE, LATE, OVERDUE, PAUSED, MET, ENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the chart as it stands now.

    `due_at` is the first slot that is not met, and `overdue_at` that with its grace; None when
    nothing more will be due. `missed` are the slots whose grace has passed. `have` and `missing`
    are the kinds of that slot which were charted for it and which were not; both are empty while
    it is not due and nothing of it is there. `changes_at` is the next instant at which time alone
    changes any of this.
    """

    what: str
    state: str
    due_at: datetime | None
    overdue_at: datetime | None
    every: timedelta | None
    grace: timedelta
    kinds: tuple[tuple[str, ...], ...]
    met_at: datetime | None
    met_by: tuple[str, ...]
    have: tuple[str, ...]
    missing: tuple[str, ...]
    missed: tuple[datetime, ...]
    paused_until: datetime | None
    because: str | None
    day_based: bool
    source: Citation
    changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """How a line is asked for at this moment: its grace, what tightened it, since when, and why."""

    line: Line
    grace: timedelta
    tight: Tight | None = None
    floor: datetime | None = None
    because: str | None = None
    source: Citation | None = None


def check(
    asked: Asked,
    seen: Seen,
    pauses: tuple[Pause, ...],
    days: Days,
    now: datetime,
    due_soon: timedelta,
) -> Check:
    """The check of a line at `now`. `pauses` are those that hold for it."""
    line, grace = asked.line, asked.grace
    met_at, met_by = _met(line, seen)
    every = asked.tight.every if asked.tight is not None else line.every
    slots = _slots(asked, met_at, days)
    first = next(slots, None)
    missed: tuple[datetime, ...] = ()
    due: datetime | None = None
    paused: datetime | None = None
    # A line whose last slot is met is over with its last day.
    end = line.end if first is None else line.end_unmet
    if first is not None:
        due = first[0]
        if pauses:
            rest: Iterator[datetime] = (each for each, _ in slots)
            due, rest = _after_pauses(due, rest, pauses, line, every, days, now)
            paused = _paused_until(pauses, now)
            if due + grace <= now:
                missed, due = _walk(chain((due,), rest), grace, now)
        elif due + grace <= now:
            missed, due = _walk(chain((due,), (each for each, _ in slots)), grace, now)
    over = end is not None and now >= end
    if over or (not missed and due is not None and end is not None and due >= end):
        # What would be due after the end of the line is not asked for.
        missed, due = (), None
    have: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    due_at = missed[0] if missed else due
    if due_at is None:
        state = ENDED if over or met_at is None else MET
    else:
        state = _state(due_at, due_at + grace, paused, now, due_soon)
        assert first is not None
        counts = first[1] if line.every is None or line.step else due_at - (every or grace) / 2
        have, missing = _of_slot(line, seen, counts)
        if not have and state in (NEXT, PAUSED):
            missing = ()
    return Check(
        what=line.what,
        state=state,
        due_at=due_at,
        overdue_at=None if due_at is None else due_at + grace,
        every=every,
        grace=grace,
        kinds=line.sets,
        met_at=met_at,
        met_by=met_by,
        have=have,
        missing=missing,
        missed=missed,
        paused_until=None if over else paused,
        because=asked.because or line.because,
        day_based=line.every is None or line.step is not None,
        source=asked.source or line.source,
        changes_at=None if over else _changes(due, grace, due_soon, end, pauses, now),
    )


def _met(line: Line, seen: Seen) -> tuple[datetime | None, tuple[str, ...]]:
    """When all of one set was last complete, and by which facts; the best set counts."""
    best: datetime | None = None
    by: list[str] = []
    readings = seen.readings
    for kinds in line.sets:
        at: datetime | None = None
        facts: list[str] = []
        for kind in kinds:
            known = readings.get(kind)
            if not known:
                break
            newest = known[-1]
            facts.append(newest.fact)
            if at is None or newest.at < at:
                at = newest.at
        else:
            if at is not None and (best is None or at > best):
                best, by = at, facts
    return best, tuple(dict.fromkeys(by))


def _of_slot(line: Line, seen: Seen, since: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The kinds that were charted since then and those that were not, of the fullest set."""
    best: tuple[str, ...] = ()
    of = line.sets[0]
    readings = seen.readings
    for kinds in line.sets:
        have = tuple(
            kind for kind in kinds if (known := readings.get(kind)) and known[-1].at >= since
        )
        if len(have) * len(of) > len(best) * len(kinds):
            best, of = have, kinds
    return best, tuple(kind for kind in of if kind not in best)


def _slots(
    asked: Asked, met_at: datetime | None, days: Days
) -> Iterator[tuple[datetime, datetime]]:
    """(due, from when a fact counts for it), from the first slot that is not met."""
    line = asked.line
    if line.every is None:
        return on_days(line, met_at, days)
    if line.step is not None:
        return by_days(line, met_at, days)
    return rolling(line, met_at, asked.floor, asked.tight)


def _after_pauses(
    due: datetime,
    rest: Iterator[datetime],
    pauses: tuple[Pause, ...],
    line: Line,
    every: timedelta | None,
    days: Days,
    now: datetime,
) -> tuple[datetime, Iterator[datetime]]:
    """The first slot and those after it, where a pause that has begun puts them off.

    What would have been due before the end of the pause is due at its end, and nothing was missed
    (decision 0067). In whole days it is not due twice on the day on which the pause ends.
    """
    ends = [each.until_at for each in pauses if each.from_at <= now and each.until_at > due]
    if not ends:
        return due, rest
    again = max(ends)
    if line.every is not None and line.step is None:
        assert every is not None
        return again, _count(again, every)
    later = (each for each in rest if each > again)
    following = next(later, None)
    if following is None:
        return again, iter(())
    if days.day(following) == days.day(again):
        return following, later
    return again, chain((following,), later)


def _count(start: datetime, every: timedelta) -> Iterator[datetime]:
    while True:
        start += every
        yield start


def _walk(
    slots: Iterator[datetime], grace: timedelta, now: datetime
) -> tuple[tuple[datetime, ...], datetime | None]:
    missed: list[datetime] = []
    for due in slots:
        if due + grace > now:
            return tuple(missed), due
        missed.append(due)
    return tuple(missed), None


def _paused_until(pauses: tuple[Pause, ...], now: datetime) -> datetime | None:
    ends = [each.until_at for each in pauses if each.from_at <= now < each.until_at]
    return max(ends, default=None)


def _state(
    due: datetime, overdue: datetime, paused: datetime | None, now: datetime, due_soon: timedelta
) -> str:
    if paused is not None:
        return PAUSED
    if now >= overdue:
        return OVERDUE
    if now >= due:
        return LATE
    return DUE if now >= due - due_soon else NEXT


def _changes(
    due: datetime | None,
    grace: timedelta,
    due_soon: timedelta,
    end: datetime | None,
    pauses: tuple[Pause, ...],
    now: datetime,
) -> datetime | None:
    """The first of all instants after `now` at which something of the check changes."""
    at: datetime | None = None
    if due is not None:
        at = due + grace  # The slot is missed, and `now` lies before that.
        if due > now:
            at = due
            if due - due_soon > now:
                at = due - due_soon
    if end is not None and end > now and (at is None or end < at):
        at = end
    for pause in pauses:
        for edge in (pause.from_at, pause.until_at):
            if edge > now and (at is None or edge < at):
                at = edge
    return at
