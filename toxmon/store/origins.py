"""Which fact a statement of another system became: by what the sender calls it. Work."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.store import Row, Store

COLUMNS = (
    "source, key, resource_id, patient_id, fact_id, newest_id, state, said_at, ordinal, digest, "
    "message_id"
)
AT_ONCE = 500


def get(store: Store, source: str, key: str) -> Row | None:
    """One statement, or None."""
    return named(store, source, [key]).get(key)


def named(store: Store, source: str, keys: Sequence[str]) -> dict[str, Row]:
    """The statements of a source by what it calls them."""
    found: dict[str, Row] = {}
    for first in range(0, len(keys), AT_ONCE):
        names = {f"k{place}": key for place, key in enumerate(keys[first : first + AT_ONCE])}
        listed = ", ".join(f":{name}" for name in names)
        rows = store.query(
            f"select {COLUMNS} from origin where source = :source and key in ({listed})",  # noqa: S608
            {"source": source, **names},
        )
        found |= {row["key"]: row for row in rows}
    return found


def put(store: Store, row: Row, of: str | None) -> None:
    """Keep how a statement stands. `of`: the patient, where it was never another's."""
    store.put("origin", ("source", "key"), row, of=of)


def of_resource(store: Store, resource_id: str) -> list[Row]:
    """The statements of one resource of a sender, in a stable order."""
    return store.query(
        f"select {COLUMNS} from origin where resource_id = :id order by source, key",  # noqa: S608
        {"id": resource_id},
    )


def of_fact(store: Store, fact_id: str) -> Row | None:
    """The statement that a fact was charted for; `fact_id` is the first of its corrections."""
    rows = store.query(
        f"select {COLUMNS} from origin where fact_id = :id",  # noqa: S608 - a constant
        {"id": fact_id},
    )
    return rows[0] if rows else None


def moved(store: Store, fact: tuple[str, str], now_is: tuple[str, str], patient_id: str) -> None:
    """A fact lies in another record now. Each pair: the first of its corrections, the newest one.

    Where somebody has corrected what the source had said, the source's own stays the older one.
    """
    store.execute(
        """
        update origin set fact_id = :to_root, patient_id = :patient_id,
            newest_id = case when newest_id = :from_id then :to_id else newest_id end
        where fact_id = :from_root
        """,
        {
            "from_root": fact[0],
            "from_id": fact[1],
            "to_root": now_is[0],
            "to_id": now_is[1],
            "patient_id": patient_id,
        },
    )


def of_source(store: Store, source: str, prefix: str) -> dict[str, Row]:
    """The statements of a source whose names begin so."""
    rows = store.query(
        f"select {COLUMNS} from origin "  # noqa: S608 - a constant
        "where source = :source and key >= :prefix and key < :beyond",
        {"source": source, "prefix": prefix, "beyond": f"{prefix}\U0010ffff"},
    )
    return {row["key"]: row for row in rows}
