"""Alerts and their changes as they are told: the same in an answer, a list and the feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from toxmon.actions.register import Standing
from toxmon.alerting.plain import told
from toxmon.store import Row


def plain_alert(standing: Standing, row: Mapping[str, Any]) -> dict[str, Any]:
    """An alert as it is told. `row`: patient_id and unit."""
    return {
        "id": standing.id,
        "patient_id": row["patient_id"],
        "treatment_id": standing.treatment_id,
        "unit": row["unit"],
        **told(standing.alarm),
        "changes": standing.made,
    }


def plain_event(row: Row) -> dict[str, Any]:
    """A change of an alert, as it is told."""
    return {
        "seq": row["seq"],
        "id": row["id"],
        "alert_id": row["alarm_id"],
        "patient_id": row["patient_id"],
        "version": row["version"],
        "key": row["key"],
        "event": row["kind"],
        "recorded_at": row["recorded_at"],
        "by": row["recorded_by"],
        "unit": row["unit"],
        "body": orjson.loads(row["body"]),
    }
