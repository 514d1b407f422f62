"""What was sent becomes a canonical value, once, at the door; or it is refused in words.

Everything is exact decimal arithmetic, and nothing is rounded before a comparison: 100.4 [degF] is
38.0 Cel and a fever, 100.3 [degF] is below it (decision 0020). What is impossible is refused, what
is implausible is marked for quarantine (decision 0021); neither is ever repaired by a guess.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import (
    Context,
    Decimal,
    DecimalException,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import NamedTuple

from toxmon.grading.facts import Bounds
from toxmon.grading.kind import Kind
from toxmon.grading.kinds import KINDS
from toxmon.grading.measured import LONGEST_TEXT, Measured, Refused, in_words, plainly
from toxmon.grading.stated import stated
from toxmon.grading.unit_table import ACCEPTED, NOT_CONVERTED, SAME, Step, spellings

__all__ = ["Measured", "Refused", "measure"]

ONE = Decimal(1)

# A number as sent has at most 17 significant digits, which is all that a binary double can mean.
# 17 digits times the longest factor (11 digits) fit into 28, so a product is always exact, and a
# quotient rounded at 28 digits cannot reach a threshold that the true quotient does not reach.
# The operations of a context change nothing in it but status flags that nobody here reads.
SENT_DIGITS = 17
_SENT = Context(prec=SENT_DIGITS, traps=[Inexact, InvalidOperation, Overflow])
_EXACT = Context(prec=28, traps=[InvalidOperation, DivisionByZero, Overflow])

POWER_OF_TEN = 12
"""A sent number is below 10 to this power and not below 10 to minus it; no kind has others."""
BEYOND = 10**POWER_OF_TEN

_COMPARED = re.compile(r"([<>]=?) ?([0-9]{1,17}(?:\.[0-9]{1,17})?)")
_QUOTED = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_COMMA = re.compile(r"[<>=+\- ]*[0-9.]*,[0-9.,]*")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
TIMES_SIGN = "\N{MULTIPLICATION SIGN}"
MICRO = "\N{GREEK SMALL LETTER MU}"


class _Reading(NamedTuple):
    """How to read one spelling of a unit for one kind; values in `safe` need no second look."""

    rule: str
    step: Step
    safe_low: Decimal
    safe_high: Decimal


def measure(kind: Kind, value: object, unit: str | None) -> Measured:
    """Read a value, as decoded from JSON, with its unit as sent. Raises Refused.

    | form   | value                                                      | unit                |
    | ------ | ---------------------------------------------------------- | ------------------- |
    | number | int or Decimal; or "<0.1", "<=0.1", ">9", ">=9" -> Bounds  | one of `ACCEPTED`   |
    | score  | int or Decimal without a fraction                          | None, 1 or {score}  |
    | code   | one of the kind's codes                                    | None                |
    | list   | a list of different codes of the kind; [] states none      | None                |
    | yes/no | true, false, "yes", "no"                                   | None                |

    "<x" reaches from the least that is possible for the kind up to x, ">x" has no upper end.
    """
    if kind.form != "number":
        return stated(kind, value, unit)
    reading = None
    if unit is None or isinstance(unit, str):
        reading = _READINGS.get((kind.name, unit))
    if reading is None:
        reading = _respelled(kind, value, unit)
    if isinstance(value, Decimal) or type(value) is int:
        number = _number(kind, value)
        canonical = _canonical(kind, reading.step, number)
        if reading.safe_low <= canonical <= reading.safe_high:
            return Measured(canonical, kind.unit, reading.rule, None)
        _check_possible(kind, reading.step, canonical, number, unit)
        return Measured(canonical, kind.unit, reading.rule, _doubt(kind, canonical))
    comparator, number = _compared(kind, value)
    canonical = _canonical(kind, reading.step, number)
    _check_possible(kind, reading.step, canonical, number, unit)
    bounds = _bounds(kind, comparator, canonical)
    # The number named by a comparator is held to the same limits: "<0.1" /uL has lost thousands.
    return Measured(bounds, kind.unit, reading.rule, _doubt(kind, canonical))


def _number(kind: Kind, value: Decimal | int) -> Decimal:
    """The number sent, if it is finite and of sane size and length. Never builds a huge integer."""
    if not isinstance(value, Decimal):
        if -BEYOND < value < BEYOND:
            return Decimal(value)
        raise _wild(kind)
    if not value.is_finite():
        raise Refused("value", f"{kind.name} must be a finite number, not {value}.")
    if not -POWER_OF_TEN <= value.adjusted() < POWER_OF_TEN:
        raise _wild(kind)
    try:
        return _SENT.plus(value)
    except DecimalException:
        raise Refused(
            "value",
            f"{kind.name} has more than {SENT_DIGITS} significant digits; "
            "send the number as it was measured.",
        ) from None


def _wild(kind: Kind) -> Refused:
    return Refused(
        "value",
        f"{kind.name} is too large or too small a number to be a measurement; "
        f"send it within 10 to the power of plus or minus {POWER_OF_TEN}.",
    )


def _canonical(kind: Kind, step: Step, number: Decimal) -> Decimal:
    """The number in the canonical unit, without trailing zeros and without an exponent."""
    if step.subtract is not None:
        number = _EXACT.subtract(number, step.subtract)
    if step.times is not None:
        number = _EXACT.multiply(number, step.times)
    if step.over is not None:
        number = _EXACT.divide(number, step.over)
    whole = _EXACT.quantize(number, ONE)
    if whole == number:
        return whole
    if kind.integer:
        raise Refused("value", f"{kind.name} is counted in whole points; send a whole number.")
    return _EXACT.normalize(number)


def _compared(kind: Kind, value: object) -> tuple[str, Decimal]:
    """Comparator and number of a text such as "<0.1"; refuses whatever else is no number."""
    if not isinstance(value, str):
        raise Refused("value", f"{kind.name} must be one number, not {in_words(value)}.")
    parts = _COMPARED.fullmatch(value) if len(value) <= LONGEST_TEXT else None
    if parts is None:
        if len(value) <= LONGEST_TEXT and _COMMA.fullmatch(value):
            instead = "send the number with a point for decimals and no comma, such as 38.5."
        elif len(value) <= LONGEST_TEXT and _QUOTED.fullmatch(value):
            instead = "send the number without quotes."
        else:
            instead = 'send a number without quotes, or a comparator in ASCII such as "<0.1".'
        raise Refused("value", f"{kind.name} cannot be read from {in_words(value)}; {instead}")
    if kind.integer:
        raise Refused(
            "value", f"{kind.name} is counted, not compared; send the whole number of points."
        )
    return parts[1], _number(kind, Decimal(parts[2]))


def _bounds(kind: Kind, comparator: str, number: Decimal) -> Bounds:
    assert kind.possible is not None
    least, most = kind.possible
    if (comparator == "<" and number == least) or (comparator == ">" and number == most):
        raise Refused(
            "value",
            f"no {kind.name} is {comparator} {plainly(number)} {kind.unit}; "
            f"possible is {plainly(least)} to {plainly(most)} {kind.unit}.",
        )
    if comparator.startswith("<"):
        return Bounds(least, number, low_open=False, high_open=comparator == "<")
    return Bounds(number, None, low_open=comparator == ">", high_open=False)


def _check_possible(
    kind: Kind, step: Step, canonical: Decimal, sent: Decimal, unit: str | None
) -> None:
    assert kind.possible is not None
    low, high = kind.possible
    if low <= canonical <= high:
        return
    # A hint about a mistaken unit makes sense only where the canonical unit was claimed.
    slip = _slip(kind, canonical) if step == SAME else None
    hint = f" {slip[0].upper()}{slip[1:]}." if slip else ""
    claimed = f" with the unit {unit}" if unit else ""
    raise Refused(
        "value",
        f"{plainly(sent)}{claimed} is not possible for {kind.name}; "
        f"possible is {plainly(low)} to {plainly(high)} {kind.unit}.{hint}",
    )


def _doubt(kind: Kind, canonical: Decimal) -> str | None:
    """Why a possible value is implausible, in words, or None."""
    assert kind.plausible is not None
    low, high = kind.plausible
    slip = _slip(kind, canonical)
    shown = f"{plainly(canonical)} {kind.unit}"
    if not low <= canonical <= high:
        text = f"{shown} is outside {plainly(low)} to {plainly(high)} {kind.unit}"
        return f"{text}: {slip}." if slip else f"{text}, which is plausible for {kind.name}."
    return f"{shown} is implausible for {kind.name}: {slip}." if slip else None


def _slip(kind: Kind, canonical: Decimal) -> str | None:
    for slip in kind.slips:
        if slip.above < canonical < slip.below:
            return slip.words
    return None


def _respelled(kind: Kind, value: object, unit: object) -> _Reading:
    """The reading of a unit that is not written as in the table, if spaces and signs allow it."""
    names = ", ".join(ACCEPTED[kind.name])
    if unit is None or unit == "":
        detail = f"{kind.name} needs its unit; send one of {names}."
    elif not isinstance(unit, str) or len(unit) > LONGEST_TEXT:
        detail = f"the unit of {kind.name} must be a short text; send one of {names}."
    else:
        plain = _normalized(unit)
        reading = _READINGS.get((kind.name, plain))
        if reading is not None:
            return reading
        why = NOT_CONVERTED.get(kind.name, {}).get(plain)
        reason = f" because {why}" if why else " (capitals count)"
        detail = f"{in_words(unit)} is not read for {kind.name}{reason}; send one of {names}."
    raise Refused("unit", detail, *_value_faults(kind, value))


def _value_faults(kind: Kind, value: object) -> tuple[tuple[str, str], ...]:
    """What is wrong with the value whatever its unit is, so that both faults are told at once."""
    try:
        if isinstance(value, Decimal) or type(value) is int:
            _number(kind, value)
        else:
            _compared(kind, value)
    except Refused as refused:
        return refused.faults
    return ()


def _normalized(unit: str) -> str:
    """A unit with compatible letters unified, micro signs as u and no spaces; case is kept."""
    with_powers = _SUPERSCRIPT.sub(lambda power: f"^{power[0]}", unit).replace(TIMES_SIGN, "x")
    unified = unicodedata.normalize("NFKC", with_powers).replace(MICRO, "u")
    return "".join(unified.split())


def _safe(kind: Kind) -> tuple[Decimal, Decimal]:
    """The part of the plausible range that no slip touches, as one interval."""
    assert kind.plausible is not None
    low, high = kind.plausible
    for slip in kind.slips:
        if slip.above <= low < slip.below:
            low = slip.below
        if slip.above < high < slip.below:
            high = slip.above
    return low, high


def _readings() -> dict[tuple[str, str | None], _Reading]:
    """Every accepted spelling of every unit of every kind."""
    table: dict[tuple[str, str | None], _Reading] = {}
    for name, units in ACCEPTED.items():
        low, high = _safe(KINDS[name])
        for unit, step in units.items():
            rule = f"{name}:{KINDS[name].unit}" if KINDS[name].integer else f"{name}:{unit}"
            reading = _Reading(rule, step, low, high)
            for spelling in spellings(unit):
                table[name, spelling] = reading
        if KINDS[name].integer:
            table[name, None] = table[name, KINDS[name].unit]
    return table


_READINGS = _readings()
