"""The life of one alarm: what an event makes of it, and what time alone does to it.

An alarm is a fold of its events. Each event carries every instant and every word that it set, so
the alarm is the same whenever it is made again, whatever the policy says by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from toxmon.alerting import alarm as a
from toxmon.alerting.alarm import Acknowledgement, Alarm, Event, Falling, HandOver, Stood
from toxmon.alerting.chain import due_by, step_at
from toxmon.protocol.alarms import Alarms, Chain
from toxmon.timeline.matter import PRIORITIES

TOXMON = "toxmon"
COURSE_KEPT = 16
SPAN_OVER, NOT_ACCEPTED = "its span is over", "the hand-over was not accepted"


def applied(alarm: Alarm | None, event: Event, alarms: Alarms) -> Alarm:
    """The alarm after an event. `alarms` is not asked: what it said then stands in the event.

    Raises ValueError for an event that is not of this alarm.
    """
    if alarm is None:
        if event.kind != a.RAISED:
            raise ValueError(f"{event.key}: {event.kind} of an alarm that was never raised")
        return _raised(event)
    if alarm.key != event.key or event.kind not in CHANGES:
        raise ValueError(f"{alarm.key}: {event.kind} of {event.key} is no event of this alarm")
    return replace(CHANGES[event.kind](alarm, event), changed_at=event.at)


def passing(alarm: Alarm, now: datetime, alarms: Alarms, chain: Chain) -> list[Event]:
    """What time alone does to an alarm until `now`, each at its own instant.

    Steps of the chain that nobody looked at in time become one escalation, to all who should have
    been told by now; it says how late the first of them is.
    """
    events, alarm = endings(alarm, now)
    due = due_by(alarm, chain, now)
    if due is not None:
        body = {
            "step": due.step,
            "turn": due.turn,
            "roles": list(due.roles),
            "missed": due.missed,
            "late_seconds": int((now - due.first_at).total_seconds()),
        }
        events.append(
            Event(key=alarm.key, kind=a.ESCALATED, at=due.at, by=TOXMON, body=body),
        )
    return events


def endings(alarm: Alarm, now: datetime) -> tuple[list[Event], Alarm]:
    """The spans that are over by `now` (at their end, not after it), and the alarm after them."""
    events: list[Event] = []
    while (event := _next_end(alarm)) is not None and event.at <= now:
        events.append(event)
        alarm = replace(CHANGES[event.kind](alarm, event), changed_at=event.at)
    return events, alarm


def next_at(alarm: Alarm, alarms: Alarms, chain: Chain) -> datetime | None:
    """When time alone next changes an alarm, or allows it to follow a lower level; else None."""
    if not alarm.open or alarm.signal == a.ENDED:
        return None
    end = _next_end(alarm)
    instants = (
        end.at if end else None,
        step_at(alarm, chain),
        alarm.falling.until if alarm.falling else None,
    )
    return min((at for at in instants if at is not None), default=None)


def _next_end(alarm: Alarm) -> Event | None:
    if not alarm.open:
        return None
    ends: list[tuple[datetime, str, str]] = []
    if alarm.signal == a.ACKNOWLEDGED and alarm.acknowledgement is not None:
        ends.append((alarm.acknowledgement.until, a.LAPSED, SPAN_OVER))
        if alarm.hand_over is not None:
            ends.append((alarm.hand_over.accept_until, a.LAPSED, NOT_ACCEPTED))
    elif alarm.until is not None:
        kind = a.SHELF_ENDED if alarm.signal == a.SHELVED else a.PUT_BACK
        ends.append((alarm.until, kind, SPAN_OVER))
    if not ends:
        return None
    at, kind, why = min(ends)
    return Event(key=alarm.key, kind=kind, at=at, by=TOXMON, body={"reason": why})


def _raised(event: Event) -> Alarm:
    body = event.body
    level = int(body["level"])
    # Where it began lately there was nothing before; of an old one nobody knows how it rose.
    course = (Stood(level=0, at=event.at),) if body["fresh"] else ()
    return Alarm(
        key=event.key,
        rule=body["rule"],
        title=body["title"],
        says=body["says"],
        source=body["source"],
        level=level,
        peak=level,
        priority=body["priority"],
        at=body["since"],
        raised_at=event.at,
        changed_at=event.at,
        window=body["window"],
        facts=tuple(body["facts"]),
        accounts_for=tuple(body["accounts_for"]),
        condition=a.RECOVERED if body["over"] else a.PRESENT,
        signal=a.QUIET if body["over"] else a.SOUNDING,
        sounding_since=None if body["over"] else event.at,
        course=(*course, Stood(level=level, at=event.at)),
        more=dict(body["more"]),
    )


def _reopened(alarm: Alarm, event: Event) -> Alarm:
    fresh = _raised(event)
    return replace(
        fresh,
        peak=max(alarm.peak, fresh.peak),
        course=(*alarm.course, *fresh.course)[-COURSE_KEPT:],
        repeats=alarm.repeats,
    )


def _rearmed(alarm: Alarm, at: datetime) -> Alarm:
    """It sounds from `at` on and nobody has it, unless another alarm tells of it already."""
    return replace(
        _nobodys(alarm),
        signal=a.INHIBITED if alarm.inhibited_by else a.SOUNDING,
        sounding_since=at,
        step=0,
        turns=0,
    )


def _nobodys(alarm: Alarm) -> Alarm:
    return replace(
        alarm, acknowledgement=None, hand_over=None, holder=None, held_since=None, until=None
    )


def _told_anew(alarm: Alarm, at: datetime) -> Alarm:
    return replace(_rearmed(alarm, at), again=max(alarm.again, alarm.step))


def _worded(alarm: Alarm, body: Mapping[str, object]) -> Alarm:
    """With the words, facts and window that an event brings."""
    names = {"title", "says", "window", "facts", "accounts_for", "priority"}
    known = {name: value for name, value in body.items() if name in names}
    for name in ("facts", "accounts_for"):
        if isinstance(listed := known.get(name), list):
            known[name] = tuple(listed)
    return replace(alarm, **known)  # type: ignore[arg-type]


def _at_level(alarm: Alarm, level: int, at: datetime) -> Alarm:
    course = (*alarm.course, Stood(level=level, at=at))[-COURSE_KEPT:]
    return replace(
        alarm,
        level=level,
        peak=max(alarm.peak, level),
        falling=None,
        steady_until=None,
        course=course,
    )


def _risen(alarm: Alarm, event: Event) -> Alarm:
    """It rose, or is so again. What sounds for as much already goes on: its chain is not late."""
    after = _at_level(_worded(alarm, event.body), int(event.body["level"]), event.at)
    after = replace(after, condition=a.PRESENT)
    graver = PRIORITIES.index(after.priority) > PRIORITIES.index(alarm.priority)
    if alarm.signal == a.SOUNDING and after.level <= alarm.peak and not graver:
        return after
    return _told_anew(after, event.at)


def _repeated(alarm: Alarm, event: Event) -> Alarm:
    after = _worded(alarm, event.body)
    return replace(
        after,
        peak=max(alarm.peak, int(event.body.get("peak", 0))),
        repeats=alarm.repeats + 1,
        falling=None,
        steady_until=event.body.get("steady_until"),
    )


def _eased(alarm: Alarm, event: Event) -> Alarm:
    body = event.body
    return replace(
        alarm,
        falling=Falling(level=body["level"], since=body["since"], until=body["until"]),
        steady_until=None,
    )


def _fell(alarm: Alarm, event: Event) -> Alarm:
    return _at_level(_worded(alarm, event.body), int(event.body["level"]), event.at)


def _returned(alarm: Alarm, event: Event) -> Alarm:
    after = replace(_at_level(alarm, 0, event.at), condition=a.RECOVERED)
    # A named person has seen it: that was the act that lets it go.
    return _closed(after, event) if alarm.signal == a.ACKNOWLEDGED else after


def _closed(alarm: Alarm, event: Event) -> Alarm:
    return replace(
        _nobodys(alarm),
        acknowledgement=alarm.acknowledgement,
        inhibited_by=None,
        falling=None,
        sounding_since=None,
        closed_at=event.at,
    )


def _withdrawn(alarm: Alarm, event: Event) -> Alarm:
    level = event.body.get("level")
    after = replace(alarm, says=event.body["says"], falling=None, steady_until=None)
    if level is not None:
        after = _at_level(after, int(level), event.at)
    after = replace(after, condition=a.PRESENT if level else a.WITHDRAWN)
    if alarm.signal == a.ENDED:
        return after
    return _told_anew(replace(after, inhibited_by=None), event.at)


def _acknowledged(alarm: Alarm, event: Event) -> Alarm:
    body = event.body
    taken = Acknowledgement(
        by=event.by, at=event.at, until=body["until"], reason=body["reason"], level=body["level"]
    )
    after = replace(
        _nobodys(alarm),
        signal=a.ACKNOWLEDGED,
        acknowledgement=taken,
        holder=event.by,
        held_since=event.at,
    )
    return _closed(after, event) if alarm.condition == a.RECOVERED else after


def _unacknowledged(alarm: Alarm, event: Event) -> Alarm:
    """A slip is undone: the chain goes on as if nobody had touched it, and is not begun anew."""
    return replace(
        _nobodys(alarm),
        signal=a.INHIBITED if alarm.inhibited_by else a.SOUNDING,
        sounding_since=alarm.sounding_since or event.at,
    )


def _documented(alarm: Alarm, event: Event) -> Alarm:
    taken = alarm.acknowledgement
    if taken is None:
        raise ValueError(f"{alarm.key}: documented, and nobody had acknowledged it")
    taken = replace(taken, until=event.body["until"], documented=True)
    return replace(alarm, acknowledgement=taken)


def _shelved(alarm: Alarm, event: Event) -> Alarm:
    return replace(
        _nobodys(alarm),
        signal=a.SHELVED,
        until=event.body["until"],
        shelved_times=alarm.shelved_times + 1,
    )


def _taken_out(alarm: Alarm, event: Event) -> Alarm:
    return replace(_nobodys(alarm), signal=a.OUT_OF_SERVICE, until=event.body["until"])


def _again(alarm: Alarm, event: Event) -> Alarm:
    return _rearmed(alarm, event.at)


def _noted(alarm: Alarm, event: Event) -> Alarm:
    return alarm


def _escalated(alarm: Alarm, event: Event) -> Alarm:
    return replace(alarm, step=event.body["step"] + 1, turns=event.body["turn"], again=0)


def _handed_over(alarm: Alarm, event: Event) -> Alarm:
    body = event.body
    given = HandOver(
        from_=body["from"], to=body["to"], at=event.at, accept_until=body["accept_until"]
    )
    return replace(alarm, hand_over=given)


def _accepted(alarm: Alarm, event: Event) -> Alarm:
    return replace(alarm, hand_over=None, holder=event.by, held_since=event.at)


def _inhibited(alarm: Alarm, event: Event) -> Alarm:
    signal = a.INHIBITED if alarm.signal == a.SOUNDING else alarm.signal
    return replace(alarm, inhibited_by=event.body["by_key"], signal=signal)


def _released(alarm: Alarm, event: Event) -> Alarm:
    after = replace(alarm, inhibited_by=None)
    if alarm.signal != a.INHIBITED:
        return after
    if alarm.condition == a.RECOVERED:
        return replace(after, signal=a.QUIET, sounding_since=None)
    return _rearmed(after, event.at)


def _resolved(alarm: Alarm, event: Event) -> Alarm:
    return _closed(alarm, event)


def _watch_ended(alarm: Alarm, event: Event) -> Alarm:
    return replace(
        _nobodys(alarm), signal=a.ENDED, inhibited_by=None, falling=None, sounding_since=None
    )


def _watch_resumed(alarm: Alarm, event: Event) -> Alarm:
    if alarm.condition == a.RECOVERED:
        return replace(alarm, signal=a.QUIET)
    return _told_anew(alarm, event.at)


CHANGES: Mapping[str, Callable[[Alarm, Event], Alarm]] = {
    a.REOPENED: _reopened,
    a.REPEATED: _repeated,
    a.WORSENED: _risen,
    a.RECURRED: _risen,
    a.EASED: _eased,
    a.FELL: _fell,
    a.RETURNED_TO_NORMAL: _returned,
    a.BASIS_CHANGED: _withdrawn,
    a.ACKED: _acknowledged,
    a.UNACKED: _unacknowledged,
    a.DOCUMENTED: _documented,
    a.LAPSED: _again,
    a.SHELF_BEGAN: _shelved,
    a.UNSHELVED: _again,
    a.SHELF_ENDED: _again,
    a.TAKEN_OUT: _taken_out,
    a.PUT_BACK: _again,
    a.NOTED: _noted,
    a.ESCALATED: _escalated,
    a.HANDED_OVER: _handed_over,
    a.ACCEPTED: _accepted,
    a.INHIBITION_BEGAN: _inhibited,
    a.INHIBITION_ENDED: _released,
    a.RESOLVED: _resolved,
    a.WATCH_ENDED: _watch_ended,
    a.WATCH_RESUMED: _watch_resumed,
}
"""What each event makes of an alarm; `raised` makes one."""
