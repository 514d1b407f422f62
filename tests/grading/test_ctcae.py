"""Every row of the page on CTCAE v5.0, by the program and by the second implementation."""

from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from tests.grading import second_ctcae
from tests.grading.columns_ctcae import READ
from tests.grading.tables import Row, rows
from toxmon.grading import ctcae
from toxmon.grading.grade import Grade
from toxmon.grading.scale import Scale

ROWS = rows(Path(__file__).parent / "ctcae.md")
SCALES: dict[str, Scale] = {scale.name: scale for scale in ctcae.SCALES}


def named(row: Row) -> str:
    return f"{row.heading}: {row.case}"


def graded(scale: str, **findings: object) -> Grade:
    given = {
        name: value if isinstance(value, bool) else Decimal(str(value))
        for name, value in findings.items()
    }
    answer = SCALES[scale].grade(SCALES[scale].findings(**given))
    assert isinstance(answer, Grade)
    return answer


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_row(row: Row) -> None:
    scale = SCALES[row.scale]
    answer = scale.grade(scale.findings(**row.given))
    warnings = {name for name in answer.warnings if row.stated or not name.endswith("_not_stated")}

    assert (answer.low, answer.high) == (row.low, row.high)
    assert answer.missing == tuple(name for name in row.columns if name in row.missing)
    assert warnings == row.warnings
    assert len(answer.warnings) == len(set(answer.warnings)), "a warning is given once"
    assert (answer.scale, answer.edition) == (row.scale, "ctcae-5.0")
    (reason,) = answer.because
    assert reason.rule.startswith(f"{row.scale}.")
    assert reason.source == scale.source
    assert set(reason.findings) <= set(READ[row.scale])


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_second_opinion_on_row(row: Row) -> None:
    assert second_ctcae.interval(row.scale, row.given) == (row.low, row.high)


@pytest.mark.parametrize("scale", SCALES)
def test_every_finding_is_known_in_a_row_and_blank_in_another(scale: str) -> None:
    asked = {field.name for field in fields(SCALES[scale].findings)}
    assert set(READ[scale]) == asked
    here = [row for row in ROWS if row.scale == scale]
    assert set().union(*(row.given for row in here)) == asked
    assert set().union(*(set(row.columns) - set(row.given) for row in here)) == asked


@pytest.mark.parametrize("scale", SCALES)
def test_every_warning_is_in_a_row_and_worded(scale: str) -> None:
    told = set().union(*(row.warnings for row in ROWS if row.scale == scale))
    assert told == set(SCALES[scale].warnings)


def test_every_row_has_its_source_and_what_is_from_memory_says_so() -> None:
    for row in ROWS:
        assert row.source.startswith("CTCAE v5.0, "), row.case
        if "was abnormal" in row.heading and row.case != "below 50":
            assert "from memory (0033)" in row.source, row.case


def test_every_scale_is_there_once() -> None:
    assert len(SCALES) == len(ctcae.SCALES) == 10
    assert {scale.edition for scale in ctcae.SCALES} == {"ctcae-5.0"}


TEXTS = [
    ("neutropenia", {}, "unknown", "neutrophils are not known"),
    ("neutropenia", {"anc_per_ul": 499}, "grade_4", "neutrophils below 500 /uL"),
    ("neutropenia", {"anc_per_ul": 500}, "grade_3", "neutrophils below 1000 /uL"),
    ("lymphopenia", {"alc_per_ul": 700}, "grade_2", "lymphocytes below 800 /uL"),
    ("cd4_lymphopenia", {"cd4_per_ul": 20}, "grade_4", "CD4 cells below 50 /uL"),
    (
        "thrombocytopenia",
        {"platelets_10e9_l": 120, "platelets_lln_10e9_l": 150},
        "grade_1",
        "platelets below the lower limit of normal, 150 10*9/L",
    ),
    (
        "thrombocytopenia",
        {"platelets_10e9_l": 150, "platelets_lln_10e9_l": 150},
        "normal",
        "platelets not below the lower limit of normal, 150 10*9/L",
    ),
    (
        "anemia",
        {"hemoglobin_g_dl": 13},
        "undecided",
        "hemoglobin may be normal; the lower limit of normal is not known",
    ),
    (
        "anemia",
        {"hemoglobin_g_dl": 9, "transfusion_indicated": True},
        "transfusion_indicated",
        "a transfusion of red cells is indicated",
    ),
    (
        "anemia",
        {"hemoglobin_g_dl": 7, "transfusion_indicated": True},
        "grade_3",
        "hemoglobin below 8 g/dL",
    ),
    ("anemia", {"life_threatening": True}, "life_threatening", "the anemia is life-threatening"),
    ("ast_increased", {}, "unknown", "AST is not known"),
    (
        "ast_increased",
        {"ast_u_l": 121, "ast_uln_u_l": 40, "ast_baseline_u_l": 30},
        "grade_2",
        "AST above 3 x the upper limit of normal",
    ),
    (
        "ast_increased",
        {"ast_u_l": 41, "ast_uln_u_l": 40, "ast_baseline_u_l": 30},
        "grade_1",
        "AST above the upper limit of normal",
    ),
    (
        "ast_increased",
        {"ast_u_l": 90, "ast_uln_u_l": 40, "ast_baseline_u_l": 60},
        "grade_1",
        "AST at 1.5 x the abnormal baseline or above",
    ),
    (
        "ast_increased",
        {"ast_u_l": 70, "ast_uln_u_l": 40, "ast_baseline_u_l": 60},
        "normal",
        "AST not at 1.5 x the abnormal baseline or above",
    ),
    (
        "ast_increased",
        {"ast_u_l": 40, "ast_uln_u_l": 40},
        "normal",
        "AST not above the upper limit of normal",
    ),
    (
        "ast_increased",
        {"ast_u_l": 90, "ast_baseline_u_l": 90},
        "normal",
        "AST not above the baseline",
    ),
    (
        "ast_increased",
        {"ast_u_l": 90},
        "undecided",
        "AST: the upper limit of normal and the baseline are not known",
    ),
    (
        "ast_increased",
        {"ast_u_l": 90, "ast_uln_u_l": 40},
        "undecided",
        "AST: the baseline is not known",
    ),
    (
        "creatinine_increased",
        {"creatinine_mg_dl": 1, "creatinine_uln_mg_dl": "1.2", "creatinine_baseline_mg_dl": "0.6"},
        "grade_2",
        "creatinine above 1.5 x the baseline",
    ),
    (
        "hypofibrinogenemia",
        {"fibrinogen_mg_dl": 49},
        "grade_4",
        "fibrinogen below 50 mg/dL",
    ),
    (
        "hypofibrinogenemia",
        {"fibrinogen_mg_dl": 100, "fibrinogen_lln_mg_dl": 200, "fibrinogen_baseline_mg_dl": 300},
        "grade_2",
        "fibrinogen below 0.75 x the lower limit of normal",
    ),
    (
        "hypofibrinogenemia",
        {"fibrinogen_mg_dl": 75, "fibrinogen_lln_mg_dl": 200, "fibrinogen_baseline_mg_dl": 150},
        "grade_3",
        "fibrinogen at 0.5 x the abnormal baseline or below",
    ),
    (
        "hypofibrinogenemia",
        {"fibrinogen_mg_dl": 100, "fibrinogen_baseline_mg_dl": 200},
        "undecided",
        "fibrinogen: the lower limit of normal is not known",
    ),
]


@pytest.mark.parametrize(("scale", "findings", "rule", "text"), TEXTS)
def test_the_reason_is_a_sentence_for_the_chart(
    scale: str, findings: dict[str, object], rule: str, text: str
) -> None:
    (reason,) = graded(scale, **findings).because
    assert (reason.rule, reason.text) == (f"{scale}.{rule}", text)


def test_a_product_of_a_limit_is_not_rounded() -> None:
    """A limit of 0.1 with a tail of 40 zeros and a one: three times it is not 0.3."""
    tail = "0." + "1" + "0" * 40 + "1"
    three_times = "0." + "3" + "0" * 40 + "3"
    known = {"bilirubin_uln_mg_dl": tail, "bilirubin_baseline_mg_dl": tail}
    on_the_line = graded("bilirubin_increased", bilirubin_mg_dl=three_times, **known)
    above = graded("bilirubin_increased", bilirubin_mg_dl=three_times + "1", **known)
    assert (on_the_line.value, above.value) == (2, 3)
