"""Files of cohorts while they are made and fetched. Work: they are gone a day later."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store

COLUMNS = "id, owner, asked_at, wanted, state, done, total, beat_at, counts, size, digest, says"


def add(store: Store, row: Row) -> None:
    """Note that a file is asked for. Only inside `writing`."""
    store.insert("cohort_file", [row])


def change(store: Store, row: Row) -> None:
    """How far it has come. Only inside `writing`."""
    store.change("cohort_file", ("id",), row)


def add_part(store: Store, file_id: str, n: int, body: str) -> None:
    """Keep the next part of a file, as Base64. Only inside `writing`."""
    store.insert("cohort_part", [{"file_id": file_id, "n": n, "body": body}])


def get(store: Store, file_id: str) -> Row | None:
    """One file, or None."""
    rows = store.query(f"select {COLUMNS} from cohort_file where id = :id", {"id": file_id})  # noqa: S608
    return rows[0] if rows else None


def of_owner(store: Store, owner: str, limit: int) -> list[Row]:
    """What somebody has asked for, the newest first."""
    return store.query(
        f"select {COLUMNS} from cohort_file where owner = :owner "  # noqa: S608
        "order by asked_at desc, id desc limit :limit",
        {"owner": owner, "limit": limit},
    )


def part(store: Store, file_id: str, n: int) -> str | None:
    """One part of a file, or None after the last."""
    rows = store.query(
        "select body from cohort_part where file_id = :file_id and n = :n",
        {"file_id": file_id, "n": n},
    )
    return rows[0]["body"] if rows else None


def forget(store: Store, before: datetime) -> None:
    """Take away what was asked for before an instant. Only inside `writing`."""
    known = {"before": before}
    store.execute(
        "delete from cohort_part where file_id in "
        "(select id from cohort_file where asked_at < :before)",
        known,
    )
    store.execute("delete from cohort_file where asked_at < :before", known)
