"""What is wrong with a bedside time by the record, told beside the faults of the body itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from toxmon.actions import Fault, Refused, record
from toxmon.actions.record import Charted
from toxmon.api import door
from toxmon.store import patients


def bedside(name: str, pointer: str) -> Callable[..., list[Fault]]:
    """For `door.takes(also=...)`: the time in the field `name` of a body about a patient."""

    def more(valid: dict[str, Any], patient_id: str) -> list[Fault]:
        return faults_of_time(patient_id, valid.get(name), pointer)

    return more


def faults_of_time(patient_id: str | None, at: datetime | None, pointer: str) -> list[Fault]:
    """In the future, or before the birth of a patient within reach."""
    if at is None:
        return []
    service = door.service()
    birth_date = None
    if patient_id is not None:
        heads = patients.heads(service.store, patient_id)
        if heads and door.actor().may_see(heads[0]["unit"]):
            birth_date = heads[0]["birth_date"]
    charted = Charted(kind="", value=None, effective_at=at, pointer=pointer)
    try:
        record.check_times([charted], service.clock(), birth_date, service.zone)
    except Refused as error:
        return list(error.faults)
    return []
