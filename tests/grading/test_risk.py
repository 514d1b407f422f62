"""CAR-HEMATOTOX and EASIX: every row of their pages, proofs over grids, and what is asked for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import isclose, log2
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from tests.grading import second_risk
from tests.grading.columns_risk import READ
from tests.grading.tables import Row, rows
from toxmon.grading import car_hematotox, easix
from toxmon.grading.facts import Bounds
from toxmon.grading.kinds import KINDS
from toxmon.scales import risk as door
from toxmon.scales.inputs import FindingsError

D = Decimal
HERE = Path(__file__).parent
SCORES = rows(HERE / "car_hematotox.md")
TESTS = tuple(second_risk.LINES)


@pytest.fixture(scope="module")
def index_rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    return read_indices(tmp_path_factory.mktemp("pages") / "easix.md")


def read_indices(copy: Path) -> list[Row]:
    """The rows of the page on EASIX, whose low and high are no grades: here more.low, more.high."""
    lines = []
    for line in (HERE / "easix.md").read_text("utf-8").splitlines():
        if line.startswith("| case "):
            line = line.replace("| low ", "| more.low ").replace("| high ", "| more.high ")
            line += " low | high |"
        elif line.startswith("|"):
            line += " - | - |" if line.startswith("| -") else " 0 | 0 |"
        lines.append(line)
    copy.write_text("\n".join(lines), encoding="utf-8")
    return rows(copy)


def named(row: Row) -> str:
    return f"{row.heading}: {row.case}"


def shown(value: Any) -> str:
    """A further answer, as a cell of a table has it."""
    if isinstance(value, Mapping):
        low, high = value["low"], value["high"]
        if high is None:
            return f"{shown(low)} or more"
        return f"up to {shown(high)}" if low is None else f"{shown(low)} to {shown(high)}"
    if isinstance(value, Decimal):
        return f"{float(f'{value:.4g}'):g}"
    return {None: "none", True: "yes", False: "no"}.get(value, value)


@pytest.mark.parametrize("row", SCORES, ids=named)
def test_row_of_car_hematotox(row: Row) -> None:
    answer = car_hematotox.grade(car_hematotox.Findings(**row.given))
    assert (answer.low, answer.high) == (row.low, row.high)
    assert set(answer.missing) == row.missing
    assert set(answer.warnings) == row.warnings
    for name, cell in row.more.items():
        assert shown(answer.more[name]) == cell, name
    assert second_risk.score(row.given) == (row.low, row.high)
    assert answer.more["risk"] == second_risk.risk(row.low, row.high)
    assert row.source.startswith("Rejeski 2021, doi:10.1182/blood.2020010543")


def test_row_of_easix(index_rows: list[Row]) -> None:
    for row in index_rows:
        answer = easix.grade(easix.Findings(**row.given))
        where = named(row)
        for end, cell in (("low", answer.low), ("high", answer.high)):
            assert (None if cell is None else shown(cell)) == row.more.get(end), where
        for name, cell in row.more.items():
            if name not in ("low", "high"):
                assert shown(answer.more[name]) == cell, (where, name)
        assert set(answer.missing) == row.missing, where
        assert set(answer.warnings) == row.warnings, where
        for name in second_risk.INDICES:
            close(answer.more[name], second_risk.index(name, row.given))
        if row.given.get("time_point") in (None, "before_lymphodepletion"):
            assert answer.more["above_4_67"] is second_risk.above_4_67(row.given), where
        assert "doi:" in row.source or row.source.startswith("Luft 2017"), where


@pytest.mark.parametrize("scale", ["car_hematotox", "easix"])
def test_every_finding_is_known_in_a_row_and_blank_in_another(
    scale: str, index_rows: list[Row]
) -> None:
    here = SCORES if scale == "car_hematotox" else index_rows
    findings = {"car_hematotox": car_hematotox, "easix": easix}[scale].Findings
    asked = {field.name for field in fields(findings)}
    assert set(READ[scale]) == asked
    assert set().union(*(row.given for row in here)) == asked
    assert set().union(*(set(row.columns) - set(row.given) for row in here)) == asked


def test_every_warning_is_in_a_row(index_rows: list[Row]) -> None:
    assert set().union(*(row.warnings for row in SCORES)) == set(car_hematotox.WARNINGS)
    assert set().union(*(row.warnings for row in index_rows)) == set(easix.WARNINGS)


def test_editions_and_sources_are_named() -> None:
    assert car_hematotox.CAR_HEMATOTOX.edition == "rejeski-2021"
    assert car_hematotox.CAR_HEMATOTOX.source == "Rejeski 2021, doi:10.1182/blood.2020010543"
    assert car_hematotox.CAR_HEMATOTOX.title == "CAR-HEMATOTOX score"
    assert easix.EASIX.edition == "luft-2017"
    assert easix.EASIX.source.startswith("Luft 2017, Lancet Haematol 4:e414; Pennisi 2021, doi:")
    assert easix.KORELL == "Korell 2022, doi:10.3389/fimmu.2022.877477"
    assert easix.EASIX.title == "EASIX, m-EASIX and s-EASIX"
    for warnings in (car_hematotox.WARNINGS, easix.WARNINGS):
        for words in warnings.values():
            assert re.fullmatch(r"(A|[A-Z][a-z]+) .*\.", words), words


# CAR-HEMATOTOX, proved: every combination of what is told apart, known, known in part and unknown.


def bounds(low: str, high: str | None, low_open: bool = False, high_open: bool = True) -> Bounds:
    return Bounds(D(low), None if high is None else D(high), low_open, high_open)


# From the worse to the better or the other way round; then what is known only in part.
GRID: Mapping[str, tuple[tuple[Decimal, ...], tuple[Any, ...]]] = {
    "platelets_10e9_l": (
        (D(176), D(175), D(75), D("74.9")),
        (None, bounds("0", "100"), bounds("100", None), bounds("75", "175", False, False)),
    ),
    "anc_per_ul": ((D(1201), D(1200), D("1199.9")), (None, bounds("0", "5000"))),
    "hemoglobin_g_dl": ((D("9.1"), D(9), D("8.9")), (None, bounds("9", None))),
    "crp_mg_dl": ((D("2.9"), D(3), D("3.1")), (None, bounds("0", "3"), bounds("0", "5"))),
    "ferritin_ng_ml": (
        (D("649.9"), D(650), D(2000), D("2000.1")),
        (None, bounds("1000", None, True), bounds("2000", None, True)),
    ),
}


def pictures() -> Iterator[dict[str, Any]]:
    """Each test in full against every pair of the others being free of points or unknown."""
    choices = {name: (*exact, *partly) for name, (exact, partly) in GRID.items()}
    for one, other in product(TESTS, TESTS):
        if one < other:
            rest = [(GRID[name][0][0], None) for name in TESTS if name not in (one, other)]
            names = [one, other, *(name for name in TESTS if name not in (one, other))]
            for values in product(choices[one], choices[other], *rest):
                yield dict(zip(names, values, strict=True))


def scored(picture: Mapping[str, Any]) -> Any:
    answer = car_hematotox.grade(car_hematotox.Findings(**picture))
    assert 0 <= answer.low <= answer.high <= 7
    return answer


def test_car_hematotox_is_total_and_equal_to_the_second_implementation() -> None:
    checked = 0
    for picture in pictures():
        answer = scored(picture)
        low, high = second_risk.score(picture)
        assert (answer.low, answer.high) == (low, high), picture
        assert answer.more["risk"] == second_risk.risk(low, high), picture
        assert answer.more["tier_5_or_more"] is second_risk.tier(low, high), picture
        parts = answer.more["points"].values()
        assert sum(part["low"] for part in parts) == low
        assert sum(part["high"] for part in parts) == high
        checked += 1
    assert checked > 2000


def test_car_hematotox_is_monotone_consistent_and_names_what_is_missing() -> None:
    for picture in pictures():
        before = scored(picture)
        for name in TESTS:
            exact = GRID[name][0]
            known = picture[name]
            answers = [scored({**picture, name: value}) for value in exact]
            lows = [answer.low for answer in answers]
            assert lows == sorted(lows), (picture, name)
            if isinstance(known, Decimal):
                assert name not in before.missing, (picture, name)
                continue
            inside = [
                answer
                for value, answer in zip(exact, answers, strict=True)
                if known is None or in_bounds(value, known)
            ]
            assert all(before.low <= each.low <= each.high <= before.high for each in inside)
            narrows = any((each.low, each.high) != (before.low, before.high) for each in inside)
            assert narrows is (name in before.missing), (picture, name)


def in_bounds(value: Decimal, known: Bounds) -> bool:
    assert known.low is not None
    above = value > known.low or (value == known.low and not known.low_open)
    return above and (
        known.high is None or value < known.high or (value == known.high and not known.high_open)
    )


def test_the_risk_is_said_in_words() -> None:
    full = {name: exact[0] for name, (exact, _) in GRID.items()}
    assert scored(full).says() == "score 0, low risk"
    assert scored({**full, "platelets_10e9_l": D(20)}).says() == "score 2, high risk"
    assert scored({**full, "ferritin_ng_ml": None}).says() == "score 0 to 2, risk undetermined"


def test_the_reasons_are_the_points() -> None:
    full = {name: exact[0] for name, (exact, _) in GRID.items()}
    (none,) = scored(full).because
    assert none.rule == "car_hematotox.no_points"
    assert none.text == "no test is known to have a point"
    low = {**full, "platelets_10e9_l": D(20), "hemoglobin_g_dl": D(8)}
    assert [(each.rule, each.text, each.findings) for each in scored(low).because] == [
        ("car_hematotox.platelets_10e9_l", "platelets: 2 points", ("platelets_10e9_l",)),
        ("car_hematotox.hemoglobin_g_dl", "hemoglobin: 1 point", ("hemoglobin_g_dl",)),
    ]
    (part,) = scored({**full, "platelets_10e9_l": bounds("0", "100"), "crp_mg_dl": None}).because
    assert part.text == "platelets: 1 point", "what is not certain is no reason"
    words = {"anc_per_ul": "neutrophils", "crp_mg_dl": "CRP", "ferritin_ng_ml": "ferritin"}
    for name, word in words.items():
        (reason,) = scored({**full, name: GRID[name][0][2]}).because
        assert reason.text == f"{word}: 1 point"


def test_a_value_on_an_open_line_is_named() -> None:
    full = {name: exact[0] for name, (exact, _) in GRID.items()}
    answer = scored({**full, "anc_per_ul": D(1200), "crp_mg_dl": D("3.0")})
    assert answer.more["on_an_open_line"] == ["anc_per_ul", "crp_mg_dl"]
    assert scored({**full, "crp_mg_dl": bounds("3", "3", False, False)}).warnings == ()


# EASIX against fractions.

NUMBERS = st.decimals("0", "2000", places=3).map(D)
PARTLY = st.tuples(NUMBERS, NUMBERS, st.booleans(), st.booleans()).map(
    lambda ends: Bounds(min(ends[:2]), max(ends[:2]) + 1, *ends[2:])
)
ONE_SIDED = st.tuples(NUMBERS, st.booleans()).map(lambda end: Bounds(end[0], None, end[1], False))
FINDING = st.one_of(NUMBERS, NUMBERS, st.none(), PARTLY, ONE_SIDED)


SAMPLE = dict.fromkeys(("ldh_u_l", "creatinine_mg_dl", "platelets_10e9_l", "crp_mg_dl"), FINDING)


@drawn(st.fixed_dictionaries(SAMPLE))
def test_easix_is_equal_to_the_second_implementation(given: dict[str, Any]) -> None:
    answer = easix.grade(easix.Findings(**given))
    for name in second_risk.INDICES:
        close(answer.more[name], second_risk.index(name, given))
    assert answer.more["above_4_67"] is second_risk.above_4_67(given)
    undecided = [name for name in second_risk.INDICES if not exactly(answer.more[name])]
    used = {part for name in undecided for part in second_risk.INDICES[name]}
    if given["platelets_10e9_l"] == 0:
        assert answer.missing == ()
    else:
        used |= {"platelets_10e9_l"} if undecided else set()
        assert set(answer.missing) == {n for n in used if not isinstance(given[n], Decimal)}


def exactly(told: Any) -> bool:
    return isinstance(told, Decimal)


def close(told: Any, expected: tuple[Fraction, Fraction | None] | None) -> None:
    """The same to 27 digits, the lower end never above and the upper end never below."""
    if expected is None:
        assert told is None
        return
    low, high = expected
    ends = told if isinstance(told, Mapping) else {"low": told, "high": told}
    near(ends["low"], low)
    assert (ends["high"] is None) is (high is None)
    if high is not None:
        near(ends["high"], high)
    if isinstance(told, Mapping):
        assert Fraction(ends["low"]) <= low
        assert high is None or Fraction(ends["high"]) >= high


def near(told: Decimal, expected: Fraction) -> None:
    assert abs(Fraction(told) - expected) <= expected / 10**27


def test_the_binary_logarithm_is_that_of_easix() -> None:
    for ldh in ("50", "250.5", "8000"):
        found = easix.Findings(ldh_u_l=D(ldh), creatinine_mg_dl=D("0.7"), platelets_10e9_l=D(33))
        more = easix.grade(found).more
        assert isclose(float(more["log2_easix"]), log2(float(more["easix"])), rel_tol=1e-14)
    zero = easix.Findings(ldh_u_l=D(0), creatinine_mg_dl=D(1), platelets_10e9_l=D(33))
    assert easix.grade(zero).more["log2_easix"] is None


def test_easix_has_28_digits_and_names_its_time_point() -> None:
    third = {"ldh_u_l": D(100), "creatinine_mg_dl": D(1), "time_point": "day_1"}
    more = easix.grade(easix.Findings(**third, platelets_10e9_l=D(300))).more
    assert more["easix"] == D("0." + "3" * 28)
    assert more["time_point"] == "day_1"
    part = bounds("150", "300", False, False)
    ends = easix.grade(easix.Findings(**third, platelets_10e9_l=part)).more["easix"]
    assert ends == {"low": D("0." + "3" * 28), "high": D("0." + "6" * 27 + "7")}


def test_easix_says_how_it_was_worked_out() -> None:
    found = {"ldh_u_l": D(500), "creatinine_mg_dl": D(1), "platelets_10e9_l": D(30)}
    formula, korell = easix.grade(easix.Findings(**found)).because
    assert formula.text == "LDH x creatinine / platelets = 16.67"
    assert formula.rule == "easix.formula"
    assert (korell.rule, korell.source) == ("easix.above_4_67", easix.KORELL)
    assert korell.text == (
        "above 4.67, which just before lymphodepletion went with more severe CRS and ICANS"
    )
    (below,) = easix.grade(easix.Findings(**{**found, "platelets_10e9_l": D(300)})).because
    assert below.text == "LDH x creatinine / platelets = 1.667"
    (unknown,) = easix.grade(easix.Findings()).because
    assert unknown.text == "EASIX needs LDH, creatinine and platelets"
    assert unknown.rule == "easix.unknown"
    (zero,) = easix.grade(easix.Findings(platelets_10e9_l=D("0.0"))).because
    assert zero.text == "platelets are 0, so that no index is defined"
    assert zero.rule == "easix.not_defined"
    for reason in (formula, korell, unknown, zero):
        assert reason.findings == ("ldh_u_l", "creatinine_mg_dl", "platelets_10e9_l")
    few = easix.grade(easix.Findings(**{**found, "platelets_10e9_l": bounds("0", "10")}))
    assert few.because[0].text == "LDH x creatinine / platelets = 50 or more"
    none = easix.grade(easix.Findings(**{**found, "creatinine_mg_dl": bounds("0", "0.3")}))
    assert none.because[0].text == "LDH x creatinine / platelets = 0 to 5"
    large = easix.grade(easix.Findings(**{**found, "ldh_u_l": D(3703703)}))
    assert large.because[0].text == "LDH x creatinine / platelets = 123500"
    part = easix.grade(easix.Findings(**{**found, "platelets_10e9_l": bounds("500", "1000")}))
    assert part.because[0].text == "LDH x creatinine / platelets = 0.5 to 1"


# What is asked for.

INPUTS = {each.scale.name: each for each in door.SCALES}


def test_crp_is_asked_for_in_mg_dl_and_handed_on_in_it() -> None:
    for stateless in door.SCALES:
        (crp,) = (each for each in stateless.inputs if each.name == "crp_mg_dl")
        assert (crp.kind, crp.unit) == ("crp", "mg/dL")
        assert "mg/dL" in crp.words
        found, _ = stateless.findings({"crp_mg_dl": D("1.2")})
        assert found.crp_mg_dl == D("1.2")
        part, _ = stateless.findings({"crp_mg_dl": "<0.3"})
        assert part.crp_mg_dl == Bounds(D(0), D("0.3"), False, True)


UNIT_OF = {
    "_10e9_l": "10*9/L",
    "_per_ul": "/uL",
    "_g_dl": "g/dL",
    "_mg_dl": "mg/dL",
    "_ng_ml": "ng/mL",
    "_u_l": "U/L",
}


def test_the_name_of_a_field_its_words_and_its_unit_agree() -> None:
    seen = set()
    for stateless in door.SCALES:
        for each in stateless.inputs:
            if each.form == "kind":
                unit = each.unit or KINDS[each.kind or ""].unit
                # "_mg_dl" ends in "g_dl" too: the longest ending is meant.
                ending = max((end for end in UNIT_OF if each.name.endswith(end)), key=len)
                assert unit == UNIT_OF[ending], each.name
                assert each.words.endswith(f" in {unit}"), each.name
                seen.add(ending)
        assert {each.name for each in stateless.inputs} == set(READ[stateless.scale.name])
    assert seen == set(UNIT_OF)


@pytest.mark.parametrize(
    ("scale", "field", "value", "words"),
    [
        ("car_hematotox", "disease", "cll", "send one of lbcl, mcl, mm, all, other"),
        ("car_hematotox", "age_years", D(131), "is not an age"),
        ("car_hematotox", "crp_mg_l", D(12), "is not a finding of car_hematotox"),
        ("car_hematotox", "crp_mg_dl", D(-1), "not possible"),
        (
            "easix",
            "time_point",
            "day_2",
            "send one of before_lymphodepletion, day_minus_1, day_1, day_3, other",
        ),
        ("easix", "platelets_10e9_l", D("NaN"), "finite"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_field(
    scale: str, field: str, value: Any, words: str
) -> None:
    with pytest.raises(FindingsError) as caught:
        INPUTS[scale].findings({field: value})
    assert words in caught.value.faults[field]


def test_platelets_per_microliter_are_doubted() -> None:
    _, doubts = INPUTS["easix"].findings({"platelets_10e9_l": D(15000)})
    assert "probably a count per microliter" in doubts["platelets_10e9_l"]


def test_the_diseases_of_the_car_hematotox() -> None:
    assert car_hematotox.DISEASES == ("lbcl", "mcl", "mm", "all", "other")


def test_the_time_points_of_easix() -> None:
    assert easix.TIME_POINTS == (
        "before_lymphodepletion", "day_minus_1", "day_1", "day_3", "other",
    )  # fmt: skip
