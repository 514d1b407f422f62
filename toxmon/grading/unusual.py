"""What somebody who types a value is asked about once: unusual, far from the last one, out by ten.

Nothing is refused here and nothing is graded by it; a value that is confirmed counts like any
other. Values outside what is plausible (decision 0021) are doubted by their kind already.

The spans are a proposal of ours, for no publication names any: wide enough that a fever after
cells is not asked about, narrow enough that a slipped digit is. Units are those of the kinds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

FRESH = timedelta(hours=4)
"""A value that is older says little about how far a new one may lie from it."""
GROWN_YEARS = Decimal(12)
TEN = Decimal(10)
NEARLY = Decimal("0.15")
"""A tenth or the tenfold within this part of the last value is a slip of the point."""

TOO_FAR, OUT_BY_TEN, RARE = "too_far", "out_by_ten", "rare"


@dataclass(frozen=True, slots=True)
class Usual:
    """From where to where nobody looks twice, and how far a value moves within `FRESH`."""

    low: Decimal
    high: Decimal
    step: Decimal


def _usual(low: str, high: str, step: str) -> Usual:
    return Usual(Decimal(low), Decimal(high), Decimal(step))


GROWN: Mapping[str, Usual] = {
    "body_temperature": _usual("34", "41.5", "3.0"),
    "systolic_bp": _usual("60", "220", "60"),
    "diastolic_bp": _usual("25", "130", "50"),
    "oxygen_saturation": _usual("70", "100", "15"),
    "heart_rate": _usual("35", "190", "70"),
    "respiratory_rate": _usual("6", "50", "20"),
}
CHILD: Mapping[str, Usual] = {
    **GROWN,
    "systolic_bp": _usual("45", "180", "50"),
    "heart_rate": _usual("50", "240", "80"),
    "respiratory_rate": _usual("8", "90", "30"),
}


def unusual(
    kind: str,
    value: Decimal,
    last: Decimal | None,
    age: timedelta | None,
    age_years: Decimal | None,
) -> str | None:
    """Why somebody is asked: out_by_ten, too_far, rare; None where nobody is.

    `last` is the value before and `age` how old it is; an age that is not known is a grown-up's.
    """
    child = age_years is not None and age_years < GROWN_YEARS
    usual = (CHILD if child else GROWN).get(kind)
    if usual is None:
        return None
    if last is not None and age is not None and age <= FRESH:
        off = abs(value - last) > usual.step
        if off and any(abs(each - last) <= last * NEARLY for each in (value * TEN, value / TEN)):
            return OUT_BY_TEN
        if abs(value - last) >= usual.step:
            return TOO_FAR
    return None if usual.low <= value <= usual.high else RARE
