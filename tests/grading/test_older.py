"""The CRS scales before 2019 and CRES: every row of their pages, and what is sent and refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.every import every
from tests.grading import second_cres, second_older
from tests.grading.columns_older import READ
from tests.grading.tables import Row, rows
from toxmon.grading import cres, crs, icans, older_crs
from toxmon.grading.facts import Bounds
from toxmon.grading.scale import Scale
from toxmon.scales.inputs import FindingsError
from toxmon.scales.older import SCALES as STATELESS

HERE = Path(__file__).parent
SCALES: Mapping[str, Scale] = {scale.name: scale for scale in (*older_crs.SCALES, *cres.SCALES)}
SECOND: Mapping[str, Callable[[Mapping[str, Any]], tuple[int, int]]] = {
    **{name: partial(second_older.interval, name) for name in second_older.SCALES},
    "cres": second_cres.interval,
}
ROWS = [row for scale in SCALES for row in rows(HERE / f"{scale}.md")]
SENT = {stateless.scale.name: stateless for stateless in STATELESS}
TOLD_BY_THE_COURSE = {"hypotension_provisional"}
D = Decimal
AIR: dict[str, Any] = {"oxygen_device": "room_air"}
NOBODY_ILL: dict[str, Any] = {
    "constitutional_symptoms": False,
    "hypotension": False,
    "fluids_for_hypotension": False,
    "vasopressors": (),
    **AIR,
}


def named(row: Row) -> str:
    return f"{row.scale}: {row.heading}: {row.case}"


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_row(row: Row) -> None:
    scale = SCALES[row.scale]
    answer = scale.grade(scale.findings(**row.given))
    warnings = {code for code in answer.warnings if row.stated or not code.endswith("_not_stated")}

    assert (answer.low, answer.high) == (row.low, row.high)
    assert answer.value == (row.low if row.low == row.high else None)
    assert set(answer.missing) == row.missing
    assert warnings == row.warnings
    assert len(answer.missing) == len(set(answer.missing)), "a finding is named once"
    assert len(answer.warnings) == len(set(answer.warnings)), "a warning is given once"
    assert answer.because, "a grade says because"
    asked = {field.name for field in fields(scale.findings)}
    for reason in answer.because:
        assert all((reason.rule.startswith(f"{row.scale}."), reason.text, reason.source))
        assert set(reason.findings) <= asked


@every("row", ROWS, ids=named)
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
    told = {code for row in here for code in row.warnings}
    assert told == set(SCALES[scale].warnings) - TOLD_BY_THE_COURSE
    items = set(cres.CHARTED_AS.values()) if scale == "cres" else set()
    assert {name for row in here for name in row.missing} <= set(READ[scale]) | items


SAME_PATIENT = [row for row in ROWS if row.heading.startswith("The same patient")]


@pytest.mark.parametrize("row", SAME_PATIENT, ids=named)
def test_the_consensus_grade_in_the_name_of_a_case_is_right(row: Row) -> None:
    name, points = re.search(r"; (ASTCT|ICANS) (\d)", row.case).groups()  # type: ignore[union-attr]
    consensus = crs if name == "ASTCT" else icans
    asked = {field.name for field in fields(consensus.Findings)}
    given = {key: value for key, value in row.given.items() if key in asked}
    if name == "ASTCT":
        # Nobody has had CRS before, and a fluid is no drug that waives the fever.
        given |= {"prior_crs_fever": False, "treated_since_onset": False}
    else:
        # A score that the ICE shares, and nothing that CRES does not ask.
        given |= {"ice_score": row.given["cartox_10_score"], "age_years": D(60), "icp_signs": ()}
        given |= {"seizure_seconds": D(60)}
    answer = consensus.grade(consensus.Findings(**given))
    assert (answer.low, answer.high) == (int(points), int(points))


def test_one_set_of_findings_is_sent_to_all_four() -> None:
    body = {
        "temperature_c": D("38.9"),
        "constitutional_symptoms": False,
        "hypotension": True,
        "fluids_for_hypotension": True,
        "vasopressors": ["norepinephrine"],
        "vasopressor_high_dose": False,
        "vasopressor_hours": 24,
        "oxygen_device": "nasal_cannula",
        "fraction_inspired_oxygen_percent": 30,
        "organ_toxicity_grade": 1,
        "transaminase_grade": 0,
        "creatinine_grade": 1,
    }
    answers = {}
    for name in second_older.SCALES:
        findings, doubts = SENT[name].findings(body)
        assert doubts == {}
        answer = SCALES[name].grade(findings)
        answers[name] = (answer.low, answer.high)
    assert answers == {
        "crs_lee_2014": (2, 2),
        "crs_penn": (3, 3),
        "crs_mskcc": (3, 3),
        "crs_cartox": (2, 2),
    }


WHY = [
    (
        {"temperature_c": D(37), "hypotension": False, "vasopressors": (), **AIR},
        ["crs_mskcc.unknown"],
        ["no finding of the table is certain; some are not known"],
    ),
    (
        {**NOBODY_ILL, "temperature_c": D(37)},
        ["crs_mskcc.none"],
        ["no finding of the table is present"],
    ),
    (
        {**NOBODY_ILL, "temperature_c": D(39), "fever_other_cause": True},
        ["crs_mskcc.fever_other_cause", "crs_mskcc.none"],
        ["the fever has another cause", "no finding of the table is present"],
    ),
    (
        {**NOBODY_ILL, "temperature_c": D(39), "constitutional_symptoms": True},
        ["crs_mskcc.fever", "crs_mskcc.constitutional_symptoms"],
        ["fever of 38.0 Cel or more", "constitutional symptoms"],
    ),
    ({"death_due_to_crs": True}, ["crs_mskcc.death"], ["death due to CRS"]),
]


@pytest.mark.parametrize(("given", "rules", "texts"), WHY)
def test_why(given: dict[str, Any], rules: list[str], texts: list[str]) -> None:
    answer = older_crs.MSKCC.grade(older_crs.Findings(**given))
    assert [reason.rule for reason in answer.because] == rules
    assert [reason.text for reason in answer.because] == texts
    for reason in answer.because:
        assert reason.source == older_crs.MSKCC.source
        assert all(given.get(name) is not None for name in reason.findings)


def test_nothing_present_rests_on_what_was_charted() -> None:
    given = {**NOBODY_ILL, "temperature_c": D(37), "fever_other_cause": False}
    (reason,) = older_crs.MSKCC.grade(older_crs.Findings(**given)).because
    assert set(reason.findings) == set(given) - {"fever_other_cause"}


REFUSED = [
    ("crs_penn", {"creatinine_grade": 6}, "creatinine_grade", "from 0 to 5"),
    ("crs_penn", {"creatinine_grade": D("1.5")}, "creatinine_grade", "whole number"),
    ("crs_mskcc", {"vasopressor_hours": -1}, "vasopressor_hours", "from 0"),
    ("crs_lee_2014", {"organ_toxicity_grade": 7}, "organ_toxicity_grade", "0 to 5"),
    ("crs_lee_2014", {"fio2": 40}, "fio2", "is not a finding of crs_lee_2014"),
    ("crs_cartox", {"oxygen_device": "mask"}, "oxygen_device", "one of"),
    (
        "crs_cartox",
        {"fraction_inspired_oxygen_percent": 140},
        "fraction_inspired_oxygen_percent",
        "",
    ),
    ("cres", {"cartox": {"commands": 1}}, "cartox/commands", "is not a finding of cartox"),
    ("cres", {"cartox": {"orientation": 5}}, "cartox/orientation", "4"),
    ("cres", {"cartox_10_score": 11}, "cartox_10_score", "10"),
    (
        "cres",
        {"cartox": {"orientation": 4, "naming": 3}, "cartox_10_score": 6},
        "cartox_10_score",
        "is 6, and the items add up to 7, at most 10 with those not sent",
    ),
]


@pytest.mark.parametrize(("scale", "body", "field", "words"), REFUSED)
def test_what_cannot_be_is_refused(
    scale: str, body: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(FindingsError) as refused:
        SENT[scale].findings(body)
    assert set(refused.value.faults) == {field}
    assert words in refused.value.faults[field]


def test_a_fraction_of_one_is_graded_with_a_doubt() -> None:
    _, doubts = SENT["crs_lee_2014"].findings({"fraction_inspired_oxygen_percent": D("0.5")})
    assert "fraction" in doubts["fraction_inspired_oxygen_percent"]


def test_items_that_add_up_are_read() -> None:
    body = {"cartox": {"orientation": 4, "naming": 2}, "cartox_10_score": 8}
    findings, _ = SENT["cres"].findings(body)
    assert findings.cartox == {"orientation": D(4), "naming": D(2)}
    assert cres.cartox_range(findings) == (8, 8, ())


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, (0, 10, ("cartox_10_score",))),
        ({"cartox_10_score": D(7)}, (7, 7, ())),
        ({"cartox_10_score": Bounds(D(0), D(3), False, True)}, (0, 2, ("cartox_10_score",))),
        # No score is above 10, so this says nothing.
        ({"cartox_10_score": Bounds(D(10), None, True, False)}, (0, 10, ("cartox_10_score",))),
        ({"cartox": {"orientation": D(4)}}, (4, 10, tuple(cres.CHARTED_AS.values())[1:])),
    ],
)
def test_the_range_of_a_cartox_10(given: dict[str, Any], found: tuple[Any, ...]) -> None:
    assert cres.cartox_range(cres.Findings(**given)) == found


def test_a_score_is_told_as_it_is_known() -> None:
    whole = cres.grade(cres.Findings(cartox_10_score=D(8), consciousness="alert"))
    part = cres.grade(cres.Findings(cartox_10_score=Bounds(D(0), D(6), False, True)))
    assert [reason.text for reason in (*whole.because, *part.because)] == [
        "CARTOX-10 of 8",
        "CARTOX-10 of 0 to 5",
    ]
