"""IEC-HS, carHLH, HLH-2004 and HScore: every row of their pages, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.grading import second_hlh
from tests.grading.columns_hlh import READ
from tests.grading.tables import Row, rows
from toxmon.grading import carhlh, hlh_2004, hscore, iec_hs
from toxmon.grading.facts import Bounds
from toxmon.grading.scale import Scale
from toxmon.scales.hlh import SCALES as STATELESS
from toxmon.scales.inputs import FindingsError

HERE = Path(__file__).parent
SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (*iec_hs.SCALES, *carhlh.SCALES, *hlh_2004.SCALES, *hscore.SCALES)
}
SECOND: Mapping[str, Callable[[Mapping[str, Any]], tuple[int, int]]] = {
    "iec_hs": second_hlh.iec_hs,
    "carhlh": second_hlh.carhlh,
    "hlh_2004": second_hlh.hlh_2004,
    "hscore": second_hlh.hscore,
}
ROWS = [row for scale in SCALES for row in rows(HERE / f"{scale}.md")]
IN_WORDS = {True: "yes", False: "no", None: "unknown"}
SENT = {stateless.scale.name: stateless for stateless in STATELESS}
D = Decimal


def named(row: Row) -> str:
    return f"{row.scale}: {row.heading}: {row.case}"


def told(more: Any, path: str) -> str:
    for step in path.split("."):
        more = more[step]
    return IN_WORDS[more] if more is None or isinstance(more, bool) else str(more)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_row(row: Row) -> None:
    scale = SCALES[row.scale]
    answer = scale.grade(scale.findings(**row.given))
    warnings = {code for code in answer.warnings if row.stated or not code.endswith("_not_stated")}

    assert (answer.low, answer.high) == (row.low, row.high)
    assert answer.value == (row.low if row.low == row.high else None)
    assert set(answer.missing) == row.missing
    assert warnings == row.warnings
    assert {path: told(answer.more, path) for path in row.more} == row.more
    assert len(answer.missing) == len(set(answer.missing)), "a finding is named once"
    assert len(answer.warnings) == len(set(answer.warnings)), "a warning is given once"
    assert answer.because, "an answer says because"
    asked = {field.name for field in fields(scale.findings)}
    for reason in answer.because:
        assert all((reason.rule.startswith(f"{row.scale}."), reason.text, reason.source))
        assert reason.findings, "a reason names its findings"
        assert set(reason.findings) <= asked


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_second_opinion_on_row(row: Row) -> None:
    assert SECOND[row.scale](row.given) == (row.low, row.high)


@pytest.mark.parametrize("scale", SCALES)
def test_every_finding_is_known_in_a_row_and_blank_in_another(scale: str) -> None:
    asked = {field.name for field in fields(SCALES[scale].findings)}
    assert set(READ[scale]) == asked
    assert {each.name for each in SENT[scale].inputs} == asked
    here = [row for row in ROWS if row.scale == scale]
    assert {name for row in here for name in row.given} == asked
    assert {name for row in here for name in asked - set(row.given)} == asked


@pytest.mark.parametrize("scale", SCALES)
def test_every_warning_is_in_a_row_and_every_missing_is_a_finding(scale: str) -> None:
    here = [row for row in ROWS if row.scale == scale]
    assert {code for row in here for code in row.warnings} == set(SCALES[scale].warnings)
    assert {name for row in here for name in row.missing} <= set(READ[scale])


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_an_answer_is_plain_data(row: Row) -> None:
    scale = SCALES[row.scale]

    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(each) for key, each in value.items())
        if isinstance(value, list | tuple):
            return all(plain(each) for each in value)
        return value is None or isinstance(value, str | bool | int | Decimal)

    assert plain(dict(scale.grade(scale.findings(**row.given)).more))


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


def test_the_items_of_the_hscore_are_their_points() -> None:
    answer = hscore.grade(hscore.Findings(ferritin_ng_ml=D(3000), fibrinogen_mg_dl=D(250)))
    found = {name: (item["low"], item["high"]) for name, item in items(answer).items()}
    assert found["ferritin"] == (35, 35)
    assert found["fibrinogen"] == (30, 30)
    assert found["temperature"] == (0, 49)
    assert sum(high for _, high in found.values()) == 337 - 15
    assert {reason.text for reason in answer.because} == {
        "ferritin (3000 ng/mL): 35 points",
        "fibrinogen (250 mg/dL): 30 points",
    }


def test_the_probability_is_what_the_table_says() -> None:
    for low in range(hscore.HIGHEST + 1):
        for high in range(low, hscore.HIGHEST + 1):
            expected = second_hlh.hscore_probability(low, high)
            assert hscore.probability(low, high) == expected, (low, high)


@pytest.mark.parametrize(("points", "percent"), hscore.PROBABILITY.items())
def test_the_probability_of_a_score_in_the_table(points: int, percent: int) -> None:
    assert hscore.probability(points, points) == f"{percent} %"
    assert f"{percent} %" in hscore.probability(points - 1, points)


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


NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ([], None),
        ([(0, 900)], None),
        # Twice in 24 hours.
        ([(-24, 500), (0, 1000)], (24, 500, 1000, 500, 2)),
        # Four times in 48 hours is a factor of 2, and half of the difference, in 24.
        ([(-48, 500), (0, 2000)], (48, 500, 2000, 750, 2)),
        # Twice in 12 hours is a factor of 4 in 24.
        ([(-12, 500), (0, 1000)], (12, 500, 1000, 1000, 4)),
        # Too short, too long, and both ends of what is allowed.
        ([(-11.99, 500), (0, 1000)], None),
        ([(-72.01, 500), (0, 1000)], None),
        ([(-72, 500), (0, 500)], (72, 500, 500, 0, 1)),
        # The nearest to 24 hours; of two equally near the older.
        ([(-70, 100), (-30, 400), (-14, 800), (0, 900)], (30, 400, 900, 400, None)),
        ([(-28, 400), (-20, 800), (0, 900)], (28, 400, 900, None, None)),
        # A short neighbor does not hide the older value.
        ([(-24, 500), (-2, 900), (0, 1000)], (24, 500, 1000, 500, 2)),
        # A fall.
        ([(-24, 1000), (0, 500)], (24, 1000, 500, -500, D("0.5"))),
        # From nothing there is no factor.
        ([(-24, D("0.9")), (0, 500)], (24, D("0.9"), 500, D("499.1"), "none")),
        # Two values at one instant: the higher counts.
        ([(-24, 500), (-24, 400), (0, 800), (0, 1000)], (24, 500, 1000, 500, 2)),
    ],
)
def test_the_rise_of_ferritin(
    drawn: list[tuple[float, Any]], expected: tuple[Any, ...] | None
) -> None:
    values = [(NOON + hours(at), D(value)) for at, value in drawn]
    rise = iec_hs.rise_per_24_h(values)
    assert rise == iec_hs.rise_per_24_h(values[::-1])
    if expected is None:
        assert rise is None
        return
    assert rise is not None
    span, before, after, difference, ratio = expected
    assert (rise["hours"], rise["from_ng_ml"], rise["to_ng_ml"]) == (span, before, after)
    if difference is not None:
        assert rise["per_24_h"] == difference
    if ratio == "none":
        assert rise["ratio_per_24_h"] is None
    elif ratio is not None:
        assert rise["ratio_per_24_h"] == ratio


@pytest.mark.parametrize(
    ("first_met", "expected"),
    [
        ([], None),
        ([0], None),
        ([0, 0], True),
        ([0, 72], True),
        ([72, 0], True),
        ([0, 72.001], False),
        ([0, 40, 80], False),
        ([-10, 30, 60], True),
    ],
)
def test_together(first_met: list[float], expected: bool | None) -> None:
    since = {f"feature {place}": NOON + hours(at) for place, at in enumerate(first_met)}
    assert iec_hs.together(since) is expected
