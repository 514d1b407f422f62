"""Statements of other systems that wait, and how each wait ended. Rows are only added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from toxmon.store import Row, Store

COLUMNS = (
    "held.seq, held.id, held.message_id, held.source, held.key, held.patient_id, held.reason, "
    "held.words, held.system, held.code, held.display, held.report, held.recorded_at"
)
WAITS = "not exists (select 1 from held_end where held_end.held_id = held.id)"


def add(store: Store, rows: Iterable[Row], numbers: Iterable[Row]) -> None:
    """Let statements wait. `numbers`: held_id, system, value of the patients they are about."""
    store.insert("held", rows)
    store.insert("held_number", numbers)


def end(store: Store, rows: Iterable[Row]) -> None:
    """End waits; each can be ended once (Conflict)."""
    store.insert("held_end", rows)


def get(store: Store, held_id: str) -> Row | None:
    """One statement that waits or has waited, with how that ended; or None."""
    rows = store.query(
        f"""
        select {COLUMNS}, held_end.outcome, held_end.fact_id, held_end.reason as end_reason,
               held_end.recorded_at as ended_at, held_end.recorded_by as ended_by
        from held left join held_end on held_end.held_id = held.id
        where held.id = :id
        """,  # noqa: S608 - a constant
        {"id": held_id},
    )
    return rows[0] if rows else None


def waiting(store: Store, bounds: Mapping[str, object], limit: int) -> list[Row]:
    """What waits, the oldest first. `bounds`: after (seq); source, reason, patient: "%" is any."""
    return store.query(
        f"""
        select {COLUMNS} from held
        where held.seq > :after and held.source like :source and held.reason like :reason
              and coalesce(held.patient_id, '') like :patient and {WAITS}
        order by held.seq limit :limit
        """,  # noqa: S608 - a constant
        {"limit": limit, **bounds},
    )


def of_numbers(store: Store, numbers: Sequence[Row], reasons: Sequence[str]) -> list[Row]:
    """What waits for a patient of any of these numbers, for any of these reasons."""
    found: dict[str, Row] = {}
    listed = ", ".join(f":reason_{place}" for place in range(len(reasons)))
    given = {f"reason_{place}": reason for place, reason in enumerate(reasons)}
    for number in numbers:
        rows = store.query(
            f"""
            select {COLUMNS} from held
            join held_number on held_number.held_id = held.id
            where held_number.system = :system and held_number.value = :value
                  and held.reason in ({listed}) and {WAITS}
            order by held.seq
            """,  # noqa: S608 - constants, and names of parameters
            {"system": number["system"], "value": number["value"], **given},
        )
        found |= {row["id"]: row for row in rows}
    return sorted(found.values(), key=lambda row: row["seq"])


def of_message(store: Store, message_id: str) -> list[Row]:
    """What waits of one message."""
    return store.query(
        f"select {COLUMNS} from held where held.message_id = :id and {WAITS} order by held.seq",  # noqa: S608
        {"id": message_id},
    )


def of_keys(store: Store, source: str, keys: Sequence[str]) -> list[Row]:
    """What waits of these statements of a source."""
    if not keys:
        return []
    names = {f"key_{place}": key for place, key in enumerate(keys)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"""
        select {COLUMNS} from held
        where held.source = :source and held.key in ({listed}) and {WAITS}
        order by held.seq
        """,  # noqa: S608 - constants, and names of parameters
        {"source": source, **names},
    )


def counted(store: Store) -> list[Row]:
    """How many wait, by source and reason, and since when."""
    return store.query(
        f"""
        select source, reason, count(*) as n, min(recorded_at) as since_at,
               max(recorded_at) as last_at
        from held where {WAITS} group by source, reason order by source, reason
        """  # noqa: S608 - a constant
    )


def unmapped(store: Store, limit: int) -> list[Row]:
    """The codes for which most waits, with an example of their words."""
    return store.query(
        f"""
        select source, reason, system, code, max(display) as display, count(*) as n
        from held where code is not null and {WAITS}
        group by source, reason, system, code order by n desc, source, system, code limit :limit
        """,  # noqa: S608 - a constant
        {"limit": limit},
    )


def ended(store: Store, held_id: str) -> bool:
    """Has the wait of a statement ended?"""
    return bool(store.query("select 1 as there from held_end where held_id = :id", {"id": held_id}))
