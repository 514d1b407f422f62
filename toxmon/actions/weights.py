"""The weights of a patient that a dose may be reckoned with."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from toxmon.actions import Service
from toxmon.dosing.situation import Weighing
from toxmon.saved import MICROSECOND, load_value
from toxmon.store import EVER, facts

LOOKED_AT = 5
"""Of so many of the newest weights the exact ones are taken."""


def exact_weights(
    service: Service, patient_id: str, at: datetime, known_at: datetime | None = None
) -> list[Weighing]:
    """The newest exact weights charted up to `at`, the newest first; how old, the reader judges.

    A weight that is known only as "above 70" makes no dose and is passed over.
    """
    known = known_at or EVER
    rows = facts.weights(service.store, patient_id, at + MICROSECOND, LOOKED_AT, known)
    values = [(row, load_value(row["value"])) for row in rows]
    return [
        Weighing(kg=value, at=row["effective_at"], fact=row["id"])
        for row, value in values
        if isinstance(value, Decimal)
    ]


def weight_at(
    service: Service, patient_id: str, at: datetime, known_at: datetime | None = None
) -> Weighing | None:
    """The newest of them, or None."""
    return next(iter(exact_weights(service, patient_id, at, known_at)), None)
