"""What goes wrong on any ward, once each, so that a visitor can look it up.

A wrong value that is corrected, a value of somebody else's that is retracted, one that cannot be
right and waits in quarantine, a fever with another cause, and an entry that comes hours late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.demo.ward import Deed, Patient, calm, instant

TYPED_C, MEANT_C = 39.8, 36.8
UNLIKELY_C = 49.3
"""Possible, and hardly ever right: it is kept, shown and not graded until somebody looks."""


@dataclass(frozen=True, slots=True)
class Mishaps:
    """`before` is told first, then the moment of `looked_at` passes, then `after` is told."""

    corrected: Patient
    wrong_at: datetime
    ill: Patient
    before: tuple[Deed, ...]
    after: tuple[Deed, ...]


def mishaps(patients: list[Patient], now: datetime) -> Mishaps:
    """All of them, in the last hours before `now`."""
    *_, third, wrong, ill = calm(patients, now)
    wrong_at = (now - timedelta(minutes=25)).replace(second=0, microsecond=0)
    typed = Deed(
        at=wrong_at,
        patient=wrong,
        key=f"{wrong.mrn}/wrong-temperature",
        path="/patients/{patient}/observations",
        body=_one(wrong_at, "body_temperature", TYPED_C, "Cel"),
    )
    stray_at = now - timedelta(minutes=55)
    stray = Deed(
        at=stray_at,
        patient=third,
        key=f"{third.mrn}/stray-saturation",
        path="/patients/{patient}/observations",
        body=_one(stray_at, "oxygen_saturation", 71, "%"),
    )
    quarantined_at = now - timedelta(minutes=40)
    late_at = now - timedelta(hours=5, minutes=20)
    before = (
        typed,
        stray,
        Deed(
            at=quarantined_at,
            patient=third,
            key=f"{third.mrn}/quarantined",
            path="/patients/{patient}/observations",
            body=_one(quarantined_at, "body_temperature", UNLIKELY_C, "Cel"),
        ),
        Deed(
            at=late_at,
            patient=third,
            key=f"{third.mrn}/late",
            path="/patients/{patient}/observations",
            body=_one(late_at, "body_temperature", 37.1, "Cel"),
        ),
    )
    began = ill.at(pneumonia.onset) if (pneumonia := ill.course.ill.pneumonia) else now
    after = (
        Deed(
            at=wrong_at,
            patient=wrong,
            key=f"{wrong.mrn}/wrong-temperature/correction",
            path="/observations/{observation}/corrections",
            body={
                "value": MEANT_C,
                "unit": "Cel",
                "reason": "Two digits exchanged: 36.8 was read, 39.8 was typed",
            },
            about=typed.key,
        ),
        Deed(
            at=stray_at,
            patient=third,
            key=f"{third.mrn}/stray-saturation/retraction",
            path="/observations/{observation}/retraction",
            body={"reason": "Charted for the wrong patient"},
            about=stray.key,
        ),
        Deed(
            at=now,
            patient=ill,
            key=f"{ill.mrn}/pneumonia",
            path="/patients/{patient}/attributions",
            body={
                "sign": "fever",
                "cause": "pneumonia",
                "from": instant(began),
                "until": None,
                "reason": "Consolidation of the right lower lobe on CT, pneumococcal antigen found",
            },
            asks="physician",
        ),
    )
    return Mishaps(wrong, wrong_at, ill, before, after)


def _one(at: datetime, kind: str, value: float, unit: str) -> dict[str, object]:
    return {
        "effective_at": instant(at.replace(microsecond=0)),
        "observations": [{"kind": kind, "value": value, "unit": unit}],
    }
