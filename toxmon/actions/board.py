"""The board of a unit: who lies there, how they stand, what waits, what sounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toxmon.actions import Actor, Service, ahead, look_up
from toxmon.actions.ahead import Ahead
from toxmon.actions.register import Standing, from_row, load_open
from toxmon.store import Row, alarms, patients
from toxmon.timeline.check import DUE, LATE, OVERDUE, Check
from toxmon.timeline.matter import PRIORITIES

WAITING = (OVERDUE, LATE, DUE)


@dataclass(frozen=True, slots=True)
class Place:
    """One patient on the board."""

    patient: Row
    ahead: Ahead
    alarms: tuple[Standing, ...]
    waiting: tuple[Check, ...]
    next: Check | None

    @property
    def urgency(self) -> tuple[int, int]:
        """What comes first on the board: the worst alarm that nobody has, then what waits."""
        worst = max((PRIORITIES.index(each.alarm.priority) + 1 for each in self.alarms), default=0)
        return worst, sum(check.state == OVERDUE for check in self.waiting)

    def grades(self) -> Mapping[str, Any]:
        """Where CRS and ICANS stand."""
        levels = self.ahead.known.levels
        return {scale: levels.get(scale) for scale in ("crs", "icans")}


def board(
    service: Service, actor: Actor, unit: str | None, now: datetime
) -> tuple[list[Place], list[tuple[Standing, Row]]]:
    """Every watched patient of a unit, the most urgent first, and the open technical alarms."""
    places = []
    for row, found in ahead.of_unit(service, actor, unit, now):
        patient = patients.get(service.store, row["patient_id"])
        if patient is None or found.known.over(now):
            continue
        standing = sorted(
            load_open(row["alarms"]).values(),
            key=_first,
        )
        checks = found.plan.checks
        waiting = [check for state in WAITING for check in checks if check.state == state]
        coming = [check for check in checks if check.state == "next" and check.due_at]
        following = min(coming, key=lambda check: check.due_at or now, default=None)
        places.append(Place(patient, found, tuple(standing), tuple(waiting), following))
    places.sort(key=lambda place: tuple(-each for each in place.urgency))
    with service.store.reading():
        rows = [
            row
            for row in alarms.open_technical(service.store)
            if row["unit"] is None or (actor.may_see(row["unit"]) and unit in (None, row["unit"]))
        ]
    look_up.note_looking(service, actor, "read.board")
    return places, [(from_row(row), row) for row in rows]


def _first(each: Standing) -> tuple[int, bool, datetime]:
    """The most urgent first; of those, what is the matter before what is only not known."""
    alarm = each.alarm
    return -PRIORITIES.index(alarm.priority), alarm.rule.startswith("check"), alarm.raised_at
