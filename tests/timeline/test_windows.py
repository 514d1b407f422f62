"""Onset windows: inside to the last instant, counted from days or from doses, crossings once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline import make
from tests.timeline.courses import INFUSED, Course, courses
from tests.timeline.make import D, H, M
from toxmon.timeline.windows import crossed, inside, next_change, usual, windows

TREATMENT = make.treatment(INFUSED, "Europe/Berlin")
LEAST = timedelta(microseconds=1)


def state(now: datetime, event: str = "crs", name: str = "cilta-cel") -> str:
    found = windows(make.product(name), TREATMENT, (), now)
    return next(each.state for each in found if each.event == event and each.dose is None)


def test_both_ends_are_inside() -> None:
    first, after = TREATMENT.begins(4), TREATMENT.begins(15)
    assert state(first - LEAST) == "before"
    assert state(first) == "in"
    assert state(after - LEAST) == "in"
    assert state(after) == "after"


def test_a_window_of_day_0_begins_with_the_infusion_and_one_without_end_goes_on() -> None:
    assert state(INFUSED - M, "icans") == "before"
    assert state(INFUSED, "icans") == "in"
    assert state(INFUSED + 9000 * D, "second_malignancy") == "in"


@pytest.mark.parametrize(
    ("name", "day", "expected"), [("cilta-cel", 1, False), ("ide-cel", 1, True)]
)
def test_the_same_fever_means_different_things(name: str, day: int, expected: bool) -> None:
    at = INFUSED + day * D
    assert inside(make.product(name), TREATMENT, (), "crs", at) is expected
    assert inside(make.product(name), TREATMENT, (), "no_such_event", at) is None


def test_windows_after_each_dose_are_elapsed_time() -> None:
    product = make.product("teclistamab")
    doses = (make.dose(INFUSED + 3 * D), make.dose(INFUSED + 40 * D))
    last = doses[-1].at
    assert inside(product, TREATMENT, doses, "crs", last - M) is False
    assert inside(product, TREATMENT, doses, "crs", last) is True
    assert inside(product, TREATMENT, doses, "crs", last + 6 * D) is True
    assert inside(product, TREATMENT, doses, "crs", last + 6 * D + LEAST) is False
    assert (
        usual(product, TREATMENT, doses, "crs", last + H) == "day 0 to 12; 0 h to 6 d after dose 3"
    )
    told = windows(product, TREATMENT, doses, INFUSED + 4 * D)
    assert {each.dose for each in told} == {None, 1, 2}


def test_entering_and_leaving_are_told_once_under_a_key_that_stays() -> None:
    product = make.product()
    whole = crossed(product, TREATMENT, (), INFUSED - D, INFUSED + 1000 * D)
    crs = [(each.key, each.what, each.at) for each in whole if each.event == "crs"]
    assert crs == [
        ("window:crs:entered", "entered", TREATMENT.begins(4)),
        ("window:crs:left", "left", TREATMENT.begins(15)),
    ]
    assert len({each.key for each in whole}) == len(whole)


@given(course=courses(), cuts=st.lists(st.integers(0, 600), max_size=5))
def test_no_crossing_is_lost_or_told_twice(course: Course, cuts: list[int]) -> None:
    product, doses = make.product(course.product), course.known.doses
    begin, end = INFUSED - D, INFUSED + 700 * D
    instants = sorted({begin, end, *(INFUSED + each * D for each in cuts)})
    parts = [
        each.key
        for after, until in pairwise(instants)
        for each in crossed(product, TREATMENT, doses, after, until)
    ]
    whole = crossed(product, TREATMENT, doses, begin, end)
    assert parts == [each.key for each in whole]
    now, walked = begin, set()
    while (now := next_change(product, TREATMENT, doses, now) or end) < end:
        walked.add(now)
    assert walked == {each.at for each in whole if each.at < end}


def test_days_are_the_sites() -> None:
    for zone in make.ZONES:
        site = make.treatment(INFUSED, zone)
        found = windows(make.product(), site, (), INFUSED)
        crs = next(each for each in found if each.event == "crs")
        local = crs.first_at.astimezone(make.ZoneInfo(zone))
        assert (local.hour, local.minute) == (0, 0)
        assert local.tzinfo is not UTC
