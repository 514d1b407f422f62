"""What has happened to a plan: rounds that were missed, windows that were entered and left.

Each has a key of its own (treatment, what, when) under which it is kept once, whoever finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon.grading.treatment import Treatment
from toxmon.protocol import Product
from toxmon.store import Row
from toxmon.timeline import windows
from toxmon.timeline.known import Known
from toxmon.timeline.plan import Plan

LOOKED_BACK = timedelta(days=1)
"""A window that was crossed in this span before the last look is looked for again."""


def found(
    row: Row, treatment: Treatment, product: Product, known: Known, plan: Plan, now: datetime
) -> list[Row]:
    """What has happened by `now`, and some of it may be on record."""
    treatment_id = row["treatment_id"]
    rows = [
        _event(treatment_id, "missed", check.what, slot, {"kinds": check.kinds})
        for check in plan.checks
        for slot in check.missed
    ]
    since = min(row["watched_at"] or treatment.infused_at, now) - LOOKED_BACK
    for each in windows.crossed(product, treatment, known.doses, since, now):
        said = {"title": each.title, "says": each.says}
        rows.append(_event(treatment_id, f"window_{each.what}", each.key, each.at, said))
    return rows


def _event(treatment_id: str, kind: str, what: str, at: datetime, body: Mapping[str, Any]) -> Row:
    return {
        "key": f"{treatment_id}|{kind}|{what}|{at.isoformat()}",
        "patient_id": None,
        "treatment_id": treatment_id,
        "version": None,
        "kind": kind,
        "what": what,
        "at": at,
        "recorded_at": None,
        "body": orjson.dumps(dict(body)).decode(),
    }
