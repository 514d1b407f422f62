"""Courses for tests of the picture: charted through the action itself, a whole course at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.conftest import ADA, Api
from toxmon.actions import infuse, record
from toxmon.actions.record import Charted
from toxmon.grading.facts import Value

HOUR = timedelta(hours=1)
LABS = ("crp", "ferritin", "anc", "platelets")
MORE = (
    "fibrinogen", "ldh", "ast", "alt", "bilirubin_total", "triglycerides", "creatinine",
    "hemoglobin", "wbc", "il6", "inr",
)  # fmt: skip


def fact(kind: str, at: datetime, value: Value) -> Charted:
    """One reading in its canonical unit."""
    return Charted(kind=kind, value=value, effective_at=at, pointer="/effective_at")


def vitals(at: datetime, hours: float) -> Iterator[Charted]:
    """A set of so many hours after the infusion: a fever and a low pressure on the fourth day."""
    fever = 2.6 * math.exp(-(((hours - 80) / 18) ** 2))
    for kind, value in (
        ("body_temperature", f"{36.7 + fever + hours % 3 / 20:.1f}"),
        ("systolic_bp", f"{122 - 16 * fever + hours % 7:.0f}"),
        ("diastolic_bp", f"{74 - 8 * fever + hours % 5:.0f}"),
        ("oxygen_saturation", f"{97 - fever + hours % 2:.0f}"),
        ("heart_rate", f"{78 + 14 * fever + hours % 9:.0f}"),
        ("respiratory_rate", f"{16 + 2 * fever:.0f}"),
    ):
        yield fact(kind, at, Decimal(value))
    yield fact("oxygen_device", at, "room_air")
    yield fact("vasopressors", at, ())


def sampled(at: datetime, day: int, kinds: tuple[str, ...]) -> Iterator[Charted]:
    """A blood sample."""
    low = max(40, 2400 - 520 * day) if day < 14 else 1800
    known = {"crp": 8 + 30 * (day % 6), "ferritin": 500 + 90 * day, "anc": low, "platelets": 90}
    for kind in kinds:
        yield fact(kind, at, Decimal(known.get(kind, 20 + day % 7)))


def dose(medication: str, at: datetime, mg: int) -> Charted:
    """A dose that was given."""
    detail = {
        "medication": medication, "as_sent": medication, "route": "iv",
        "dose": {"value": str(mg), "unit": "mg"},
    }  # fmt: skip
    return infuse.administration(medication, at, detail)


def chart(api: Api, patient_id: str, facts: list[Charted]) -> None:
    """Keep facts as one action."""
    for first in range(0, len(facts), 900):
        record.record(api.service, ADA, patient_id, facts[first : first + 900], lambda _: b"")


def treated(api: Api, clock: Any, days: float, **more: str) -> tuple[str, datetime]:
    """A patient who was infused so many days before the clock's now, and when that was."""
    infused_at = clock() - timedelta(days=days)
    number = f"88{next(api.numbers):05}"
    patient_id = api.patient(mrn=number, **{"name": "SYNTHETIC, Course", **more})
    body = {"product": "axi-cel", "infused_at": infused_at.isoformat()}
    answer = api.post(f"/patients/{patient_id}/infusions", body)
    assert answer.status == 201, answer.body
    return patient_id, infused_at


def ill(api: Api, clock: Any, days: int = 5, *, every: int = 4, more: bool = False) -> str:
    """A course of so many days with doses; from day 30 on somebody is seen once a day."""
    patient_id, infused_at = treated(api, clock, days)
    now, facts, hours = clock(), [], 1.0
    while (at := infused_at + hours * HOUR) <= now:
        facts += vitals(at, hours)
        if hours % 12 < every:
            facts.append(fact("ice_score", at, Decimal(10 if hours < 90 else 7)))
        hours += every if hours < 30 * 24 else 24
    for day in range(days):
        at = infused_at + timedelta(days=day, hours=2)
        facts += sampled(at, day, (*LABS, *(MORE if more else ())))
    facts += [dose("tocilizumab", infused_at + n * HOUR, 560) for n in (76, 92)]
    facts += [dose("dexamethasone", infused_at + n * HOUR, 10) for n in (94, 102, 110)]
    facts = [each for each in facts if each.effective_at <= now]
    chart(api, patient_id, sorted(facts, key=lambda each: each.effective_at))
    return patient_id
