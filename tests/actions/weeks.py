"""What stories of weeks share: a day of a treatment, charting at its time, what is read of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conftest import Api, Clock
from toxmon.actions.lapse import lapse_due
from toxmon.actions.verify import verify

INFLAMED = {"ferritin": (9000, "ng/mL"), "anc": (200, "/uL"), "fibrinogen": (110, "mg/dL")}
DAY_31 = "2026-03-31T22:00:00Z"
"""Day 31 of an infusion on 1 March begins at midnight in Berlin, where summer time has begun."""


def on(day: int, hour: int = 8) -> datetime:
    """An hour of a day after the infusion, which was on 1 March at 06:00."""
    return datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=day)


def chart(api: Api, clock: Clock, patient: str, at: datetime, **values: Any) -> dict:
    """Chart a set at its own time, or later where the clock has gone on."""
    clock.now = max(clock.now + timedelta(seconds=1), at)
    answer = api.chart(patient, at.isoformat(), **values)
    assert answer.status == 201, answer.body
    return answer.body


def grades(api: Api, patient: str, **query: str) -> dict:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = api.get(f"/patients/{patient}/grades?{asked}")
    assert answer.status == 200, answer.body
    return answer.body["grades"]


def interval(answer: dict) -> tuple[int, int]:
    return answer["low"], answer["high"]


def history(api: Api, patient: str, scale: str) -> list[dict]:
    answer = api.get(f"/patients/{patient}/grades/history?scale={scale}")
    assert answer.status == 200, answer.body
    return answer.body["items"]


def sweep(api: Api, clock: Clock) -> None:
    clock.forward(minutes=1)
    while lapse_due(api.service):
        pass


def findings(api: Api) -> list[Any]:
    return verify(api.service, lambda done, total: None)


def neutrophils(day: int, falls_on: int = 3) -> int:
    """A course that falls to 300 on day 3 and is back on day 13."""
    return 2000 if day < falls_on else 300 if day < 13 else 1600
