"""Which records were joined and parted, and which facts were moved between them."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.store import Row, Store

COLUMNS = "id, kind, gone_id, into_id, undoes_id, reason, recorded_at, recorded_by"
MOVED = "merge_id, from_id, from_root, to_root, already"


def add(store: Store, merge: Row, moved: Sequence[Row]) -> None:
    """Keep a merge, an unmerge or a move, with the facts that it moved. Only inside `writing`."""
    store.insert("merge", [merge])
    if moved:
        store.insert("moved_fact", list(moved))


def link(store: Store, patient_id: str, into_id: str | None) -> None:
    """Note which record a patient's is part of now; None when it stands for itself again."""
    row = {"patient_id": patient_id, "merged_into": into_id}
    store.change("head", ("patient_id",), row)


def merged_into(store: Store, patient_id: str) -> str | None:
    """The record that this one was merged into directly; None when it stands for itself."""
    rows = store.query(
        "select merged_into from head where patient_id = :patient_id", {"patient_id": patient_id}
    )
    return rows[0]["merged_into"] if rows else None


def standing(store: Store, patient_id: str) -> str:
    """The record that a patient is found in: its own, or that at the end of its merges.

    A merge is refused where it would close a circle, so there is an end.
    """
    while (into := merged_into(store, patient_id)) is not None:
        patient_id = into
    return patient_id


def last(store: Store, gone_id: str, into_id: str) -> Row | None:
    """The newest merge of one record into the other that was not undone, or None."""
    rows = store.query(
        f"""
        select {COLUMNS} from merge
        where kind = 'merge' and gone_id = :gone_id and into_id = :into_id
          and not exists (select 1 from merge as later where later.undoes_id = merge.id)
        order by seq desc limit 1
        """,  # noqa: S608 - a constant
        {"gone_id": gone_id, "into_id": into_id},
    )
    return rows[0] if rows else None


def of_patient(store: Store, patient_id: str) -> list[Row]:
    """Every merge, unmerge and move that a record took part in, the oldest first."""
    return store.query(
        f"select {COLUMNS} from merge "  # noqa: S608 - a constant
        "where gone_id = :patient_id or into_id = :patient_id order by seq",
        {"patient_id": patient_id},
    )


def moved(store: Store, merge_id: str) -> list[Row]:
    """The facts that a merge, an unmerge or a move has moved, in order."""
    return store.query(
        f"select {MOVED} from moved_fact where merge_id = :merge_id order by seq",  # noqa: S608
        {"merge_id": merge_id},
    )


def twins(store: Store, from_id: str, into_id: str) -> dict[str, str]:
    """By the first record of a fact in one patient, that of the same fact in the other.

    Those that were ever moved between the two, in either direction.
    """
    rows = store.query(
        """
        select merge.gone_id, moved_fact.from_root, moved_fact.to_root
        from moved_fact join merge on merge.id = moved_fact.merge_id
        where moved_fact.already = 0
          and ((merge.gone_id = :from_id and merge.into_id = :into_id)
               or (merge.gone_id = :into_id and merge.into_id = :from_id))
        order by moved_fact.seq
        """,
        {"from_id": from_id, "into_id": into_id},
    )
    return {
        (row["from_root"] if row["gone_id"] == from_id else row["to_root"]): (
            row["to_root"] if row["gone_id"] == from_id else row["from_root"]
        )
        for row in rows
    }


def written(store: Store, merge_id: str) -> list[Row]:
    """The rows of a merge as the audit chain signs them."""
    rows = store.query(
        f"select {COLUMNS} from merge where id = :id",  # noqa: S608 - a constant
        {"id": merge_id},
    )
    return [*rows, *moved(store, merge_id)]
