"""What is watched of each treatment, when it must be looked at next, and who is looking.

Work, but for the events: what was missed and which window a patient came into stays on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from toxmon.store import EVER, Row, Store


def put(store: Store, row: Row) -> None:
    """Begin to watch a treatment, or begin anew."""
    store.put("watch", ("treatment_id",), row, of=row["patient_id"])


def advance(store: Store, row: Row, of: str | None = None) -> None:
    """Save what the watch of a treatment rests on. `of`: the patient, see Store."""
    store.change("watch", ("treatment_id",), row, of=of)


def forget(store: Store, patient_id: str) -> None:
    """Drop the watch of every treatment of a patient; the caller begins anew."""
    store.execute_later(
        "delete from watch where patient_id = :patient_id", {"patient_id": patient_id}
    )


def claim(store: Store, now: datetime, lease_at: datetime, limit: int) -> list[Row]:
    """Take what is due and nobody looks at, the worst first, then the longest overdue.

    A claim is one more try, whether or not it is ever heard of again. Only inside `writing`, where
    nobody else claims meanwhile.
    """
    rows = store.query(
        """
        select treatment_id, patient_id, next_at, worst, epoch + 1 as epoch, tries + 1 as tries
        from watch
        where next_at <= :now and dead_at is null and (lease_at is null or lease_at <= :now)
        order by worst desc, next_at limit :limit
        """,
        {"now": now, "limit": limit},
    )
    if rows:
        names = {f"id_{place}": row["treatment_id"] for place, row in enumerate(rows)}
        listed = ", ".join(f":{name}" for name in names)
        store.execute(
            "update watch set lease_at = :lease_at, epoch = epoch + 1, tries = tries + 1 "  # noqa: S608
            f"where treatment_id in ({listed})",
            {"lease_at": lease_at, **names},
        )
    return rows


def release(store: Store, row: Row, of: str | None = None) -> None:
    """Say how a claim ended: `lease_at`, `tries`, `dead_at` and `next_at` of the treatment."""
    store.change("watch", ("treatment_id",), row, of=of)


def next_due(store: Store) -> datetime | None:
    """When the next watch is due that has not been given up on; in the past if it waits.

    One that somebody has claimed is due when the claim ends, not before.
    """
    rows = store.query(
        "select next_at from watch where next_at is not null and dead_at is null "
        "and lease_at is null order by next_at limit 1"
    )
    free: datetime | None = rows[0]["next_at"] if rows else None
    rows = store.query(
        "select min(lease_at) as lease_at from watch "
        "where next_at <= :free and dead_at is null and lease_at is not null",
        {"free": free or EVER},
    )
    ends = (free, rows[0]["lease_at"])
    return min((end for end in ends if end is not None), default=None)


def overdue(store: Store, now: datetime) -> tuple[int, datetime | None]:
    """(how many watches wait to be looked at, since when the oldest of them does)."""
    row = store.query(
        "select count(*) as n, min(next_at) as next_at from watch "
        "where next_at <= :now and dead_at is null",
        {"now": now},
    )[0]
    return int(row["n"]), row["next_at"]


def given_up(store: Store) -> list[Row]:
    """The watches that were given up on, for a person to set going again."""
    return store.query(
        "select treatment_id, patient_id, tries, dead_at from watch "
        "where dead_at is not null order by dead_at"
    )


def patients_of(store: Store, unit: str, after: str, limit: int) -> list[Row]:
    """Patients that are treated, of a unit ("%" is any), by id from the one after `after` on."""
    return store.query(
        "select patient_id, unit from head "
        "where treatment_id is not null and (:unit = '%' or unit = :unit) and patient_id > :after "
        "order by patient_id limit :limit",
        {"unit": unit, "after": after, "limit": limit},
    )


def known_keys(store: Store, keys: Sequence[str], of: str | None = None) -> set[str]:
    """Those of `keys`, which are of one patient, that took effect before."""
    if not keys:
        return set()
    names = {f"key_{place}": key for place, key in enumerate(keys)}
    listed = ", ".join(f":{name}" for name in names)
    rows = store.query(
        f"select key from watch_event where key in ({listed})",  # noqa: S608 - names of parameters
        names,
        of=_occurred(of),
    )
    return {row["key"] for row in rows}


def add_events(store: Store, rows: Iterable[Row]) -> None:
    """Keep what was missed, and windows entered and left; a key is taken only once (Conflict)."""
    rows = list(rows)
    if rows:
        store.insert("watch_event", rows, of=_occurred(rows[0]["patient_id"]))


def _occurred(patient_id: str | None) -> str | None:
    """Whose these events are, as Store has it: nothing else that is written bears on them."""
    return None if patient_id is None else f"what occurred to {patient_id}"


def events(store: Store, patient_id: str, from_at: datetime, to_at: datetime) -> list[Row]:
    """What was missed and which windows were entered and left, in order."""
    return store.query(
        "select seq, key, treatment_id, version, kind, what, at, recorded_at, body "
        "from watch_event where patient_id = :patient_id and at >= :from_at and at <= :to_at "
        "order by at, seq",
        {"patient_id": patient_id, "from_at": from_at, "to_at": to_at},
    )


def events_of_version(store: Store, patient_id: str, version: int) -> list[Row]:
    """The events that one version of a patient's record added, in order."""
    return store.query(
        "select key, patient_id, treatment_id, version, kind, what, at, recorded_at, body "
        "from watch_event where patient_id = :patient_id and version = :version order by seq",
        {"patient_id": patient_id, "version": version},
    )
