"""Plans: nothing changes before it was foretold, and no order of arrival makes a difference."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.timeline import make
from tests.timeline.courses import INFUSED, Course, courses
from tests.timeline.make import D, H, M
from toxmon.grading.treatment import Treatment
from toxmon.timeline import lines
from toxmon.timeline.check import Check
from toxmon.timeline.known import ENDED, INPATIENT, OUTPATIENT, Known, followed
from toxmon.timeline.plan import Plan, plan
from toxmon.timeline.seen import Seen
from toxmon.timeline.windows import windows


def told(course: Course, now: datetime, **parts: bool) -> Plan:
    treatment = make.treatment(INFUSED, course.zone)
    return plan(course.known, make.product(course.product), treatment, make.alarms(), now, **parts)


def without(found: Plan) -> Plan:
    """The plan without the instants at which it changes next: those move, and change nothing."""
    return replace(
        found, next_at=None, checks=tuple(replace(each, changes_at=None) for each in found.checks)
    )


@given(course=courses(), older=st.booleans(), part=st.floats(0, 1))
@settings(max_examples=200)
def test_nothing_changes_before_it_was_foretold(course: Course, older: bool, part: float) -> None:
    found = told(course, course.now, older=older)
    until = found.next_at or course.now + 400 * D
    assert until > course.now
    lines._BOOKS.clear()
    between = course.now + (until - course.now - timedelta(microseconds=1)) * part
    for later in (between, until - timedelta(microseconds=1)):
        assert without(told(course, later, older=older)) == without(found)
        states = [each.state for each in windows_of(course, later)]
        assert older or states == [each.state for each in windows_of(course, course.now)]


def windows_of(course: Course, now: datetime) -> list:  # type: ignore[type-arg]
    if course.known.over(now):
        return []
    treatment = make.treatment(INFUSED, course.zone)
    return [
        each
        for each in windows(make.product(course.product), treatment, course.known.doses, now)
        if each.dose is None
    ]


@given(course=courses(), seed=st.integers(0, 10))
def test_the_order_of_arrival_cannot_matter(course: Course, seed: int) -> None:
    facts = list(course.facts)
    random.Random(seed).shuffle(facts)
    one_by_one = Seen()
    for fact in facts:
        one_by_one = one_by_one.charted([fact])
    shuffled = replace(course, known=replace(course.known, seen=one_by_one))
    first = without(told(course, course.now))
    lines._BOOKS.clear()
    second = without(told(shuffled, course.now))
    assert [each.state for each in first.checks] == [each.state for each in second.checks]
    assert [each.due_at for each in first.checks] == [each.due_at for each in second.checks]


@given(course=courses(), looks=st.lists(st.integers(-3000, 30_000), max_size=6))
def test_what_was_worked_out_before_makes_no_difference(course: Course, looks: list[int]) -> None:
    treatment = make.treatment(INFUSED, course.zone)
    for each in looks:
        told(course, course.now + each * M)
        plan(Known(), make.product(course.product), treatment, make.alarms(), course.now + each * M)
    remembered = told(course, course.now)
    lines._BOOKS.clear()
    fresh = told(course, course.now)
    assert without(remembered) == without(fresh)


@pytest.mark.parametrize("name", sorted(make.protocols().products))
@pytest.mark.parametrize("zone", make.ZONES[:2])
def test_every_product_has_a_plan_from_the_day_before_to_day_400(name: str, zone: str) -> None:
    treatment = make.treatment(INFUSED, zone)
    for day in range(-1, 401):
        now = INFUSED + day * D
        found = plan(Known(), make.product(name), treatment, make.alarms(), now)
        assert found.checks
        assert len({each.what for each in found.checks}) == len(found.checks)
        assert found.next_at is None or found.next_at > now
        if day == -1:
            assert {each.state for each in found.checks} == {"next"}
        if day == 3:
            assert "overdue" in {each.state for each in found.checks}


@pytest.mark.hazard("H41")
def test_a_patient_of_whom_nothing_is_charted_is_overdue_from_the_first_hours_on() -> None:
    treatment = make.treatment(INFUSED, "Europe/Berlin")
    now, seen_overdue = INFUSED, set()
    while now < INFUSED + 2 * D:
        found = plan(Known(), make.product(), treatment, make.alarms(), now)
        seen_overdue |= {each.what for each in found.checks if each.state == "overdue"}
        assert found.next_at is not None
        now = found.next_at
    assert {"vital signs", "ICE", "oxygen and vasopressors", "blood count"} <= seen_overdue


NIGHTS = {
    "Europe/Berlin": ((2026, 3, 29), (2026, 10, 25)),
    "America/New_York": ((2026, 3, 8), (2026, 11, 1)),
    "Australia/Lord_Howe": ((2026, 10, 4), (2026, 4, 5)),
    "Asia/Kolkata": ((2026, 3, 29), (2026, 10, 25)),
    "America/St_Johns": ((2026, 3, 8), (2026, 11, 1)),
    "Pacific/Chatham": ((2026, 9, 27), (2026, 4, 5)),
}


@pytest.mark.hazard("H17")
@pytest.mark.parametrize("zone", make.ZONES)
@pytest.mark.parametrize("night", [0, 1], ids=["an hour is left out", "an hour comes twice"])
def test_the_nights_on_which_clocks_change(zone: str, night: int) -> None:
    site = make.ZoneInfo(zone)
    day = date(*NIGHTS[zone][night])
    infused = datetime.combine(day - D, time(20), site).astimezone(UTC)
    treatment = Treatment(infused, None, site)
    # Spans are elapsed time: four hours after a set at ten in the evening, whatever clocks say.
    measured = datetime.combine(day - D, time(22), site).astimezone(UTC)
    vitals = "body_temperature heart_rate respiratory_rate systolic_bp oxygen_saturation"
    known = Known(seen=make.charted(vitals + " wbc anc alc hemoglobin platelets", measured))
    found = {
        each.what: each
        for each in plan(known, make.product(), treatment, make.alarms(), measured).checks
    }
    assert found["vital signs"].due_at == measured + 4 * H
    # Days are the site's: ten in the morning of the day that is an hour shorter or longer.
    ten = datetime.combine(day, time(10), site).astimezone(UTC)
    assert found["blood count"].due_at == ten
    shift = {"Asia/Kolkata": 0 * M, "Australia/Lord_Howe": 30 * M}.get(zone, 60 * M)
    assert ten - measured == 12 * H + (shift if night else -shift)
    # And the chart of the first fourteen days ends at the site's midnight.
    end = datetime.combine(day - D + 15 * D, time(), site).astimezone(UTC)
    last = plan(known, make.product(), treatment, make.alarms(), end)
    before = plan(known, make.product(), treatment, make.alarms(), end - M)
    assert state(last, "vital signs") == "ended" != state(before, "vital signs")


def state(found: Plan, what: str) -> str:
    return check(found, what).state


def check(found: Plan, what: str) -> Check:
    return next(each for each in found.checks if each.what == what)


def test_a_leap_day_and_the_end_of_a_year_are_days_like_others() -> None:
    for infused, day, expected in (
        (make.utc(2028, 2, 27, 9), 2, make.utc(2028, 2, 29, 10)),
        (make.utc(2027, 2, 27, 9), 2, make.utc(2027, 3, 1, 10)),
        (make.utc(2026, 12, 30, 9), 2, make.utc(2027, 1, 1, 10)),
    ):
        treatment = make.treatment(infused)
        now = infused + day * D
        counted = make.charted("wbc anc alc hemoglobin platelets", now - D)
        found = plan(Known(seen=counted), make.product(), treatment, make.alarms(), now)
        assert check(found, "blood count").due_at == expected


@pytest.mark.hazard("H22")
def test_what_was_drawn_for_an_earlier_day_does_not_meet_a_later_one() -> None:
    treatment = make.treatment(INFUSED)
    now = INFUSED + 3 * D + 8 * H
    late = make.charted("wbc anc alc hemoglobin platelets", INFUSED + 2 * D)
    found = plan(Known(seen=late), make.product(), treatment, make.alarms(), now)
    assert state(found, "blood count") == "overdue"


def test_a_grade_that_is_charted_again_and_again_does_not_put_off_what_is_due() -> None:
    began = INFUSED + 5 * H
    level = make.level(2, began, episode=1)
    for hours in range(1, 4):
        level = followed(level, make.level(2, began + hours * H, episode=1))
    known = Known(levels={"crs": level})
    now = began + 3 * H + M
    found = plan(known, make.product(), make.treatment(INFUSED), make.alarms(), now)
    assert check(found, "vital signs").missed[-1] == began + 2 * H
    assert check(found, "vital signs").because == "every 1 h while CRS is grade 2, else every 4 h"


def test_another_bed_is_no_new_setting_and_coming_back_asks_at_once() -> None:
    treatment = make.treatment(INFUSED)
    vitals = "body_temperature heart_rate respiratory_rate systolic_bp oxygen_saturation"
    measured = INFUSED + 5 * D
    moves = (
        make.stay(INFUSED + 4 * D, OUTPATIENT),
        make.stay(measured + 9 * H, INPATIENT),
        make.stay(measured + 10 * H, INPATIENT),
    )
    known = Known(seen=make.charted(vitals, measured), stays=moves)
    now = measured + 10 * H + 5 * M
    found = plan(known, make.product(), treatment, make.alarms(), now)
    assert check(found, "vital signs").due_at == measured + 9 * H
    assert state(found, "vital signs") == "overdue"


def test_at_home_a_grade_asks_for_more_all_the_same() -> None:
    treatment = make.treatment(INFUSED)
    began = INFUSED + 3 * D
    known = Known(
        levels={"crs": make.level(2, began, episode=1)},
        stays=(make.stay(INFUSED + 2 * D, OUTPATIENT),),
    )
    found = plan(known, make.product(), treatment, make.alarms(), began)
    assert check(found, "vital signs").every == H


@pytest.mark.parametrize("how", ["died", "ended"])
def test_after_death_or_the_end_of_the_watch_there_is_nothing_to_do(how: str) -> None:
    at = INFUSED + 2 * D
    known = Known(died_at=at) if how == "died" else Known(stays=(make.stay(at, ENDED),))
    treatment = make.treatment(INFUSED)
    before = plan(known, make.product(), treatment, make.alarms(), at - M)
    after = plan(known, make.product(), treatment, make.alarms(), at)
    assert before.checks
    assert before.next_at is not None
    assert before.next_at <= at
    assert after.checks == ()
    assert after.next_at is None


def test_an_older_treatment_keeps_its_late_watch_and_nothing_else() -> None:
    treatment = make.treatment(INFUSED)
    known = Known(levels={"crs": make.level(3, INFUSED, episode=1)})
    found = plan(known, make.product(), treatment, make.alarms(), INFUSED + 40 * D, older=True)
    assert {each.what for each in found.checks} == {
        "late neurologic examination", "IgG", "blood count for second malignancy",
    }  # fmt: skip


def test_lines_follow_the_doses_as_they_were_given() -> None:
    treatment = make.treatment(INFUSED)
    product = make.product("tarlatamab")

    def due(*days: int) -> datetime | None:
        known = Known(doses=tuple(make.dose(INFUSED + day * D) for day in days))
        found = plan(known, product, treatment, make.alarms(), INFUSED + 2 * D)
        return check(found, "vital signs, second dose").due_at

    by_plan = treatment.begins(7) + 4 * H
    assert due() == by_plan
    assert due(7) == by_plan
    # Two days late: the day at the center moves with the dose.
    assert due(9) == treatment.begins(9) + 4 * H


def test_a_dose_that_came_early_makes_no_later_line_end_sooner() -> None:
    treatment = make.treatment(INFUSED)
    known = Known(doses=(make.dose(INFUSED + 2 * D),))
    now = treatment.begins(8) + 12 * H
    found = plan(known, make.product("teclistamab"), treatment, make.alarms(), now)
    assert state(found, "vital signs") == "overdue"
    late = Known(doses=(make.dose(INFUSED + 5 * D),))
    found = plan(late, make.product("teclistamab"), treatment, make.alarms(), now + 2 * D)
    assert state(found, "vital signs") == "overdue"


def test_a_line_that_has_not_begun_covers_no_cadence() -> None:
    at = INFUSED + 3 * D
    known = Known(levels={"crs": make.level(2, at, episode=1)})
    product = make.chart(
        make.watch("pulse, second dose", "heart_rate", every=4 * H, first_day=7, last_day=8),
        cadences=(make.cadence("crs", (2, 3, 4), "pulse", "heart_rate"),),
    )
    found = plan(known, product, make.treatment(INFUSED), make.alarms(), at)
    assert (check(found, "pulse").due_at, check(found, "pulse").every) == (at, H)


def test_who_is_observed_and_when_the_next_dose_is_planned() -> None:
    treatment = make.treatment(INFUSED)
    product = make.product("teclistamab")
    second = INFUSED + 3 * D
    known = Known(doses=(make.dose(second),))
    found = plan(known, product, treatment, make.alarms(), second + 47 * H)
    assert [(each.dose, each.until_at) for each in found.observed] == [(2, second + 48 * H)]
    quiet = make.chart(schedules=product.schedules, observations=product.observations)
    alone = plan(known, quiet, treatment, make.alarms(), second + 47 * H)
    assert alone.next_at == second + 48 * H
    assert found.next_dose is not None
    assert (found.next_dose.number, found.next_dose.planned_for) == (3, date(2026, 4, 2))
    assert (found.next_dose.from_date, found.next_dose.until_date) == (
        date(2026, 4, 1), date(2026, 4, 6),
    )  # fmt: skip
    later = plan(known, product, treatment, make.alarms(), second + 48 * H)
    assert later.observed == ()
