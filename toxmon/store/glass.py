"""Patients who were opened to somebody of elsewhere in an emergency, and who has looked at that."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store

COLUMNS = "id, account_id, patient_id, category, reason, recorded_at, recorded_by, until_at"
SHOWN = f"""
    select {", ".join(f"glass.{name}" for name in COLUMNS.split(", "))},
           head.unit, glass_review.note, glass_review.recorded_at as reviewed_at,
           glass_review.recorded_by as reviewed_by
    from glass
    join head on head.patient_id = glass.patient_id
    left join glass_review on glass_review.glass_id = glass.id
"""  # noqa: S608 - constants


def add(store: Store, row: Row) -> None:
    """Add that a patient was opened."""
    store.insert("glass", [row])


def add_review(store: Store, row: Row) -> None:
    """Add that somebody has looked at it. Raises Conflict when somebody had."""
    store.insert("glass_review", [row])


def get(store: Store, glass_id: str) -> Row | None:
    """One opening with its review, or None."""
    rows = store.query(f"{SHOWN} where glass.id = :id", {"id": glass_id})
    return rows[0] if rows else None


def open_to(store: Store, account_id: str, now: datetime) -> list[str]:
    """The patients who are open to this account now."""
    rows = store.query(
        "select patient_id from glass where account_id = :account and until_at > :now",
        {"account": account_id, "now": now},
    )
    return [row["patient_id"] for row in rows]


def of_patient(store: Store, patient_id: str, now: datetime) -> list[Row]:
    """To whom a patient is open now."""
    return store.query(
        f"select {COLUMNS} from glass "  # noqa: S608 - a constant
        "where patient_id = :patient and until_at > :now order by recorded_at, id",
        {"patient": patient_id, "now": now},
    )


def waiting(store: Store) -> list[Row]:
    """Openings that nobody has looked at yet, oldest first."""
    return store.query(
        f"{SHOWN} where glass_review.glass_id is null order by glass.recorded_at, glass.id"
    )


def reviewed(store: Store, limit: int) -> list[Row]:
    """Openings that somebody has looked at, newest first."""
    return store.query(
        f"{SHOWN} where glass_review.glass_id is not null "
        "order by glass.recorded_at desc, glass.id desc limit :limit",
        {"limit": limit},
    )


def written(store: Store, glass_id: str, review: bool) -> list[Row]:
    """The row of an opening, or of its review, as it was added."""
    sql = f"select {COLUMNS} from glass where id = :id"  # noqa: S608 - a constant
    if review:
        sql = (
            "select glass_id, note, recorded_at, recorded_by from glass_review where glass_id = :id"
        )
    return store.query(sql, {"id": glass_id})


def every_id(store: Store) -> list[str]:
    """The id of every opening."""
    return [row["id"] for row in store.query("select id from glass")]
