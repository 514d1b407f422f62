"""What was done and decided: an infusion, an attribution, a death."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import (
    Schema,
    ValidationError,
    fields,
    validate,
    validates,
    validates_schema,
)

from toxmon.actions import infuse
from toxmon.api import door
from toxmon.api.bedside import bedside
from toxmon.api.charting import chart_fact
from toxmon.api.dose_fields import DoseIn, plain_dose
from toxmon.api.fields import Instant, Name, Words
from toxmon.api.outcome import OutcomeOut
from toxmon.grading.chart import DEATHS, SIGNS

blueprint = door.blueprint("acts", "Infusions, attributions, deaths")


class InfusionIn(Schema):
    """The infusion that begins a treatment."""

    product = fields.String(required=True, metadata={"example": "ide-cel"})
    infused_at = Instant(required=True)
    dose = fields.Nested(DoseIn, load_default=None, allow_none=True)

    @validates("product")
    def _known(self, name: str, **kwargs: Any) -> None:
        known = door.service().protocols.products
        if name not in known:
            raise ValidationError(
                f"is not a known product; send one of: {', '.join(sorted(known))}"
            )


class AttributionIn(Schema):
    """A clinician's word that a sign has another cause than the syndrome."""

    sign = fields.String(required=True, validate=validate.OneOf(SIGNS))
    cause = Name(200, required=True, metadata={"example": "pneumonia"})
    from_ = Instant(required=True, data_key="from")
    until = Instant(load_default=None, allow_none=True)
    reason = Words(500, required=True)

    @validates_schema(skip_on_field_errors=False)
    def _in_order(self, data: dict[str, Any], **kwargs: Any) -> None:
        since, until = data.get("from_"), data.get("until")
        if since is not None and until is not None and until <= since:
            raise ValidationError("is not after from", "until")


class DeathIn(Schema):
    """A death; `crs` and `icans` are causes that make a grade 5."""

    died_at = Instant(required=True)
    cause = fields.String(required=True, validate=validate.OneOf(DEATHS))
    reason = Words(500, load_default=None, allow_none=True)


@blueprint.route("/patients/<patient_id>/infusions", methods=["POST"])
@door.answers(201, OutcomeOut, "The treatment has begun")
@door.allowed(*door.CHARTING)
@door.takes(InfusionIn, also=bedside("infused_at", "/infused_at"))
def infused(sent: dict[str, Any], patient_id: str) -> Response:
    """Begin a treatment. It keeps the version of the protocol that holds today."""
    detail = {"dose": plain_dose(sent["dose"])}
    fact, editions = infuse.infusion(door.service(), sent["product"], sent["infused_at"], detail)
    return chart_fact(patient_id, fact, "infuse", editions)


@blueprint.route("/patients/<patient_id>/attributions", methods=["POST"])
@door.answers(201, OutcomeOut, "Kept and graded")
@door.allowed(*door.CLINICIAN)
@door.takes(AttributionIn, also=bedside("from_", "/from"))
def attributed(sent: dict[str, Any], patient_id: str) -> Response:
    """Take a sign out of the grade, from then until it ends, because it has another cause."""
    cause = sent["cause"]
    known = cause.lower() if cause.lower() in ("crs", "icans") else cause
    fact = infuse.attribution(sent["sign"], known, sent["from_"], sent["until"], sent["reason"])
    return chart_fact(patient_id, fact, "attribute")


@blueprint.route("/patients/<patient_id>/deaths", methods=["POST"])
@door.answers(201, OutcomeOut, "Kept and graded")
@door.allowed(*door.CLINICIAN)
@door.takes(DeathIn, also=bedside("died_at", "/died_at"))
def died(sent: dict[str, Any], patient_id: str) -> Response:
    """Record a death, and whether CRS or ICANS was its main cause."""
    return chart_fact(
        patient_id, infuse.death(sent["cause"], sent["died_at"], sent["reason"]), "death"
    )
