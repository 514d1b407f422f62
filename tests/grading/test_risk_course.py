"""Risk scores from a record: which sample is used, what it says of it, and what drugs mean."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.grading.charting import BEGIN, POLICY, at, fact
from toxmon.grading import medications
from toxmon.grading import risk_course as course
from toxmon.grading.chart import Chart
from toxmon.grading.facts import Bounds, Fact
from toxmon.grading.ledger import Ledger
from toxmon.grading.medications import GROUP_OF, GROUPS, masks_fever
from toxmon.grading.moment import Moment
from toxmon.grading.treatment import Treatment

D = Decimal
DAY = 24
TREATMENT = Treatment(BEGIN, date(1960, 1, 1), UTC)
NOW = Moment(at(10 * DAY), Chart(), TREATMENT, POLICY, Ledger())
SAMPLE = {"platelets": 200, "anc": 3000, "hemoglobin": 11, "crp": 10, "ferritin": 500} | {
    "ldh": 400,
    "creatinine": 2,
}


def drawn(day: float, **differs: Any) -> list[Fact]:
    """A sample of that day at the hour of the infusion."""
    known = {**SAMPLE, **differs}
    return [
        fact(kind, number, day * DAY, name=f"{kind} {day:g}")
        for kind, number in known.items()
        if number is not None
    ]


def given(drug: str, day: float, name: str = "") -> Fact:
    return fact("administration", drug, day * DAY, name=name or f"{drug} {day:g}")


def used(facts: list[Fact], moment: Moment = NOW) -> dict[str, str]:
    more = course.grades(facts, moment, "CD19")["car_hematotox"].more
    return {kind: sample["fact"] for kind, sample in more["samples"].items()}


def test_the_first_dose_of_lymphodepletion_is_its_beginning() -> None:
    doses = [
        given("cyclophosphamide", -14.01),
        given("fludarabine", -4),
        given("cyclophosphamide", -5, "b"),
        given("fludarabine", -5, "a"),
        given("tocilizumab", -6),
        fact("weight", 80, -6 * DAY),
        given("bendamustine", 0),
    ]
    assert course.lymphodepletion(doses, NOW) == course.Depleted(at(-5 * DAY), "a")
    assert course.lymphodepletion(doses[:1], NOW).fact is None
    assert course.lymphodepletion([given("cladribine", -14)], NOW).fact == "cladribine -14"
    assert course.lymphodepletion([doses[-1]], NOW).fact is None
    assert course.lymphodepletion([given("bendamustine", -0.01)], NOW).fact is not None


def test_without_a_dose_all_of_day_minus_5_counts_as_before_it() -> None:
    found = course.lymphodepletion([], NOW)
    assert found.fact is None
    assert found.at == TREATMENT.begins(-4) - timedelta(microseconds=1)
    assert set(used(drawn(-5)).values()) == {f"{kind} -5" for kind in course.HEMATOTOX}
    assert used([fact("anc", 3000, -4 * DAY - 8)]) == {}


def test_the_last_sample_before_it_is_used_and_one_too_old_is_not() -> None:
    dose = given("fludarabine", -5)
    assert used([dose, *drawn(-5)])["anc"] == "anc -5"
    assert used([dose, *drawn(-4.99)]) == {}
    assert used([dose, *drawn(-19)])["anc"] == "anc -19"
    assert used([dose, *drawn(-19.01)]) == {}
    assert used([dose, *drawn(-8), *drawn(-6)])["anc"] == "anc -6"
    assert used([dose, *drawn(-6), *drawn(-8)])["anc"] == "anc -6"
    one, other = fact("anc", 900, -144, name="b"), fact("anc", 3000, -144, name="c")
    same = fact("anc", 900, -144, name="a")
    assert used([dose, one, other]) == used([dose, other, one]) == {"anc": "b"}
    assert used([dose, one, same]) == used([dose, same, one]) == {"anc": "a"}
    early = replace(NOW, at=at(-7 * DAY))
    assert used([dose, *drawn(-6)], early) == {}, "what comes after the moment is not known"
    assert used([dose, *drawn(-7)], early)["anc"] == "anc -7"


def test_what_the_score_says_of_its_samples() -> None:
    facts = [given("fludarabine", -5), *drawn(-6, ferritin=None)]
    grade = course.grades(facts, NOW, "CD19")["car_hematotox"]
    assert grade.missing == ("ferritin",)
    assert grade.because[0].facts == ("platelets -6", "anc -6", "hemoglobin -6", "crp -6")
    assert grade.more["samples"]["crp"] == {
        "value": D(10),
        "unit": "mg/L",
        "at": "2026-02-23T08:00:00Z",
        "day": -6,
        "fact": "crp -6",
    }
    assert grade.more["lymphodepletion"] == {
        "at": "2026-02-24T08:00:00Z",
        "day": -5,
        "charted": True,
        "fact": "fludarabine -5",
    }
    assert "not_before_lymphodepletion" not in grade.warnings
    assumed = course.grades(drawn(-6), NOW, "CD19")["car_hematotox"]
    assert assumed.more["lymphodepletion"]["charted"] is False
    assert assumed.more["lymphodepletion"]["day"] == -5
    bound = course.grades([fact("anc", Bounds(None, D(100)), -144)], NOW, "CD19")["car_hematotox"]
    assert bound.more["samples"]["anc"]["value"] is None


def test_a_crp_of_29_mg_l_is_not_one_of_3_mg_dl() -> None:
    low = course.grades(drawn(-6, crp=29), NOW, "CD19")["car_hematotox"]
    high = course.grades(drawn(-6, crp=31), NOW, "CD19")["car_hematotox"]
    assert (low.value, high.value) == (0, 1)
    assert course.in_mg_dl(D("31.5")) == D("3.15")
    assert course.in_mg_dl(Bounds(D(10), None, low_open=True)) == Bounds(D(1), None, low_open=True)
    assert course.in_mg_dl(Bounds(None, D(50))) == Bounds(None, D(5))


def test_the_score_knows_the_age_and_that_bcma_means_myeloma() -> None:
    child = replace(NOW, treatment=Treatment(BEGIN, date(2012, 1, 1), UTC))
    assert "under_18" in course.grades(drawn(-6), child, "CD19")["car_hematotox"].warnings
    assert "under_18" not in course.grades(drawn(-6), NOW, "CD19")["car_hematotox"].warnings
    for target in ("CD19", "BCMA"):
        warnings = course.grades(drawn(-6), NOW, target)["car_hematotox"].warnings
        assert not {"not_for_all", "disease_not_validated"} & set(warnings)


def test_easix_before_lymphodepletion_and_on_its_days() -> None:
    facts = [given("fludarabine", -5), *drawn(-6)]
    facts += drawn(-1, ldh=100) + drawn(1, ldh=200) + drawn(2) + drawn(3, platelets=None)
    answer = course.grades(facts, NOW, "CD19")["easix"]
    assert answer.value == D(4)
    assert answer.more["samples"]["ldh"]["fact"] == "ldh -6"
    assert set(answer.more["samples"]) == set(course.EASIX)
    points = answer.more["time_points"]
    assert set(points) == {"day_minus_1", "day_1", "day_3"}
    assert {name: point["missing"] for name, point in points.items()} == {
        "day_minus_1": [],
        "day_1": [],
        "day_3": ["platelets_10e9_l"],
    }
    assert points["day_1"]["samples"]["ldh"]["fact"] == "ldh 1"
    assert points["day_minus_1"]["samples"]["ldh"]["day"] == -1
    assert course.grades([], NOW, "CD19")["easix"].more["time_points"] == {}


def test_of_a_day_the_worst_sample_counts() -> None:
    facts = [fact("ldh", 200, 24, name="b"), fact("ldh", 300, 25, name="c")]
    facts += [fact("ldh", 300, 26, name="a"), fact("anc", 3000, 24)]
    for order in (facts, facts[::-1]):
        samples = course.grades(order, NOW, "CD19")["easix"].more["time_points"]["day_1"]["samples"]
        assert {kind: told["fact"] for kind, told in samples.items()} == {"ldh": "a"}


def test_what_is_read_and_from_when() -> None:
    assert {*SAMPLE, "administration"} == course.READ
    assert timedelta(days=30) == course.SPAN_BEFORE
    assert course.LAST_DAY == 3


# The drugs that mean something to a grade (decision 0024).

MASKING = (
    "acetaminophen", "paracetamol", "metamizole", "ibuprofen", "naproxen", "ketorolac",
    "diclofenac", "aspirin", "indomethacin", "tocilizumab", "siltuximab", "sarilumab", "anakinra",
    "canakinumab", "emapalumab", "ruxolitinib", "itacitinib", "infliximab", "etanercept",
    "dexamethasone", "methylprednisolone", "hydrocortisone", "prednisone", "prednisolone",
    "betamethasone",
)  # fmt: skip
GROUPED = {
    "platelets": "platelets platelet_concentrate platelet_transfusion",
    "red_cells": "red_cells red_cell_concentrate red_cell_transfusion",
    "immunoglobulin": "immunoglobulin ivig scig",
    "g_csf": "filgrastim pegfilgrastim lenograstim lipegfilgrastim",
    "lymphodepletion": "fludarabine cyclophosphamide bendamustine cladribine",
    "fibrinogen": "fibrinogen fibrinogen_concentrate cryoprecipitate",
}


def test_the_drugs_that_hide_a_fever() -> None:
    closed = medications.ANTIPYRETICS | medications.ANTICYTOKINES | medications.STEROIDS
    assert closed == set(MASKING)
    assert all(masks_fever(drug) for drug in MASKING)
    assert not any(masks_fever(drug) for drug in ("meropenem", "norepinephrine", "filgrastim"))
    assert set(MASKING[-6:]) == medications.STEROIDS
    assert set(MASKING[:9]) == medications.ANTIPYRETICS


@pytest.mark.parametrize("group", GROUPED)
def test_the_drugs_of_a_group(group: str) -> None:
    assert GROUPS[group] == set(GROUPED[group].split())
    assert all(GROUP_OF[drug] == group for drug in GROUPED[group].split())


def test_the_groups_and_the_local_routes() -> None:
    assert set(GROUPS) == set(GROUPED)
    assert sorted(medications.LOCAL_ROUTES) == [
        "inhaled", "intranasal", "ophthalmic", "otic", "topical",
    ]  # fmt: skip
