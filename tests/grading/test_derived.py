"""Scales that are worked out when asked for: what is gathered for them from the state of a fold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import pytest

from tests.grading.charting import BEGIN, POLICY, at, charted, fact
from toxmon.grading import crs_course, derived, iec_hs_course
from toxmon.grading.asked import READ
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Fact
from toxmon.grading.grade import Grade, Reason
from toxmon.grading.kinds import KINDS
from toxmon.grading.ledger import Ledger
from toxmon.grading.moment import Moment
from toxmon.grading.state import State
from toxmon.grading.treatment import Treatment

D = Decimal
TREATMENT = Treatment(BEGIN, date(1960, 1, 1), UTC)
FEVERISH = crs_course.State(Episode(1, at(0), 1, at(0)))
OVER = crs_course.State(Episode(1, at(0), 1, at(0), quiet_since=at(1), ended_at=at(25)))


def moment(*facts: Fact, hours: float = 0) -> Moment:
    return Moment(at(hours), charted(*facts), TREATMENT, POLICY, Ledger())


def gathered(*facts: Fact, state: State | None = None, hours: float = 0) -> derived.Gathered:
    return derived.gather(state or State(), moment(*facts, hours=hours))


def graded(scale: str, low: int, high: int | None = None) -> Grade:
    because = (Reason("rule", "words", "source", (), (f"{scale} fact",)),)
    return Grade(scale, "edition", low, low if high is None else high, because)


def test_what_no_watched_scale_asks_is_read_for_these() -> None:
    assert set(KINDS) >= READ
    assert {
        "fraction_inspired_oxygen", "wbc", "soluble_cd25_units", "igg", "cd4", "b_cells",
        "m_protein", "igg_paraprotein",
    } <= READ  # fmt: skip


# a kind and its value, and the finding that it becomes
NAMED = (
    ("body_temperature", D("38.5"), "temperature_c"),
    ("oxygen_flow", D(4), "oxygen_flow_l_min"),
    ("oxygen_saturation", D(90), "oxygen_saturation_percent"),
    ("fraction_inspired_oxygen", D(40), "fraction_inspired_oxygen_percent"),
    ("csf_opening_pressure", D(18), "csf_opening_pressure_mmhg"),
    ("ferritin", D(900), "ferritin_ng_ml"),
    ("hemoglobin", D(9), "hemoglobin_g_dl"),
    ("platelets", D(90), "platelets_10e9_l"),
    ("wbc", D(900), "wbc_per_ul"),
    ("anc", D(900), "anc_per_ul"),
    ("triglycerides", D(200), "triglycerides_mg_dl"),
    ("fibrinogen", D(200), "fibrinogen_mg_dl"),
    ("ast", D(50), "ast_u_l"),
    ("soluble_cd25_units", D(2400), "soluble_cd25_u_ml"),
    ("seizure_duration", D(20), "seizure_seconds"),
    ("hepatomegaly", True, "hepatomegaly"),
    ("consciousness", "alert", "consciousness"),
    ("oxygen_device", "room_air", "oxygen_device"),
)


@pytest.mark.parametrize(("kind", "value", "name"), NAMED)
def test_a_fact_goes_by_the_name_of_its_finding(kind: str, value: Any, name: str) -> None:
    found = gathered(fact(kind, value))
    assert found.found[name] == value
    assert found.rests_on[name] == (kind,)
    assert derived.CHARTED_AS.get(name, name) == kind


def test_what_has_grown_old_is_not_gathered() -> None:
    found = gathered(fact("body_temperature", 39), hours=8)
    assert "temperature_c" not in found.found
    assert found.found["fever"] is None
    assert found.rests_on["fever"] == ()


def test_the_fever_and_the_age() -> None:
    found = gathered(fact("body_temperature", 38))
    assert (found.found["fever"], found.found["age_years"]) == (True, D(66))
    assert found.rests_on["fever"] == ("body_temperature",)
    assert gathered(fact("body_temperature", D("37.99"))).found["fever"] is False


def test_an_organ_toxicity_of_another_cause() -> None:
    cause = fact("attribution", ("organ_toxicity", "sepsis"), name="cause")
    found = gathered(cause)
    assert found.found["organ_toxicity_other_cause"] is True
    assert found.rests_on["organ_toxicity_other_cause"] == ("cause",)
    assert "organ_toxicity_other_cause" not in gathered().found


def test_for_how_many_hours_a_vasopressor_runs() -> None:
    runs = fact("vasopressors", ("norepinephrine",))
    since = State(since={"vasopressors": at(0)})
    hours = [
        gathered(runs, state=since, hours=each).found["vasopressor_hours"] for each in (2.99, 3)
    ]
    assert hours == [D(2), D(3)]
    assert "vasopressor_hours" not in gathered(runs).found
    assert "vasopressor_hours" not in gathered(fact("vasopressors", ()), state=since).found


def test_the_items_of_cartox_10_that_ice_has_too() -> None:
    items = [fact(f"ice_{name}", 1) for name in ("orientation", "naming", "commands")]
    assert gathered(*items).found["cartox"] == {"orientation": D(1), "naming": D(1)}
    head = fact("cartox_head_of_state", 1)
    assert gathered(head).found["cartox"] == {"head_of_state": D(1)}
    assert gathered(items[0], head).found["cartox"] == {"orientation": D(1), "head_of_state": D(1)}
    assert "cartox" not in gathered().found


def test_whether_the_peak_of_ferritin_was_in_crs() -> None:
    peak = iec_hs_course.Measured(at(3), D(9000), "ferritin fact")
    state = State(crs=FEVERISH, iec_hs=iec_hs_course.State(peak_in_crs=peak))
    found = gathered(state=state)
    assert found.found["ferritin_peak_ng_ml"] == D(9000)
    assert found.rests_on["ferritin_peak_ng_ml"] == ("ferritin fact",)
    assert found.found["in_crs"] is True
    assert gathered(state=State(crs=OVER)).found["in_crs"] is True
    none = State(grades={"crs": graded("crs", 0)})
    assert gathered(state=none).found["in_crs"] is False
    assert "in_crs" not in gathered(state=State(grades={"crs": graded("crs", 0, 1)})).found
    assert "in_crs" not in gathered().found
    assert "ferritin_peak_ng_ml" not in gathered().found


AST, ALT, BILIRUBIN = "ast_increased", "alt_increased", "bilirubin_increased"

# the grades of the three, then that of the liver and that of AST and ALT alone
LIVERS: tuple[tuple[dict[str, tuple[int, int]], int | None, int | None], ...] = (
    ({AST: (1, 1), ALT: (2, 2), BILIRUBIN: (0, 0)}, 2, 2),
    ({AST: (1, 1), ALT: (0, 0), BILIRUBIN: (2, 2)}, 2, 1),
    ({AST: (1, 1), ALT: (2, 2)}, None, 2),
    ({AST: (1, 1), ALT: (3, 3)}, 3, 3),
    ({AST: (1, 1), ALT: (2, 3), BILIRUBIN: (0, 0)}, None, None),
    ({AST: (3, 4), ALT: (2, 2), BILIRUBIN: (0, 0)}, 3, None),
    ({AST: (2, 2), BILIRUBIN: (2, 2)}, None, None),
    ({AST: (0, 0), ALT: (0, 0), BILIRUBIN: (0, 0)}, 0, 0),
    ({}, None, None),
)


@pytest.mark.parametrize("row", LIVERS, ids=str)
def test_the_grade_of_the_liver_is_the_worst_that_is_certain(row: Any) -> None:
    grades, liver, transaminases = row
    state = State(grades={name: graded(name, *ends) for name, ends in grades.items()})
    found = gathered(state=state)
    assert found.found.get("liver_grade") == liver
    assert found.found.get("transaminase_grade") == transaminases
    if liver is not None:
        assert set(found.rests_on["liver_grade"]) == {f"{name} fact" for name in grades}
    if transaminases is not None:
        assert found.rests_on["transaminase_grade"] == (f"{AST} fact", f"{ALT} fact")


def test_a_transaminase_grade_that_is_charted_stays() -> None:
    state = State(grades={AST: graded(AST, 1), ALT: graded(ALT, 2)})
    found = gathered(fact("transaminase_grade", 4), state=state)
    assert found.found["transaminase_grade"] == D(4)
    assert found.rests_on["transaminase_grade"] == ("transaminase_grade",)


def test_the_grade_of_the_kidney() -> None:
    name = "creatinine_increased"
    found = gathered(state=State(grades={name: graded(name, 2)}))
    assert (found.found["creatinine_grade"], found.rests_on["creatinine_grade"]) == (
        D(2),
        (f"{name} fact",),
    )
    assert "creatinine_grade" not in gathered(state=State(grades={name: graded(name, 1, 2)})).found


def test_every_scale_answers_with_facts_and_the_names_of_kinds() -> None:
    known = (fact("body_temperature", 39), fact("oxygen_device", "nasal_cannula"))
    now = moment(*known, hours=1)
    answers = derived.grades(State(crs=FEVERISH), now)
    assert set(answers) == {scale.name for scale in derived.SCALES}
    lee = answers["crs_lee_2014"]
    assert "oxygen_flow_l_min" not in lee.missing
    assert len(lee.missing) == len(set(lee.missing))
    facts = {each for reason in lee.because for each in reason.facts}
    assert facts <= {"body_temperature", "oxygen_device"}
    assert facts
    later = derived.grades(State(crs=FEVERISH), replace(now, at=at(8)))["crs_lee_2014"]
    assert [each.finding for each in later.stale] == ["body_temperature"]
    hscore = derived.grades(State(), moment(fact("ferritin", 3000)))["hscore"]
    assert "temperature_c" not in hscore.missing
    assert "body_temperature" in hscore.missing
    assert [reason.facts for reason in hscore.because] == [("ferritin",)]


def test_an_episode_that_is_over_waives_no_fever() -> None:
    facts = (fact("vasopressors", ("norepinephrine",)), fact("body_temperature", 37))
    open_one = crs_course.State(Episode(1, at(0), 1, at(0), treated_at=at(0)))
    over = crs_course.State(replace(OVER.episode, treated_at=at(0)) if OVER.episode else None)
    prior = [
        gathered(*facts, state=State(crs=crs)).found["prior_crs_fever"] for crs in (open_one, over)
    ]
    assert prior == [True, False]
