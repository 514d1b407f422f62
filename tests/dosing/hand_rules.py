"""The rules of tocilizumab written by hand, as the check takes them.

Tables and properties run under these and under the shipped protocol: what the check does is then
known apart from what a file says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.dosing.second_check import Site
from toxmon.dosing.drug import Band, Cited, DosePolicy, DrugRules, Handling, Limit

CITED = Cited(source="the tables of the tests", year=2026, verified=False)
BANDS = (
    Band(from_kg=Decimal(30), mg_per_kg=Decimal(8), cited=CITED),
    Band(below_kg=Decimal(30), mg_per_kg=Decimal(12), cited=CITED),
)
LIMITS = (
    Limit(code="interval", span=timedelta(hours=8), cited=CITED),
    Limit(code="doses_in_24_h", span=timedelta(hours=24), count=3, cited=CITED),
    Limit(code="doses_in_treatment", count=4, cited=CITED),
    Limit(code="dose_above_cap", mg=Decimal(800), cited=CITED),
)
SHORTAGE = Limit(code="doses_in_episode", count=2, cited=CITED)
BY_HAND = DrugRules(
    name="tocilizumab",
    title="Tocilizumab",
    names=("tocilizumab", "actemra"),
    policies={
        name: DosePolicy(name=name, title=name, bands=bands, limits=limits)
        for name, bands, limits in (
            ("standard", BANDS, LIMITS),
            # The lighter band first: the order in which a file has them decides nothing.
            ("shortage", BANDS[::-1], (*LIMITS, SHORTAGE)),
            ("us_label", BANDS, tuple(each for each in LIMITS if each.code != "doses_in_24_h")),
            ("cartox_2018", BANDS, (replace(LIMITS[0], span=timedelta(hours=6)), *LIMITS[1:])),
        )
    },
    in_force="standard",
    handling=Handling(
        weight_fresh_for=timedelta(hours=168),
        weight_change_percent=Decimal(5),
        tolerance_percent=Decimal(0),
        duplicate_within=timedelta(minutes=30),
        before_infusion=timedelta(hours=168),
        reservation=timedelta(minutes=30),
        chart_within=timedelta(hours=2),
        stopped_counts=True,
        ask_doses_elsewhere=True,
        cited=CITED,
    ),
    indications=("crs",),
    isolated={"icans": "not for ICANS alone"},
    indication_cited=CITED,
)

# The columns of the tables by which a site decides, and the field of `Handling` behind each.
HANDLED = {
    "fresh_hours": ("weight_fresh_for", timedelta(hours=1)),
    "change_percent": ("weight_change_percent", 1),
    "tolerance_percent": ("tolerance_percent", 1),
    "same_minutes": ("duplicate_within", timedelta(minutes=1)),
    "before_hours": ("before_infusion", timedelta(hours=1)),
    "chart_hours": ("chart_within", timedelta(hours=1)),
    "stopped_counts": ("stopped_counts", 1),
    "ask_elsewhere": ("ask_doses_elsewhere", 1),
}


def at_site(rules: DrugRules, policy: str, decided: Mapping[str, Decimal | bool]) -> DrugRules:
    """The rules under this policy, at a site that has decided so."""
    handling = rules.handling
    for column, value in decided.items():
        name, one = HANDLED[column]
        decision: Any = value
        if isinstance(one, timedelta):
            decision = timedelta(microseconds=int(value * (one // timedelta(microseconds=1))))
        handling = replace(handling, **{name: decision})
    return replace(rules, in_force=policy, handling=handling)


def site_of(rules: DrugRules) -> Site:
    """What the site decides under these rules, as the second check takes it."""
    handling, policy = rules.handling, rules.policy
    hour = timedelta(hours=1)
    return Site(
        gap_hours=6 if policy.name == "cartox_2018" else 8,
        in_a_day=policy.name != "us_label",
        shortage=policy.name == "shortage",
        fresh_hours=Fraction(handling.weight_fresh_for / hour),
        tolerance_percent=Fraction(handling.tolerance_percent),
        same_minutes=Fraction(handling.duplicate_within / timedelta(minutes=1)),
        before_hours=Fraction(handling.before_infusion / hour),
        stopped_counts=handling.stopped_counts,
        ask_elsewhere=handling.ask_doses_elsewhere,
    )
