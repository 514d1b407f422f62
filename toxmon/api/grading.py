"""Grade findings that somebody else keeps: no record is read or written."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from toxmon import scales
from toxmon.actions import Fault, NotFound, Refused
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.outcome import GradeOut
from toxmon.assessment import plain_grade
from toxmon.grading.kinds import KINDS

blueprint = door.blueprint("grading", "Grade findings, without a record")

GRADERS = ("integration", "nurse", "physician", "pharmacist", "admin")


class FindingsIn(Schema):
    """Findings of one scale, each optional; `GET /grade` lists them."""

    class Meta:
        unknown = "include"


class ScalesOut(Schema):
    """The scales with their inputs, edition and source."""

    items = fields.List(fields.Dict())


class KindsOut(Schema):
    """What can be charted."""

    items = fields.List(fields.Dict())


def findings(scale: str) -> dict[str, Any]:
    """The JSON schema of a scale's findings; null and absent are both unknown."""
    return {
        "title": scale,
        "type": "object",
        "additionalProperties": False,
        "properties": {each["name"]: _finding(each) for each in scales.describe(scale)["inputs"]},
    }


def _finding(each: dict[str, Any]) -> dict[str, Any]:
    words = {"description": each["words"]}
    form = each["form"]
    if form == "yes_no":
        return {**words, "type": ["boolean", "null"]}
    if form == "code":
        return {**words, "enum": [*each["codes"], None]}
    if form == "list":
        member = {"type": "string", "enum": each["codes"]}
        return {**words, "type": ["array", "null"], "items": member, "uniqueItems": True}
    if form == "count":
        bounds = {"minimum": each["least"], "maximum": each["most"]}
        return {**words, "type": ["integer", "null"], **bounds}
    if form in ("items", "series"):
        parts = {
            "type": "object" if form == "series" else ["object", "null"],
            "properties": {part["name"]: _finding(part) for part in each["parts"]},
            "required": each["needed"],
            "additionalProperties": False,
        }
        return (
            {**words, **parts}
            if form == "items"
            else {**words, "type": ["array", "null"], "items": parts}
        )
    return {**words, "type": ["number", "string", "null"]}


@blueprint.route("/grade")
@door.answers(200, ScalesOut)
@door.allowed(*GRADERS)
def listed() -> Response:
    """The scales, what each asks for, its edition and its source."""
    return reply(200, {"items": [scales.describe(scale) for scale in scales.SCALES]})


@blueprint.route("/grade/<scale>", methods=["POST"])
@door.answers(200, GradeOut)
@door.allowed(*GRADERS)
@door.takes(FindingsIn, described={"anyOf": [findings(scale) for scale in scales.SCALES]})
def graded(sent: dict[str, Any], scale: str) -> Response:
    """The grade of these findings; what is absent is unknown."""
    if scale not in scales.SCALES:
        raise NotFound(f"no such scale; known are {', '.join(scales.SCALES)}")
    try:
        return reply(200, plain_grade(scales.grade(scale, sent)))
    except scales.FindingsError as error:
        places = [Fault(f"/{name}", words) for name, words in error.faults.items()]
        raise Refused(*places) from error


@blueprint.route("/kinds")
@door.answers(200, KindsOut)
@door.allowed(*door.EVERYBODY)
def kinds() -> Response:
    """What can be charted: form, canonical unit, words, codes, limits."""
    items = [
        {
            "kind": kind.name,
            "title": kind.title,
            "form": kind.form,
            "unit": kind.unit,
            "codes": list(kind.codes),
            "loinc": list(kind.loinc),
            "possible": kind.possible,
            "plausible": kind.plausible,
        }
        for kind in KINDS.values()
    ]
    return reply(200, {"items": items})
