"""Grades of a patient: now, as of any moment, as known at any moment, and their history."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields, validate

from toxmon.actions import Fault, Refused, look_up
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Instant
from toxmon.api.outcome import GradeOut, TreatmentOut, add_windows, plain_treatment
from toxmon.assessment import plain
from toxmon.grading import icaht, t_icaht
from toxmon.grading.course import SCALES
from toxmon.grading.published import PUBLISHED
from toxmon.store import EVER, NEVER, Row, assessments

blueprint = door.blueprint("grades", "Grades, why they are so, and their history")


class Moments(Schema):
    """Bedside time, the time of knowing, and which scales."""

    as_of = Instant(load_default=None, metadata={"description": "Bedside time; default is now"})
    known_at = Instant(
        load_default=None, metadata={"description": "Only what was on record then; default is all"}
    )
    scale = fields.String(
        load_default=None,
        metadata={"description": "Only these, with commas between them; default is all"},
    )
    icaht_method = fields.String(
        load_default=icaht.LIANG,
        validate=validate.OneOf(icaht.METHODS),
        metadata={"description": "How the days of ICAHT are read"},
    )
    t_icaht_method = fields.String(
        load_default=t_icaht.METHODS[0],
        validate=validate.OneOf(t_icaht.METHODS),
        metadata={"description": "How the days of T-ICAHT are read"},
    )


class GradesOut(Schema):
    """The grades of the treatment at a moment."""

    patient_id = fields.String()
    version = fields.Integer()
    as_of = fields.DateTime()
    known_at = fields.DateTime(allow_none=True)
    treatment = fields.Nested(TreatmentOut, allow_none=True)
    grades = fields.Dict(keys=fields.String(), values=fields.Nested(GradeOut))
    quarantined = fields.Integer(
        metadata={"description": "Values that wait to be confirmed or corrected"}
    )
    recovery = fields.Dict(
        metadata={"description": "How neutrophils and the immune system recover: findings only"}
    )
    not_charted = fields.List(
        fields.String(),
        metadata={"description": "Scales of which nothing was ever charted: not known, not absent"},
    )


class HistoryQuery(Schema):
    """Which part of the history."""

    scale = fields.String(load_default=None)
    from_ = Instant(load_default=None, data_key="from")
    to = Instant(load_default=None)


class AssessmentOut(Schema):
    """A grade that was told: `at` is bedside time, `recorded_at` when it was told."""

    id = fields.String()
    scale = fields.String()
    at = fields.DateTime()
    recorded_at = fields.DateTime()
    version = fields.Integer()
    low = fields.Integer(allow_none=True)
    high = fields.Integer(allow_none=True)
    value = fields.Integer(allow_none=True)
    standing = fields.Boolean(metadata={"description": "Nothing newer was told of this instant"})
    withdrawn = fields.Boolean()
    cause = fields.List(fields.String())
    answer = fields.Dict()


class HistoryOut(Schema):
    """Every grade that was ever told, in bedside order, then as it was told."""

    patient_id = fields.String()
    version = fields.Integer()
    items = fields.List(fields.Nested(AssessmentOut))


@blueprint.route("/patients/<patient_id>/grades")
@door.answers(200, GradesOut)
@door.allowed(*door.CLINICAL)
@door.asks(Moments)
def grades(asked: dict[str, Any], patient_id: str) -> Response:
    """The grades now, or at any moment, by what is or was known."""
    service = door.service()
    as_of = asked["as_of"] or asked["known_at"] or service.clock()
    scales = _scales(asked["scale"])
    methods = {
        **dict.fromkeys(("icaht_early", "icaht_late"), asked["icaht_method"]),
        **dict.fromkeys(("t_icaht_early", "t_icaht_late"), asked["t_icaht_method"]),
    }
    found = look_up.grades(
        service, door.actor(), patient_id, as_of, asked["known_at"], scales, methods
    )
    treatment = found.treatment
    if treatment is not None:
        add_windows(service, found.grades, treatment, as_of)
    body = {
        "patient_id": patient_id,
        "version": found.version,
        "as_of": as_of,
        "known_at": asked["known_at"],
        "treatment": treatment and plain_treatment(service, treatment, as_of),
        "grades": found.grades,
        "quarantined": found.quarantined,
        "recovery": plain(found.recovery),
        "not_charted": [
            name
            for name in SCALES
            if treatment is not None and name not in found.grades and (not scales or name in scales)
        ],
    }
    response = reply(200, body)
    # Time alone changes a grade, so the version is no ETag of an answer about "now".
    response.headers["Cache-Control"] = "no-store"
    return response


def _scales(asked: str | None) -> frozenset[str] | None:
    """The scales that were asked for by name; None is all of them."""
    if asked is None:
        return None
    names = [name.strip() for name in asked.split(",")]
    unknown = [name for name in names if name not in PUBLISHED]
    if unknown:
        known = ", ".join(PUBLISHED)
        raise Refused(Fault("/scale", f"{unknown[0]!r} is not a scale; known are {known}"))
    return frozenset(names)


@blueprint.route("/patients/<patient_id>/grades/history")
@door.answers(200, HistoryOut)
@door.allowed(*door.CLINICAL)
@door.asks(HistoryQuery)
def history(asked: dict[str, Any], patient_id: str) -> Response:
    """Every change of a grade with its cause; what was told and taken back stays in it."""
    service = door.service()
    scale = asked["scale"]
    if scale is not None and scale not in SCALES:
        raise Refused(Fault("/scale", f"is not a watched scale; those are {', '.join(SCALES)}"))

    def read(heads: list[Row]) -> tuple[int, list[Row]]:
        rows = assessments.history(
            service.store, patient_id, scale or "%", asked["from_"] or NEVER, asked["to"] or EVER
        )
        return heads[0]["version"], rows

    version, rows = look_up.reading(service, door.actor(), patient_id, "read.history", read)
    return reply(200, {"patient_id": patient_id, "version": version, "items": plain_history(rows)})


def plain_history(rows: list[Row]) -> list[dict[str, Any]]:
    """Assessments as they are told; the newest of each instant and scale stands."""
    newest = {(row["treatment_id"], row["scale"], row["effective_at"]): row["id"] for row in rows}
    return [
        {
            "id": row["id"],
            "scale": row["scale"],
            "at": row["effective_at"],
            "recorded_at": row["recorded_at"],
            "version": row["version"],
            "low": None if row["withdrawn"] else row["low"],
            "high": None if row["withdrawn"] else row["high"],
            "value": row["low"] if not row["withdrawn"] and row["low"] == row["high"] else None,
            "standing": newest[row["treatment_id"], row["scale"], row["effective_at"]] == row["id"]
            and not row["withdrawn"],
            "withdrawn": bool(row["withdrawn"]),
            "cause": orjson.loads(row["cause"]),
            "answer": orjson.loads(row["body"]),
        }
        for row in rows
    ]
