"""Who has an alert: what was found, to whom it goes on, who accepts it, and that it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask import Response

from toxmon.alerting import acts
from toxmon.alerting.alarm import Alarm, Event
from toxmon.ward import door
from toxmon.ward.alert import OUT_MINUTES, Taken, act, done, place_before
from toxmon.ward.form import posted
from toxmon.ward.language import _


@door.page("/alerts/<alert_id>/assess", *door.PERSONS, methods=("POST",))
def assess(alert_id: str) -> Response:
    """What was found and done about an alert that somebody has; it is held for longer then."""
    form, by, policy = posted(), door.actor().name, door.service().alarms_now
    text = form.text("found", _("What was found and done"), required=True, most=2000)
    return done(
        alert_id,
        form,
        lambda alarm, now: acts.document(alarm, by, now, policy, text=text or ""),
        "alert.note",
        {"/text": "found"},
    )


@door.page("/alerts/<alert_id>/hand-over", *door.PERSONS, methods=("POST",))
def hand_over(alert_id: str) -> Response:
    """Give an alert to somebody else, who has to accept it; both have it until then."""
    form, by, policy = posted(), door.actor().name, door.service().alarms_now
    to = form.text("to", _("To whom"), required=True)
    word = form.text("word", _("What they should know"))

    def decide(alarm: Alarm, now: datetime) -> Iterable[Event]:
        yield from acts.hand_over(alarm, by, now, policy, to=to or "")
        if word is not None:
            yield from acts.note(alarm, by, now, text=word)

    return done(alert_id, form, decide, "alert.hand_over", {"/to": "to", "/text": "word"})


@door.page("/alerts/<alert_id>/accept", *door.PERSONS, methods=("POST",))
def accept(alert_id: str) -> Response:
    """Accept an alert that was handed over to you, by one tap."""
    by, policy = door.actor().name, door.service().alarms_now

    def decide(alarm: Alarm, now: datetime) -> Iterable[Event]:
        if alarm.hand_over is None and alarm.holder == by:
            raise Taken(by, now)  # A second tap of the same person.
        return acts.accept(alarm, by, now, policy)

    try:
        row = act(alert_id, decide, "alert.accept")
    except Taken:
        return door.go(place_before(alert_id))
    return door.go(place_before(alert_id, row))


@door.page("/alerts/<alert_id>/resolve", "physician", methods=("POST",))
def resolve(alert_id: str) -> Response:
    """Say that an alert is over. Not while what it tells of is still so."""
    form, by = posted(), door.actor().name
    reason = form.text("over", _("Why it is over"), required=True)
    return done(
        alert_id,
        form,
        lambda alarm, now: acts.resolve(alarm, by, now, reason=reason or ""),
        "alert.resolve",
        {"/reason": "over"},
    )


@door.page("/alerts/<alert_id>/out-of-service", "physician", methods=("POST",))
def out_of_service(alert_id: str) -> Response:
    """Take an alert out of service for a short while, for maintenance; it ends by itself."""
    form, by, policy = posted(), door.actor().name, door.service().alarms_now
    chosen = form.choice("out_minutes", _("For how long"), OUT_MINUTES, required=True)
    reason = form.text("out_reason", _("What is maintained"), required=True)
    span = timedelta(minutes=int(chosen or 0))
    return done(
        alert_id,
        form,
        lambda alarm, now: acts.take_out(
            alarm, by, now, policy, until=now + span, reason=reason or ""
        ),
        "alert.out_of_service",
        {"/until": "out_minutes", "/reason": "out_reason"},
    )


@door.page("/alerts/<alert_id>/in-service", "physician", methods=("POST",))
def in_service(alert_id: str) -> Response:
    """Put an alert back in service before its time."""
    form, by = posted(), door.actor().name
    reason = form.text("in_reason", _("Reason"), required=True)
    return done(
        alert_id,
        form,
        lambda alarm, now: acts.put_back(alarm, by, now, reason=reason or ""),
        "alert.in_service",
        {"/reason": "in_reason"},
    )
