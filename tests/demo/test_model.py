"""A course is the same for the same seed, is valid, and is graded about as it was drawn."""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toxmon.demo.bedside import Body, ice_items
from toxmon.demo.draw import Event, Figures
from toxmon.demo.entries import ChartSet, Dose
from toxmon.demo.illness import Illness
from toxmon.demo.model import Course, Story, course
from toxmon.demo.plan import Plan
from toxmon.demo.treating import tocilizumab_mg
from toxmon.grading import course as grading
from toxmon.grading.course import Step
from toxmon.grading.facts import Fact
from toxmon.grading.icans import ICE_ITEMS
from toxmon.grading.policy import Policy
from toxmon.grading.treatment import Treatment
from toxmon.protocol import load_protocols
from toxmon.protocol.product import Product

DAYS = 14
INFUSED_AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
SEEDS = range(16)
PRODUCTS = ("ide-cel", "cilta-cel")

FactsOf = Callable[[Course, float], list[Fact]]
Known = dict[str, dict[str, Figures]]
Products = Mapping[str, Product]
BODY = Body(70, 170, 36.5, 120, 70, 97, 2.6, True, True, second_fever=False)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_protocols(None).policies["default"].policy


@pytest.fixture(scope="module")
def courses(products: Products, figures: Known) -> list[Course]:
    return [drawn(products, figures, name, f"{name}/{n}") for name in PRODUCTS for n in SEEDS]


def drawn(products: Products, figures: Known, name: str, seed: str) -> Course:
    return course(products[name], figures[name], seed)


@pytest.fixture(scope="module")
def graded(
    courses: list[Course], facts_of: FactsOf, policy: Policy
) -> list[tuple[Course, dict[str, list[Step]]]]:
    """Every course with its grades, which are worked out from what is charted alone."""
    treatment = Treatment(INFUSED_AT, date(1960, 1, 1), UTC)
    until = INFUSED_AT + timedelta(days=DAYS)
    return [(one, grading.course(facts_of(one, DAYS), treatment, until, policy)) for one in courses]


def test_the_same_seed_gives_the_same_course(products: Products, figures: Known) -> None:
    for product in PRODUCTS:
        one, other = (drawn(products, figures, product, "7/1") for _ in range(2))
        assert one == other
        assert list(itertools.islice(one.entries(), 200)) == list(
            itertools.islice(other.entries(), 200)
        )


def test_another_seed_gives_another_course(products: Products, figures: Known) -> None:
    seeds = [drawn(products, figures, "ide-cel", str(n)) for n in range(10)]
    assert len({one.body for one in seeds}) == 10
    assert len({one.blood.ferritin for one in seeds}) == 10


def test_every_set_is_valid_and_plausible(courses: list[Course], facts_of: FactsOf) -> None:
    """`facts_of` sends each value through the door and fails on a refusal or a doubt."""
    for one in courses:
        kinds = Counter(fact.kind for fact in facts_of(one, DAYS))
        assert kinds["body_temperature"] > 70
        assert kinds["consciousness"] > 20
        assert kinds["crp"] == kinds["ferritin"] == kinds["anc"] == DAYS + 2


def test_a_set_names_each_kind_once(courses: list[Course]) -> None:
    for one in courses[::6]:
        for entry in itertools.islice(one.entries(), 150):
            if isinstance(entry, ChartSet):
                kinds = [sent["kind"] for sent in entry.observations]
                assert len(kinds) == len(set(kinds))


def test_entries_come_in_order_of_the_bedside_clock(courses: list[Course]) -> None:
    for one in courses:
        hours = [entry.hour for entry in itertools.islice(one.entries(), 300)]
        assert hours == sorted(hours)
        assert len(set(hours)) == len(hours)


def told_of(products: Products, seed: str, ill: Illness) -> Course:
    """A patient after ide-cel who shows every sign, with these events."""
    return replace(course(products["ide-cel"], {}, seed, Story(ill=ill)), body=BODY)


@pytest.mark.parametrize("scale", ["crs", "icans"])
def test_the_grades_reach_the_peak_that_was_drawn(graded, scale: str) -> None:
    """Of every event that lies within the fortnight; ICE is asked often enough to see its peak."""
    seen = 0
    for one, steps in graded:
        meant = one.ill.crs if scale == "crs" else one.ill.icans
        if meant is not None and meant.end > DAYS * 24:
            continue
        seen += meant is not None
        assert max(step.grade.low for step in steps[scale]) == (meant.peak if meant else 0)
    assert seen >= 3


@pytest.mark.parametrize("peak", [1, 2, 3, 4])
def test_each_grade_of_icans_is_seen(
    peak: int, products: Products, facts_of: FactsOf, policy: Policy
) -> None:
    treatment = Treatment(INFUSED_AT, date(1960, 1, 1), UTC)
    until = INFUSED_AT + timedelta(days=6)
    for n in range(3):
        one = told_of(products, f"{peak}/{n}", Illness(None, Event(30.0, 48.0, peak)))
        steps = grading.course(facts_of(one, 6), treatment, until, policy)
        assert max(step.grade.low for step in steps["icans"]) == peak
        assert {step.grade.low for step in steps["crs"]} == {0}


def test_no_grade_is_given_before_the_onset(graded) -> None:
    for one, steps in graded:
        for scale, meant in (("crs", one.ill.crs), ("icans", one.ill.icans)):
            for step in steps[scale]:
                if step.grade.low > 0:
                    assert meant is not None
                    assert step.at >= INFUSED_AT + timedelta(hours=meant.onset)


@pytest.mark.parametrize(("scale", "least"), [("crs", 0.95), ("icans", 0.85)])
def test_a_grade_is_one_number_most_of_the_time_and_not_always(
    graded, scale: str, least: float
) -> None:
    certain = total = 0.0
    for _, steps in graded:
        ends = [step.at for step in steps[scale][1:]] + [INFUSED_AT + timedelta(days=DAYS)]
        for step, end in zip(steps[scale], ends, strict=True):
            hours = (end - step.at).total_seconds() / 3600
            total += hours
            certain += hours if step.grade.value is not None else 0
    assert least < certain / total < 0.9999


def test_tocilizumab_is_given_from_grade_2_by_weight_and_never_too_soon(
    courses: list[Course],
) -> None:
    given = 0
    for one in courses:
        doses = [e for e in itertools.islice(one.entries(), 250) if isinstance(e, Dose)]
        toci = [dose for dose in doses if dose.medication == "tocilizumab"]
        if one.ill.crs is None or one.ill.crs.peak < 2:
            assert not toci
            continue
        given += len(toci)
        for dose in toci:
            exact = min(Decimal(800), 8 * weight_before(one, dose.hour))
            assert exact - 10 < dose.amount <= exact
            assert dose.amount % 10 == 0
            assert one.ill.crs.grade(dose.hour - 0.45 + 1e-6) >= 2
        hours = [dose.hour for dose in toci]
        assert len(hours) <= 4
        assert all(b - a >= 8 for a, b in itertools.pairwise(hours))
        assert all(sum(a <= hour < a + 24 for hour in hours) <= 3 for a in hours)
    assert given > 5


def weight_before(one: Course, hour: float) -> Decimal:
    """The weight that was charted last before an hour."""
    return [kg for at, kg in weights(one, 250) if at <= hour][-1]


def weights(one: Course, entries: int) -> list[tuple[float, Decimal]]:
    """The weights in the first entries of a course, with their hours."""
    return [
        (entry.hour, Decimal(str(sent["value"])))
        for entry in itertools.islice(one.entries(), entries)
        if isinstance(entry, ChartSet)
        for sent in entry.observations
        if sent["kind"] == "weight"
    ]


def test_tocilizumab_is_never_more_often_than_the_limits_however_long_it_lasts(
    products: Products,
) -> None:
    one = told_of(products, "long", Illness(Event(24.0, 400.0, 4), None))
    hours = [
        entry.hour
        for entry in itertools.islice(one.entries(), 400)
        if isinstance(entry, Dose) and entry.medication == "tocilizumab"
    ]
    assert len(hours) == 4
    assert all(b - a >= 8 for a, b in itertools.pairwise(hours))


@pytest.mark.parametrize(
    ("kg", "mg"), [(70.0, 560), (69.9, 550), (71.2, 560), (71.3, 570), (99.9, 790), (100.1, 800),
                   (130.0, 800)]
)  # fmt: skip
def test_a_dose_is_rounded_down_to_tens_of_mg(kg: float, mg: int) -> None:
    assert tocilizumab_mg(kg) == mg


def test_each_day_in_hospital_has_a_weight_near_the_last(courses: list[Course]) -> None:
    for one in courses:
        found = weights(one, 250)
        days = {math.floor((hour + 0.2) / 24) for hour, _ in found}
        assert set(range(-1, 10)) <= days
        for (_, before), (_, after) in itertools.pairwise(found):
            assert abs(after - before) / before < Decimal("0.05")
            assert after.as_tuple().exponent == -1
    assert len({kg for one in courses for _, kg in weights(one, 250)}) > len(courses)


def test_a_visit_has_a_weight(products: Products) -> None:
    plan = Plan(((-8.0, 48.0),), (7, 14, 28))
    one = course(products["ide-cel"], {}, "visits", Story(ill=Illness(), plan=plan))
    assert {7, 14, 28} <= {math.floor(hour / 24) for hour, _ in weights(one, 60)}


def test_weights_move_no_other_value(products: Products) -> None:
    """But the doses that rest on them."""
    one = told_of(products, "heavy", Illness(Event(24.0, 120.0, 3), None))
    other = replace(one, gains=(0, 0.2))

    def told(who: Course) -> list[object]:
        return [
            [sent for sent in entry.observations if sent["kind"] != "weight"]
            if isinstance(entry, ChartSet)
            else (entry.hour, getattr(entry, "medication", None))
            for entry in itertools.islice(who.entries(), 150)
        ]

    assert told(one) == told(other)
    assert weights(one, 150) != weights(other, 150)


def test_a_pneumonia_is_a_fever_without_any_other_sign(
    products: Products, facts_of: FactsOf
) -> None:
    well = told_of(products, "well", Illness())
    facts = facts_of(well.with_pneumonia(100.0), 6)
    warm = [f for f in facts if f.kind == "body_temperature" and f.value >= Decimal(38)]
    assert warm
    assert all(f.effective_at >= INFUSED_AT + timedelta(hours=100) for f in warm)
    assert {f.value for f in facts if f.kind == "vasopressors"} == {()}
    assert {f.value for f in facts if f.kind == "oxygen_device"} == {"room_air"}


def test_the_second_vasopressor_and_positive_pressure_come_at_grade_4(products: Products) -> None:
    one = told_of(products, "worst", Illness(Event(24.0, 120.0, 4), None))
    devices, pressors = set(), set()
    for entry in itertools.islice(one.entries(), 150):
        if isinstance(entry, ChartSet):
            for sent in entry.observations:
                if sent["kind"] == "oxygen_device":
                    devices.add(sent["value"])
                if sent["kind"] == "vasopressors":
                    pressors.add(tuple(sent["value"]))
    assert devices == {"room_air", "nasal_cannula", "high_flow_nasal_cannula", "bipap"}
    assert pressors == {(), ("norepinephrine",), ("norepinephrine", "epinephrine")}


@given(st.integers(0, 10), st.floats(0, 1))
def test_ice_items_add_up_and_stay_within_their_points(score: int, split: float) -> None:
    items = ice_items(score, split)
    assert sum(items.values()) == score
    assert {f"{n}" for n in items} == set(ICE_ITEMS)
    assert all(0 <= items[name] <= most for name, most in ICE_ITEMS.items())
