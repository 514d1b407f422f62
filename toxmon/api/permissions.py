"""Permissions of doses: reserve, release, override, take back. All of them named, none silent."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from toxmon.actions import permissions
from toxmon.actions.permissions import Wanted
from toxmon.actions.record import Outcome
from toxmon.api import door
from toxmon.api.answers import reply, to_json
from toxmon.api.dosing import DoseAnswerOut, MassIn, MassOut, milligrams
from toxmon.api.fields import Instant, Words, YesNo
from toxmon.api.outcome import plain_alerts
from toxmon.dosing.giving import INDICATIONS
from toxmon.dosing.situation import RELEASED, RESERVED

blueprint = door.blueprint("permissions", "Who may give a dose: reserved, released, overridden")

ORDERING = ("physician", "pharmacist")
PHARMACIST = ("pharmacist",)


class PermissionIn(Schema):
    """A dose that is to be given."""

    dose = fields.Nested(MassIn, required=True)
    at = Instant(load_default=None, allow_none=True, metadata={"description": "When; null is now"})
    indication = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(INDICATIONS)
    )
    reason = Words(500, load_default=None, allow_none=True)
    weight_confirmed = YesNo(
        load_default=False,
        metadata={"description": "Somebody has made sure of a weight that changed"},
    )


class OverrideIn(PermissionIn):
    """A dose in spite of a limit: one person asks with a reason, another one releases it."""

    reason = Words(500, required=True)


class ReleaseIn(Schema):
    """The release of a dose that was reserved, or of one in spite of a limit."""

    override = YesNo(load_default=False)
    reason = Words(500, load_default=None, allow_none=True)
    weight_confirmed = YesNo(load_default=False)


class TakenBackIn(Schema):
    """Why a dose that was reserved or released is not given."""

    reason = Words(500, required=True)


class PermissionOut(Schema):
    """How a permission stands, and through whose hands it went."""

    id = fields.String()
    medication = fields.String()
    state = fields.String(
        metadata={"description": "reserved, released, override_asked or taken_back"}
    )
    dose = fields.Nested(MassOut)
    at = fields.DateTime()
    lapses_at = fields.DateTime(allow_none=True)
    lapsed = fields.Boolean()
    by = fields.String()
    since = fields.DateTime()
    reason = fields.String(allow_none=True)
    hands = fields.List(fields.Dict())
    overridden = fields.List(fields.Dict())
    policy = fields.String(allow_none=True)


class PermittedOut(Schema):
    """What was permitted, and what the check told of it."""

    patient_id = fields.String()
    version = fields.Integer()
    recorded_at = fields.DateTime()
    permission = fields.Nested(PermissionOut)
    check = fields.Nested(DoseAnswerOut)
    alerts = fields.List(fields.Dict())


class PermissionsOut(Schema):
    """The newest permissions of a patient."""

    patient_id = fields.String()
    version = fields.Integer()
    items = fields.List(fields.Nested(PermissionOut))


def rendered(outcome: Outcome, permission: dict[str, Any], told: dict[str, Any]) -> bytes:
    """The JSON of a step."""
    return to_json(
        {
            "patient_id": outcome.patient_id,
            "version": outcome.version,
            "recorded_at": outcome.recorded_at,
            "permission": permission,
            "check": told,
            "alerts": plain_alerts(door.service(), outcome),
        }
    )


def _begin(sent: dict[str, Any], patient_id: str, medication: str, state: str) -> Response:
    mg = milligrams(sent["dose"])
    assert mg is not None
    wanted = Wanted(
        mg=mg,
        at=sent["at"],
        indication=sent["indication"],
        reason=sent["reason"],
        weight_confirmed=sent["weight_confirmed"],
    )
    return door.said(
        permissions.permit(
            door.service(), door.actor(), patient_id, medication, wanted, state, rendered,
            keyed=door.keyed(), at_version=door.at_version(),
        )
    )  # fmt: skip


@blueprint.route("/patients/<patient_id>/dosing/<medication>/reservations", methods=["POST"])
@door.answers(201, PermittedOut, "It counts as given until it lapses, is released or taken back")
@door.allowed(*ORDERING)
@door.takes(PermissionIn)
def reserve(sent: dict[str, Any], patient_id: str, medication: str) -> Response:
    """Reserve a dose. Everybody sees it; it lapses by itself. 409 with every reason against it."""
    return _begin(sent, patient_id, medication, RESERVED)


@blueprint.route("/patients/<patient_id>/dosing/<medication>/releases", methods=["POST"])
@door.answers(201, PermittedOut, "It may be given")
@door.allowed(*PHARMACIST)
@door.takes(PermissionIn)
def release_at_once(sent: dict[str, Any], patient_id: str, medication: str) -> Response:
    """Release a dose that nobody has reserved. 409 with every reason against it."""
    return _begin(sent, patient_id, medication, RELEASED)


@blueprint.route("/patients/<patient_id>/dosing/<medication>/overrides", methods=["POST"])
@door.answers(201, PermittedOut, "Another person may release it now, with a reason")
@door.allowed(*ORDERING)
@door.takes(OverrideIn)
def ask_override(sent: dict[str, Any], patient_id: str, medication: str) -> Response:
    """Ask for a dose in spite of a limit. A physician and a pharmacist are needed, either first."""
    return _begin(sent, patient_id, medication, permissions.ASKED)


@blueprint.route("/patients/<patient_id>/permissions/<permission_id>/release", methods=["POST"])
@door.answers(201, PermittedOut, "It may be given")
@door.allowed(*ORDERING)
@door.takes(ReleaseIn)
def release(sent: dict[str, Any], patient_id: str, permission_id: str) -> Response:
    """Release what was reserved (a pharmacist), or what another has asked an override for."""
    return door.said(
        permissions.release(
            door.service(), door.actor(), patient_id, permission_id, rendered,
            override=sent["override"], reason=sent["reason"],
            weight_confirmed=sent["weight_confirmed"],
            keyed=door.keyed(), at_version=door.at_version(),
        )
    )  # fmt: skip


@blueprint.route("/patients/<patient_id>/permissions/<permission_id>/return", methods=["POST"])
@door.answers(201, PermittedOut, "It counts no more")
@door.allowed(*door.PERSONS)
@door.takes(TakenBackIn)
def take_back(sent: dict[str, Any], patient_id: str, permission_id: str) -> Response:
    """Take back a dose that is not given after all: ordered off, returned, spilled."""
    return door.said(
        permissions.take_back(
            door.service(), door.actor(), patient_id, permission_id, sent["reason"], rendered,
            keyed=door.keyed(), at_version=door.at_version(),
        )
    )  # fmt: skip


@blueprint.route("/patients/<patient_id>/permissions")
@door.answers(200, PermissionsOut)
@door.allowed(*door.CLINICAL)
def listed(patient_id: str) -> Response:
    """How the permissions of a patient stand, the newest first."""
    version, items = permissions.listed(door.service(), door.actor(), patient_id)
    return reply(200, {"patient_id": patient_id, "version": version, "items": items})
