"""CAR T-cell products: what differs by disease, age, scale and part of the dose stays apart."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from toxmon.protocol import load_protocols, show

PROTOCOLS = load_protocols()
PRODUCTS = PROTOCOLS.products
CD19 = ["axi-cel", "brexu-cel", "tisa-cel", "liso-cel", "obe-cel"]
WITH_REMS = ["axi-cel", "brexu-cel", "tisa-cel", "liso-cel"]
INVESTIGATIONAL = ["anito-cel", "arlo-cel", "gc012f", "generic-car-t"]
ALL = [*CD19, *INVESTIGATIONAL]
OF_BCMA = ["anito-cel", "gc012f", "generic-car-t"]
DELAYED = {"parkinsonism", "cranial_nerve_palsy", "enterocolitis"}
BEFORE, AFTER = date(2025, 6, 25), date(2025, 6, 26)


def crs(product, population):
    (figure,) = (f for f in PRODUCTS[product].figures("crs") if f.population == population)
    return figure


def percent(rate):
    return None if rate is None else rate.percent


def span(product, day, what, indication=None):
    found = PRODUCTS[product].label_on(day).span(what, indication)
    return None if found is None else found.value.days


@pytest.mark.parametrize(
    ("other", "name"),
    [
        ("Yescarta", "axi-cel"),
        ("tecartus", "brexu-cel"),
        ("Kymriah", "tisa-cel"),
        ("Breyanzi", "liso-cel"),
        ("Aucatzyl", "obe-cel"),
        ("CART-ddBCMA", "anito-cel"),
        ("BMS-986393", "arlo-cel"),
        ("AZD0120", "gc012f"),
    ],
)
def test_a_product_is_found_by_its_brand_or_code(other, name):
    assert PROTOCOLS.product(other).name == name


@pytest.mark.parametrize("name", ALL)
def test_the_first_weeks_and_the_late_ones_are_watched(name):
    product = PRODUCTS[name]
    assert {product.window("crs").course, product.window("icans").course} == {"early"}
    late = {window.event for window in product.windows if window.course == "late"}
    assert late >= {"iec_hs", "icaht_late", "hypogammaglobulinemia", "second_malignancy"}
    charted = {kind for watch in product.watches for kind in watch.kinds}
    assert charted >= {"body_temperature", "vasopressors", "ice_score", "ferritin", "igg", "cd4"}
    assert "b_cells" in charted
    # Nothing may end before the usual days of CRS do.
    vital = next(watch for watch in product.watches if watch.what == "vital signs")
    assert vital.first_day == 0
    assert vital.last_day >= product.window("crs").last_day


@pytest.mark.parametrize("name", ALL)
def test_delayed_neurotoxicity_is_watched_after_bcma_products_only(name):
    """It is published for BCMA products; of a product that is not known BCMA is assumed."""
    product = PRODUCTS[name]
    windows = {window.event for window in product.windows} & DELAYED
    charted = {kind for watch in product.watches for kind in watch.kinds}
    if name in OF_BCMA:
        assert windows == DELAYED
        assert charted >= {"handwriting", "parkinsonism", "facial_palsy"}
    else:
        assert windows == set()
        assert not charted & {"handwriting", "parkinsonism", "facial_palsy"}


# The label of June 2025.


@pytest.mark.parametrize("name", WITH_REMS)
def test_the_rems_ended_on_26_june_2025(name):
    product = PRODUCTS[name]
    assert product.label_on(BEFORE).rems.value
    assert not product.label_on(AFTER).rems.value
    assert (span(name, BEFORE, "proximity"), span(name, AFTER, "proximity")) == (28, 14)
    assert (span(name, BEFORE, "no_driving"), span(name, AFTER, "no_driving")) == (56, 14)
    assert (span(name, AFTER, "daily_monitoring"), span(name, AFTER, "monitoring")) == (7, 14)


def test_daily_visits_before_the_change_differed_by_product_and_disease():
    assert span("axi-cel", BEFORE, "daily_monitoring") == 7
    assert span("brexu-cel", BEFORE, "daily_monitoring", "MCL") == 7
    assert span("brexu-cel", BEFORE, "daily_monitoring", "ALL") == 14
    assert span("brexu-cel", AFTER, "daily_monitoring", "ALL") == 7
    # Two to three visits in the first week are not daily ones, and nothing stands in for them.
    assert span("tisa-cel", BEFORE, "daily_monitoring") is None
    assert any("not daily" in note.value for note in PRODUCTS["tisa-cel"].label_on(BEFORE).notes)
    assert span("liso-cel", BEFORE, "daily_monitoring") is None


def test_obe_cel_never_had_a_rems():
    product = PRODUCTS["obe-cel"]
    assert product.label_on(date(2024, 11, 7)) is None
    assert [label.rems.value for label in product.labels] == [False, False]
    assert (span("obe-cel", BEFORE, "monitoring"), span("obe-cel", AFTER, "monitoring")) == (28, 14)


def test_axi_cel_lost_its_limitation_in_february_2026():
    labels = [PRODUCTS["axi-cel"].label_on(date(2026, 2, day)) for day in (5, 6)]
    assert ["primary CNS lymphoma" in label.title for label in labels] == [False, True]
    assert not labels[1].rems.value


# Who was counted, and by which scale.


def test_crs_of_liso_cel_depends_on_the_disease():
    product = PRODUCTS["liso-cel"]
    shares = {
        disease: {
            percent(figure.rate) for figure in product.figures("crs", disease) if figure.indications
        }
        for disease in ("LBCL", "CLL", "FL")
    }
    assert shares == {"LBCL": {Decimal(42)}, "CLL": {Decimal(85)}, "FL": set()}


def test_penn_and_astct_are_never_mixed():
    """The same patients have grade 3 or more in 49% or 18.7%: conflict 8 of the sources."""
    label, registry = crs("tisa-cel", "ALL, label of 2018"), crs("tisa-cel", "Registry")
    assert (label.graded_by, percent(label.grade_3_or_more)) == ("Penn", Decimal(49))
    assert (registry.graded_by, percent(registry.grade_3_or_more)) == (
        "ASTCT 2019",
        Decimal("18.7"),
    )
    assert label.indications == registry.indications == ("ALL",)
    for figure in PRODUCTS["tisa-cel"].figures("crs", "ALL"):
        if figure.grade_3_or_more and figure.indications:
            assert figure.graded_by, f"{figure.population}: a share of grade 3 without its scale"


def test_trial_and_registry_of_brexu_cel_are_kept_apart():
    """Onset on day 3 (1-13) or 5 (1-46), conflict 4; day 46 is told as unusual all the same."""
    label, registry = crs("brexu-cel", "ZUMA-2, label"), crs("brexu-cel", "CIBMTR registry")
    assert (label.onset.median, label.onset.range) == (3, (1, 13))
    assert (registry.onset.median, registry.onset.range) == (5, (1, 46))
    assert label.indications == registry.indications == ("MCL",)
    window = PRODUCTS["brexu-cel"].window("crs")
    assert window.holds(13)
    assert not window.holds(46)
    assert "day 46" in window.note


def test_a_count_that_contradicts_its_percentage_is_told_and_not_loaded():
    (figure,) = (
        f for f in PRODUCTS["brexu-cel"].figures("neurotoxicity") if f.indications == ("MCL",)
    )
    assert (figure.rate.percent, figure.rate.count) == (81, None)
    assert "66 patients" in figure.note


@pytest.mark.parametrize("name", ["axi-cel", "tisa-cel", "liso-cel"])
def test_a_window_comes_from_a_cumulative_share_and_not_from_a_range(name):
    product = PRODUCTS[name]
    window = product.window("crs")
    assert window.citation.verified
    assert window.last_day in {14, 15}
    assert max(f.onset.range[1] for f in product.figures("crs") if f.onset and f.onset.range) > (
        window.last_day
    )
    assert product.window("neurotoxicity").last_day == {"liso-cel": 15}.get(name, 56)


@pytest.mark.parametrize("name", ALL)
def test_a_share_of_events_in_time_does_not_pass_for_an_incidence(name):
    """96% of CRS within 15 days is a basis of a window: as a rate of CRS it would be wrong."""
    for figure in PRODUCTS[name].figures("crs"):
        assert "within" not in (figure.definition or "")
        assert percent(figure.rate) not in {96, 97}


@pytest.mark.parametrize("name", ALL)
def test_icans_and_what_labels_count_do_not_share_a_figure(name):
    product = PRODUCTS[name]
    wide = {(f.population, percent(f.rate)) for f in product.figures("neurotoxicity")}
    narrow = {(f.population, percent(f.rate)) for f in product.figures("icans")}
    assert not wide & narrow


# Age, weight, parts of a dose.


def test_tisa_cel_is_for_the_young_in_all_and_for_adults_in_lymphoma():
    ages = {
        (age.group, age.indications): (age.from_years, age.below_years, age.indicated)
        for age in PRODUCTS["tisa-cel"].ages
    }
    assert ages == {
        ("children and young adults", ("ALL",)): (None, 26, True),
        ("older adults", ("ALL",)): (26, None, False),
        ("adults", ("LBCL", "FL")): (18, None, True),
    }


def test_the_dose_of_tisa_cel_follows_the_weight_up_to_50_kg():
    by_weight = {
        dose.for_whom: (dose.low, dose.high, dose.per) for dose in PRODUCTS["tisa-cel"].doses
    }
    assert by_weight["50 kg or less"] == (Decimal("0.2"), Decimal("5.0"), "kg")
    assert by_weight["above 50 kg"] == (10, 250, None)


def test_obe_cel_is_given_in_two_parts_that_make_410():
    product = PRODUCTS["obe-cel"]
    assert product.doses[0].target == 410
    for schedule in product.schedules:
        assert sum(step.dose for step in schedule.steps) == 410
        assert [step.day for step in schedule.steps] == [0, 9]
        assert "withheld or delayed for CRS or ICANS" in schedule.note


def test_the_time_after_each_infusion_of_obe_cel_has_a_window():
    product = PRODUCTS["obe-cel"]
    assert {(each.when, each.span.days) for each in product.observations} == {
        ("each infusion", 7),
        ("each infusion", 14),
    }
    for event in ("crs", "icans"):
        after_second = product.dose_window(event, 2)
        assert after_second.holds(timedelta(days=14), 2)
        assert not after_second.holds(timedelta(days=14, minutes=1), 2)
        # The second one may be two days late: its two weeks are inside of the days as well.
        latest_second = product.schedules[0].step(2).day + 2
        assert product.window(event).holds(latest_second + 14)


# Not approved, and not known.


@pytest.mark.parametrize("name", INVESTIGATIONAL)
def test_what_is_investigational_says_so_and_has_no_label(name):
    product = PRODUCTS[name]
    assert product.investigational.value
    assert product.labels == product.indications == product.doses == ()
    assert "Investigational: yes" in show(product)


@pytest.mark.parametrize("name", CD19)
def test_what_is_approved_does_not(name):
    assert PRODUCTS[name].investigational is None


def test_the_generic_product_claims_no_figure_of_its_own():
    product = PRODUCTS["generic-car-t"]
    assert not any(
        window.citation.verified for window in product.windows if "Borrow" in window.basis
    )
    for figure in product.published:
        assert any(
            word in figure.population for word in ("pooled", "Real-world", "BMS-986354", "CT103A")
        )
    assert "None is of the product that was infused" in " ".join(product.text.split())


def test_a_comparator_is_named_as_another_product():
    others = [f for f in PRODUCTS["arlo-cel"].published if f.n == 17]
    assert {f.event for f in others} == {"crs", "nail_toxicity", "dysgeusia"}
    assert {f.population for f in others} == {"Another GPRC5D product"}
    assert not any(f.citation.verified for f in others)
    assert PRODUCTS["arlo-cel"].target == "GPRC5D"


def test_no_delayed_neurotoxicity_of_anito_cel_is_none_seen_and_not_none_possible():
    (figure,) = PRODUCTS["anito-cel"].figures("delayed_neurotoxicity")
    assert figure.rate.count == 0
    assert figure.n is None
    assert PRODUCTS["anito-cel"].window("parkinsonism").holds(41)


def test_the_page_of_tisa_cel_tells_what_a_physician_would_ask():
    page = " ".join(show(PRODUCTS["tisa-cel"], date(2025, 1, 1)).split())
    for words in (
        "US label with REMS: from 2017-08-30, in force on 2025-01-01",
        "Seen two to three times in the first week, not daily, and for at least 4 weeks.",
        "children and young adults (below 26 years), US, ALL: covered.",
        "older adults (from 26 years), US, ALL: not covered.",
        "Dose, ALL, 50 kg or less, US, as remembered in 2026: 0.2 to 5.0 for each kg",
        "ALL, label of 2018 68 79% 49% Indication: ALL. Graded by Penn.",
        "Registry 471 56.5% 18.7% 5 d (IQR 2-7) Indication: ALL. Graded by ASTCT 2019.",
        "88% of neurologic toxicity fell within 8 weeks.",
        "No table of management of this label was read, so none stands here.",
    ):
        assert words in page
