"""Who is on call. Shifts are only added: one that changes is replaced by a newer row."""

from __future__ import annotations

from datetime import datetime, timedelta

from toxmon.store import Row, Store

COLUMNS = (
    "id, unit, role, person, channel, from_at, until_at, ended, recorded_at, recorded_by, "
    "replaces_id, reason"
)
ON_CALL = "shifts on call"
AROUND = timedelta(hours=1)
STANDS = "not exists (select 1 from shift as later where later.replaces_id = shift.id)"


def add(store: Store, row: Row) -> None:
    """Add a shift, or replace one (Conflict when it was replaced before)."""
    store.remembered.pop(ON_CALL, None)
    store.insert("shift", [row])


def get(store: Store, shift_id: str) -> Row | None:
    """One shift, with the id of the one that replaced it, or None."""
    rows = store.query(
        f"select {COLUMNS}, (select id from shift as later where later.replaces_id = shift.id) "  # noqa: S608
        "as replaced_by from shift where id = :id",
        {"id": shift_id},
    )
    return rows[0] if rows else None


def written(store: Store, shift_id: str) -> list[Row]:
    """The row of a shift, as the audit chain signs it."""
    return store.query(
        f"select {COLUMNS} from shift where id = :id",  # noqa: S608 - a constant
        {"id": shift_id},
    )


def between(store: Store, from_at: datetime, to_at: datetime) -> list[Row]:
    """The shifts that stand and touch a span, in order of their beginning."""
    return store.query(
        f"select {COLUMNS} from shift "  # noqa: S608 - a constant
        f"where until_at > :from_at and from_at < :to_at and ended = 0 and {STANDS} "
        "order by from_at, id",
        {"from_at": from_at, "to_at": to_at},
    )


def around(store: Store, now: datetime) -> list[Row]:
    """The shifts that touch the next hour; asked for once in a transaction. Only inside `writing`.

    A round that a whole ward has missed is told in one transaction.
    """
    known: tuple[datetime, list[Row]] | None = store.remembered.get(ON_CALL)
    if known is None or not known[0] <= now < known[0] + AROUND:
        known = store.remembered[ON_CALL] = (now, between(store, now, now + AROUND))
    return known[1]
