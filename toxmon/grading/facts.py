"""The facts as the rules see them, and comparisons that may end in "cannot tell".

A finding is yes (True), no (False) or unknown (None). A number is exact (Decimal) or, when the
laboratory sent a comparator such as "<0.1", an interval (Bounds); a comparison with an interval
is answered only when every number in it gives the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Bounds:
    """All numbers between `low` and `high`; None is unbounded, `open` leaves the end out."""

    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False


Number = Decimal | Bounds
Value = Decimal | Bounds | str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was true at the bedside at `effective_at` (aware, UTC).

    `value` is in the canonical unit of its kind. `until` ends a fact that was charted with an
    end, such as an attribution; None leaves it open. Acts (administration, attribution, death)
    carry what was done in `value`: the medication, the sign, the cause of death. `normal` is the
    laboratory's own range of this very result, (lower limit, upper limit), in the same unit.
    """

    id: str
    kind: str
    value: Value
    effective_at: datetime
    until: datetime | None = None
    normal: tuple[Decimal | None, Decimal | None] | None = None


def at_least(number: Number | None, bound: Decimal) -> bool | None:
    """Is `number` >= `bound`? None when it is unknown or an interval that spans the bound."""
    if number is None:
        return None
    if not isinstance(number, Bounds):
        return number >= bound
    if number.low is not None and number.low >= bound:
        return True
    if number.high is not None and (
        number.high < bound or (number.high == bound and number.high_open)
    ):
        return False
    return None


def above(number: Number | None, bound: Decimal) -> bool | None:
    """Is `number` > `bound`? None when it is unknown or an interval that spans the bound."""
    if number is None:
        return None
    if not isinstance(number, Bounds):
        return number > bound
    if number.low is not None and (number.low > bound or (number.low == bound and number.low_open)):
        return True
    if number.high is not None and number.high <= bound:
        return False
    return None


def negated(finding: bool | None) -> bool | None:
    """Not, where unknown stays unknown."""
    return None if finding is None else not finding


def below(number: Number | None, bound: Decimal) -> bool | None:
    """Is `number` < `bound`? None when it is unknown or an interval that spans the bound."""
    return negated(at_least(number, bound))


def both(one: bool | None, other: bool | None) -> bool | None:
    """And, where a no decides and an unknown otherwise stays unknown."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def either(one: bool | None, other: bool | None) -> bool | None:
    """Or, where a yes decides and an unknown otherwise stays unknown."""
    return negated(both(negated(one), negated(other)))
