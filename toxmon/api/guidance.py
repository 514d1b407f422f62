"""What guidelines and labels advise for a patient, by grade and product. Never an order."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from toxmon.actions import Actor, Fault, Refused, Service, advising
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Instant
from toxmon.api.outcome import TreatmentOut, plain_treatment
from toxmon.guidance.case import EVENTS_OF
from toxmon.guidance.plain import plain_advice
from toxmon.protocol import citations

blueprint = door.blueprint("guidance", "What guidelines advise: support for a clinician")


class GuidanceQuery(Schema):
    """Bedside time, the time of knowing, and which scales."""

    as_of = Instant(load_default=None, metadata={"description": "Bedside time; default is now"})
    known_at = Instant(
        load_default=None, metadata={"description": "Only what was on record then; default is all"}
    )
    scale = fields.String(
        load_default=None,
        metadata={
            "description": "Only these, with commas between them, and then for every grade that is "
            "possible; default is what is open, and what is advised while nothing is"
        },
    )


class CitedOut(Schema):
    """Where a line comes from. `verified`: the source named was read and says this."""

    source = fields.String()
    year = fields.Integer()
    kind = fields.String()
    verified = fields.Boolean()


class ConditionOut(Schema):
    """A condition of a line, as it follows "if": holds, does_not_hold or not_known."""

    says = fields.String()
    state = fields.String()


class ForPatientOut(Schema):
    """The dose for this patient, exact and not rounded."""

    low = fields.Float()
    high = fields.Float()
    unit = fields.String()
    says = fields.String()
    basis = fields.String(metadata={"description": "How it came about: 1 mg/kg x 71.5 kg"})
    weighed_at = fields.DateTime(allow_none=True)


class AdvisedDoseOut(Schema):
    """A drug as the source has it, and its amount for this patient."""

    drug = fields.String()
    says = fields.String()
    for_patient = fields.Nested(ForPatientOut, allow_none=True)
    why_not = fields.String(
        allow_none=True, metadata={"description": "Why no amount is told: no fresh weight, say"}
    )
    limits = fields.String(
        allow_none=True, metadata={"description": "Where the limits of this drug are checked"}
    )


class GuidanceLineOut(Schema):
    """A line of a guideline or a label, as it holds for this patient."""

    id = fields.String(metadata={"description": "Document and number of the block, from 1"})
    version = fields.Integer()
    body = fields.String(metadata={"description": "Whose advice it is"})
    event = fields.String()
    counts = fields.String(
        allow_none=True,
        metadata={"description": "What the source counts, where that is not what is graded here"},
    )
    topic = fields.String()
    position = fields.String(metadata={"description": "advise, consider, against, named"})
    position_says = fields.String()
    text = fields.String()
    note = fields.String(allow_none=True)
    at_grades = fields.List(fields.Integer())
    certainty = fields.String(metadata={"description": "certain, at_lowest, possible"})
    certainty_says = fields.String()
    conditions = fields.List(fields.Nested(ConditionOut))
    doses = fields.List(fields.Nested(AdvisedDoseOut))
    source = fields.Nested(CitedOut)


class GuidanceSectionOut(Schema):
    """Lines of one kind: monitoring, drug, supportive, investigation, escalation, stop, label."""

    section = fields.String()
    title = fields.String()
    lines = fields.List(fields.Nested(GuidanceLineOut))


class SideOut(Schema):
    """What one source says of a topic."""

    line = fields.String()
    body = fields.String()
    position = fields.String()
    says = fields.String()
    source = fields.Nested(CitedOut)


class DifferenceOut(Schema):
    """A topic on which sources differ at these grades. No side is averaged or preferred."""

    topic = fields.String()
    grades = fields.List(fields.Integer())
    sides = fields.List(fields.Nested(SideOut))


class NotReadOut(Schema):
    """What of a source was not read, so that its silence is not taken for an answer."""

    body = fields.String()
    document = fields.String()
    grades = fields.List(fields.Integer())
    text = fields.String()
    source = fields.Nested(CitedOut)


class SyndromeOut(Schema):
    """The advice for one scale; `grades` are those that it is told for."""

    scale = fields.String()
    title = fields.String()
    state = fields.String(metadata={"description": "open, not_excluded, absent, not_charted"})
    says = fields.String()
    low = fields.Integer(allow_none=True)
    high = fields.Integer(allow_none=True)
    missing = fields.List(fields.String())
    onset_at = fields.DateTime(allow_none=True)
    hours_after_infusion = fields.Float(allow_none=True)
    grades = fields.List(fields.Integer())
    sections = fields.List(fields.Nested(GuidanceSectionOut))
    ruled_out = fields.List(
        fields.Nested(GuidanceLineOut),
        metadata={"description": "Lines that a condition rules out, with that condition"},
    )
    differences = fields.List(fields.Nested(DifferenceOut))
    not_read = fields.List(fields.Nested(NotReadOut))


class AdvisedPatientOut(Schema):
    """What the advice was made for."""

    product = fields.String(allow_none=True)
    day = fields.Integer(allow_none=True)
    age_years = fields.Float(allow_none=True)
    weight = fields.Dict(allow_none=True)
    no_weight = fields.String(
        allow_none=True, metadata={"description": "Why no dose comes from the weight"}
    )
    given = fields.Dict(metadata={"description": "The last dose of each drug that a line asks of"})


class GuidanceOut(Schema):
    """What is advised for a patient at a moment."""

    patient_id = fields.String()
    version = fields.Integer()
    as_of = fields.DateTime()
    known_at = fields.DateTime(allow_none=True)
    treatment = fields.Nested(TreatmentOut, allow_none=True)
    says = fields.String()
    summary = fields.String()
    patient = fields.Nested(AdvisedPatientOut)
    open = fields.List(fields.Nested(SyndromeOut))
    watched = fields.List(
        fields.Nested(SyndromeOut),
        metadata={"description": "What is advised while a syndrome is not known to be there"},
    )


class GuidanceDocumentOut(Schema):
    """A document of guidance, and how much of it is not verified."""

    name = fields.String()
    title = fields.String()
    version = fields.Integer()
    edition = fields.String()
    body = fields.String()
    lines = fields.Integer()
    not_verified = fields.Integer()


class GuidanceDocumentsOut(Schema):
    """The documents that advice is made from; labels stand with their products."""

    items = fields.List(fields.Nested(GuidanceDocumentOut))


@blueprint.route("/patients/<patient_id>/guidance")
@door.answers(200, GuidanceOut)
@door.allowed(*door.CLINICAL)
@door.asks(GuidanceQuery)
def guidance(asked: dict[str, Any], patient_id: str) -> Response:
    """What guidelines and labels advise now, or at any moment, by grade and product."""
    service = door.service()
    as_of = asked["as_of"] or asked["known_at"] or service.clock()
    scales = asked_scales(asked["scale"])
    found = advising.guidance(service, door.actor(), patient_id, as_of, asked["known_at"], scales)
    response = reply(200, plain_guidance(service, found))
    # Time alone changes it, so the version is no ETag of an answer about "now".
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/guidance")
@door.answers(200, GuidanceDocumentsOut)
@door.allowed(*door.EVERYBODY)
def documents() -> Response:
    """The documents that advice is made from; GET /protocols/NAME has each line of one."""
    items = [
        {
            "name": each.name,
            "title": each.title,
            "version": each.version,
            "edition": each.digest,
            "body": each.body,
            "lines": len(each.lines),
            "not_verified": sum(not cited.verified for cited in citations(each)),
        }
        for each in advising.documents_of(door.service().protocols)
    ]
    return reply(200, {"items": items})


def told(
    service: Service, actor: Actor, patient_id: str, scales: frozenset[str] | None = None
) -> dict[str, Any]:
    """The answer about now, for whoever is not on HTTP. Raises NotFound."""
    found = advising.guidance(service, actor, patient_id, service.clock(), None, scales)
    return plain_guidance(service, found)


def plain_guidance(service: Service, found: advising.Advised) -> dict[str, Any]:
    """The advice as it is told, here and in the terminal."""
    treatment = found.treatment
    return {
        "patient_id": found.patient_id,
        "version": found.version,
        "as_of": found.as_of,
        "known_at": found.known_at,
        "treatment": treatment and plain_treatment(service, treatment, found.as_of),
        **plain_advice(found.advice, found.patient_id),
    }


def asked_scales(asked: str | None) -> frozenset[str] | None:
    """The scales that were asked for by name; None is what is open."""
    if asked is None:
        return None
    names = [name.strip() for name in asked.split(",")]
    if any(name not in EVENTS_OF for name in names):
        known = ", ".join(EVENTS_OF)
        words = f"names what no guidance speaks of; it does of {known}"
        raise Refused(Fault("/scale", words))
    return frozenset(names)
