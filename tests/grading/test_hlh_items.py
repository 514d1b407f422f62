"""carHLH, HLH-2004 and HScore: each item by its name, what it rests on, and what it asks for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import carhlh, criterion, hlh_2004, hscore
from toxmon.grading.facts import Bounds

D = Decimal

HSCORE: dict[str, tuple[str, ...]] = {
    "known_immunosuppression": ("known_immunosuppression",),
    "temperature": ("temperature_c",),
    "organomegaly": ("hepatomegaly", "splenomegaly"),
    "lineages": ("hemoglobin_g_dl", "wbc_per_ul", "platelets_10e9_l"),
    "ferritin": ("ferritin_ng_ml",),
    "triglycerides": ("triglycerides_mg_dl",),
    "fibrinogen": ("fibrinogen_mg_dl",),
    "ast": ("ast_u_l",),
    "hemophagocytosis": ("hemophagocytosis",),
}


def test_the_items_of_the_hscore() -> None:
    nothing = hscore.nine(hscore.Findings())
    assert {item.name: item.findings for item in nothing} == HSCORE
    assert {item.name: item.missing for item in nothing} == HSCORE
    (reason,) = hscore.grade(hscore.Findings()).because
    assert reason.rule == "hscore.no_points"
    assert reason.findings == tuple(name for names in HSCORE.values() for name in names)
    full = hscore.nine(
        hscore.Findings(
            hepatomegaly=True,
            splenomegaly=False,
            hemoglobin_g_dl=D("9.2"),
            wbc_per_ul=D(4000),
            platelets_10e9_l=D(100),
        )
    )
    values = {item.name: item.value for item in full if item.value}
    assert values == {
        "organomegaly": "hepatomegaly yes, splenomegaly no",
        "lineages": "hemoglobin 9.2 g/dL, white cells 4000 /uL, platelets 100 x 10^9/L",
    }


BLOOD = ("hemoglobin_g_dl", "under_4_weeks_old", "age_years", "platelets_10e9_l", "anc_per_ul")
LIPIDS = ("triglycerides_mg_dl", "triglycerides_fasting", "fibrinogen_mg_dl")
HLH_2004: dict[str, tuple[tuple[str, ...], str]] = {
    "fever": (("fever",), "present"),
    "splenomegaly": (("splenomegaly",), "present"),
    "cytopenias": (
        BLOOD,
        "two of hemoglobin below 9 g/dL (10 under 4 weeks), platelets below 100 x 10^9/L, "
        "neutrophils below 1000 /uL",
    ),
    "lipids": (
        LIPIDS,
        "fasting triglycerides of 265 mg/dL or more, or fibrinogen of 150 mg/dL or less",
    ),
    "hemophagocytosis": (("hemophagocytosis",), "in marrow, spleen or lymph nodes"),
    "nk_activity": (("nk_activity",), "low or absent"),
    "ferritin": (("ferritin_ng_ml",), "500 ng/mL or more"),
    "soluble_cd25": (("soluble_cd25_u_ml",), "2400 U/mL or more"),
}
EIGHT = tuple(name for names, _ in HLH_2004.values() for name in names)


def test_the_criteria_of_hlh_2004() -> None:
    nothing = hlh_2004.eight(hlh_2004.Findings())
    assert {each.name: (each.findings, each.threshold) for each in nothing} == HLH_2004
    for each in nothing:
        # The age in years only spares the question whether it is a newborn.
        assert each.missing == tuple(name for name in each.findings if name != "age_years")
    answer = hlh_2004.grade(hlh_2004.Findings())
    assert answer.more["count"] == {"low": 0, "high": 8, "needed": 5}
    assert [item["name"] for item in answer.more["items"]] == list(HLH_2004)


# what is known, the rule, what it rests on
WHY_HLH_2004: tuple[tuple[dict[str, Any], str, tuple[str, ...]], ...] = (
    ({"hlh_molecular_diagnosis": True}, "molecular", ("hlh_molecular_diagnosis",)),
    ({}, "count_unknown", EIGHT),
    (
        dict.fromkeys(("fever", "splenomegaly", "hemophagocytosis"), True)
        | {"nk_activity": "absent", "ferritin_ng_ml": D(500)},
        "five",
        ("fever", "splenomegaly", "hemophagocytosis", "nk_activity", "ferritin_ng_ml"),
    ),
    (
        dict.fromkeys(("fever", "splenomegaly", "hemophagocytosis"), False)
        | {"nk_activity": "normal"},
        "fewer",
        ("hlh_molecular_diagnosis", *EIGHT),
    ),
)


@pytest.mark.parametrize(("known", "rule", "findings"), WHY_HLH_2004, ids=lambda it: str(it)[:40])
def test_why_hlh_2004(known: dict[str, Any], rule: str, findings: tuple[str, ...]) -> None:
    (reason,) = hlh_2004.grade(hlh_2004.Findings(**known)).because
    assert (reason.rule, reason.findings) == (f"hlh_2004.{rule}", findings)


# what is known of the blood, is the criterion met, what is missing
CYTOPENIAS: tuple[tuple[dict[str, Any], bool | None, tuple[str, ...]], ...] = (
    ({"platelets_10e9_l": D(99), "anc_per_ul": D(999)}, True, ()),
    (
        {"platelets_10e9_l": D(100), "anc_per_ul": D(999)},
        None,
        ("hemoglobin_g_dl", "under_4_weeks_old"),
    ),
    (
        {"platelets_10e9_l": D(100), "anc_per_ul": D(999), "hemoglobin_g_dl": D("9.5")},
        None,
        ("under_4_weeks_old",),
    ),
    (
        {"anc_per_ul": D(999), "hemoglobin_g_dl": D("9.5"), "age_years": D(1)},
        None,
        ("platelets_10e9_l",),
    ),
    (
        {"platelets_10e9_l": D(99), "hemoglobin_g_dl": D("9.5"), "age_years": D("0.5")},
        None,
        ("under_4_weeks_old", "anc_per_ul"),
    ),
    ({"platelets_10e9_l": D(100), "anc_per_ul": D(1000)}, False, ()),
)


@pytest.mark.parametrize(("known", "met", "missing"), CYTOPENIAS, ids=str)
def test_two_lineages_of_hlh_2004(
    known: dict[str, Any], met: bool | None, missing: tuple[str, ...]
) -> None:
    found = {each.name: each for each in hlh_2004.eight(hlh_2004.Findings(**known))}
    assert (found["cytopenias"].met, found["cytopenias"].missing) == (met, missing)


# what is known of fat and fibrinogen, is the criterion met, what is missing
FAT: tuple[tuple[dict[str, Any], bool | None, tuple[str, ...]], ...] = (
    ({"triglycerides_mg_dl": D(265), "triglycerides_fasting": True}, True, ()),
    ({"fibrinogen_mg_dl": D(150)}, True, ()),
    ({"fibrinogen_mg_dl": D(151), "triglycerides_mg_dl": D(264)}, False, ()),
    ({"fibrinogen_mg_dl": D(151)}, None, ("triglycerides_mg_dl", "triglycerides_fasting")),
    ({"triglycerides_mg_dl": D(264)}, None, ("fibrinogen_mg_dl",)),
    (
        {"triglycerides_mg_dl": D(300), "fibrinogen_mg_dl": D(151)},
        None,
        ("triglycerides_fasting",),
    ),
    (
        {
            "triglycerides_mg_dl": D(300),
            "triglycerides_fasting": False,
            "fibrinogen_mg_dl": D(151),
        },
        None,
        ("triglycerides_mg_dl",),
    ),
)


@pytest.mark.parametrize(("known", "met", "missing"), FAT, ids=str)
def test_the_lipids_of_hlh_2004(
    known: dict[str, Any], met: bool | None, missing: tuple[str, ...]
) -> None:
    found = {each.name: each for each in hlh_2004.eight(hlh_2004.Findings(**known))}
    assert (found["lipids"].met, found["lipids"].missing) == (met, missing)


ORGANS = {
    "liver": "CTCAE grade 3 or more of liver",
    "kidney": "CTCAE grade 3 or more of oliguria or creatinine",
    "lung": "CTCAE grade 3 or more of pulmonary edema",
    "hemophagocytosis": "in marrow or another organ",
}
OF_ORGANS = (
    "liver_grade",
    "oliguria_grade",
    "creatinine_grade",
    "pulmonary_edema_grade",
    "hemophagocytosis",
)
PEAK: dict[str, Any] = {"ferritin_peak_ng_ml": D(20000)}

# what is known, the rule, what it rests on, what is missing
WHY_CARHLH: tuple[tuple[dict[str, Any], str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        {},
        "unknown",
        ("ferritin_peak_ng_ml", "in_crs", *OF_ORGANS),
        ("ferritin_peak_ng_ml", "in_crs", *OF_ORGANS),
    ),
    ({"ferritin_peak_ng_ml": D(10000)}, "ferritin", ("ferritin_peak_ng_ml",), ()),
    ({**PEAK, "in_crs": False}, "outside_crs", ("in_crs",), ()),
    (
        {**PEAK, "in_crs": True, "hemophagocytosis": False, "liver_grade": 2, "oliguria_grade": 4},
        "unknown",
        ("ferritin_peak_ng_ml", "in_crs", *OF_ORGANS),
        ("pulmonary_edema_grade",),
    ),
    (
        {"hemophagocytosis": False, "liver_grade": 2, "pulmonary_edema_grade": 0},
        "organs",
        OF_ORGANS,
        (),
    ),
    (
        {**PEAK, "in_crs": True, "hemophagocytosis": True, "creatinine_grade": 3},
        "met",
        (
            "ferritin_peak_ng_ml",
            "in_crs",
            "oliguria_grade",
            "creatinine_grade",
            "hemophagocytosis",
        ),
        (),
    ),
)


@pytest.mark.parametrize("row", WHY_CARHLH, ids=lambda row: str(row[0])[:60])
def test_why_carhlh(row: tuple[dict[str, Any], str, tuple[str, ...], tuple[str, ...]]) -> None:
    known, rule, findings, missing = row
    answer = carhlh.grade(carhlh.Findings(**known))
    (reason,) = answer.because
    assert (reason.rule, reason.findings) == (f"carhlh.{rule}", findings)
    assert answer.missing == missing


def test_the_items_of_carhlh() -> None:
    answer = carhlh.grade(carhlh.Findings(oliguria_grade=2, creatinine_grade=D(1)))
    ferritin, during, *organs = answer.more["items"]
    assert (ferritin["name"], ferritin["threshold"]) == ("ferritin", "peak above 10000 ng/mL")
    assert (during["name"], during["threshold"]) == ("in_crs", "the peak is of the CRS phase")
    assert {organ["name"]: organ["threshold"] for organ in organs} == ORGANS
    assert answer.more["organs"] == {"low": 0, "high": 3, "needed": 2}
    assert organs[1]["value"] == "oliguria grade 2, creatinine grade 1"
    assert (organs[1]["met"], organs[1]["missing"]) == (False, [])
    assert organs[0]["value"] is None
    (reason,) = carhlh.grade(
        carhlh.Findings(**PEAK, in_crs=True, hemophagocytosis=True, creatinine_grade=3)
    ).because
    assert reason.text == "ferritin above 10,000 in CRS, with kidney and hemophagocytosis"


# a number, and how it is said
AMOUNTS = (
    (None, None),
    (D("4.50"), "4.50 mg/dL"),
    (Bounds(None, D(5), high_open=True), "below 5 mg/dL"),
    (Bounds(D(0), D(5)), "at most 5 mg/dL"),
    (Bounds(D(9), None), "at least 9 mg/dL"),
    (Bounds(D(9), None, low_open=True), "above 9 mg/dL"),
    (Bounds(None, None), "at least 0 mg/dL"),
)


@pytest.mark.parametrize(("number", "words"), AMOUNTS, ids=str)
def test_an_amount_in_words(number: Any, words: str | None) -> None:
    assert criterion.amount(number, "mg/dL") == words


def test_what_a_clinician_states_is_its_value() -> None:
    values = {known: criterion.stated("fever", known, "new").value for known in (True, False, None)}
    assert values == {True: "yes", False: "no", None: None}


def test_a_limit_in_words() -> None:
    assert criterion.limit(2, D(300), "ng/mL") == "(600 ng/mL)"
    assert criterion.limit(2, None, "ng/mL") == "(not known)"


def test_what_is_known_only_within_limits_is_missing_too() -> None:
    assert criterion.unknown(a=None, b=D(1), c=Bounds(D(1), None), d=False) == ("a", "c")
