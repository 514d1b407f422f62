"""Whom to tell when: the steps of a chain, the roster's shifts, its gaps, and hand-over.

Shifts are half-open: who comes at 07:30 has it from 07:30 on, who goes at 07:30 has it until then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.alerting.alarm import ACKNOWLEDGED, HANDED_OVER, LAPSED, SOUNDING, Alarm, Event
from toxmon.protocol.alarms import ANY_UNIT, Alarms, Chain

SHIFT_OVER = "the shift of {} is over and nobody else has the role of {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A person has a role in a unit from `from_at` until `until_at`, which is not inside."""

    id: str
    unit: str
    role: str
    person: str
    channel: str | None
    from_at: datetime
    until_at: datetime

    def serves(self, unit: str) -> bool:
        """Does it count for a unit? A shift of `*` serves every unit."""
        return self.unit in (unit, ANY_UNIT)

    def covers(self, at: datetime) -> bool:
        """Is it on at this instant?"""
        return self.from_at <= at < self.until_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Nobody has a role in a unit from `from_at` until `until_at`."""

    unit: str
    role: str
    from_at: datetime
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The step to take now: which, how often it was repeated, whom, and since when it was due.

    `missed` steps before it were due as well and nobody took them; the first was due `first_at`.
    """

    step: int
    turn: int
    at: datetime
    first_at: datetime
    missed: int
    roles: tuple[str, ...]


_CHAINS: dict[tuple[int, str, str, bool], tuple[Alarms, Chain]] = {}
MOST_KEPT = 200


def chain_of(alarms: Alarms, unit: str, priority: str, technical: bool) -> Chain:
    """`Alarms.chain`, looked up once: a policy is loaded once and never changed.

    The policy is kept beside its answer, so that its identity cannot be another's.
    """
    key = (id(alarms), unit, priority, technical)
    known = _CHAINS.get(key)
    if known is None or known[0] is not alarms:
        if len(_CHAINS) >= MOST_KEPT:
            _CHAINS.clear()
        known = _CHAINS[key] = (alarms, alarms.chain(unit, priority, technical=technical))
    return known[1]


def step_at(alarm: Alarm, chain: Chain) -> datetime | None:
    """When the next step of its chain is due; None while it does not sound."""
    if not alarm.open or alarm.signal != SOUNDING or alarm.sounding_since is None:
        return None
    return alarm.sounding_since + _after(chain, alarm.step + alarm.turns)


def due_by(alarm: Alarm, chain: Chain, now: datetime) -> Due | None:
    """The step that is due by now, or None. Those before it that were missed are told with it."""
    first_at = step_at(alarm, chain)
    if first_at is None or first_at > now or alarm.sounding_since is None:
        return None
    first = newest = alarm.step + alarm.turns
    sounded = now - alarm.sounding_since
    last = len(chain.steps) - 1
    while newest < last and _after(chain, newest + 1) <= sounded:
        newest += 1
    if newest >= last:
        newest = max(newest, last + (sounded - chain.steps[last].after) // chain.repeat)
    step = min(newest, last)
    told = [*chain.steps[step].roles]
    for place, each in enumerate(chain.steps[:step]):
        if place >= first or place < alarm.again:
            told += each.roles
    if alarm.again > step:
        told += [role for each in chain.steps[step : alarm.again] for role in each.roles]
    return Due(
        step=step,
        turn=newest - step,
        at=alarm.sounding_since + _after(chain, newest),
        first_at=first_at,
        missed=newest - first,
        roles=tuple(dict.fromkeys(told)),
    )


def _after(chain: Chain, taken: int) -> timedelta:
    """How long after it began to sound the step comes that follows `taken` others."""
    last = len(chain.steps) - 1
    if taken <= last:
        return chain.steps[taken].after
    return chain.steps[last].after + (taken - last) * chain.repeat


def on_call(shifts: Iterable[Shift], unit: str, role: str, at: datetime) -> tuple[Shift, ...]:
    """Who has a role in a unit at an instant; several may, the longest on duty first."""
    found = [each for each in shifts if each.role == role and each.serves(unit) and each.covers(at)]
    return tuple(sorted(found, key=lambda each: (each.from_at, each.id)))


def gaps(
    shifts: Iterable[Shift],
    unit: str,
    roles: Iterable[str],
    from_at: datetime,
    until_at: datetime,
) -> tuple[Gap, ...]:
    """When nobody has a role within a span, by role in the order given, then by time."""
    known = sorted(shifts, key=lambda each: each.from_at)
    found = []
    for role in roles:
        covered = from_at
        for each in known:
            if each.role != role or not each.serves(unit) or each.until_at <= covered:
                continue
            start = min(each.from_at, until_at)
            if start > covered:
                found.append(Gap(unit=unit, role=role, from_at=covered, until_at=start))
            covered = each.until_at
        if covered < until_at:
            found.append(Gap(unit=unit, role=role, from_at=covered, until_at=until_at))
    return tuple(found)


def hand_over_at(alarm: Alarm, shifts: Iterable[Shift]) -> datetime | None:
    """When the holder's shift ends, so that somebody else should have the alarm; else None."""
    shift = _last_shift(alarm, shifts)
    return shift.until_at if shift is not None else None


def hand_overs(alarm: Alarm, shifts: Iterable[Shift], now: datetime, alarms: Alarms) -> list[Event]:
    """At the end of the holder's shift: hand it to whoever comes; to nobody means it sounds again.

    It is handed over at the end of the shift, and has to be accepted within the policy's span of
    `now`, when the incoming person is told of it.
    """
    shifts = tuple(shifts)
    shift = _last_shift(alarm, shifts)
    if shift is None or shift.until_at > now:
        return []
    at = shift.until_at
    coming = [
        each
        for when in (now, at)
        for each in on_call(shifts, shift.unit, shift.role, when)
        if each.person != alarm.holder
    ]
    if not coming:
        reason = SHIFT_OVER.format(alarm.holder, shift.role)
        return [Event(key=alarm.key, kind=LAPSED, at=at, by="toxmon", body={"reason": reason})]
    body = {
        "from": alarm.holder,
        "to": coming[0].person,
        "role": shift.role,
        "accept_until": now + alarms.hand_over.value,
    }
    return [Event(key=alarm.key, kind=HANDED_OVER, at=at, by="toxmon", body=body)]


def _last_shift(alarm: Alarm, shifts: Iterable[Shift]) -> Shift | None:
    """The holder's shift that ends last after the alarm was taken.

    Who has it without being on the roster hands it over by hand; until then the span of the
    acknowledgement ends by itself.
    """
    since = alarm.held_since
    if not alarm.open or alarm.signal != ACKNOWLEDGED or alarm.hand_over or since is None:
        return None
    mine = [each for each in shifts if each.person == alarm.holder and each.until_at > since]
    # A later shift that does not follow at once is another day, not this one going on.
    running: Shift | None = None
    for each in sorted(mine, key=lambda each: (each.from_at, each.until_at, each.id)):
        starts_in_time = each.from_at <= (running.until_at if running else since)
        if starts_in_time and (running is None or each.until_at > running.until_at):
            running = each
    return running
