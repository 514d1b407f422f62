"""What lies ahead of a patient: checks, windows and dates, read and not decided anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from toxmon.actions import Actor, Service, knowing, look_up
from toxmon.actions.knowing import OldForm
from toxmon.actions.opened import treatment_of
from toxmon.store import Row, patients, watches
from toxmon.timeline import obligations, windows
from toxmon.timeline.known import Known
from toxmon.timeline.obligations import Due
from toxmon.timeline.plan import Plan, plan
from toxmon.timeline.windows import WindowNow

MOST_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies ahead of one treatment."""

    treatment: Row
    known: Known
    plan: Plan
    windows: tuple[WindowNow, ...]
    obligations: tuple[Due, ...]


def of_patient(
    service: Service, actor: Actor, patient_id: str, now: datetime
) -> tuple[Row, list[Ahead]]:
    """The head of a record, and what lies ahead of each of its treatments, the newest last."""
    with service.store.reading():
        heads = look_up.head(service, actor, patient_id)
        found = of_heads(service, patient_id, heads, now)
    look_up.note_reading(service, actor, "read.checks", patient_id)
    return heads[0], found


def of_heads(service: Service, patient_id: str, heads: list[Row], now: datetime) -> list[Ahead]:
    """What lies ahead of each treatment. Only inside `reading`."""
    begun = [row for row in heads if row["treatment_id"] is not None]
    return [_of(service, patient_id, row, begun, now) for row in begun]


def of_unit(
    service: Service, actor: Actor, unit: str | None, now: datetime
) -> Iterator[tuple[Row, Ahead]]:
    """For every patient of a unit (None: of every unit within reach) that is watched still."""
    after = ""
    while True:
        with service.store.reading():
            rows = watches.patients_of(service.store, unit or "%", after, MOST_AT_ONCE)
            for row in rows:
                if not actor.may_see(row["unit"]):
                    continue
                heads = patients.heads(service.store, row["patient_id"])
                for found in of_heads(service, row["patient_id"], heads, now)[-1:]:
                    yield {**row, **heads[0]}, found
        if len(rows) < MOST_AT_ONCE:
            return
        after = rows[-1]["patient_id"]


def _of(service: Service, patient_id: str, row: Row, begun: list[Row], now: datetime) -> Ahead:
    known = _known(service, patient_id, row, now)
    older = row is not begun[-1]
    if older:
        known = knowing.with_later(known, begun[-1])
    product = service.product(row["product_edition"])
    policy = service.alarms(row["alarms_edition"])
    course = treatment_of(begun[0], row, service.zone)
    return Ahead(
        row,
        known,
        plan(known, product, course, policy, now, older=older),
        windows.windows(product, course, known.doses, now),
        obligations.obligations(known, product, course, policy, now),
    )


def _known(service: Service, patient_id: str, row: Row, now: datetime) -> Known:
    try:
        if row["known"] is None:
            raise OldForm
        return knowing.load(row["known"])
    except OldForm:
        known = knowing.gathered(service, patient_id, row)
        return knowing.every_level(service, known, patient_id, row, row, now)
