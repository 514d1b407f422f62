"""Values of one instant that cannot all be true: which are doubted, and why.

Nobody can know which of two that contradict each other is the wrong one, so all of them wait in
quarantine until a person has looked (decision 0021).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from toxmon.grading.facts import Value

PART_OF_LEUKOCYTES: Mapping[str, str] = {"anc": "neutrophils", "alc": "lymphocytes"}
ROUNDING_PER_UL = Decimal(100)
"""Leukocytes are reported in tenths of 10*3/uL, so a part of them may seem larger by so much."""


def contradictions(values: Mapping[str, Value | None]) -> dict[str, str]:
    """By kind, why a value of one instant is doubted beside the others of that instant."""
    doubted: dict[str, str] = {}
    systolic, diastolic = values.get("systolic_bp"), values.get("diastolic_bp")
    if isinstance(systolic, Decimal) and isinstance(diastolic, Decimal) and systolic <= diastolic:
        why = "the systolic pressure is not above the diastolic"
        doubted |= dict.fromkeys(("systolic_bp", "diastolic_bp"), why)
    whole = values.get("wbc")
    for kind, words in PART_OF_LEUKOCYTES.items():
        part = values.get(kind)
        if not isinstance(part, Decimal) or not isinstance(whole, Decimal):
            continue
        if part - whole > ROUNDING_PER_UL:
            why = f"more {words} than leukocytes, of which they are a part"
            doubted |= dict.fromkeys((kind, "wbc"), why)
    return doubted
