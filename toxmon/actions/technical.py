"""Technical alarms: the watch itself is in trouble. They have their own scope and no patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from toxmon.actions import SYSTEM, Actor, Service, audit, events
from toxmon.actions.register import Register, Standing, from_row
from toxmon.store import Row, alarms, technicals
from toxmon.timeline.matter import HIGH, Matter

SITE = "site"
GIVEN_UP = "technical:scheduler"
SOURCE = "toxmon policy"


def given_up(service: Service, treatment_id: str, level: int, says: str, now: datetime) -> Matter:
    """That nobody looks after a treatment any more: 1 it is so, 0 it is over."""
    return matter(service, GIVEN_UP, treatment_id, level, "A patient is NOT MONITORED", says, now)


def monitored_again(service: Service, unit: str | None, treatment_id: str, now: datetime) -> None:
    """What was given up on goes well again. Only inside `writing`."""
    so = given_up(service, treatment_id, 0, "the patient is watched again", now)
    decide(service, unit, [so], now)


def scope_of(unit: str | None) -> str:
    """The scope of a technical matter: of one unit, or of the whole site."""
    return SITE if unit is None else f"unit:{unit}"


def matter(
    service: Service, rule: str, name: str, level: int, title: str, says: str, now: datetime
) -> Matter:
    """A technical matter. `name` tells apart matters of one rule: which feed, which receiver."""
    known = service.alarms_now.matter(rule)
    return Matter(
        key=f"{rule}:{name}" if name else rule,
        rule=rule,
        level=level,
        at=now,
        priority=known.of(level) if known is not None else HIGH,
        title=title,
        says=says,
        source=SOURCE,
    )


def decide(service: Service, unit: str | None, so: Sequence[Matter], now: datetime) -> list[Row]:
    """Raise, follow or end technical alarms of a unit or the site. Only inside `writing`.

    Returns the events that were kept; the caller's transaction has them.
    """
    register = opened(service, unit, now)
    scope = scope_of(unit)
    register.decide(scope, None, so, service.alarms_now)
    return closed(register, scope)


def let_time_pass(service: Service, scope: str, now: datetime) -> list[Row]:
    """Lapses and escalation of the technical alarms of a scope. Only inside `writing`."""
    unit = None if scope == SITE else scope.removeprefix("unit:")
    return closed(opened(service, unit, now), scope)


def opened(service: Service, unit: str | None, now: datetime) -> Register:
    """The register of a unit's or the site's technical alarms."""
    rows = alarms.open_of_scope(service.store, scope_of(unit))
    found: dict[str, Standing] = {row["id"]: from_row(row) for row in rows}
    return Register(service, now, found, unit=unit)


def closed(
    register: Register, scope: str, actor: Actor = SYSTEM, action: str = "alarm"
) -> list[Row]:
    """Let time pass, keep what changed, and note when to look again."""
    for standing in list(register.open(scope).values()):
        register.pass_time(standing)
    register.keep()
    events.keep(
        register.service, register.happened, register.now,
        patient_id=None, unit=register.unit, version=None,
    )  # fmt: skip
    next_at = register.next_at(scope)
    technicals.put(register.store, scope, next_at)
    if register.rows:
        # No patient's version leads to these rows; their own ids do.
        detail = {"events": [row["id"] for row in register.rows]}
        audit.note(register.service, actor, register.now, action, detail=detail, rows=register.rows)
    return register.rows


def scopes_with(service: Service, rule: str) -> list[str]:
    """The units that have an open alarm of a rule; `*` is the site."""
    rows = alarms.open_of_rule(service.store, rule)
    return ["*" if row["unit"] is None else row["unit"] for row in rows]
