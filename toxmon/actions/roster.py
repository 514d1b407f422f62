"""Who is on call: shifts are added, replaced and taken off, each by name; gaps are seen ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from toxmon.actions import (
    Actor,
    Conflicting,
    Fault,
    Forbidden,
    NotFound,
    Refused,
    Service,
    audit,
    technical,
    telling,
)
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.alerting.chain import Gap, gaps
from toxmon.store import Row, Store, ids, rosters

RULE = "technical:roster"
LONGEST = timedelta(days=31)
KEPT_BACK = timedelta(days=14)
"""A role is kept on the roster of a unit while it had a shift within this span."""
ANY_UNIT = "*"


def add(
    service: Service,
    actor: Actor,
    shift: Row,
    render: Callable[[Row], bytes],
    *,
    replaces_id: str | None = None,
    reason: str | None = None,
    ended: bool = False,
    keyed: Keyed | None = None,
) -> Answer:
    """Add a shift (unit, role, person, channel, from_at, until_at), or replace or end one.

    Raises Refused naming each fault, NotFound, Conflicting, Forbidden.
    """
    store = service.store
    if not actor.may_see(shift["unit"]):
        raise Forbidden("this token does not reach that unit")
    wrong = faults(service, shift)
    if wrong:
        raise Refused(*wrong)
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        if replaces_id is not None:
            _check_replaced(store, actor, replaces_id)
        row: Row = {
            "id": ids.new_id(now),
            **{name: shift[name] for name in ("unit", "role", "person", "channel")},
            "from_at": shift["from_at"],
            "until_at": shift["until_at"],
            "ended": int(ended),
            "recorded_at": now,
            "recorded_by": actor.name,
            "replaces_id": replaces_id,
            "reason": reason,
        }
        rosters.add(store, row)
        audit.note(service, actor, now, "roster", detail={"shift": row["id"]}, rows=[row])
        look_ahead(service, now)
        answer = Answer(201, render(row))
        keep_answer(store, actor, keyed, answer, now)
    service.wake()
    return answer


def _check_replaced(store: Store, actor: Actor, shift_id: str) -> None:
    old = rosters.get(store, shift_id)
    if old is None or not actor.may_see(old["unit"]):
        raise NotFound("no such shift")
    if old["replaced_by"] is not None:
        raise Conflicting(f"it was replaced already, by {old['replaced_by']}; change that one")


def faults(service: Service, shift: Row) -> list[Fault]:
    """What is wrong with a shift."""
    found = []
    known = sorted(roles(service))
    if shift["role"] not in known:
        words = f"is no role of the alarm policy; send one of: {', '.join(known)}"
        found.append(Fault("/role", words))
    if shift["channel"] is not None and shift["channel"] not in service.channels:
        names = ", ".join(sorted(service.channels)) or "none is configured"
        found.append(Fault("/channel", f"is no channel of this server; there are: {names}"))
    if shift["until_at"] <= shift["from_at"]:
        found.append(Fault("/until", "is not after from"))
    elif shift["until_at"] - shift["from_at"] > LONGEST:
        found.append(Fault("/until", f"is more than {LONGEST.days} days after from"))
    return found


def roles(service: Service) -> set[str]:
    """Every role that a chain calls."""
    policy = service.alarms_now
    called = {role for chain in policy.chains for step in chain.steps for role in step.roles}
    return called | {policy.fallback_role.value}


def holes(service: Service, now: datetime) -> list[Gap]:
    """Times within the look-ahead at which a role that is kept on a roster has nobody."""
    until = now + service.alarms_now.look_ahead.value
    rows = rosters.between(service.store, now - KEPT_BACK, until)
    shifts = [telling.shift(row) for row in rows]
    kept = sorted({(each.unit, each.role) for each in shifts})
    return [gap for unit, role in kept for gap in gaps(shifts, unit, [role], now, until)]


def look_ahead(service: Service, now: datetime) -> None:
    """Tell of gaps, by unit, and of those that were filled. Only inside `writing`."""
    by_unit: dict[str, list[Gap]] = {}
    for gap in holes(service, now):
        by_unit.setdefault(gap.unit, []).append(gap)
    with_alarm = technical.scopes_with(service, RULE)
    for unit in sorted({*by_unit, *with_alarm}):
        found = by_unit.get(unit, [])
        spans = "; ".join(_span(service, gap) for gap in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        says = f"nobody is on call in {unit}: {spans}{more}" if found else "every hour is covered"
        so = technical.matter(
            service, RULE, "", int(bool(found)), "The roster has a gap", says, now
        )
        technical.decide(service, None if unit == ANY_UNIT else unit, [so], now)


def _span(service: Service, gap: Gap) -> str:
    since, until = (at.astimezone(service.zone) for at in (gap.from_at, gap.until_at))
    return f"{gap.role} from {since:%d %b %H:%M} to {until:%d %b %H:%M}"
