"""What a unit has at hand, against what its patients need."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates

from toxmon.actions import Fault, Service, infuse, look_up, stock
from toxmon.actions.prevention import ANSWERS, plain_at_hand, plain_drawn
from toxmon.actions.stock import BECAUSE, OnHand, Waiting
from toxmon.api import door
from toxmon.api.answers import reply, to_json
from toxmon.api.fields import Instant, Name, Words, documented
from toxmon.api.prevention import AtHandOut, VialsOut
from toxmon.api.reach import reached
from toxmon.store import Row
from toxmon.store.stocks import MOST_STRENGTHS

blueprint = door.blueprint("stock", "What a unit has at hand")

LEAST_MG, MOST_MG, MOST_VIALS = 10, 10_000, 10_000


class Strength(fields.Field):
    """The mg in one vial, exact."""

    def __init__(self, **kwargs: Any) -> None:
        bounds = {"minimum": LEAST_MG, "maximum": MOST_MG}
        super().__init__(**documented(kwargs, type="number", **bounds))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValidationError("is not a number")
        exact = Decimal(value)
        if not LEAST_MG <= exact <= MOST_MG:
            raise ValidationError(f"is not a strength of {LEAST_MG} to {MOST_MG} mg")
        if exact * 10 != (exact * 10).to_integral_value():
            raise ValidationError("has more than one decimal place")
        return exact.normalize() + 0


class VialsIn(Schema):
    """How many vials of one strength there are; 0 says that there is none."""

    strength = Strength(required=True, metadata={"description": "mg in one vial", "example": 80})
    vials = fields.Integer(required=True, strict=True, validate=validate.Range(0, MOST_VIALS))


class CountIn(Schema):
    """Everything that a unit has of a drug, as somebody has counted it."""

    unit = Name(100, required=True, metadata={"example": "bmt-1"})
    medication = Name(100, required=True, metadata={"example": "tocilizumab"})
    counts = fields.List(
        fields.Nested(VialsIn), required=True, validate=validate.Length(1, MOST_STRENGTHS)
    )
    counted_at = Instant(required=True)
    note = Words(500, load_default=None, allow_none=True)

    @validates("counts")
    def _once(self, counts: list[dict[str, Any]], **kwargs: Any) -> None:
        sizes = [each["strength"] for each in counts if "strength" in each]
        if len(set(sizes)) < len(sizes):
            raise ValidationError("names a strength twice")


class CountOut(Schema):
    """A count that was kept."""

    ids = fields.List(fields.String())
    unit = fields.String()
    medication = fields.String()
    counted_at = fields.DateTime()
    recorded_at = fields.DateTime()
    recorded_by = fields.String()
    note = fields.String(allow_none=True)
    vials = fields.List(fields.Nested(VialsOut))


class StockQuery(Schema):
    """Which unit."""

    unit = fields.String(required=True)
    medication = fields.String(load_default=stock.TOCILIZUMAB)


class LastCountOut(Schema):
    """The last count."""

    counted_at = fields.DateTime()
    hours_ago = fields.Integer()
    fresh = fields.Boolean(metadata={"description": "Is it no older than the site believes one?"})
    recorded_by = fields.String()
    note = fields.String(allow_none=True)
    vials = fields.List(fields.Nested(VialsOut))
    total_mg = fields.Float()


class StockPatientOut(AtHandOut):
    """A patient who may need the drug: in the window of CRS, with CRS, or about to be infused."""

    patient_id = fields.String()
    bed = fields.String(allow_none=True)
    why = fields.String(metadata={"description": "crs_window, crs or planned"})
    product = fields.String(allow_none=True)
    day = fields.Integer(allow_none=True)
    last_given_at = fields.DateTime(allow_none=True)


class StockNeedOut(Schema):
    """What all of them need. `at_most_mg`: with the cap for everybody whose weight is not known."""

    doses = fields.Integer()
    at_least_mg = fields.Float()
    at_most_mg = fields.Float(allow_none=True)


class StockOut(Schema):
    """What is at hand against what is needed."""

    unit = fields.String()
    medication = fields.String()
    at = fields.DateTime()
    counted = fields.Nested(LastCountOut, allow_none=True)
    items = fields.List(fields.Nested(StockPatientOut))
    next = fields.String(allow_none=True)
    need = fields.Nested(StockNeedOut)
    enough = fields.String(metadata={"description": "yes, no or not_known"})
    because = fields.List(fields.String())
    explained = fields.Dict(metadata={"description": "Each of `because` in words"})


def _also(valid: dict[str, Any]) -> list[Fault]:
    """What is wrong with the fields that the schema found well."""
    service = door.service()
    return stock.faults(service, valid, service.clock())


@blueprint.route("/stock", methods=["POST"])
@door.answers(201, CountOut, "Counted")
@door.allowed("pharmacist", "nurse")
@door.takes(CountIn, also=_also)
def count(sent: dict[str, Any]) -> Response:
    """Keep a count of vials: all that the unit has of the drug. It replaces no earlier one."""
    return door.said(stock.count(door.service(), door.actor(), sent, _render, door.keyed()))


@blueprint.route("/stock")
@door.answers(200, StockOut)
@door.allowed(*door.CLINICAL)
@door.asks(StockQuery)
def on_hand(asked: dict[str, Any]) -> Response:
    """A unit's last count against the patients who may need the drug: is it enough?"""
    service, actor = door.service(), door.actor()
    unit = reached(actor, asked["unit"])
    assert unit is not None, "the query has a unit"
    medication, now = infuse.called(service, asked["medication"]), service.clock()
    found = stock.of_unit(service, actor, unit, medication, now)
    return reply(200, plain_stock(service, found, unit, medication, now))


def plain_stock(
    service: Service, found: OnHand, unit: str, medication: str, now: datetime
) -> dict[str, Any]:
    """A unit's stock as it is told."""
    counted = found.count
    strengths = tuple(counted.vials) if counted else ()
    needs = [each.at_hand for each in found.waiting]
    sure = [each.dose.mg * each.required.doses for each in needs if each.dose is not None]
    caps = [each.cap_mg for each in needs if each.dose is None for _ in range(each.required.doses)]
    least = sum(sure, Decimal(0))
    most = None if None in caps else least + sum((cap for cap in caps if cap), Decimal(0))
    return {
        "unit": unit,
        "medication": medication,
        "at": now,
        "counted": counted
        and {
            "counted_at": counted.counted_at,
            "hours_ago": (now - counted.counted_at) // timedelta(hours=1),
            "fresh": counted.fresh,
            "recorded_by": counted.recorded_by,
            "note": counted.note,
            "vials": [{"strength": size, "vials": n} for size, n in counted.vials.items()],
            "total_mg": sum((size * n for size, n in counted.vials.items()), Decimal(0)),
        },
        "items": [_waiting(service, each, strengths, now) for each in found.waiting],
        "next": None,
        "need": {
            "doses": sum(each.required.doses for each in needs),
            "at_least_mg": least,
            "at_most_mg": most,
        },
        "enough": ANSWERS[found.enough],
        "because": list(found.because),
        "explained": {code: BECAUSE[code] for code in found.because},
    }


def _waiting(
    service: Service, each: Waiting, strengths: tuple[Decimal, ...], now: datetime
) -> dict[str, Any]:
    row = each.treatment
    return {
        "patient_id": each.patient_id,
        "bed": each.bed,
        "why": each.why,
        "product": row["product"] if row is not None else None,
        "day": look_up.day_of(service, row, now) if row is not None else None,
        "last_given_at": each.given_at,
        **plain_at_hand(each.at_hand),
        "vials": plain_drawn(each.at_hand, strengths),
    }


def _render(rows: list[Row]) -> bytes:
    first = rows[0]
    names = ("unit", "medication", "counted_at", "recorded_at", "recorded_by", "note")
    return to_json({
        "ids": [row["id"] for row in rows],
        **{name: first[name] for name in names},
        "vials": [
            {"strength": Decimal(row["strength_mg"]), "vials": row["vials"]} for row in rows
        ],
    })  # fmt: skip
