"""Events: what changed in which record, in the order of commits. They are only added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from toxmon.store import Row, Store

COLUMNS = "id, patient_id, unit, version, n, type, at, recorded_at, body"


def add(store: Store, rows: Sequence[Row]) -> None:
    """Keep events of one patient, or of none, in order."""
    if rows:
        store.insert("event", rows, of=rows[0]["patient_id"])


def after(store: Store, seq: int, asked: Mapping[str, Any], limit: int) -> list[Row]:
    """Events after a number, in the order of commits: none is passed over.

    `asked` may narrow them by `patient`, by `type`, or by `kind`: the types that begin with it.
    `unit` is where the patient lay then, `unit_now` where the patient lies now.
    """
    conditions = {
        "patient": " and event.patient_id = :patient",
        "type": " and event.type = :type",
        "kind": " and event.type like :kind",
    }
    given = {name: value for name, value in asked.items() if value is not None}
    where = "".join(conditions[name] for name in given)
    columns = ", ".join(f"event.{name}" for name in COLUMNS.split(", "))
    return store.query(
        f"select seq, {columns}, coalesce(head.unit, event.unit) as unit_now "  # noqa: S608
        "from event left join head on head.patient_id = event.patient_id "
        f"where seq > :seq{where} order by seq limit :limit",
        {"seq": seq, "limit": limit, **given},
    )


def newest(store: Store) -> int:
    """The number of the newest event; 0 when there is none."""
    rows = store.query("select max(seq) as seq from event")
    return rows[0]["seq"] or 0


def versions(store: Store, patient_id: str) -> list[int]:
    """The versions of a patient that have an event, in order."""
    rows = store.query(
        "select distinct version from event where patient_id = :patient_id order by version",
        {"patient_id": patient_id},
    )
    return [row["version"] for row in rows]
