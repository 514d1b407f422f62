"""The dose of a line for this patient. Exact, never rounded; none from a weight that is not fresh.

A drug whose limits are checked elsewhere (tocilizumab) gets its amount from the rules in force, so
that this page and the check never tell two numbers (decision 0080).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from toxmon.dosing.situation import Situation, Weighing
from toxmon.dosing.weight import computed
from toxmon.guidance.case import Case
from toxmon.protocol.advised_words import between, plain, spoken
from toxmon.protocol.guidance import Advised
from toxmon.protocol.lines import in_words

CHECKED = frozenset({"tocilizumab"})
"""Drugs whose amount, interval and number are answered by a check of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFor:
    """A dose of a line and what it is for this patient.

    `low` to `high` in `unit`; None where the source gives no amount, or none can be computed, and
    then `why_not` says it. `basis` says how the amount came about. `checked`: its limits are
    another answer's.
    """

    advised: Advised
    says: str
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str | None = None
    basis: str | None = None
    why_not: str | None = None
    weighed_at: datetime | None = None
    checked: bool = False

    @property
    def amount(self) -> str | None:
        """The amount in words: "71.5 mg", "10 to 20 mg"."""
        if self.low is None:
            return None
        return f"{between(self.low, self.high if self.high != self.low else None)} {self.unit}"


def dose_for(advised: Advised, case: Case) -> DoseFor:
    """What a dose is for this patient."""
    if advised.drug in CHECKED:
        return _checked(advised, case)
    says = spoken(advised)
    if advised.amount is None:
        return DoseFor(advised=advised, says=says)
    if not advised.per_kg:
        return DoseFor(
            advised=advised, says=says, low=advised.amount, unit=advised.unit,
            high=advised.amount_high or advised.amount, basis="the same for every weight",
        )  # fmt: skip
    weight = case.weight
    if weight is None or not weight.fresh:
        return DoseFor(advised=advised, says=says, why_not=no_weight(case))
    low, capped = _capped(advised.amount * weight.kg, advised.cap)
    high, capped_too = _capped((advised.amount_high or advised.amount) * weight.kg, advised.cap)
    per = f"{between(advised.amount, advised.amount_high)} {advised.unit}/kg"
    cap = f", at most {plain(advised.cap or high)} {advised.unit}" if capped or capped_too else ""
    return DoseFor(
        advised=advised, says=says, low=low, high=high, unit=advised.unit,
        basis=f"{per} x {plain(weight.kg)} kg{cap}", weighed_at=weight.at,
    )  # fmt: skip


def _capped(exact: Decimal, cap: Decimal | None) -> tuple[Decimal, bool]:
    return (cap, True) if cap is not None and exact > cap else (exact, False)


def _checked(advised: Advised, case: Case) -> DoseFor:
    """By the rules in force, which the check goes by too."""
    says = spoken(advised)
    rules, weight = case.rules.get(advised.drug), case.weight
    if rules is None:
        return DoseFor(advised=advised, says=says, checked=True,
                       why_not="its dose is told by the check of its limits")  # fmt: skip
    weighing = None if weight is None else Weighing(kg=weight.kg, at=weight.at)
    situation = Situation(weight=weighing, age_years=case.age_years)
    found = computed(rules.policy, situation, case.at, rules.handling)
    if found is None:
        return DoseFor(advised=advised, says=says, checked=True, why_not=no_weight(case))
    parts = [f"by the rules in force ({found.source})"]
    if found.cap_mg is not None and found.mg < found.uncapped:
        parts.insert(0, f"at most {plain(found.cap_mg)} mg")
    if found.mg_per_kg is not None and found.kg is not None:
        parts.insert(0, f"{plain(found.mg_per_kg)} mg/kg x {plain(found.kg)} kg")
    return DoseFor(
        advised=advised, says=says, checked=True, low=found.mg, high=found.mg, unit="mg",
        basis=", ".join(parts), weighed_at=found.weighed_at,
    )  # fmt: skip


def no_weight(case: Case) -> str:
    """Why no dose comes from the weight."""
    weight = case.weight
    if weight is None:
        return "no weight is charted: no dose is computed"
    old = f"the last weight, {plain(weight.kg)} kg, is not fresh"
    if weight.fresh_for is not None:
        old += f": it is older than {in_words(weight.fresh_for)}"
    return f"{old}; no dose is computed from it"
