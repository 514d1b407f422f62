"""The saved state of each treatment's fold, and checkpoints on the way. Work: can be rebuilt."""

from __future__ import annotations

from datetime import datetime

from toxmon.store import Row, Store


def put(store: Store, row: Row) -> None:
    """Save the fold of a treatment."""
    store.put("fold", ("treatment_id",), row)


def advance(
    store: Store,
    treatment_id: str,
    state: str,
    facts: int,
    due_at: datetime | None,
    of: str | None = None,
) -> None:
    """Save the state of a treatment whose fold is there. `of`: the patient, see Store."""
    row = {"treatment_id": treatment_id, "state": state, "facts": facts, "due_at": due_at}
    store.change("fold", ("treatment_id",), row, of=of)


def advance_ledger(store: Store, treatment_id: str, ledger: str, of: str | None = None) -> None:
    """Save the ledger of a treatment, which changes with few of its facts."""
    row = {"treatment_id": treatment_id, "ledger": ledger}
    store.change("fold", ("treatment_id",), row, of=of)


def forget(store: Store, patient_id: str) -> None:
    """Drop every fold and checkpoint of a patient; the caller folds again."""
    store.execute_later(
        "delete from checkpoint where treatment_id in "
        "(select treatment_id from fold where patient_id = :patient_id)",
        {"patient_id": patient_id},
    )
    store.execute_later(
        "delete from fold where patient_id = :patient_id", {"patient_id": patient_id}
    )


def newest(store: Store, patient_id: str, treatment_id: str | None) -> None:
    """Note which treatment is a patient's newest."""
    store.execute_later(
        "update head set treatment_id = :treatment_id where patient_id = :patient_id",
        {"patient_id": patient_id, "treatment_id": treatment_id},
    )


def add_checkpoint(store: Store, treatment_id: str, at: datetime, state: str, ledger: str) -> None:
    """Keep a state to fold again from."""
    row = {"treatment_id": treatment_id, "at": at, "state": state, "ledger": ledger}
    store.put("checkpoint", ("treatment_id", "at"), row, of=treatment_id)


def checkpoint_before(store: Store, treatment_id: str, at: datetime) -> Row | None:
    """The newest checkpoint that lies before `at`, or None."""
    rows = store.query(
        """
        select at, state, ledger from checkpoint
        where treatment_id = :treatment_id and at < :at
        order by at desc limit 1
        """,
        {"treatment_id": treatment_id, "at": at},
        of=treatment_id,
    )
    return rows[0] if rows else None


def drop_checkpoints_from(store: Store, treatment_id: str, at: datetime) -> None:
    """Drop the checkpoints at or after `at`: what they hold is no longer so."""
    store.execute_later(
        "delete from checkpoint where treatment_id = :treatment_id and at >= :at",
        {"treatment_id": treatment_id, "at": at},
    )


def due(store: Store, now: datetime, quiet_before: datetime, limit: int) -> list[str]:
    """Patients whose grades time alone has changed by `now`, the longest overdue first.

    A patient for whom something was recorded after `quiet_before` is left for later: while a
    record is being typed in, what lapsed between two entries is not yet known.
    """
    rows = store.query(
        """
        select fold.patient_id
        from fold join head on head.patient_id = fold.patient_id
        where fold.due_at <= :now and head.told_at <= :quiet_before
        order by fold.due_at limit :limit
        """,
        {"now": now, "quiet_before": quiet_before, "limit": limit},
    )
    return list(dict.fromkeys(row["patient_id"] for row in rows))


def spans(store: Store) -> list[Row]:
    """When each treatment began, and when the next one did."""
    return store.query("select infused_at, next_at from fold")
