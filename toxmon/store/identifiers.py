"""Patients by the bare value of an identifier, for a person who types only a number."""

from __future__ import annotations

from toxmon.store import Row, Store


def holders(store: Store, value: str, limit: int) -> list[Row]:
    """Who has an identifier of this value, in whatever system: patient_id and system, in order."""
    return store.query(
        "select patient_id, system from identifier where value = :value "
        "order by patient_id, system limit :limit",
        {"value": value, "limit": limit},
    )
