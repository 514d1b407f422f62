"""A canary: an invented patient is graded, alarmed for, and written and read, again and again.

A process that answers may still grade nothing, or keep nothing. Each time the same bedside set
goes the way that a real one goes, and the answer must be the one that a clinician worked out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from toxmon.actions import Service
from toxmon.alerting import decide, life
from toxmon.alerting.alarm import RAISED
from toxmon.grading.course import fold, opening
from toxmon.grading.facts import Fact
from toxmon.grading.grade import Grade
from toxmon.grading.treatment import Treatment
from toxmon.store import beats
from toxmon.timeline.matter import HIGH, Matter

log = logging.getLogger("toxmon.scheduler")

NAME = "canary"
INFUSED_AT = datetime(2026, 3, 1, 8, tzinfo=UTC)
MEASURED_AT = INFUSED_AT + timedelta(days=3)
BEDSIDE = (
    ("body_temperature", Decimal("39.1")),
    ("systolic_bp", Decimal(84)),
    ("diastolic_bp", Decimal(50)),
    ("oxygen_saturation", Decimal(97)),
    ("oxygen_device", "room_air"),
    ("vasopressors", ("norepinephrine",)),
    ("ice_score", Decimal(6)),
    ("consciousness", "alert"),
)
EXPECTED = {"crs": 3, "icans": 2}
"""Fever, and hypotension on one vasopressor: CRS 3. ICE 6 of 10: ICANS 2 at least (ASTCT 2019)."""


@dataclass(frozen=True, slots=True)
class Sung:
    """What the canary found wrong; nothing when all is well."""

    wrong: str | None


def sing(service: Service, by: str) -> Sung:
    """Grade, alarm, write and read, and note it. Raises StoreError when nothing can be noted."""
    now = service.clock()
    try:
        wrong = graded(service) or alarmed(service, now)
    except Exception as error:
        log.exception("the canary could not be graded")
        wrong = f"the canary could not be graded ({type(error).__name__})"
    with service.store.writing():
        beats.put(service.store, NAME, now, by, wrong)
    read = beats.get(service.store, NAME)
    # Another process may have sung since; an older note means that the write was lost.
    if read is None or read["at"] < now - timedelta(milliseconds=1):
        wrong = "what was written could not be read again"
    return Sung(wrong)


def graded(service: Service) -> str | None:
    """What is wrong with the grades of the invented patient."""
    treatment = Treatment(INFUSED_AT, date(1961, 5, 2), service.zone)
    policy = service.protocols.policies[service.policy_name].policy
    facts = [Fact(f"canary-{kind}", kind, value, MEASURED_AT) for kind, value in BEDSIDE]
    folded = fold(opening(facts, treatment, policy), facts, MEASURED_AT, treatment, policy)
    for scale, expected in EXPECTED.items():
        found = folded.grades.get(scale)
        if not isinstance(found, Grade) or found.low != expected:
            got = "nothing" if not isinstance(found, Grade) else f"{found.low} to {found.high}"
            return f"{scale} of the canary is {expected}, and was graded {got}"
    return None


def alarmed(service: Service, now: datetime) -> str | None:
    """What is wrong with the alarm that a grade 3 must raise."""
    policy = service.alarms_now
    matter = Matter(
        key="crs#1",
        rule="crs",
        level=EXPECTED["crs"],
        at=now,
        priority=HIGH,
        title="CRS grade 3",
        says="an invented patient",
        source="canary",
    )
    events = decide.decide({}, [matter], now, policy, {}, {})
    if [event.kind for event in events] != [RAISED]:
        return f"a CRS of grade 3 raised {[event.kind for event in events]} and not one alarm"
    alarm = life.applied(None, events[0], policy)
    if alarm.priority != HIGH or alarm.closed_at is not None:
        return f"a CRS of grade 3 raised an alarm that is {alarm.priority} and {alarm.state}"
    return None
