"""What is known at one moment: what replaces what, what grows old, and what has another cause."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.grading.charting import ADULT, POLICY, at, charted, fact, values
from toxmon.grading.chart import (
    ADMINISTRATION,
    DEATHS,
    ICE,
    PRESSURES,
    SIGNS,
    Chart,
    attributed_sign,
)
from toxmon.grading.doubts import contradictions
from toxmon.grading.facts import Bounds, Fact
from toxmon.grading.policy import Policy, PressureBound

D = Decimal


def test_a_finding_is_true_until_it_is_too_old_and_then_stale() -> None:
    chart = charted(fact("body_temperature", 38.5), fact("weight", 80))
    assert values(chart, 7.99) == {"body_temperature": D("38.5"), "weight": D(80)}
    assert values(chart, 8) == {"weight": D(80)}
    asked = frozenset({"body_temperature", "weight"})
    assert chart.stale(asked, at(7.99)) == ()
    (stale,) = chart.stale(asked, at(8))
    assert (stale.finding, stale.since, stale.fact) == (
        "body_temperature",
        at(8),
        "body_temperature",
    )
    assert chart.stale(frozenset({"weight"}), at(8)) == ()
    assert chart.known("heart_rate", at(0)) is None


def test_what_is_stale_stands_in_the_order_of_its_names() -> None:
    chart = charted(
        fact("seizure", "none"), fact("body_temperature", 37), fact("consciousness", "alert")
    )
    names = [each.finding for each in chart.stale(frozenset(chart.newest), at(30))]
    assert names == ["body_temperature", "consciousness", "seizure"]


def test_when_the_next_thing_lapses_and_what() -> None:
    chart = charted(
        fact("body_temperature", 38.5),
        fact("systolic_bp", 120),
        fact("weight", 80),
        fact("attribution", ("fever", "infection"), until=7),
    )
    assert chart.next_lapse(at(0)) == at(6)
    assert chart.next_lapse(at(6)) == at(7)
    assert chart.next_lapse(at(7)) == at(8)
    assert chart.next_lapse(at(8)) is None
    assert list(chart.lapsing(at(6))) == ["systolic_bp"]
    assert list(chart.lapsing(at(7))) == ["attribution"]
    assert list(chart.lapsing(at(7.5))) == []


@pytest.mark.parametrize("kind", PRESSURES)
def test_a_new_pressure_leaves_no_half_of_an_older_measurement(kind: str) -> None:
    chart = charted(*(fact(each, 100) for each in PRESSURES), fact(kind, 90, 1))
    assert values(chart, 1) == {kind: D(90)}


@pytest.mark.parametrize("kind", ICE)
def test_a_new_ice_leaves_no_item_of_an_older_one(kind: str) -> None:
    chart = charted(*(fact(each, 1) for each in ICE), fact(kind, 0, 1))
    assert values(chart, 1) == {kind: D(0)}


# what was charted before, what is charted an hour later, what is known then
RENEWED: tuple[tuple[dict[str, Any], dict[str, Any], dict[str, Any]], ...] = (
    (
        {"seizure": "clinical", "seizure_duration": D(400), "seizure_resolved": False}
        | {"seizure_without_recovery": True},
        {"seizure": "none"},
        {"seizure": "none"},
    ),
    (
        {"seizure": "clinical"},
        {"seizure_resolved": True},
        {"seizure": "clinical", "seizure_resolved": True},
    ),
    (
        {"cerebral_edema": "focal", "edema_from_hemorrhage": True},
        {"cerebral_edema": "diffuse"},
        {"cerebral_edema": "diffuse"},
    ),
    (
        {"iec_hs_confirmed": True, "iec_hs_severity": "mild", "iec_hs_treated": True},
        {"iec_hs_resolved": True},
        {"iec_hs_resolved": True},
    ),
    ({"capd_performed": False}, {"capd_score": D(3)}, {"capd_score": D(3)}),
    ({"capd_score": D(3)}, {"capd_performed": False}, {"capd_performed": False}),
    (
        {"oxygen_device": "nasal_cannula", "oxygen_flow": D(2), "ventilation_reason": "hypoxia"},
        {"oxygen_device": "room_air"},
        {"oxygen_device": "room_air"},
    ),
    (
        {"oxygen_device": "nasal_cannula", "oxygen_flow": D(2)},
        {"oxygen_device": "nasal_cannula"},
        {"oxygen_device": "nasal_cannula", "oxygen_flow": D(2)},
    ),
    (
        {"oxygen_flow": D(2)},
        {"oxygen_device": "nasal_cannula"},
        {"oxygen_device": "nasal_cannula", "oxygen_flow": D(2)},
    ),
    (
        {"oxygen_device": "nasal_cannula", "oxygen_flow": D(2)},
        {"oxygen_device": "simple_mask", "oxygen_flow": D(8)},
        {"oxygen_device": "simple_mask", "oxygen_flow": D(8)},
    ),
)  # fmt: skip


@pytest.mark.parametrize("row", RENEWED, ids=lambda row: f"{[*row[0]]} {[*row[1]]}")
def test_a_new_measurement_leaves_behind_what_belonged_to_the_older(
    row: tuple[dict[str, Any], dict[str, Any], dict[str, Any]],
) -> None:
    before, then, known = row
    facts = [fact(kind, value) for kind, value in before.items()]
    facts += [fact(kind, value, 1) for kind, value in then.items()]
    assert values(charted(*facts), 1) == known


# two facts of a kind at one instant, and the one that counts
TOGETHER: tuple[tuple[Fact, Fact, str], ...] = (
    (fact("body_temperature", 37, name="a"), fact("body_temperature", 39, name="b"), "b"),
    (fact("systolic_bp", 80, name="a"), fact("systolic_bp", 120, name="b"), "a"),
    (fact("body_temperature", 38, name="b"), fact("body_temperature", 38, name="a"), "a"),
    (fact("death", "other", name="a"), fact("death", "crs", name="b"), "b"),
    (fact("death", "icans", name="a"), fact("death", "crs", name="b"), "a"),
)


@pytest.mark.parametrize("row", TOGETHER, ids=lambda row: f"{row[0].kind} {row[2]}")
def test_of_two_at_one_instant_the_worse_counts_in_any_order(row: tuple[Fact, Fact, str]) -> None:
    one, other, counts = row
    assert charted(one, other).newest[one.kind].id == counts
    assert charted(other, one).newest[one.kind].id == counts


def test_what_no_kind_is_stays_out_of_the_chart() -> None:
    chart = charted(fact("administration", ("tocilizumab",)), fact("death", "crs"))
    assert set(chart.newest) == {"death"}
    assert chart.attributed == {}


def test_what_may_have_another_cause_and_what_a_death_may_be_due_to() -> None:
    assert SIGNS == (
        "fever", "hypotension", "hypoxia", "consciousness", "seizure", "motor_weakness",
        "cerebral_edema", "organ_toxicity", "iec_hs",
    )  # fmt: skip
    assert DEATHS == ("crs", "icans", "iec_hs", "other")
    assert ADMINISTRATION == "administration"


def test_one_of_two_attributions_lapses() -> None:
    one = fact("attribution", ("fever", "infection"), until=2, name="one")
    other = fact("attribution", ("hypoxia", "edema"), until=3, name="other")
    assert list(charted(one, other).lapsing(at(2))) == ["attribution"]


def cause(
    sign: str, why: str, hours: float = 0, name: str = "", until: float | None = None
) -> Fact:
    return fact("attribution", (sign, why), hours, name or f"{sign} {why}", until)


def test_an_attribution_holds_until_it_ends_or_another_takes_its_place() -> None:
    chart = charted(cause("fever", "infection", until=5))
    assert attributed_sign(cause("fever", "infection")) == "fever"
    found = chart.other_cause("fever", at(4.99))
    assert found is not None
    assert found.id == "fever infection"
    assert chart.other_cause("fever", at(5)) is None
    assert chart.other_cause("hypoxia", at(0)) is None
    chart = charted(cause("fever", "transfusion", 1), chart=chart)
    assert chart.other_cause("fever", at(9)) is not None
    later = charted(cause("fever", "infection", 0.5), chart=chart)
    assert later.attributed == chart.attributed, "an older one that comes late changes nothing"
    for own in ("crs", "icans", "fever"):
        assert charted(cause("fever", own, 2), chart=chart).other_cause("fever", at(2)) is None


def test_of_two_attributions_at_one_instant_the_one_that_leaves_the_sign_in_the_grade() -> None:
    other, own = cause("fever", "infection", name="z"), cause("fever", "crs", name="a")
    assert charted(other, own).other_cause("fever", at(0)) is None
    assert charted(own, other).other_cause("fever", at(0)) is None
    short, long = (
        cause("fever", "infection", until=2),
        cause("fever", "infection", name="z", until=9),
    )
    for pair in ((short, long), (long, short)):
        assert charted(*pair).attributed["fever"].id == "z"
    endless = cause("fever", "infection", name="endless")
    for pair in ((endless, long), (long, endless)):
        assert charted(*pair).attributed["fever"].id == "endless"


def test_a_fact_keeps_its_own_end_where_the_policy_has_none() -> None:
    chart = charted(fact("weight", 80, until=3))
    assert values(chart, 2) == {"weight": D(80)}
    assert values(chart, 3) == {}
    assert Chart().known("weight", at(0)) is None


# an age, and the bound of the pressure below which hypotension is read
AGES = (("0.99", 70), ("1", 80), ("17.9", 80), ("18", 90), ("80", 90))


@pytest.mark.parametrize(("age", "systolic"), AGES)
def test_the_bound_of_an_age(age: str, systolic: int) -> None:
    bound = POLICY.pressure_bound(D(age))
    assert bound is not None
    assert bound.systolic_below == systolic


def test_without_an_age_there_is_a_bound_only_where_there_is_one_for_all() -> None:
    assert POLICY.pressure_bound(None) is None
    one = PressureBound(None, D(90), None)
    day = timedelta(days=1)
    single = Policy("one", 1, "", {}, day, day, (one,), D(90))
    assert single.pressure_bound(None) == one
    assert single.pressure_bound(ADULT) == one
    young = Policy("young", 1, "", {}, day, day, (PressureBound(D(1), D(70), None),), D(90))
    assert young.pressure_bound(D(1)) is None


# values of one instant, and the kinds that are doubted
DOUBTS: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({"systolic_bp": D(120), "diastolic_bp": D(80)}, set()),
    ({"systolic_bp": D(80), "diastolic_bp": D(80)}, {"systolic_bp", "diastolic_bp"}),
    ({"systolic_bp": D(79), "diastolic_bp": D(80)}, {"systolic_bp", "diastolic_bp"}),
    ({"systolic_bp": D(79)}, set()),
    ({"diastolic_bp": D(79)}, set()),
    ({"systolic_bp": D(79), "diastolic_bp": Bounds(D(80), None)}, set()),
    ({"wbc": D(1000), "anc": D(1100)}, set()),
    ({"wbc": D(1000), "anc": D(1101)}, {"wbc", "anc"}),
    ({"wbc": D(1000), "alc": D(1101)}, {"wbc", "alc"}),
    ({"wbc": D(1000), "anc": D(900), "alc": D(1101)}, {"wbc", "alc"}),
    ({"wbc": D(1000), "anc": Bounds(D(2000), None), "alc": D(1101)}, {"wbc", "alc"}),
    ({"wbc": None, "anc": D(1101)}, set()),
)


@pytest.mark.parametrize(("together", "doubted"), DOUBTS, ids=range(len(DOUBTS)))
def test_what_contradicts_itself_is_doubted(together: dict[str, Any], doubted: set[str]) -> None:
    found = contradictions(together)
    assert set(found) == doubted
    if "anc" in doubted:
        assert found["wbc"].startswith("more neutrophils than leukocytes")
    if "alc" in doubted:
        assert found["alc"].startswith("more lymphocytes than leukocytes")
    if "systolic_bp" in doubted:
        assert found["systolic_bp"] == "the systolic pressure is not above the diastolic"
