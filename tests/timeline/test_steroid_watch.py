"""What is watched on steroids: the taper, long courses, a line that comes and goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings

from tests.timeline import make
from tests.timeline.courses import INFUSED, Course, courses
from tests.timeline.make import D, H, M
from toxmon.dosing.steroids import Days, SteroidDose, with_dose
from toxmon.protocol import Watch
from toxmon.timeline.check import Check
from toxmon.timeline.known import OUTPATIENT, Known
from toxmon.timeline.matter import Matter
from toxmon.timeline.matters import next_at, observe
from toxmon.timeline.plan import plan
from toxmon.timeline.steroid_line import GLUCOSE

TREATMENT = make.treatment(INFUSED, "Europe/Berlin")
START = INFUSED + 2 * D
FUNGAL, CMV, TAPER = "steroid:fungal", "steroid:cmv", "steroid:taper"
NOBODY: frozenset[str] = frozenset()


def given_at(*doses: tuple[datetime, str | None], unit: str = "mg") -> Known:
    days: Days = ()
    for at, amount in doses:
        dose = SteroidDose(
            fact=f"dose@{at.isoformat()}", at=at, drug="dexamethasone", unit=unit,
            amount=None if amount is None else Decimal(amount),
        )  # fmt: skip
        days = with_dose(days, dose, TREATMENT.zone)
    return Known(steroids=days)


def daily(*amounts: str | None, start: datetime = START) -> Known:
    return given_at(*((start + number * D, each) for number, each in enumerate(amounts)))


def graded(
    known: Known, at: datetime, crs: int = 1, icans: int = 0, high: int | None = None
) -> Known:
    levels = {"crs": make.level(crs, at, episode=1), "icans": make.level(icans, at, high)}
    return replace(known, levels=levels)


def found(known: Known, now: datetime, raised: frozenset[str] = NOBODY) -> dict[str, Matter]:
    product, alarms = make.product(), make.alarms()
    due = plan(known, product, TREATMENT, alarms, now)
    told = observe(known, due, product, TREATMENT, make.policy(), alarms, now, raised)
    return {each.key: each for each in told}


def glucose(
    known: Known, now: datetime, watches: Sequence[Watch] = (), older: bool = False
) -> Check | None:
    product = make.chart(*watches)
    due = plan(known, product, TREATMENT, make.alarms(), now, older=older)
    return next((each for each in due.checks if each.what == GLUCOSE), None)


# Long courses.


@pytest.mark.parametrize(
    ("days", "fungal", "cmv"), [(0, 0, 0), (3, 0, 0), (4, 1, 0), (5, 1, 1), (9, 1, 1)]
)
def test_long_courses_ask_for_prophylaxis(days: int, fungal: int, cmv: int) -> None:
    told = found(daily(*["10"] * days), START + max(days - 1, 0) * D)
    assert (told[FUNGAL].level, told[CMV].level) == (fungal, cmv)
    if fungal:
        assert told[FUNGAL].priority == "low"
        assert "on 4 days or more, since" in told[FUNGAL].says
        assert "(day 2)" in told[FUNGAL].says
        assert len(told[FUNGAL].facts) == days
    if cmv:
        assert "CMV by PCR" in told[CMV].says


def test_it_says_the_same_until_something_changes() -> None:
    four, nine = daily(*["10"] * 4), daily(*["10"] * 9)
    now = START + 9 * D
    assert found(four, now)[FUNGAL].says == found(nine, now)[FUNGAL].says


def test_a_day_without_a_dose_does_not_end_a_course_and_two_do() -> None:
    one = given_at(*((START + day * D, "10") for day in (0, 1, 3, 4)))
    two = given_at(*((START + day * D, "10") for day in (0, 1, 4, 5)))
    assert found(one, START + 4 * D)[FUNGAL].level == 1
    assert found(two, START + 5 * D)[FUNGAL].level == 0


def test_a_week_after_the_last_dose_it_is_over() -> None:
    known = daily(*["10"] * 4)
    last = START + 3 * D
    assert found(known, last + 7 * D - M)[FUNGAL].level == 1
    assert found(known, last + 7 * D)[FUNGAL].level == 0
    over = found(known, last + 7 * D, frozenset({FUNGAL}))[FUNGAL]
    assert over.says.endswith("no steroid in the last 7 d.")


# The taper.


def test_stopped_from_one_day_to_the_next_is_told_after_a_day_and_a_half() -> None:
    known = daily("10", "10", "10", "10")
    last = START + 3 * D
    assert found(known, last + 36 * H - M)[TAPER].level == 0
    told = found(known, last + 36 * H)[TAPER]
    assert (told.level, told.priority, told.at) == (2, "medium", last + 36 * H)
    assert "on 4 days" in told.says
    assert "none lower was given before" in told.says
    assert "Rapidly taper steroids as clinically appropriate" in told.says
    assert "Hakan" in told.source
    assert next_at(known, TREATMENT, make.policy(), make.alarms(), last + 7 * H) == last + 24 * H
    assert next_at(known, TREATMENT, make.policy(), make.alarms(), last + D) == last + 36 * H
    assert found(known, last + 7 * D)[TAPER].level == 0


@pytest.mark.parametrize(
    "amounts",
    [
        ("10", "10", "10"),
        ("10", "10", "10", "4"),
        ("20", "10", "10", "10"),
        ("4", "10", "10", "4", "4"),
    ],
)
def test_a_short_course_and_one_that_was_lowered_are_not(amounts: tuple[str, ...]) -> None:
    known = daily(*amounts)
    assert found(known, START + len(amounts) * D + D)[TAPER].level == 0


def test_whether_it_was_lowered_can_be_unknown_and_that_is_told() -> None:
    known = daily("10", "10", "10", None)
    told = found(known, START + 5 * D)[TAPER]
    assert told.level == 2
    assert "is not known" in told.says


def test_amounts_per_kg_are_compared_with_the_newest_weight() -> None:
    doses = [(START + day * D, amount) for day, amount in enumerate(("2", "2", "2", "1"))]
    known = given_at(*doses, unit="mg/kg")
    assert "is not known" in found(known, START + 5 * D)[TAPER].says
    weighed = replace(known, seen=make.seen(make.fact("weight", START, Decimal(70))))
    assert found(weighed, START + 5 * D)[TAPER].level == 0


def test_given_as_before_after_a_day_of_grade_1_is_told() -> None:
    improved = START + 12 * H
    known = graded(daily("10", "10"), improved)
    # The second dose comes half a day after the improvement, the third a day and a half.
    assert found(known, START + D)[TAPER].level == 0
    known = graded(daily("10", "10", "10"), improved)
    told = found(known, START + 2 * D)[TAPER]
    assert (told.level, told.priority) == (1, "low")
    assert "up to 10 mg a day in dexamethasone equivalents" in told.says
    assert found(graded(daily("10", "10", "4"), improved), START + 2 * D)[TAPER].level == 0


def test_the_span_after_an_improvement_has_its_end_inside() -> None:
    for late, level in ((M, 0), (0 * M, 1)):
        known = graded(daily("10", "10"), START + late)
        known = replace(known, steroids=daily("10", "10", start=START - M).steroids)
        again = given_at((START - M, "10"), (START + D, "10"))
        known = replace(known, steroids=again.steroids)
        assert found(known, START + D)[TAPER].level == level


def test_while_it_is_not_better_nobody_is_asked() -> None:
    improved = START + 12 * H
    doses = daily("10", "10", "10")
    now = START + 2 * D
    assert found(graded(doses, improved, crs=2), now)[TAPER].level == 0
    assert found(graded(doses, improved, icans=2), now)[TAPER].level == 0
    assert found(graded(doses, improved, icans=0, high=4), now)[TAPER].level is None
    nothing = replace(doses, levels={"crs": make.level(1, improved, episode=1)})
    assert found(nothing, now)[TAPER].level is None
    assert found(graded(daily("10", None, "10"), improved), now)[TAPER].level is None
    up = frozenset({TAPER})
    assert found(graded(doses, improved, high=4), now, up)[TAPER].level is None


def test_a_course_that_began_after_the_improvement_is_for_something_else() -> None:
    known = graded(daily("10", "10", "10"), START)
    assert found(known, START + 2 * D)[TAPER].level == 0


# Glucose.


def test_glucose_is_asked_for_only_while_steroids_are_given() -> None:
    known = daily("10")
    assert glucose(Known(), START) is None
    assert glucose(known, START - M) is None
    told = glucose(known, START)
    assert told is not None
    assert (told.state, told.due_at, told.grace) == ("next", START + 6 * H, H)
    assert told.because == "every 6 h while steroids are given"
    late = glucose(known, START + 24 * H - M)
    assert late is not None
    assert late.missed == (START + 6 * H, START + 12 * H, START + 18 * H)
    assert glucose(known, START + 24 * H) is None
    assert glucose(known, START + H, older=True) is None


def test_it_is_asked_from_the_last_value_on_and_goes_on_from_dose_to_dose() -> None:
    known = daily("10", "10", "10")
    measured = replace(known, seen=make.charted("glucose", START + 25 * H))
    told = glucose(measured, START + 26 * H)
    assert told is not None
    assert (told.due_at, told.met_at) == (START + 31 * H, START + 25 * H)
    # Exactly a day without one ends it; what comes then begins anew.
    never = glucose(known, START + 2 * D)
    assert never is not None
    assert never.due_at == START + 2 * D + 6 * H
    closer = given_at((START, "10"), (START + 24 * H - M, "10"))
    since = glucose(closer, START + 24 * H)
    assert since is not None
    assert since.due_at == START + 6 * H


def test_its_alarm_is_not_as_urgent_as_that_of_vital_signs() -> None:
    known = daily("10")
    once = found(known, START + 7 * H)[f"check:{GLUCOSE}"]
    assert (once.rule, once.level, once.priority) == ("steroid:glucose", 1, "low")
    assert once.title == "Glucose on steroids overdue"
    twice = found(known, START + 13 * H)[f"check:{GLUCOSE}"]
    assert (twice.level, twice.priority) == (2, "medium")


def test_an_alarm_of_a_line_that_is_gone_is_over() -> None:
    known, key = daily("10"), f"check:{GLUCOSE}"
    assert key not in found(known, START + D)
    told = found(known, START + D, frozenset({key}))[key]
    assert (told.level, told.says) == (0, "Glucose on steroids: no steroid in the last 24 h.")
    assert found(known, START + 7 * H, frozenset({key}))[key].level == 1


def test_at_home_it_is_asked_for_once_a_day() -> None:
    known = replace(daily("10"), stays=(make.stay(START - H, OUTPATIENT),))
    told = glucose(known, START + H)
    assert told is not None
    assert told.day_based
    assert told.every == D


def test_a_chart_that_asks_for_it_as_often_is_enough() -> None:
    known = daily("10")
    for every, there in ((6 * H, False), (8 * H, True)):
        line = make.watch("glucose", "glucose", every=every)
        assert (glucose(known, START + H, (line,)) is not None) is there


def test_an_older_edition_of_the_policy_watches_none_of_it() -> None:
    known = daily(*["10"] * 5)
    alarms = make.alarms(steroid_watches=())
    product = make.product()
    due = plan(known, product, TREATMENT, alarms, START + 4 * D)
    told = observe(known, due, product, TREATMENT, make.policy(), alarms, START + 4 * D)
    assert GLUCOSE not in {each.what for each in due.checks}
    assert not [each for each in told if each.rule.startswith("steroid:")]


@pytest.mark.parametrize("on", [True, False])
def test_a_high_glucose_is_told_on_steroids(on: bool) -> None:
    now = START + H
    seen = make.seen(make.fact("glucose", now, Decimal(251)))
    given = {"dexamethasone": make.dose(START, "dexamethasone")} if on else {}
    told = found(replace(daily("10"), seen=seen, given=given), now)
    assert told["threshold:glucose_gt_250_on_steroids"].level == int(on)


@given(course=courses(("cilta-cel", "teclistamab")))
@settings(max_examples=150)
def test_between_two_instants_that_were_foretold_nothing_rises(course: Course) -> None:
    treatment, alarms = make.treatment(INFUSED, course.zone), make.alarms()
    product, policy = make.product(course.product), make.policy()

    def levels(now: datetime) -> dict[str, int | None]:
        due = plan(course.known, product, treatment, alarms, now)
        told = observe(course.known, due, product, treatment, policy, alarms, now)
        return {each.key: each.level for each in told if each.rule.startswith("steroid:t")}

    until = next_at(course.known, treatment, policy, alarms, course.now)
    later = (until or course.now + 400 * D) - timedelta(microseconds=1)
    before, after = levels(course.now), levels(later)
    if not course.known.over(later):
        assert all((after[key] or 0) <= (before[key] or 0) for key in after if key in before)
