"""Fold every treatment again from nothing: what is work is rebuilt, what is record only grows."""

from __future__ import annotations

from collections.abc import Callable

from toxmon.actions import SYSTEM, Service, audit, refold
from toxmon.actions.record import after
from toxmon.store import patients


def repair(service: Service, progress: Callable[[int, int], None]) -> int:
    """Rebuild the saved states; how many assessments that added."""
    ids = patients.every_id(service.store)
    added = 0
    for done, patient_id in enumerate(ids, start=1):
        added += _repair(service, patient_id)
        progress(done, len(ids))
    return added


def _repair(service: Service, patient_id: str) -> int:
    store = service.store
    with store.writing():
        # Gather.
        heads = patients.heads(store, patient_id)
        head = heads[0]
        now = after(head["told_at"], service.clock())
        version = head["version"] + 1
        treatments = [row for row in heads if row["treatment_id"] is not None]

        # Decide and keep.
        regraded = refold.after_infusions(service, patient_id, head, treatments, [], version, now)
        if regraded.rows:
            patients.advance(store, patient_id, version, now)
            audit.note(
                service,
                SYSTEM,
                now,
                "repair",
                patient_id=patient_id,
                version=version,
                rows=regraded.rows,
            )
    return len(regraded.rows)
