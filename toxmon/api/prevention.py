"""Immunoglobulin, prophylaxis, vaccines, and tocilizumab at hand, of one patient."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from toxmon.actions.prevention import told
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Instant

blueprint = door.blueprint("prevention", "Immunoglobulin, prophylaxis, vaccines, at hand")

ANSWER = "yes, no or not_known; what is missing to say more stands in `missing`"


class PreventionQuery(Schema):
    """Bedside time and the time of knowing."""

    as_of = Instant(load_default=None, metadata={"description": "Bedside time; default is now"})
    known_at = Instant(
        load_default=None, metadata={"description": "Only what was on record then; default is all"}
    )


class SourceOut(Schema):
    """Where a rule comes from; `verified`: the source was read and says so."""

    source = fields.String()
    year = fields.Integer()
    verified = fields.Boolean()


class AmountOut(Schema):
    """A mass."""

    value = fields.Float()
    unit = fields.String()


class AdviceOut(Schema):
    """What one policy says of immunoglobulin."""

    policy = fields.String()
    title = fields.String()
    in_force = fields.Boolean()
    advised = fields.String(metadata={"description": ANSWER})
    says = fields.String()
    missing = fields.List(fields.String())
    until = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    source = fields.Nested(SourceOut)


class InfectionOut(Schema):
    """An infection as it was charted: a cause that a sign was given, or one of the bowel."""

    at = fields.DateTime()
    cause = fields.String()
    sinopulmonary = fields.Boolean()
    fact = fields.String()


class IggDoseOut(Schema):
    """The dose for the weight, exact."""

    low = fields.Nested(AmountOut)
    high = fields.Nested(AmountOut)
    kg = fields.Float()
    weighed_at = fields.DateTime()
    every_days = fields.Integer(allow_none=True)
    source = fields.Nested(SourceOut)


class MeasureOut(Schema):
    """When IgG is due next."""

    on = fields.Date()
    source = fields.Nested(SourceOut)


class ImmunoglobulinOut(AdviceOut):
    """The policy in force, what it rests on, and every policy side by side."""

    igg = fields.Dict(
        allow_none=True,
        metadata={"description": "The last level, its age, and whether it is a trough"},
    )
    last_immunoglobulin = fields.Dict(
        allow_none=True, metadata={"description": "null: none is charted, which is not none given"}
    )
    infections = fields.List(fields.Nested(InfectionOut))
    dose = fields.Nested(IggDoseOut, allow_none=True)
    measure_next = fields.Nested(MeasureOut)
    warnings = fields.List(fields.String())
    explained = fields.Dict(metadata={"description": "Each warning in words"})
    by_policy = fields.List(fields.Nested(AdviceOut))


class NextOut(Schema):
    """What to measure next."""

    kind = fields.String()
    on = fields.Date()
    why = fields.String()


class BlockedOut(Schema):
    """Drugs that are not to be given now; `sure` not_known: a count to rule it out is missing."""

    drugs = fields.List(fields.String())
    sure = fields.String()
    because = fields.String()
    until = fields.Date(allow_none=True)
    instead = fields.String(allow_none=True)
    source = fields.Nested(SourceOut)


class StandingOut(Schema):
    """Where prophylaxis stands by one policy."""

    policy = fields.String()
    in_force = fields.Boolean()
    indicated = fields.String(metadata={"description": ANSWER})
    begun = fields.String(metadata={"description": "Has the time to begin come?"})
    may_stop = fields.String(metadata={"description": ANSWER})
    begins_on = fields.Date(allow_none=True)
    stops_from = fields.Date(allow_none=True, metadata={"description": "By time alone"})
    says = fields.String()
    missing = fields.List(fields.String())
    next = fields.List(fields.Nested(NextOut))
    note = fields.String(allow_none=True)
    source = fields.Nested(SourceOut)


class GivenOut(Schema):
    """What was charted of its drugs. `not_charted` is not "not given"."""

    state = fields.String()
    drug = fields.String(allow_none=True)
    since = fields.DateTime(allow_none=True)
    last_at = fields.DateTime(allow_none=True)


class ProphylaxisOut(StandingOut):
    """One kind of prophylaxis, by the policy in force, and every policy side by side."""

    agent = fields.String()
    title = fields.String()
    given = fields.Nested(GivenOut)
    blocked = fields.List(fields.Nested(BlockedOut))
    by_policy = fields.List(fields.Nested(StandingOut))


class BlockOut(Schema):
    """What stands against a vaccine today; `until` null: no date ends it."""

    what = fields.String()
    until = fields.Date(allow_none=True)
    says = fields.String()


class VaccineOut(Schema):
    """A kind of vaccine by one policy."""

    policy = fields.String()
    in_force = fields.Boolean()
    possible = fields.String(metadata={"description": ANSWER})
    earliest = fields.Date(metadata={"description": "By what is known; a date of the site"})
    blocked = fields.List(fields.Nested(BlockOut))
    missing = fields.List(fields.String())
    note = fields.String(allow_none=True)
    source = fields.Nested(SourceOut)


class VaccinationOut(VaccineOut):
    """A kind of vaccine, and every policy side by side; `differ`: they do not say the same."""

    kind = fields.String()
    title = fields.String()
    differ = fields.Boolean()
    by_policy = fields.List(fields.Nested(VaccineOut))


class VialsOut(Schema):
    """So many vials of a strength in mg."""

    strength = fields.Float()
    vials = fields.Integer()


class AtHandOut(Schema):
    """What must be at hand before the infusion, and the vials of one dose."""

    doses = fields.Integer()
    more_within_h = fields.Integer(allow_none=True)
    by = fields.String(metadata={"description": "label, or policy where no label names a number"})
    source = fields.Nested(SourceOut)
    labels_beside = fields.List(fields.Dict())
    dose = fields.Nested(
        AmountOut, allow_none=True, metadata={"description": "null: the weight is not known"}
    )
    kg = fields.Float(allow_none=True)
    weighed_at = fields.DateTime(allow_none=True)
    weight = fields.String(metadata={"description": "known, stale or missing"})
    vials = fields.List(
        fields.Nested(VialsOut),
        allow_none=True,
        metadata={"description": "From the strengths that the patient's unit has counted"},
    )


class PreventionOut(Schema):
    """What is advised against infection, and what is missing to say so."""

    patient_id = fields.String()
    version = fields.Integer()
    as_of = fields.DateTime()
    known_at = fields.DateTime(allow_none=True)
    treatment = fields.Dict(allow_none=True)
    policy = fields.Dict()
    says = fields.String()
    immunoglobulin = fields.Nested(ImmunoglobulinOut, allow_none=True)
    prophylaxis = fields.List(fields.Nested(ProphylaxisOut))
    vaccinations = fields.List(fields.Nested(VaccinationOut))
    tocilizumab_at_hand = fields.Nested(AtHandOut)


@blueprint.route("/patients/<patient_id>/prevention")
@door.answers(200, PreventionOut)
@door.allowed(*door.CLINICAL)
@door.asks(PreventionQuery)
def prevention(asked: dict[str, Any], patient_id: str) -> Response:
    """Immunoglobulin, prophylaxis, vaccines and tocilizumab at hand, with what is missing."""
    service = door.service()
    as_of = asked["as_of"] or asked["known_at"] or service.clock()
    return reply(200, told(service, door.actor(), patient_id, as_of, asked["known_at"]))
