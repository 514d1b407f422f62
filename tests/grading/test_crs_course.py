"""CRS over time: what is gathered at a moment, and how an episode begins, is treated and ends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.grading.charting import ADULT, POLICY, at, charted, fact
from toxmon.grading import crs_course as course
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Bounds
from toxmon.grading.grade import Grade

D = Decimal
WELL: dict[str, Any] = {
    "body_temperature": 36.8,
    "hypotension": False,
    "vasopressors": (),
    "oxygen_device": "room_air",
}


def looked(
    known: dict[str, Any],
    state: course.State | None = None,
    hours: float = 0,
    drug: bool = False,
    causes: tuple[tuple[str, str], ...] = (),
) -> tuple[course.State, Grade]:
    """A look at so many hours, when these facts are charted."""
    facts = [fact(kind, value, hours) for kind, value in known.items() if value is not None]
    facts += [fact("attribution", cause, hours, name=f"{cause[0]}_cause") for cause in causes]
    return course.look(state or course.State(), charted(*facts), at(hours), drug, ADULT, POLICY)


def span(grade: Grade) -> tuple[int, int]:
    return grade.low, grade.high


def test_a_fever_opens_an_episode_which_keeps_its_peak() -> None:
    state, grade = looked(WELL)
    assert (span(grade), state.episode) == ((0, 0), None)
    state, grade = looked({**WELL, "body_temperature": 38.0}, state, 1)
    assert span(grade) == (1, 1)
    assert state.episode == Episode(1, at(1), 1, at(1))
    state, grade = looked({**WELL, "body_temperature": 38.0, "hypotension": True}, state, 2)
    assert state.episode == Episode(1, at(1), 2, at(2))
    same, _ = looked({**WELL, "body_temperature": 39, "hypotension": True}, state, 3)
    assert same.episode == state.episode, "the peak is of the first time that it was reached"
    state, grade = looked({**WELL, "body_temperature": 39}, state, 3)
    assert span(grade) == (1, 1)
    assert state.episode == Episode(1, at(1), 2, at(2))


def test_no_fever_no_episode() -> None:
    for known in ({**WELL, "hypotension": True}, {**WELL, "body_temperature": None}):
        state, _ = looked(known)
        assert state.episode is None
    state, grade = looked({**WELL, "body_temperature": 39}, causes=(("fever", "infection"),))
    assert (state.episode, span(grade)) == (None, (0, 0))
    assert grade.because[0].rule == "crs.fever_other_cause"
    assert grade.because[0].facts == ("fever_cause",)


def test_the_fever_is_waived_once_it_was_treated_in_this_episode() -> None:
    pressor = {**WELL, "hypotension": True, "vasopressors": ("norepinephrine",)}
    state, _ = looked({**WELL, "body_temperature": 39})
    untreated, grade = looked(pressor, state, 1)
    assert span(grade) == (0, 0)
    assert "sign_without_fever_or_treatment" in grade.warnings
    state, _ = looked({**WELL, "body_temperature": 39}, state, 2, drug=True)
    assert state.drug_at == at(2)
    assert state.episode is not None
    assert state.episode.treated_at == at(2)
    state, grade = looked(pressor, state, 3)
    assert span(grade) == (3, 3)
    again, _ = looked(pressor, state, 4, drug=True)
    assert again.drug_at == at(4)
    assert again.episode is not None
    assert again.episode.treated_at == at(2), "the first treatment is kept"
    at_once, grade = looked(pressor, untreated, 5, drug=True)
    assert span(grade) == (3, 3), "a drug of the very instant counts"
    assert at_once.episode is not None
    assert at_once.episode.treated_at == at(5)


def test_a_drug_at_the_onset_counts_as_given_after_it() -> None:
    state, _ = looked({**WELL, "body_temperature": 39}, drug=True)
    assert state.episode is not None
    assert (state.episode.onset_at, state.episode.treated_at) == (at(0), at(0))
    _, grade = looked({**WELL, "hypotension": True}, state, 1)
    assert span(grade) == (2, 2)


def test_a_drug_before_any_fever_may_hide_one_for_a_while() -> None:
    state, _ = looked(WELL, drug=True)
    assert state == course.State(None, at(0))
    assert course.next_change(state, POLICY) == (at(10),)
    _, grade = looked({**WELL, "hypotension": True}, state, 9.99)
    assert (span(grade), grade.warnings) == ((0, 0), ("fever_possibly_masked",))
    _, grade = looked({**WELL, "hypotension": True}, state, 10)
    assert grade.warnings == ()


def test_an_episode_ends_after_a_quiet_period_without_a_gap() -> None:
    state, _ = looked({**WELL, "body_temperature": 39}, drug=True)
    assert course.next_change(state, POLICY) == (at(10),)
    state, _ = looked(WELL, state, 5)
    assert course.next_change(state, POLICY) == (at(29), at(10))
    gap, _ = looked({**WELL, "body_temperature": None}, state, 20)
    assert gap.episode is not None
    assert gap.episode.quiet_since is None
    open_still, grade = looked(WELL, state, 28.99)
    assert open_still.episode is not None
    assert open_still.episode.open
    assert grade.because[0].rule == "crs.fever_waived"
    ended, grade = looked(WELL, state, 29)
    assert ended.episode is not None
    assert ended.episode.ended_at == at(29)
    assert grade.because[0].rule == "crs.no_fever", "the waiver ends with the episode"
    assert grade.warnings == ()
    assert course.next_change(ended, POLICY) == (at(10),)
    after, grade = looked({**WELL, "hypotension": True}, ended, 30)
    assert span(grade) == (0, 0)
    assert after.episode == ended.episode
    second, grade = looked({**WELL, "body_temperature": 38.4}, ended, 31)
    assert second.episode == Episode(2, at(31), 1, at(31))
    assert course.next_change(course.State(), POLICY) == ()


def test_a_low_saturation_is_no_sign_that_keeps_an_episode_quiet() -> None:
    state, _ = looked({**WELL, "body_temperature": 39}, drug=True)
    low = {**WELL, "oxygen_saturation": 89}
    state, grade = looked(low, state, 5)
    assert (span(grade), grade.warnings) == ((0, 2), ("hypoxia_without_oxygen",))
    assert state.episode is not None
    assert state.episode.quiet_since is None
    state, _ = looked({**WELL, "oxygen_saturation": 90}, state, 6)
    assert state.episode is not None
    assert state.episode.quiet_since == at(6)
    policy = replace(POLICY, hypoxia_saturation_below=D(94))
    chart = charted(
        *(fact(kind, value, 6) for kind, value in {**low, "oxygen_saturation": 93}.items())
    )
    stricter, grade = course.look(state, chart, at(6), False, ADULT, policy)
    assert span(grade) == (0, 2)
    assert stricter.episode is not None
    assert stricter.episode.quiet_since is None


# pressures and a finding with the hours at which they were charted, an age: is there hypotension,
# which facts say so, is it provisional
PRESSURES: tuple[tuple[dict[str, Any], Any, tuple[Any, tuple[str, ...], bool]], ...] = (
    ({}, ADULT, (None, (), False)),
    ({"systolic_bp": (89, 0)}, ADULT, (True, ("systolic_bp",), True)),
    ({"systolic_bp": (90, 0)}, ADULT, (False, ("systolic_bp",), True)),
    ({"systolic_bp": (89, 0)}, None, (None, (), False)),
    ({"systolic_bp": (79, 0)}, D(5), (True, ("systolic_bp",), True)),
    ({"systolic_bp": (80, 0)}, D(5), (False, ("systolic_bp",), True)),
    ({"diastolic_bp": (40, 0)}, ADULT, (None, (), False)),
    ({"mean_arterial_pressure": (64, 0)}, ADULT, (True, ("mean_arterial_pressure",), True)),
    ({"mean_arterial_pressure": (65, 0)}, ADULT, (False, ("mean_arterial_pressure",), True)),
    ({"mean_arterial_pressure": (40, 0)}, D("0.5"), (None, (), False)),
    (
        {"systolic_bp": (95, 0), "diastolic_bp": (49, 0)},
        ADULT,
        (True, ("systolic_bp", "diastolic_bp"), True),
    ),
    (
        {"systolic_bp": (95, 0), "diastolic_bp": (50, 0)},
        ADULT,
        (False, ("systolic_bp", "diastolic_bp"), True),
    ),
    (
        {"systolic_bp": (89, 0), "diastolic_bp": (60, 0)},
        ADULT,
        (True, ("systolic_bp", "diastolic_bp"), True),
    ),
    (
        {"systolic_bp": (95, 0), "diastolic_bp": (49, 0), "mean_arterial_pressure": (65, 0)},
        ADULT,
        (False, ("systolic_bp", "diastolic_bp", "mean_arterial_pressure"), True),
    ),
    ({"hypotension": (True, 0)}, ADULT, (True, ("hypotension",), False)),
    ({"hypotension": (False, 0)}, ADULT, (False, ("hypotension",), False)),
    ({"hypotension": (True, 0), "systolic_bp": (120, 1)}, ADULT, (True, ("hypotension",), False)),
    ({"hypotension": (False, 0), "systolic_bp": (80, 1)}, ADULT, (True, ("systolic_bp",), True)),
    ({"hypotension": (False, 0), "systolic_bp": (80, 0)}, ADULT, (False, ("hypotension",), False)),
    ({"hypotension": (False, 0), "systolic_bp": (95, 1)}, ADULT, (False, ("hypotension",), False)),
    ({"hypotension": (False, 1), "systolic_bp": (80, 0)}, ADULT, (False, ("hypotension",), False)),
    (
        {"systolic_bp": (Bounds(None, D(90), high_open=True), 0), "diastolic_bp": (40, 0)},
        ADULT,
        (True, ("systolic_bp", "diastolic_bp"), True),
    ),
)  # fmt: skip


@pytest.mark.parametrize("row", PRESSURES, ids=lambda row: f"{row[0]} {row[1]}")
def test_hypotension_is_a_finding_or_provisionally_a_pressure(row: Any) -> None:
    known, age, (wanted, facts, provisional) = row
    chart = charted(*(fact(kind, value, hours) for kind, (value, hours) in known.items()))
    gathered = course.gather(course.State(), None, chart, at(1), age, POLICY)
    assert gathered.findings.hypotension is wanted
    assert gathered.rests_on["hypotension"] == facts
    assert gathered.provisional is provisional


def test_a_provisional_hypotension_says_so() -> None:
    fever = {**WELL, "body_temperature": 39, "hypotension": None, "systolic_bp": 80}
    _, grade = looked(fever)
    assert span(grade) == (2, 2)
    assert "hypotension_provisional" in grade.warnings
    assert [(each.rule, each.facts) for each in grade.because] == [
        ("crs.fever", ("body_temperature",)),
        ("crs.hypotension", ("systolic_bp", "vasopressors")),
    ]
    assert grade.because[1].text.endswith(" (provisional, read from the blood pressure)")
    assert "provisional" not in grade.because[0].text
    _, grade = looked({**fever, "vasopressors": None})
    assert grade.because[1].rule == "crs.vasopressors_unknown"
    assert grade.because[1].text.endswith(" (provisional, read from the blood pressure)")
    _, grade = looked(fever, causes=(("hypotension", "bleeding"),))
    assert (span(grade), grade.warnings) == ((1, 1), ())
    _, grade = looked({**fever, "systolic_bp": 120})
    assert (span(grade), grade.warnings) == ((1, 1), ())
    _, grade = looked({**WELL, "body_temperature": 39, "hypotension": True})
    assert "hypotension_provisional" not in grade.warnings


def test_what_is_missing_and_stale_goes_by_the_names_of_kinds() -> None:
    state, _ = looked({**WELL, "body_temperature": 39})
    facts = [fact(kind, value) for kind, value in WELL.items()]
    _, grade = course.look(state, charted(*facts), at(8), False, ADULT, POLICY)
    assert grade.missing == ("body_temperature",)
    assert [(each.finding, each.since) for each in grade.stale] == [("body_temperature", at(8))]
    _, grade = looked({**WELL, "body_temperature": 39, "oxygen_device": "nasal_cannula"})
    assert grade.missing == ("oxygen_flow",)
    assert grade.because[1].facts == ("oxygen_device",)


def test_the_facts_of_a_reason_are_those_of_its_findings() -> None:
    known = {**WELL, "body_temperature": 39, "oxygen_device": "nasal_cannula", "oxygen_flow": 8}
    _, grade = looked(known)
    assert [each.facts for each in grade.because] == [
        ("body_temperature",),
        ("oxygen_device", "oxygen_flow"),
    ]
    known = {**WELL, "oxygen_saturation": 85}
    state, _ = looked({**WELL, "body_temperature": 39}, drug=True)
    _, grade = looked(known, state, 1)
    assert grade.because[-1].facts == ("oxygen_device", "oxygen_saturation")
    ventilated = {"oxygen_device": "invasive_ventilation", "ventilation_reason": "hypoxia"}
    _, grade = looked({**WELL, "body_temperature": 39, **ventilated})
    assert grade.value == 4
    assert grade.because[1].facts == ("oxygen_device", "ventilation_reason")
    _, grade = looked(
        {**WELL, "oxygen_device": "simple_mask"}, state, 1, causes=(("hypoxia", "pneumonia"),)
    )
    assert grade.value == 0
    assert grade.because[-1].facts == ("hypoxia_cause",)
    _, grade = looked(
        {**WELL, "hypotension": True}, state, 1, causes=(("hypotension", "bleeding"),)
    )
    assert grade.because[1].facts == ("hypotension_cause",)


def test_a_death_is_of_crs_only_where_somebody_said_so() -> None:
    _, grade = looked({**WELL, "death": "crs"})
    assert (grade.value, grade.because[0].facts) == (5, ("death",))
    _, grade = looked({**WELL, "death": "icans"})
    assert grade.value == 0
    _, grade = looked(WELL)
    assert grade.value == 0
