"""A patient at a glance, as a line of the board says it; remembered until a fact or time moves it.

A board is drawn again and again, and little of it changes: what was worked out stands while the
record is at the same version and nothing falls due, grows old or opens by time alone.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from toxmon.actions import Actor, Service, ahead, dosing, look_up
from toxmon.actions.ahead import Ahead
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import plain_grades
from toxmon.actions.register import Standing, from_row, load_open
from toxmon.alerting.alarm import RETURNED, UNACKNOWLEDGED
from toxmon.store import Row, StoreError, alarms, assessments, events, facts, patients
from toxmon.timeline.check import DUE, LATE, NEXT, OVERDUE, Check
from toxmon.timeline.matter import PRIORITIES

log = logging.getLogger("toxmon.glance")

SCALES = ("crs", "icans", "icaht_early", "icaht_late", "iec_hs")
DRUG = "tocilizumab"
LONGEST, SPREAD = timedelta(minutes=30), 1800
"""Whatever else is so, a glance is taken anew after 30 to 60 minutes: not of all at once."""
SOON = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RISE_SHOWN = timedelta(hours=6)
"""How long it is shown that a grade is new, and what it was before."""
MOST_KEPT = 5_000
CALLING = (UNACKNOWLEDGED, RETURNED)
Key = tuple[int, datetime, str]
Grade = Mapping[str, Any]


@dataclass(slots=True)
class Glance:
    """What a line of the board says. `until`: time alone changes something then.

    `was`: the grade that a scale had before it changed lately, where that was certain. `ahead` is
    None before any infusion. `failed`: it could not be worked out, and nothing of it is known.
    `drawn` is for whoever turns it into a line: the same glance is the same line.
    """

    patient: Row
    key: Key
    made_at: datetime
    until: datetime
    ahead: Ahead | None = None
    grades: Mapping[str, Grade] = field(default_factory=dict)
    was: Mapping[str, int] = field(default_factory=dict)
    dose: Mapping[str, Any] | None = None
    alarms: tuple[Standing, ...] = ()
    quarantined: int = 0
    bed: str | None = None
    day: int | None = None
    failed: bool = False
    drawn: dict[Hashable, str] = field(default_factory=dict)
    calling: tuple[Standing, ...] = field(init=False)
    """The alarms that nobody has acknowledged, the most urgent first."""
    overdue: tuple[Check, ...] = field(init=False)
    """What is overdue, the longest first."""
    urgency: tuple[int, bool] = field(init=False)
    """What comes first: the worst alarm that nobody has, then what is overdue."""
    next_due_at: datetime | None = field(init=False)
    """When the first check will be due, or was, that is not overdue yet."""
    _inside: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Work out what every board asks of every patient, once."""
        self.calling = tuple(each for each in self.alarms if each.alarm.state in CALLING)
        overdue = (each for each in self.checks if each.state == OVERDUE)
        self.overdue = tuple(sorted(overdue, key=lambda each: each.due_at or self.made_at))
        worst = max((PRIORITIES.index(each.alarm.priority) + 1 for each in self.calling), default=0)
        self.urgency = (worst or int(self.failed), bool(self.overdue))
        waiting = (each.due_at for each in self.checks if each.state in (NEXT, DUE, LATE))
        self.next_due_at = min((at for at in waiting if at is not None), default=None)
        found = self.ahead.windows if self.ahead else ()
        self._inside = frozenset(each.event for each in found if each.state == "in")

    @property
    def id(self) -> str:
        """The patient's."""
        found: str = self.patient["id"]
        return found

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every line of the chart."""
        return self.ahead.plan.checks if self.ahead else ()

    def due_by(self, at: datetime) -> bool:
        """Will something be due by then that is not overdue yet?"""
        return self.next_due_at is not None and self.next_due_at <= at

    def inside(self, event: str) -> bool:
        """Does the day lie in a window of the product for this?"""
        return event in self._inside


@dataclass(frozen=True, slots=True)
class Ward:
    """Everybody of a unit in one snapshot. `unwatched`: no infusion is charted, or the watch has
    ended; `newest` is the number of the newest event of the record."""

    watched: tuple[Glance, ...]
    unwatched: tuple[Row, ...]
    technical: tuple[tuple[Standing, Row], ...]
    newest: int


def of_unit(service: Service, actor: Actor, unit: str | None, now: datetime) -> Ward:
    """Everybody who lies in a unit (None: in every unit within reach), and technical alarms."""
    with service.store.reading():
        heads = [
            row
            for row in patients.lying_in(service.store, unit)
            if row["merged_into"] is None and actor.may_see(row["unit"])
        ]
        found = [_of(service, row, now) for row in heads if row["treatment_id"] is not None]
        over = [each for each in found if each.ahead and each.ahead.known.over(now)]
        untreated = {row["patient_id"] for row in heads if row["treatment_id"] is None}
        ended = {each.id for each in over}
        named = patients.named(service.store, sorted(untreated | ended))
        technical = _technical(service, actor, unit)
        newest = events.newest(service.store)
    look_up.note_looking(service, actor, "read.board")
    watched = tuple(each for each in found if each.id not in ended)
    return Ward(watched, tuple(named), technical, newest)


def _technical(
    service: Service, actor: Actor, unit: str | None
) -> tuple[tuple[Standing, Row], ...]:
    return tuple(
        (from_row(row), row)
        for row in alarms.open_technical(service.store)
        if row["unit"] is None or (actor.may_see(row["unit"]) and unit in (None, row["unit"]))
    )


def _of(service: Service, head: Row, now: datetime) -> Glance:
    """The glance that is remembered, or a new one. Only inside `reading`."""
    kept: dict[str, Glance] = service.glances
    key = (head["version"], head["told_at"], head["unit"])
    found = kept.get(head["patient_id"])
    if found is not None and found.key == key and found.made_at <= now < found.until:
        return found
    try:
        found = _made(service, head["patient_id"], key, now)
    except StoreError:
        raise
    except Exception:
        # One record that cannot be read must not take the others off the board.
        log.exception("no glance at the patient %s", head["patient_id"])
        patient = patients.get(service.store, head["patient_id"]) or {}
        return Glance(patient, key, now, now, failed=True)
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[head["patient_id"]] = found
    return found


def _made(service: Service, patient_id: str, key: Key, now: datetime) -> Glance:
    heads = patients.heads(service.store, patient_id)
    patient = patients.get(service.store, patient_id)
    assert patient is not None, "a record has a patient"
    newest = ahead.of_heads(service, patient_id, heads, now)[-1]
    # Without the ledger of each day and the scores that no board shows: a third of the work.
    state, _ = moment_of(service, patient_id, heads[0], newest.treatment, now)
    grades = plain_grades(state, SCALES)
    drug = service.protocols.drug(DRUG)
    dose = None
    if drug is not None:
        dose = dosing.answered(service, patient_id, heads, drug, None, now=now)
    standing = sorted(load_open(heads[0]["alarms"]).values(), key=_first)
    stay = newest.known.stay(now)
    until = [
        now + LONGEST + timedelta(seconds=hash(patient_id) % SPREAD),
        (now.astimezone(service.zone) + timedelta(days=1)).replace(
            hour=0, minute=0, second=0, microsecond=0
        ),
        *_changes(heads[-1], newest, dose, now),
    ]
    was = dict(_was(service, patient_id, newest, grades, now))
    return Glance(
        patient=patient,
        key=key,
        made_at=now,
        until=min(until),
        ahead=newest,
        grades=grades,
        was=was,
        dose=dose,
        alarms=tuple(standing),
        quarantined=facts.quarantined(service.store, patient_id),
        bed=stay.bed if stay is not None else None,
        day=look_up.day_of(service, newest.treatment, now),
    )


def _changes(
    head: Row, newest: Ahead, dose: Mapping[str, Any] | None, now: datetime
) -> Iterator[datetime]:
    """When time alone changes grades, checks, windows, or whether a dose is allowed."""
    if head["due_at"] is not None:
        yield head["due_at"] if head["due_at"] > now else now + SOON
    if newest.plan.next_at is not None:
        yield newest.plan.next_at
    if dose and (at := dose["next_allowed_at"]) is not None and at > now:
        yield at
    for level in newest.known.levels.values():
        if level.at + RISE_SHOWN > now:
            yield level.at + RISE_SHOWN


def _was(
    service: Service, patient_id: str, newest: Ahead, grades: Mapping[str, Grade], now: datetime
) -> Iterator[tuple[str, int]]:
    """The grade before the one that a scale has now, if it changed lately and was certain."""
    recent = [
        scale
        for scale, level in newest.known.levels.items()
        if scale in grades and level.at > now - RISE_SHOWN
    ]
    if not recent:
        return
    rows = assessments.levels(service.store, patient_id, recent)
    for scale in recent:
        stands = (grades[scale]["low"], grades[scale]["high"])
        for row in reversed(rows):
            if row["scale"] != scale or row["effective_at"] > now:
                continue
            if row["treatment_id"] != newest.treatment["treatment_id"]:
                break
            if (row["low"], row["high"]) != stands:
                if row["low"] or not row["high"]:  # From "not known" nothing rises or falls.
                    yield scale, row["low"]
                break


def _first(each: Standing) -> tuple[bool, int, bool, datetime]:
    """What calls comes first, the most urgent of it, then what is only not known."""
    alarm = each.alarm
    return (
        alarm.state not in CALLING,
        -PRIORITIES.index(alarm.priority),
        alarm.rule.startswith("check"),
        alarm.raised_at,
    )
