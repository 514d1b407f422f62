"""Keep what time alone has changed: a finding grew old, an attribution ended, an episode closed."""

from __future__ import annotations

from datetime import datetime, timedelta

from toxmon.actions import SYSTEM, Service, audit, events, refold
from toxmon.actions.record import after
from toxmon.actions.watch import Watch
from toxmon.store import folds, patients

SETTLING = timedelta(seconds=30)
"""A record in which something was charted so recently is left for the next sweep."""

AT_ONCE = 100
"""Patients in one sweep; more are left to the next."""


def lapse_due(service: Service) -> int:
    """Regrade every patient whose time has come, the longest overdue first; how many there were.

    Safe to run twice, or in two processes: whoever comes second finds nothing to do.
    """
    now = service.clock()
    with service.store.reading():
        due = folds.due(service.store, now, now - SETTLING, AT_ONCE)
    for patient_id in due:
        _lapse(service, patient_id, now)
    return len(due)


def _lapse(service: Service, patient_id: str, now: datetime) -> None:
    store = service.store
    with store.writing():
        # Gather.
        heads = patients.heads(store, patient_id)
        head = heads[0]
        now = after(head["told_at"], now)
        treatments = [
            row
            for row in heads
            if row["treatment_id"] is not None and row["due_at"] and row["due_at"] <= now
        ]

        # Decide and keep.
        version = head["version"] + 1
        regraded = refold.let_time_pass(service, patient_id, head, treatments, version, now)
        watch = Watch(service, patient_id, head, version, now)
        watch.after_time(heads, regraded)
        rows = [*regraded.rows, *watch.rows]
        if rows:
            patients.advance(store, patient_id, version, now)
            events.tell(watch, (), regraded.rows)
            audit.note(
                service,
                SYSTEM,
                now,
                "lapse",
                patient_id=patient_id,
                version=version,
                rows=rows,
            )
