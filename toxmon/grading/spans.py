"""Numbers that are known exactly, within limits or not at all, with what is computed from them.

An end of a span is a number and the side of it that is meant: -1 just below, 0 exactly at it, 1
just above. Ends compare as tuples, so that "below 5" stays below 5 after it was multiplied. No
product is ever rounded: a limit times a factor is compared with a value digit by digit.

Everything here is a measurement or a limit, and so never below 0.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import NamedTuple

from toxmon.grading.facts import Bounds, Number

End = tuple[Decimal, int]

# The operations of a context change nothing in it but status flags that nobody here reads.
EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
ZERO: End = (Decimal(0), 0)
ABOVE_ZERO: End = (Decimal(0), 1)
ENDLESS: End = (Decimal("Infinity"), 0)


class Span(NamedTuple):
    """All numbers from `low` to `high`."""

    low: End
    high: End

    @property
    def exact(self) -> bool:
        """Is it one number?"""
        return self.low == self.high


NOTHING_KNOWN = Span(ZERO, ENDLESS)


def span(number: Number | None, least: End = ZERO) -> Span:
    """What `number` may be; nothing known reaches from `least` up without an end."""
    if number is None:
        return Span(least, ENDLESS)
    if not isinstance(number, Bounds):
        return Span((number, 0), (number, 0))
    return Span(
        least if number.low is None else (number.low, 1 if number.low_open else 0),
        ENDLESS if number.high is None else (number.high, -1 if number.high_open else 0),
    )


def scaled(end: End, factor: Decimal) -> End:
    """An end times a factor above 0, exactly."""
    return EXACT.multiply(end[0], factor), end[1]


def product(one: Span, other: Span) -> Span:
    """One times the other, exactly; nothing times what has no end is nothing."""
    return Span(_times(one.low, other.low), _times(one.high, other.high))


def _times(one: End, other: End) -> End:
    if ZERO in (one, other):
        return ZERO
    # Both ends of a pair lie on the same side, or at least one of them is meant exactly.
    side = one[1] or other[1]
    if ENDLESS[0] in (one[0], other[0]):
        return ENDLESS
    return EXACT.multiply(one[0], other[0]), side
