"""Alerts: those that nobody has, those that somebody has, those that ended or are silent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, request

from toxmon.actions import NotFound, alerts, glance, look_up
from toxmon.actions.alerts import NextStep
from toxmon.actions.glance import CALLING, Glance
from toxmon.actions.register import Standing, from_row
from toxmon.alerting.alarm import ACKNOWLEDGED
from toxmon.grading.course import SCALES
from toxmon.store import Row, alarms
from toxmon.timeline.known import Pause
from toxmon.ward import door, live, shown
from toxmon.ward.board import UNDONE_WITHIN
from toxmon.ward.language import _, later

AT_ONCE = 500
TABS = {
    "new": later("Not acknowledged"),
    "taken": later("Acknowledged"),
    "ended": later("Ended today"),
    "silent": later("Shelved or suppressed"),
}
GRADES = frozenset(SCALES)


@dataclass(frozen=True, slots=True)
class Item:
    """An alert in a list: how it stands, whose it is, and who is told next if nobody acts."""

    standing: Standing
    row: Row
    of: Glance | None
    step: NextStep | None = None

    @property
    def calls(self) -> bool:
        """Has nobody acknowledged it?"""
        return self.standing.alarm.state in CALLING

    @property
    def why(self) -> str | None:
        """Where the grade that it tells of is explained."""
        rule, patient_id = self.standing.alarm.rule, self.row["patient_id"]
        if patient_id is None or rule not in GRADES:
            return None
        return f"/p/{patient_id}/why?scale={rule}"


@dataclass(frozen=True, slots=True)
class Silence:
    """What is not asked for, or not heard, whether or not it matches anything now."""

    of: Glance
    pause: Pause | None = None
    sign: str | None = None
    until: datetime | None = None


@door.page("/alerts", *door.CLINICAL)
def alerts_page() -> Response:
    """Every alert within reach, by what is to be done with it."""
    service, actor, now = door.service(), door.actor(), shown.now()
    unit = request.args.get("unit") or None
    if unit is not None and not actor.may_see(unit):
        raise NotFound("nothing is named so")
    tab = request.args.get("tab", "new")
    tab = tab if tab in TABS else "new"
    ward = glance.of_unit(service, actor, unit, now)
    of = {each.id: each for each in ward.watched}
    midnight = now.astimezone(service.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    with service.store.reading():
        every = [_item(row, of) for row in _open(unit)]
        ended = [
            _item(row, of)
            for row in alarms.closed_since(service.store, midnight)
            if alerts.within_reach(actor, row["unit"]) and unit in (None, row["unit"])
        ]
        lists: dict[str, list[Item]] = {
            "new": [each for each in every if each.calls],
            "taken": [each for each in every if each.standing.alarm.state == ACKNOWLEDGED],
            "ended": ended,
        }
        known = {each.standing.id for each in (*lists["new"], *lists["taken"])}
        lists["silent"] = [each for each in every if each.standing.id not in known]
        if tab == "new":
            lists["new"] = [_with_step(each) for each in lists["new"]]
    lists["taken"].sort(key=lambda each: each.standing.alarm.held_since or now)
    silences = list(_silences(ward.watched, now))
    look_up.note_looking(service, actor, "list.alerts")
    counts = {name: len(found) for name, found in lists.items()}
    counts["silent"] += len(silences)
    return door.render(
        "alerts.html",
        frame=live.frame(),
        here="/alerts",
        tab=tab,
        unit=unit,
        tabs={name: _(label) for name, label in TABS.items()},
        counts=counts,
        items=lists[tab],
        silences=silences if tab == "silent" else (),
        given=_given(lists["taken"]),
        just_taken=_just_taken(lists["taken"], now),
        back=request.full_path.removesuffix("?"),
        may_act=actor.role in door.PERSONS,
    )


def _open(unit: str | None) -> Iterable[Row]:
    """Every open alert within reach, the most urgent first, then the oldest."""
    place: dict[str, Any] = {}
    while True:
        rows = alarms.page(door.service().store, {"open": 1, "unit": unit, **place}, AT_ONCE)
        yield from (row for row in rows if alerts.within_reach(door.actor(), row["unit"]))
        if len(rows) < AT_ONCE:
            return
        last = rows[-1]
        place = {
            "after_priority": last["priority"],
            "after_at": last["raised_at"],
            "after_id": last["id"],
        }


def _item(row: Row, of: Mapping[str, Glance]) -> Item:
    return Item(from_row(row), row, of.get(row["patient_id"] or ""))


def _with_step(each: Item) -> Item:
    step = alerts.next_step(door.service(), each.standing, each.row["unit"])
    return Item(each.standing, each.row, each.of, step)


def _given(found: Iterable[Item]) -> list[Item]:
    """What was handed over to who looks, who has not accepted it yet."""
    mine = door.actor().name
    return [
        each
        for each in found
        if (given := each.standing.alarm.hand_over) is not None and given.to == mine
    ]


def _just_taken(found: Iterable[Item], now: datetime) -> list[tuple[Item, datetime]]:
    """What who looks has acknowledged a moment ago, and may still give back."""
    mine = door.actor().name
    return [
        (each, taken.at + UNDONE_WITHIN)
        for each in found
        if (taken := each.standing.alarm.acknowledgement) is not None
        and taken.by == each.standing.alarm.holder == mine
        and now - taken.at < UNDONE_WITHIN
    ]


def _silences(watched: Iterable[Glance], now: datetime) -> Iterable[Silence]:
    """Pauses of checks, and signs that were said to have another cause: in force, matching or
    not."""
    for each in watched:
        if each.ahead is None:
            continue
        known = each.ahead.known
        for pause in known.pauses:
            if pause.from_at <= now < pause.until_at:
                yield Silence(each, pause=pause, until=pause.until_at)
        for sign, until in known.attributed.items():
            if until is None or now < until:
                yield Silence(each, sign=sign, until=until)
