"""Grades that were told, and when. A newer row for the same instant replaces an older one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from toxmon.store import Row, Store

COLUMNS = (
    "id, patient_id, version, treatment_id, scale, edition, effective_at, recorded_at, "
    "withdrawn, low, high, short, body, cause"
)

NEWEST = """
    not exists (select 1 from assessment as later
                where later.treatment_id = assessment.treatment_id
                  and later.effective_at = assessment.effective_at
                  and later.scale = assessment.scale
                  and later.seq > assessment.seq)
"""


def add(store: Store, rows: Iterable[Row]) -> None:
    """Keep what was told of one patient."""
    rows = list(rows)
    if rows:
        store.insert("assessment", rows, of=rows[0]["patient_id"])


def standing(store: Store, treatment_id: str, after: datetime) -> list[Row]:
    """What is on record for the instants after `after`, withdrawn ones left out."""
    return store.query(
        f"""
        select {COLUMNS} from assessment
        where treatment_id = :treatment_id and effective_at > :after and withdrawn = 0
          and {NEWEST}
        order by effective_at, seq
        """,  # noqa: S608 - a constant
        {"treatment_id": treatment_id, "after": after},
    )


def history(
    store: Store, patient_id: str, scale: str, from_at: datetime, to_at: datetime
) -> list[Row]:
    """Every assessment of a scale that was ever kept, in bedside order, then as it was told."""
    return store.query(
        f"""
        select {COLUMNS} from assessment
        where patient_id = :patient_id and scale like :scale
          and effective_at >= :from_at and effective_at <= :to_at
        order by effective_at, seq
        """,  # noqa: S608 - a constant
        {"patient_id": patient_id, "scale": scale, "from_at": from_at, "to_at": to_at},
    )


def of_version(store: Store, patient_id: str, version: int) -> list[Row]:
    """The assessments that one version of a patient's record added, in order."""
    return store.query(
        f"select {COLUMNS} from assessment "  # noqa: S608 - a constant
        "where patient_id = :patient_id and version = :version order by seq",
        {"patient_id": patient_id, "version": version},
    )


def levels(store: Store, patient_id: str, scales: Iterable[str]) -> list[Row]:
    """From when on some scales stood where, in bedside order: the grades that stand, in short."""
    names = {f"scale_{place}": scale for place, scale in enumerate(scales)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"""
        select id, treatment_id, scale, effective_at, low, high from assessment
        where treatment_id in (select treatment_id from fold where patient_id = :patient_id)
          and scale in ({listed}) and withdrawn = 0 and {NEWEST}
        order by effective_at, seq
        """,  # noqa: S608 - a constant, and names of parameters
        {"patient_id": patient_id, **names},
    )


def named(store: Store, ids: Iterable[str]) -> list[Row]:
    """The assessments of these ids, with their answers."""
    names = {f"id_{place}": each for place, each in enumerate(ids)}
    if not names:
        return []
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"select id, body, edition from assessment where id in ({listed})",  # noqa: S608
        names,
    )
