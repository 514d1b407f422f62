"""What reading a sent value ends in: a canonical value, or a refusal in words."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from toxmon.grading.facts import Value

LONGEST_TEXT = 64
"""Longer units and comparators are refused unread."""


class Measured(NamedTuple):
    """A value in canonical form.

    `value` is canonical and written in one way only (500, not 500.0 or 5E+2; lists in the order
    of the kind), so that equal measurements are equal texts. `unit` is the canonical unit, None
    without one. `rule` names the step that was taken, such as "body_temperature:[degF]".
    `quarantine` says in words why the value is implausible; None for a value that is used.
    """

    value: Value
    unit: str | None
    rule: str
    quarantine: str | None


class Refused(ValueError):
    """What was sent cannot be read.

    `field` is "value" or "unit", `detail` a sentence that names the fault and what to send
    instead. `faults` has every (field, detail): unit and value may both be wrong.
    """

    def __init__(self, field: str, detail: str, *more: tuple[str, str]) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail
        self.faults: tuple[tuple[str, str], ...] = ((field, detail), *more)


def plainly(number: Decimal) -> str:
    """A number without an exponent."""
    return f"{number:f}"


def in_words(value: object) -> str:
    """What was sent, short enough for a sentence."""
    if value is None:
        return "nothing: leave the observation out when it is not known"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_TEXT else f"{value[:LONGEST_TEXT]}...")
    if isinstance(value, float):
        return "a binary floating-point number, which is not exact"
    if isinstance(value, int | Decimal):
        return "a number"
    return "a list" if isinstance(value, list | tuple) else "an object"
