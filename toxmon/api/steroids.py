"""The steroids of a patient in dexamethasone equivalents, and what is watched because of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from toxmon.actions import Service, look_up, steroids
from toxmon.actions.steroids import SAYS, Exposed, Steroids, Watched
from toxmon.api import door
from toxmon.api.answers import reply
from toxmon.api.fields import Instant
from toxmon.api.outcome import TreatmentOut, plain_treatment
from toxmon.dosing.steroids import (
    EQUIVALENCE,
    EQUIVALENT_MG,
    SteroidDay,
    SteroidDose,
    Total,
    newest_course,
)
from toxmon.timeline.plain import told_citation

blueprint = door.blueprint("steroids", "Steroids in dexamethasone equivalents")


class SteroidQuery(Schema):
    """Bedside time and the time of knowing."""

    as_of = Instant(load_default=None, metadata={"description": "Bedside time; default is now"})
    known_at = Instant(
        load_default=None, metadata={"description": "Only what was on record then; default is all"}
    )


class ExposureOut(Schema):
    """A sum in dexamethasone equivalents."""

    value = fields.Float()
    unit = fields.String(metadata={"description": "mg of dexamethasone"})
    at_least = fields.Boolean(
        metadata={"description": "An amount in it is not known: it was this or more"}
    )


class SteroidTotalOut(Schema):
    """The steroids of a span."""

    exposure = fields.Nested(ExposureOut)
    doses = fields.Integer()
    days = fields.Integer(metadata={"description": "Days of the site on which one was given"})


class SteroidDayOut(Schema):
    """A day of the site on which a steroid was given."""

    date = fields.Date()
    day = fields.Integer(
        allow_none=True, metadata={"description": "Of the treatment; the infusion is on day 0"}
    )
    exposure = fields.Nested(ExposureOut)
    doses = fields.Integer()
    over = fields.Boolean(metadata={"description": "Is the day over? Else more may follow"})


class SteroidEpisodeOut(SteroidTotalOut):
    """The steroids from the onset of an episode (inside) to its end (not inside)."""

    scale = fields.String()
    number = fields.Integer()
    onset_at = fields.DateTime()
    ended_at = fields.DateTime(allow_none=True)


class SteroidDoseOut(Schema):
    """A systemic dose."""

    fact = fields.String()
    at = fields.DateTime()
    time_known = fields.Boolean(metadata={"description": "false: `at` is the latest it can be"})
    medication = fields.String()
    dose = fields.Dict(allow_none=True, metadata={"description": "As it was charted"})
    weight_kg = fields.Float(allow_none=True, metadata={"description": "Of a dose per kg"})
    route = fields.String(allow_none=True)
    by = fields.String()
    equivalent = fields.Dict(allow_none=True, metadata={"description": "null is not known"})
    why_unknown = fields.String(allow_none=True)


class SteroidWatchOut(Schema):
    """What is watched because steroids were given."""

    rule = fields.String()
    title = fields.String()
    level = fields.Integer(
        allow_none=True, metadata={"description": "0 certainly not so, null not known"}
    )
    says = fields.String()
    source = fields.Dict()


class SteroidsOut(Schema):
    """Exposure by day, by episode and in all; what is watched and why."""

    patient_id = fields.String()
    version = fields.Integer()
    as_of = fields.DateTime()
    known_at = fields.DateTime(allow_none=True)
    treatment = fields.Nested(TreatmentOut, allow_none=True)
    expressed_as = fields.String()
    days = fields.List(fields.Nested(SteroidDayOut))
    episodes = fields.List(fields.Nested(SteroidEpisodeOut))
    total = fields.Nested(
        SteroidTotalOut, metadata={"description": "Since the infusion; without one, all on record"}
    )
    before_infusion = fields.Nested(
        SteroidTotalOut, metadata={"description": "Of the 30 days before the infusion"}
    )
    days_in_a_row = fields.Integer(
        metadata={"description": "Days of the site in a row, up to the last one with a dose"}
    )
    last_dose = fields.Nested(SteroidDoseOut, allow_none=True)
    unknown_amounts = fields.List(fields.Nested(SteroidDoseOut))
    doses = fields.List(fields.Nested(SteroidDoseOut))
    watched = fields.List(fields.Nested(SteroidWatchOut))
    equivalence = fields.Dict()
    says = fields.String()


@blueprint.route("/patients/<patient_id>/dosing/steroids")
@door.answers(200, SteroidsOut)
@door.allowed(*door.CLINICAL)
@door.asks(SteroidQuery)
def of_patient(asked: dict[str, Any], patient_id: str) -> Response:
    """Cumulative steroids, in a row and in all, by day and by episode, and what they ask for."""
    service = door.service()
    as_of = asked["as_of"] or asked["known_at"] or service.clock()
    found = steroids.steroids(service, door.actor(), patient_id, as_of, asked["known_at"])
    return reply(200, plain_steroids(service, patient_id, found, as_of, asked["known_at"]))


def plain_steroids(
    service: Service,
    patient_id: str,
    found: Steroids,
    as_of: datetime,
    known_at: datetime | None,
) -> dict[str, Any]:
    """The steroids of a patient as they are told."""
    doses = [_dose(each) for each in found.doses]
    treatment = found.treatment
    return {
        "patient_id": patient_id,
        "version": found.version,
        "as_of": as_of,
        "known_at": known_at,
        "treatment": treatment and plain_treatment(service, treatment, as_of),
        "expressed_as": "dexamethasone",
        "days": [_day(service, each, found, as_of) for each in found.days],
        "episodes": [_episode(each) for each in found.episodes],
        "total": _total(found.total),
        "before_infusion": _total(found.before),
        "days_in_a_row": len(newest_course(found.days)),
        "last_dose": doses[-1] if doses else None,
        "unknown_amounts": [each for each in doses if each["equivalent"] is None],
        "doses": doses,
        "watched": [_watched(each) for each in found.watched],
        "equivalence": {
            "equal": {name: _mg(mg) for name, mg in EQUIVALENT_MG.items()},
            "source": EQUIVALENCE.source,
            "year": EQUIVALENCE.year,
            "verified": EQUIVALENCE.verified,
        },
        "says": SAYS,
    }


def _mg(mg: Decimal) -> dict[str, Any]:
    return {"value": mg, "unit": "mg"}


def _exposure(mg: Decimal, at_least: bool) -> dict[str, Any]:
    return {**_mg(mg), "at_least": at_least}


def _total(total: Total) -> dict[str, Any]:
    return {
        "exposure": _exposure(total.mg, total.at_least),
        "doses": total.doses,
        "days": total.days,
    }


def _day(service: Service, day: SteroidDay, found: Steroids, as_of: datetime) -> dict[str, Any]:
    number = None
    if found.treatment is not None:
        number = look_up.day_of(service, found.treatment, day.last_at)
    return {
        "date": day.on.isoformat(),
        "day": number,
        "exposure": _exposure(day.least(), day.amount() is None),
        "doses": day.doses,
        "over": day.on < as_of.astimezone(service.zone).date(),
    }


def _episode(each: Exposed) -> dict[str, Any]:
    return {
        "scale": each.scale,
        "number": each.number,
        "onset_at": each.onset_at,
        "ended_at": each.ended_at,
        **_total(each.total),
    }


def _dose(dose: SteroidDose) -> dict[str, Any]:
    charted = None if dose.amount is None else {"value": dose.amount, "unit": dose.unit}
    mg = dose.equivalent_mg
    return {
        "fact": dose.fact,
        "at": dose.at,
        "time_known": dose.time_known,
        "medication": dose.drug,
        "dose": charted,
        "weight_kg": dose.kg,
        "route": dose.route,
        "by": dose.by,
        "equivalent": None if mg is None else _mg(mg),
        "why_unknown": dose.why_unknown,
    }


def _watched(each: Watched) -> dict[str, Any]:
    return {
        "rule": each.watch.rule,
        "title": each.watch.title,
        "level": each.level,
        "says": each.says,
        "source": told_citation(each.watch.citation),
    }
