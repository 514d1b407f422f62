"""What the tests of units share: every unit of every kind, and its step in exact fractions."""

from decimal import Decimal, localcontext
from fractions import Fraction

from toxmon.grading.kinds import KINDS, Kind
from toxmon.grading.unit_table import ACCEPTED, Step

NUMBERS = [kind for kind in KINDS.values() if kind.form == "number"]
MEASURED_NUMBERS = [kind for kind in NUMBERS if not kind.integer]
UNITS = [(kind, unit) for kind in NUMBERS for unit in ACCEPTED[kind.name]]
UNIT_IDS = [f"{kind.name}:{unit}" for kind, unit in UNITS]


def exact(step: Step, value: Decimal) -> Fraction:
    """What the step makes of a value, in fractions and so without any rounding."""
    return (
        (Fraction(value) - Fraction(step.subtract or 0))
        * Fraction(step.times or 1)
        / Fraction(step.over or 1)
    )


def backwards(step: Step, canonical: Decimal) -> Fraction:
    """The value that the step makes into `canonical`."""
    return Fraction(canonical) * Fraction(step.over or 1) / Fraction(step.times or 1) + Fraction(
        step.subtract or 0
    )


def terminating(value: Fraction) -> Decimal | None:
    """The fraction as a decimal of at most 17 digits, if there is one."""
    with localcontext(prec=60):
        decimal = Decimal(value.numerator) / Decimal(value.denominator)
        decimal = decimal.normalize()
    digits = len(decimal.as_tuple().digits)
    return decimal if digits <= 17 and Fraction(decimal) == value else None


def ordinary(kind: Kind, unit: str) -> Decimal | int:
    """Some number in this unit that is neither implausible nor a slip."""
    low, high = kind.plausible
    slips = [slip.below for slip in kind.slips if slip.above <= low]
    middle = max([low, *slips]) + (min(high, Decimal(1000)) - low) / 2
    if kind.integer:
        return int(high)
    return Decimal(str(round(float(backwards(ACCEPTED[kind.name][unit], middle)), 4)))
