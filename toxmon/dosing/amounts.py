"""Is a dose too much: for one dose, for the weight, for a day; and is there a weight at all.

Bounds are inclusive: 800 mg and the exact product of mg/kg and kg pass. Amounts are in mg, exact
and never rounded. Sources stand with each limit in `protocols/drugs/`. Decision 0088.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from toxmon.dosing import counting, weight
from toxmon.dosing.counting import Start
from toxmon.dosing.drug import DosePolicy, Handling
from toxmon.dosing.situation import Asked, Computed, Reason, Situation
from toxmon.dosing.words import amount, moment, span

DAY = timedelta(hours=24)
CAP, BY_WEIGHT, MG_IN_24_H = "dose_above_cap", "dose_above_weight", "mg_in_24_h"
SITE = "toxmon policy"

Warnings = dict[str, str]
"""By code, in words; what is found is added."""


def of_dose(
    asked: Asked,
    found: Computed | None,
    policy: DosePolicy,
    handling: Handling,
    starts: Sequence[Start],
    warnings: Warnings,
) -> Iterator[Reason]:
    """The reasons against the amount that is asked about; none where none is asked about."""
    mg, cap = asked.mg, policy.limit(CAP)
    if mg is None:
        return
    if cap is not None and cap.mg is not None and mg > cap.mg:
        words = f"{amount(mg)} mg is above {amount(cap.mg)} mg, the most for one dose"
        yield Reason(code=CAP, detail=words, source=cap.cited.source)
    if found is not None and found.mg_per_kg is not None and found.kg is not None:
        if mg > found.uncapped * (1 + handling.tolerance_percent / 100):
            words = (
                f"{amount(mg)} mg is above {amount(found.mg_per_kg)} mg/kg x "
                f"{amount(found.kg)} kg = {amount(found.uncapped)} mg"
            )
            yield Reason(code=BY_WEIGHT, detail=words, source=found.source)
        elif mg < found.mg:
            warnings["dose_below_weight"] = (
                f"{amount(mg)} mg is below the {amount(found.mg)} mg for the weight"
            )
    yield from _of_day(mg, asked.at.astimezone(UTC), policy, starts, warnings)


def _of_day(
    mg: Decimal, t: datetime, policy: DosePolicy, starts: Sequence[Start], warnings: Warnings
) -> Iterator[Reason]:
    """More in 24 h than a limit of mg allows, with what is known of the doses before."""
    limit = policy.limit(MG_IN_24_H)
    if limit is None or limit.mg is None:
        return
    length = limit.span or DAY
    count = counting.in_window(starts, t, length, unknown=True)
    known = [each for each in starts if each.id in count.facts]
    given = sum((each.mg for each in known if each.mg is not None), Decimal(0))
    if any(each.mg is None for each in known):
        warnings["amount_not_known"] = "the amount of an earlier dose is not known"
    if given + mg > limit.mg:
        words = (
            f"{amount(given)} mg given and {amount(mg)} mg asked for in {span(length)}, "
            f"of at most {amount(limit.mg)} mg"
        )
        yield Reason(code=MG_IN_24_H, detail=words, source=limit.cited.source, facts=count.facts)


def of_weight(
    t: datetime,
    computed: Computed | None,
    situation: Situation,
    policy: DosePolicy,
    handling: Handling,
    warnings: Warnings,
) -> Iterator[Reason]:
    """A weight that a dose needs and that is missing or too old; one that has changed is warned."""
    if not weight.needs_weight(policy):
        return
    found, before, zone = situation.weight, situation.weight_before, situation.zone
    if found is None:
        words = "no weight is on record; weigh the patient and chart it"
        yield Reason(code="weight_missing", detail=words, source=SITE)
        return
    if weight.is_stale(found, t, handling):
        words = (
            f"the weight of {amount(found.kg)} kg is of {moment(found.at, zone)}, more than "
            f"{span(handling.weight_fresh_for)} old; weigh the patient again"
        )
        facts = (found.fact,) if found.fact else ()
        yield Reason(code="weight_stale", detail=words, source=SITE, facts=facts)
        return
    if before is not None:
        changed = weight.change_percent(found, before)
        if changed >= handling.weight_change_percent:
            warnings["weight_changed"] = (
                f"the weight was {amount(before.kg)} kg at {moment(before.at, zone)} and is "
                f"{amount(found.kg)} kg, a change of {amount(round(changed, 1))} %; make sure "
                "that it is right"
            )
    if computed is None and weight.needs_age(policy):
        warnings["age_missing"] = "the age is not known, and the dose depends on it"
