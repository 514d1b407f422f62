"""Facts of one patient charted anew in another's record, and taken back where they were.

What was charted is never changed: a fact that moves is a new fact, and the old one is replaced by
a retraction that says where it went. A fact that comes back to where it once stood replaces that
retraction, so that it has the id of its first record again, and a treatment the name it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon.actions import Actor, Conflicting, Refused, Service, audit, record, running
from toxmon.actions.dose_records import DISTINCT
from toxmon.actions.record import INFUSION, RETRACTED, Charted, Outcome
from toxmon.actions.statement import taken_back
from toxmon.dosing.counting import as_pair
from toxmon.grading.facts import Value
from toxmon.saved import load_value
from toxmon.store import Row, Store, facts, ids, merges, origins

MOVED_FROM = "moved_from"
"""In the detail of a fact that was moved: the patient and the fact that it was before."""
NEAR = timedelta(hours=48)
"""Two infusions that lie nearer may be one that two systems have charted."""


class Chains:
    """All facts of a patient, and how they replace each other."""

    def __init__(self, store: Store, patient_id: str) -> None:
        self.rows = {row["id"]: row for row in facts.every(store, patient_id)}
        self.newer = {row["replaces_id"]: row for row in self.rows.values() if row["replaces_id"]}
        self._places = {id_: place for place, id_ in enumerate(self.rows)}

    def root(self, fact_id: str) -> str:
        """The first of a fact's corrections."""
        while (before := self.rows[fact_id]["replaces_id"]) is not None:
            fact_id = before
        return fact_id

    def end(self, fact_id: str) -> Row:
        """The last of a fact's corrections, which may be a retraction."""
        row = self.rows[fact_id]
        while row["id"] in self.newer:
            row = self.newer[row["id"]]
        return row

    def chain(self, fact_id: str) -> list[str]:
        """The ids of a fact and of all that it replaced."""
        found = [fact_id]
        while (before := self.rows[found[-1]]["replaces_id"]) is not None:
            found.append(before)
        return found

    def place(self, row: Row) -> int:
        """Where a fact stands in the order of charting."""
        return self._places[row["id"]]

    def was_moved(self, row: Row) -> bool:
        """Did a fact come from another record?"""
        first = self.rows[self.root(row["id"])]
        return first["detail"] is not None and MOVED_FROM in orjson.loads(first["detail"])

    def standing_again(self, fact_id: str, words: str) -> Charted:
        """A fact that was taken back by a move, as it is charted in its place again."""
        row = self.rows[fact_id]
        return _anew(row, self.end(fact_id), {}, "", words)

    def standing(self) -> list[Row]:
        """The facts that stand, in the order of charting."""
        return [
            row
            for row in self.rows.values()
            if row["id"] not in self.newer and row["status"] != RETRACTED
        ]


@dataclass(frozen=True, slots=True)
class Carried:
    """What was moved. `moved`: (the fact before, the first record of it now).

    `already`: (the fact before, the fact that was there and is the same infusion). `near`: facts of
    infusions in both records that lie close together and may be one.
    """

    id: str
    moved: tuple[tuple[str, str], ...]
    already: tuple[tuple[str, str], ...]
    near: tuple[tuple[str, str], ...]
    into: Outcome | None
    gone: Outcome


def carry(
    service: Service,
    actor: Actor,
    kind: str,
    rows: Sequence[Row],
    gone: Chains,
    into: Chains,
    heads: tuple[Row, Row],
    reason: str,
    now: datetime,
    *,
    undoes_id: str | None = None,
    also: Sequence[Charted] = (),
) -> Carried:
    """Chart `rows`, which stand in one record, in the other, and keep what was moved.

    `heads`: of the record that they stand in and of the other, each with its `id`. `undoes_id`:
    the merge that is undone by it, and `also` what is charted beside it then. Everything is refused
    before anything is kept. Raises Conflicting. Only inside `writing`.
    """
    gone_id, into_id = (head["id"] for head in heads)
    store = service.store
    # Gather.
    twins = merges.twins(store, gone_id, into_id)

    # Decide.
    already = {} if undoes_id else _already(rows, into)
    fresh = [row for row in rows if row["id"] not in already]
    given = ids.new_ids(now, len(fresh))
    known, charted, pairs = dict[str, str](), list[Charted](), list[tuple[Row, str]]()
    ends: list[Row | None] = []
    for row, new in zip(fresh, given, strict=True):
        twin = twins.get(gone.root(row["id"]))
        end = into.end(twin) if twin is not None and twin in into.rows else None
        again = end is not None and end["status"] == RETRACTED
        to_root = str(twin) if again else new
        ends.append(end if again else None)
        pairs.append((row, to_root))
        known |= dict.fromkeys(gone.chain(row["id"]), to_root)
    for was, same in already.items():
        known |= dict.fromkeys(gone.chain(was), into.root(same))
    words = f"moved here from the record {gone_id}: {reason}"
    for row, end in zip(fresh, ends, strict=True):
        charted.append(_anew(row, end, known, gone_id, words))
    charted += also
    _check_times(service, charted, now, heads[1])
    back = f"moved to the record {into_id}: {reason}"
    taken = [taken_back(row, back) for row in rows]

    # Keep.
    given += ids.new_ids(now, len(also))
    outcome = None
    if charted or undoes_id:
        outcome = record.keep(service, actor, into_id, charted, action=f"{kind}.chart", given=given)
    left = record.keep(service, actor, gone_id, taken, action=f"{kind}.take_back")
    # Who has sent a fact goes on with it where it lies now.
    for (row, to_root), new in zip(pairs, given, strict=False):
        origins.moved(store, (gone.root(row["id"]), row["id"]), (to_root, new), into_id)
    if any(_tells_what_runs(row) for row in rows):
        outcome = _with(running.follow(service, actor, into_id, ""), outcome)
        left = _with(running.follow(service, actor, gone_id, ""), left) or left
    merge_id = ids.new_id(now)
    merge = {
        "id": merge_id,
        "kind": kind,
        "gone_id": gone_id,
        "into_id": into_id,
        "undoes_id": undoes_id,
        "reason": reason,
        "recorded_at": max(each.recorded_at for each in (outcome, left) if each is not None),
        "recorded_by": actor.name,
    }
    moved = [
        {
            "merge_id": merge_id,
            "from_id": row["id"],
            "from_root": gone.root(row["id"]),
            "to_root": to_root,
            "already": 0,
        }
        for row, to_root in pairs
    ]
    moved += [
        {
            "merge_id": merge_id,
            "from_id": was,
            "from_root": gone.root(was),
            "to_root": into.root(same),
            "already": 1,
        }
        for was, same in already.items()
    ]
    merges.add(store, merge, moved)
    # An infusion that was there has a sender of its own: what this one changes waits for a person.
    detail = {"merge": merge_id, "patient": into_id}
    audit.note(
        service,
        actor,
        merge["recorded_at"],
        kind,
        patient_id=gone_id,
        detail=detail,
        rows=[merge, *moved],
    )
    return Carried(
        merge_id,
        tuple((row["id"], to_root) for row, to_root in pairs),
        tuple(already.items()),
        tuple(_near(fresh, into)),
        outcome,
        left,
    )


def _tells_what_runs(row: Row) -> bool:
    return row["kind"] == running.KIND or running.is_running(row)


def _with(after: Outcome | None, before: Outcome | None) -> Outcome | None:
    """What was kept in a record in two steps, as one."""
    if after is None or before is None:
        return after or before
    return replace(after, alarms=(*before.alarms, *after.alarms))


def _already(rows: Iterable[Row], into: Chains) -> dict[str, str]:
    """By the id of an infusion, the same one in the other record: product and instant are equal."""
    there = {
        (row["value"], row["effective_at"]): row["id"]
        for row in into.standing()
        if row["kind"] == INFUSION
    }
    return {
        row["id"]: there[row["value"], row["effective_at"]]
        for row in rows
        if row["kind"] == INFUSION and (row["value"], row["effective_at"]) in there
    }


def _near(rows: Iterable[Row], into: Chains) -> list[tuple[str, str]]:
    """Pairs of infusions, one of each record, that may be one."""
    there = [row for row in into.standing() if row["kind"] == INFUSION]
    return [
        (row["id"], other["id"])
        for row in rows
        if row["kind"] == INFUSION
        for other in there
        if abs(row["effective_at"] - other["effective_at"]) <= NEAR
    ]


def _anew(row: Row, end: Row | None, known: Mapping[str, str], gone_id: str, words: str) -> Charted:
    """A fact as it is charted in the other record. `end`: the retraction that it replaces."""
    detail = _detail(row, known)
    if end is None:
        detail = {**(detail or {}), MOVED_FROM: {"patient": gone_id, "fact": row["id"]}}
    return Charted(
        kind=row["kind"],
        value=_value(row, known),
        effective_at=row["effective_at"],
        sent=None if row["sent"] is None else _renamed(orjson.loads(row["sent"]), known),
        detail=detail,
        until_at=row["until_at"],
        status=row["status"],
        doubt=row["doubt"],
        replaces_id=end["id"] if end is not None else None,
        reason=words if end is not None else None,
    )


def _detail(row: Row, known: Mapping[str, str]) -> dict[str, Any] | None:
    """What a fact says beside its value, without where it was moved from before."""
    if row["detail"] is None:
        return None
    detail: dict[str, Any] = orjson.loads(row["detail"])
    was_moved = detail.pop(MOVED_FROM, None) is not None
    found: dict[str, Any] = _renamed(detail, known)
    return None if was_moved and not found else found


def _value(row: Row, known: Mapping[str, str]) -> Value:
    value = load_value(row["value"])
    if row["kind"] == DISTINCT and isinstance(value, tuple):
        one, other = (known.get(each, each) for each in value)
        return as_pair(one, other)
    return value


def _renamed(plain: Any, known: Mapping[str, str]) -> Any:
    """With the ids of facts as they are in the other record."""
    if isinstance(plain, str):
        return known.get(plain, plain)
    if isinstance(plain, list):
        return [_renamed(each, known) for each in plain]
    if isinstance(plain, dict):
        return {name: _renamed(each, known) for name, each in plain.items()}
    return plain


def _check_times(service: Service, charted: Sequence[Charted], now: datetime, head: Row) -> None:
    at = record.after(head["told_at"], service.clock())
    try:
        record.check_times(charted, max(at, now), head["birth_date"], service.zone)
    except Refused as error:
        raise Conflicting(
            "facts of it lie before the birth of the other patient, or in the future: these are "
            "not records of one person, or one of them has a wrong date of birth"
        ) from error
