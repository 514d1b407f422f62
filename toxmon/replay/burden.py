"""How much a course would have been called for: by priority, by day, by rule, and at night.

An alert is counted when it is raised, or raised again after it was over. A call is each time that
an alert begins to sound: when it is raised, worsens, comes back, or nobody renewed its
acknowledgement. A step is each time that it went to somebody else because nobody took it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, tzinfo

from toxmon.alerting.alarm import RAISED, REOPENED
from toxmon.replay.stage import Played
from toxmon.timeline.matter import PRIORITIES

BUDGET: Mapping[str, int] = {"high": 2, "medium": 4}
"""Calls on one patient-day, at the most: toxmon policy, a proposal for clinical sign-off."""
NIGHT_FROM, NIGHT_UNTIL = time(22), time(6)
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Burden:
    """What one policy would have asked of the ward for one patient."""

    policy: str
    patient_days: float
    alerts: Mapping[str, int]
    calls: Mapping[str, int]
    steps: Mapping[str, int]
    days: int
    days_above: Mapping[str, int]
    rules: tuple[tuple[str, str, int, int], ...]
    """(key, its last title, alerts, calls), those that call most often first."""
    at_night: int

    def a_day(self, counts: Mapping[str, int], priority: str) -> float:
        """So many on a patient-day."""
        return counts[priority] / self.patient_days if self.patient_days else 0.0

    @property
    def night_share(self) -> float | None:
        """Which share of all calls came between 22:00 and 06:00; None without a call."""
        total = sum(self.calls.values())
        return self.at_night / total if total else None


def burden(played: Played, zone: tzinfo) -> Burden:
    """What a played course would have asked of the ward."""
    alerts, calls, steps = Counter[str](), Counter[str](), Counter[str]()
    of_day: Counter[tuple[object, str]] = Counter()
    raised_of, calls_of = Counter[str](), Counter[str]()
    titles: dict[str, str] = {}
    at_night = 0
    for rang in played.rang:
        titles[rang.key] = rang.title
        if rang.event in (RAISED, REOPENED):
            alerts[rang.priority] += 1
            raised_of[rang.key] += 1
        elif rang.step == 0:
            local = rang.at.astimezone(zone)
            calls[rang.priority] += 1
            calls_of[rang.key] += 1
            of_day[local.date(), rang.priority] += 1
            at_night += _at_night(local.time())
        elif rang.step is not None:
            steps[rang.priority] += 1
    first, last = (at.astimezone(zone).date() for at in (played.from_at, played.until_at))
    keys = sorted(raised_of | calls_of, key=lambda key: (-calls_of[key], key))
    return Burden(
        policy=played.policy,
        patient_days=(played.until_at - played.from_at).total_seconds() / DAY_S,
        alerts=_by_priority(alerts),
        calls=_by_priority(calls),
        steps=_by_priority(steps),
        days=(last - first).days + 1,
        days_above={
            priority: sum(count > most for (_, named), count in of_day.items() if named == priority)
            for priority, most in BUDGET.items()
        },
        rules=tuple((key, titles[key], raised_of[key], calls_of[key]) for key in keys),
        at_night=at_night,
    )


def _at_night(at: time) -> bool:
    return at >= NIGHT_FROM or at < NIGHT_UNTIL


def _by_priority(counts: Counter[str]) -> dict[str, int]:
    return {priority: counts[priority] for priority in reversed(PRIORITIES)}
