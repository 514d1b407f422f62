"""Fold every treatment again from nothing: what is work is rebuilt, what is record only grows.

Alarms are made again from their events first, so that what the watch then finds is decided on top
of what was told. What was given up on is watched again.
"""

from __future__ import annotations

from collections.abc import Callable

from toxmon.actions import SYSTEM, Service, audit, events, refold, remade
from toxmon.actions.record import after
from toxmon.actions.watch import watched
from toxmon.store import patients


def repair(service: Service, progress: Callable[[int, int], None]) -> int:
    """Rebuild the saved states; how many assessments that added."""
    with service.store.writing():
        remade.rebuild(service, None)
    ids = patients.every_id(service.store)
    added = 0
    for done, patient_id in enumerate(ids, start=1):
        added += _repair(service, patient_id)
        progress(done, len(ids))
    return added


def _repair(service: Service, patient_id: str) -> int:
    store = service.store
    with store.writing():
        remade.rebuild(service, patient_id)
    with store.writing():
        # Gather.
        heads = patients.heads(store, patient_id)
        head = heads[0]
        now = after(head["told_at"], service.clock())
        version = head["version"] + 1
        treatments = [row for row in heads if row["treatment_id"] is not None]

        # Decide and keep.
        regraded = refold.after_infusions(service, patient_id, head, treatments, [], version, now)
        watch = watched(service, patient_id, head, treatments, [], regraded, version, now)
        rows = [*regraded.rows, *watch.rows]
        if rows:
            patients.advance(store, patient_id, version, now)
            events.tell(watch, (), regraded.rows)
            audit.note(
                service,
                SYSTEM,
                now,
                "repair",
                patient_id=patient_id,
                version=version,
                rows=rows,
            )
    return len(regraded.rows)
