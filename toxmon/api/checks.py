"""Checks: what is due, late, overdue, next and paused, of a patient or of a unit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from toxmon.actions import Actor, Service, ahead, look_up
from toxmon.actions.ahead import Ahead
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.outcome import plain_treatment
from toxmon.api.reach import reached
from toxmon.store import Row
from toxmon.timeline.check import STATES
from toxmon.timeline.plain import told_check, told_due, told_window

blueprint = door.blueprint("checks", "What is due")

WAITING = ("due", "late", "overdue")


class ChecksQuery(Schema):
    """Which checks."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class UnitQuery(ChecksQuery):
    """Which checks of which unit."""

    unit = fields.String(load_default=None)


class ChecksOut(Schema):
    """The plan of a patient: checks by what is most urgent, windows, and dates to keep."""

    patient_id = fields.String()
    version = fields.Integer()
    at = fields.DateTime()
    setting = fields.String(allow_none=True)
    treatment = fields.Dict(allow_none=True)
    items = fields.List(fields.Dict())
    due = fields.List(fields.String(), metadata={"description": "Names of the checks that are due"})
    late = fields.List(fields.String())
    overdue = fields.List(fields.String())
    paused = fields.List(fields.String())
    next = fields.Dict(allow_none=True, metadata={"description": "What is due next, and when"})
    windows = fields.List(fields.Dict())
    dates = fields.List(fields.Dict())


class UnitChecksOut(Schema):
    """What waits in a unit, the longest overdue first."""

    at = fields.DateTime()
    items = fields.List(fields.Dict())
    next = fields.String(allow_none=True)


@blueprint.route("/patients/<patient_id>/checks")
@door.answers(200, ChecksOut)
@door.allowed(*door.CLINICAL)
@door.asks(ChecksQuery)
def of_patient(asked: dict[str, Any], patient_id: str) -> Response:
    """What is due, late, overdue, next and paused; the windows; what has a date."""
    service = door.service()
    now = service.clock()
    head, found = ahead.of_patient(service, door.actor(), patient_id, now)
    return reply(200, plain_checks(service, patient_id, head, found, now, asked["state"]))


@blueprint.route("/checks")
@door.answers(200, UnitChecksOut)
@door.allowed(*door.CLINICAL)
@door.asks(UnitQuery)
def of_unit(asked: dict[str, Any]) -> Response:
    """What is due, late or overdue for the patients of your units, the most urgent first."""
    service, actor = door.service(), door.actor()
    unit = reached(actor, asked["unit"])
    return reply(200, plain_unit(service, actor, unit, asked["state"], service.clock()))


def plain_unit(
    service: Service, actor: Actor, unit: str | None, state: str | None, now: datetime
) -> dict[str, Any]:
    """What waits in a unit as it is told, here and in the terminal."""
    wanted = WAITING if state is None else (state,)
    items = [
        {"patient_id": row["patient_id"], "unit": row["unit"], "bed": bed(found, now)}
        | told_check(check)
        for row, found in ahead.of_unit(service, actor, unit, now)
        for check in found.plan.checks
        if check.state in wanted
    ]
    items.sort(key=lambda item: (-STATES.index(item["state"]), item["due_at"] or now))
    look_up.note_reading(service, actor, "list.checks")
    return {"at": now, "items": items, "next": None}


def plain_checks(
    service: Service,
    patient_id: str,
    head: Row,
    found: list[Ahead],
    now: datetime,
    state: str | None = None,
) -> dict[str, Any]:
    """What lies ahead of a patient, as it is told."""
    checks = [
        {"treatment_id": each.treatment["treatment_id"], **told_check(check)}
        for each in reversed(found)
        for check in each.plan.checks
        if state is None or check.state == state
    ]

    def named(wanted: str) -> list[str]:
        return [check["what"] for check in checks if check["state"] == wanted]

    coming = [check for check in checks if check["state"] == "next" and check["due_at"]]
    first = min(coming, key=lambda check: check["due_at"], default=None)
    newest = found[-1] if found else None
    return {
        "patient_id": patient_id,
        "version": head["version"],
        "at": now,
        "setting": newest.known.setting(now) if newest else None,
        "treatment": plain_treatment(service, newest.treatment, now) if newest else None,
        "items": checks,
        "due": named("due"),
        "late": named("late"),
        "overdue": named("overdue"),
        "paused": named("paused"),
        "next": first and {"what": first["what"], "due_at": first["due_at"]},
        "windows": [told_window(each) for one in reversed(found) for each in one.windows],
        "dates": [told_due(each) for one in reversed(found) for each in one.obligations],
    }


def bed(found: Ahead, now: datetime) -> str | None:
    """The bed that a patient lies in, if it was charted."""
    stay = found.known.stay(now)
    return stay.bed if stay is not None else None
