"""Breaking the glass: one patient of elsewhere is opened to a clinician in an emergency.

The rules of access must never keep somebody out at a bedside. So whoever looks after patients may
open one at once, says why, and is seen doing it: everybody who looks at that patient meanwhile sees
it, and an administrator or auditor looks at each opening by name. It ends by itself (decision
0101).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from toxmon.actions import (
    Actor,
    Conflicting,
    Fault,
    Forbidden,
    NotFound,
    Refused,
    Service,
    audit,
    events,
)
from toxmon.actions.event_types import OPENED
from toxmon.store import Row, Store, glass, ids, patients

LASTS = timedelta(minutes=60)
MAY_OPEN = frozenset({"nurse", "physician", "pharmacist"})
MAY_REVIEW = frozenset({"admin", "auditor"})
CATEGORIES = ("emergency", "cover", "consult", "transfer")
SHORTEST_REASON, LONGEST_TEXT = 10, 500


def open_patient(
    service: Service, actor: Actor, patient_id: str, category: str, reason: str
) -> Row:
    """Open one patient to this person for an hour. Raises Refused, Forbidden, NotFound.

    That somebody tried it with a patient who is not there is noted all the same.
    """
    reason = reason.strip()
    found = []
    if category not in CATEGORIES:
        found.append(Fault("/category", f"choose one of {', '.join(CATEGORIES)}"))
    if not SHORTEST_REASON <= len(reason) <= LONGEST_TEXT or "\x00" in reason:
        words = f"write in {SHORTEST_REASON} to {LONGEST_TEXT} characters why it is needed now"
        found.append(Fault("/reason", words))
    if found:
        raise Refused(*found)
    if actor.role not in MAY_OPEN or not actor.id.startswith(audit.ACCOUNT):
        raise Forbidden("only a nurse, physician or pharmacist who is signed in may open a patient")
    with service.store.writing():
        now = service.clock()
        heads = patients.heads(service.store, patient_id)
        if heads and actor.may_see(heads[0]["unit"], patient_id):
            raise Conflicting("this patient is within your reach already")
        if not heads:
            audit.note(service, actor, now, "glass.refuse", detail={"category": category})
        else:
            row: Row = {
                "id": ids.new_id(now),
                "account_id": actor.id,
                "patient_id": patient_id,
                "category": category,
                "reason": reason,
                "recorded_at": now,
                "recorded_by": actor.name,
                "until_at": now + LASTS,
            }
            glass.add(service.store, row)
            detail = {"glass": row["id"], "category": category}
            audit.note(
                service, actor, now, "glass.open", patient_id=patient_id, detail=detail, rows=[row]
            )
            # It is no version of the record, so it is told as an event of none.
            told = events.Happened(OPENED, now, {**detail, "of": patient_id})
            unit = heads[0]["unit"]
            events.keep(service, [told], now, patient_id=None, unit=unit, version=None)
            service.wake()
            return row
    raise NotFound("no such patient")


def review(service: Service, actor: Actor, glass_id: str, note: str) -> None:
    """Note what came of looking at an opening. Raises Refused, Forbidden, NotFound, Conflicting."""
    note = note.strip()
    if not 1 <= len(note) <= LONGEST_TEXT or "\x00" in note:
        raise Refused(Fault("/note", f"write in 1 to {LONGEST_TEXT} characters what you found"))
    if actor.role not in MAY_REVIEW:
        raise Forbidden("an opening is looked at by an administrator or an auditor")
    with service.store.writing():
        now = service.clock()
        # PostgreSQL could not even be asked for an id with a NUL in it.
        row = None if "\x00" in glass_id else glass.get(service.store, glass_id)
        if row is None or not actor.may_see(row["unit"]):
            raise NotFound("no such opening")
        if row["reviewed_at"] is not None:
            raise Conflicting(f"{row['reviewed_by']} has looked at it already")
        if actor.id == row["account_id"] or actor.name == row["recorded_by"]:
            raise Forbidden("somebody else looks at what you opened")
        done: Row = {
            "glass_id": glass_id,
            "note": note,
            "recorded_at": now,
            "recorded_by": actor.name,
        }
        glass.add_review(service.store, done)
        detail = {"glass": glass_id}
        audit.note(
            service, actor, now, "glass.review",
            patient_id=row["patient_id"], detail=detail, rows=[done],
        )  # fmt: skip


def open_now(service: Service, patient_id: str) -> list[Row]:
    """To whom a patient is open now, for everybody who looks at that patient."""
    return glass.of_patient(service.store, patient_id, service.clock())


def waiting(service: Service, actor: Actor) -> list[Row]:
    """Openings within reach that nobody has looked at yet."""
    return [row for row in glass.waiting(service.store) if actor.may_see(row["unit"])]


def done(service: Service, actor: Actor, limit: int = 50) -> list[Row]:
    """The newest openings within reach that somebody has looked at."""
    return [row for row in glass.reviewed(service.store, limit) if actor.may_see(row["unit"])]


def written(store: Store, action: str, glass_id: str) -> list[Row]:
    """The row that `open_patient` or `review` added, as it is now."""
    return glass.written(store, glass_id, action == "glass.review")


def unnoted(store: Store, noted: Collection[str]) -> list[str]:
    """The ids of openings that no act in the audit chain tells of."""
    return [glass_id for glass_id in glass.every_id(store) if glass_id not in noted]
