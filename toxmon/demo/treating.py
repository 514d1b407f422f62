"""What a ward would give: upon a set of findings, before the cells, and again and again.

The habits of a ward, not advice. Lymphodepletion and step-up doses are those of the protocols.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from toxmon.demo.bedside import Body
from toxmon.demo.entries import ChartSet, Dose
from toxmon.demo.illness import Illness
from toxmon.protocol.product import Product

LAST_DAY_BEFORE = 3
"""Lymphodepletion is over so many days before the cells, where a protocol says nothing else."""
SHORT_ROUTES = {"subcutaneous": "sc", "intravenous": "iv"}


def upon(last: ChartSet, body: Body, ill: Illness, given: Mapping[str, float]) -> list[Dose]:
    """Doses that follow this set.

    Tocilizumab at 8 mg/kg and 800 mg at most, and dexamethasone at 10 mg, are the doses of the
    products' labels; when a second one follows is simplified.
    """
    crs, icans = ill.grade("crs", last.hour), ill.grade("icans", last.hour)
    warmth = next(o["value"] for o in last.observations if o["kind"] == "body_temperature")
    tocilizumab_mg = min(800, 10 * round(body.weight_kg * 8 / 10))
    again = 8 if crs >= 3 else math.inf
    wanted = (
        (warmth >= 38.3, "acetaminophen", 6, 650, "oral"),
        (crs >= 2, "tocilizumab", again, tocilizumab_mg, "iv"),
        (crs >= 3 or icans >= 2, "dexamethasone", 12 if icans < 3 else 6, 10, "iv"),
        (icans >= 1, "levetiracetam", 12, 500, "oral"),
    )
    return [
        Dose(last.hour + 0.3 + 0.15 * i, medication, amount, "mg", route)
        for i, (wants, medication, hours, amount, route) in enumerate(wanted)
        if wants and last.hour - given.get(medication, -math.inf) >= hours
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
