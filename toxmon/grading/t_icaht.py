"""Immune effector cell-associated thrombocytopenia (T-ICAHT), Rejeski 2025.

Early, day 0 to 30, and late, day 31 to 100, by the days with so few platelets:

    | grade | early        | late                          |
    | ----- | ------------ | ----------------------------- |
    | 1     | <50, 1-6 d   | <100, 1 d or more             |
    | 2     | <50, 7 d up  | <50, 1 d or more              |
    | 3     | <20, 1-13 d  | <20, 1-13 d                   |
    | 4     | <20, 14 d up | <20, 14 d up                  |

Late thrombocytopenia needs two tests, or must not be transient.

Units: platelets in 10^9/L; days of the calendar, day 0 is the date of the infusion.
Bounds: thresholds are exclusive, 50 is not below 50. Days add up over the window; a recovery of
less than 3 days is counted with them. A count right after a transfusion is not corrected for.
Source: Rejeski K et al. Blood 2025, doi:10.1182/blood.2025028833. The method `rejeski-2025` is its
table. `t-icaht-r-note` is a public note in R whose author is not known to us; it differs in what is
on the line, in what joins two runs, in adding up, in its last day and in what confirms.
Read by us: the two methods and where they differ (decision 0030), what is certain while a window is
open (0025), counts as they are reported (0026), days without a count (0027).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
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

SOURCE = "Rejeski 2025, doi:10.1182/blood.2025028833"
TABLE = "rejeski-2025"
R_NOTE = "t-icaht-r-note"
METHODS = (TABLE, R_NOTE)

UNIT = "10e9_l"

EARLY, LATE = "t_icaht_early", "t_icaht_late"
LATE_DAYS = (31, 100)
EVERY_DAY = 101
HUNDRED, FIFTY, TWENTY = Decimal(100), Decimal(50), Decimal(20)
TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How a method reads the table.

    A count on a threshold is under it where `inclusive`. `joined` other days between two runs do
    not end a run; `measure` makes one number of the runs, by adding up or the longest. `each_twice`
    asks for two tests of every threshold that is graded, not only for two of thrombocytopenia.
    """

    inclusive: bool
    early_days: tuple[int, int]
    early_fill: Fill
    late_fill: Fill
    joined: int
    adds_up: bool
    each_twice: bool
    early_lines: tuple[Line, ...]
    late_lines: tuple[Line, ...]

    def measure(self, found: list[Run]) -> int:
        """The days of runs: all of them, or those of the longest."""
        if self.adds_up:
            return sum([last - first + 1 for first, last in found])
        return length(longest(found))

    def few(self, platelets: Decimal, at: Decimal) -> bool:
        """Is a count under a threshold?"""
        return platelets <= at if self.inclusive else platelets < at

    def tenths(self, platelets: Decimal) -> Decimal:
        """As it is read: rounded so that it stays on its side of a threshold."""
        return platelets.quantize(TENTH, ROUND_CEILING if self.inclusive else ROUND_FLOOR)

    def named(self, at: Decimal) -> str:
        """A threshold as a name: lt_50, le_50."""
        return f"{'le' if self.inclusive else 'lt'}_{at}"

    def words(self, at: Decimal) -> str:
        """A threshold as it is read aloud."""
        return f"{at} x10^9/L or less" if self.inclusive else f"below {at} x10^9/L"

    def late_grade(self, tests: list[Decimal], twenty_days: int) -> tuple[int, int]:
        """(low, high) by the two lowest counts of days, the lower first, and the days under 20."""
        if not tests:
            return 0, 4
        depths = [sum(self.few(test, at) for at in (HUNDRED, FIFTY, TWENTY)) for test in tests]
        if len(depths) == 1:
            grade = 4 if depths[0] == 3 and twenty_days >= 14 else depths[0]
            return (0, 4) if self.each_twice else (grade, grade)
        if self.each_twice:
            # The note asks for a streak of 14 days alone, whatever two tests say.
            grade = 4 if twenty_days >= 14 else depths[1]
        else:
            grade = depths[0] if depths[1] else 0
            grade = 4 if grade == 3 and twenty_days >= 14 else grade
        return grade, grade


def _lines(inclusive: bool, *at: Decimal) -> tuple[Line, ...]:
    return tuple([Line(each, inclusive, each) for each in at])


BY = {
    TABLE: Method(
        inclusive=False,
        early_days=(0, 30),
        early_fill=Fill(gap=7, edge=7),
        late_fill=Fill(gap=7, edge=7),
        joined=2,
        adds_up=True,
        each_twice=False,
        early_lines=_lines(False, FIFTY, TWENTY),
        late_lines=_lines(False, TWENTY),
    ),
    R_NOTE: Method(
        inclusive=True,
        early_days=(0, 37),
        early_fill=Fill(gap=EVERY_DAY, edge=EVERY_DAY, middle=True, counts=1),
        late_fill=Fill(gap=EVERY_DAY, edge=0, middle=True),
        joined=6,
        adds_up=False,
        each_twice=True,
        early_lines=_lines(True, FIFTY, TWENTY),
        late_lines=_lines(True, TWENTY),
    ),
}


class _Early(NamedTuple):
    """What one window gives: grades, the certain runs, and how many days there may be."""

    window: Window
    laid: Laid
    low: int
    high: int
    fifty: list[Run]
    twenty: list[Run]
    may_fifty: int
    may_twenty: int


class _Late(NamedTuple):
    """What one late window gives: grades, and the days under 20."""

    window: Window
    laid: Laid
    low: int
    high: int
    certain: int
    possible: int
    highest: Sequence[Entry]
    lowest: Sequence[Entry]


def early(
    counts: Counts | None = None,
    today: int | None = None,
    last_follow_up_day: int | None = None,
    final: bool | None = None,
    method: str = TABLE,
    ledger: bool = True,
) -> Grade:
    """Early T-ICAHT: the days under 50 and under 20.

    The arguments are those of `Findings`; without `ledger` the answer has no list of days.
    """
    by, days = BY[method], Days.of(counts)
    found = windows(*by.early_days, days, today, last_follow_up_day, final)
    # Where follow-up has ended and nobody said when, the shortest window is sure of least days,
    # and in the longest most are possible.
    shortest = _early(days, found[0], by)
    widest = shortest if len(found) == 1 else _early(days, found[-1], by)
    window, laid, low, high = shortest.window, shortest.laid, shortest.low, widest.high
    missing = unknown("platelets", low, high, window, len(found) == 1)
    told = warnings(days, laid, last_follow_up_day if final else None)
    if window.closed and widest.laid.missing and laid.entries and high > low:
        told.append("days_missing")
    more: dict[str, Any] = {
        "method": method,
        "window": span(window, len(found) == 1),
        "days_below": {
            by.named(FIFTY): by.measure(shortest.fifty),
            by.named(TWENTY): by.measure(shortest.twenty),
        },
        "possible_days_below": {
            by.named(FIFTY): widest.may_fifty,
            by.named(TWENTY): widest.may_twenty,
        },
    }
    if ledger:
        more["ledger"] = listed(laid, window, by.early_fill, by.tenths, UNIT)
    because = (_why(shortest, by),)
    return Grade(EARLY, method, low, high, because, missing, (), tuple(told), more)


def _early(days: Days, window: Window, by: Method) -> _Early:
    fill = by.early_fill
    laid = laid_out(days.within(window.first, window.last), window, fill)
    (fifty, may_fifty), (twenty, may_twenty) = under(laid, fill, by.early_lines)
    fifties, twenties = runs(fifty, by.joined), runs(twenty, by.joined)
    low = _by_days(by.measure(fifties), by.measure(twenties))
    may = by.measure(runs(may_fifty, by.joined)), by.measure(runs(may_twenty, by.joined))
    return _Early(window, laid, low, _by_days(*may), fifties, twenties, *may)


def _by_days(fifty: int, twenty: int) -> int:
    if twenty:
        return 4 if twenty >= 14 else 3
    return 2 if fifty >= 7 else 1 if fifty else 0


def _why(found: _Early, by: Method) -> Reason:
    """The days that set the grade, with the facts of the counts that lie in their runs."""
    entries = found.laid.entries
    if not entries:
        return Reason(f"{EARLY}.no_counts", "no platelet count is known", SOURCE)
    at, spans = (TWENTY, found.twenty) if found.low >= 3 else (FIFTY, found.fifty)
    if not spans:
        text = f"no day with platelets {by.words(FIFTY)}"
        text = text if found.window.closed else f"{text} so far"
        return Reason(f"{EARLY}.none_{by.named(FIFTY)}", text, SOURCE, ("platelets",))
    days = by.measure(spans)
    spans = spans if by.adds_up else [max(spans, key=length)]
    text = f"platelets {by.words(at)} for " + ", ".join([in_words(*each) for each in spans])
    if len(spans) > 1:
        text = f"{text}: {days} days together"
    facts = tuple([fact for each in spans for fact in facts_of(entries, each)])
    return Reason(f"{EARLY}.days_{by.named(at)}", text, SOURCE, ("platelets",), facts)


def late(
    counts: Counts | None = None,
    today: int | None = None,
    last_follow_up_day: int | None = None,
    final: bool | None = None,
    method: str = TABLE,
    ledger: bool = True,
) -> Grade:
    """Late T-ICAHT: how few platelets were counted, and for grade 4 the days under 20 (0030).

    | method         | two or more days counted               | one day, once the window is over |
    | -------------- | -------------------------------------- | -------------------------------- |
    | rejeski-2025   | the lowest, if the second is below 100 | that day                         |
    | t-icaht-r-note | the second lowest                      | not graded                       |

    A missing day may have been under 20 only where some day was counted under 20.
    """
    by, days = BY[method], Days.of(counts)
    found = windows(*LATE_DAYS, days, today, last_follow_up_day, final)
    shortest = _late(days, found[0], by)
    widest = shortest if len(found) == 1 else _late(days, found[-1], by)
    window, laid, low, high = shortest.window, shortest.laid, shortest.low, widest.high
    nadirs, lowest = shortest.highest, shortest.lowest
    end = last_follow_up_day if final else None
    told = late_warnings(days, laid, window, end, today)
    if len(lowest) > 1 and low == 0 and by.few(bottom(lowest[0][1]), HUNDRED):
        told.append("not_confirmed")
    if window.closed and widest.laid.missing and laid.entries and high > low:
        told.append("days_missing")
    more: dict[str, Any] = {
        "method": method,
        "window": span(window, len(found) == 1),
        "nadirs": [count(*entry, UNIT) for entry in nadirs],
        "days_below": {by.named(TWENTY): shortest.certain},
        "possible_days_below": {by.named(TWENTY): widest.possible},
    }
    if ledger:
        more["ledger"] = listed(laid, window, by.late_fill, by.tenths, UNIT)
    because = (_why_late(nadirs, low, shortest.certain, window, by),)
    missing = unknown("platelets", low, high, window, len(found) == 1)
    return Grade(LATE, method, low, high, because, missing, (), tuple(told), more)


def _late(days: Days, window: Window, by: Method) -> _Late:
    laid = laid_out(days.within(window.first, window.last), window, by.late_fill)
    highest, lowest = lowest_two(laid.entries)
    ((sure, may),) = under(laid, by.late_fill, by.late_lines)
    certain, possible = by.measure(runs(sure, by.joined)), by.measure(runs(may, by.joined))
    low = by.late_grade([top(value) for _, value, _ in highest], certain)[0]
    if not window.closed:
        low = low if len(highest) > 1 else 0
        return _Late(window, laid, low, 4, certain, possible, highest, lowest)
    tests = [bottom(value) for _, value, _ in lowest]
    if tests and not by.few(tests[0], TWENTY):
        possible = certain
    high = by.late_grade(tests, possible)[1]
    return _Late(window, laid, low, high, certain, possible, highest, lowest)


def _why_late(
    nadirs: Sequence[Entry], low: int, certain: int, window: Window, by: Method
) -> Reason:
    facts = tuple([fact for _, _, fact in nadirs if fact])
    if not nadirs:
        return Reason(f"{LATE}.no_counts", "no platelet count is known", SOURCE)
    if low == 0:
        text = f"no platelets {by.words(HUNDRED)} that are confirmed"
        text = text if window.closed else f"{text} so far"
        return Reason(f"{LATE}.none_{by.named(HUNDRED)}", text, SOURCE, ("platelets",), facts)
    at = {1: HUNDRED, 2: FIFTY}.get(low, TWENTY)
    text = f"platelets {by.words(at)}" + (f" for {certain} days" if low == 4 else "")
    text = f"{text}; {of_days(nadirs)}"
    return Reason(f"{LATE}.{by.named(at)}", text, SOURCE, ("platelets",), facts)


SCALES = (
    Scale(
        name=EARLY,
        title="Early thrombocytopenia (T-ICAHT), day 0 to 30",
        edition=TABLE,
        source=SOURCE,
        warnings={**WARNINGS, **MISSING},
        findings=Findings,
        grade=lambda findings: early(**findings.known()),
    ),
    Scale(
        name=LATE,
        title="Late thrombocytopenia (T-ICAHT), day 31 to 100",
        edition=TABLE,
        source=SOURCE,
        warnings={**LATE_WARNINGS, **MISSING},
        findings=Findings,
        grade=lambda findings: late(**findings.known()),
    ),
)
