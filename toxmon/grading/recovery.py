"""How neutrophils recovered: beside the grade, never a part of it (decision 0031).

    | word          | what it is, day 0 to 60                                                     |
    | ------------- | --------------------------------------------------------------------------- |
    | aplastic      | below 500 /uL for 14 days or more without a break                           |
    | intermittent  | above 1500 /uL after a dip, then below 1000 /uL again after day 21          |
    | quick         | above 1500 /uL after a dip, and never below 1000 /uL again                  |
    | no_dip        | never below 1000 /uL                                                        |
    | unclassified  | none of these                                                               |

The first that fits is the word. Prolonged neutropenia is a count of 1000 /uL or less on day 21 or
later; the duration of severe neutropenia is all days below 500 /uL, added up. These are not the
runs that ICAHT grades: the threshold is exclusive, nothing is joined, and days add up.

Units: neutrophils per microliter; days of the calendar, day 0 is the date of the infusion.
Source: Rejeski K et al. Blood 2021;138:2499-2513, doi:10.1182/blood.2020010543. The words and the
thresholds are as other papers quote them; we have not read them in this one.
Read by us: which word goes first, what has no word there, what is certain while counts are to come
(decision 0031). Days without a count are filled as for ICAHT (0027), without rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from toxmon.grading.day_ledger import Counts, span
from toxmon.grading.days import INFINITY, NOTHING, Days, bottom, top
from toxmon.grading.facts import above, negated
from toxmon.grading.runs import (
    Fill,
    Laid,
    Line,
    Window,
    each_day,
    laid_out,
    length,
    longest,
    runs,
    under,
    windows,
)

SOURCE = "Rejeski 2021, doi:10.1182/blood.2020010543"
WORDS = ("aplastic", "intermittent", "quick", "no_dip", "unclassified")
DAYS = (0, 60)
FILL = Fill(gap=7, edge=7)
SEVERE_BELOW_PER_UL = Decimal(500)
DIP_BELOW_PER_UL = Decimal(1000)
RECOVERED_ABOVE_PER_UL = Decimal(1500)
PROLONGED_AT_MOST_PER_UL = Decimal(1000)
APLASTIC_DAYS = 14
PROLONGED_FROM_DAY = 21
SECOND_DIP_AFTER_DAY = 21


class _Seen(NamedTuple):
    """What one window may hold: the words that fit, and the days of severe neutropenia."""

    words: tuple[str, ...]
    low: int
    high: int


def described(
    counts: Counts | None = None,
    today: int | None = None,
    last_follow_up_day: int | None = None,
    final: bool | None = None,
) -> dict[str, Any]:
    """The recovery as plain data. The arguments are those of the findings of ICAHT.

    `phenotype` is null until only one word fits; `possible_phenotypes` are all that do.
    """
    days = Days.of(counts)
    found = windows(*DAYS, days, today, last_follow_up_day, final)
    seen = [_seen(days, window) for window in found]
    words = tuple(word for word in WORDS if any(word in each.words for each in seen))
    return {
        "phenotype": words[0] if len(words) == 1 else None,
        "possible_phenotypes": words,
        "prolonged_neutropenia": _prolonged(days, found[-1]),
        "severe_neutropenia_days": {
            "low": min(each.low for each in seen),
            "high": max(each.high for each in seen),
        },
        "window": span(found[-1], len(found) == 1),
        "source": SOURCE,
    }


def _seen(days: Days, window: Window) -> _Seen:
    laid = laid_out(days.within(window.first, window.last), window, FILL)
    line = Line(SEVERE_BELOW_PER_UL, False, SEVERE_BELOW_PER_UL)
    ((severe, may_severe),) = under(laid, FILL, (line,))
    lows, highs = _ends_by_day(laid, window)
    dips, may_dip = _where(highs, DIP_BELOW_PER_UL), _where(lows, DIP_BELOW_PER_UL)
    up = [day for day, low in enumerate(lows) if low > RECOVERED_ABOVE_PER_UL]
    may_up = [day for day, high in enumerate(highs) if high > RECOVERED_ABOVE_PER_UL]
    recovered, dipped = _again(dips, up, dips, window.first)
    may_recover, may_dip_again = _again(may_dip, may_up, may_dip, window.first)
    late = _again(dips, up, dips, SECOND_DIP_AFTER_DAY)[1]
    may_late = _again(may_dip, may_up, may_dip, SECOND_DIP_AFTER_DAY)[1]
    aplastic = length(longest(runs(severe, 0))) >= APLASTIC_DAYS
    may_aplastic = length(longest(runs(may_severe, 0))) >= APLASTIC_DAYS
    quick = recovered and not may_dip_again
    fits = {
        "aplastic": may_aplastic,
        "intermittent": not aplastic and may_late,
        "quick": not (aplastic or late or dipped) and may_recover,
        "no_dip": not dips,
        "unclassified": not (aplastic or late or quick) and bool(may_dip),
    }
    return _Seen(tuple(word for word in WORDS if fits[word]), len(severe), len(may_severe))


def _ends_by_day(laid: Laid, window: Window) -> tuple[list[Decimal], list[Decimal]]:
    """The lowest and the highest that each day may have been."""
    whole = replace(window, reached=window.last)
    values = [value for _, _, value, _ in each_day(laid, whole, FILL, lambda count: count)]
    return (
        [NOTHING if value is None else bottom(value) for value in values],
        [INFINITY if value is None else top(value) for value in values],
    )


def _where(counts: Sequence[Decimal], below: Decimal) -> list[int]:
    return [day for day, count in enumerate(counts) if count < below]


def _again(dips: list[int], up: list[int], after: list[int], later: int) -> tuple[bool, bool]:
    """(is there a recovery after a dip, is there a dip after that and after the day `later`)."""
    recovery = next((day for day in up if dips and day > dips[0]), None)
    if recovery is None:
        return False, False
    return True, any(day > max(recovery, later) for day in after)


def _prolonged(days: Days, window: Window) -> bool | None:
    """Was a count of 1000 or less seen on day 21 or later? No only once no count can come."""
    counted = [value for _, value, _ in days.within(PROLONGED_FROM_DAY, window.last)]
    low = [negated(above(value, PROLONGED_AT_MOST_PER_UL)) for value in counted]
    if True in low:
        return True
    return False if window.closed and counted and None not in low else None
