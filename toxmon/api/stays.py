"""Where a patient is watched and when not: stays, pauses."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from toxmon.actions import placing
from toxmon.actions.placing import LONGEST_PAUSE
from toxmon.actions.replay import replayed
from toxmon.api import door
from toxmon.api.bedside import bedside
from toxmon.api.charting import chart_fact
from toxmon.api.fields import Instant, Name, Words
from toxmon.api.outcome import OutcomeOut
from toxmon.timeline.known import ENDED, SETTINGS

blueprint = door.blueprint("stays", "Where a patient is watched, and pauses of checks")


class PauseIn(Schema):
    """Checks that are not asked for: a patient in theatre, on leave. It always has an end."""

    from_ = Instant(required=True, data_key="from")
    until = Instant(
        required=True,
        metadata={"description": "A pause ends by itself; extend it with another one"},
    )
    checks = fields.List(
        Name(200),
        load_default=list,
        metadata={"description": "Names of checks as GET checks tells them; none is all of them"},
        validate=validate.Length(max=50),
    )
    reason = Words(500, required=True)

    @validates_schema(skip_on_field_errors=False)
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        since, until = data.get("from_"), data.get("until")
        if since is None or until is None:
            return
        if until <= since:
            raise ValidationError("is not after from", "until")
        if until - since > LONGEST_PAUSE:
            raise ValidationError(
                f"is more than {LONGEST_PAUSE.days} days after from; a longer pause is several",
                "until",
            )


class StayIn(Schema):
    """From then on the patient is an in-patient, an out-patient, or watched by others (ended)."""

    from_ = Instant(required=True, data_key="from")
    setting = fields.String(required=True, validate=validate.OneOf(SETTINGS))
    unit = Name(
        100,
        load_default=None,
        allow_none=True,
        metadata={"description": "The ward that the patient lies in from then on"},
    )
    bed = Name(50, load_default=None, allow_none=True)
    reason = Words(500, load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=False)
    def _why(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("setting") == ENDED and not data.get("reason"):
            raise ValidationError("is missing: say why nothing is watched any more", "reason")


@blueprint.route("/patients/<patient_id>/pauses", methods=["POST"])
@door.answers(201, OutcomeOut, "The checks are paused until then")
@door.allowed(*door.WARD)
@door.takes(PauseIn, also=bedside("from_", "/from"))
def pause(sent: dict[str, Any], patient_id: str) -> Response:
    """Pause checks of a patient for a while, with a reason."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        again = replayed(service.store, actor, door.keyed())
    if again is None:  # What was taken once is not looked at again: the checks are others by now.
        placing.check_names(service, actor, patient_id, sent["checks"])
    fact = placing.pause(sent["checks"], sent["from_"], sent["until"], sent["reason"])
    return chart_fact(patient_id, fact, "pause")


@blueprint.route("/patients/<patient_id>/stays", methods=["POST"])
@door.answers(201, OutcomeOut, "The patient is watched there from then on")
@door.allowed(*door.CHARTING)
@door.takes(StayIn, also=bedside("from_", "/from"))
def stay(sent: dict[str, Any], patient_id: str) -> Response:
    """Move a patient: to another unit or bed, home as an out-patient, or out of the watch."""
    fact = placing.stay(sent["setting"], sent["from_"], sent["unit"], sent["bed"], sent["reason"])
    return chart_fact(patient_id, fact, "stay")
