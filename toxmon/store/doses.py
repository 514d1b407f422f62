"""Every record of the doses of a drug, those that were corrected or taken back too."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.store import Row, Store


def ledger(store: Store, patient_id: str, medications: Sequence[str], limit: int) -> list[Row]:
    """The newest records of doses under any of these names (values as they are saved).

    `later_*` is what replaced a record: its status, reason, who and when; None for one that stands.
    """
    names = {f"name_{place}": name for place, name in enumerate(medications)}
    listed = ", ".join(f":{name}" for name in names)
    return store.query(
        f"""
        select fact.id, fact.value, fact.detail, fact.status, fact.effective_at, fact.recorded_at,
               fact.recorded_by, fact.replaces_id, fact.reason,
               later.id as later_id, later.status as later_status, later.reason as later_reason,
               later.recorded_by as later_by, later.recorded_at as later_at
        from fact left join fact as later on later.replaces_id = fact.id
        where fact.patient_id = :patient_id and fact.kind = 'administration'
          and fact.value in ({listed})
        order by coalesce(fact.effective_at, fact.recorded_at) desc, fact.seq desc
        limit :limit
        """,  # noqa: S608 - names of parameters
        {"patient_id": patient_id, "limit": limit, **names},
    )
