"""How many vials a unit has, as somebody has counted them. Counts are only added."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.store import Row, Store

COLUMNS = "id, unit, medication, strength_mg, vials, counted_at, recorded_at, recorded_by, note"
MOST_STRENGTHS = 4
"""Of one count; nobody makes more."""


def add(store: Store, rows: Sequence[Row]) -> None:
    """Keep a count: one row for each strength."""
    store.insert("stock_count", rows)


def last(store: Store, unit: str, medication: str) -> list[Row]:
    """The rows of the newest count of a drug in a unit, the largest strength as it was sent."""
    rows = store.query(
        f"select {COLUMNS} from stock_count "  # noqa: S608 - a constant
        "where unit = :unit and medication = :medication "
        "order by counted_at desc, seq desc limit :limit",
        {"unit": unit, "medication": medication, "limit": MOST_STRENGTHS},
    )
    # Two counts of one minute are told apart by when they were recorded.
    same = [
        row
        for row in rows
        if (row["counted_at"], row["recorded_at"])
        == (rows[0]["counted_at"], rows[0]["recorded_at"])
    ]
    return same[::-1]


def written(store: Store, ids: Sequence[str]) -> list[Row]:
    """The rows of a count, as the audit chain signs them."""
    names = {f"id_{place}": each for place, each in enumerate(ids)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"select {COLUMNS} from stock_count where id in ({listed}) order by seq",  # noqa: S608
        names,
    )


def untreated(store: Store, unit: str, after: str, limit: int) -> list[Row]:
    """Patients of a unit who have had no infusion, by id from the one after `after` on."""
    return store.query(
        "select patient_id, unit, birth_date from head "
        "where treatment_id is null and unit = :unit and patient_id > :after "
        "order by patient_id limit :limit",
        {"unit": unit, "after": after, "limit": limit},
    )
