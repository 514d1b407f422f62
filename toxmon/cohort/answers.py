"""How the answers of a cohort are told: as a table, as plain data, and how much a method matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from toxmon.assessment import plain_grade
from toxmon.cohort.patient import Patient
from toxmon.grading.grade import Grade

LEDGER = "ledger"
NOTATION = {"observed": "{}", "filled": "({})", "missing": "?"}
"""A day in a cell of a table: counted, worked out from its neighbors, not known."""
MOST_PAIRS = 10

MEASURES = ("longest_run_days", "days_below")
"""What a scale may count days as; its keys end in the threshold."""


def plain(patient: Patient, grade: Grade) -> dict[str, Any]:
    """The answer of `/grade/{scale}` with the patient's id."""
    answer = {"id": patient.id, **plain_grade(grade)}
    return {**answer, "doubts": patient.doubts} if patient.doubts else answer


def columns(grade: Grade, ledger: bool) -> list[str]:
    """The names of a table's columns."""
    thresholds = [key.rsplit("_", 1)[1] for key in _days(grade, "")]
    return [
        *("id", "method", "low", "high", "value"),
        *(f"days_{each}" for each in thresholds),
        *(f"possible_days_{each}" for each in thresholds),
        *(["nadirs"] if "nadirs" in grade.more else []),
        *("missing", "warnings", "doubts"),
        *([LEDGER] if ledger else []),
    ]


def row(patient: Patient, grade: Grade) -> list[Any]:
    """The cells of one answer; `doubts` is how many counts are not plausible."""
    cells = [patient.id, grade.edition, grade.low, grade.high, grade.value]
    cells += _days(grade, "").values()
    cells += _days(grade, "possible_").values()
    if "nadirs" in grade.more:
        cells.append(_by_day(grade.more["nadirs"]))
    cells += [" ".join(grade.missing), " ".join(grade.warnings), len(patient.doubts)]
    if LEDGER in grade.more:
        cells.append(_by_day(grade.more[LEDGER]))
    return cells


def _days(grade: Grade, what: str) -> Mapping[str, int]:
    names = {"": MEASURES, "possible_": ("possible_run_days", "possible_days_below")}[what]
    found: Mapping[str, int] = next(grade.more[name] for name in names if name in grade.more)
    return found


def _by_day(entries: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(_entry(each) for each in entries)


def _entry(each: Mapping[str, Any]) -> str:
    count = next((each[unit] for unit in ("per_ul", "10e9_l") if unit in each), None)
    return f"{each['day']}:" + NOTATION[each.get("state", "observed")].format(_count(count))


def _count(count: Any) -> str:
    if not isinstance(count, Mapping):
        return f"{count:f}" if count is not None else "?"
    if count["high"] is None:
        return f"{'>' if count['low_open'] else '>='}{count['low']:f}"
    if not count["low"]:
        return f"{'<' if count['high_open'] else '<='}{count['high']:f}"
    return f"{count['low']:f}-{count['high']:f}"


class Sensitivity:
    """How many patients have another answer by another method."""

    def __init__(self) -> None:
        self._patients = 0
        self._pairs: Counter[tuple[tuple[int, int], tuple[int, int]]] = Counter()

    def add(self, grades: Sequence[Grade]) -> None:
        """The answers of one patient by two methods."""
        one, other = ((each.low, each.high) for each in grades)
        self._patients += 1
        if one != other:
            self._pairs[one, other] += 1

    def words(self, methods: Sequence[str]) -> Iterator[str]:
        """A line for all, and one for each difference, the most frequent first."""
        differ = self._pairs.total()
        share = differ / self._patients if self._patients else 0
        yield (
            f"{differ:,} of {self._patients:,} patients ({share:.1%}) have another answer by "
            f"{methods[1]} than by {methods[0]}"
        )
        pairs = sorted(self._pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        for (one, other), patients in pairs[:MOST_PAIRS]:
            yield f"  {_interval(one)} and {_interval(other)}: {patients:,}"
        rest = sum(patients for _, patients in pairs[MOST_PAIRS:])
        if rest:
            yield f"  otherwise: {rest:,}"


def _interval(ends: tuple[int, int]) -> str:
    low, high = ends
    return f"grade {low}" if low == high else f"grade {low} to {high}"
