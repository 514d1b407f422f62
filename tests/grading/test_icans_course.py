"""ICANS over time: what is gathered at a moment, and how an episode begins and ends."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.grading.charting import ADULT, POLICY, at, charted, fact
from toxmon.grading import icans_course as course
from toxmon.grading.episode import Episode
from toxmon.grading.grade import Grade

D = Decimal
WELL: dict[str, Any] = {
    "ice_score": 10,
    "consciousness": "alert",
    "seizure": "none",
    "motor_weakness": "none",
    "cerebral_edema": "none",
    "icp_signs": (),
}


def looked(
    known: dict[str, Any],
    state: course.State | None = None,
    hours: float = 0,
    causes: tuple[tuple[str, str], ...] = (),
    age: Decimal | None = ADULT,
) -> tuple[course.State, Grade]:
    """A look at so many hours, when these facts are charted."""
    facts = [fact(kind, value, hours) for kind, value in known.items() if value is not None]
    facts += [fact("attribution", cause, hours, name=f"{cause[0]}_cause") for cause in causes]
    return course.look(state or course.State(), charted(*facts), at(hours), age, POLICY)


def span(grade: Grade) -> tuple[int, int]:
    return grade.low, grade.high


def test_an_episode_opens_with_a_certain_grade_and_keeps_its_peak() -> None:
    state, grade = looked(WELL)
    assert (span(grade), state.episode) == ((0, 0), None)
    assert course.next_change(state, POLICY) == ()
    state, grade = looked({**WELL, "seizure": None}, state, 1)
    assert (span(grade), state.episode) == ((0, 4), None)
    state, _ = looked({**WELL, "ice_score": 9}, state, 2)
    assert state.episode == Episode(1, at(2), 1, at(2))
    state, _ = looked({**WELL, "ice_score": 2}, state, 3)
    assert state.episode == Episode(1, at(2), 3, at(3))
    state, _ = looked({**WELL, "ice_score": 5}, state, 4)
    assert state.episode == Episode(1, at(2), 3, at(3))
    assert course.next_change(state, POLICY) == ()


def test_an_episode_ends_after_a_quiet_period_without_a_gap() -> None:
    state, _ = looked({**WELL, "ice_score": 9})
    state, _ = looked(WELL, state, 1)
    assert course.next_change(state, POLICY) == (at(25),)
    items = {f"ice_{name}": 1 for name in ("commands", "writing", "attention")}
    nearly = {**WELL, "ice_score": None, **items, "ice_orientation": 4}
    maybe, grade = looked({**nearly, "ice_naming": None}, state, 2)
    assert (span(grade), maybe.episode and maybe.episode.quiet_since) == ((0, 1), None)
    gap, _ = looked({**WELL, "seizure": None}, state, 2)
    assert gap.episode is not None
    assert gap.episode.quiet_since is None
    still, _ = looked(WELL, state, 24.99)
    assert still.episode is not None
    assert still.episode.open
    ended, _ = looked(WELL, state, 25)
    assert ended.episode is not None
    assert ended.episode.ended_at == at(25)
    assert course.next_change(ended, POLICY) == ()
    second, _ = looked({**WELL, "consciousness": "wakes_to_voice"}, ended, 30)
    assert second.episode == Episode(2, at(30), 2, at(30))


# what differs from a patient who is well, what has another cause, the age; then the grade, and the
# facts of each reason
GATHERED: tuple[
    tuple[dict[str, Any], tuple[str, ...], Any, tuple[int, int], tuple[tuple[str, ...], ...]], ...
] = (
    ({"ice_score": 8}, (), ADULT, (1, 1), (("ice_score", "consciousness"),)),
    (
        {"ice_score": None, "ice_orientation": 4, "ice_naming": 3, "ice_commands": 0}
        | {"ice_writing": 0, "ice_attention": 0},
        (),
        ADULT,
        (1, 1),
        (
            (
                "ice_orientation", "ice_naming", "ice_commands", "ice_writing", "ice_attention",
                "consciousness",
            ),
        ),
    ),
    (
        {"ice_score": None, "ice_orientation": 0, "ice_naming": 0},
        (),
        ADULT,
        (2, 3),
        (("ice_orientation", "ice_naming", "consciousness"),),
    ),
    ({"ice_score": None, "capd_score": 9}, (), D(5), (3, 3), (("capd_score",),)),
    ({"ice_score": None, "capd_performed": False}, (), D(5), (4, 4), (("capd_performed",),)),
    ({"capd_score": 0}, (), D(5), (0, 0), None),
    ({"consciousness": "wakes_to_touch"}, (), ADULT, (3, 3), (("consciousness",),)),
    ({"consciousness": "wakes_to_touch", "ice_score": 0}, ("consciousness",), ADULT, (0, 0), None),
    (
        {"seizure": "clinical", "seizure_duration": 301, "seizure_resolved": True},
        (),
        ADULT,
        (4, 4),
        (("seizure", "seizure_duration", "seizure_resolved"),),
    ),
    (
        {"seizure": "clinical", "seizure_duration": 300, "seizure_without_recovery": False},
        (),
        ADULT,
        (3, 3),
        (("seizure", "seizure_duration", "seizure_without_recovery"),),
    ),
    ({"seizure": "clinical", "seizure_duration": 301}, ("seizure",), ADULT, (0, 0), None),
    ({"motor_weakness": "deep_focal"}, (), ADULT, (4, 4), (("motor_weakness",),)),
    ({"motor_weakness": "deep_focal"}, ("motor_weakness",), ADULT, (0, 0), None),
    ({"cerebral_edema": "focal"}, (), ADULT, (3, 3), (("cerebral_edema",),)),
    ({"cerebral_edema": "focal", "edema_from_hemorrhage": True}, (), ADULT, (0, 0), None),
    ({"cerebral_edema": "focal"}, ("cerebral_edema",), ADULT, (0, 0), None),
    ({"icp_signs": ("papilledema",)}, (), ADULT, (4, 4), (("icp_signs",),)),
    ({"death": "icans"}, (), ADULT, (5, 5), (("death",),)),
    ({"death": "crs"}, (), ADULT, (0, 0), None),
)  # fmt: skip


@pytest.mark.parametrize("row", GATHERED, ids=lambda row: f"{row[0]} {row[1]}")
def test_what_is_gathered_and_what_it_rests_on(row: Any) -> None:
    differs, causes, age, wanted, facts = row
    attributed = tuple((sign, "sedation") for sign in causes)
    _, grade = looked({**WELL, **differs}, causes=attributed, age=age)
    assert span(grade) == wanted
    if facts is not None:
        assert tuple(reason.facts for reason in grade.because) == facts


def test_what_has_no_other_cause_stated_counts_and_nothing_is_asked_about_it() -> None:
    """In a course an attribution is an act: where there is none, there is no other cause."""
    signs = {"consciousness": "wakes_to_voice", "motor_weakness": "deep_focal"}
    _, grade = looked({**WELL, **signs, "seizure": "clinical", "cerebral_edema": "focal"})
    assert not [code for code in grade.warnings if code.endswith("_not_stated")]


def test_a_cause_is_a_fact_that_others_may_name() -> None:
    cause = fact("attribution", ("seizure", "epilepsy"), name="cause")
    found, rests_on = course.gather(charted(cause, fact("seizure", "none")), at(0), ADULT, POLICY)
    assert found.seizure_other_cause is True
    assert rests_on["seizure_other_cause"] == ("cause",)


def test_the_facts_of_an_answer_of_0_are_all_that_was_assessed() -> None:
    _, grade = looked(WELL)
    assert grade.because[0].facts == tuple(WELL)


def test_what_is_missing_and_stale_goes_by_the_names_of_kinds() -> None:
    _, grade = looked({**WELL, "seizure": "clinical", "seizure_resolved": True})
    assert (span(grade), grade.missing) == ((3, 4), ("seizure_duration",))
    chart = charted(
        *(fact(kind, value) for kind, value in WELL.items()), fact("weight", 80, until=1)
    )
    _, grade = course.look(course.State(), chart, at(12), ADULT, POLICY)
    assert grade.missing == ("consciousness",)
    assert [(each.finding, each.since) for each in grade.stale] == [("consciousness", at(12))]
