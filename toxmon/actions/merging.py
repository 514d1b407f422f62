"""Two records of one patient joined, and parted again; a fact moved to the patient it is of.

A merge charts what stands in one record anew in the other, which is graded as if all of it had
been charted there, and notes that the first one is part of it. To undo it moves back what it moved,
with the corrections since; what was charted in the joined record since stays there, and is listed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from toxmon.actions import Actor, Conflicting, Fault, Refused, Service, look_up
from toxmon.actions.carrying import Carried, Chains, carry
from toxmon.actions.record import RETRACTED
from toxmon.actions.replay import Answer, Keyed, keep_answer, replayed
from toxmon.store import Row, merges

MERGE, UNMERGE, MOVE = "merge", "unmerge", "move"
MERGES = frozenset({MERGE, UNMERGE, MOVE})
"""Acts of the audit chain that sign rows of merges."""
MERGED, ALREADY, UNMERGED, MOVED = "merged", "already", "unmerged", "moved"
PROGRAM = "integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge, its undoing, or a move has come to.

    `outcome`: merged, already (it was so before, and nothing was done), unmerged, moved. `moved`:
    (the fact as it was, the first record of it now); `already`: infusions that both records had, of
    which one stands. `staying`: facts charted in the joined record since the merge, which a person
    has to look at; `near`: infusions that may be one. `kept_back`: facts that had been taken back
    meanwhile, or were moved elsewhere, and did not return.
    """

    outcome: str
    gone_id: str
    into_id: str
    moved: tuple[tuple[str, str], ...] = ()
    already: tuple[tuple[str, str], ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    staying: tuple[str, ...] = ()
    kept_back: tuple[str, ...] = ()
    gone_version: int | None = None
    into_version: int | None = None
    recorded_at: datetime | None = None
    merge_id: str | None = None
    alarmed: bool = False
    """Has an alarm changed, so that somebody is to be told now?"""


def merge(
    service: Service, actor: Actor, gone_id: str, into_id: str, reason: str, now: datetime
) -> Merged:
    """The record `gone_id` is one of the patient `into_id`. Only inside `writing`.

    Nothing is kept when it raises NotFound (unknown, or out of reach) or Conflicting (into itself,
    in a circle, into another one than before, or where facts lie before the birth).
    """
    store = service.store
    # Gather.
    gone, into = _head(service, actor, gone_id), _head(service, actor, into_id)
    if gone_id == into_id:
        raise Conflicting("a record cannot be merged into itself")
    end = merges.standing(store, into_id)
    if gone["merged_into"] is not None:
        if merges.standing(store, gone_id) == end:
            return Merged(outcome=ALREADY, gone_id=gone_id, into_id=end)
        raise Conflicting(f"it was merged into {gone['merged_into']} before; undo that merge first")
    if end == gone_id:
        raise Conflicting(
            "the other record was merged into this one; undo that merge first, or merge the other "
            "way round"
        )
    if end != into_id:
        into_id, into = end, _head(service, actor, end)
    mine = Chains(store, gone_id)

    # Decide and keep.
    carried = carry(
        service,
        actor,
        MERGE,
        mine.standing(),
        mine,
        Chains(store, into_id),
        (gone, into),
        reason,
        now,
    )
    merges.link(store, gone_id, into_id)
    return _come_to(MERGED, gone_id, into_id, carried)


def unmerge(
    service: Service, actor: Actor, gone_id: str, into_id: str, reason: str, now: datetime
) -> Merged:
    """The record `gone_id` is not of the patient `into_id` after all. Only inside `writing`.

    Raises NotFound, Conflicting (they are not merged, or the joined record was merged on since).
    """
    store = service.store
    # Gather.
    gone = _head(service, actor, gone_id)
    _head(service, actor, into_id)
    direct = gone["merged_into"]
    # Who was told to be part of a record that was merged itself became part of where that is.
    if direct is None or direct not in _on_the_way(service, into_id, before=gone_id):
        raise Conflicting(f"it is not merged into {into_id}; there is nothing to undo")
    into_id, into = direct, _head(service, actor, direct)
    if into["merged_into"] is not None:
        raise Conflicting(
            f"{into_id} was merged into {into['merged_into']} since; undo that merge first"
        )
    done = merges.last(store, gone_id, into_id)
    assert done is not None, "the link of a head is set with its merge"
    moved = merges.moved(store, done["id"])
    theirs, mine = Chains(store, into_id), Chains(store, gone_id)

    # Decide.
    ends = [(row, theirs.end(row["to_root"])) for row in moved if not row["already"]]
    back = [end for _, end in ends if end["status"] != RETRACTED]
    kept_back = tuple(row["from_root"] for row, end in ends if end["status"] == RETRACTED)
    ours = {row["id"] for row in back}
    staying = tuple(
        row["id"]
        for row in theirs.standing()
        if row["recorded_at"] > done["recorded_at"]
        and row["id"] not in ours
        and not theirs.was_moved(row)
    )
    words = f"in the record {into_id} it was the same infusion: {reason}"
    again = [mine.standing_again(row["from_id"], words) for row in moved if row["already"]]

    # Keep. The record stands for itself again, so that it may be charted to.
    merges.link(store, gone_id, None)
    carried = carry(
        service,
        actor,
        UNMERGE,
        sorted(back, key=theirs.place),
        theirs,
        mine,
        (into, {**gone, "merged_into": None}),
        reason,
        now,
        undoes_id=done["id"],
        also=again,
    )
    found = _come_to(UNMERGED, into_id, gone_id, carried)
    return replace(
        found,
        gone_id=gone_id,
        into_id=into_id,
        gone_version=found.into_version,
        into_version=found.gone_version,
        staying=staying,
        kept_back=kept_back,
    )


def move(
    service: Service,
    actor: Actor,
    patient_id: str,
    into_id: str,
    fact_ids: Sequence[str],
    reason: str,
    now: datetime,
) -> Merged:
    """These facts were charted for the wrong patient: they are of `into_id`. Only inside `writing`.

    A program moves only what it has charted itself. Raises NotFound, Refused with every fault,
    Conflicting (the same patient, or a record that was merged).
    """
    store = service.store
    # Gather.
    gone, into = _head(service, actor, patient_id), _head(service, actor, into_id)
    if patient_id == into_id:
        raise Conflicting("the facts are in that record already", Fault("/to", "is this patient"))
    look_up.refuse_merged(gone)
    look_up.refuse_merged(into)
    mine = Chains(store, patient_id)
    standing = {row["id"] for row in mine.standing()}

    # Decide.
    faults = []
    for place, each in enumerate(fact_ids):
        if each not in standing:
            words = (
                "was corrected, taken back or moved; send the id of the fact that stands"
                if each in mine.rows
                else "is no fact of this patient"
            )
            faults.append(Fault(f"/facts/{place}", words))
        elif actor.role == PROGRAM and mine.rows[each]["recorded_by"] != actor.name:
            words = "was charted by another; a program moves only what it has charted itself"
            faults.append(Fault(f"/facts/{place}", words))
    if faults:
        raise Refused(*faults)
    rows = sorted((mine.rows[each] for each in set(fact_ids)), key=mine.place)

    # Keep.
    carried = carry(
        service, actor, MOVE, rows, mine, Chains(store, into_id), (gone, into), reason, now
    )
    return _come_to(MOVED, patient_id, into_id, carried)


def answered(
    service: Service,
    actor: Actor,
    act: Callable[[datetime], Merged],
    render: Callable[[Merged], bytes],
    *,
    keyed: Keyed | None = None,
) -> Answer:
    """One of the acts above in a transaction of its own, and its answer. `act` is told the time."""
    store = service.store
    with store.writing():
        before = replayed(store, actor, keyed)
        if before is not None:
            return before
        now = service.clock()
        merged = act(now)
        answer = Answer(200, render(merged))
        keep_answer(store, actor, keyed, answer, now)
    if merged.alarmed:
        service.wake()
    return answer


def listed(service: Service, actor: Actor, patient_id: str) -> list[Row]:
    """The merges and moves of a record, the oldest first, each with how many facts it moved."""

    def read(heads: list[Row]) -> list[Row]:
        store = service.store
        return [
            {**row, "moved": len(merges.moved(store, row["id"]))}
            for row in merges.of_patient(store, patient_id)
        ]

    return look_up.reading(service, actor, patient_id, "read.merges", read)


def _on_the_way(service: Service, patient_id: str, before: str) -> list[str]:
    """A record and those that it is part of, one after the other; none from `before` on."""
    found: list[str] = []
    at: str | None = patient_id
    while at is not None and at != before:
        found.append(at)
        at = merges.merged_into(service.store, at)
    return found if at is None else []


def _head(service: Service, actor: Actor, patient_id: str) -> Row:
    """The head of a record, with its id. Raises NotFound."""
    return {**look_up.head(service, actor, patient_id)[0], "id": patient_id}


def _come_to(outcome: str, gone_id: str, into_id: str, carried: Carried) -> Merged:
    into = carried.into
    return Merged(
        outcome=outcome,
        gone_id=gone_id,
        into_id=into_id,
        moved=carried.moved,
        already=carried.already,
        near=carried.near,
        gone_version=carried.gone.version,
        into_version=into.version if into is not None else None,
        recorded_at=carried.gone.recorded_at,
        merge_id=carried.id,
        alarmed=bool(carried.gone.alarms or (into is not None and into.alarms)),
    )
