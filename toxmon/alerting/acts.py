"""What a person does with an alarm. Each act is checked and returns its events, or says why not.

Who may do which is the door's to know. Whoever acts has a name, and the name stands in the event.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from toxmon.alerting import alarm as a
from toxmon.alerting.alarm import Alarm, Event
from toxmon.alerting.life import endings
from toxmon.protocol.alarms import Alarms

SHORT = "%d %b %H:%M UTC"
TAKEN_BACK_WITHIN = timedelta(seconds=30)
"""How long an acknowledgement counts as a slip that its person may undo: exclusive."""


class NotPossible(Exception):
    """An act that cannot be done, and what can be done instead.

    `field` names what was sent wrongly; without it the alarm does not stand as the act needs it.
    """

    def __init__(self, words: str, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


def acknowledge(
    alarm: Alarm,
    by: str,
    now: datetime,
    alarms: Alarms,
    *,
    reason: str,
    until: datetime | None = None,
    assessment: str | None = None,
) -> list[Event]:
    """Take an alarm for a while; with an assessment for longer. One that has recovered is over."""
    ended, alarm = _on_the_list(alarm, now)
    _watched(alarm)
    _words("reason", reason)
    if alarm.signal == a.OUT_OF_SERVICE:
        raise NotPossible("the alert is out of service; put it back in service first")
    taken = alarm.acknowledgement
    if alarm.signal == a.ACKNOWLEDGED and taken is not None and alarm.holder == by:
        raise NotPossible(
            f"you have acknowledged it until {taken.until.strftime(SHORT)}; document an assessment "
            "to hold it longer, or hand it over"
        )
    spans = alarms.spans_of(alarm.priority)
    if until is None:
        until = now + spans.acknowledged
    _ahead(until, now)
    if until > now + spans.acknowledged_most:
        raise NotPossible(
            f"an alert of {alarm.priority} priority is acknowledged for at most "
            f"{_span(spans.acknowledged_most)}; name an earlier end, or document an assessment",
            "until",
        )
    events = [
        *ended,
        _event(alarm, a.ACKED, by, now, until=until, reason=reason, level=alarm.level),
    ]
    if assessment is not None and alarm.condition != a.RECOVERED:
        _words("assessment", assessment)
        longer = max(until, now + spans.documented)
        events.append(_event(alarm, a.DOCUMENTED, by, now, until=longer, text=assessment))
    return events


def take_back(alarm: Alarm, by: str, now: datetime, *, reason: str) -> list[Event]:
    """Undo one's own acknowledgement at once: it sounds again as if nobody had touched it."""
    ended, alarm = _on_the_list(alarm, now)
    _watched(alarm)
    _words("reason", reason)
    taken = alarm.acknowledgement
    if alarm.signal != a.ACKNOWLEDGED or taken is None:
        raise NotPossible("nobody has acknowledged the alert; there is nothing to undo")
    if taken.by != by or alarm.holder != by:
        raise NotPossible(f"{alarm.holder} has acknowledged it; acknowledge it to take it")
    if now - taken.at >= TAKEN_BACK_WITHIN:
        seconds = int(TAKEN_BACK_WITHIN.total_seconds())
        raise NotPossible(
            f"you acknowledged it more than {seconds} s ago, and that stands; hand it over"
        )
    return [*ended, _event(alarm, a.UNACKED, by, now, reason=reason)]


def document(alarm: Alarm, by: str, now: datetime, alarms: Alarms, *, text: str) -> list[Event]:
    """Say what was found and done: the acknowledgement then lasts for the longer span from now."""
    ended, alarm = _on_the_list(alarm, now)
    _watched(alarm)
    _words("text", text)
    taken = alarm.acknowledgement
    if alarm.signal != a.ACKNOWLEDGED or taken is None:
        raise NotPossible("nobody has acknowledged the alert; acknowledge it with the assessment")
    until = max(taken.until, now + alarms.spans_of(alarm.priority).documented)
    return [*ended, _event(alarm, a.DOCUMENTED, by, now, until=until, text=text)]


def shelve(
    alarm: Alarm, by: str, now: datetime, alarms: Alarms, *, until: datetime, reason: str
) -> list[Event]:
    """Silence an alarm until an end that is near, a few times at most."""
    ended, alarm = _on_the_list(alarm, now)
    _watched(alarm)
    _words("reason", reason)
    if alarm.signal == a.ACKNOWLEDGED:
        raise NotPossible("somebody has acknowledged the alert, and it calls nobody; leave it so")
    if alarm.signal == a.OUT_OF_SERVICE:
        raise NotPossible("the alert is out of service, and it calls nobody; put it back first")
    _calls_somebody(alarm)
    if alarm.signal == a.INHIBITED:
        raise NotPossible(f"another alert tells of it ({alarm.inhibited_by}); shelve that one")
    if alarm.signal == a.SHELVED:
        raise NotPossible("the alert is shelved; unshelve it before you shelve it anew")
    spans = alarms.spans_of(alarm.priority)
    if alarm.shelved_times >= spans.shelved_times:
        raise NotPossible(
            f"the alert was shelved {alarm.shelved_times} times, which is the most; acknowledge it"
        )
    _ahead(until, now)
    if until > now + spans.shelved_most:
        raise NotPossible(
            f"an alert of {alarm.priority} priority is shelved for at most "
            f"{_span(spans.shelved_most)}; name an earlier end, or acknowledge it",
            "until",
        )
    return [*ended, _event(alarm, a.SHELF_BEGAN, by, now, until=until, reason=reason)]


def unshelve(alarm: Alarm, by: str, now: datetime, *, reason: str) -> list[Event]:
    """End shelving before its time."""
    ended, alarm = _on_the_list(alarm, now)
    _words("reason", reason)
    if alarm.signal != a.SHELVED:
        raise NotPossible("the alert is not shelved; there is nothing to end")
    return [*ended, _event(alarm, a.UNSHELVED, by, now, reason=reason)]


def take_out(
    alarm: Alarm, by: str, now: datetime, alarms: Alarms, *, until: datetime, reason: str
) -> list[Event]:
    """Take an alarm out of service, for maintenance, until an end."""
    ended, alarm = _on_the_list(alarm, now)
    _watched(alarm)
    _words("reason", reason)
    if alarm.signal == a.OUT_OF_SERVICE:
        raise NotPossible("the alert is out of service; put it back before you take it out anew")
    _calls_somebody(alarm)
    _ahead(until, now)
    most = alarms.out_of_service_most.value
    if until > now + most:
        raise NotPossible(
            f"an alert is out of service for at most {_span(most)}; name an earlier end", "until"
        )
    return [*ended, _event(alarm, a.TAKEN_OUT, by, now, until=until, reason=reason)]


def put_back(alarm: Alarm, by: str, now: datetime, *, reason: str) -> list[Event]:
    """Put an alarm back in service before its time."""
    ended, alarm = _on_the_list(alarm, now)
    _words("reason", reason)
    if alarm.signal != a.OUT_OF_SERVICE:
        raise NotPossible("the alert is in service; there is nothing to put back")
    return [*ended, _event(alarm, a.PUT_BACK, by, now, reason=reason)]


def note(alarm: Alarm, by: str, now: datetime, *, text: str) -> list[Event]:
    """Words for whoever reads it next. They can be added to an alarm that is over as well."""
    _words("text", text)
    return [_event(alarm, a.NOTED, by, now, text=text)]


def hand_over(alarm: Alarm, by: str, now: datetime, alarms: Alarms, *, to: str) -> list[Event]:
    """Give an alarm that somebody has to somebody else; both have it until that is accepted."""
    ended, alarm = _on_the_list(alarm, now)
    _watched(alarm)
    _words("to", to)
    if alarm.signal != a.ACKNOWLEDGED:
        raise NotPossible("nobody has the alert, so it cannot be handed over; acknowledge it")
    if to == alarm.holder:
        raise NotPossible(f"{to} has the alert; name somebody else", "to")
    accept_until = now + alarms.hand_over.value
    body = {"from": alarm.holder, "to": to, "accept_until": accept_until}
    return [*ended, _event(alarm, a.HANDED_OVER, by, now, **body)]


def accept(alarm: Alarm, by: str, now: datetime, alarms: Alarms) -> list[Event]:
    """Take what was handed over. `alarms` is not asked: its span began with the hand-over."""
    ended, alarm = _on_the_list(alarm, now)
    given = alarm.hand_over
    if given is None:
        raise NotPossible("nobody has handed the alert over; acknowledge it to take it")
    if given.to != by:
        raise NotPossible(
            f"the alert was handed over to {given.to}, not to {by}; acknowledge it to take it"
        )
    return [*ended, _event(alarm, a.ACCEPTED, by, now)]


def resolve(alarm: Alarm, by: str, now: datetime, *, reason: str) -> list[Event]:
    """Say that an alarm is over. Not while it is so at the bedside of a patient who is watched."""
    ended, alarm = _on_the_list(alarm, now)
    _words("reason", reason)
    if alarm.condition == a.PRESENT and alarm.signal != a.ENDED:
        raise NotPossible(
            "what the alert tells of is still so, or nobody has seen that it is not; chart what is "
            "found, or acknowledge it"
        )
    return [*ended, _event(alarm, a.RESOLVED, by, now, reason=reason)]


def _on_the_list(alarm: Alarm, now: datetime) -> tuple[list[Event], Alarm]:
    """The alarm after the spans that are over by now, and their events: an act comes after them."""
    if not alarm.open:
        raise NotPossible("the alert is over and back to normal; add a note if something is amiss")
    return endings(alarm, now)


def _watched(alarm: Alarm) -> None:
    if alarm.signal == a.ENDED:
        raise NotPossible(
            "the watch of this patient has ended and nothing sounds; add a note, or resolve it"
        )


def _calls_somebody(alarm: Alarm) -> None:
    if alarm.signal == a.QUIET:
        raise NotPossible(
            "the alert calls nobody, for it was over before it was told; acknowledge it"
        )


def _words(field: str, words: str) -> None:
    if not words.strip():
        raise NotPossible("is empty; say it in words", field)


def _ahead(until: datetime, now: datetime) -> None:
    if until <= now:
        raise NotPossible(
            f"is not after now, {now.strftime(SHORT)}; name an end that is to come", "until"
        )


def _span(span: Any) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 120 and minutes % 60 == 0 else f"{minutes} min"


def _event(alarm: Alarm, kind: str, by: str, now: datetime, **body: Any) -> Event:
    return Event(key=alarm.key, kind=kind, at=now, by=by, body=body)
