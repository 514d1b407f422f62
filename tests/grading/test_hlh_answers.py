"""IEC-HS, carHLH, HLH-2004 and HScore: what an answer says beside its low and high."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import Any

import pytest

from tests.grading import second_hlh
from tests.grading.test_hlh import SCALES
from toxmon.grading import hscore, iec_hs, iec_hs_criteria
from toxmon.grading.facts import Bounds

D = Decimal


def items(answer: Any) -> dict[str, Any]:
    found = answer.more.get("items") or answer.more["criteria"]["items"]
    return {item["name"]: item for item in found}


def test_a_criterion_says_the_limit_and_the_value_that_were_used() -> None:
    answer = iec_hs.grade(
        iec_hs.Findings(
            ferritin_ng_ml=Bounds(D(40000), None, low_open=True),
            ferritin_uln_ng_ml=D("336.2"),
            ast_u_l=D(300),
            ast_uln_u_l=D(40),
            ast_baseline_u_l=D("90.5"),
            alt_u_l=Bounds(D(0), D(5), high_open=True),
            fibrinogen_mg_dl=D("148.5"),
            fibrinogen_lln_mg_dl=D(200),
        )
    )
    found = items(answer)
    assert found["ferritin"]["group"] == "required"
    assert found["ferritin"]["value"] == "above 40000 ng/mL"
    assert "(672.4 ng/mL)" in found["ferritin"]["threshold"]
    assert "baseline (not known)" in found["ferritin"]["threshold"]
    assert found["transaminases"]["value"] == "AST 300 U/L, ALT below 5 U/L"
    assert "AST (452.5 U/L), ALT (not known)" in found["transaminases"]["threshold"]
    assert found["transaminases"]["missing"] == ["alt_u_l", "alt_uln_u_l"]
    assert found["fibrinogen"]["met"] is True
    assert "below the lower limit (200 mg/dL)" in found["fibrinogen"]["threshold"]
    assert found["hemophagocytosis"] == {
        "name": "hemophagocytosis",
        "group": "common",
        "met": None,
        "threshold": "in marrow or other tissue",
        "value": None,
        "missing": ["hemophagocytosis"],
    }
    assert [item["group"] for item in answer.more["criteria"]["items"]] == [
        "required",
        *["common"] * 4,
        *["possible"] * 9,
    ]
    assert "memory" in answer.more["note"]


def test_every_threshold_that_is_a_limit_of_the_laboratory_is_shown() -> None:
    answer = iec_hs.grade(
        iec_hs.Findings(
            ldh_uln_u_l=D(251),
            pt_uln_s=D("14.5"),
            aptt_s=D(40),
            aptt_uln_s=D("35.5"),
            coagulation_prolonged=False,
            bilirubin_direct_uln_mg_dl=D("0.3"),
            ferritin_rising=False,
            anc_per_ul=D(300),
            cytopenia_new=True,
        )
    )
    found = items(answer)
    assert found["ldh"]["threshold"] == "above the upper limit (251 U/L)"
    assert found["direct_bilirubin"]["threshold"] == "above the upper limit (0.3 mg/dL)"
    assert "PT above its upper limit (14.5 s)" in found["coagulation"]["threshold"]
    assert "aPTT above its upper limit (35.5 s)" in found["coagulation"]["threshold"]
    assert found["coagulation"]["value"] == "aPTT 40 s, prolonged no"
    assert found["ferritin"]["value"] == "not rising rapidly"
    assert found["cytopenias"]["value"] == "neutrophils 300 /uL, new worsening or refractory yes"
    assert found["splenomegaly"]["value"] is None
    assert found["ldh"]["missing"] == ["ldh_u_l"]


LIVER = ("ast_u_l", "ast_uln_u_l", "ast_baseline_u_l")
LIVER_TOO = ("alt_u_l", "alt_uln_u_l", "alt_baseline_u_l")
CLOTTING = ("pt_s", "pt_uln_s", "aptt_s", "aptt_uln_s", "coagulation_prolonged")

# each feature of IEC-HS, the findings that it rests on, and words of its threshold
FEATURES = (
    ("transaminases", (*LIVER, *LIVER_TOO), "5 x a baseline above it"),
    ("fibrinogen", ("fibrinogen_mg_dl", "fibrinogen_lln_mg_dl"), "below 150 mg/dL"),
    ("hemophagocytosis", ("hemophagocytosis",), "in marrow or other tissue"),
    ("cytopenias", ("anc_per_ul", "platelets_10e9_l", "cytopenia_new"), "below 500 /uL"),
    ("ldh", ("ldh_u_l", "ldh_uln_u_l"), "above the upper limit"),
    ("coagulation", CLOTTING, "or said to be prolonged"),
    (
        "direct_bilirubin",
        ("bilirubin_direct_mg_dl", "bilirubin_direct_uln_mg_dl"),
        "above the upper limit",
    ),
    ("splenomegaly", ("splenomegaly",), "new"),
    ("fever", ("fever",), "new or persistent"),
    ("neurotoxicity", ("neurotoxicity",), "present"),
    ("pulmonary_manifestation", ("pulmonary_manifestation",), "hypoxia, infiltrates or edema"),
    ("renal_insufficiency", ("renal_insufficiency",), "new"),
    ("triglycerides", ("triglycerides_mg_dl", "triglycerides_fasting"), "above 265 mg/dL, fasting"),
)


def test_each_feature_of_iec_hs_rests_on_its_findings_and_asks_for_them() -> None:
    nothing = iec_hs.Findings()
    found = (*iec_hs_criteria.common(nothing), *iec_hs_criteria.possible(nothing))
    assert [(each.name, each.findings) for each in found] == [each[:2] for each in FEATURES]
    for feature, (_, findings, words) in zip(found, FEATURES, strict=True):
        assert feature.met is None
        assert feature.value is None
        assert words in feature.threshold
        if len(words) < 20 and len(findings) == 1:
            assert feature.threshold == words
        # A baseline is asked for by the ferritin alone.
        asked = {name for name in findings if not name.endswith("_baseline_u_l")}
        assert set(feature.missing) == asked


def test_what_is_said_is_shown_as_it_was_said() -> None:
    told = iec_hs.Findings(cytopenia_new=False, coagulation_prolonged=True)
    found = items(iec_hs.grade(told))
    assert found["cytopenias"]["value"] == "new worsening or refractory no"
    assert found["coagulation"]["value"] == "prolonged yes"
    assert (found["cytopenias"]["met"], found["coagulation"]["met"]) == (False, True)


TESTS: tuple[tuple[dict[str, Any], bool | None, list[str]], ...] = (
    ({}, None, ["ast_u_l", "ast_uln_u_l", "alt_u_l", "alt_uln_u_l"]),
    ({"ast_u_l": D(201), "ast_uln_u_l": D(40)}, True, []),
    ({"ast_u_l": D(100), "ast_uln_u_l": D(40)}, None, ["alt_u_l", "alt_uln_u_l"]),
    ({"alt_u_l": D(100), "alt_uln_u_l": D(40)}, None, ["ast_u_l", "ast_uln_u_l"]),
    ({"alt_u_l": D(201), "alt_uln_u_l": D(40)}, True, []),
    ({"ast_u_l": D(100), "alt_u_l": D(100)}, None, ["ast_uln_u_l", "alt_uln_u_l"]),
    (
        {"ast_u_l": D(100), "ast_uln_u_l": D(40), "alt_u_l": D(100), "alt_uln_u_l": D(40)},
        False,
        [],
    ),
)


@pytest.mark.parametrize(("known", "met", "missing"), TESTS, ids=str)
def test_transaminases_ask_for_the_test_that_can_still_tell(
    known: dict[str, Any], met: bool | None, missing: list[str]
) -> None:
    found = items(iec_hs.grade(iec_hs.Findings(**known)))["transaminases"]
    assert (found["met"], found["missing"]) == (met, missing)


@pytest.mark.parametrize(
    ("known", "missing"),
    [
        ({"platelets_10e9_l": D(10)}, ["cytopenia_new"]),
        ({"anc_per_ul": D(10)}, ["cytopenia_new"]),
        ({"cytopenia_new": True}, ["anc_per_ul", "platelets_10e9_l"]),
        ({"cytopenia_new": True, "anc_per_ul": D(900)}, ["platelets_10e9_l"]),
        ({"cytopenia_new": True, "platelets_10e9_l": D(90)}, ["anc_per_ul"]),
        ({"cytopenia_new": False}, []),
    ],
)
def test_a_criterion_asks_only_for_what_can_tell(known: dict[str, Any], missing: list[str]) -> None:
    assert items(iec_hs.grade(iec_hs.Findings(**known)))["cytopenias"]["missing"] == missing


NO_FERRITIN = {
    "ferritin_ng_ml": D(100),
    "ferritin_uln_ng_ml": D(300),
    "ferritin_baseline_ng_ml": D(100),
    "ferritin_rising": False,
}

BECAUSE: list[tuple[str, dict[str, Any], str, str]] = [
    ("carhlh", {"ferritin_peak_ng_ml": D(9000)}, "ferritin", "10,000 ng/mL or less"),
    (
        "carhlh",
        {"ferritin_peak_ng_ml": D(90000), "in_crs": False},
        "outside_crs",
        "was not during CRS",
    ),
    ("carhlh", {"ferritin_peak_ng_ml": D(90000), "in_crs": True}, "unknown", "not all"),
    (
        "carhlh",
        {"liver_grade": 0, "pulmonary_edema_grade": 0, "hemophagocytosis": False},
        "organs",
        "fewer than two",
    ),
    (
        "carhlh",
        {
            "ferritin_peak_ng_ml": D(90000),
            "in_crs": True,
            "liver_grade": 3,
            "oliguria_grade": 0,
            "pulmonary_edema_grade": 4,
        },
        "met",
        "with liver and lung",
    ),
    ("hlh_2004", {"hlh_molecular_diagnosis": True}, "molecular", "a molecular diagnosis"),
    ("hlh_2004", {}, "count_unknown", "0 to 8 of 8 criteria are met; 5 are needed"),
    (
        "hlh_2004",
        {
            "hlh_molecular_diagnosis": False,
            "fever": True,
            "splenomegaly": True,
            "hemophagocytosis": True,
            "nk_activity": "low",
            "soluble_cd25_u_ml": D(5000),
        },
        "five",
        "5 of 8 criteria: fever, splenomegaly, hemophagocytosis, nk activity, soluble cd25",
    ),
    (
        "hlh_2004",
        {
            "hlh_molecular_diagnosis": False,
            "fever": False,
            "splenomegaly": False,
            "hemophagocytosis": False,
            "nk_activity": "normal",
        },
        "fewer",
        "at most 4 of 8 criteria; 5 are needed",
    ),
    (
        "hlh_2004",
        {
            "fever": False,
            "splenomegaly": False,
            "hemophagocytosis": False,
            "nk_activity": "normal",
            "ferritin_ng_ml": D(9000),
            "soluble_cd25_u_ml": D(100),
            "fibrinogen_mg_dl": D(400),
            "triglycerides_mg_dl": D(100),
            "hemoglobin_g_dl": D(12),
            "anc_per_ul": D(3000),
        },
        "fewer",
        "1 of 8 criteria; 5 are needed, or a molecular diagnosis, which is not known",
    ),
    ("hscore", {"ast_u_l": D(20)}, "no_points", "no item is known to have points"),
    (
        "hscore",
        {"known_immunosuppression": True},
        "known_immunosuppression",
        "known immunosuppression (yes): 18 points",
    ),
    ("hscore", {"hepatomegaly": True}, "organomegaly", "(hepatomegaly yes): at least 23 points"),
    ("iec_hs", {"confirmed": True, "severity": "mild"}, "severity_mild", "treatment not known"),
    (
        "iec_hs",
        {"confirmed": True, "intervention": False},
        "severity_unknown",
        "not treated; severity not known",
    ),
    (
        "iec_hs",
        {"confirmed": True, "severity": "none", "intervention": True},
        "severity_none",
        "without symptoms, treated",
    ),
    ("iec_hs", {"death_due_to_iec_hs": True}, "death", "death due to IEC-HS"),
    ("iec_hs", {"other_cause": True}, "other_cause", "another cause"),
    ("iec_hs", {"confirmed": False}, "ruled_out", "ruled out by a clinician"),
    ("iec_hs", {}, "not_confirmed", "neither confirmed nor ruled out"),
    ("iec_hs", NO_FERRITIN, "required_not_met", "neither high enough nor rising rapidly"),
    ("iec_hs", {"confirmed": True, "severity": "death"}, "severity_death", "fatal"),
    (
        "iec_hs",
        {"confirmed": True, "severity": "life_threatening"},
        "severity_life_threatening",
        "life-threatening IEC-HS",
    ),
    ("iec_hs", {"confirmed": True, "severity": "severe"}, "severity_severe", "severe IEC-HS"),
    ("iec_hs", {"confirmed": True, "severity": "moderate"}, "severity_moderate", "moderate"),
]


def test_each_severity_that_can_be_charted_has_its_grade() -> None:
    answers = {
        severity: iec_hs.grade(
            iec_hs.Findings(confirmed=True, severity=severity, intervention=False)
        ).value
        for severity in iec_hs.SEVERITIES
    }
    assert answers == {
        "none": 1, "mild": 1, "moderate": 2, "severe": 3, "life_threatening": 4, "death": 5,
    }  # fmt: skip


@pytest.mark.parametrize(("scale", "known", "rule", "words"), BECAUSE)
def test_because(scale: str, known: dict[str, Any], rule: str, words: str) -> None:
    (reason,) = SCALES[scale].grade(SCALES[scale].findings(**known)).because
    assert reason.rule == f"{scale}.{rule}"
    assert words in reason.text
    if len(words) > 40:
        assert reason.text == words


@pytest.mark.parametrize("scale", SCALES)
def test_findings_cannot_be_changed_and_are_named(scale: str) -> None:
    findings = SCALES[scale].findings
    with pytest.raises(FrozenInstanceError):
        findings().hemophagocytosis = True
    with pytest.raises(TypeError):
        findings(None)


def test_the_highest_hscore_is_the_sum_of_what_the_items_can_have() -> None:
    assert sum(item.high for item in hscore.nine(hscore.Findings())) == hscore.HIGHEST


def test_the_items_of_the_hscore_are_their_points() -> None:
    answer = hscore.grade(hscore.Findings(ferritin_ng_ml=D(3000), fibrinogen_mg_dl=D(250)))
    found = {name: (item["low"], item["high"]) for name, item in items(answer).items()}
    assert found["ferritin"] == (35, 35)
    assert found["fibrinogen"] == (30, 30)
    assert found["temperature"] == (0, 49)
    assert sum(high for _, high in found.values()) == 337 - 15
    assert items(answer)["known_immunosuppression"]["value"] is None
    assert items(answer)["known_immunosuppression"]["missing"] == ["known_immunosuppression"]
    assert answer.more["best_cut_off"] == {
        "points": 169, "sensitivity_percent": 93, "specificity_percent": 86,
    }  # fmt: skip
    assert {reason.text for reason in answer.because} == {
        "ferritin (3000 ng/mL): 35 points",
        "fibrinogen (250 mg/dL): 30 points",
    }
    answer = hscore.grade(hscore.Findings(known_immunosuppression=False))
    assert items(answer)["known_immunosuppression"]["value"] == "no"


def test_the_probability_is_what_the_table_says() -> None:
    for low in range(hscore.HIGHEST + 1):
        for high in range(low, hscore.HIGHEST + 1):
            expected = second_hlh.hscore_probability(low, high)
            assert hscore.probability(low, high) == expected, (low, high)


@pytest.mark.parametrize(("points", "percent"), hscore.PROBABILITY.items())
def test_the_probability_of_a_score_in_the_table(points: int, percent: int) -> None:
    assert hscore.probability(points, points) == f"{percent} %"
    assert f"{percent} %" in hscore.probability(points - 1, points)
