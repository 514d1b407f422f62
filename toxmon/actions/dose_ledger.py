"""What became of each record of a drug's doses: given, corrected, taken back, against a rule.

For reading: what counts is decided by `toxmon.dosing.counting`, and stands in the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from toxmon.actions import Actor, Service, look_up
from toxmon.actions.record import RETRACTED
from toxmon.actions.register import Standing, load_open
from toxmon.actions.situations import dose_mg
from toxmon.dosing.drug import DrugRules
from toxmon.grading.chart import STOPPED
from toxmon.saved import dump_value
from toxmon.store import EVER, NEVER, Row, assessments, doses, facts

MOST = 100
OF_DOSES = "dose:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One record of a dose. `state`: given, corrected, taken_back; the last two count no more.

    `root` names the dose whatever was corrected of it. `then` is the grade of CRS that was told
    last before it, `against` the rules that it was recorded against, with the reason for it.
    """

    id: str
    root: str
    state: str
    at: datetime | None
    not_after: datetime | None
    mg: Decimal | None
    dose: dict[str, Any] | None
    route: str | None
    stopped: bool
    by: str
    recorded_at: datetime
    why: str | None
    why_by: str | None
    why_at: datetime | None
    against: tuple[str, ...]
    against_reason: str | None
    then: tuple[int, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Every record of a drug's doses, the newest first, and the open alerts of doses."""

    entries: tuple[Entry, ...]
    alerts: tuple[Standing, ...]
    others: tuple[tuple[str, datetime, dict[str, Any] | None], ...]


def ledger(
    service: Service, actor: Actor, patient_id: str, rules: DrugRules, beside: Iterable[str] = ()
) -> Ledger:
    """The records of a drug and the newest dose of each drug in `beside`. Raises NotFound."""
    store = service.store
    with store.reading():
        heads = look_up.head(service, actor, patient_id)
        rows = doses.ledger(store, patient_id, [dump_value(each) for each in rules.names], MOST)
        told = assessments.history(store, patient_id, "crs", NEVER, EVER) if rows else []
        entries = tuple(_entry(service, row, told) for row in rows)
        others = tuple(_others(service, patient_id, beside))
    alerts = tuple(
        each for each in load_open(heads[0]["alarms"]).values() if OF_DOSES in each.alarm.rule
    )
    return Ledger(entries=entries, alerts=alerts, others=others)


def _entry(service: Service, row: Row, told: Sequence[Row]) -> Entry:
    detail = orjson.loads(row["detail"]) if row["detail"] else {}
    unknown = bool(detail.get("time_unknown"))
    state = "given"
    if row["later_id"] is not None:
        state = "taken_back" if row["later_status"] == RETRACTED else "corrected"
    return Entry(
        id=row["id"],
        root=row["id"] if row["replaces_id"] is None else facts.root(service.store, row),
        state=state,
        at=None if unknown else row["effective_at"],
        not_after=row["effective_at"] if unknown else None,
        mg=dose_mg(detail.get("dose")),
        dose=detail.get("dose"),
        route=detail.get("route"),
        stopped=detail.get("status") == STOPPED,
        by=row["recorded_by"],
        recorded_at=row["recorded_at"],
        why=row["later_reason"],
        why_by=row["later_by"],
        why_at=row["later_at"],
        against=tuple(detail.get("against", ())),
        against_reason=detail.get("against_reason"),
        then=None if unknown else _grade_then(told, row["effective_at"]),
    )


def _grade_then(told: Sequence[Row], at: datetime) -> tuple[int, int] | None:
    """The grade that stands for the last instant not after `at`."""
    newest: Row | None = None
    for row in told:  # In bedside order, then as it was told.
        if row["effective_at"] <= at:
            newest = row
    return None if newest is None or newest["withdrawn"] else (newest["low"], newest["high"])


def _others(
    service: Service, patient_id: str, names: Iterable[str]
) -> Iterable[tuple[str, datetime, dict[str, Any] | None]]:
    for name in names:
        for row in facts.doses(service.store, patient_id, dump_value(name), EVER, 1):
            detail = orjson.loads(row["detail"]) if row["detail"] else {}
            yield name, row["effective_at"], detail.get("dose")
