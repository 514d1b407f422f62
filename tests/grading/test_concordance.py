"""The charted grade beside the derived one: what agrees, by how much not, and what explains it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from toxmon.grading import cres, crs, icans, older_crs
from toxmon.grading.clinical_kinds import CHARTED_SCALES
from toxmon.grading.concordance import (
    FAMILIES,
    ChartedGrade,
    compare,
    cross_table,
    plain,
    side_by_side,
)
from toxmon.grading.grade import Grade, Reason, Stale

AT = datetime(2026, 3, 4, 8, tzinfo=UTC)
D = Decimal
ONE_PRESSOR: dict[str, Any] = {
    "temperature_c": D("38.9"),
    "hypotension": True,
    "vasopressors": ("norepinephrine",),
    "oxygen_device": "room_air",
}
NO_CAUSES: dict[str, Any] = {
    "fever_other_cause": False,
    "hypotension_other_cause": False,
    "hypoxia_other_cause": False,
}


def charted(scale: str, grade: int, **more: Any) -> ChartedGrade:
    return ChartedGrade(scale, grade, AT, "fact-1", **more)


def by_crs(**findings: Any) -> Grade:
    return crs.grade(crs.Findings(**{**NO_CAUSES, **findings}))


def codes(grade: int, derived: Grade, **more: Any) -> set[str]:
    return {each.code for each in compare(charted("crs", grade), derived, **more).explained}


@pytest.mark.parametrize(
    ("low", "high", "grade", "agreement", "difference"),
    [
        (2, 2, 2, "same", 0),
        (0, 0, 0, "same", 0),
        (1, 3, 1, "inside", 0),
        (1, 3, 3, "inside", 0),
        (0, 4, 0, "not_gradable", 0),
        (0, 4, 4, "not_gradable", 0),
        (3, 3, 2, "differs", -1),
        (3, 4, 1, "differs", -2),
        (1, 2, 4, "differs", 2),
        (0, 3, 4, "differs", 1),
        (0, 0, 1, "differs", 1),
    ],
)
def test_agreement(low: int, high: int, grade: int, agreement: str, difference: int) -> None:
    found = compare(charted("crs", grade), Grade("crs", "astct-2019", low, high, ()))
    assert (found.agreement, found.difference) == (agreement, difference)


def test_every_charted_grade_beside_every_interval_has_words() -> None:
    reasons = (Reason("crs.fever", "fever", "a paper"),)
    for low, high, grade in product(range(6), repeat=3):
        if low > high:
            continue
        missing = ("temperature_c",) if low < high else ()
        derived = Grade("crs", "astct-2019", low, high, reasons, missing)
        found = compare(charted("crs", grade), derived)
        allowed = low <= grade <= high
        assert (found.agreement == "differs") is not allowed
        assert (found.difference == 0) is allowed
        assert low <= grade - found.difference <= high
        assert bool(found.explained) is (found.agreement != "same")
        assert f"Grade {grade} is charted" in found.says()
        assert found.says().endswith(".")


def test_two_scales_are_not_compared() -> None:
    with pytest.raises(ValueError, match="crs is not icans"):
        compare(charted("crs", 1), Grade("icans", "astct-2019", 1, 1, ()))


def test_a_grade_that_is_too_low_is_told_what_sets_the_higher() -> None:
    found = compare(charted("crs", 2), by_crs(**ONE_PRESSOR))
    assert found.says() == (
        "Grade 2 is charted, 1 lower than the findings give: grade 3. "
        "The findings give at least grade 3: temperature of 38.0 Cel or more. "
        "The findings give at least grade 3: one vasopressor: norepinephrine."
    )


def test_the_reason_keeps_its_facts() -> None:
    derived = by_crs(**ONE_PRESSOR)
    because = tuple(replace(reason, facts=("fact-7",)) for reason in derived.because)
    found = compare(charted("crs", 2), replace(derived, because=because))
    assert {each.facts for each in found.explained} == {("fact-7",)}


def test_another_scale_gives_the_charted_grade_from_the_same_findings() -> None:
    findings = older_crs.Findings(
        **ONE_PRESSOR, vasopressor_high_dose=False, organ_toxicity_grade=D(0),
        transaminase_grade=D(0),
    )  # fmt: skip
    others = {scale.name: scale.grade(findings) for scale in older_crs.SCALES}
    found = compare(charted("crs", 2), by_crs(**ONE_PRESSOR), others=others)  # type: ignore[arg-type]
    told = [each.text for each in found.explained if each.code == "other_scale"]
    assert told == [
        "grade 2 is what crs_lee_2014 gives for the same findings",
        "grade 2 is what crs_cartox gives for the same findings",
    ]
    # MSKCC does not know for how long, so it allows 2 and does not say it.
    assert (others["crs_mskcc"].low, others["crs_mskcc"].high) == (2, 3)


def test_icans_and_cres_are_taken_for_each_other_and_never_for_crs() -> None:
    brief = {"seizure": "clinical", "seizure_resolved": True, "consciousness": "alert"}
    derived = icans.grade(
        icans.Findings(
            age_years=D(50), ice_score=D(10), seizure_seconds=D(30), motor_weakness="none",
            cerebral_edema="none", icp_signs=(), **brief,
        )
    )  # fmt: skip
    older = cres.grade(
        cres.Findings(
            cartox_10_score=D(10), seizure_type="generalized", papilledema_stage=D(0),
            cerebral_edema="none", motor_weakness="none", **brief,
        )
    )  # fmt: skip
    assert (derived.value, older.value) == (3, 4)
    others = {"cres": older, "crs": Grade("crs", "astct-2019", 4, 4, ())}
    found = compare(charted("icans", 4), derived, others=others)
    assert [e.findings for e in found.explained if e.code == "other_scale"] == [("cres",)]


def test_the_scale_itself_is_no_other_scale() -> None:
    derived = by_crs(**ONE_PRESSOR)
    assert "other_scale" not in codes(2, derived, others={"crs": replace(derived, low=2, high=2)})


def test_another_edition_is_said() -> None:
    derived = by_crs(**ONE_PRESSOR)
    other = compare(charted("crs", 2, edition="astct-2024"), derived)
    assert "other_edition" in {each.code for each in other.explained}
    same = compare(charted("crs", 2, edition="astct-2019"), derived)
    assert "other_edition" not in {each.code for each in same.explained}


def test_what_is_missing_and_what_is_too_old_are_told_apart() -> None:
    derived = by_crs(temperature_c=D("38.9"))
    since = AT - timedelta(hours=3)
    old = replace(derived, stale=(Stale("oxygen_device", since, "fact-9"),))
    found = compare(charted("crs", 3), old)
    assert found.agreement == "inside"
    assert [(e.code, e.findings, e.facts) for e in found.explained] == [
        ("missing", ("vasopressors", "hypotension"), ()),
        ("stale", ("oxygen_device",), ("fact-9",)),
    ]
    assert "Oxygen_device was known until 2026-03-04T05:00:00Z and is too old." in found.says()


def test_what_is_too_old_explains_nothing_where_one_grade_is_certain() -> None:
    derived = by_crs(**ONE_PRESSOR)
    old = replace(derived, stale=(Stale("oxygen_flow", AT, "fact-9"),))
    assert codes(2, old) == {"at_least"}


def test_an_attribution_that_took_a_domain_out() -> None:
    derived = by_crs(**{**ONE_PRESSOR, "hypotension_other_cause": True})
    found = compare(charted("crs", 3), derived, attributions={"hypotension": "fact-5"})
    assert (found.agreement, found.difference) == ("differs", 2)
    (told,) = (each for each in found.explained if each.code == "attributed")
    assert told.facts == ("fact-5",)
    assert "hypotension is charted as having another cause" in told.text


def test_an_attribution_is_seen_in_the_reasons_too() -> None:
    never = {"prior_crs_fever": False, "treated_since_onset": False}
    derived = by_crs(temperature_c=D(39), **{**never, "fever_other_cause": True})
    assert "attributed" in codes(1, derived)
    assert [e.code for e in compare(charted("crs", 1), derived,
            attributions={"fever": "fact-5"}).explained].count("attributed") == 1  # fmt: skip


@pytest.mark.parametrize(
    ("scale", "score"), [(icans, {"ice_score": D(4)}), (cres, {"cartox_10_score": D(4)})]
)
def test_a_score_under_sedation(scale: Any, score: dict[str, Any]) -> None:
    derived = scale.grade(scale.Findings(consciousness_other_cause=True, **score))
    found = compare(charted(scale.SCALE, 2), derived)
    assert "attributed" in {each.code for each in found.explained}


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        (
            {"temperature_c": D(37), "prior_crs_fever": True, "treated_since_onset": True},
            "no longer required",
        ),
        (
            {"temperature_c": D(37), "prior_crs_fever": False, "treated_since_onset": False},
            "without a fever",
        ),
        ({}, "not known whether there is a fever"),
        ({"temperature_c": D(37)}, "whether fever is still required"),
        (
            {"temperature_c": D(37), "prior_crs_fever": False, "treated_since_onset": True},
            "may hide one",
        ),
        (
            {"temperature_c": D(37), "prior_crs_fever": True, "treated_since_onset": False},
            "no drug that waives the fever is charted",
        ),
    ],
)
def test_the_fever_and_its_waiver(findings: dict[str, Any], words: str) -> None:
    derived = by_crs(vasopressors=("norepinephrine",), oxygen_device="room_air", **findings)
    told = [
        each.text for each in compare(charted("crs", 1), derived).explained if each.code == "fever"
    ]
    assert any(words in text for text in told)


def test_provisional_hypotension() -> None:
    derived = by_crs(**{**ONE_PRESSOR, "vasopressors": ()})
    read = replace(derived, warnings=(*derived.warnings, "hypotension_provisional"))
    assert "provisional" in codes(1, read)
    assert "provisional" not in codes(1, derived)


def test_what_the_table_leaves_open_and_what_contradicts_itself() -> None:
    lee = next(scale for scale in older_crs.SCALES if scale.name == "crs_lee_2014")
    derived = lee.grade(
        older_crs.Findings(
            oxygen_device="cpap", fluids_for_hypotension=False, hypotension_answers_to_fluids=True
        )
    )
    assert isinstance(derived, Grade)
    told = {each.code: each.text for each in compare(charted(lee.name, 5), derived).explained}
    assert told["left_open"] == "the table leaves open how to read: mask pressure"
    assert told["contradictory"].endswith("fluids")


def test_side_by_side_shows_every_scale_and_the_newest_charted_grade() -> None:
    derived = {
        "crs": by_crs(**ONE_PRESSOR),
        "crs_penn": Grade("crs_penn", "penn-2018", 3, 3, ()),
        "icans": Grade("icans", "astct-2019", 0, 4, (), ("ice_score",)),
    }
    newer = ChartedGrade("crs", 3, AT + timedelta(hours=2), "fact-3")
    shown = side_by_side([newer, charted("crs", 1), charted("icans", 1)], derived)
    assert [(each["scale"], each["charted"], each["agreement"]) for each in shown] == [
        ("crs", 3, "same"),
        ("crs_penn", None, None),
        ("icans", 1, "not_gradable"),
    ]
    assert shown[0]["charted_at"] == "2026-03-04T10:00:00Z"
    assert shown[0]["fact"] == "fact-3"
    assert [each["low"] for each in shown] == [3, 3, 0]
    assert shown[2]["explained"] == [
        {"code": "missing", "text": "not known: ice_score", "findings": ["ice_score"], "facts": []}
    ]


def test_side_by_side_looks_for_the_charted_grade_in_the_other_scales() -> None:
    derived = {
        "crs": by_crs(**ONE_PRESSOR),
        "crs_lee_2014": Grade("crs_lee_2014", "lee-2014", 2, 2, ()),
    }
    (shown, _) = side_by_side([charted("crs", 2)], derived, {"fever": "fact-4"})
    assert {"other_scale", "attributed"} <= {each["code"] for each in shown["explained"]}


def test_of_two_at_one_time_the_later_in_order_counts() -> None:
    (shown,) = side_by_side([charted("crs", 1), charted("crs", 3)], {"crs": by_crs(**ONE_PRESSOR)})
    assert shown["charted"] == 3


def test_a_concordance_is_plain_data() -> None:
    shown = plain(compare(charted("crs", 2), by_crs(**ONE_PRESSOR)))
    assert shown["difference"] == -1
    assert shown["value"] == 3
    assert shown["charted_edition"] is None

    def check(value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                assert isinstance(key, str)
                check(each)
        elif isinstance(value, list):
            for each in value:
                check(each)
        else:
            assert value is None or isinstance(value, str | int)

    check(shown)


def test_a_cross_table_counts() -> None:
    one, other = by_crs(**ONE_PRESSOR), by_crs(temperature_c=D(39))
    pairs = [(2, one), (3, one), (2, one), (1, other)]
    table = cross_table(compare(charted("crs", grade), derived) for grade, derived in pairs)
    assert table == [
        {"scale": "crs", "charted": 1, "low": 1, "high": 4, "count": 1},
        {"scale": "crs", "charted": 2, "low": 3, "high": 3, "count": 2},
        {"scale": "crs", "charted": 3, "low": 3, "high": 3, "count": 1},
    ]


def test_the_scales_that_are_taken_for_each_other_can_all_be_charted() -> None:
    assert set().union(*FAMILIES) <= set(CHARTED_SCALES)
    assert {scale.name for scale in (*older_crs.SCALES, *cres.SCALES)} <= set().union(*FAMILIES)


def test_what_is_said_and_explained_by_the_direction_of_the_difference() -> None:
    derived = Grade("crs", "astct-2019", 2, 2, (), (), (), ("hypotension_provisional",))
    higher, same, lower = (compare(charted("crs", grade), derived) for grade in (3, 2, 1))
    assert same.explained == ()
    assert same.says() == "Grade 2 is charted, and the findings give the same."
    assert "Grade 3 is charted, 1 higher than the findings give: grade 2." in higher.says()
    assert "Grade 1 is charted, 1 lower than the findings give: grade 2." in lower.says()
    assert [(each.code, each.findings) for each in higher.explained] == [
        ("nothing_reaches", ()),
        ("provisional", ("hypotension",)),
    ]


@pytest.mark.parametrize("warning", ["ice_not_assessable", "cartox_not_assessable"])
def test_a_score_under_sedation_is_an_explanation(warning: str) -> None:
    derived = Grade("icans", "astct-2019", 0, 0, (), (), (), (warning,))
    found = compare(charted("icans", 2), derived).explained
    assert ("attributed", ("consciousness",)) in [(each.code, each.findings) for each in found]


def test_a_comparison_as_plain_data_has_the_whole_answer() -> None:
    derived = Grade("crs", "astct-2019", 1, 3, ())
    told = plain(compare(charted("crs", 2), derived))
    assert (told["edition"], told["low"], told["high"]) == ("astct-2019", 1, 3)
    assert told["says"] == compare(charted("crs", 2), derived).says()
