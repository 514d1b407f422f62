"""Immune effector cell-associated hematotoxicity (ICAHT), neutrophils, EHA/EBMT consensus of 2023.

Early, day 0 to 30, by how long:

    | grade | 500 /uL or less               | 100 /uL or less |
    | ----- | ----------------------------- | --------------- |
    | 0     | never                         | never           |
    | 1     | 1 to 6 days                   |                 |
    | 2     | 7 to 13 days                  |                 |
    | 3     | 14 days or more               | 7 to 13 days    |
    | 4     | never above it                | 14 days or more |

Late, day 31 to 100, by how deep: 1500 or less is grade 1, 1000 is 2, 500 is 3, 100 is 4.

Units: neutrophils per microliter; days of the calendar, day 0 is the date of the infusion.
Bounds: all thresholds are inclusive, and so are both ends of each window. Two runs are one when the
recovery between them lasts 2 days or less; the days of that recovery count.
Source: Rejeski K et al. Blood 2023;142:865-877, doi:10.1182/blood.2023020578. The method
`ehaebmt-2023/liang-2024` is how E. C. Liang and authors of the consensus grade by it in their
published program; `ehaebmt-2023/strict` takes nothing for a count that is none.
Read by us: what is certain while a window is open (decision 0025), counts as they are reported
(0026), days without a count (0027), "never above" and the strict method (0028), depth (0029).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, NamedTuple

from toxmon.grading.day_ledger import (
    LATE_WARNINGS,
    MISSING,
    WARNINGS,
    Counts,
    Findings,
    count,
    in_words,
    late_warnings,
    listed,
    of_days,
    span,
    unknown,
    warnings,
)
from toxmon.grading.days import Days, Entry, bottom, lowest_two, top
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.runs import (
    Fill,
    Laid,
    Line,
    Run,
    Window,
    facts_of,
    laid_out,
    length,
    longest,
    runs,
    under,
    windows,
)
from toxmon.grading.scale import Scale

SOURCE = "Rejeski 2023, doi:10.1182/blood.2023020578"
LIANG = "ehaebmt-2023/liang-2024"
STRICT = "ehaebmt-2023/strict"
METHODS = (LIANG, STRICT)
UNIT = "per_ul"

EARLY, LATE = "icaht_early", "icaht_late"
EARLY_DAYS, LATE_DAYS = (0, 30), (31, 100)
SEVERE_PER_UL, PROFOUND_PER_UL = Decimal(500), Decimal(100)
DEPTHS_PER_UL = (Decimal(100), Decimal(500), Decimal(1000), Decimal(1500))
"""At most so many are grade 4, 3, 2 and 1 of the late scale."""
UNSTABLE_DAYS = 2
"""A recovery of so many days or fewer is none: a stable one has 3 days above the threshold."""
STARTS_BY_DAY = 3
"""A run that began by this day and lasts to the end of the window was never above 500."""
TENS = Decimal(10)

FILLS = {LIANG: Fill(gap=7, edge=7), STRICT: Fill(gap=0, edge=0)}
# What is interpolated is rounded to tens, half to even: 505 becomes 500, and 105 becomes 100.
LINES = (
    Line(SEVERE_PER_UL, True, Decimal(505)),
    Line(PROFOUND_PER_UL, True, Decimal(105)),
)

EARLY_WARNINGS = {
    **WARNINGS,
    **MISSING,
    "not_recovered": "Neutrophils were still 500 /uL or less on the last day. By the method this "
    "is not grade 4 for that: they were, or may have been, above 500 on an earlier day.",
}


class _Early(NamedTuple):
    """What one window gives: grades, the certain runs, and how long they may be."""

    window: Window
    laid: Laid
    low: int
    high: int
    severe: Run | None
    profound: Run | None
    may_severe: int
    may_profound: int
    never: bool
    ends_low: bool


def early(
    counts: Counts | None = None,
    today: int | None = None,
    last_follow_up_day: int | None = None,
    final: bool | None = None,
    method: str = LIANG,
    ledger: bool = True,
) -> Grade:
    """Early ICAHT: the longest run at or under 500 and at or under 100 /uL, day 0 to 30.

    The arguments are those of `Findings`; without `ledger` the answer has no list of days.
    """
    days = Days.of(counts)
    found = [
        _early(days, window, method)
        for window in windows(*EARLY_DAYS, days, today, last_follow_up_day, final)
    ]
    least = found[0] if len(found) == 1 else min(found, key=lambda each: each.low)
    window, laid, low = least.window, least.laid, least.low
    high = max([each.high for each in found])
    missing = unknown("anc", low, high, window, len(found) == 1)
    told = warnings(days, laid, last_follow_up_day if final else None)
    if window.closed and found[-1].laid.missing and laid.entries and high > low:
        told.append("days_missing")
    if window.closed and least.ends_low and low < 4:
        told.append("not_recovered")
    more: dict[str, Any] = {
        "method": method,
        "window": span(window, len(found) == 1),
        "longest_run_days": {"le_500": length(least.severe), "le_100": length(least.profound)},
        "possible_run_days": {
            "le_500": max([each.may_severe for each in found]),
            "le_100": max([each.may_profound for each in found]),
        },
    }
    if ledger:
        more["ledger"] = listed(found[0].laid, found[0].window, FILLS[method], _tens, UNIT)
    return Grade(EARLY, method, low, high, _why(least), missing, (), tuple(told), more)


def _early(days: Days, window: Window, method: str) -> _Early:
    fill = FILLS[method]
    laid = laid_out(days.within(window.first, window.last), window, fill)
    (severe, may_severe), (profound, may_profound) = under(laid, fill, LINES)
    found, found_100 = runs(severe, UNSTABLE_DAYS), runs(profound, UNSTABLE_DAYS)
    run, run_100 = longest(found), longest(found_100)
    never = _never_above(severe, found, window, method)
    low = _by_days(length(run), length(run_100), window.closed and never)
    if window.closed and may_severe is severe:
        high, may, may_100 = low, length(run), length(run_100)
    else:
        found, found_100 = runs(may_severe, UNSTABLE_DAYS), runs(may_profound, UNSTABLE_DAYS)
        may, may_100 = length(longest(found)), length(longest(found_100))
        high = _by_days(may, may_100, _never_above(may_severe, found, window, method))
    ends_low = bool(severe) and severe[-1] == window.last
    return _Early(window, laid, low, high, run, run_100, may, may_100, never, ends_low)


def _by_days(severe: int, profound: int, never_above: bool) -> int:
    if never_above or profound >= 14:
        return 4
    if severe >= 14 or profound >= 7:
        return 3
    return 2 if severe >= 7 else 1 if severe else 0


def _never_above(severe: list[int], found: list[Run], window: Window, method: str) -> bool:
    """Was it never above 500 up to the end of the window? Each method asks otherwise (0028)."""
    if not severe or severe[-1] != window.last:
        return False
    return len(severe) == len(window) if method == STRICT else found[-1][0] <= STARTS_BY_DAY


def _why(found: _Early) -> tuple[Reason, ...]:
    """The runs that set the grade, with the facts of the counts that lie in them."""
    entries, window, low = found.laid.entries, found.window, found.low
    if not entries:
        return (Reason(f"{EARLY}.no_counts", "no neutrophil count is known", SOURCE),)
    if found.severe is None:
        text = "no day with neutrophils of 500 /uL or less" + ("" if window.closed else " so far")
        return (Reason(f"{EARLY}.none_le_500", text, SOURCE, ("anc",)),)
    because = []
    facts = facts_of(entries, found.severe)
    if low == 4 and found.never and window.closed:
        text = f"neutrophils 500 /uL or less for {in_words(*found.severe)}, and not recovered"
        because.append(Reason(f"{EARLY}.never_above_500", text, SOURCE, ("anc",), facts))
    if found.profound and _by_days(0, length(found.profound), False) == low:
        text = f"neutrophils 100 /uL or less for {in_words(*found.profound)}"
        profound = facts_of(entries, found.profound)
        because.append(Reason(f"{EARLY}.days_le_100", text, SOURCE, ("anc",), profound))
    if _by_days(length(found.severe), 0, False) == low:
        text = f"neutrophils 500 /uL or less for {in_words(*found.severe)}"
        because.append(Reason(f"{EARLY}.days_le_500", text, SOURCE, ("anc",), facts))
    return tuple(because)


def late(
    counts: Counts | None = None,
    today: int | None = None,
    last_follow_up_day: int | None = None,
    final: bool | None = None,
    method: str = LIANG,
    ledger: bool = True,
) -> Grade:
    """Late ICAHT: the depth of day 31 to 100, confirmed by a second day (0029).

    | method | two or more days counted                  | one day, once the window is over |
    | ------ | ----------------------------------------- | -------------------------------- |
    | liang  | the lowest, if the second is 1500 or less | that day                         |
    | strict | the second lowest                         | from 0 to that day               |
    """
    days = Days.of(counts)
    found = windows(*LATE_DAYS, days, today, last_follow_up_day, final)
    window, fill = found[0], FILLS[method]
    entries = days.within(window.first, window.last)
    laid = laid_out(entries, window, fill)
    nadirs, lowest = lowest_two(entries)
    low, high = _by_depth([top(value) for _, value, _ in nadirs], method)[0], 4
    if window.closed and entries:
        high = _by_depth([bottom(value) for _, value, _ in lowest], method)[1]
    elif len(entries) == 1:
        low = 0
    end = last_follow_up_day if final else None
    told = late_warnings(days, laid, window, end, today)
    if len(entries) > 1 and low == 0 and bottom(lowest[0][1]) <= DEPTHS_PER_UL[-1]:
        told.append("not_confirmed")
    marked = under(laid, fill, LINES)
    sure = [length(longest(runs(each, UNSTABLE_DAYS))) for each, _ in marked]
    if len(found) > 1:
        marked = under(laid_out(entries, found[-1], fill), fill, LINES)
    may = [length(longest(runs(each, UNSTABLE_DAYS))) for _, each in marked]
    more: dict[str, Any] = {
        "method": method,
        "window": span(window, len(found) == 1),
        "nadirs": [count(*entry, UNIT) for entry in nadirs],
        "longest_run_days": {"le_500": sure[0], "le_100": sure[1]},
        "possible_run_days": {"le_500": may[0], "le_100": may[1]},
    }
    if ledger:
        more["ledger"] = listed(laid, window, fill, _tens, UNIT)
    because = (_why_late(nadirs, low, window),)
    # The depth of the counts is the same whenever follow-up has ended.
    missing = unknown("anc", low, high, window, ends_known=True)
    return Grade(LATE, method, low, high, because, missing, (), tuple(told), more)


def _by_depth(lowest: list[Decimal], method: str) -> tuple[int, int]:
    """The grade between (low, high) by the counts of days, the lowest first."""
    if not lowest:
        return 0, 4
    deepest = _depth(lowest[0])
    if len(lowest) == 1:
        return (0 if method == STRICT else deepest), deepest
    second = _depth(lowest[1])
    grade = second if method == STRICT else deepest if second else 0
    return grade, grade


def _depth(per_ul: Decimal) -> int:
    return 4 - bisect_left(DEPTHS_PER_UL, per_ul)


def _why_late(nadirs: Sequence[Entry], low: int, window: Window) -> Reason:
    facts = tuple([fact for _, _, fact in nadirs if fact])
    if not nadirs:
        return Reason(f"{LATE}.no_counts", "no neutrophil count is known", SOURCE)
    if low == 0:
        text = "no neutropenia of 1500 /uL or less that is confirmed"
        text = text if window.closed else f"{text} so far"
        return Reason(f"{LATE}.none_le_1500", text, SOURCE, ("anc",), facts)
    at_most = DEPTHS_PER_UL[4 - low]
    text = f"neutrophils {at_most} /uL or less; {of_days(nadirs)}"
    return Reason(f"{LATE}.le_{at_most}", text, SOURCE, ("anc",), facts)


def _tens(per_ul: Decimal) -> Decimal:
    """To the nearest ten, half to even, as the program of the authors rounds."""
    return (per_ul / TENS).quantize(Decimal(1), ROUND_HALF_EVEN) * TENS


SCALES = (
    Scale(
        name=EARLY,
        title="Early hematotoxicity (ICAHT), neutrophils, day 0 to 30",
        edition=LIANG,
        source=SOURCE,
        warnings=EARLY_WARNINGS,
        findings=Findings,
        grade=lambda findings: early(**findings.known()),
    ),
    Scale(
        name=LATE,
        title="Late hematotoxicity (ICAHT), neutrophils, day 31 to 100",
        edition=LIANG,
        source=SOURCE,
        warnings=LATE_WARNINGS,
        findings=Findings,
        grade=lambda findings: late(**findings.known()),
    ),
)
