"""The patients whose course is told show what they are there to show, whatever the seed.

The grades are worked out from what is charted alone, as the server does it.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from toxmon.demo import dose_cases, early_cases, late_cases
from toxmon.demo.entries import EHR, NURSE, Dose
from toxmon.demo.model import Course, Story, course
from toxmon.grading import course as grading
from toxmon.grading.course import Step
from toxmon.grading.facts import Fact
from toxmon.grading.grade import Grade
from toxmon.grading.icaht_course import with_ledger
from toxmon.grading.moment import Moment
from toxmon.grading.policy import Policy
from toxmon.grading.recovery_course import recovered
from toxmon.grading.risk_course import grades as risk
from toxmon.grading.treatment import Treatment
from toxmon.protocol import load_protocols
from toxmon.protocol.product import Product

INFUSED_AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
SEEDS = ("1/3", "2/3", "9/1")

FactsOf = Callable[[Course, float], list[Fact]]


@dataclass(frozen=True)
class Seen:
    """A case up to a day: its facts, its grades at the end, and how they came."""

    facts: list[Fact]
    steps: Mapping[str, list[Step]]
    grades: Mapping[str, Grade]
    moment: Moment

    def grade(self, scale: str) -> Grade:
        """The answer at the end; of a scale that nothing has moved since, the last step's."""
        grade = self.grades.get(scale) or self.steps[scale][-1].grade
        assert isinstance(grade, Grade)
        return grade

    def ends(self, scale: str) -> tuple[int, int]:
        grade = self.grade(scale)
        return grade.low, grade.high

    def peak(self, scale: str) -> int:
        return max(step.grade.low or 0 for step in self.steps[scale])


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_protocols(None).policies["default"].policy


@pytest.fixture(scope="module")
def see(
    products: Mapping[str, Product], facts_of: FactsOf, policy: Policy
) -> Callable[[str, Story, float, str], Seen]:
    def seen(product: str, story: Story, day: float, seed: str) -> Seen:
        facts = facts_of(course(products[product], {}, seed, story), day)
        treatment = Treatment(INFUSED_AT, date(1960, 1, 1), UTC)
        until = INFUSED_AT + timedelta(days=day)
        after = [fact for fact in facts if fact.effective_at >= INFUSED_AT]
        folded = grading.fold(
            grading.opening(facts, treatment, policy), after, until, treatment, policy
        )
        steps = {
            scale: [step for step in folded.steps if step.scale == scale]
            for scale in grading.SCALES
        }
        state = folded.state
        moment = Moment(until, state.chart, treatment, policy, state.ledger)
        return Seen(facts, steps, state.grades, moment)

    return seen


See = Callable[[str, Story, float, str], Seen]


@pytest.mark.parametrize("seed", SEEDS)
def test_on_day_20_of_neutropenia_since_day_3_the_grade_is_at_least_3(see: See, seed: str) -> None:
    seen = see("axi-cel", early_cases.long_neutropenia(), 20.1, seed)
    assert seen.ends("icaht_early") == (3, 4)
    early = seen.grade("icaht_early")
    assert early.more["longest_run_days"] == {"le_500": 18, "le_100": 0}
    assert seen.ends("neutropenia") == (4, 4)
    assert "platelets_transfused" in seen.grade("thrombocytopenia").warnings
    assert seen.grade("t_icaht_early").low == 3
    answer: Any = risk(seen.facts, seen.moment, "CD19")["car_hematotox"]
    assert (answer.value, answer.more["risk"]) == (7, "high")
    assert answer.more["lymphodepletion"]["day"] == -5
    found = recovered(seen.moment, seen.facts)
    assert found["neutrophils"]["g_csf_doses"] == 6


@pytest.mark.parametrize("seed", SEEDS)
def test_neutrophils_that_fall_twice_may_be_intermittent(see: See, seed: str) -> None:
    seen = see("tisa-cel", early_cases.two_dips(), 27.1, seed)
    assert seen.ends("icaht_early") == (2, 2)
    found = recovered(seen.moment, seen.facts)["neutrophils"]
    assert found["possible_phenotypes"] == ("aplastic", "intermittent")
    assert found["prolonged_neutropenia"] is True
    later = see("tisa-cel", early_cases.two_dips(), 61.0, seed)
    assert recovered(later.moment, later.facts)["neutrophils"]["phenotype"] == "intermittent"
    # The day after the early window it is over, and stays what it was.
    assert later.grade("icaht_early").value == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_neutrophils_that_fall_after_day_31_are_late_icaht(see: See, seed: str) -> None:
    seen = see("brexu-cel", late_cases.late_neutropenia(), 45.1, seed)
    assert seen.ends("icaht_early") == (2, 2)
    assert seen.ends("icaht_late") == (3, 4)
    assert (seen.peak("crs"), seen.peak("icans")) == (2, 3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_storm_after_crs_is_suspected_and_not_graded(see: See, seed: str) -> None:
    seen = see("ide-cel", early_cases.storm_suspected(), 12.1, seed)
    grade = seen.grade("iec_hs")
    assert (grade.low, grade.high, grade.more["suspected"]) == (0, 4, True)
    assert grade.more["criteria"]["required"] is True
    assert grade.more["criteria"]["common"] >= 2
    assert "confirmation_required" in grade.warnings
    before = see("ide-cel", early_cases.storm_suspected(), 8.0, seed)
    assert before.grade("iec_hs").more["suspected"] is not True


@pytest.mark.parametrize("seed", SEEDS)
def test_a_storm_that_is_confirmed_is_graded_and_its_fever_is_no_crs(see: See, seed: str) -> None:
    seen = see("obe-cel", early_cases.storm_confirmed(), 16.1, seed)
    assert seen.ends("iec_hs") == (3, 3)
    assert seen.peak("crs") == 2
    assert seen.ends("crs") == (0, 0)
    assert {step.episode.number for step in seen.steps["crs"] if step.episode} == {1}
    hot = [f for f in seen.facts if f.kind == "body_temperature" and f.value >= 38]
    assert any(f.effective_at > INFUSED_AT + timedelta(days=11) for f in hot)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_facial_palsy_is_no_icans(see: See, seed: str) -> None:
    seen = see("cilta-cel", early_cases.facial_palsy(), 24.1, seed)
    palsy = seen.grade("cranial_nerve_palsy")
    assert (palsy.value, palsy.more["onset_day"], palsy.more["side"]) == (2, 22, "left")
    assert palsy.more["nerves"] == ["cn_7"]
    assert seen.peak("icans") == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_parkinsonism_begins_on_day_41(see: See, seed: str) -> None:
    seen = see("cilta-cel", late_cases.parkinsonism(), 43.1, seed)
    movement = seen.grade("movement_neurocognitive")
    assert (movement.value, movement.more["onset_day"]) == (3, 41)
    assert movement.more["signs"] == ["parkinsonism", "movement_disorder", "personality_change"]
    assert seen.peak("icans") == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_enterocolitis_is_thought_of_on_day_88_and_found_on_day_92(see: See, seed: str) -> None:
    story = late_cases.enterocolitis()
    thought = see("cilta-cel", story, 90.0, seed).grade("enterocolitis")
    assert (thought.low, thought.high) == (0, 5)
    assert "think_of_enterocolitis" in thought.warnings
    seen = see("cilta-cel", story, 95.1, seed)
    found = seen.grade("enterocolitis")
    assert (found.value, found.more["onset_day"]) == (3, 92)
    immune = recovered(seen.moment, seen.facts)["immune"]
    assert immune["igg"]["below_400"] is True
    assert immune["igg"]["value"] == 380
    assert immune["igg"]["days_since_immunoglobulin"] == 62
    assert immune["immunoglobulin"]["days_ago"] == 64
    assert (immune["cd4"]["value"], immune["cd4"]["above_200"]) == (190, False)
    given = [str(f.value) for f in seen.facts if f.kind == "administration"]
    assert given.count("ivig") == 1
    assert {"aciclovir", "co-trimoxazole"} <= set(given)
    causes = [f.value[1] for f in seen.facts if f.kind == "attribution"]
    assert causes == ["pneumonia", "sinusitis"]
    assert immune["b_cells"]["value"] == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_relapse_cuts_the_late_window(see: See, seed: str) -> None:
    seen = see("axi-cel", late_cases.relapse(), 55.1, seed)
    late = seen.grade("icaht_late")
    assert (late.low, late.high) == (2, 2)
    cut = late.more["cut"]
    assert (cut["day"], cut["by"]) == (40, "disease_progression")
    lowest = min(f.value for f in seen.facts if f.kind == "anc")
    assert lowest < 100
    ledger: Any = with_ledger(seen.moment)["icaht_late"].more["ledger"]
    assert max(day["day"] for day in ledger) == 40


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("product", "story", "day", "crs", "icans"),
    [
        ("teclistamab", early_cases.step_doses, 5.1, 2, 0),
        ("epcoritamab", dose_cases.charted_twice, 15.6, 1, 0),
        ("blinatumomab", dose_cases.icans_alone, 3.6, 0, 2),
    ],
)
def test_engagers_show_their_own_early_toxicity(
    see: See, product: str, story: Callable[[], Story], day: float, crs: int, icans: int, seed: str
) -> None:
    seen = see(product, story(), day, seed)
    assert seen.ends("crs") == (crs, crs)
    assert seen.ends("icans") == (icans, icans)
    drugs = {str(f.value) for f in seen.facts if f.kind == "administration"}
    assert not drugs & {"fludarabine", "cyclophosphamide"}
    if product != "blinatumomab":  # On which day its rate rises, the label was not read to say.
        assert product in drugs


@pytest.mark.parametrize("seed", SEEDS)
def test_crs_of_grade_3_lasts_in_spite_of_three_doses_in_24_h(see: See, seed: str) -> None:
    for day in (5.36, 5.4, 5.7):
        seen = see("brexu-cel", dose_cases.three_doses(), day, seed)
        assert seen.ends("crs") == (3, 3)
        doses = [
            f.effective_at
            for f in seen.facts
            if f.kind == "administration" and f.value == "tocilizumab"
        ]
        assert len(doses) == 3
        assert doses[0] > INFUSED_AT + timedelta(days=day, hours=-26)
        assert all(b - a >= timedelta(hours=8) for a, b in itertools.pairwise(doses))


@pytest.mark.parametrize("seed", SEEDS)
def test_icans_of_grade_3_after_crs_with_a_steroid_every_6_h(see: See, seed: str) -> None:
    seen = see("cilta-cel", dose_cases.severe_icans(), 7.6, seed)
    assert seen.ends("icans") == (3, 3)
    assert (seen.ends("crs"), seen.peak("crs")) == ((0, 0), 2)
    steroids = [
        f.effective_at
        for f in seen.facts
        if f.kind == "administration" and f.value == "dexamethasone"
    ]
    assert steroids[-1] - steroids[-2] == timedelta(hours=6)
    glucose = [f.effective_at for f in seen.facts if f.kind == "glucose"]
    assert glucose[0] > steroids[0]
    assert all(b - a < timedelta(hours=6) for a, b in itertools.pairwise(glucose))


@pytest.mark.parametrize("seed", SEEDS)
def test_one_dose_is_charted_twice_a_minute_and_10_mg_apart(
    products: Mapping[str, Product], seed: str
) -> None:
    one = course(products["epcoritamab"], {}, seed, dose_cases.charted_twice())
    twice = [e for e in one.told if isinstance(e, Dose) and e.medication == "tocilizumab"]
    assert [(dose.amount, dose.by) for dose in twice] == [(550, EHR), (560, NURSE)]
    assert twice[1].hour - twice[0].hour == pytest.approx(1 / 60)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_weight_jumps_once_on_purpose(see: See, seed: str) -> None:
    seen = see("ide-cel", early_cases.storm_suspected(), 12.1, seed)
    weights = [f.value for f in seen.facts if f.kind == "weight"]
    changes = [abs(b - a) / a for a, b in itertools.pairwise(weights)]
    assert changes[-1] > Decimal("0.05")
    assert all(change < Decimal("0.05") for change in changes[:-1])


def test_step_up_doses_are_those_of_the_protocol(products: Mapping[str, Product]) -> None:
    one = course(products["teclistamab"], {}, "1", early_cases.step_doses())
    one = replace(one, body=replace(one.body, weight_kg=80.0))
    again = course(products["teclistamab"], {}, "1", early_cases.step_doses())
    doses = [each for each in again.told if getattr(each, "medication", "") == "teclistamab"]
    weight = again.body.weight_kg
    assert [(round(d.hour / 24), d.route) for d in doses] == [(3, "sc"), (6, "sc")]
    assert [d.amount for d in doses] == [
        pytest.approx(0.3 * weight, abs=0.01),
        pytest.approx(1.5 * weight, abs=0.01),
    ]


@pytest.mark.parametrize(
    ("product", "days", "drugs"),
    [
        ("cilta-cel", [-5, -4, -3], {"cyclophosphamide", "fludarabine"}),
        ("obe-cel", [-6, -5, -4, -3], {"cyclophosphamide", "fludarabine"}),
    ],
)
def test_lymphodepletion_is_that_of_the_protocol_and_over_in_time(
    products: Mapping[str, Product], product: str, days: list[int], drugs: set[str]
) -> None:
    one = course(products[product], {}, "1", Story())
    doses = [each for each in one.told if each.hour < 0]
    assert {each.medication for each in doses} == drugs
    assert sorted({int(each.hour // 24) for each in doses}) == days
