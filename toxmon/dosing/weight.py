"""The dose for a weight: mg/kg by band, and the cap. Exact, never rounded.

Tocilizumab: 8 mg/kg from 30 kg (inclusive), 12 mg/kg below, at most 800 mg, so that the dose falls
when the weight rises through 30 kg (Santomasso 2021, doi:10.1200/JCO.21.01992; US label text for
tisagenlecleucel). No dose comes from a weight that is missing or too old (decision 0088).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from toxmon.dosing.drug import Band, DosePolicy, Handling
from toxmon.dosing.situation import Computed, Situation, Weighing

HUNDRED = Decimal(100)


def is_stale(weight: Weighing, at: datetime, handling: Handling) -> bool:
    """Is a weight older than the site allows? One exactly as old as allowed is not."""
    return at - weight.at > handling.weight_fresh_for


def change_percent(weight: Weighing, before: Weighing) -> Decimal:
    """By how many percent of the weight before it the weight has changed, without a sign."""
    return abs(weight.kg - before.kg) * HUNDRED / before.kg


def band_of(policy: DosePolicy, kg: Decimal | None, age_years: Decimal | None) -> Band | None:
    """The band for a weight and an age, the first that fits; None where none is known to fit."""
    return next((each for each in policy.bands if _fits(each, kg, age_years)), None)


def needs_weight(policy: DosePolicy) -> bool:
    """Does any dose of this policy rest on a weight?"""
    return any(
        each.mg_per_kg is not None or each.from_kg is not None or each.below_kg is not None
        for each in policy.bands
    )


def needs_age(policy: DosePolicy) -> bool:
    """Does any dose of this policy rest on an age?"""
    return any(
        each.from_age_years is not None or each.below_age_years is not None for each in policy.bands
    )


def computed(
    policy: DosePolicy, situation: Situation, at: datetime, handling: Handling
) -> Computed | None:
    """The dose by a policy at `at`, in mg; None where there is no band or no fresh weight."""
    weight = situation.weight
    usable = weight is not None and not is_stale(weight, at, handling)
    kg = weight.kg if weight is not None and usable else None
    band = band_of(policy, kg, situation.age_years)
    if band is None:
        return None
    cap = policy.limit("dose_above_cap")
    if band.mg is not None:
        exact = band.mg
    elif band.mg_per_kg is not None and kg is not None:
        exact = band.mg_per_kg * kg
    else:
        return None
    cap_mg = cap.mg if cap is not None else None
    return Computed(
        mg=exact if cap_mg is None else min(exact, cap_mg),
        uncapped=exact,
        mg_per_kg=band.mg_per_kg,
        kg=kg if band.mg_per_kg is not None else None,
        cap_mg=cap_mg,
        weighed_at=weight.at if weight is not None and band.mg_per_kg is not None else None,
        source=band.cited.source,
    )


def _fits(band: Band, kg: Decimal | None, age_years: Decimal | None) -> bool:
    return _between(kg, band.from_kg, band.below_kg) and _between(
        age_years, band.from_age_years, band.below_age_years
    )


def _between(value: Decimal | None, low: Decimal | None, below: Decimal | None) -> bool:
    """low <= value < below. Where nothing bounds it, an unknown value fits too."""
    if value is None:
        return low is None and below is None
    return (low is None or value >= low) and (below is None or value < below)
