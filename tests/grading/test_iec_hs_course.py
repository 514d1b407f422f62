"""IEC-HS over time: what is gathered, since when features are met, and how ferritin rises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import pytest

from tests.grading.charting import BEGIN, POLICY, at, charted, fact
from toxmon.grading import crs_course, iec_hs
from toxmon.grading import iec_hs_course as course
from toxmon.grading.chart import Chart
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Bounds, Fact
from toxmon.grading.grade import Grade
from toxmon.grading.ledger import Ledger
from toxmon.grading.moment import Moment, lower, upper, value
from toxmon.grading.treatment import Treatment

D = Decimal
TREATMENT = Treatment(BEGIN, date(1960, 1, 1), UTC)
NO_CRS = crs_course.State()
ACTIVE = crs_course.State(Episode(1, at(0), 1, at(0)))
QUIET = crs_course.State(Episode(1, at(0), 1, at(0), quiet_since=at(1)))
OVER = crs_course.State(Episode(1, at(0), 1, at(0), quiet_since=at(1), ended_at=at(25)))


def moment(chart: Chart, hours: float = 0, ledger: Ledger | None = None) -> Moment:
    return Moment(at(hours), chart, TREATMENT, POLICY, ledger or Ledger())


def drawn(kind: str, number: Any, hours: float = 0, **limits: Any) -> Fact:
    """A laboratory value with the limits of its own range."""
    low, high = limits.get("low"), limits.get("high")
    normal = (None if low is None else D(low), None if high is None else D(high))
    return replace(fact(kind, number, hours, name=f"{kind} {hours}"), normal=normal)


def looked(
    *facts: Fact,
    state: course.State | None = None,
    hours: float = 0,
    crs: crs_course.State = NO_CRS,
    neurotoxicity: bool | None = None,
    ledger: Ledger | None = None,
) -> tuple[course.State, Grade]:
    now = moment(charted(*facts), hours, ledger)
    return course.look(state or course.State(), now, crs, neurotoxicity)


# a kind that is charted, the finding that it becomes, as what, and what belongs to it
GATHERED: tuple[tuple[str, Any, dict[str, Any]], ...] = (
    ("ferritin", D(900), {"ferritin_ng_ml": D(900), "ferritin_uln_ng_ml": D(9)}),
    ("ferritin_rising", True, {"ferritin_rising": True}),
    ("ast", D(50), {"ast_u_l": D(50), "ast_uln_u_l": D(9)}),
    ("alt", D(50), {"alt_u_l": D(50), "alt_uln_u_l": D(9)}),
    ("fibrinogen", D(100), {"fibrinogen_mg_dl": D(100), "fibrinogen_lln_mg_dl": D(5)}),
    ("anc", D(400), {"anc_per_ul": D(400)}),
    ("platelets", D(20), {"platelets_10e9_l": D(20)}),
    ("cytopenia_new", True, {"cytopenia_new": True}),
    ("hemophagocytosis", False, {"hemophagocytosis": False}),
    ("ldh", D(300), {"ldh_u_l": D(300), "ldh_uln_u_l": D(9)}),
    ("pt", D(20), {"pt_s": D(20), "pt_uln_s": D(9)}),
    ("aptt", D(60), {"aptt_s": D(60), "aptt_uln_s": D(9)}),
    (
        "bilirubin_direct",
        D(2),
        {"bilirubin_direct_mg_dl": D(2), "bilirubin_direct_uln_mg_dl": D(9)},
    ),
    ("splenomegaly", True, {"splenomegaly": True}),
    ("body_temperature", D("38.0"), {"fever": True}),
    ("body_temperature", D("37.9"), {"fever": False}),
    ("pulmonary_manifestation", True, {"pulmonary_manifestation": True}),
    ("renal_insufficiency", True, {"renal_insufficiency": True}),
    ("triglycerides", D(300), {"triglycerides_mg_dl": D(300)}),
    ("triglycerides_fasting", True, {"triglycerides_fasting": True}),
    ("iec_hs_confirmed", False, {"confirmed": False}),
    ("iec_hs_severity", "severe", {"severity": "severe"}),
    ("iec_hs_treated", True, {"intervention": True}),
    ("death", "iec_hs", {"death_due_to_iec_hs": True}),
    ("death", "crs", {}),
    ("attribution", ("iec_hs", "infection"), {"other_cause": True}),
    ("attribution", ("fever", "infection"), {}),
)


@pytest.mark.parametrize("row", GATHERED, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_is_charted_becomes_a_finding(row: tuple[str, Any, dict[str, Any]]) -> None:
    kind, charted_as, wanted = row
    now = moment(charted(replace(fact(kind, charted_as), normal=(D(5), D(9)))))
    findings, rests_on = course.gather(now, NO_CRS, now.known(*course.ASKED))
    assert findings == iec_hs.Findings(**{"crs_state": "none", **wanted})
    if kind in course.ASKED:
        assert rests_on == {kind: (kind,)}


def test_what_is_moved_is_all_that_is_asked_but_a_temperature() -> None:
    assert {*course.ASKED, "attribution", "death"} - course.MOVES == {"body_temperature"}
    kinds = {kind for kind, _, _ in GATHERED} - {"attribution", "death"}
    assert kinds | {"iec_hs_resolved"} == set(course.ASKED)


def test_a_baseline_is_a_number_from_before() -> None:
    before = {kind: fact(kind, 7, -5, name=f"old {kind}") for kind in ("ferritin", "ast", "alt")}
    now = moment(Chart(), ledger=Ledger(before=before))
    findings, rests_on = course.gather(now, NO_CRS, {}, True)
    assert findings == iec_hs.Findings(
        crs_state="none",
        neurotoxicity=True,
        ferritin_baseline_ng_ml=D(7),
        ast_baseline_u_l=D(7),
        alt_baseline_u_l=D(7),
    )
    assert rests_on["ferritin_baseline"] == ("old ferritin",)
    below = {"ferritin": fact("ferritin", Bounds(None, D(7)), -5)}
    findings, _ = course.gather(moment(Chart(), ledger=Ledger(before=below)), NO_CRS, {})
    assert findings.ferritin_baseline_ng_ml is None


def test_where_crs_stands() -> None:
    states = [course.crs_state(state) for state in (NO_CRS, ACTIVE, QUIET, OVER)]
    assert states == ["none", "active", "resolving", "resolved"]


def test_features_met_together_and_apart() -> None:
    state, grade = looked(drawn("ferritin", 900, high=300))
    assert state.met_since == {"ferritin": at(0)}
    assert "not_together" not in grade.warnings
    ferritin = drawn("ferritin", 900, 72, high=300)
    together, grade = looked(ferritin, drawn("fibrinogen", 100, 72), state=state, hours=72)
    assert together.met_since == {"ferritin": at(0), "fibrinogen": at(72)}
    assert "not_together" not in grade.warnings
    later = (drawn("ferritin", 900, 73, high=300), drawn("fibrinogen", 100, 73))
    apart, grade = looked(*later, state=state, hours=73)
    assert apart.met_since == {"ferritin": at(0), "fibrinogen": at(73)}
    assert "not_together" in grade.warnings
    gone, _ = looked(drawn("fibrinogen", 100, 80), state=apart, hours=80)
    assert gone.met_since == {"fibrinogen": at(73)}, "what is no longer met begins anew"


def test_how_ferritin_rises() -> None:
    state, grade = looked(drawn("ferritin", 1000))
    assert grade.more["ferritin_rise_per_24_h"] is None
    state, grade = looked(drawn("ferritin", 3000, 24), state=state, hours=24)
    assert grade.more["ferritin_rise_per_24_h"]["per_24_h"] == D("2000.00")
    assert [each.fact for each in state.ferritins] == ["ferritin 0", "ferritin 24"]
    same, _ = looked(drawn("ferritin", 3000, 24), state=state, hours=25)
    assert same.ferritins == state.ferritins, "one value is noted once"
    third, grade = looked(drawn("ferritin", 4000, 72), state=state, hours=72)
    assert [each.fact for each in third.ferritins] == ["ferritin 0", "ferritin 24", "ferritin 72"]
    fourth, _ = looked(drawn("ferritin", 4000, 73), state=state, hours=73)
    assert [each.fact for each in fourth.ferritins] == ["ferritin 24", "ferritin 73"]
    old, grade = looked(state=state, hours=30)
    assert grade.more["ferritin_rise_per_24_h"] is None, "not known any more"
    assert old.ferritins == state.ferritins
    bounded, _ = looked(drawn("ferritin", Bounds(D(40000), None), 30), state=state, hours=30)
    assert bounded.ferritins == state.ferritins


def test_a_rise_over_exactly_72_hours_counts_in_a_course_too() -> None:
    state, _ = looked(drawn("ferritin", 1000))
    _, grade = looked(drawn("ferritin", 4000, 72), state=state, hours=72)
    assert grade.more["ferritin_rise_per_24_h"]["per_24_h"] == D("1000.00")


def test_no_more_than_twelve_ferritins_are_kept() -> None:
    state = course.State()
    for hour in range(14):
        state, _ = looked(drawn("ferritin", 1000, hour), state=state, hours=hour)
    assert [each.at for each in state.ferritins] == [at(hour) for hour in range(2, 14)]


def test_the_peak_of_ferritin_while_crs_goes_on() -> None:
    state, _ = looked(drawn("ferritin", 900))
    assert state.peak_in_crs is None
    state, _ = looked(drawn("ferritin", 1000, 1), state=state, hours=1, crs=ACTIVE)
    assert state.peak_in_crs == course.Measured(at(1), D(1000), "ferritin 1")
    lower_one, _ = looked(drawn("ferritin", 999, 2), state=state, hours=2, crs=ACTIVE)
    assert lower_one.peak_in_crs == state.peak_in_crs
    same, _ = looked(drawn("ferritin", 1000, 2), state=state, hours=2, crs=ACTIVE)
    assert same.peak_in_crs == state.peak_in_crs
    state, _ = looked(drawn("ferritin", 1001, 3), state=state, hours=3, crs=QUIET)
    assert state.peak_in_crs == course.Measured(at(3), D(1001), "ferritin 3")
    after, _ = looked(drawn("ferritin", 9000, 30), state=state, hours=30, crs=OVER)
    assert after.peak_in_crs == state.peak_in_crs
    begun = crs_course.State(Episode(2, at(40), 1, at(40)))
    second, _ = looked(drawn("ferritin", 9000, 39), state=state, hours=40, crs=begun)
    assert second.peak_in_crs == state.peak_in_crs, "it was drawn before this episode"
    second, _ = looked(drawn("ferritin", 9000, 40), state=state, hours=40, crs=begun)
    assert second.peak_in_crs == course.Measured(at(40), D(9000), "ferritin 40")
    none, _ = looked(crs=ACTIVE)
    assert none.peak_in_crs is None


def test_the_answer_names_facts_and_kinds() -> None:
    confirmed = (
        fact("iec_hs_confirmed", True),
        fact("iec_hs_severity", "mild"),
        fact("body_temperature", 38, -9),
    )
    state, grade = looked(*confirmed, neurotoxicity=True)
    assert state.neurotoxicity is True
    assert (grade.low, grade.high) == (1, 2)
    assert grade.because[0].facts == ("iec_hs_confirmed", "iec_hs_severity")
    assert grade.missing == ("iec_hs_treated",)
    assert [each.finding for each in grade.stale] == ["body_temperature"]
    _, grade = looked(fact("death", "iec_hs"))
    assert (grade.value, grade.because[0].facts) == (5, ("death",))
    _, grade = looked(fact("attribution", ("iec_hs", "infection"), name="cause"))
    assert (grade.value, grade.because[0].facts) == (0, ("cause",))
    _, grade = looked()
    assert set(grade.missing) == {"iec_hs_confirmed", "iec_hs_severity", "iec_hs_treated"} | {
        "ferritin", "ferritin_uln_ng_ml", "ferritin_baseline_ng_ml", "ferritin_rising",
    }  # fmt: skip
    before = {"ferritin": fact("ferritin", 300, -5, name="old")}
    low = (drawn("ferritin", 300, high=300), fact("ferritin_rising", False))
    _, grade = looked(*low, ledger=Ledger(before=before))
    assert grade.value == 0
    assert grade.because[0].facts == ("ferritin 0", "ferritin_rising")


def test_a_moment_knows_the_day_the_age_and_what_still_holds() -> None:
    now = moment(charted(fact("body_temperature", 38), fact("weight", 80)), 8)
    assert set(now.known("body_temperature", "weight", "height")) == {"weight"}
    assert set(moment(now.chart, 7.9).known("body_temperature")) == {"body_temperature"}
    assert (now.day, now.age, now.drug) == (0, D(66), False)
    assert moment(Chart(), 17).day == 1
    assert value({}, "weight") is None
    assert value(now.known("weight"), "weight") == D(80)


# the lower and the upper limit of a result, and which of them count
LIMITS = (
    ((None, None), (None, None)),
    ((D(0), D(0)), (None, None)),
    ((D("0.1"), D("0.2")), (D("0.1"), D("0.2"))),
    ((None, D(5)), (None, D(5))),
    ((D(5), None), (D(5), None)),
)


@pytest.mark.parametrize(("normal", "limits"), LIMITS, ids=str)
def test_a_limit_counts_where_it_is_above_0(normal: Any, limits: Any) -> None:
    result = replace(fact("ast", 50), normal=normal)
    assert (lower(result), upper(result)) == limits
    assert (lower(None), upper(None)) == (None, None)
    assert (lower(fact("ast", 50)), upper(fact("ast", 50))) == (None, None)
