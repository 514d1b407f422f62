"""Alerts: what is the matter, who was told, who has it; and what a person does with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import INCLUDE, Schema, ValidationError, fields, validate, validates_schema

from toxmon.actions import Service, alerts, look_up
from toxmon.actions.register import from_row
from toxmon.alerting import acts
from toxmon.alerting.alarm import STATES, Alarm, Event
from toxmon.api import door
from toxmon.api.answers import reply, to_json
from toxmon.api.fields import Instant, Page, Whole, Words
from toxmon.api.paging import cursor_of, instant, name, number, read_cursor
from toxmon.api.told import plain_alert, plain_event
from toxmon.store import EVER, Row, alarms, patients
from toxmon.timeline.matter import PRIORITIES

blueprint = door.blueprint("alerts", "Alerts and what is done with them")

OPEN, ALL = "open", "all"
LAST = "\uffff"
ABOVE_ALL = len(PRIORITIES)


class AlertQuery(Page):
    """Which alerts. Without a state: those that are open. `after`: a feed of every change."""

    state = fields.String(load_default=OPEN, validate=validate.OneOf((OPEN, ALL, *STATES)))
    patient = fields.String(load_default=None)
    unit = fields.String(load_default=None)
    priority = fields.String(load_default=None, validate=validate.OneOf(PRIORITIES))
    after = Whole(
        load_default=None,
        metadata={
            "description": "Changes after this number, of all alerts, in the order of commits: "
            "give the last `seq` that you have seen, and none is passed over"
        },
    )


class AlertOut(Schema):
    """An alert: its state, and the three axes that it is read off."""

    class Meta:
        """A matter may say more of itself."""

        unknown = INCLUDE

    id = fields.String()
    patient_id = fields.String(allow_none=True)
    treatment_id = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    key = fields.String()
    rule = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))
    condition = fields.String()
    signal = fields.String()
    priority = fields.String(validate=validate.OneOf(PRIORITIES))
    level = fields.Integer()
    peak = fields.Integer()
    title = fields.String()
    says = fields.String()
    window = fields.String(allow_none=True)
    facts = fields.List(fields.String())
    source = fields.String()
    raised_at = fields.DateTime()
    changed_at = fields.DateTime()
    changes = fields.Integer(metadata={"description": "How many events made it; its ETag"})


class AlertPage(Schema):
    """Alerts, the most urgent first, then the longest standing; or a page of the feed."""

    items = fields.List(fields.Dict())
    next = fields.String(allow_none=True)
    last = fields.Integer(metadata={"description": "Feed only: give it as `after` the next time"})


class EventsOut(Schema):
    """The whole life of an alert, in order."""

    alert = fields.Nested(AlertOut)
    items = fields.List(fields.Dict())
    next = fields.String(allow_none=True)


class AcknowledgeIn(Schema):
    """I have it. Without `until`, for as long as the alarm policy says for its priority."""

    reason = Words(500, required=True, metadata={"example": "going to the bedside"})
    until = Instant(load_default=None, allow_none=True)
    assessment = Words(
        2000,
        load_default=None,
        allow_none=True,
        metadata={"description": "What was found and done: the acknowledgement then lasts longer"},
    )


class EndIn(Schema):
    """Until when, and why."""

    until = Instant(required=True)
    reason = Words(500, required=True)


class WhyIn(Schema):
    """Why."""

    reason = Words(500, required=True)


class NoteIn(Schema):
    """Words for whoever reads it next; `assessment` says that somebody has looked."""

    text = Words(2000, required=True)
    assessment = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class HandOverIn(Schema):
    """To whom."""

    to = Words(100, required=True)
    reason = Words(500, load_default=None, allow_none=True)

    @validates_schema
    def _somebody_else(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("to") == door.actor().name:
            raise ValidationError("is yourself; name who has it next", "to")


@blueprint.route("/alerts")
@door.answers(200, AlertPage)
@door.allowed(*door.CLINICAL)
@door.asks(AlertQuery)
def listed(asked: dict[str, Any]) -> Response:
    """Alerts of your units; with `after`, every change of them in the order of commits."""
    if asked["after"] is not None:
        return _feed(asked["after"], asked["limit"])
    service, actor = door.service(), door.actor()
    cursor = read_cursor(asked["cursor"], number, instant, name)
    priority, at, id_ = cursor or (ABOVE_ALL, EVER, LAST)
    state = asked["state"]
    bounds = {
        "open": 0 if state in (ALL, "normal") else 1,
        "state": "%" if state in (OPEN, ALL) else state,
        "unit": asked["unit"] or "%",
        "patient": asked["patient"] or "%",
        "priority": -1 if asked["priority"] is None else PRIORITIES.index(asked["priority"]),
    }
    limit = asked["limit"]
    found: list[Row] = []
    with service.store.reading():
        while len(found) <= limit:
            place = {"after_priority": priority, "after_at": at, "after_id": id_}
            rows = alarms.page(service.store, {**bounds, **place}, limit + 1)
            found += [row for row in rows if _may_see(service, row)]
            if len(rows) <= limit:
                break
            priority, at, id_ = rows[-1]["priority"], rows[-1]["raised_at"], rows[-1]["id"]
    look_up.note_reading(service, actor, "list.alerts")
    more = None
    if len(found) > limit:
        last = found[limit - 1]
        more = cursor_of([last["priority"], last["raised_at"].isoformat(), last["id"]])
    items = [plain_alert(from_row(row), row) for row in found[:limit]]
    return reply(200, {"items": items, "next": more})


def _feed(after: int, limit: int) -> Response:
    service = door.service()
    with service.store.reading():
        rows = alarms.events_after(service.store, after, limit)
        items = [plain_event(row) for row in rows if _may_see(service, row)]
    look_up.note_reading(service, door.actor(), "list.alerts")
    last = rows[-1]["seq"] if rows else after
    return reply(200, {"items": items, "next": None, "last": last})


def _may_see(service: Service, row: Row) -> bool:
    """Is an alert, or an event of one, within reach? A patient is where the record says now."""
    actor = door.actor()
    if actor.units is None:
        return True
    unit = row["unit"]
    if row["patient_id"] is not None:
        heads = patients.heads(service.store, row["patient_id"])
        unit = heads[0]["unit"] if heads else None
        return unit is not None and actor.may_see(unit)
    return unit is None or actor.may_see(unit)


@blueprint.route("/alerts/<alert_id>")
@door.answers(200, EventsOut)
@door.allowed(*door.CLINICAL)
def get(alert_id: str) -> Response:
    """One alert with its whole life: who was told, who acted, when and why."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        row = alerts.readable(service, actor, alert_id)
        rows = alarms.events_of(service.store, alert_id)
    look_up.note_reading(service, actor, "read.alert", row["patient_id"])
    alert = plain_alert(from_row(row), row)
    answer = reply(
        200, {"alert": alert, "items": [plain_event(each) for each in rows], "next": None}
    )
    return door.tagged(answer, row["seq"])


Sent = dict[str, Any]
Events = Iterable[Event]


@blueprint.route("/alerts/<alert_id>/acknowledge", methods=["POST"])
@door.answers(200, AlertOut, "It is yours until then")
@door.allowed(*door.PERSONS)
@door.takes(AcknowledgeIn)
def acknowledge(sent: Sent, alert_id: str) -> Response:
    """Take an alert, by name, for a while. It sounds again when it worsens or that while ends."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        return acts.acknowledge(
            alarm,
            door.actor().name,
            now,
            door.service().alarms_now,
            reason=sent["reason"],
            until=sent["until"],
            assessment=sent["assessment"],
        )

    return _act(alert_id, decide, "alert.acknowledge")


@blueprint.route("/alerts/<alert_id>/shelve", methods=["POST"])
@door.answers(200, AlertOut, "It is silent until then")
@door.allowed(*door.PERSONS)
@door.takes(EndIn)
def shelve(sent: Sent, alert_id: str) -> Response:
    """Silence an alert until an end, with a reason. A rise breaks it."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        return acts.shelve(
            alarm,
            door.actor().name,
            now,
            door.service().alarms_now,
            until=sent["until"],
            reason=sent["reason"],
        )

    return _act(alert_id, decide, "alert.shelve")


@blueprint.route("/alerts/<alert_id>/unshelve", methods=["POST"])
@door.answers(200, AlertOut, "It sounds again")
@door.allowed(*door.PERSONS)
@door.takes(WhyIn)
def unshelve(sent: Sent, alert_id: str) -> Response:
    """End the shelving of an alert before its time."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        return acts.unshelve(alarm, door.actor().name, now, reason=sent["reason"])

    return _act(alert_id, decide, "alert.unshelve")


@blueprint.route("/alerts/<alert_id>/note", methods=["POST"])
@door.answers(200, AlertOut, "Noted")
@door.allowed(*door.PERSONS)
@door.takes(NoteIn)
def note(sent: Sent, alert_id: str) -> Response:
    """Write to an alert; as an assessment it makes the acknowledgement last longer."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        by, policy = door.actor().name, door.service().alarms_now
        if sent["assessment"]:
            return acts.document(alarm, by, now, policy, text=sent["text"])
        return acts.note(alarm, by, now, text=sent["text"])

    return _act(alert_id, decide, "alert.note")


@blueprint.route("/alerts/<alert_id>/resolve", methods=["POST"])
@door.answers(200, AlertOut, "It is over")
@door.allowed("physician")
@door.takes(WhyIn)
def resolve(sent: Sent, alert_id: str) -> Response:
    """Say that an alert is over. Not while what it tells of is still so."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        return acts.resolve(alarm, door.actor().name, now, reason=sent["reason"])

    return _act(alert_id, decide, "alert.resolve")


@blueprint.route("/alerts/<alert_id>/hand-over", methods=["POST"])
@door.answers(200, AlertOut, "Both are responsible until it is accepted")
@door.allowed(*door.PERSONS)
@door.takes(HandOverIn)
def hand_over(sent: Sent, alert_id: str) -> Response:
    """Give an alert to somebody else, who has to accept it."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        return acts.hand_over(
            alarm, door.actor().name, now, door.service().alarms_now, to=sent["to"]
        )

    return _act(alert_id, decide, "alert.hand_over")


@blueprint.route("/alerts/<alert_id>/accept", methods=["POST"])
@door.answers(200, AlertOut, "It is yours")
@door.allowed(*door.PERSONS)
def accept(alert_id: str) -> Response:
    """Accept an alert that was handed over."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        return acts.accept(alarm, door.actor().name, now, door.service().alarms_now)

    return _act(alert_id, decide, "alert.accept")


@blueprint.route("/alerts/<alert_id>/out-of-service", methods=["POST"])
@door.answers(200, AlertOut, "Out of service until then")
@door.allowed("physician", "admin")
@door.takes(EndIn)
def out_of_service(sent: Sent, alert_id: str) -> Response:
    """Take an alert out of service for a short while, for maintenance; it ends by itself."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        return acts.take_out(
            alarm,
            door.actor().name,
            now,
            door.service().alarms_now,
            until=sent["until"],
            reason=sent["reason"],
        )

    return _act(alert_id, decide, "alert.out_of_service")


def _act(
    alert_id: str, decide: Callable[[Alarm, datetime], Iterable[Event]], action: str
) -> Response:
    answer = alerts.act(
        door.service(),
        door.actor(),
        alert_id,
        decide,
        lambda standing, row: to_json(plain_alert(standing, row)),
        action=action,
        keyed=door.keyed(),
        at_change=door.at_version(),
    )
    return door.said(answer)
