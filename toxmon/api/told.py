"""Alerts and their changes as they are told: the same in an answer, a list and the feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from toxmon.actions.register import Standing
from toxmon.actions.telling import Told
from toxmon.alerting.plain import told
from toxmon.protocol.alarms import Alarms
from toxmon.store import Row


def plain_alert(standing: Standing, row: Mapping[str, Any], policy: Alarms) -> dict[str, Any]:
    """An alert as it is told. `row`: patient_id and unit; `policy` says who is told next, when."""
    alarm, technical = standing.alarm, row["patient_id"] is None
    chain = policy.chain(row["unit"] or "", alarm.priority, technical=technical)
    return {
        "id": standing.id,
        "patient_id": row["patient_id"],
        "treatment_id": standing.treatment_id,
        "unit": row["unit"],
        **told(alarm, chain),
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


def plain_told(told: Told) -> dict[str, Any]:
    """Whom a step comes to; without a person nobody has the role, and it is on the screens only."""
    return {"role": told.role, "person": told.person, "channel": told.channel}


def plain_delivery(row: Row) -> dict[str, Any]:
    """What became of one message about an alert."""
    state = "waiting" if row["due_at"] else ("sent" if row["sent_at"] else "given_up")
    return {
        "id": row["id"],
        "event_id": row["event_id"],
        "channel": row["channel"],
        "recipient": row["recipient"],
        "state": state,
        "made_at": row["made_at"],
        "sent_at": row["sent_at"],
        "tries": row["tries"],
        "says": None if row["outcome"] is None else orjson.loads(row["outcome"]).get("says"),
    }
