"""Doses that were given: record one, correct one, say that two records are two doses."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from toxmon.actions import Fault, Refused, corrections
from toxmon.actions.dose_records import corrected, distinct, elsewhere, given_dose
from toxmon.actions.record import Charted
from toxmon.actions.replay import replayed
from toxmon.api import door
from toxmon.api.bedside import faults_of_time
from toxmon.api.charting import chart_fact
from toxmon.api.dose_fields import ROUTES, DoseIn, plain_dose
from toxmon.api.fields import Instant, Name, Words
from toxmon.api.outcome import OutcomeOut, render
from toxmon.grading.chart import STOPPED
from toxmon.store import Row, facts

blueprint = door.blueprint("doses", "Doses that were given")

STATUSES = ("started", "completed", STOPPED)
ELSEWHERE = ("none", "charted")


class AdministrationIn(Schema):
    """A dose that was given."""

    medication = Name(100, required=True, metadata={"example": "tocilizumab"})
    given_at = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "When it was begun; null when nobody knows, with given_before"},
    )
    given_before = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "The latest that it can have been begun, when given_at is null"},
    )
    dose = fields.Nested(DoseIn, load_default=None, allow_none=True)
    route = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(ROUTES))
    status = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATUSES))
    permission = Name(
        100,
        load_default=None,
        allow_none=True,
        metadata={"description": "The id of the permission that it was given under"},
    )

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _when(self, data: dict[str, Any], sent: Any, **kwargs: Any) -> None:
        if not isinstance(sent, dict):
            return
        at, before = sent.get("given_at"), sent.get("given_before")
        if at is None and before is None:
            raise ValidationError(
                "is missing; send when it was begun, or given_before when nobody knows", "given_at"
            )
        if at is not None and before is not None:
            raise ValidationError("is for a dose without given_at; send one of the two", "given_at")


class DoseCorrectionIn(Schema):
    """What was wrong with the record of a dose; what is left out stays as it is."""

    medication = Name(100, load_default=None, allow_none=True)
    given_at = Instant(load_default=None, allow_none=True)
    dose = fields.Nested(DoseIn, load_default=None, allow_none=True)
    route = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(ROUTES))
    status = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(STATUSES))
    reason = Words(500, required=True)

    @validates_schema(skip_on_field_errors=True)
    def _something(self, data: dict[str, Any], **kwargs: Any) -> None:
        if all(value is None for name, value in data.items() if name != "reason"):
            raise ValidationError(
                "says nothing to correct; send medication, given_at, dose, route or status"
            )


class DistinctIn(Schema):
    """Two records that lie close together are two doses."""

    doses = fields.List(
        Name(100), required=True, validate=validate.Length(equal=2), metadata={"minItems": 2}
    )
    reason = Words(500, required=True)


class ElsewhereIn(Schema):
    """Were doses given before arrival? `none`, or `charted`: they are among the administrations."""

    medication = Name(100, required=True, metadata={"example": "tocilizumab"})
    answer = fields.String(required=True, validate=validate.OneOf(ELSEWHERE))
    reason = Words(500, required=True, metadata={"description": "Who was asked, and how"})


def _times(valid: dict[str, Any], patient_id: str) -> list[Fault]:
    return [
        fault
        for name in ("given_at", "given_before")
        for fault in faults_of_time(patient_id, valid.get(name), f"/{name}")
    ]


@blueprint.route("/patients/<patient_id>/administrations", methods=["POST"])
@door.answers(201, OutcomeOut, "Kept and graded")
@door.allowed(*door.CLINICAL)
@door.takes(AdministrationIn, also=_times)
def given(sent: dict[str, Any], patient_id: str) -> Response:
    """Record a dose that was given. It happened, so it is never refused for a limit."""
    fact = given_dose(
        door.service(),
        sent["medication"],
        sent["given_at"],
        sent["given_before"],
        dose=plain_dose(sent["dose"]),
        route=sent["route"],
        status=sent["status"],
        permission=sent["permission"],
    )
    return chart_fact(patient_id, fact, "give")


def _corrected_time(valid: dict[str, Any], administration_id: str) -> list[Fault]:
    """What is wrong with the time by the record, told beside the faults of the body itself."""
    store = door.service().store
    with store.reading():
        fact = facts.get(store, administration_id)
    if fact is None or not door.may_see(fact["patient_id"]):
        return []
    return faults_of_time(fact["patient_id"], valid.get("given_at"), "/given_at")


@blueprint.route("/administrations/<administration_id>/corrections", methods=["POST"])
@door.answers(201, OutcomeOut, "Replaced, and everything that rested on it is worked out again")
@door.allowed(*door.CLINICAL)
@door.takes(DoseCorrectionIn, also=_corrected_time)
def correct(sent: dict[str, Any], administration_id: str) -> Response:
    """Correct the record of a dose. The old record stays readable."""
    service = door.service()

    def replacement(fact: Row) -> Charted:
        times = faults_of_time(fact["patient_id"], sent["given_at"], "/given_at")
        if times:
            raise Refused(*times)
        return corrected(
            service,
            fact,
            medication=sent["medication"],
            given_at=sent["given_at"],
            dose=plain_dose(sent["dose"]),
            route=sent["route"],
            status=sent["status"],
            reason=sent["reason"],
        )

    answer = corrections.correct(
        service,
        door.actor(),
        administration_id,
        replacement,
        lambda outcome: render(service, outcome),
        action="correct",
        keyed=door.keyed(),
        at_version=door.at_version(),
    )
    return door.said(answer)


@blueprint.route("/patients/<patient_id>/doses/distinct", methods=["POST"])
@door.answers(201, OutcomeOut, "They count as two")
@door.allowed(*door.PERSONS)
@door.takes(DistinctIn)
def are_two(sent: dict[str, Any], patient_id: str) -> Response:
    """Say that two records that might be one dose are two. If they are one, retract one of them."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        before = replayed(service.store, actor, door.keyed())
    if before is not None:  # One of the two may have been corrected since.
        return door.said(before)
    fact = distinct(service, actor, patient_id, sent["doses"], sent["reason"])
    return chart_fact(patient_id, fact, "dose.distinct")


@blueprint.route("/patients/<patient_id>/doses/elsewhere", methods=["POST"])
@door.answers(201, OutcomeOut, "Kept")
@door.allowed(*door.PERSONS)
@door.takes(ElsewhereIn)
def before_arrival(sent: dict[str, Any], patient_id: str) -> Response:
    """Say whether a drug was given before arrival; what was given is charted as any dose."""
    fact = elsewhere(door.service(), sent["medication"], sent["answer"], sent["reason"])
    return chart_fact(patient_id, fact, "dose.elsewhere")
