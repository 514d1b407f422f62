"""Alerts: what is the matter, who was told, who has it; and what a person does with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from flask import Response

from toxmon.actions import Actor, Fault, Refused, Service, alerts, look_up
from toxmon.actions.register import from_row
from toxmon.alerting import acts
from toxmon.alerting.alarm import NORMAL, Alarm, Event
from toxmon.api import door
from toxmon.api.alert_forms import (
    ALL,
    OPEN,
    AcceptIn,
    AcknowledgeIn,
    AlertOut,
    AlertPage,
    AlertQuery,
    EndIn,
    EventsOut,
    HandOverIn,
    NoteIn,
    WhyIn,
)
from toxmon.api.answers import reply, to_json
from toxmon.api.paging import cursor_of, instant, name, number, read_cursor
from toxmon.api.reach import reached
from toxmon.api.told import plain_alert, plain_delivery, plain_event, plain_told
from toxmon.store import Row, alarms, deliveries
from toxmon.timeline.matter import PRIORITIES

blueprint = door.blueprint("alerts", "Alerts and what is done with them")

AT_ONCE = 500
FILTERS = ("state", "patient", "unit", "priority", "cursor")
"""What a list of alerts is narrowed by; the feed is of all changes, or some would be missed."""


@blueprint.route("/alerts")
@door.answers(200, AlertPage)
@door.allowed(*door.CLINICAL)
@door.asks(AlertQuery)
def listed(asked: dict[str, Any]) -> Response:
    """Alerts of your units; with `after`, every change of them in the order of commits."""
    if asked["after"] is not None:
        return _feed(asked)
    service, actor = door.service(), door.actor()
    cursor = read_cursor(asked["cursor"], number, instant, name)
    place = dict(zip(("after_priority", "after_at", "after_id"), cursor or (), strict=False))
    state, priority, patient = asked["state"] or OPEN, asked["priority"], asked["patient"]
    bounds = {
        "open": None if state in (ALL, NORMAL) else 1,
        "state": None if state in (OPEN, ALL) else state,
        "unit": reached(actor, asked["unit"]),
        "patient": patient,
        "priority": None if priority is None else PRIORITIES.index(priority),
    }
    limit = asked["limit"]
    found: list[Row] = []
    with service.store.reading():
        if patient is not None:
            look_up.head(service, actor, patient)
        while len(found) <= limit:
            rows = alarms.page(service.store, {**bounds, **place}, limit + 1)
            found += [row for row in rows if alerts.within_reach(actor, row["unit"])]
            if len(rows) <= limit:
                break
            place = _place(rows[-1])
    look_up.note_reading(service, actor, "list.alerts")
    more = None
    if len(found) > limit:
        last = _place(found[limit - 1])
        more = cursor_of([last["after_priority"], last["after_at"].isoformat(), last["after_id"]])
    items = [plain_alert(from_row(row), row, service.alarms_now) for row in found[:limit]]
    return reply(200, {"items": items, "next": more})


def every_open(service: Service, actor: Actor, unit: str | None) -> dict[str, Any]:
    """All open alerts of a unit as the first page tells them, however many: for a terminal."""
    found: list[Row] = []
    place: dict[str, Any] = {}
    with service.store.reading():
        while True:
            bounds = {"open": 1, "unit": unit, **place}
            rows = alarms.page(service.store, bounds, AT_ONCE)
            found += [row for row in rows if alerts.within_reach(actor, row["unit"])]
            if len(rows) < AT_ONCE:
                break
            place = _place(rows[-1])
    look_up.note_reading(service, actor, "list.alerts")
    items = [plain_alert(from_row(row), row, service.alarms_now) for row in found]
    return {"items": items, "next": None}


def _place(row: Row) -> dict[str, Any]:
    return {
        "after_priority": row["priority"],
        "after_at": row["raised_at"],
        "after_id": row["id"],
    }


def _feed(asked: dict[str, Any]) -> Response:
    service, actor = door.service(), door.actor()
    filters = [name for name in FILTERS if asked[name] is not None]
    if filters:
        raise Refused(*(Fault(f"/{each}", "does not go with after") for each in filters))
    after, limit = asked["after"], asked["limit"]
    items: list[dict[str, Any]] = []
    with service.store.reading():
        while len(items) < limit:
            rows = alarms.events_after(service.store, after, AT_ONCE)
            for row in rows:
                after = row["seq"]
                if alerts.within_reach(actor, row["unit_now"]):
                    items.append(plain_event(row))
                if len(items) == limit:
                    break
            if len(rows) < AT_ONCE:
                break
    look_up.note_reading(service, actor, "list.alerts")
    return reply(200, {"items": items, "next": None, "last": after})


@blueprint.route("/alerts/<alert_id>")
@door.answers(200, EventsOut)
@door.allowed(*door.CLINICAL)
def get(alert_id: str) -> Response:
    """One alert with its whole life: who was told, who acted, when and why; and who is next."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        row = alerts.readable(service, actor, alert_id)
        standing = from_row(row)
        rows = alarms.events_of(service.store, alert_id)
        sent = deliveries.of_alarm(service.store, alert_id)
        step = alerts.next_step(service, standing, row["unit"])
    look_up.note_reading(service, actor, "read.alert", row["patient_id"])
    plain = {
        "alert": plain_alert(standing, row, service.alarms_now),
        "next_step": step and {"at": step.at, "to": [plain_told(each) for each in step.to]},
        "items": [plain_event(each) for each in rows],
        "deliveries": [plain_delivery(each) for each in sent],
        "next": None,
    }
    return door.tagged(reply(200, plain), row["seq"])


Sent = dict[str, Any]
Events = Iterable[Event]


@blueprint.route("/alerts/<alert_id>/acknowledge", methods=["POST"])
@door.answers(200, AlertOut, "It is yours until then")
@door.allowed(*door.PERSONS)
@door.takes(AcknowledgeIn)
def acknowledge(sent: Sent, alert_id: str) -> Response:
    """Take an alert, by name, for a while. It sounds again when it worsens or that while ends."""

    said = {**sent, "alarms": door.service().alarms_now}
    return _act(alert_id, _saying(acts.acknowledge, said), "alert.acknowledge")


@blueprint.route("/alerts/<alert_id>/shelve", methods=["POST"])
@door.answers(200, AlertOut, "It is silent until then")
@door.allowed(*door.PERSONS)
@door.takes(EndIn)
def shelve(sent: Sent, alert_id: str) -> Response:
    """Silence an alert until an end, with a reason. A rise breaks it."""

    said = {**sent, "alarms": door.service().alarms_now}
    return _act(alert_id, _saying(acts.shelve, said), "alert.shelve")


@blueprint.route("/alerts/<alert_id>/unshelve", methods=["POST"])
@door.answers(200, AlertOut, "It sounds again")
@door.allowed(*door.PERSONS)
@door.takes(WhyIn)
def unshelve(sent: Sent, alert_id: str) -> Response:
    """End the shelving of an alert before its time."""

    return _act(alert_id, _saying(acts.unshelve, sent), "alert.unshelve")


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

    return _act(alert_id, _saying(acts.resolve, sent), "alert.resolve")


@blueprint.route("/alerts/<alert_id>/hand-over", methods=["POST"])
@door.answers(200, AlertOut, "Both are responsible until it is accepted")
@door.allowed(*door.PERSONS)
@door.takes(HandOverIn)
def hand_over(sent: Sent, alert_id: str) -> Response:
    """Give an alert to somebody else, who has to accept it."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        by, policy = door.actor().name, door.service().alarms_now
        return [
            *acts.hand_over(alarm, by, now, policy, to=sent["to"]),
            *_noted(alarm, by, now, sent["note"]),
        ]

    return _act(alert_id, decide, "alert.hand_over")


@blueprint.route("/alerts/<alert_id>/accept", methods=["POST"])
@door.answers(200, AlertOut, "It is yours")
@door.allowed(*door.PERSONS)
@door.takes(AcceptIn)
def accept(sent: Sent, alert_id: str) -> Response:
    """Accept an alert that was handed over to you."""

    def decide(alarm: Alarm, now: datetime) -> Events:
        by, policy = door.actor().name, door.service().alarms_now
        return [*acts.accept(alarm, by, now, policy), *_noted(alarm, by, now, sent["note"])]

    return _act(alert_id, decide, "alert.accept")


@blueprint.route("/alerts/<alert_id>/out-of-service", methods=["POST"])
@door.answers(200, AlertOut, "Out of service until then")
@door.allowed("physician", "admin")
@door.takes(EndIn)
def out_of_service(sent: Sent, alert_id: str) -> Response:
    """Take an alert out of service for a short while, for maintenance; it ends by itself."""

    said = {**sent, "alarms": door.service().alarms_now}
    return _act(alert_id, _saying(acts.take_out, said), "alert.out_of_service")


@blueprint.route("/alerts/<alert_id>/in-service", methods=["POST"])
@door.answers(200, AlertOut, "It calls again")
@door.allowed("physician", "admin")
@door.takes(WhyIn)
def in_service(sent: Sent, alert_id: str) -> Response:
    """Put an alert back in service before its time."""

    return _act(alert_id, _saying(acts.put_back, sent), "alert.in_service")


def _saying(act: Callable[..., Events], said: Sent) -> alerts.Decide:
    """An act by whoever asks, with what was sent: its fields are named as the act names them."""
    by = door.actor().name
    return lambda alarm, now: act(alarm, by, now, **said)


def _noted(alarm: Alarm, by: str, now: datetime, text: str | None) -> Events:
    return () if text is None else acts.note(alarm, by, now, text=text)


def _act(
    alert_id: str, decide: Callable[[Alarm, datetime], Iterable[Event]], action: str
) -> Response:
    answer = alerts.act(
        door.service(),
        door.actor(),
        alert_id,
        decide,
        lambda standing, row: to_json(plain_alert(standing, row, door.service().alarms_now)),
        action=action,
        keyed=door.keyed(),
        at_change=door.at_version(),
    )
    return door.said(answer)
