"""The closed list of kinds, by name and by LOINC code, and which of two values is the worse."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from toxmon.grading.bedside_kinds import BEDSIDE
from toxmon.grading.clinical_kinds import CLINICAL
from toxmon.grading.facts import Bounds, Value
from toxmon.grading.kind import Form, Kind, Slip, Worse
from toxmon.grading.laboratory_kinds import LABORATORY
from toxmon.grading.loinc import DENIED_LOINC, loinc_check_digit
from toxmon.grading.neuro_kinds import NEURO
from toxmon.grading.vital_kinds import VITAL

__all__ = [
    "BEDSIDE",
    "BY_LOINC",
    "CLINICAL",
    "DENIED_LOINC",
    "KINDS",
    "LABORATORY",
    "NEURO",
    "VITAL",
    "Form",
    "Kind",
    "Slip",
    "Worse",
    "loinc_check_digit",
    "worse_of",
]

INFINITE = Decimal("Infinity")

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (*VITAL, *NEURO, *BEDSIDE, *LABORATORY, *CLINICAL)}
)
"""Every kind that can be charted, by name."""

BY_LOINC: Mapping[str, Kind] = MappingProxyType(
    {code: kind for kind in KINDS.values() for code in kind.loinc}
)
"""The kind that a LOINC code stands for. The code never implies the unit."""


def worse_of(kind: Kind, a: Value, b: Value) -> Value:
    """The worse of two canonical values of a kind, for two facts at one instant (decision 0008).

    | form   | worse is                                                                  |
    | ------ | ------------------------------------------------------------------------- |
    | number | the higher or the lower, as the kind says; of intervals the one that      |
    |        | reaches further, then the one that begins further. Where neither          |
    |        | direction is worse, the lower, so that a smaller weight gives the dose    |
    | code   | the one that stands later in `codes`                                      |
    | yes/no | yes, unless the kind says that no is worse                                |
    | list   | more members of the gravest class, then of the next, then the longer one  |

    What is equally bad is decided by its spelling, so that the order of arrival cannot matter.
    """
    return a if _badness(kind, a) >= _badness(kind, b) else b


def _badness(kind: Kind, value: Value) -> tuple[object, ...]:
    """A key that grows with harm; equal only for values that are written alike."""
    if isinstance(value, tuple):
        by_class = (sum(member in group for member in value) for group in kind.classes)
        return (*by_class, len(value), value)
    if isinstance(value, str):
        return (kind.codes.index(value),)
    if isinstance(value, bool):
        return (value is (kind.worse == "higher"),)
    low, high, low_open, high_open = _ends(value)
    if kind.worse == "higher":
        return (high, not high_open, low, low_open, str(value))
    return (-low, not low_open, -high, high_open, str(value))


def _ends(value: Decimal | Bounds) -> tuple[Decimal, Decimal, bool, bool]:
    if isinstance(value, Decimal):
        return value, value, False, False
    low = -INFINITE if value.low is None else value.low
    high = INFINITE if value.high is None else value.high
    return low, high, value.low_open, value.high_open
