"""The alarms of one scope inside a transaction: matters and acts make events, events are kept.

A scope is a treatment, or for technical matters `unit:NAME` or `site`. How an alarm stands is a
fold of its events. The open alarms of a patient lie beside the head of the record, where every
cause finds them without asking again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon.actions import Service, outbox, telling
from toxmon.actions.events import Happened
from toxmon.alerting import decide, life
from toxmon.alerting.alarm import BASIS_CHANGED, Alarm, Event
from toxmon.alerting.chain import Shift, chain_of, hand_over_at, hand_overs
from toxmon.alerting.plain import dump_event, load_alarm
from toxmon.protocol import Alarms
from toxmon.protocol.alarms import Chain
from toxmon.store import Row, alarms, ids, rosters
from toxmon.timeline.matter import PRIORITIES, Matter

NOTHING: Mapping[str, str] = {}
Kept = tuple[str, str, str | None, int, Alarm]
LONGEST_HELD = timedelta(days=2)
"""Nobody holds an alarm longer without acknowledging it anew."""


@dataclass(slots=True)
class Standing:
    """An alarm as it stands, and whose it is. `made`: how many events have made it."""

    id: str
    scope: str
    treatment_id: str | None
    alarm: Alarm
    made: int


MOST_AT_HAND = 1_000
_AT_HAND: dict[str, tuple[Kept, ...]] = {}
"""Open alarms that were saved or read lately, by their text: values that nobody changes."""


def load_open(text: str | None) -> dict[str, Standing]:
    """The open alarms of a patient by id, as they are kept beside the head."""
    if not text:
        return {}
    kept = _AT_HAND.get(text)
    if kept is None:
        kept = tuple((*each[:4], loaded(each[4])) for each in orjson.loads(text))
        _remember(text, kept)
    return {
        id_: Standing(id_, scope, treatment_id, alarm, made)
        for id_, scope, treatment_id, made, alarm in kept
    }


def dump_open(found: Iterable[Standing]) -> str:
    """The text of `load_open`."""
    kept = tuple(
        (each.id, each.scope, each.treatment_id, each.made, each.alarm)
        for each in found
        if each.alarm.closed_at is None
    )
    text = orjson.dumps(kept).decode()
    _remember(text, kept)
    return text


def _remember(text: str, kept: tuple[Kept, ...]) -> None:
    if len(_AT_HAND) >= MOST_AT_HAND:
        _AT_HAND.clear()
    _AT_HAND[text] = kept


def loaded(plain: Mapping[str, Any]) -> Alarm:
    """The alarm of its JSON, in which what is not said stands as null."""
    return load_alarm({name: value for name, value in plain.items() if value is not None})


def from_row(row: Row) -> Standing:
    """An alarm from its own row."""
    alarm = loaded(orjson.loads(row["body"]))
    return Standing(row["id"], row["scope"], row["treatment_id"], alarm, row["seq"])


def alarm_row(standing: Standing, patient_id: str | None, unit: str | None) -> Row:
    """The row of an alarm as it stands."""
    alarm = standing.alarm
    return {
        "id": standing.id,
        "scope": standing.scope,
        "key": alarm.key,
        "patient_id": patient_id,
        "treatment_id": standing.treatment_id,
        "unit": unit,
        "rule": alarm.rule,
        "priority": PRIORITIES.index(alarm.priority),
        "state": alarm.state,
        "open": int(alarm.closed_at is None),
        "raised_at": alarm.raised_at,
        "changed_at": alarm.changed_at,
        "seq": standing.made,
        "body": orjson.dumps(alarm).decode(),
    }


class Register:
    """The alarms of a patient, or of no patient, that one transaction may change."""

    def __init__(
        self,
        service: Service,
        now: datetime,
        found: Mapping[str, Standing],
        *,
        unit: str | None,
        patient_id: str | None = None,
        version: int | None = None,
        bed: str | None = None,
    ) -> None:
        self.service = service
        self.store = service.store
        self.now = now
        self.unit = unit
        self.patient_id = patient_id
        self.version = version
        self.bed = bed
        self.found = dict(found)
        self.changed: dict[str, Standing] = {}
        self.rows: list[Row] = []
        self.deliveries: list[Row] = []
        self.happened: list[Happened] = []
        self._roster: tuple[Shift, ...] | None = None

    def scopes(self) -> set[str]:
        """Every scope that has an open alarm."""
        return {each.scope for each in self.found.values() if each.alarm.closed_at is None}

    def open(self, scope: str) -> dict[str, Standing]:
        """The open alarms of a scope, by key."""
        return {
            each.alarm.key: each
            for each in self.found.values()
            if each.scope == scope and each.alarm.closed_at is None
        }

    def decide(
        self,
        scope: str,
        treatment_id: str | None,
        so: Sequence[Matter],
        policy: Alarms,
        corrected: Mapping[str, str] = NOTHING,
    ) -> None:
        """What these matters mean for the alarms of a scope."""
        up = self.open(scope)
        closed: dict[str, Standing] = {}
        if asked := [each.key for each in so if each.level and each.key not in up]:
            rows = alarms.of_scope(self.store, scope, asked, of=self.patient_id)
            closed = {row["key"]: from_row(row) for row in rows}
            for each in self.changed.values():  # Closed a moment ago, and not yet written.
                if each.scope == scope and each.alarm.key in asked:
                    closed[each.alarm.key] = each
        events = decide.decide(
            {key: each.alarm for key, each in up.items()},
            so,
            self.now,
            policy,
            corrected,
            {key: each.alarm for key, each in closed.items()},
        )
        self.apply(scope, treatment_id, events, {**closed, **up})

    def watch_is_over(self, scope: str, treatment_id: str | None, over: str | None) -> None:
        """Nothing sounds after the end of the watch (`over`: why); without an end it goes on."""
        up = self.open(scope)
        found = {key: each.alarm for key, each in up.items()}
        if over is not None:
            events = decide.watch_ended(found, self.now, over)
        else:
            events = decide.watch_resumed(found, self.now, "the watch goes on")
        self.apply(scope, treatment_id, events, up)

    def pass_time(self, standing: Standing) -> None:
        """Let time pass for one alarm: lapses, ends of shelving, the next step of its chain."""
        alarm, policy = standing.alarm, self.service.alarms_now
        events = life.passing(alarm, self.now, policy, self._chain(alarm))
        if not events and alarm.holder is not None:
            events = hand_overs(alarm, self._shifts(alarm), self.now, policy)
        self.apply(standing.scope, standing.treatment_id, events, {standing.alarm.key: standing})

    def _chain(self, alarm: Alarm) -> Chain:
        technical = self.patient_id is None
        return chain_of(self.service.alarms_now, self.unit or "", alarm.priority, technical)

    def withdraw(self, standing: Standing, words: str) -> None:
        """What an alarm rested on is gone: it loses its ground and stays, to be acknowledged."""
        event = Event(
            key=standing.alarm.key,
            kind=BASIS_CHANGED,
            at=self.now,
            by="toxmon",
            body={"says": words},
        )
        known = {standing.alarm.key: standing}
        self.apply(standing.scope, standing.treatment_id, [event], known)

    def next_at(self, scope: str) -> datetime | None:
        """When time alone changes an alarm of a scope."""
        ends: list[datetime | None] = []
        for each in self.open(scope).values():
            alarm = each.alarm
            ends.append(life.next_at(alarm, self.service.alarms_now, self._chain(alarm)))
            if alarm.holder is not None:
                ends.append(hand_over_at(alarm, self._shifts(alarm)))
        return min((end for end in ends if end is not None), default=None)

    def _shifts(self, alarm: Alarm) -> tuple[Shift, ...]:
        """The shifts during which an alarm was held, and those that come."""
        if alarm.held_since is None:
            return ()
        if self._roster is None:
            rows = rosters.between(self.store, self.now - LONGEST_HELD, self.now + LONGEST_HELD)
            self._roster = tuple(telling.shift(row) for row in rows)
        return self._roster

    def apply(
        self,
        scope: str,
        treatment_id: str | None,
        events: Iterable[Event],
        known: Mapping[str, Standing],
    ) -> None:
        """Let events make the alarms, and make the rows of the record and of who is told."""
        fresh: dict[str, Standing] = {}
        for event in events:
            standing = fresh.get(event.key) or known.get(event.key)
            event, told = telling.resolved(self.service, self.unit, event, self.now)
            before = standing.alarm if standing else None
            alarm = life.applied(before, event, self.service.alarms_now)
            if standing is None:
                standing = Standing(ids.new_id(self.now), scope, treatment_id, alarm, 0)
            standing.alarm = alarm
            standing.made += 1
            fresh[event.key] = standing
            self.found[standing.id] = self.changed[standing.id] = standing
            row = self._row(standing, event)
            self.rows.append(row)
            self.happened.append(telling.happened(standing, event, row))
            self.deliveries += telling.messages(self, standing, event, row, told)

    def _row(self, standing: Standing, event: Event) -> Row:
        return {
            "id": ids.new_id(self.now),
            "alarm_id": standing.id,
            "patient_id": self.patient_id,
            "treatment_id": standing.treatment_id,
            "unit": self.unit,
            "version": self.version,
            "key": event.key,
            "kind": event.kind,
            "recorded_at": self.now,
            "recorded_by": event.by,
            "body": orjson.dumps(dump_event(event)).decode(),
        }

    def keep(self) -> None:
        """Write what changed, once."""
        # All of it is made before any of it is written: nothing may be kept by halves.
        rows = [alarm_row(each, self.patient_id, self.unit) for each in self.changed.values()]
        text = dump_open(self.found.values()) if self.changed else ""
        alarms.add_events(self.store, self.rows)
        for row in rows:
            alarms.put(self.store, row)
        if self.changed and self.patient_id is not None:
            alarms.save_open(self.store, self.patient_id, text)
        outbox.keep(self.service, self.deliveries)
