"""A second opinion on one line of the chart, minute by minute, and slow on purpose.

It shares no code with toxmon.timeline: it turns a clock from the infusion on, one minute at a
time, and keeps a list of what was asked for and was not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo

MINUTE = timedelta(minutes=1)


@dataclass
class Rolling:
    """A line in elapsed time. `read_at` are the newest instants of each of its kinds."""

    begins: datetime
    ends: datetime | None
    every: timedelta
    grace: timedelta
    read_at: list[datetime | None]
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)

    def at(self, now: datetime) -> tuple[str, tuple[datetime, ...]]:
        """(state, missed slots) at `now`, by waiting from the last complete set on."""
        if self.ends is not None and now >= self.ends:
            return "ended", ()
        known = [at for at in self.read_at if at is not None]
        complete = min(known) if len(known) == len(self.read_at) else None
        waiting_since = self.begins
        if complete is not None and complete > waiting_since:
            waiting_since = complete
        first = due = waiting_since + self.every
        put_off_to = first
        missed: list[datetime] = []
        clock = min([waiting_since, *(begin for begin, _ in self.pauses)])
        while clock <= now:
            for begin, end in self.pauses:
                # What would be asked for before its end is asked for at its end instead.
                if clock == begin and end > put_off_to:
                    put_off_to = due = end
                    missed = []
            if clock == due + self.grace:
                missed.append(due)
                due += self.every
            clock += MINUTE
        if self.ends is not None and not missed and due >= self.ends:
            return "done", ()
        if any(begin <= now < end for begin, end in self.pauses):
            return "paused", tuple(missed)
        if missed:
            return "overdue", tuple(missed)
        if now >= due:
            return "late", ()
        return ("due" if now >= due - 30 * MINUTE else "next"), ()


@dataclass
class Daily:
    """A line in days of the site. `read_on` are the dates of the newest reading of each kind."""

    first: date
    last: date
    step: int
    grace: timedelta
    hour: time
    zone: tzinfo
    infused_at: datetime
    read_on: list[date | None]

    def at(self, now: datetime) -> tuple[str, tuple[datetime, ...]]:
        """(state, missed slots) at `now`: day after day, was there a set since the slot before?"""
        open_slots: list[datetime] = []
        all_slots: list[datetime] = []
        previous: date | None = None
        day = self.first
        while day <= self.last:
            due = datetime.combine(day, self.hour, self.zone).timestamp()
            slot = datetime.fromtimestamp(max(due, self.infused_at.timestamp()), now.tzinfo)
            since = (
                day - timedelta(days=min(self.grace.days, self.step - 1))
                if previous is None
                else previous + timedelta(days=1)
            )
            # What was drawn for a later slot says that this one is past, too.
            met = all(on is not None and on >= since for on in self.read_on)
            all_slots.append(slot)
            if not met:
                open_slots.append(slot)
            previous, day = day, day + timedelta(days=self.step)
        over = datetime.combine(self.last + timedelta(days=1), time(), self.zone)
        end = over.timestamp()
        if open_slots and (all_slots[-1] + self.grace).timestamp() >= end:
            end = (all_slots[-1] + self.grace + timedelta(days=1)).timestamp()
        if now.timestamp() >= end:
            return "ended", ()
        missed = tuple(slot for slot in open_slots if slot + self.grace <= now)
        if missed:
            return "overdue", missed
        if not open_slots:
            return "done", ()
        if now >= open_slots[0]:
            return "late", ()
        return ("due" if now >= open_slots[0] - 30 * MINUTE else "next"), ()
