"""Where sources differ. Both are kept, each with what tells them apart; none is averaged."""

from datetime import timedelta
from decimal import Decimal

import pytest

from toxmon.protocol import load_protocols

PRODUCTS = load_protocols().products


def figures(name, event, **of):
    """The figures of an event whose population, scale and so on are these."""
    found = PRODUCTS[name].figures(event)
    return [each for each in found if all(getattr(each, key) == value for key, value in of.items())]


def remarks(name):
    return " ".join(remark.text for remark in PRODUCTS[name].remarks)


def test_grades_of_overlapping_patients_differ_by_definition():
    ide = PRODUCTS["ide-cel"]
    severe = {
        figure.grade_3_or_more.percent
        for figure in ide.figures("crs")
        if figure.grade_3_or_more and figure.population.startswith("KarMMa")
    }
    assert severe >= {Decimal(9), Decimal(7), Decimal(5)}
    any_grade = {f.rate.percent for f in ide.figures("neurotoxicity") if f.rate}
    assert any_grade >= {Decimal(28), Decimal(18), Decimal(40)}
    assert ide.figures("icans")
    assert {figure.event for figure in ide.figures("neurotoxicity")} == {"neurotoxicity"}


def test_the_latest_onset_of_ide_cel_grew_and_the_window_is_not_tied_to_it():
    latest = {
        event: {f.onset.range[1] for f in PRODUCTS["ide-cel"].figures(event) if f.onset}
        for event in ("crs", "neurotoxicity")
    }
    assert latest["crs"] >= {Decimal(23), Decimal(27)}
    assert latest["neurotoxicity"] >= {Decimal(42), Decimal(148)}
    window = PRODUCTS["ide-cel"].window("crs")
    assert window.last_day not in latest["crs"]
    assert "after day 14" in window.basis


def test_the_same_day_means_different_things_for_two_products():
    ide, cilta = (PRODUCTS[name].window("crs") for name in ("ide-cel", "cilta-cel"))
    assert ide.holds(1)
    assert not cilta.holds(3)
    assert ide.holds(14)
    assert not ide.holds(15)


def test_brexu_cel_begins_later_in_the_registry_than_in_the_label():
    (label,) = figures("brexu-cel", "crs", population="ZUMA-2, label")
    (registry,) = figures("brexu-cel", "crs", population="CIBMTR registry")
    assert (label.onset.median, label.onset.range) == (3, (1, 13))
    assert (registry.onset.median, registry.onset.range) == (5, (1, 46))


def test_the_share_of_iec_hs_is_that_of_the_criteria_of_2023():
    (cohort,) = figures("ide-cel", "iec_hs", n=1502)
    assert cohort.rate.percent == Decimal("4.9")
    assert "22%" in cohort.note


def test_enterocolitis_begins_on_another_day_in_every_cohort():
    found = PRODUCTS["cilta-cel"].figures("enterocolitis")
    assert [f.onset.days(f.onset.median) for f in found] == [
        Decimal("92.5"),
        Decimal("106.53125"),
        Decimal(56),
    ]
    assert "79 days" in " ".join(f.note or "" for f in PRODUCTS["ide-cel"].figures("enterocolitis"))
    window = PRODUCTS["cilta-cel"].window("enterocolitis")
    assert all(window.holds(int(f.onset.days(f.onset.median))) for f in found)


def test_both_bounds_of_the_lymphocytes_stand():
    bounds = {(m.comparison, m.value) for m in PRODUCTS["cilta-cel"].markers if m.kind == "alc"}
    assert bounds == {(">", 3000), (">=", 2400)}


def test_penn_and_astct_are_told_apart():
    def severe(scale):
        return {
            f.grade_3_or_more.percent
            for f in figures("tisa-cel", "crs", graded_by=scale, indications=("ALL",))
        }

    assert severe("Penn") == {Decimal(49)}
    assert severe("ASTCT 2019") == {Decimal("18.7")}


def test_incidence_depends_on_the_indication():
    liso = PRODUCTS["liso-cel"]
    shares = {
        indication: {f.rate.percent for f in liso.figures("crs", indication) if f.indications}
        for indication in ("LBCL", "CLL")
    }
    assert shares == {"LBCL": {Decimal(42)}, "CLL": {Decimal(85)}}


def test_neurotoxicity_of_blinatumomab_begins_by_two_texts():
    found = PRODUCTS["blinatumomab"].figures("neurotoxicity")
    (second_hand,) = (f for f in found if f.onset)
    assert (second_hand.onset.median, second_hand.citation.kind) == (7, "secondary")
    (label,) = (f for f in found if f.citation.kind == "label")
    assert "2 weeks" in label.note
    window = PRODUCTS["blinatumomab"].window("neurotoxicity")
    assert window.holds(7)
    assert window.holds(14)


@pytest.mark.parametrize(
    ("name", "us", "eu"),
    [("teclistamab", (48, "in hospital"), (48, "near the center, monitored daily")),
     ("linvoseltamab", (24, "in hospital"), (24, "near the center with a caregiver"))],
)  # fmt: skip
def test_the_us_wants_the_hospital_where_the_eu_wants_somebody_near(name, us, eu):
    known = {each.region: each for each in PRODUCTS[name].observations}
    for region, (hours, where) in (("US", us), ("EU", eu)):
        assert known[region].span == timedelta(hours=hours)
        assert known[region].where == where


def test_elranatamab_is_observed_longer_after_the_second_step_in_the_eu():
    spans = {
        (each.region, each.doses): each.span.total_seconds() / 3600
        for each in PRODUCTS["elranatamab"].observations
    }
    assert spans == {("US", (1,)): 48, ("US", (2,)): 24, ("EU", (1, 2)): 48}


def test_lines_of_the_triplet_of_epcoritamab_differ_by_source():
    told = remarks("epcoritamab")
    assert "at least 2 prior lines" in told
    assert "relapsed or refractory" in told


def test_the_grades_of_mosunetuzumab_add_up_to_more_than_all():
    (label,) = [f for f in PRODUCTS["mosunetuzumab"].figures("crs") if f.grade_1]
    parts = (label.grade_1, label.grade_2, label.grade_3, label.grade_4)
    assert sum(part.percent for part in parts) == Decimal("45.5") > label.rate.percent
    assert "add up to more" in label.note
