"""Which records are one dose, and how many doses count where.

Two records of a drug that lie close together may be one dose that two people charted. They are
never made one by a program: they are counted both ways until a person says which is true (decision
0088). A reserved or released dose counts as a dose that is given at its planned time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from toxmon.dosing.drug import Handling
from toxmon.dosing.situation import Given, Held, Situation

GIVEN, POSSIBLY = "given", "possibly_the_same"
FAR = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Start:
    """A dose that counts: when it began (None: not known), and which group of records it is in.

    Records of one group may be one dose. `not_after` bounds a time that is not known.
    """

    id: str
    at: datetime | None
    mg: Decimal | None
    state: str
    by: str
    group: int
    not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many doses: at least `certain`, at most `possible`; `facts` are those counted."""

    certain: int
    possible: int
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every dose that counts, in the order of time, and the groups that may be one dose each."""

    starts: tuple[Start, ...]
    groups: tuple[tuple[str, ...], ...]


def ledger(situation: Situation, handling: Handling, t: datetime) -> Ledger:
    """What is counted for a dose at `t`; the same for every policy of a drug."""
    found = starts(situation, handling, t)
    groups: dict[int, list[str]] = {}
    for each in found:
        groups.setdefault(each.group, []).append(each.id)
    return Ledger(found, tuple(tuple(ids) for ids in groups.values() if len(ids) > 1))


def starts(situation: Situation, handling: Handling, t: datetime) -> tuple[Start, ...]:
    """Every dose that counts, in the order of time; those without a time come last."""
    doses = sorted(
        (each for each in situation.doses if handling.stopped_counts or not each.stopped),
        key=_order,
    )
    found: list[Start] = []
    group, members = -1, list[Given]()
    for dose in doses:
        if not _may_be_one(members, dose, situation, handling.duplicate_within):
            group, members = group + 1, []
        members.append(dose)
        at, not_after = _utc(dose.at), _utc(dose.not_after)
        found.append(Start(dose.fact, at, dose.mg, GIVEN, dose.by, group, not_after))
    now = situation.now or t
    for held in situation.held:
        if is_active(held, now):
            group += 1
            at = held.at.astimezone(UTC)
            found.append(Start(held.permission, at, held.mg, held.state, held.by, group))
    return tuple(sorted(found, key=lambda each: (each.at or FAR, each.id)))


def is_active(held: Held, now: datetime) -> bool:
    """Does a permission still count at `now`? A reservation ends at its lapse, exclusive."""
    return held.until_at is None or now < held.until_at


def unreconciled(
    situation: Situation, handling: Handling, t: datetime
) -> tuple[tuple[str, ...], ...]:
    """The groups of records that may be one dose each, and about which a person must say."""
    return ledger(situation, handling, t).groups


def in_window(
    found: Iterable[Start], end: datetime, span: timedelta, *, unknown: bool = False
) -> Count:
    """The starts in the half-open (end - span, end]; a dose exactly `span` ago has left it.

    `unknown`: with those whose time is not known and may lie in it.
    """
    began = end - span
    inside: list[Start] = []
    outside: set[int] = set()
    maybe = 0
    ids: list[str] = []
    for each in found:
        if each.at is None:
            if unknown and may_be_after(each, began):
                maybe += 1
                ids.append(each.id)
        elif began < each.at <= end:
            inside.append(each)
            ids.append(each.id)
        else:
            outside.add(each.group)
    certain = {each.group for each in inside} - outside
    return Count(len(certain), len(inside) + maybe, tuple(ids))


def of_treatment(found: Iterable[Start], situation: Situation, before: timedelta) -> Count:
    """The doses of a treatment, from `before` its infusion (inclusive) to the next (exclusive).

    All of them where there is no infusion. One whose time is not known counts.
    """
    return _counted(found, lambda each: is_of_treatment(each, situation, before))


def is_of_treatment(start: Start, situation: Situation, before: timedelta) -> bool:
    """Does a dose count to the treatment?"""
    if start.at is None:
        return True
    began_at = _utc(situation.began_at)
    if began_at is not None and start.at < began_at - before:
        return False
    return situation.ended_at is None or start.at < situation.ended_at


def since(found: Iterable[Start], onset_at: datetime) -> Count:
    """The doses from the onset of an episode on, inclusive, and those that may have been."""

    def counts(each: Start) -> bool:
        latest = each.at or each.not_after
        return latest is None or latest >= onset_at

    return _counted(found, counts)


def may_be_after(start: Start, at: datetime) -> bool:
    """Can a dose whose time is not known have begun after `at`?"""
    return start.not_after is None or start.not_after > at


def _counted(found: Iterable[Start], counts: Callable[[Start], bool]) -> Count:
    """A dose counts certainly only if it does whichever of its records is the true one."""
    every = tuple(found)
    inside = tuple(each for each in every if counts(each))
    outside = {each.group for each in every if not counts(each)}
    groups = {each.group for each in inside} - outside
    return Count(len(groups), len(inside), tuple(each.id for each in inside))


def _order(dose: Given) -> tuple[datetime, str]:
    return (dose.at.astimezone(UTC) if dose.at is not None else FAR, dose.fact)


def _may_be_one(
    members: Sequence[Given], dose: Given, situation: Situation, within: timedelta
) -> bool:
    """May a record be of the dose that these are records of? Measured from the first of them."""
    first = _utc(members[0].at) if members else None
    at = _utc(dose.at)
    if first is None or at is None or at - first > within:
        return False
    return all(as_pair(each.fact, dose.fact) not in situation.distinct for each in members)


def _utc(at: datetime | None) -> datetime | None:
    """Differences within one zone are of the clock on the wall: only in UTC are they of time."""
    return None if at is None else at.astimezone(UTC)


def as_pair(one: str, other: str) -> tuple[str, str]:
    """Two records, in the order in which a pair of them is kept."""
    first, second = sorted((one, other))
    return first, second


def others(found: Sequence[Start], start: Start) -> Iterable[Start]:
    """Every other start that is certainly another dose."""
    return (each for each in found if each.group != start.group)
