"""The laboratory grades of CTCAE v5.0 proved by enumeration, each over all of its findings at once.

Each number stands for its class: on and beside every line of a count, on and beside every multiple
of one limit of normal and of one baseline, and results that are only known to be on one side of a
line. Limits are unknown or one of several, so that a baseline is normal, on the limit, abnormal, or
known only within limits that leave both possible. Every finding may also be unknown.

Proved for every input of each grid: it is answered, equal to the second implementation; a worse
result in the place of a better one lowers neither end; what is learnt only narrows, and where
nothing is missing it changes nothing; `missing` names what can narrow the answer, alone or once the
others that it names are known, and nothing that could narrow it alone is left out.

Exempt are the decisions of a clinician, whose absence is an answer (0032). Monotony is that of the
result: a higher limit of normal can make a baseline normal and so the grade higher.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.grading import second_ctcae
from toxmon.grading import ctcae
from toxmon.grading.facts import Bounds
from toxmon.grading.scale import Scale

D = Decimal
SCALES: Mapping[str, Scale] = {scale.name: scale for scale in ctcae.SCALES}
ACTS = ("transfusion_indicated", "life_threatening", "transfused_recently")
ANY = (None, False, True)


def less(number: str, closed: bool = False) -> Bounds:
    return Bounds(D(0), D(number), False, not closed)


def more(number: str, closed: bool = False) -> Bounds:
    return Bounds(D(number), None, not closed, False)


def between(low: str, high: str) -> Bounds:
    return Bounds(D(low), D(high), False, False)


def decimals(words: str) -> tuple[Decimal, ...]:
    return tuple(D(word) for word in words.split())


# What an unknown number may turn out to be, besides the numbers of the grid.
TURNS_OUT = decimals(
    "0.000001 0.01 0.1 0.15 0.2 0.25 0.4 0.7 2 5 8 15 25 30 45 52 55 60 62 65 110 115 155 1000000"
)

# Two limits of normal above the first bound, on it and below it.
COUNTS = {
    "neutropenia": ("0 499 500 501 999 1000 1300 1399 1400 1499 1500 1799 1800 9000", "500 1500"),
    "anemia": ("0 7.9 8 8.1 9.3 9.4 9.9 10 11.9 12 20", "8 10"),
    "thrombocytopenia": ("0 24 25 26 49 50 69 70 74 75 149 150 900", "25 75"),
    "lymphopenia": ("0 199 200 201 499 500 699 700 799 800 999 1000 9000", "200 800"),
    "cd4_lymphopenia": ("0 49 50 51 199 200 399 400 499 500 599 600 5000", "50 500"),
}
LIMITS = {
    "neutropenia": "900 1400 1500 1800",
    "anemia": "7.5 9.4 10 12",
    "thrombocytopenia": "40 70 75 150",
    "lymphopenia": "300 700 800 1000",
    "cd4_lymphopenia": "100 400 500 600",
}


def of_a_count(scale: str) -> dict[str, tuple[Any, ...]]:
    value, limit = second_ctcae.FIELDS[scale]
    exact, bounds = COUNTS[scale]
    known_in_part = [
        each
        for bound in bounds.split()
        for each in (less(bound), less(bound, True), more(bound), more(bound, True))
    ]
    found: dict[str, tuple[Any, ...]] = {
        value: (None, *decimals(exact), *known_in_part, between(*bounds.split())),
        limit: (None, *decimals(LIMITS[scale])),
    }
    if scale == "anemia":
        found |= dict.fromkeys(ACTS[:2], ANY)
    if scale == "thrombocytopenia":
        found["transfused_recently"] = ANY
    return found


GRIDS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    **{scale: of_a_count(scale) for scale in COUNTS},
    # Limit 40; baselines 60 and 200 are abnormal, of 300 the first step is above 400.
    **{
        f"{test}_increased": {
            f"{test}_u_l": (
                None,
                *decimals("0 39 40 41 60 61 89 90 91 120 121 180 181 200 201 300 301"),
                *decimals("800 801 1200 1201"),
                less("40"),
                less("90", True),
                more("120"),
                more("0"),
                between("41", "55"),
                between("130", "190"),
            ),
            f"{test}_uln_u_l": (None, *decimals("40 60")),
            f"{test}_baseline_u_l": (
                None,
                *decimals("20 40 60 200"),
                less("40"),
                more("40"),
                less("60", True),
                between("50", "70"),
            ),
        }
        for test in ("ast", "alt")
    },
    "bilirubin_increased": {
        "bilirubin_mg_dl": (
            None,
            *decimals("0 1 1.1 1.5 1.6 2 2.1 3 3.1 6 6.1 10 10.1 20 20.1"),
            less("0.2"),
            less("2", True),
            more("1.5"),
            between("1.6", "2.9"),
        ),
        "bilirubin_uln_mg_dl": (None, *decimals("1 2")),
        "bilirubin_baseline_mg_dl": (
            None,
            *decimals("0.5 1 2"),
            less("0.2"),
            more("1"),
            between("0.5", "3"),
        ),
    },
    "creatinine_increased": {
        "creatinine_mg_dl": (
            None,
            *decimals("0.5 0.9 0.91 1 1.1 1.5 1.51 1.8 1.81 3 3.1 6 6.1 9"),
            less("0.2"),
            less("1.2", True),
            more("3"),
            more("6"),
            between("0.8", "1.4"),
        ),
        "creatinine_uln_mg_dl": (None, *decimals("1 1.2")),
        "creatinine_baseline_mg_dl": (
            None,
            *decimals("0.3 0.6 1 3"),
            less("0.2"),
            more("1"),
            between("0.5", "0.7"),
        ),
    },
    "hypofibrinogenemia": {
        "fibrinogen_mg_dl": (
            None,
            *decimals("0 49 50 51 75 76 80 99 100 101 120 121 149 150 199 200 201 300"),
            less("50"),
            less("52"),
            less("60", True),
            more("150"),
            between("90", "125"),
        ),
        "fibrinogen_lln_mg_dl": (None, *decimals("160 200")),
        "fibrinogen_baseline_mg_dl": (
            None,
            *decimals("100 160 200 400"),
            less("200"),
            more("200", True),
            between("60", "65"),
            between("150", "250"),
        ),
    },
}


class Answer(NamedTuple):
    low: int
    high: int
    missing: tuple[str, ...]


@cache
def first(scale: str, picture: tuple[Any, ...]) -> Answer:
    """What the program answers. That it answers, and in what form, is asserted for every input."""
    rule = SCALES[scale]
    given = dict(zip(GRIDS[scale], picture, strict=True))
    grade = rule.grade(rule.findings(**given))
    assert 0 <= grade.low <= grade.high <= 4, given
    assert grade.because, given
    assert set(grade.warnings) <= set(rule.warnings), given
    assert bool(grade.missing) == (grade.low < grade.high), given
    return Answer(grade.low, grade.high, grade.missing)


def pictures(scale: str) -> Iterator[tuple[Any, ...]]:
    return product(*GRIDS[scale].values())


def fits(number: Any, known: Any) -> bool:
    """Can `number`, exact or an interval, turn out where `known` was all that was known?"""
    if known is None:
        return number is not None
    if not isinstance(known, Bounds) or number == known or number is None:
        return False
    low, low_open = _low(number)
    high, high_open = _high(number)
    known_low, known_low_open = _low(known)
    known_high, known_high_open = _high(known)
    return (
        (low > known_low or (low == known_low and low_open >= known_low_open))
        and (high < known_high or (high == known_high and high_open >= known_high_open))
    )  # fmt: skip


def _low(number: Any) -> tuple[Decimal, bool]:
    if isinstance(number, Bounds):
        return D(0) if number.low is None else number.low, number.low_open
    return number, False


def _high(number: Any) -> tuple[Decimal, bool]:
    if isinstance(number, Bounds):
        return D("Infinity") if number.high is None else number.high, number.high_open
    return number, False


def replaced(picture: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    return (*picture[:place], value, *picture[place + 1 :])


def learnable(scale: str, picture: tuple[Any, ...]) -> Iterator[tuple[int, list[Any]]]:
    """The places that are not exactly known, each with what it may turn out to be, exactly."""
    for place, (name, values) in enumerate(GRIDS[scale].items()):
        known = picture[place]
        if name not in ACTS and (known is None or isinstance(known, Bounds)):
            exact = [value for value in (*values, *TURNS_OUT) if isinstance(value, Decimal)]
            yield place, [value for value in exact if fits(value, known)]


@pytest.mark.parametrize("scale", GRIDS)
def test_total_and_equal_to_the_second_implementation(scale: str) -> None:
    for picture in pictures(scale):
        given = dict(zip(GRIDS[scale], picture, strict=True))
        assert first(scale, picture)[:2] == second_ctcae.interval(scale, given), given


# Ratios of few small numbers, so that a value often lies on a line.
NUMBERS = st.sampled_from(decimals("0.5 1 1.5 2 3 4 4.5 5 6 9 10 15 18 20 30 45 60 80 100 200"))
INTERVALS = st.one_of(
    st.tuples(NUMBERS, st.booleans()).map(lambda end: Bounds(D(0), end[0], False, end[1])),
    st.tuples(NUMBERS, st.booleans()).map(lambda end: Bounds(end[0], None, end[1], False)),
    st.tuples(NUMBERS, NUMBERS, st.booleans(), st.booleans()).map(
        lambda ends: Bounds(ends[0], ends[0] + ends[1], ends[2], ends[3])
    ),
)
MAYBE = st.one_of(st.none(), NUMBERS)


@drawn(
    scale=st.sampled_from([scale for scale in GRIDS if scale not in COUNTS]),
    value=st.one_of(MAYBE, INTERVALS),
    limit=MAYBE,
    baseline=st.one_of(MAYBE, INTERVALS),
)
def test_equal_to_the_second_implementation_for_any_numbers(
    scale: str, value: Any, limit: Any, baseline: Any
) -> None:
    given = dict(zip(GRIDS[scale], (value, limit, baseline), strict=True))
    rule = SCALES[scale]
    grade = rule.grade(rule.findings(**given))
    assert (grade.low, grade.high) == second_ctcae.interval(scale, given)


@pytest.mark.parametrize("scale", GRIDS)
def test_monotone(scale: str) -> None:
    """A worse result, a transfusion or a danger lowers neither low nor high."""
    value = next(iter(GRIDS[scale]))
    falling = not scale.endswith("_increased")
    names = list(GRIDS[scale])
    checked = 0
    for picture in pictures(scale):
        for place, name in enumerate(names):
            for other in GRIDS[scale][name]:
                known = picture[place]
                if name == value:
                    exact = isinstance(known, Decimal) and isinstance(other, Decimal)
                    worse = exact and (other < known if falling else other > known)
                else:
                    worse = name in ACTS and not known and other is True
                if worse:
                    checked += 1
                    before, after = (
                        first(scale, picture),
                        first(scale, replaced(picture, place, other)),
                    )
                    assert before.low <= after.low, (picture, name, other)
                    assert before.high <= after.high, (picture, name, other)
    assert checked > 100


@pytest.mark.parametrize("scale", GRIDS)
def test_consistent(scale: str) -> None:
    """Learning a finding only narrows; where nothing is missing, it changes nothing at all."""
    names = list(GRIDS[scale])
    checked = 0
    for picture in pictures(scale):
        low, high, missing = first(scale, picture)
        for place, name in enumerate(names):
            if name in ACTS:
                continue
            for other in GRIDS[scale][name]:
                if fits(other, picture[place]):
                    checked += 1
                    known = first(scale, replaced(picture, place, other))
                    assert low <= known.low <= known.high <= high, (picture, name, other)
                    assert missing or (low, high) == known[:2], (picture, name, other)
    assert checked > 100


@pytest.mark.parametrize("scale", GRIDS)
def test_missing_names_what_can_narrow_and_nothing_else(scale: str) -> None:
    names = list(GRIDS[scale])
    named = 0
    for picture in pictures(scale):
        before = first(scale, picture)
        places = dict(learnable(scale, picture))
        assert {names[place] for place in places} >= set(before.missing), picture
        for place, values in places.items():
            alone = any(
                first(scale, replaced(picture, place, value))[:2] != before[:2] for value in values
            )
            if names[place] not in before.missing:
                assert not alone, (picture, names[place])
            else:
                named += 1
                assert alone or with_others(scale, picture, place, places), (picture, names[place])
    assert named > 10


def with_others(
    scale: str, picture: tuple[Any, ...], place: int, places: Mapping[int, list[Any]]
) -> bool:
    """Does knowing this decide something, once others that are named too are known?"""
    names = list(GRIDS[scale])
    missing = first(scale, picture).missing
    others = [other for other in places if other != place and names[other] in missing]
    for values in product(*((None, *places[other]) for other in others)):
        known = picture
        for other, value in zip(others, values, strict=True):
            known = known if value is None else replaced(known, other, value)
        found = {first(scale, known)[:2]}
        for value in places[place]:
            found.add(first(scale, replaced(known, place, value))[:2])
            if len(found) > 1:
                return True
    return False
