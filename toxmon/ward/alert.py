"""One alert: its whole life, and what a person does with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson
from flask import Response, request

from toxmon.actions import Conflicting, Refused, alerts, look_up
from toxmon.actions.register import Standing, from_row
from toxmon.alerting import acts
from toxmon.alerting import alarm as a
from toxmon.alerting.alarm import Alarm, Event
from toxmon.store import Row, alarms, deliveries
from toxmon.ward import banner, door, live, shown
from toxmon.ward.alerts import Item
from toxmon.ward.colleagues import others
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later

ON_SCREEN = "acknowledged on the screen"
"""The reason of an acknowledgement by one tap: words of the record, in one language."""
SLIP = "undone on the screen"
WORDS = {
    a.RAISED: later("Raised"), a.REPEATED: later("Told again in other words"),
    a.WORSENED: later("Rose"), a.EASED: later("Seen lower"), a.FELL: later("Fell"),
    a.RETURNED_TO_NORMAL: later("Back to normal"), a.RECURRED: later("So again"),
    a.REOPENED: later("Raised again"),
    a.BASIS_CHANGED: later("Lost its ground: a value was corrected"),
    a.ACKED: later("Acknowledged"), a.UNACKED: later("Acknowledgement undone"),
    a.DOCUMENTED: later("Assessed"), a.LAPSED: later("Acknowledgement ended"),
    a.SHELF_BEGAN: later("Shelved"), a.UNSHELVED: later("Unshelved"),
    a.SHELF_ENDED: later("Shelving ended"), a.TAKEN_OUT: later("Out of service"),
    a.PUT_BACK: later("Back in service"), a.NOTED: later("Note"), a.ESCALATED: later("Escalated"),
    a.HANDED_OVER: later("Handed over"), a.ACCEPTED: later("Accepted"),
    a.INHIBITION_BEGAN: later("Another alert tells of it"),
    a.INHIBITION_ENDED: later("Heard again by itself"), a.RESOLVED: later("Resolved"),
    a.WATCH_ENDED: later("The watch ended"), a.WATCH_RESUMED: later("The watch goes on"),
}  # fmt: skip
SAID = ("says", "reason", "text")
MINUTES = ("5", "10", "20", "30")
OUT_MINUTES = ("15", "30", "60", "120")


class Taken(Exception):
    """Somebody else has the alert; `by` whom, since `at`."""

    def __init__(self, by: str, at: datetime) -> None:
        super().__init__(by)
        self.by, self.at = by, at


@door.page("/alerts/<alert_id>", *door.CLINICAL)
def alert(alert_id: str) -> Response:
    """Everything that became of one alert: raised, told, taken, ended."""
    return _drawn(alert_id, Form())


@door.page("/alerts/<alert_id>/acknowledge", *door.PERSONS, methods=("POST",))
def acknowledge(alert_id: str) -> Response:
    """Take an alert by one tap. Where somebody has it already nothing is recorded."""
    policy, by = door.service().alarms_now, door.actor().name
    over = request.form.get("over") == "1"

    def decide(alarm: Alarm, now: datetime) -> Iterable[Event]:
        if alarm.signal == a.ACKNOWLEDGED and alarm.holder is not None:
            if alarm.holder == by:
                raise Taken(by, now)  # A second tap of the same person.
            if not over:
                raise Taken(alarm.holder, alarm.held_since or now)
        return acts.acknowledge(alarm, by, now, policy, reason=ON_SCREEN)

    try:
        row = act(alert_id, decide, "alert.acknowledge")
    except Taken as found:
        if found.by == by:
            return door.go(place_before(alert_id))
        return door.render(
            "alert_taken.html", 409, alert_id=alert_id, by=found.by, at=found.at, back=_asked_back()
        )
    return door.go(place_before(alert_id, row))


@door.page("/alerts/<alert_id>/unacknowledge", *door.PERSONS, methods=("POST",))
def unacknowledge(alert_id: str) -> Response:
    """Undo one's own acknowledgement, at once: a slip."""
    by = door.actor().name
    row = act(
        alert_id,
        lambda alarm, now: acts.take_back(alarm, by, now, reason=SLIP),
        "alert.unacknowledge",
    )
    return door.go(place_before(alert_id, row))


@door.page("/alerts/<alert_id>/note", *door.PERSONS, methods=("POST",))
def note(alert_id: str) -> Response:
    """Words for whoever reads the alert next."""
    form, by = posted(), door.actor().name
    text = form.text("text", _("Note"), required=True, most=2000)
    return done(
        alert_id,
        form,
        lambda alarm, now: acts.note(alarm, by, now, text=text or ""),
        "alert.note",
    )


@door.page("/alerts/<alert_id>/shelve", *door.PERSONS, methods=("POST",))
def shelve(alert_id: str) -> Response:
    """Silence an alert until an end, with a reason. A rise breaks it."""
    form, by, policy = posted(), door.actor().name, door.service().alarms_now
    chosen = form.choice("minutes", _("For how long"), MINUTES, required=True)
    reason = form.text("reason", _("Reason"), required=True)
    span = timedelta(minutes=int(chosen or 0))
    return done(
        alert_id,
        form,
        lambda alarm, now: acts.shelve(
            alarm, by, now, policy, until=now + span, reason=reason or ""
        ),
        "alert.shelve",
        {"/until": "minutes", "/reason": "reason"},
    )


@door.page("/alerts/<alert_id>/unshelve", *door.PERSONS, methods=("POST",))
def unshelve(alert_id: str) -> Response:
    """End the shelving of an alert before its time."""
    form, by = posted(), door.actor().name
    reason = form.text("why", _("Reason"), required=True)
    return done(
        alert_id,
        form,
        lambda alarm, now: acts.unshelve(alarm, by, now, reason=reason or ""),
        "alert.unshelve",
        {"/reason": "why"},
    )


Decided = Callable[[Alarm, datetime], Iterable[Event]]


def act(alert_id: str, decide: Decided, action: str) -> Row:
    """Do it, and give the row of the alert: whose it is. Raises Conflicting, Refused, NotFound."""
    found: list[Row] = []

    def kept(standing: Standing, row: Row) -> bytes:
        found.append(row)
        return b"{}"

    alerts.act(
        door.service(), door.actor(), alert_id, decide, kept, action=action, keyed=door.keyed()
    )
    return found[0] if found else {}


def done(
    alert_id: str,
    form: Form,
    decide: Decided,
    action: str,
    names: dict[str, str] | None = None,
) -> Response:
    """Do what a form says, or show it again with what is wrong."""
    if not form.faults:
        try:
            act(alert_id, decide, action)
            return door.go("alert", alert_id=alert_id)
        except Refused as error:
            form.take(error.faults, names or {"/text": "text"})
        except Conflicting as error:
            form.fault("", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return _drawn(alert_id, form, 422)


def _asked_back() -> str:
    return door.own_path(request.form.get("back"))


def place_before(alert_id: str, row: Row | None = None) -> str:
    """Where the tap came from, at the line of the patient."""
    back = _asked_back().partition("#")[0]
    if back == "/":
        return f"/alerts/{alert_id}"
    patient_id = (row or {}).get("patient_id")
    return f"{back}#r{patient_id}" if patient_id and back.startswith("/ward/") else back


def _drawn(alert_id: str, form: Form, status: int = 200) -> Response:
    service, actor = door.service(), door.actor()
    with service.store.reading():
        row = alerts.readable(service, actor, alert_id)
        standing = from_row(row)
        rows = alarms.events_of(service.store, alert_id)
        sent = deliveries.of_alarm(service.store, alert_id)
        step = alerts.next_step(service, standing, row["unit"])
        now = shown.now()
        to = others(row["unit"], standing.alarm.holder, now)
    patient_id, alarm = row["patient_id"], standing.alarm
    if patient_id is None:
        look_up.note_looking(service, actor, "read.alert")
    return door.render(
        "alert.html",
        status,
        frame=live.frame(),
        patient=banner.of(patient_id) if patient_id else None,
        item=Item(standing, row, None, step),
        events=[_event(each) for each in rows],
        sent=[_sent(each) for each in sent],
        form=form,
        errors=form.faults,
        minutes=[(each, _("%(n)s min", n=each)) for each in MINUTES],
        back=f"/alerts/{alert_id}",
        out_minutes=[(each, _("%(n)s min", n=each)) for each in OUT_MINUTES],
        others=to,
        may_act=actor.role in door.PERSONS,
        may_end=actor.role == "physician" and alarm.open,
        gone=alarm.condition != a.PRESENT or alarm.signal == a.ENDED,
        now=now,
    )


def _event(row: Row) -> dict[str, Any]:
    """A change of the alert as a line: what, when, by whom, and the words it came with."""
    body = orjson.loads(row["body"])
    words = [str(body[name]) for name in SAID if body.get(name)]
    if row["kind"] == a.ESCALATED and body.get("roles"):
        words.append(_("to %(whom)s", whom=", ".join(map(str, body["roles"])).replace("_", " ")))
    if row["kind"] == a.HANDED_OVER:
        words.append(_("to %(whom)s", whom=body.get("to", "")))
    return {
        "what": _(WORDS[row["kind"]]) if row["kind"] in WORDS else row["kind"],
        "at": row["recorded_at"],
        "by": row["recorded_by"],
        "words": "; ".join(words),
        "until": datetime.fromisoformat(body["until"]) if body.get("until") else None,
    }


def _sent(row: Row) -> dict[str, Any]:
    state = "waits" if row["due_at"] else ("sent" if row["sent_at"] else "given up")
    return {"to": row["recipient"], "channel": row["channel"], "state": state,
            "at": row["sent_at"] or row["made_at"]}  # fmt: skip
