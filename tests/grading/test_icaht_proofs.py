"""ICAHT and T-ICAHT over drawn patients: both methods of each, with gaps, ties and boundaries.

A patient is drawn as stretches of days at one level, with holes, single days and second counts of a
day, so that long runs and recoveries of 1 to 4 days are common; the levels lie on and around every
threshold, with fractions, and some are intervals. The window is open, over, or cut.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.grading import second_icaht
from toxmon.grading import icaht, recovery, t_icaht
from toxmon.grading.days import Days
from toxmon.grading.facts import Bounds
from toxmon.grading.grade import Grade
from toxmon.scales.icaht import SCALES

D = Decimal
STATELESS = {each.scale.name: each for each in SCALES}
METHODS = {
    "icaht_early": icaht.METHODS,
    "icaht_late": icaht.METHODS,
    "t_icaht_early": t_icaht.METHODS,
    "t_icaht_late": t_icaht.METHODS,
}
EACH = [(scale, method) for scale, methods in METHODS.items() for method in methods]
MANY = settings(max_examples=200, deadline=None)
# Each example grades many times, and the one that grades as the authors do has MANY.
SOME = settings(max_examples=100, deadline=None)

NEUTROPHILS = [
    *map(D, [0, 90, 100, 101, 104, 105, 110, 300, 400, 500, 501, 504, 505, 506, 510, 515, 600]),
    *map(D, ["99.9", "100.5", "105.1", "499.5", "500.5", "999.5", "1000.5", "1500.5"]),
    *map(D, [900, 1000, 1001, 1400, 1500, 1501, 2000, 4000]),
]
PLATELETS = [
    *map(D, [0, 5, 19, 20, 21, 22, 40, 49, 50, 51, 60, 99, 100, 101, 150]),
    *map(D, ["19.9", "20.1", "49.9", "50.5", "99.9", "100.5"]),
]


def levels(scale: str) -> st.SearchStrategy[Any]:
    exact = st.sampled_from(PLATELETS if scale.startswith("t_") else NEUTROPHILS)
    ends = st.tuples(exact, exact, st.booleans(), st.booleans())
    between = ends.map(
        lambda it: it[0] if it[0] == it[1] else Bounds(min(it[:2]), max(it[:2]), it[2], it[3])
    )
    below = ends.map(lambda it: Bounds(None if it[2] else D(0), it[0], False, it[3] or not it[0]))
    above = ends.map(lambda it: Bounds(it[0], None, it[2], False))
    return st.one_of(exact, exact, exact, exact, exact, exact, between, below, above)


LENGTHS = st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15, 31])
HOLES = st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3, 5, 6, 7, 8, 9, 14])


def patients(scale: str, once_a_day: bool = False) -> st.SearchStrategy[list[tuple[int, Any]]]:
    """Counts by day, in the order of the days; a few days have two unless `once_a_day`."""
    level, early = levels(scale), scale.endswith("early")
    stretch = st.tuples(
        level, LENGTHS, st.sampled_from([1, 1, 1, 2, 3, 8]), HOLES, st.none() | level
    )
    first = st.sampled_from([0, 0, 0, 1, 3, 4, 7, 8] if early else [20, 30, 31, 31, 31, 33, 38, 39])
    return st.tuples(first, st.lists(stretch, max_size=7)).map(
        lambda it: _laid(*it, 40 if early else 100, once_a_day)
    )


def _laid(day: int, stretches: Any, last: int, once_a_day: bool) -> list[tuple[int, Any]]:
    found: list[tuple[int, Any]] = []
    for value, length, step, hole, second in stretches:
        days = [day + step * place for place in range(length) if day + step * place <= last]
        found.extend((each, value) for each in days)
        if days and second is not None and not once_a_day:
            found.append((days[-1], second))
        day += step * (length - 1) + 1 + hole
    return found


@st.composite
def windows(draw: st.DrawFn, scale: str) -> dict[str, Any]:
    early = scale.endswith("early")
    edges = st.sampled_from([3, 29, 30, 31, 37, 38] if early else [30, 31, 99, 100, 101, 120])
    days = edges | (st.integers(0, 45) if early else st.integers(20, 110))
    return {
        "today_day": draw(st.none() | days),
        "last_follow_up_day": draw(st.none() | days),
        "final": draw(st.sampled_from([None, False, True])),
    }


def graded(scale: str, method: str, counts: Any, window: dict[str, Any]) -> Grade:
    rule: Callable[..., Grade] = {
        "icaht_early": icaht.early,
        "icaht_late": icaht.late,
        "t_icaht_early": t_icaht.early,
        "t_icaht_late": t_icaht.late,
    }[scale]
    return rule(
        counts,
        today=window.get("today_day"),
        last_follow_up_day=window.get("last_follow_up_day"),
        final=window.get("final"),
        method=method,
    )


def as_sent(scale: str, method: str, counts: Any, window: dict[str, Any]) -> dict[str, Any]:
    name, unit = ("platelets", "10e9_l") if scale.startswith("t_") else ("anc", "per_ul")
    entries = [{"day": day, unit: value} for day, value in counts]
    return {name: entries, **window, "method": method}


@pytest.mark.parametrize(("scale", "method"), EACH)
def test_equal_to_the_second_implementation(scale: str, method: str) -> None:
    @MANY
    @given(patients(scale), windows(scale))
    def check(counts: list[tuple[int, Any]], window: dict[str, Any]) -> None:
        grade = graded(scale, method, counts, window)
        expected = second_icaht.interval(scale, as_sent(scale, method, counts, window))
        assert (grade.low, grade.high) == expected
        assert 0 <= grade.low <= grade.high <= 4
        assert grade.edition == method
        assert grade.because
        assert set(grade.warnings) <= set(STATELESS[scale].scale.warnings)
        never_opened = "ended_before_window" in grade.warnings
        assert bool(grade.missing) == (grade.low < grade.high and not never_opened)

    check()


@pytest.mark.parametrize(("scale", "method"), EACH)
def test_each_count_and_each_day_only_narrows(scale: str, method: str) -> None:
    """In the order of the days, one count a day, and then to the end of the window."""
    last = 38 if scale.endswith("early") else 101

    @SOME
    @given(patients(scale, once_a_day=True))
    def check(counts: list[tuple[int, Any]]) -> None:
        low, high = 0, 4
        for place, (day, _) in enumerate(counts):
            grade = graded(scale, method, counts[: place + 1], {"today_day": day})
            assert low <= grade.low <= grade.high <= high
            low, high = grade.low, grade.high
        if counts:
            over = {"today_day": max(last, counts[-1][0])}
            grade = graded(scale, method, counts, over)
            assert low <= grade.low <= grade.high <= high
            # If follow-up ended with the last count instead, that was possible before as well.
            cut = {"last_follow_up_day": counts[-1][0], "final": True}
            grade = graded(scale, method, counts, cut)
            assert low <= grade.low <= grade.high <= high

    check()


@pytest.mark.parametrize(("scale", "method"), EACH)
def test_a_lower_count_never_gives_a_lower_grade(scale: str, method: str) -> None:
    pool = PLATELETS if scale.startswith("t_") else NEUTROPHILS

    @SOME
    @given(patients(scale), windows(scale), st.integers(0, 10**6), st.sampled_from(pool))
    def check(
        counts: list[tuple[int, Any]], window: dict[str, Any], which: int, value: Decimal
    ) -> None:
        places = [place for place, (_, old) in enumerate(counts) if isinstance(old, Decimal)]
        assume(places)
        place = places[which % len(places)]
        day, old = counts[place]
        worse = [*counts[:place], (day, min(old, value)), *counts[place + 1 :]]
        before, after = (graded(scale, method, each, window) for each in (counts, worse))
        assert before.low <= after.low
        assert before.high <= after.high

    check()


@MANY
@given(patients("icaht_early"), st.randoms(use_true_random=False))
def test_the_order_of_counts_does_not_matter(counts: list[tuple[int, Any]], random: Any) -> None:
    named = [(day, value, f"f{place:02}") for place, (day, value) in enumerate(counts)]
    random.shuffle(named)
    days = Days()
    for entry in named:
        days = days.with_value(*entry)
    again = Days()
    for entry in sorted(named, key=lambda each: each[2]):
        again = again.with_value(*entry)
    assert days == again
    assert [day for day, _, _ in days.items()] == sorted({day for day, _ in counts})
    loose = Days.of([(day, value) for day, value, _ in named])
    assert [entry[:2] for entry in loose.items()] == [entry[:2] for entry in days.items()]
    assert Days.from_plain(orjson.loads(orjson.dumps(days.as_plain()))) == days


def sure(counts: list[Fraction]) -> tuple[str, int]:
    """The recovery of a patient who was counted every day, read from the table alone."""
    severe = second_icaht.stretches([count < 500 for count in counts], 0)
    dip = next((day for day, count in enumerate(counts) if count < 1000), None)
    days = sum(count < 500 for count in counts)
    if second_icaht.most_days(severe) >= 14:
        return "aplastic", days
    if dip is None:
        return "no_dip", days
    up = [day for day, count in enumerate(counts) if count > 1500 and day > dip]
    if not up:
        return "unclassified", days
    again = [day for day, count in enumerate(counts) if count < 1000 and day > up[0]]
    if any(day > 21 for day in again):
        return "intermittent", days
    return ("unclassified" if again else "quick"), days


@MANY
@given(
    patients("icaht_early").map(lambda it: [each for each in it if isinstance(each[1], Decimal)]),
    st.lists(st.sampled_from(NEUTROPHILS), min_size=61, max_size=61),
    st.sampled_from([None, 61]),
)
def test_what_a_recovery_may_be(
    counts: list[tuple[int, Any]], others: list[Decimal], today: int | None
) -> None:
    """However the days without a count turn out, the word for it was among the possible ones."""
    told = recovery.described(counts, today=today)
    days = Days.of(counts)
    known = {day: Fraction(value) for day, value, _ in days.items() if day <= 60}
    if today is not None:
        edges = 7 if len(known) > 1 else 0
        known = second_icaht.filled(known, 0, 60, 7, edges, second_icaht.on_the_line)
    else:
        known = second_icaht.filled(known, 0, 60, 7, 0, second_icaht.on_the_line)
    word, severe = sure([known.get(day, Fraction(others[day])) for day in range(61)])
    assert word in told["possible_phenotypes"]
    low, high = told["severe_neutropenia_days"].values()
    assert low <= severe <= high
    assert told["phenotype"] in (None, word)
    if len(known) == 61:
        assert told["phenotype"] == word
        assert low == high
