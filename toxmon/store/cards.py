"""Cards that an ordering system was told. Rows are only added."""

from __future__ import annotations

from collections.abc import Iterable

from toxmon.store import Row, Store

COLUMNS = "id, patient_id, service, recorded_at, recorded_by, body"


def add(store: Store, rows: Iterable[Row]) -> None:
    """Keep cards that are told."""
    store.insert("told_card", list(rows))


def get(store: Store, card_id: str) -> Row | None:
    """One card, or None."""
    rows = store.query(
        f"select {COLUMNS} from told_card where id = :id",  # noqa: S608 - a constant
        {"id": card_id},
    )
    return rows[0] if rows else None


def written(store: Store, card_ids: Iterable[str]) -> list[Row]:
    """The rows of these cards, as the audit chain signs them."""
    return [row for card_id in card_ids if (row := get(store, card_id)) is not None]
