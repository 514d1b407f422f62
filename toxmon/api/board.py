"""The board of a unit: everybody who is watched there, the most urgent first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from toxmon.actions import Actor, Service
from toxmon.actions.board import Place
from toxmon.actions.board import board as read
from toxmon.actions.heartbeat import reasons
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.checks import bed
from toxmon.api.outcome import plain_treatment
from toxmon.api.reach import reached
from toxmon.api.told import plain_alert
from toxmon.timeline.plain import told_check

blueprint = door.blueprint("board", "Everybody at a glance")


class BoardQuery(Schema):
    """Which unit; without, every one of yours."""

    unit = fields.String(load_default=None)


class BoardOut(Schema):
    """Patients with grades, open alerts and what waits; and what is wrong with the watch itself."""

    at = fields.DateTime()
    not_monitored = fields.List(
        fields.String(),
        metadata={"description": "Why the watch is not whole: silence means nothing; else empty"},
    )
    items = fields.List(fields.Dict())
    next = fields.String(allow_none=True)
    technical = fields.List(fields.Dict())


@blueprint.route("/board")
@door.answers(200, BoardOut)
@door.allowed(*door.CLINICAL)
@door.asks(BoardQuery)
def board(asked: dict[str, Any]) -> Response:
    """Everybody who is watched in your units, the most urgent first."""
    service = door.service()
    now = service.clock()
    unit = reached(door.actor(), asked["unit"])
    return reply(200, plain_board(service, door.actor(), unit, now))


def plain_board(service: Service, actor: Actor, unit: str | None, now: datetime) -> dict[str, Any]:
    """The board of a unit as it is told, here and in the terminal."""
    places, technical = read(service, actor, unit, now)
    return {
        "at": now,
        "not_monitored": list(reasons(service)),
        "items": [plain_place(service, place, now) for place in places],
        "next": None,
        "technical": [
            plain_alert(standing, row, service.alarms_now) for standing, row in technical
        ],
    }


def plain_place(service: Service, place: Place, now: datetime) -> dict[str, Any]:
    """One patient on the board, as it is told."""
    patient = place.patient
    where = {"patient_id": patient["id"], "unit": patient["unit"]}
    return {
        "patient_id": patient["id"],
        "identifiers": patient["identifiers"],
        "name": patient["name"],
        "unit": patient["unit"],
        "bed": bed(place.ahead, now),
        "version": patient["version"],
        "setting": place.ahead.known.setting(now),
        "treatment": plain_treatment(service, place.ahead.treatment, now),
        "grades": {
            scale: level and {"low": level.low, "high": level.high, "says": level.says}
            for scale, level in place.grades().items()
        },
        "alerts": [plain_alert(each, where, service.alarms_now) for each in place.alarms],
        "waiting": [told_check(check) for check in place.waiting],
        "next": told_check(place.next) if place.next is not None else None,
    }
