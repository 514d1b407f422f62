"""Patients by the bare value of an identifier, for a person who types only a number."""

from __future__ import annotations

from toxmon.store import Row, Store, merges


def holders(store: Store, value: str, limit: int) -> list[Row]:
    """Who has an identifier of this value, in whatever system: patient_id and system, in order.

    The number of a record that was merged into another finds that one.
    """
    rows = store.query(
        "select patient_id, system from identifier where value = :value "
        "order by patient_id, system limit :limit",
        {"value": value, "limit": limit},
    )
    return [{**row, "patient_id": merges.standing(store, row["patient_id"])} for row in rows]


def systems(store: Store, limit: int) -> list[str]:
    """Who gives numbers to patients here, the one of most of them first."""
    rows = store.query(
        "select system, count(*) as n from identifier "
        "group by system order by count(*) desc, system limit :limit",
        {"limit": limit},
    )
    return [row["system"] for row in rows]
