"""Plays the moments of a course through the actions, and lets time pass between them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from toxmon.actions import (
    Actor,
    Conflicting,
    Refused,
    Service,
    alerts,
    enrol,
    infuse,
    record,
    roster,
)
from toxmon.actions.lapse import SETTLING
from toxmon.actions.register import Standing, load_open
from toxmon.actions.sweep import sweep
from toxmon.alerting import acts
from toxmon.alerting.acts import NotPossible
from toxmon.alerting.alarm import ESCALATED, QUIET, SOUNDING
from toxmon.course_record import Record
from toxmon.data import memory
from toxmon.protocol import Alarms, Protocols
from toxmon.replay.moments import Moment, moments
from toxmon.store import Row, alarms, open_store, patients, technicals, watches

PLAYED = "played"
CHARTING = Actor("replay", "the recorded course", "physician")
ANSWERING = Actor("answering", "somebody of the ward", "nurse")
KEY = b"a replay signs a record that nobody keeps"
STEP = timedelta(seconds=1)
"""Time always goes on by so much, whatever is said to be due."""
SHIFT = timedelta(days=28)
PAGE = 500


class NotPlayable(ValueError):
    """A course that cannot be played, in words."""


@dataclass(frozen=True, slots=True)
class Rang:
    """One event of an alert as it happened. `told`: the roles that a step of the chain calls."""

    at: datetime
    day: int | None
    alert_id: str
    event: str
    priority: str
    key: str
    rule: str
    title: str
    says: str
    by: str
    step: int | None
    late_s: int
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Played:
    """What a course came to under one alarm policy. `from_at` is the infusion."""

    policy: str
    from_at: datetime
    until_at: datetime
    rang: tuple[Rang, ...]


@dataclass(slots=True)
class Hand:
    """A clock that is turned by hand, and never back."""

    at: datetime

    def __call__(self) -> datetime:
        """The time."""
        return self.at

    def turn(self, to: datetime) -> None:
        """Turn it on."""
        self.at = max(self.at, to)


def play(
    course: Record,
    protocols: Protocols,
    policy: Alarms,
    *,
    answered_after: timedelta | None,
    unit: str = "ward",
    pace: Callable[[datetime], None] = lambda at: None,
    say: Callable[[Rang], None] = lambda rang: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Played:
    """Play a course under an alarm policy, and tell each event as it happens.

    `answered_after`: how long an alert sounds until somebody takes it; None is nobody, ever.
    `pace` is asked to wait before each instant. Raises NotPlayable.
    """
    if course.infused_at is None or course.product is None:
        raise NotPlayable(
            "the record has no infusion: say what was given and when, by --product and "
            "--infused-at, or by a line of the kind infusion"
        )
    if protocols.product(course.product) is None:
        known = ", ".join(sorted(protocols.products))
        raise NotPlayable(f"{course.product!r} is not a known product; there are: {known}")
    told = moments(course)
    under = replace(protocols, alarms={**protocols.alarms, PLAYED: policy})
    with tempfile.TemporaryDirectory(prefix="toxmon-replay-", dir=memory()) as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'replay.db'}")
        with closing(store):
            store.migrate()
            clock = Hand(told[0].at - STEP)
            service = Service(
                store, clock, KEY, under, course.zone, alarms_name=PLAYED, channels=()
            )
            stage = Stage(service, clock, course, answered_after, pace, say)
            stage.enter(unit, until=told[-1].at)
            for number, moment in enumerate(told, start=1):
                stage.pass_time(moment.at)
                stage.tell(moment)
                progress(number, len(told))
    return Played(policy.name, course.infused_at, told[-1].at, tuple(stage.rang))


class Stage:
    """One patient in a record of its own, and whoever answers the alerts."""

    def __init__(
        self,
        service: Service,
        clock: Hand,
        course: Record,
        answered_after: timedelta | None,
        pace: Callable[[datetime], None],
        say: Callable[[Rang], None],
    ) -> None:
        self.service, self.clock, self.course = service, clock, course
        self.answered_after, self.pace, self.say = answered_after, pace, say
        self.patient_id = ""
        self.rang: list[Rang] = []
        self._seen = 0

    def enter(self, unit: str, until: datetime) -> None:
        """The patient comes to the ward, on which each role has somebody for the whole course."""
        patient = {"name": None, "birth_date": self.course.born, "sex": "unknown", "unit": unit}
        answer = enrol.enrol(self.service, CHARTING, patient, (), _id_of)
        self.patient_id = answer.body.decode()
        from_at, end = self.clock.at, until + self.service.alarms_now.look_ahead.value
        while from_at < end:
            for role in sorted(roster.roles(self.service)):
                shift = {
                    "unit": unit, "role": role, "person": role, "channel": None,
                    "from_at": from_at, "until_at": from_at + SHIFT,
                }  # fmt: skip
                roster.add(self.service, CHARTING, shift, _id_of)
            from_at += SHIFT

    def tell(self, moment: Moment) -> None:
        """Chart what was told at a moment. Raises NotPlayable for what no ward could chart."""
        charted = list(moment.facts)
        editions: list[Row] = []
        if moment.begins:
            assert self.course.infused_at is not None
            name = self.course.product or ""
            product = self.service.protocols.product(name)
            assert product is not None
            begun, editions = infuse.infusion(
                self.service, product.name, self.course.infused_at, {"product": product.name}
            )
            charted.insert(0, begun)
        try:
            record.record(
                self.service,
                CHARTING,
                self.patient_id,
                charted,
                lambda outcome: b"",
                began_under=editions,
            )
        except Refused as error:
            at = moment.at.astimezone(self.course.zone)
            raise NotPlayable(f"what was told at {at.isoformat()}: {error}") from error
        self._listen()

    def pass_time(self, until: datetime) -> None:
        """Sweep and answer at every instant before `until` at which something is due."""
        while True:
            with self.service.store.reading():
                heads = patients.heads(self.service.store, self.patient_id)
            swept, answered = self._due(heads), self._taken(heads)
            at = min((end for end in (swept, answered) if end is not None), default=until)
            at = max(at, self.clock.at + STEP)
            if at >= until:
                break
            self.pace(at)
            self.clock.turn(at)
            if swept is not None and swept <= at and not sweep(self.service).whole:
                raise RuntimeError(f"the sweep of {at.isoformat()} failed; the log says why")
            if answered is not None and answered <= at:
                self._answer()
            self._listen()
        self.pace(until)
        self.clock.turn(until)

    def _due(self, heads: list[Row]) -> datetime | None:
        """When a sweep has something to do next: a check, a step of a chain, a grade."""
        store = self.service.store
        with store.reading():
            ends = [watches.next_due(store), technicals.next_due(store)]
        # Grades lapse once the record has settled.
        ends += [
            max(row["due_at"], row["told_at"] + SETTLING)
            for row in heads
            if row["due_at"] is not None
        ]
        return min((end for end in ends if end is not None), default=None)

    def _taken(self, heads: list[Row]) -> datetime | None:
        """When somebody takes the next alert."""
        return min((at for _, at in self._unanswered(heads)), default=None)

    def _unanswered(self, heads: list[Row]) -> Iterator[tuple[Standing, datetime]]:
        """Open alerts that nobody has, and when somebody will take them."""
        if self.answered_after is None:
            return
        for standing in load_open(heads[0]["alarms"]).values():
            alarm = standing.alarm
            if alarm.signal in (SOUNDING, QUIET):
                yield standing, (alarm.sounding_since or alarm.raised_at) + self.answered_after

    def _answer(self) -> None:
        """Somebody takes what has sounded for so long, looks, and writes what was found."""
        with self.service.store.reading():
            heads = patients.heads(self.service.store, self.patient_id)
        for standing, due_at in self._unanswered(heads):
            if due_at <= self.clock.at:
                self._take(standing.id)

    def _take(self, alarm_id: str) -> None:
        def decide(alarm: Any, now: datetime) -> Any:
            return acts.acknowledge(
                alarm,
                ANSWERING.name,
                now,
                self.service.alarms_now,
                reason="seen",
                assessment="looked at the patient",
            )

        try:
            alerts.act(
                self.service,
                ANSWERING,
                alarm_id,
                decide,
                lambda standing, row: b"",
                action="alert.acknowledge",
            )
        except Conflicting as error:
            # It ended in the sweep of this very instant; what was taken instead is told.
            if not isinstance(error.__cause__, NotPossible):
                raise

    def _listen(self) -> None:
        """Tell what has happened to the alerts since the last time."""
        store = self.service.store
        with store.reading():
            rows = alarms.events_after(store, self._seen, PAGE)
            named = {row["alarm_id"]: alarms.get(store, row["alarm_id"]) for row in rows}
        for row in rows:
            self._seen = row["seq"]
            alarm = named[row["alarm_id"]]
            assert alarm is not None
            rang = _rang(row, orjson.loads(row["body"]), orjson.loads(alarm["body"]), self.course)
            self.rang.append(rang)
            self.say(rang)
        if len(rows) == PAGE:
            self._listen()


def _id_of(row: Row) -> bytes:
    return str(row["id"]).encode()


def _rang(row: Row, body: Mapping[str, Any], alarm: Mapping[str, Any], course: Record) -> Rang:
    told = [each["person"] or each["role"] for each in body.get("told", ())]
    at = datetime.fromisoformat(body["at"])
    return Rang(
        at=at,
        day=course.day(at),
        alert_id=row["alarm_id"],
        event=row["kind"],
        priority=body.get("priority") or alarm["priority"],
        key=row["key"],
        rule=alarm["rule"],
        title=body.get("title") or alarm["title"],
        says=body.get("says") or body.get("text") or alarm["says"],
        by=row["recorded_by"],
        step=body.get("step") if row["kind"] == ESCALATED else None,
        late_s=body.get("late_seconds", 0),
        told=tuple(dict.fromkeys(told)),
    )
