"""The bispecific engagers that are shipped: doses in a row, their days, hours after a dose."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from toxmon.protocol import load_protocols

PRODUCTS = load_protocols().products
ENGAGERS = {name: each for name, each in PRODUCTS.items() if each.repeated}
STEPPED = {name: each for name, each in ENGAGERS.items() if name != "blinatumomab"}


def named(products):
    return pytest.mark.parametrize("product", products.values(), ids=list(products))


@named(ENGAGERS)
def test_it_is_one_without_costimulation_counted_from_the_first_dose(product):
    assert product.product_class == "bispecific T-cell engager"
    assert product.target.endswith("x CD3")
    assert product.costimulation is None
    assert product.route is not None
    assert product.schedules
    assert product.aliases


def test_everything_else_is_a_cell_product():
    assert len(ENGAGERS) == 11
    assert all("CAR T cells" in p.product_class for n, p in PRODUCTS.items() if n not in ENGAGERS)


@named(ENGAGERS)
def test_no_onset_is_counted_from_the_first_dose_by_default(product):
    """An onset without a clock would read as days since the first dose: each one says its own."""
    for figure in product.published:
        assert figure.onset is None or figure.clock is not None, figure.event


@named(ENGAGERS)
def test_the_days_of_the_label_are_one_more_than_ours(product):
    """A label's day 1 is our day 0, but for glofitamab, which another drug precedes by a week."""
    first = 8 if product.name == "glofitamab" else 1
    cycle = 28 if product.name == "epcoritamab" else 21
    for schedule in product.schedules:
        assert schedule.steps[0].day == 0
        for step in schedule.steps:
            words = step.label_day.split()
            if step.day is None:
                assert product.name == "blinatumomab"
            elif words[0] == "cycle":
                assert step.day == cycle * (int(words[1]) - 1) + int(words[3]) - first
            else:
                assert step.day == int(words[1]) - first


@named(STEPPED)
def test_hours_after_any_dose_are_known_for_crs_and_icans(product):
    last = max(step.number for schedule in product.schedules for step in schedule.steps)
    for event in ("crs", "icans"):
        for number in range(1, last + 1):
            window = product.dose_window(event, number)
            assert window.holds(timedelta(hours=13), number)
            assert not window.holds(timedelta(days=30), number)


@named(STEPPED)
def test_the_window_in_days_reaches_past_the_last_step(product):
    last = max(step.day for schedule in product.schedules for step in schedule.steps)
    for event in ("crs", "icans"):
        assert product.window(event).last_day > last


@named(STEPPED)
def test_somebody_looks_after_every_step(product):
    """On the day of each step vital signs and ICE are due."""
    charted = {"body_temperature": set(), "ice_score": set()}
    for watch in product.watches:
        days = watch.on or range(watch.first_day, (watch.last_day or watch.first_day) + 1)
        for kind in charted.keys() & set(watch.kinds):
            charted[kind] |= set(days)
    for schedule in product.schedules:
        for step in schedule.steps:
            for kind, days in charted.items():
                assert step.day in days, (kind, step.label_day)


@pytest.mark.parametrize(
    ("last", "days", "step"),
    [
        ("step-up dose 1", 7, "unknown"),
        ("step-up dose 1", 8, 1),
        ("step-up dose 2", 8, 2),
        ("step-up dose 2", 28, 2),
        ("step-up dose 2", 29, 1),
        ("weekly dose", 28, None),
        ("weekly dose", 29, 2),
        ("weekly dose", 56, 2),
        ("weekly dose", 57, 1),
        ("dose every 2 weeks", 63, None),
        ("dose every 2 weeks", 64, 2),
        ("dose every 2 weeks", 112, 2),
        ("dose every 2 weeks", 113, 1),
    ],
)
def test_teclistamab_is_taken_up_again(last, days, step):
    (restart,) = PRODUCTS["teclistamab"].restarts
    rule = restart.rule(last, days)
    assert ("unknown" if rule is None else rule.step) == step


def test_epcoritamab_is_repeated_more_than_8_days_after_the_first_step():
    (restart,) = PRODUCTS["epcoritamab"].restarts
    assert restart.rule("step-up dose 1", 8) is None
    assert restart.rule("step-up dose 1", 9).step == 1


@pytest.mark.parametrize(
    ("name", "shares"),
    [
        ("teclistamab", [42, 35, 24]),
        ("elranatamab", [43, 19, 7]),
        ("talquetamab", [29, 44, 33, 30, 12]),
        ("glofitamab", [56, 35, 29]),
        ("mosunetuzumab", [15, 5, 33, 5]),
    ],
)
def test_crs_is_told_dose_by_dose(name, shares):
    found = [f for f in PRODUCTS[name].figures("crs") if f.dose_number is not None]
    assert [f.rate.percent for f in found] == shares
    assert all(f.dose for f in found)


def test_later_doses_are_told_as_printed():
    for name in ("teclistamab", "talquetamab"):
        (later,) = (f for f in PRODUCTS[name].figures("crs") if f.dose == "later doses")
        assert (later.rate.percent, later.rate.percent_below) == (None, 3)
    (odro,) = PRODUCTS["odronextamab"].figures("crs")
    assert odro.rate.percent_range == (53, 56)
    assert odro.grade_3_or_more.percent_range == (Decimal("0.6"), 2)


def test_one_event_has_two_clocks():
    onset = {f.clock: f.onset.median for f in PRODUCTS["epcoritamab"].figures("icans")}
    assert onset == {"first dose": Decimal("16.5"), "most recent dose": 3}
    (lin,) = PRODUCTS["linvoseltamab"].figures("crs")
    assert (lin.clock, lin.onset.range, lin.onset.unit) == (
        "end of the most recent dose",
        (-1, 184),
        "h",
    )


def test_talquetamab_and_epcoritamab_have_two_schedules():
    weekly, slower = PRODUCTS["talquetamab"].schedules
    assert [step.dose for step in weekly.steps] == [
        Decimal("0.01"),
        Decimal("0.06"),
        Decimal("0.4"),
    ]
    assert slower.steps[-1].dose == Decimal("0.8")
    two, three = PRODUCTS["epcoritamab"].schedules
    assert two.step(3).dose == 48
    assert (three.step(3).dose, three.step(4).dose) == (3, 48)
    assert (two.indications, three.indications) == (("LBCL",), ("FL", "FL with R2"))


def test_blinatumomab_is_dosed_by_weight():
    fixed, by_surface = PRODUCTS["blinatumomab"].schedules
    assert (fixed.weight_from_kg, fixed.per) == (45, None)
    assert (by_surface.weight_below_kg, by_surface.per) == (45, "m2")
    spans = {(o.indications, o.when): o.span.days for o in PRODUCTS["blinatumomab"].observations}
    assert spans[("R/R",), "the start of cycle 1"] == 9
    assert spans[("MRD",), "the start of cycle 1"] == 3


def test_two_formulations_are_two_products():
    vein, skin = PRODUCTS["mosunetuzumab"], PRODUCTS["mosunetuzumab-sc"]
    assert (vein.route, skin.route) == ("intravenous", "subcutaneous")
    assert vein.schedules[0].step(1).dose == 1
    assert skin.schedules[0].step(1).dose == 5


@pytest.mark.parametrize(
    ("name", "day", "before", "after"),
    [
        ("teclistamab", date(2026, 3, 5), "accelerated approval", "with daratumumab"),
        ("epcoritamab", date(2025, 11, 18), "accelerated approval", "with lenalidomide"),
        ("tarlatamab", date(2025, 11, 1), "US label, accelerated approval", "without the words"),
        ("mosunetuzumab-sc", date(2025, 12, 22), None, "US label"),
        ("linvoseltamab", date(2025, 7, 2), None, "US label"),
    ],
)
def test_labels_change_on_their_day(name, day, before, after):
    product = PRODUCTS[name]
    earlier = product.label_on(day - timedelta(days=1))
    assert (earlier is None) if before is None else (before in earlier.title)
    assert after in product.label_on(day).title


def test_odronextamab_has_an_eu_label_only():
    product = PRODUCTS["odronextamab"]
    assert product.region == "EU"
    assert product.label_on(date(2026, 1, 1)).region == "EU"
    assert product.label_on(date(2026, 1, 1), "US") is None
    assert {(s.region, s.status) for s in product.statuses} == {
        ("EU", "approved"),
        ("US", "declined"),
    }
    (hand,) = product.at_hand
    assert (hand.doses, hand.more_within) == (1, timedelta(hours=8))


def test_weight_is_watched_where_the_drug_takes_it():
    product = PRODUCTS["talquetamab"]
    assert product.window("weight_loss").last_day is None
    (watch,) = (w for w in product.watches if w.what == "weight")
    assert watch.last_day is None
