"""IEC-HS, carHLH, HLH-2004 and HScore: what may be sent, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import iec_hs
from toxmon.scales.hlh import SCALES
from toxmon.scales.inputs import FindingsError

D = Decimal
SENT = {stateless.scale.name: stateless for stateless in SCALES}
REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("iec_hs", {"ferritin_ng_ml": "Infinity"}, "ferritin_ng_ml", "cannot be read"),
    ("iec_hs", {"ferritin_ng_ml": D("Infinity")}, "ferritin_ng_ml", "finite"),
    ("iec_hs", {"ferritin_ng_ml": D("NaN")}, "ferritin_ng_ml", "finite"),
    ("iec_hs", {"ferritin_ng_ml": D(-5)}, "ferritin_ng_ml", "not possible"),
    ("iec_hs", {"ferritin_uln_ng_ml": 0}, "ferritin_uln_ng_ml", "above 0"),
    ("iec_hs", {"ast_uln_u_l": D("-1")}, "ast_uln_u_l", "above 0"),
    ("iec_hs", {"fibrinogen_lln_mg_dl": D(0)}, "fibrinogen_lln_mg_dl", "above 0"),
    ("iec_hs", {"ferritin_uln_ng_ml": D("0.4")}, "ferritin_uln_ng_ml", "another unit"),
    ("iec_hs", {"fibrinogen_lln_mg_dl": D("1.8")}, "fibrinogen_lln_mg_dl", "another unit"),
    ("iec_hs", {"ast_uln_u_l": D("0.67")}, "ast_uln_u_l", "another unit"),
    ("iec_hs", {"hemophagocytosis": "maybe"}, "hemophagocytosis", "true or false"),
    ("iec_hs", {"hemophagocytosis": 1}, "hemophagocytosis", "true or false"),
    ("iec_hs", {"crs_state": "over"}, "crs_state", "none, active, resolving, resolved"),
    ("iec_hs", {"severity": "grade 3"}, "severity", "life_threatening"),
    ("iec_hs", {"crp": 12}, "crp", "not a finding of iec_hs"),
    ("carhlh", {"liver_grade": 6}, "liver_grade", "from 0 to 5"),
    ("carhlh", {"liver_grade": D("2.5")}, "liver_grade", "whole number"),
    ("hlh_2004", {"nk_activity": "reduced"}, "nk_activity", "normal, low, absent"),
    (
        "hlh_2004",
        {"under_4_weeks_old": True, "age_years": D(40)},
        "under_4_weeks_old",
        "age_years is 40",
    ),
    ("hscore", {"wbc_per_ul": D(-1)}, "wbc_per_ul", "not possible"),
    ("hscore", {"crp_mg_dl": D(3)}, "crp_mg_dl", "not a finding of hscore"),
]


@pytest.mark.parametrize(("scale", "sent", "field", "words"), REFUSED)
def test_refused(scale: str, sent: dict[str, Any], field: str, words: str) -> None:
    with pytest.raises(FindingsError) as refused:
        SENT[scale].findings(sent)
    assert set(refused.value.faults) == {field}
    assert words in refused.value.faults[field]


def test_every_fault_is_told_at_once() -> None:
    sent = {"ferritin_uln_ng_ml": 0, "ldh_uln_u_l": D("0.2"), "hemophagocytosis": "maybe"}
    with pytest.raises(FindingsError) as refused:
        SENT["iec_hs"].findings(sent)
    assert set(refused.value.faults) == set(sent)


def test_what_is_sent_is_graded_as_it_stands() -> None:
    findings, doubts = SENT["iec_hs"].findings(
        {
            "ferritin_ng_ml": ">40000",
            "ferritin_uln_ng_ml": 400,
            "ferritin_baseline_ng_ml": D("650.5"),
            "fibrinogen_mg_dl": 88,
            "crs_state": "resolved",
            "other_cause": None,
            "confirmed": True,
            "severity": "severe",
        }
    )
    answer = iec_hs.grade(findings)
    assert (answer.low, answer.high, answer.more["suspected"]) == (3, 3, True)
    assert doubts == {}
    assert answer.warnings == ("other_cause_not_stated",)


def test_an_implausible_value_is_graded_and_doubted() -> None:
    _, doubts = SENT["hscore"].findings({"triglycerides_mg_dl": D("1.8")})
    assert "mmol/L" in doubts["triglycerides_mg_dl"]
