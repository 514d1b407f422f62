"""Vaccines after cell therapy: the earliest date of each kind by each source, and what blocks it.

Months are months of the calendar after the infusion's date at the site; exactly so many months
later is late enough. CD4 and B cells at or below their bound block a live vaccine (Hill and Seo
2020, doi:10.1182/blood.2019004000). A block that ends has its date; one that hangs on a count, or
on what nobody charted, has none. Sources differ on 3 or 6 months, both are told (decision 0085).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from toxmon.dosing.dates import months_later
from toxmon.dosing.drug import Cited
from toxmon.dosing.reading import Reading
from toxmon.grading.facts import above, negated

KINDS: Mapping[str, str] = {
    "inactivated": "Inactivated vaccines",
    "live": "Live vaccines",
    "influenza_and_covid": "Influenza and COVID-19 vaccines",
}

SINCE: Mapping[str, str] = {
    "immunoglobulin": "immunoglobulin",
    "anti_b_cell": "treatment against B cells (CD19 or CD20)",
    "immunosuppression": "immunosuppression",
    "transplant": "a transplant",
}
"""What must lie so many months back. When a transplant was is not charted: it is always asked."""

COUNTS: Mapping[str, str] = {"cd4": "CD4 cells", "b_cells": "B cells"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VaccineRule:
    """What a source says of one kind of vaccine.

    `from_month` after the infusion, inclusive. `months_since` by SINCE. `at_most`: a count at or
    below it (per uL, inclusive) blocks. `reconstituted`: immune reconstitution is asked for as
    well, which the source does not put in numbers.
    """

    kind: str
    policy: str
    in_force: bool
    from_month: int
    cited: Cited
    months_since: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, Decimal] = field(default_factory=dict)
    reconstituted: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`last` are the site's dates of what was charted last, by SINCE; what is not there is not
    charted. `counts` are the newest by COUNTS; `fresh_for` how old each may be.
    """

    infused_on: date
    today: date
    last: Mapping[str, date] = field(default_factory=dict)
    counts: Mapping[str, Reading] = field(default_factory=dict)
    fresh_for: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What stands against the vaccine today, and until when; None: no date ends it."""

    what: str
    until: date | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vaccination:
    """May it be given today? None is not known, for want of `missing`.

    `earliest` is the first date that nothing known by its date stands against.
    """

    rule: VaccineRule
    possible: bool | None
    earliest: date
    blocked: tuple[Block, ...]
    missing: tuple[str, ...]


def vaccination(rule: VaccineRule, known: Situation, now: datetime) -> Vaccination:
    """Where a kind of vaccine stands by one source at `now` (aware)."""
    opens = months_later(known.infused_on, rule.from_month)
    blocks = []
    if known.today < opens:
        blocks.append(Block(
            what="time", until=opens, says=f"not before {rule.from_month} months, {opens}"
        ))  # fmt: skip
    dates, missing = [opens], []
    for what, months in rule.months_since.items():
        last = known.last.get(what)
        if last is None:
            missing.append(what)
            continue
        ends = months_later(last, months)
        dates.append(ends)
        if known.today < ends:
            says = f"{SINCE[what]} on {last}: not for {months} months, until {ends}"
            blocks.append(Block(what=what, until=ends, says=says))
    for what, bound in rule.at_most.items():
        reading = known.counts.get(what)
        if reading is None or not reading.is_fresh(now, known.fresh_for.get(what)):
            missing.append(what)
            continue
        low = negated(above(reading.value, bound))
        if low is None:
            missing.append(what)
        elif low:
            says = f"{COUNTS[what]} {reading.says}/uL, not above {bound:f}"
            blocks.append(Block(what=what, until=None, says=says))
    if rule.reconstituted:
        missing.append("immune_reconstitution")
    return Vaccination(
        rule=rule,
        possible=False if blocks else (None if missing else True),
        earliest=max(dates),
        blocked=tuple(blocks),
        missing=tuple(missing),
    )


def differ(found: Iterable[Vaccination]) -> bool:
    """Do sources name different earliest dates, or one a vaccine possible that another does not?"""
    every = list(found)
    return len({(each.earliest, each.possible) for each in every}) > 1
