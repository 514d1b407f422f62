"""What a ward would give: upon a set of findings, before the cells, and again and again.

The habits of a ward, not advice. Lymphodepletion and step-up doses are those of the protocols.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from toxmon.demo.bedside import Body, Given
from toxmon.demo.entries import ChartSet, Dose
from toxmon.demo.illness import Illness
from toxmon.protocol.product import Product

LAST_DAY_BEFORE = 3
"""Lymphodepletion is over so many days before the cells, where a protocol says nothing else."""
SHORT_ROUTES = {"subcutaneous": "sc", "intravenous": "iv"}


TOCILIZUMAB = "tocilizumab"
MG_PER_KG, MOST_MG, LEAST_HOURS, MOST_IN_24_H, MOST_OF_ALL = 8, 800, 8, 3, 4
"""The limits of protocols/drugs/tocilizumab.toml, as a ward keeps them; nobody here is below
30 kg."""


def tocilizumab_mg(weight_kg: float) -> int:
    """The dose for the weight on record, down to whole tens of mg, so that it is never above."""
    tenths = round(weight_kg * 10)
    return min(MOST_MG, MG_PER_KG * tenths // 100 * 10)


def within_limits(hour: float, given: Sequence[float]) -> bool:
    """May tocilizumab be given at an hour after these doses, all of them earlier?"""
    return (
        all(hour - one >= LEAST_HOURS for one in given)
        and sum(hour - one < 24 for one in given) < MOST_IN_24_H
        and len(given) < MOST_OF_ALL
    )


def upon(last: ChartSet, weight_kg: float, ill: Illness, given: Given) -> list[Dose]:
    """Doses that follow this set; `weight_kg` is the weight that was charted last.

    Tocilizumab at 8 mg/kg and 800 mg at most, and dexamethasone at 10 mg, are the doses of the
    products' labels; when a second one follows is simplified.
    """
    crs, icans = ill.grade("crs", last.hour), ill.grade("icans", last.hour)
    warmth = next(o["value"] for o in last.observations if o["kind"] == "body_temperature")
    doses = given.get(TOCILIZUMAB, ())
    may = within_limits(last.hour, doses) and (crs >= 3 or not doses)
    wanted = (
        (warmth >= 38.3, "acetaminophen", 6, 650, "oral"),
        (crs >= 2 and may, TOCILIZUMAB, LEAST_HOURS, tocilizumab_mg(weight_kg), "iv"),
        (crs >= 3 or icans >= 2, "dexamethasone", 12 if icans < 3 else 6, 10, "iv"),
        (icans >= 1, "levetiracetam", 12, 500, "oral"),
    )
    return [
        Dose(last.hour + 0.3 + 0.15 * i, medication, amount, "mg", route)
        for i, (wants, medication, hours, amount, route) in enumerate(wanted)
        if wants and last.hour - given.get(medication, (-math.inf,))[-1] >= hours
    ]


def lymphodepletion(product: Product, body: Body) -> Iterable[Dose]:
    """The first scheme of the product's protocol: drugs by surface, one dose a day, from day one.

    Nothing for a product whose protocol names no drugs.
    """
    scheme = next((one for one in product.lymphodepletion if one.drugs), None)
    if scheme is None:
        return
    days = max(each.days for each in scheme.drugs)
    for place, each in enumerate(scheme.drugs):
        for day in range(each.days):
            hour = (day + 1 - days - LAST_DAY_BEFORE) * 24.0 + place * 2
            amount = round(float(each.dose) * body.surface_m2)
            yield Dose(hour, each.drug, amount, "mg", "iv")


def step_up(product: Product, body: Body) -> Iterable[Dose]:
    """The doses after the first, as the product's first schedule has them.

    The first one begins the treatment and is told as such. A step without a day is not told.
    """
    if not product.schedules:
        return
    schedule = product.schedules[0]
    cells = "10^6" in schedule.unit
    for step in schedule.steps[1:]:
        if step.day is None:
            continue
        amount = float(step.dose) * (body.weight_kg if schedule.per == "kg" else 1)
        unit = "10*6" if cells else schedule.unit
        route = SHORT_ROUTES.get(schedule.route or "", "iv")
        yield Dose(step.day * 24.0 + 1, product.name, round(amount, 2), unit, route)
