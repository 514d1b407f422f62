"""How answers for a cohort are told: as a table, as plain data, and what a method changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toxmon.assessment import plain_grade
from toxmon.cohort.patient import Patient
from toxmon.grading.grade import Grade, Index

LEDGER, NADIRS = "ledger", "nadirs"
MEASURES = {"longest_run_days": "possible_run_days", "days_below": "possible_days_below"}
"""What a scale counts days as, by threshold, and how many there may be."""
UNITS = ("per_ul", "10e9_l")
NOTATION = {"observed": "{}", "filled": "({})", "missing": "?"}
"""A day in a cell of a table: counted, worked out from its neighbors, not known."""
MOST_PAIRS = 10

Ends = tuple[int, int]


def plain(patient: Patient, grade: Grade) -> dict[str, Any]:
    """The answer of `/grade/{scale}` with the patient's id."""
    answer = {"id": patient.id, **plain_grade(grade)}
    return {**answer, "doubts": patient.doubts} if patient.doubts else answer


class Columns:
    """The table of a cohort's answers, laid out by one of them.

    `days_500` are days that are certain, `possible_days_500` those that there may be. `doubts` is
    how many counts are not plausible.
    """

    def __init__(self, grade: Grade) -> None:
        self._days = next(name for name in MEASURES if name in grade.more)
        self._possible = MEASURES[self._days]
        self._nadirs, self._ledger = NADIRS in grade.more, LEDGER in grade.more
        thresholds = [key.rsplit("_", 1)[1] for key in grade.more[self._days]]
        self.names = [
            *("id", "method", "low", "high", "value"),
            *(f"days_{each}" for each in thresholds),
            *(f"possible_days_{each}" for each in thresholds),
            *([NADIRS] if self._nadirs else []),
            *("missing", "warnings", "doubts"),
            *([LEDGER] if self._ledger else []),
        ]

    def row(self, patient: Patient, grade: Grade) -> list[Any]:
        """The cells of one answer."""
        more = grade.more
        cells = [patient.id, grade.edition, grade.low, grade.high, grade.value]
        cells += more[self._days].values()
        cells += more[self._possible].values()
        if self._nadirs:
            cells.append(by_day(more[NADIRS]))
        cells += " ".join(grade.missing), " ".join(grade.warnings), len(patient.doubts)
        if self._ledger:
            cells.append(by_day(more[LEDGER]))
        return cells


def by_day(entries: Sequence[Mapping[str, Any]]) -> str:
    """Days with their counts in one line: `0:3400 1:(2900) 2:? 3:<100`."""
    return " ".join([_entry(each) for each in entries])


def _entry(each: Mapping[str, Any]) -> str:
    count = next(each[unit] for unit in UNITS if unit in each)
    return f"{each['day']}:" + NOTATION[each.get("state", "observed")].format(_count(count))


def _count(count: Any) -> str:
    """A count as it may be sent; one between two ends, as filled between comparators, as both."""
    if not isinstance(count, Mapping):
        return "" if count is None else f"{count:f}"
    low, high = count["low"], count["high"]
    if high is None:
        return f"{'>' if count['low_open'] else '>='}{low:f}"
    if not low:
        return f"{'<' if count['high_open'] else '<='}{high:f}"
    return f"{low:f}-{high:f}"


class Sensitivity:
    """How many patients have another answer by another method."""

    def __init__(self) -> None:
        self._patients = 0
        self._pairs: Counter[tuple[Ends, Ends]] = Counter()

    def add(self, grades: Sequence[Grade | Index]) -> None:
        """The answers of one patient by two methods."""
        one, other = (_ends(each) for each in grades)
        self._patients += 1
        if one != other:
            self._pairs[one, other] += 1

    def words(self, methods: Sequence[str]) -> Iterator[str]:
        """A line for all, and one for each difference, the most frequent first."""
        differ = self._pairs.total()
        share = f" ({differ / self._patients:.1%})" if self._patients else ""
        yield f"{differ:,} of {self._patients:,} patients{share} have another answer"
        yield f"by {methods[1]} than by {methods[0]}{':' if differ else '.'}"
        pairs = sorted(self._pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        for (one, other), patients in pairs[:MOST_PAIRS]:
            yield f"  {_interval(other)}, not {_interval(one)}: {patients:,}"
        rest = sum(patients for _, patients in pairs[MOST_PAIRS:])
        if rest:
            yield f"  otherwise: {rest:,}"


def _ends(grade: Grade | Index) -> Ends:
    # Only scales that count by day have methods, and their answers are grades.
    assert isinstance(grade, Grade)
    return grade.low, grade.high


def _interval(ends: Ends) -> str:
    low, high = ends
    return f"grade {low}" if low == high else f"grade {low} to {high}"
