"""Every row of the page on CTCAE v5.0, by the program and by the second implementation."""

import re
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest

from tests.every import every
from tests.grading import second_ctcae
from tests.grading.columns_ctcae import READ
from tests.grading.tables import Row, rows
from toxmon.grading import ctcae
from toxmon.grading.facts import Bounds
from toxmon.grading.grade import Grade
from toxmon.grading.kinds import KINDS
from toxmon.grading.scale import Scale
from toxmon.scales import ctcae as door
from toxmon.scales.inputs import FindingsError, Stateless

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


@every("row", ROWS, ids=named)
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


def test_every_scale_is_called_as_in_the_publication() -> None:
    assert {scale.name: scale.title for scale in ctcae.SCALES} == {
        "neutropenia": "Neutrophil count decreased",
        "anemia": "Anemia",
        "thrombocytopenia": "Platelet count decreased",
        "lymphopenia": "Lymphocyte count decreased",
        "cd4_lymphopenia": "CD4 lymphocytes decreased",
        "hypofibrinogenemia": "Fibrinogen decreased",
        "creatinine_increased": "Creatinine increased",
        "ast_increased": "Aspartate aminotransferase increased",
        "alt_increased": "Alanine aminotransferase increased",
        "bilirubin_increased": "Blood bilirubin increased",
    }
    assert len(SCALES) == len(ctcae.SCALES)
    for scale in ctcae.SCALES:
        assert scale.edition == "ctcae-5.0"
        assert scale.source == "CTCAE v5.0, US National Cancer Institute, 27 November 2017"
        for words in scale.warnings.values():
            assert re.fullmatch(r"[A-Z][a-z]+ .*\.", words), words


def test_a_count_known_in_part_says_so() -> None:
    part = SCALES["neutropenia"].findings(
        anc_per_ul=Bounds(Decimal(1600), None), anc_lln_per_ul=Decimal(1800)
    )
    answer = SCALES["neutropenia"].grade(part)
    assert (answer.low, answer.high) == (0, 1)
    assert answer.because[0].text == "neutrophils may be normal; known only within limits"


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
    ("bilirubin_increased", {}, "unknown", "bilirubin is not known"),
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


@pytest.mark.parametrize(
    ("scale", "known", "span", "text"),
    [
        (
            "ast_increased",
            {"ast_u_l": "130", "ast_uln_u_l": "40"},
            {"ast_baseline_u_l": ("30", "43")},
            "AST above 3 x the upper limit of normal, or above 3 x the abnormal baseline",
        ),
        (
            "ast_increased",
            {"ast_u_l": "130", "ast_uln_u_l": "40"},
            {"ast_baseline_u_l": ("30", "70")},
            "AST at 1.5 x the abnormal baseline or above",
        ),
        (
            "ast_increased",
            {"ast_uln_u_l": "40", "ast_baseline_u_l": "30"},
            {"ast_u_l": ("30", "130")},
            "AST: a number is known only within limits",
        ),
        (
            "hypofibrinogenemia",
            {"fibrinogen_mg_dl": "49", "fibrinogen_lln_mg_dl": "200"},
            {"fibrinogen_baseline_mg_dl": ("150", "250")},
            "fibrinogen below 50 mg/dL",
        ),
    ],
)
def test_the_reason_where_a_number_is_known_in_part(
    scale: str, known: dict[str, str], span: dict[str, tuple[str, str]], text: str
) -> None:
    given: dict[str, object] = {name: Decimal(number) for name, number in known.items()}
    for name, (low, high) in span.items():
        given[name] = Bounds(Decimal(low), Decimal(high))
    (reason,) = SCALES[scale].grade(SCALES[scale].findings(**given)).because
    assert reason.text == text


def test_a_product_of_a_limit_is_not_rounded() -> None:
    """A limit of 0.1 with a tail of 40 zeros and a one: three times it is not 0.3."""
    tail = "0." + "1" + "0" * 40 + "1"
    three_times = "0." + "3" + "0" * 40 + "3"
    known = {"bilirubin_uln_mg_dl": tail, "bilirubin_baseline_mg_dl": tail}
    on_the_line = graded("bilirubin_increased", bilirubin_mg_dl=three_times, **known)
    above = graded("bilirubin_increased", bilirubin_mg_dl=three_times + "1", **known)
    assert (on_the_line.value, above.value) == (2, 3)


# What is asked for.

INPUTS: dict[str, Stateless] = {each.scale.name: each for each in door.SCALES}
UNIT_OF = {
    "_per_ul": "/uL",
    "_g_dl": "g/dL",
    "_10e9_l": "10*9/L",
    "_mg_dl": "mg/dL",
    "_u_l": "U/L",
}


def test_every_scale_can_be_asked_for_and_asks_what_the_rule_takes() -> None:
    assert list(INPUTS) == list(SCALES)
    for name, stateless in INPUTS.items():
        assert {each.name for each in stateless.inputs} == set(READ[name])


def test_the_name_of_a_field_its_words_and_its_unit_agree() -> None:
    seen = set()
    for stateless in INPUTS.values():
        for each in stateless.inputs:
            if each.form == "yes_no":
                continue
            unit = each.unit or KINDS[each.kind or ""].unit
            # "_mg_dl" ends in "g_dl" too: the longest ending is meant.
            ending = max((end for end in UNIT_OF if each.name.endswith(end)), key=len)
            assert unit == UNIT_OF[ending], each.name
            assert each.words.endswith(f" in {unit}"), each.name
            assert each.over is None, "each field is asked for in the unit of its kind"
            seen.add(ending)
    assert seen == set(UNIT_OF)


LIMITS = [
    (name, each.name)
    for name, stateless in INPUTS.items()
    for each in stateless.inputs
    if each.form == "limit"
]


@pytest.mark.parametrize(("scale", "field"), LIMITS)
@pytest.mark.parametrize("number", [0, Decimal("0.0"), Decimal(-3)])
def test_a_limit_of_zero_is_refused_by_its_field(scale: str, field: str, number: Decimal) -> None:
    with pytest.raises(FindingsError) as caught:
        INPUTS[scale].findings({field: number})
    assert "send a number above 0, in " in caught.value.faults[field]


def test_there_is_a_limit_for_each_scale_and_a_baseline_for_chemistry() -> None:
    assert len(LIMITS) == 10 + 5


SLIPS = [
    ("neutropenia", "anc_lln_per_ul", "1.8", "probably thousands per microliter are missing"),
    ("lymphopenia", "alc_lln_per_ul", "1.0", "probably thousands per microliter are missing"),
    ("cd4_lymphopenia", "cd4_lln_per_ul", "0.5", "probably thousands per microliter are missing"),
    ("anemia", "hemoglobin_lln_g_dl", "120", "probably g/L"),
    ("thrombocytopenia", "platelets_lln_10e9_l", "150000", "probably a count per microliter"),
    ("hypofibrinogenemia", "fibrinogen_lln_mg_dl", "1.8", "probably g/L"),
    ("hypofibrinogenemia", "fibrinogen_baseline_mg_dl", "3.1", "probably g/L"),
    ("creatinine_increased", "creatinine_uln_mg_dl", "106", "probably umol/L"),
    ("creatinine_increased", "creatinine_baseline_mg_dl", "80", "probably umol/L"),
    ("ast_increased", "ast_uln_u_l", "0.6", "probably ukat/L"),
    ("alt_increased", "alt_baseline_u_l", "0.6", "probably ukat/L"),
    ("bilirubin_increased", "bilirubin_uln_mg_dl", "21", "probably umol/L"),
    ("bilirubin_increased", "bilirubin_uln_mg_dl", "15.1", "probably umol/L"),
    ("bilirubin_increased", "bilirubin_baseline_mg_dl", "150", "probably umol/L"),
]


@pytest.mark.parametrize(("scale", "field", "number", "words"), SLIPS)
def test_a_limit_in_another_unit_is_refused_by_its_field(
    scale: str, field: str, number: str, words: str
) -> None:
    with pytest.raises(FindingsError) as caught:
        INPUTS[scale].findings({field: Decimal(number)})
    unit = next(each.unit for each in INPUTS[scale].inputs if each.name == field)
    assert caught.value.faults == {field: f"is {number}, {words}; send it in {unit}"}


def test_a_limit_that_is_ordinary_or_only_rare_is_read() -> None:
    sent = {
        "bilirubin_mg_dl": Decimal("2.5"),
        "bilirubin_uln_mg_dl": Decimal(15),
        "bilirubin_baseline_mg_dl": Decimal(16),
    }
    found, doubts = INPUTS["bilirubin_increased"].findings(sent)
    assert not doubts
    assert found == SCALES["bilirubin_increased"].findings(**sent)
    nothing, _ = INPUTS["anemia"].findings({"hemoglobin_lln_g_dl": None})
    assert nothing == SCALES["anemia"].findings()
