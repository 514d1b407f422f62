"""The limits that a rule has for a kind, as bands: read from the rules and the ward's policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal

from toxmon.drawing.forms import Form
from toxmon.drawing.picture import Band
from toxmon.drawing.readings import ICE
from toxmon.grading import crs, icaht, iec_hs_criteria, t_icaht
from toxmon.grading.icans import CAPD_GRADE_3
from toxmon.grading.policy import Policy


def bands(kind: str, form: Form, policy: Policy, age_years: Decimal | None) -> Iterator[Band]:
    """The bands of a kind between the ends of its scale."""
    if kind == "body_temperature":
        yield Band(
            float(crs.FEVER_CEL), form.high, f"fever \N{GREATER-THAN OR EQUAL TO} {crs.FEVER_CEL}"
        )
    below = _below(policy, age_years).get(kind)
    if below is not None:
        yield Band(form.low, float(below), f"< {below}")
    if kind == ICE:
        yield Band(form.low, form.high - 0.5, "< 10")
    at_most = {"anc": icaht.DEPTHS_PER_UL[1], "platelets": t_icaht.FIFTY}.get(kind)
    if at_most is not None:
        yield Band(form.low, float(at_most), f"\N{LESS-THAN OR EQUAL TO} {at_most}")
    if kind == "capd_score":
        yield Band(float(CAPD_GRADE_3), form.high, f"\N{GREATER-THAN OR EQUAL TO} {CAPD_GRADE_3}")


def _below(policy: Policy, age_years: Decimal | None) -> Mapping[str, Decimal]:
    bound = policy.pressure_bound(age_years)
    limits = {
        "oxygen_saturation": policy.hypoxia_saturation_below,
        "fibrinogen": iec_hs_criteria.FIBRINOGEN_MG_DL,
        "systolic_bp": bound.systolic_below if bound else None,
        "mean_arterial_pressure": bound.mean_below if bound else None,
    }
    return {kind: limit for kind, limit in limits.items() if limit is not None}


def age_years(born: date | None, now: datetime, zone: tzinfo) -> Decimal | None:
    """Completed years of age on the site's date of `now`; None is not known."""
    if born is None:
        return None
    today = now.astimezone(zone).date()
    before_birthday = (today.month, today.day) < (born.month, born.day)
    return Decimal(today.year - born.year - before_birthday)
