"""A drug at hand before an infusion: how many doses a patient needs, which vials, are they there.

Doses are exact and never rounded; a vial that was opened for one dose is not used for another.
The weight of a patient may not be known: then the need is at least nothing and at most the cap of
the drug for each dose, and the answer is "not known" unless it is the same at both ends. What the
label of the infusion's date asks for is data of the product (decision 0085).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from toxmon.dosing.drug import Cited

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
PERIOD = re.compile(r"(before|since) (?:(\d{1,2}) )?([A-Z][a-z]+) (\d{4})")
MOST_STATES = 20_000
"""A count that leaves more ways open than this is answered "not known"."""

Vials = Mapping[Decimal, int]
"""How many vials of each strength in mg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """What a label asks for. `doses` None: it names no number. `more_within`: further ones."""

    region: str
    period: str
    doses: int | None
    more_within: timedelta | None
    cited: Cited
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """How many doses must be at hand for a patient. `label`: the rule that says so, else policy."""

    doses: int
    more_within: timedelta | None
    label: AtHand | None
    beside: tuple[AtHand, ...]
    cited: Cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The vials of one dose: the least mg that reaches it, then the fewest vials."""

    vials: Vials
    mg: Decimal

    def wasted(self, dose_mg: Decimal) -> Decimal:
        """What is left in the vials."""
        return self.mg - dose_mg


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Of one patient: so many doses of `mg`; None where no dose can be computed."""

    doses: int
    mg: Decimal | None


def required(
    labels: Iterable[AtHand], region: str, on: date, policy_doses: int, policy: Cited
) -> Required:
    """What must be at hand for an infusion on the site's date `on`.

    The label of the region speaks where it holds on that date and names a number; else the policy.
    An undated text holds on every date.
    """
    holding = [each for each in labels if holds(each.period, on) is not False]
    ours = next((each for each in holding if each.region == region and each.doses), None)
    beside = tuple(each for each in holding if each is not ours)
    if ours is None or ours.doses is None:
        return Required(
            doses=policy_doses, more_within=None, label=None, beside=beside, cited=policy
        )
    return Required(
        doses=ours.doses, more_within=ours.more_within, label=ours, beside=beside, cited=ours.cited
    )


def holds(period: str, on: date) -> bool | None:
    """Does "before 26 June 2025" or "since August 2024" hold on a date? None: it has no date.

    The day named is outside of "before" and inside of "since".
    """
    given = PERIOD.fullmatch(period)
    if given is None or given[3] not in MONTHS:
        return None
    edge = date(int(given[4]), MONTHS.index(given[3]) + 1, int(given[2] or 1))
    return on < edge if given[1] == "before" else on >= edge


def drawn(dose_mg: Decimal, strengths: Iterable[Decimal]) -> Drawn | None:
    """The vials for a dose above 0 where any number of each strength is there; None without any."""
    options = sorted(set(strengths), reverse=True)
    best: tuple[Decimal, int, tuple[int, ...]] | None = None
    for counts in _covers(dose_mg, options):
        mg = sum((size * n for size, n in zip(options, counts, strict=True)), Decimal(0))
        found = (mg, sum(counts), counts)
        best = found if best is None or found[:2] < best[:2] else best
    if best is None:
        return None
    vials = {size: n for size, n in zip(options, best[2], strict=True) if n}
    return Drawn(vials=vials, mg=best[0])


def enough(needs: Sequence[Need], stock: Vials, cap_mg: Decimal | None) -> bool | None:
    """Do the vials reach for every dose? None: it hangs on a weight that is not known."""
    sure = [each.mg for each in needs if each.mg is not None for _ in range(each.doses)]
    if reaches(sure, stock) is False:
        return False
    unknown = sum(each.doses for each in needs if each.mg is None)
    if unknown and cap_mg is None:
        return None
    most = [*sure, *([cap_mg] * unknown if cap_mg is not None else [])]
    return True if reaches(most, stock) else None


def reaches(doses_mg: Sequence[Decimal], stock: Vials) -> bool | None:
    """Can every dose be drawn from vials of its own? None: too many ways to look at them all."""
    options = sorted((size for size, count in stock.items() if count > 0), reverse=True)
    start = tuple(stock[size] for size in options)
    total = sum((size * stock[size] for size in options), Decimal(0))
    doses = sorted(doses_mg, reverse=True)
    if sum(doses, Decimal(0)) > total:
        return False
    ways = {dose: list(_covers(dose, options)) for dose in set(doses)}
    if _greedy(doses, ways, options, start):
        return True
    states = {start}
    for dose in doses:
        states = set(_without_dominated(
            left for state in states for counts in ways[dose] if (left := _less(state, counts))
        ))  # fmt: skip
        if not states:
            return False
        if len(states) > MOST_STATES:
            return None
    return True


def _covers(dose_mg: Decimal, options: Sequence[Decimal]) -> Iterator[tuple[int, ...]]:
    """Every way to reach a dose from which no vial can be left out; one count for each strength."""
    if not options:
        return
    size, *smaller = options
    # Whole vials: Decimal divides towards zero, so that what is left asks for one more.
    whole, rest = divmod(dose_mg, size)
    most = int(whole) + (rest > 0)
    for count in range(most, -1, -1):
        left = dose_mg - size * count
        if left <= 0:
            # One fewer of this, the largest so far, would not reach: that is what `most` says.
            yield (count, *(0 for _ in smaller))
        else:
            yield from ((count, *rest) for rest in _covers(left, smaller))


def _greedy(
    doses: Sequence[Decimal],
    ways: Mapping[Decimal, list[tuple[int, ...]]],
    options: Sequence[Decimal],
    start: tuple[int, ...],
) -> bool:
    """Does it work when each dose, the largest first, wastes the least that it can?"""
    left = start
    for dose in doses:
        fitting = [
            (sum(n * size for n, size in zip(counts, options, strict=True)), sum(counts), after)
            for counts in ways[dose]
            if (after := _less(left, counts)) is not None
        ]
        if not fitting:
            return False
        left = min(fitting)[2]
    return True


def _less(state: tuple[int, ...], counts: tuple[int, ...]) -> tuple[int, ...] | None:
    after = tuple(have - take for have, take in zip(state, counts, strict=True))
    return None if any(each < 0 for each in after) else after


def _without_dominated(states: Iterable[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Those that no other has at least as much of everything as."""
    kept: list[tuple[int, ...]] = []
    for state in sorted(set(states), reverse=True):
        if not any(all(a >= b for a, b in zip(each, state, strict=True)) for each in kept):
            kept.append(state)
    return kept
