"""Two records of one patient joined and parted; facts moved to the patient they are of."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from toxmon.actions import merging
from toxmon.actions.merging import Merged
from toxmon.api import door
from toxmon.api.answers import reply, to_json
from toxmon.api.fields import Name, Words

blueprint = door.blueprint("identity", "Records joined, parted, and what was charted wrongly moved")

MOST_MOVED = 500


class MergeIn(Schema):
    """Which record this one is part of."""

    into = Name(100, required=True, metadata={"description": "The id of the record that stays"})
    reason = Words(500, required=True)


class MoveIn(Schema):
    """Facts that are of another patient."""

    facts = fields.List(Name(100), required=True, validate=validate.Length(1, MOST_MOVED))
    to = Name(100, required=True, metadata={"description": "The id of the patient they are of"})
    reason = Words(500, required=True)


class MovedOut(Schema):
    """A fact that was moved."""

    was = fields.String(metadata={"description": "Its id in the record that it was taken from"})
    now = fields.String(metadata={"description": "The id of its first record where it is now"})


class MergedOut(Schema):
    """What a merge, its undoing, or a move has come to."""

    outcome = fields.String(metadata={"description": "merged, already, unmerged or moved"})
    merge_id = fields.String(allow_none=True)
    gone = fields.String()
    into = fields.String()
    gone_version = fields.Integer(allow_none=True)
    into_version = fields.Integer(allow_none=True)
    recorded_at = fields.DateTime(allow_none=True)
    moved = fields.List(fields.Nested(MovedOut))
    already = fields.List(
        fields.Nested(MovedOut),
        metadata={"description": "Infusions that both records had; one stands, the other does not"},
    )
    near = fields.List(
        fields.Nested(MovedOut),
        metadata={"description": "Infusions less than 48 hours apart: two records of one?"},
    )
    staying = fields.List(
        fields.String(),
        metadata={"description": "Charted in the joined record since the merge: whose are they?"},
    )
    kept_back = fields.List(
        fields.String(),
        metadata={"description": "Taken back or moved elsewhere since the merge; not moved back"},
    )


class MergeOut(Schema):
    """A merge, an unmerge or a move on record."""

    id = fields.String()
    kind = fields.String()
    gone = fields.String()
    into = fields.String()
    undoes = fields.String(allow_none=True)
    reason = fields.String()
    recorded_at = fields.DateTime()
    recorded_by = fields.String()
    moved = fields.Integer()


class MergesOut(Schema):
    """Every merge, unmerge and move of a record."""

    items = fields.List(fields.Nested(MergeOut))


@blueprint.route("/patients/<patient_id>/merge", methods=["POST"])
@door.answers(200, MergedOut, "The record is part of the other one")
@door.allowed(*door.CLINICIAN)
@door.takes(MergeIn)
def merge(sent: dict[str, Any], patient_id: str) -> Response:
    """Join this record to another one of the same patient; its numbers find that one now."""
    service, actor = door.service(), door.actor()
    act = partial(merging.merge, service, actor, patient_id, sent["into"], sent["reason"])
    return door.said(merging.answered(service, actor, act, _render, keyed=door.keyed()))


@blueprint.route("/patients/<patient_id>/unmerge", methods=["POST"])
@door.answers(200, MergedOut, "The record stands for itself again")
@door.allowed(*door.CLINICIAN)
@door.takes(MergeIn)
def unmerge(sent: dict[str, Any], patient_id: str) -> Response:
    """Undo a merge: what it moved goes back, with its later corrections."""
    service, actor = door.service(), door.actor()
    act = partial(merging.unmerge, service, actor, patient_id, sent["into"], sent["reason"])
    return door.said(merging.answered(service, actor, act, _render, keyed=door.keyed()))


@blueprint.route("/patients/<patient_id>/move", methods=["POST"])
@door.answers(200, MergedOut, "The facts are in the other record, and both are graded again")
@door.allowed(*door.CLINICIAN)
@door.takes(MoveIn)
def move(sent: dict[str, Any], patient_id: str) -> Response:
    """Move facts that were charted for the wrong patient. A program moves only its own."""
    service, actor = door.service(), door.actor()
    act = partial(
        merging.move, service, actor, patient_id, sent["to"], sent["facts"], sent["reason"]
    )
    return door.said(merging.answered(service, actor, act, _render, keyed=door.keyed()))


@blueprint.route("/patients/<patient_id>/merges")
@door.answers(200, MergesOut)
@door.allowed(*door.CLINICAL)
def merges(patient_id: str) -> Response:
    """Which records were joined to this one or parted from it, and which facts were moved."""
    rows = merging.listed(door.service(), door.actor(), patient_id)
    items = [
        {
            "id": row["id"],
            "kind": row["kind"],
            "gone": row["gone_id"],
            "into": row["into_id"],
            "undoes": row["undoes_id"],
            "reason": row["reason"],
            "recorded_at": row["recorded_at"],
            "recorded_by": row["recorded_by"],
            "moved": row["moved"],
        }
        for row in rows
    ]
    return reply(200, {"items": items})


def _render(merged: Merged) -> bytes:
    return to_json(plain_merged(merged))


def plain_merged(merged: Merged) -> dict[str, Any]:
    """What a merge has come to, as it is told."""
    return {
        "outcome": merged.outcome,
        "merge_id": merged.merge_id,
        "gone": merged.gone_id,
        "into": merged.into_id,
        "gone_version": merged.gone_version,
        "into_version": merged.into_version,
        "recorded_at": merged.recorded_at,
        "moved": [{"was": was, "now": now} for was, now in merged.moved],
        "already": [{"was": was, "now": now} for was, now in merged.already],
        "near": [{"was": was, "now": now} for was, now in merged.near],
        "staying": list(merged.staying),
        "kept_back": list(merged.kept_back),
    }
