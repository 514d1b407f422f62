"""Many patients at once, as they were known at one instant: for files that research works with.

Every question takes `known_at`, so that the same question has the same answer a year later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from toxmon.store import Row, Store
from toxmon.store.facts import STANDS

COUNTS = "status in ('final', 'confirmed', 'corrected')"
NEWEST = """
    assessment.recorded_at <= :known_at and assessment.withdrawn = 0
    and not exists (select 1 from assessment as later
                    where later.treatment_id = assessment.treatment_id
                      and later.effective_at = assessment.effective_at
                      and later.scale = assessment.scale
                      and later.seq > assessment.seq and later.recorded_at <= :known_at)
"""


def infusions(store: Store, known_at: datetime) -> list[Row]:
    """Every infusion that was charted by then, replaced ones too, by patient and bedside time.

    Of a record that was merged into another nothing: what it had stands there.
    """
    return store.query(
        """
        select fact.patient_id, fact.id, fact.detail, fact.status, fact.effective_at,
               fact.replaces_id, head.unit, head.birth_date, patient.sex
        from head
        join patient on patient.id = head.patient_id
        join fact on fact.patient_id = head.patient_id and fact.kind = 'infusion'
        where head.merged_into is null and fact.recorded_at <= :known_at
        order by fact.patient_id, fact.effective_at, fact.seq
        """,
        {"known_at": known_at},
    )


def peaks(store: Store, scale: str, known_at: datetime) -> dict[str, int]:
    """By treatment, the highest certain grade of a scale."""
    rows = store.query(
        f"""
        select treatment_id, max(low) as peak from assessment
        where scale = :scale and {NEWEST} group by treatment_id
        """,  # noqa: S608 - a constant
        {"scale": scale, "known_at": known_at},
    )
    return {row["treatment_id"]: int(row["peak"]) for row in rows}


def gradings(store: Store, treatment_id: str, known_at: datetime) -> list[Row]:
    """The grades of a treatment as they stood, in bedside order."""
    return store.query(
        f"""
        select scale, edition, effective_at, low, high from assessment
        where treatment_id = :treatment_id and {NEWEST}
        order by effective_at, scale, seq
        """,  # noqa: S608 - a constant
        {"treatment_id": treatment_id, "known_at": known_at},
    )


def readings(
    store: Store, patient_id: str, after: datetime, before: datetime, known_at: datetime
) -> list[Row]:
    """What was measured and counts, with after <= effective_at < before; acts are left out."""
    return store.query(
        f"""
        select kind, value, status, effective_at from fact
        where patient_id = :patient_id and {COUNTS} and {STANDS}
          and effective_at >= :after and effective_at < :before
          and kind not in ('infusion', 'administration', 'attribution', 'death', 'pause', 'stay',
                           'permission', 'dose_distinct', 'doses_elsewhere', 'card_feedback')
        order by effective_at, seq
        """,  # noqa: S608 - constants
        {"patient_id": patient_id, "after": after, "before": before, "known_at": known_at},
    )


def doses(
    store: Store, patient_id: str, after: datetime, before: datetime, known_at: datetime
) -> list[Row]:
    """The doses that stand, with after <= effective_at < before."""
    return store.query(
        f"""
        select value, detail, effective_at from fact
        where patient_id = :patient_id and kind = 'administration' and {COUNTS} and {STANDS}
          and effective_at >= :after and effective_at < :before
        order by effective_at, seq
        """,  # noqa: S608 - constants
        {"patient_id": patient_id, "after": after, "before": before, "known_at": known_at},
    )


def given(store: Store, values: Iterable[str], known_at: datetime) -> list[Row]:
    """Who got a dose of one of these names, and when."""
    names = {f"name_{place}": value for place, value in enumerate(values)}
    return store.query(
        f"""
        select fact.patient_id, fact.effective_at from head
        join fact on fact.patient_id = head.patient_id
        where kind = 'administration' and value in ({", ".join(f":{name}" for name in names)})
          and {COUNTS} and {STANDS}
        """,  # noqa: S608 - constants, and names of parameters
        {"known_at": known_at, **names},
    )


def numbers(store: Store, patient_id: str, known_at: datetime) -> list[str]:
    """The numbers that a patient was known by, in order."""
    rows = store.query(
        "select value from identifier where patient_id = :id and recorded_at <= :known_at "
        "order by system, value",
        {"id": patient_id, "known_at": known_at},
    )
    return [row["value"] for row in rows]


def death(store: Store, patient_id: str, known_at: datetime) -> datetime | None:
    """When a patient died, as far as was charted."""
    rows = store.query(
        f"""
        select effective_at from fact
        where patient_id = :patient_id and kind = 'death' and {COUNTS} and {STANDS}
        order by effective_at limit 1
        """,  # noqa: S608 - constants
        {"patient_id": patient_id, "known_at": known_at},
    )
    return rows[0]["effective_at"] if rows else None
