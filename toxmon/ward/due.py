"""The due list: what is overdue, what is due in the next hours, which windows open and close."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, request

from toxmon.actions import NotFound, glance
from toxmon.actions.glance import Glance
from toxmon.timeline.check import DUE, LATE, NEXT, OVERDUE, Check
from toxmon.timeline.windows import WindowNow
from toxmon.ward import door, live, shown, value
from toxmon.ward.language import _

AHEAD = timedelta(hours=4)
STATES = (OVERDUE, LATE, DUE, NEXT)


@dataclass(frozen=True, slots=True)
class Entry:
    """One check of one patient, with the time that it is listed by."""

    of: Glance
    check: Check
    at: datetime

    @property
    def overdue(self) -> bool:
        """Has its grace passed?"""
        return self.check.state == OVERDUE

    @property
    def missing(self) -> str:
        """What of a set that was begun is not charted yet."""
        if not self.check.have:
            return ""
        return ", ".join(value.title(kind) for kind in self.check.missing)


@dataclass(frozen=True, slots=True)
class Edge:
    """A window of a patient that opens or closes today."""

    of: Glance
    window: WindowNow
    at: datetime
    opens: bool


@door.page("/due", *door.CLINICAL)
def due() -> Response:
    """What waits in one's wards, the longest overdue first."""
    service, actor, now = door.service(), door.actor(), shown.now()
    unit = request.args.get("unit") or None
    if unit is not None and not actor.may_see(unit):
        raise NotFound("nothing is named so")
    ward = glance.of_unit(service, actor, unit, now)
    entries = sorted(_entries(ward.watched, now), key=lambda each: (not each.overdue, each.at))
    edges = sorted(_edges(ward.watched, now), key=lambda each: each.at)
    return door.render(
        "due.html",
        frame=live.frame(),
        here="/due",
        unit=unit,
        overdue=[each for each in entries if each.overdue],
        coming=[each for each in entries if not each.overdue],
        edges=edges,
        failed=[each for each in ward.watched if each.failed],
        hours=AHEAD // timedelta(hours=1),
        may_chart=actor.role in door.CHARTING,
        reason=reason,
    )


def reason(check: Check) -> str:
    """Why it is asked for so often: the grade that asks for it, or the protocol."""
    return check.because or _("the protocol: %(source)s", source=check.source.source)


def _entries(watched: tuple[Glance, ...], now: datetime) -> Iterator[Entry]:
    for each in watched:
        for check in each.checks:
            at = check.due_at
            if check.state in STATES and at is not None and at <= now + AHEAD:
                yield Entry(each, check, at)


def _edges(watched: tuple[Glance, ...], now: datetime) -> Iterator[Edge]:
    zone = door.service().zone
    today = now.astimezone(zone).date()
    for each in watched:
        for window in each.ahead.windows if each.ahead else ():
            if window.first_at.astimezone(zone).date() == today:
                yield Edge(each, window, window.first_at, opens=True)
            last = window.last_at
            if last is not None and last.astimezone(zone).date() == today:
                yield Edge(each, window, last, opens=False)
