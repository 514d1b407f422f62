"""What matters mean for alarms: raised at once, followed up at once, followed down with delay.

| the matter now              | what becomes of its alarm                                  |
| --------------------------- | ---------------------------------------------------------- |
| level above the alarm's     | worsened: every silence ends                               |
| the same level, more urgent | worsened                                                   |
| the same level              | nothing; `repeated` if its words or its window change      |
| a lower level               | eased; if still lower after `hold`: fell, or returned at 0 |
| not known                   | stays as it is; what had begun to fall does so no more     |
| not in the list             | stays as it is                                             |
| lower after a correction    | withdrawn: it stays, and sounds until a person has seen it |

A priority is latched like a level: it falls only with the level. Decisions 0060 and 0061.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from toxmon.alerting import alarm as a
from toxmon.alerting.alarm import Alarm, Event
from toxmon.alerting.inhibition import inhibitions
from toxmon.alerting.life import TOXMON, applied, endings
from toxmon.protocol.alarms import Alarms
from toxmon.timeline.matter import PRIORITIES, Matter, higher

NOTHING: Mapping[str, Any] = {}
VALUES = ("threshold:", "sign:", "steroid:", "dose:breach:")
"""Beside the scales, the matters that rest on values: a correction may take away their ground.

Where the matter is that something is missing or in doubt, a correction is the remedy.
"""


def decide(
    open: Mapping[str, Alarm],
    matters: Sequence[Matter],
    now: datetime,
    alarms: Alarms,
    corrected: Mapping[str, str] = NOTHING,
    closed: Mapping[str, Alarm] = NOTHING,
) -> list[Event]:
    """The events that these matters make, in the order in which they apply.

    `open` and `closed` are alarms of the same scope by key; `corrected` says of facts that were
    corrected or taken back, by id, who made what of them. An open alarm whose matter is not in the
    list is left as it is. Spans that are over by now end first, at their own instants.
    """
    events: list[Event] = []
    standing: dict[str, Alarm] = {}
    for key, alarm in open.items():
        ended, standing[key] = endings(alarm, now)
        events += ended

    def worst_first(matter: Matter) -> tuple[int, str]:
        return -PRIORITIES.index(matter.priority), matter.key

    for matter in sorted(matters, key=worst_first):
        before = standing.get(matter.key)
        if before is not None:
            made = _followed(before, matter, now, alarms, corrected)
        else:
            made = _begun(closed.get(matter.key), matter, now, alarms)
            before = closed.get(matter.key)
        for event in made:
            before = standing[matter.key] = applied(before, event, alarms)
        events += made
    return events + inhibitions(standing, now)


def watch_ended(open: Mapping[str, Alarm], now: datetime, says: str) -> list[Event]:
    """The patient has died or is not watched here any more: nothing sounds, all stays readable."""
    return [
        _event(alarm, a.WATCH_ENDED, now, says=says)
        for _, alarm in sorted(open.items())
        if alarm.signal != a.ENDED
    ]


def watch_resumed(open: Mapping[str, Alarm], now: datetime, says: str) -> list[Event]:
    """The end was corrected, or the patient is back: what was present sounds again."""
    return [
        _event(alarm, a.WATCH_RESUMED, now, says=says)
        for _, alarm in sorted(open.items())
        if alarm.signal == a.ENDED
    ]


def _begun(closed: Alarm | None, matter: Matter, now: datetime, alarms: Alarms) -> list[Event]:
    level = matter.level
    if not level or (closed is not None and matter.over and level <= closed.peak):
        return []
    fresh = matter.at >= now - alarms.rise.within
    lowest = 0 if fresh and not matter.over else level
    if closed is not None:
        lowest = min(lowest, _lowest(closed, now, alarms))
    body = {
        **_words(matter),
        "rule": matter.rule,
        "source": matter.source,
        "level": level,
        "priority": _priority(matter, level - lowest, alarms),
        "since": matter.at,
        "over": matter.over,
        "fresh": fresh and closed is None,
        "more": dict(matter.more),
    }
    kind = a.RAISED if closed is None else a.REOPENED
    return [Event(key=matter.key, kind=kind, at=now, by=TOXMON, body=body)]


def _followed(
    alarm: Alarm, matter: Matter, now: datetime, alarms: Alarms, corrected: Mapping[str, str]
) -> list[Event]:
    level = matter.level
    if matter.over:
        return _was_worse(alarm, matter, now)
    words = _corrected(alarm, level, now, corrected, _rests_on_values(matter))
    if words is not None:
        return [_event(alarm, a.BASIS_CHANGED, now, level=level, says=words)]
    if alarm.signal == a.ENDED:
        return []
    if level is None:
        return [_steady(alarm, now)] if alarm.falling else []
    if alarm.condition != a.PRESENT:
        return [_risen(alarm, matter, level, now, alarms, a.RECURRED)] if level else []
    graver = PRIORITIES.index(matter.priority) > PRIORITIES.index(alarm.priority)
    if level > alarm.level or (level == alarm.level and graver):
        return [_risen(alarm, matter, level, now, alarms, a.WORSENED)]
    if level == alarm.level:
        return _same(alarm, matter, now)
    return _lower(alarm, matter, level, now)


def _was_worse(alarm: Alarm, matter: Matter, now: datetime) -> list[Event]:
    """It was graver in the past than anybody was told: said once, and nobody is called for it."""
    if not matter.level or matter.level <= alarm.peak:
        return []
    return [_event(alarm, a.REPEATED, now, peak=matter.level, was=matter.says, since=matter.at)]


def _rests_on_values(matter: Matter) -> bool:
    return _graded(matter) or matter.key.startswith(VALUES)


def _graded(matter: Matter) -> bool:
    """Is it a syndrome with grades? `crs#1`; all else has its kind before a colon."""
    return ":" not in matter.rule and ":" not in matter.key


def _corrected(
    alarm: Alarm, level: int | None, now: datetime, corrected: Mapping[str, str], values: bool
) -> str | None:
    """Why an alarm has lost its ground, in words; None if it has not.

    It has if a fact that it names was corrected and the level is not what it was, or if the level
    is lower for the first time in the same moment in which something was corrected: which facts
    bear a level changes with every set of vital signs, and not every one is an event.
    """
    if not corrected or not values or alarm.condition == a.WITHDRAWN:
        return None
    if level and level >= alarm.level:
        return None
    named = [corrected[fact] for fact in alarm.facts if fact in corrected]
    steady = alarm.steady_until is not None and now < alarm.steady_until
    first_lower = level is not None and level < alarm.level and alarm.falling is None
    if not named and (not first_lower or steady):
        return None
    words = "; ".join(dict.fromkeys(named or corrected.values()))
    if level is None:
        return f"{words}; what is so now is not known (it was: {alarm.title})"
    if level:
        return f"{words}; other values still make it level {level} (it was: {alarm.title})"
    return f"{words} (it was: {alarm.title})"


def _risen(
    alarm: Alarm, matter: Matter, level: int, now: datetime, alarms: Alarms, kind: str
) -> Event:
    rise = level - _lowest(alarm, now, alarms)
    priority = _priority(matter, rise, alarms)
    if alarm.condition == a.PRESENT:
        priority = higher(priority, alarm.priority)
    return _event(
        alarm, kind, now, level=level, **{**_words(matter), "priority": priority, "rise": rise}
    )


def _lowest(alarm: Alarm, now: datetime, alarms: Alarms) -> int:
    """The lowest level that it stood at within the span of a steep rise, both ends inside."""
    since = now - alarms.rise.within
    ends = [each.at for each in alarm.course[1:]]
    stood = [
        each.level for each, end in zip(alarm.course, [*ends, now], strict=True) if end >= since
    ]
    return min(stood)


def _priority(matter: Matter, rise: int, alarms: Alarms) -> str:
    """A steep rise of a grade is urgent whatever the grade is."""
    if _graded(matter) and rise >= alarms.rise.grades:
        return higher(matter.priority, alarms.rise.priority)
    return matter.priority


def _same(alarm: Alarm, matter: Matter, now: datetime) -> list[Event]:
    told = (alarm.title, alarm.says, alarm.window, alarm.accounts_for)
    new = (matter.title, matter.says, matter.window, matter.accounts_for)
    if alarm.falling is not None:
        return [_steady(alarm, now, **_words(matter))]
    return [_event(alarm, a.REPEATED, now, **_words(matter))] if told != new else []


def _steady(alarm: Alarm, now: datetime, **words: Any) -> Event:
    """It does not fall any more. The next lower level counts when it outlasts the flapping."""
    assert alarm.falling is not None
    hold = alarm.falling.until - alarm.falling.since
    return _event(alarm, a.REPEATED, now, steady_until=now + hold, **words)


def _lower(alarm: Alarm, matter: Matter, level: int, now: datetime) -> list[Event]:
    falling = alarm.falling
    if falling is not None and now < falling.until:
        if level <= falling.level:
            return []
        return [_eased(alarm, level, now, falling.since, falling.until)]
    if falling is not None:
        reached = max(level, falling.level)
    elif not matter.hold:
        reached = level
    elif alarm.steady_until is not None and now < alarm.steady_until:
        return []
    else:
        return [_eased(alarm, level, now, now, now + matter.hold)]
    if not reached:
        return [_event(alarm, a.RETURNED_TO_NORMAL, now, says=matter.says)]
    if reached == level:
        words = {**_words(matter), "priority": matter.priority}
        return [_event(alarm, a.FELL, now, level=reached, **words)]
    # It was seen lower still, but not for long enough: that begins to count now.
    return [
        _event(alarm, a.FELL, now, level=reached),
        _eased(alarm, level, now, now, now + matter.hold),
    ]


def _eased(alarm: Alarm, level: int, now: datetime, since: datetime, until: datetime) -> Event:
    return _event(alarm, a.EASED, now, level=level, since=since, until=until)


def _words(matter: Matter) -> dict[str, Any]:
    return {
        "title": matter.title,
        "says": matter.says,
        "window": matter.window,
        "facts": list(matter.facts),
        "accounts_for": list(matter.accounts_for),
    }


def _event(alarm: Alarm, kind: str, now: datetime, **body: Any) -> Event:
    return Event(key=alarm.key, kind=kind, at=now, by=TOXMON, body=body)
