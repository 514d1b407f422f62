"""One act of one patient, charted: an infusion, a dose, a pause, a move."""

from __future__ import annotations

from flask import Response

from toxmon.actions import record
from toxmon.actions.record import Charted
from toxmon.api import door
from toxmon.api.outcome import render
from toxmon.store import Row


def chart_fact(
    patient_id: str, fact: Charted, action: str, editions: list[Row] | None = None
) -> Response:
    """Chart a fact, and answer with what that changed. `action`: its name in the audit chain."""
    service = door.service()
    answer = record.record(
        service,
        door.actor(),
        patient_id,
        [fact],
        lambda outcome: render(service, outcome),
        action=action,
        keyed=door.keyed(),
        began_under=editions or (),
        at_version=door.at_version(),
    )
    return door.said(answer)
