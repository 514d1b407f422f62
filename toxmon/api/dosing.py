"""May this dose be given: with the record of a patient, or of what another program knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from toxmon.actions import dosing
from toxmon.actions.begin_record import OLDEST_YEARS
from toxmon.actions.loose_dose import Loose, answered
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.dose_fields import Amount
from toxmon.api.fields import Instant
from toxmon.api.grading import GRADERS
from toxmon.dosing.giving import INDICATIONS
from toxmon.dosing.mass import TO_MG
from toxmon.dosing.situation import Asked, Given
from toxmon.grading.kinds import KINDS

blueprint = door.blueprint("dosing", "Doses: may it be given, when is the next, how many are left")

MASSES = tuple(TO_MG)
MOST_EARLIER = 200


class MassIn(Schema):
    """A dose as a mass. A dose per kg is a rate: send what it comes to."""

    value = Amount(required=True)
    unit = fields.String(
        required=True,
        validate=validate.OneOf(
            MASSES, error="is no unit of mass; send the whole dose in mg, g or ug"
        ),
    )


class CheckIn(Schema):
    """A dose that somebody would give."""

    dose = fields.Nested(MassIn, load_default=None, allow_none=True)
    at = Instant(load_default=None, allow_none=True, metadata={"description": "When; null is now"})
    indication = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(INDICATIONS)
    )


class DosingQuery(Schema):
    """As it was known at another time."""

    known_at = Instant(load_default=None)


class EarlierIn(Schema):
    """A dose that was given before."""

    given_at = Instant(load_default=None, allow_none=True)
    given_before = Instant(load_default=None, allow_none=True)
    dose_mg = Amount(load_default=None, allow_none=True)

    @validates_schema(skip_on_field_errors=True)
    def _one_time(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["given_at"] is not None and data["given_before"] is not None:
            raise ValidationError("is for a dose without given_at; send one of the two", "given_at")


class LooseCheckIn(Schema):
    """What another program knows of a patient. What is left out is not known, and may refuse."""

    weight_kg = Amount(load_default=None, allow_none=True)
    weighed_at = Instant(load_default=None, allow_none=True)
    age_years = Amount(load_default=None, allow_none=True)
    earlier_doses = fields.List(
        fields.Nested(EarlierIn),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MOST_EARLIER),
        metadata={"description": "An empty list says that there were none; null is not known"},
    )
    requested_at = Instant(required=True)
    dose_mg = Amount(load_default=None, allow_none=True)
    indication = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(INDICATIONS)
    )
    treatment_began_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "Doses long before it do not count; null counts all"},
    )

    @validates_schema(skip_on_field_errors=False)
    def _possible(self, data: dict[str, Any], **kwargs: Any) -> None:
        wrong = {}
        possible = KINDS["weight"].possible
        kg, age = data.get("weight_kg"), data.get("age_years")
        if kg is not None and possible is not None and not possible[0] <= kg <= possible[1]:
            words = f"is no weight of a person; send {possible[0]} to {possible[1]} kg"
            wrong["weight_kg"] = [words]
        if age is not None and age > OLDEST_YEARS:
            wrong["age_years"] = [f"is no age of a person; send at most {OLDEST_YEARS} years"]
        if wrong:
            raise ValidationError(wrong)


class DoseReasonOut(Schema):
    """Why not."""

    code = fields.String()
    detail = fields.String()
    source = fields.String()
    facts = fields.List(fields.String())


class MassOut(Schema):
    """A mass."""

    value = fields.Float()
    unit = fields.String()


class CountedOut(Schema):
    """A dose that was counted."""

    id = fields.String()
    at = fields.DateTime(allow_none=True)
    dose = fields.Nested(MassOut, allow_none=True)
    state = fields.String(
        metadata={"description": "given, possibly_the_same, reserved or released"}
    )
    by = fields.String()
    in_24_h = fields.Boolean(allow_none=True)
    in_treatment = fields.Boolean()


class DoseAnswerOut(Schema):
    """May it be given: every reason at once, the earliest time, what is left, what counted."""

    patient_id = fields.String()
    version = fields.Integer()
    as_of = fields.DateTime()
    medication = fields.String()
    title = fields.String()
    asked = fields.Dict()
    policy = fields.Dict(metadata={"description": "The policy in force, and the file's edition"})
    verdict = fields.String(metadata={"description": "yes, not_yet, no, or check"})
    allowed = fields.Boolean()
    says = fields.String()
    reasons = fields.List(fields.Nested(DoseReasonOut))
    next_allowed_at = fields.DateTime(
        allow_none=True,
        metadata={"description": "The earliest by time; null when no time makes it allowed"},
    )
    remaining = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "Doses left before this one: in_24_h, in_treatment, in_episode"},
    )
    computed_dose = fields.Nested(MassOut, allow_none=True)
    computed_from = fields.Dict(allow_none=True)
    given = fields.List(fields.Nested(CountedOut))
    held = fields.List(fields.Nested(CountedOut))
    unreconciled = fields.List(fields.List(fields.String()))
    warnings = fields.List(fields.String())
    explained = fields.Dict(metadata={"description": "Each warning in words"})
    by_policy = fields.List(fields.Dict())
    source = fields.String()
    note = fields.String()


@blueprint.route("/patients/<patient_id>/dosing/<medication>")
@door.answers(200, DoseAnswerOut)
@door.allowed(*door.CLINICAL)
@door.asks(DosingQuery)
def dose(asked: dict[str, Any], patient_id: str, medication: str) -> Response:
    """Doses given, when the next is allowed, how many are left, the dose for the weight."""
    answer = dosing.told(
        door.service(), door.actor(), patient_id, medication, known_at=asked["known_at"]
    )
    return reply(200, answer)


@blueprint.route("/patients/<patient_id>/dosing/<medication>/check", methods=["POST"])
@door.answers(200, DoseAnswerOut, "The answer; a refusal is an answer too")
@door.allowed(*door.CLINICAL)
@door.takes(CheckIn)
@door.asks(DosingQuery)
def checked(
    query: dict[str, Any], sent: dict[str, Any], patient_id: str, medication: str
) -> Response:
    """May this dose be given then? Nothing is reserved by asking."""
    service = door.service()
    at = sent["at"] or query["known_at"] or service.clock()
    asked = Asked(at=at, mg=milligrams(sent["dose"]), indication=sent["indication"])
    answer = dosing.told(
        service, door.actor(), patient_id, medication, asked,
        known_at=query["known_at"], action="check.dosing",
    )  # fmt: skip
    return reply(200, answer)


@blueprint.route("/dosing/<medication>/check", methods=["POST"])
@door.answers(200, DoseAnswerOut, "The answer; a refusal is an answer too")
@door.allowed(*GRADERS)
@door.takes(LooseCheckIn)
def loose(sent: dict[str, Any], medication: str) -> Response:
    """The same for a program that keeps its own record: no record is read or written."""
    doses = None
    if sent["earlier_doses"] is not None:
        doses = [
            Given(
                fact=f"/earlier_doses/{place}",
                at=each["given_at"],
                not_after=each["given_before"] if each["given_at"] is None else None,
                mg=_decimal(each["dose_mg"]),
            )
            for place, each in enumerate(sent["earlier_doses"])
        ]
    knows = Loose(
        at=sent["requested_at"],
        mg=_decimal(sent["dose_mg"]),
        indication=sent["indication"],
        weight_kg=_decimal(sent["weight_kg"]),
        weighed_at=sent["weighed_at"],
        age_years=_decimal(sent["age_years"]),
        began_at=sent["treatment_began_at"],
        doses=doses,
    )
    return reply(200, answered(door.service(), medication, knows))


def milligrams(dose: dict[str, Any] | None) -> Decimal | None:
    """A mass that was sent, in mg."""
    return None if dose is None else Decimal(dose["value"]) * TO_MG[dose["unit"]]


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)
