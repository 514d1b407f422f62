"""An amount of a drug as it is sent: a number above 0 with its unit, and by which way."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from toxmon.api.fields import documented
from toxmon.dosing.giving import DOSE_UNITS, ROUTES

__all__ = ["DOSE_UNITS", "ROUTES", "Amount", "DoseIn", "plain_dose"]

LARGEST_AMOUNT = 10**12
MOST_PLACES = 12
MOST_DIGITS = 17
"""A double means no more, and nobody draws up more."""


class Amount(fields.Field):
    """A number above 0 of the size and length that a person writes; an exact one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**documented(kwargs, type="number", exclusiveMinimum=0))

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int | Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise ValidationError("is not a number")
        if not 0 < value < LARGEST_AMOUNT:
            raise ValidationError("is not an amount above 0 and below a million million")
        exact = Decimal(value)
        if exact.adjusted() < -MOST_PLACES or len(exact.as_tuple().digits) > MOST_DIGITS:
            raise ValidationError(f"has more than {MOST_DIGITS} digits, or is next to nothing")
        return value


class DoseIn(Schema):
    """An amount with its unit."""

    value = Amount(required=True)
    unit = fields.String(required=True, validate=validate.OneOf(DOSE_UNITS))


def plain_dose(dose: dict[str, Any] | None) -> dict[str, Any] | None:
    """A dose as it is kept: the amount as text, so that nothing is lost of it."""
    return None if dose is None else {"value": str(dose["value"]), "unit": dose["unit"]}
