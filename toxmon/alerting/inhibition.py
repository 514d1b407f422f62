"""Which alarms are silent because another one that is on the list tells of them too.

The graver tells it all: an alarm is inhibited by one that accounts for it, is present, is at least
as urgent and is itself heard or in somebody's hands. A syndrome is never inhibited: ICANS does not
hide CRS. What is inhibited is on the list and on record all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from toxmon.alerting import alarm as a
from toxmon.alerting.alarm import Alarm, Event
from toxmon.alerting.life import TOXMON
from toxmon.timeline.matter import PRIORITIES

TELLING = (a.SOUNDING, a.ACKNOWLEDGED, a.SHELVED)
ANY_ENDING = "*"


def inhibitions(standing: Mapping[str, Alarm], now: datetime) -> list[Event]:
    """Inhibitions that begin or end among the alarms of a scope as they stand now."""
    events = []
    hushed: set[str] = set()
    for key, alarm in sorted(standing.items(), key=_gravest_first):
        if not alarm.open or alarm.signal == a.ENDED:
            continue
        over = [each for each in standing.values() if _tells_of(each, alarm, hushed)]
        if over:
            hushed.add(key)
        if any(each.key == alarm.inhibited_by for each in over):
            continue
        if over and (alarm.condition == a.PRESENT or alarm.inhibited_by):
            by = over[0]
            body = {"by_key": by.key, "says": f"{by.title} tells of it too"}
            events.append(
                Event(key=key, kind=a.INHIBITION_BEGAN, at=now, by=TOXMON, body=body),
            )
        elif alarm.inhibited_by:
            body = {"by_key": alarm.inhibited_by, "says": "nothing else tells of it any more"}
            events.append(
                Event(key=key, kind=a.INHIBITION_ENDED, at=now, by=TOXMON, body=body),
            )
    return events


def _gravest_first(item: tuple[str, Alarm]) -> tuple[int, str]:
    return -PRIORITIES.index(item[1].priority), item[0]


def _tells_of(other: Alarm, alarm: Alarm, hushed: set[str]) -> bool:
    return (
        ":" in alarm.key
        and other.key != alarm.key
        and other.key not in hushed
        and other.open
        and other.condition == a.PRESENT
        and other.signal in TELLING
        and PRIORITIES.index(other.priority) >= PRIORITIES.index(alarm.priority)
        and any(_matches(pattern, alarm.key) for pattern in other.accounts_for)
    )


def _matches(pattern: str, key: str) -> bool:
    if pattern.endswith(ANY_ENDING):
        return key.startswith(pattern.removesuffix(ANY_ENDING))
    return key == pattern
