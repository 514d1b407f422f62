"""The scales that count by day: how their columns are called, and the rule that grades them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from toxmon.grading import icaht, t_icaht
from toxmon.grading.grade import Grade


@dataclass(frozen=True, slots=True)
class Rule:
    """One scale. `series` is what is counted, and the name of its kind and of its input.

    `units` has the unit of each column that may hold the count; a column `series` alone goes with
    a column `unit`. `methods` begins with the one that is used where none is named.
    """

    scale: str
    series: str
    methods: tuple[str, ...]
    grade: Callable[..., Grade]
    units: Mapping[str, str]


def _rule(scale: str, series: str, methods: tuple[str, ...], grade: Callable[..., Grade]) -> Rule:
    units = {f"{series}_per_ul": "/uL", f"{series}_10e9_l": "10*9/L"}
    return Rule(scale, series, methods, grade, units)


RULES: Mapping[str, Rule] = {
    rule.scale: rule
    for rule in (
        _rule(icaht.EARLY, "anc", icaht.METHODS, icaht.early),
        _rule(icaht.LATE, "anc", icaht.METHODS, icaht.late),
        _rule(t_icaht.EARLY, "platelets", t_icaht.METHODS, t_icaht.early),
        _rule(t_icaht.LATE, "platelets", t_icaht.METHODS, t_icaht.late),
    )
}
"""By scale."""
