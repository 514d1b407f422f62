"""Grades that clinicians have charted, beside the grades that the facts give."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from toxmon.actions import Fault, Refused, compare
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Instant
from toxmon.grading.clinical_kinds import CHARTED_SCALES
from toxmon.grading.concordance import plain
from toxmon.store import EVER, NEVER

blueprint = door.blueprint("concordance", "Charted grades beside derived ones, and what explains")


class ConcordanceQuery(Schema):
    """Which charted grades."""

    scale = fields.String(
        load_default=None, metadata={"description": f"One of {', '.join(CHARTED_SCALES)}"}
    )
    from_ = Instant(load_default=None, data_key="from")
    to = Instant(load_default=None)


class ComparedOut(Schema):
    """A grade as it was charted, the derived one of the same bedside time, and the difference."""

    scale = fields.String()
    edition = fields.String()
    charted = fields.Integer(allow_none=True)
    charted_at = fields.DateTime(allow_none=True)
    charted_edition = fields.String(allow_none=True)
    fact = fields.String(allow_none=True)
    low = fields.Integer()
    high = fields.Integer()
    value = fields.Integer(allow_none=True)
    agreement = fields.String(
        metadata={"description": "same, inside (the interval), not_gradable, or differs"}
    )
    difference = fields.Integer(allow_none=True)
    says = fields.String()
    explained = fields.List(fields.Dict())


class ConcordanceOut(Schema):
    """Every charted grade, in bedside order."""

    patient_id = fields.String()
    version = fields.Integer()
    items = fields.List(fields.Nested(ComparedOut))


@blueprint.route("/patients/<patient_id>/concordance")
@door.answers(200, ConcordanceOut)
@door.allowed(*door.CLINICAL)
@door.asks(ConcordanceQuery)
def listed(asked: dict[str, Any], patient_id: str) -> Response:
    """Each grade that a clinician has charted beside the one that the facts of its time give.

    Charted by the kinds that end in `_grade_charted`. A charted grade changes no derived one.
    """
    scale = asked["scale"]
    if scale is not None and scale not in CHARTED_SCALES:
        known = ", ".join(CHARTED_SCALES)
        raise Refused(Fault("/scale", f"has no charted grades; send one of {known}"))
    found = compare.concordance(
        door.service(),
        door.actor(),
        patient_id,
        scale,
        asked["from_"] or NEVER,
        asked["to"] or EVER,
    )
    body = {
        "patient_id": patient_id,
        "version": found.version,
        "items": [plain(each) for each in found.items],
    }
    return reply(200, body)
