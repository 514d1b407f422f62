"""The blood of invented patients is one body's: its values fit each other and its illness."""

import itertools
import math
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toxmon.demo.curve import Curve, boosts, wave
from toxmon.demo.draw import Event
from toxmon.demo.entries import LABORATORY, ChartSet, Dose
from toxmon.demo.illness import Illness, Storm
from toxmon.demo.model import Course, Story, course
from toxmon.demo.plan import Plan
from toxmon.protocol.product import Product

Products = Mapping[str, Product]
MILD, BAD = Event(40.0, 96.0, 1), Event(40.0, 96.0, 4)


def patient(products: Products, seed: str = "1", **story: object) -> Course:
    told = Story(**{"ill": Illness(), **story})
    return course(products["cilta-cel"], {}, seed, told)


def samples(one: Course, days: float) -> Iterator[tuple[float, dict[str, float]]]:
    """(day, results by kind) of each sample up to a day."""
    for entry in itertools.takewhile(lambda entry: entry.hour <= days * 24, one.entries()):
        if isinstance(entry, ChartSet) and entry.by == LABORATORY:
            yield entry.hour / 24, {sent["kind"]: sent["value"] for sent in entry.observations}


def on_day(one: Course, kind: str, day: int) -> float:
    return next(found[kind] for at, found in samples(one, day + 1) if round(at) == day)


@pytest.mark.parametrize("seed", range(6))
def test_no_part_is_more_than_its_whole(products: Products, seed: int) -> None:
    ill = Illness(BAD, storm=Storm(9.0, 13.0, 20_000))
    for _, found in samples(patient(products, str(seed), ill=ill), 25):
        assert found["wbc"] >= found["anc"] + found["alc"] - 0.001
        if "bilirubin_direct" in found:
            assert found["bilirubin_direct"] <= found["bilirubin_total"]


def test_every_result_has_the_range_of_the_laboratory(products: Products) -> None:
    one = patient(products, ill=Illness(BAD, storm=Storm(9.0, 13.0, 20_000)))
    sent = [
        each
        for entry in itertools.takewhile(lambda entry: entry.hour < 30 * 24, one.entries())
        if isinstance(entry, ChartSet) and entry.by == LABORATORY
        for each in entry.observations
        if each["kind"] not in ("m_protein", "triglycerides_fasting")
    ]
    assert len({each["kind"] for each in sent}) == 20
    assert all({"low", "high"} & set(each) for each in sent)
    assert all(each["low"] < each["high"] for each in sent if {"low", "high"} <= set(each))


def test_blood_is_drawn_before_lymphodepletion_before_the_cells_and_then_daily(
    products: Products,
) -> None:
    one = patient(products)
    first = min(e.hour for e in one.told if isinstance(e, Dose) and e.medication == "fludarabine")
    drawn = [at * 24 for at, _ in samples(one, 10)]
    assert drawn[0] < first < drawn[1] < 0 < drawn[2]
    assert [round(at / 24) for at in drawn[2:]] == list(range(10))


@pytest.mark.parametrize("seed", range(4))
def test_worse_crs_has_more_of_what_inflames_and_fibrinogen_does_not_fall(
    products: Products, seed: int
) -> None:
    mild, bad = (patient(products, str(seed), ill=Illness(crs)) for crs in (MILD, BAD))
    for kind, day in (("crp", 3), ("ferritin", 5), ("ldh", 5), ("ast", 5)):
        assert on_day(bad, kind, day) > 1.2 * on_day(mild, kind, day), kind
    assert min(found["fibrinogen"] for _, found in samples(bad, 14)) > 250


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_is_seen_in_all_that_it_does(products: Products, seed: int) -> None:
    calm = patient(products, str(seed), ill=Illness(MILD))
    storm = patient(products, str(seed), ill=Illness(MILD, storm=Storm(9.0, 13.0, 20_000)))
    assert on_day(storm, "ferritin", 13) > 15_000 > 5_000 > on_day(calm, "ferritin", 13)
    assert on_day(storm, "fibrinogen", 13) < 150
    assert on_day(storm, "ast", 13) > 200
    assert on_day(storm, "platelets", 13) < on_day(calm, "platelets", 13)
    assert on_day(storm, "triglycerides", 13) > 265
    kinds = [set(found) for at, found in samples(calm, 14)]
    assert not any("triglycerides" in each for each in kinds)


def test_immune_recovery_is_looked_at_before_on_day_28_and_then_monthly(products: Products) -> None:
    one = patient(products, plan=Plan(((-8.0, 240.0),), (14, 28, 35, 61, 92)))
    looked = [round(at) for at, found in samples(one, 180) if "igg" in found]
    assert looked == [-7, 28, 61, 92, 120, 176]
    assert all("m_protein" in found for _, found in samples(one, 61) if "igg" in found)


def test_a_transfusion_raises_the_platelets_and_wears_off(products: Products) -> None:
    given = patient(products, told=(Dose(200.0, "platelets", 250, "mL", "iv"),))
    without = patient(products)
    before, next_day, week_on = (
        on_day(given, "platelets", day) - on_day(without, "platelets", day) for day in (8, 9, 16)
    )
    assert before == 0
    assert next_day > 8
    assert -1 <= week_on <= 1


def test_only_patients_with_myeloma_have_an_m_protein(products: Products) -> None:
    others = course(products["axi-cel"], {}, "1", Story(ill=Illness()))
    assert not any("m_protein" in found for _, found in samples(others, 30))


POINTS = st.lists(
    st.tuples(st.integers(-7, 100), st.floats(0.01, 1e4)), min_size=1, unique_by=lambda p: p[0]
)


@given(POINTS, st.floats(-20, 120))
def test_a_curve_goes_through_its_points_and_stays_between_them(
    points: list[tuple[int, float]], day: float
) -> None:
    points = sorted(points)
    curve = Curve.through(*points)
    for at, value in points:
        assert curve.at(at) == pytest.approx(value)
    values = [value for _, value in points]
    assert min(values) * 0.999 <= curve.at(day) <= max(values) * 1.001


def test_a_curve_is_straight_on_a_logarithmic_scale() -> None:
    assert Curve.through((0, 10), (2, 1000)).at(1) == pytest.approx(100)


@pytest.mark.parametrize("points", [((1, 2), (1, 3)), ((2, 1), (1, 1)), ((0, 0.0),)])
def test_a_curve_that_is_none_is_refused(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match="days of a curve rise"):
        Curve.through(*points)


def test_a_wave_rises_once_and_halves() -> None:
    rising = [wave(day / 10, 2.0, 5.0, 3.0) for day in range(51)]
    assert rising == sorted(rising)
    assert (rising[20], rising[50]) == (0.0, 1.0)
    assert wave(8.0, 2.0, 5.0, 3.0) == pytest.approx(0.5)


@given(st.floats(0, 50), st.floats(0.5, 30))
def test_what_was_given_wears_off_by_halves(since: float, half_life: float) -> None:
    left = boosts(since, (0.0,), 17.0, half_life)
    assert left == pytest.approx(17 * math.exp(-math.log(2) * since / half_life))
    assert boosts(-0.1, (0.0,), 17.0, half_life) == 0
