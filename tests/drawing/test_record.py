"""A course is read in one snapshot, on both databases, and drawn as it was charted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.conftest import Api, Clock
from tests.ward import courses
from toxmon.actions import Actor, look_up
from toxmon.actions.course import TWO, Course, course
from toxmon.drawing import table
from toxmon.drawing.record import Links, Seen
from toxmon.drawing.stretch import RANGES, stretch
from toxmon.grading.facts import Bounds
from toxmon.store import facts

NURSE = Actor("n", "N", "nurse")
LINKS = Links(
    lambda scale, at: f"/why?scale={scale}&at={at:%d%H%M}", lambda fact_id: f"/facts/{fact_id}"
)


def seen(api: Api, patient_id: str, name: str = "all", *also: str) -> Seen:
    """A patient's course as the pages see it."""
    read: Course = course(api.service, NURSE, patient_id, stretch(name))
    policy = api.service.protocols.policies["default"].policy
    return Seen(read, api.service.zone, policy, LINKS, also)


def test_the_last_of_each_kind_are_the_same_however_they_are_read(api: Api, clock: Clock) -> None:
    patient = courses.ill(api, clock, 3)
    at = clock() - timedelta(hours=1)
    answer = api.chart(patient, at.isoformat(), crp=(12, "mg/L"), body_temperature=(39, "Cel"))
    wrong = answer.body["observations"][0]["id"]
    api.post(f"/observations/{wrong}/retraction", {"reason": "of somebody else"})
    api.chart(patient, at.isoformat(), ferritin=(30_000_000, "ng/mL"))  # Waits to be confirmed.
    whole = seen(api, patient).course.newest
    with api.service.store.reading():
        asked = facts.last_of_kinds(api.service.store, patient, clock(), TWO)
    names = ("id", "kind", "counted", "effective_at")
    assert [[row[n] for n in names] for row in whole] == [[row[n] for n in names] for row in asked]


def test_every_range_has_its_stretch_and_a_line_from_before_it(api: Api, clock: Clock) -> None:
    patient = courses.ill(api, clock, 6)
    for name in RANGES:
        found = seen(api, patient, name)
        picture = found.picture("Course")
        assert picture.start < clock()
        for series in picture.series:
            assert all(picture.start <= at <= picture.end for at, _ in series.points)
    day = seen(api, patient, "24h").picture("Course")
    assert day.series[0].before is not None
    assert day.series[0].before[0] < day.start
    assert seen(api, patient, "d30").picture("").start < seen(api, patient, "all").picture("").start
    crs = day.lanes[0]
    assert crs.segments[0].start < day.start, "it began before the window"


def test_an_interval_and_an_ice_by_its_items_have_a_place(api: Api, clock: Clock) -> None:
    patient, infused_at = courses.treated(api, clock, 2)
    at = infused_at + timedelta(hours=5)
    items = {"orientation": 3, "naming": 2, "commands": 1, "writing": 0, "attention": 0}
    whole = [courses.fact(f"ice_{name}", at, Decimal(n)) for name, n in items.items()]
    part = [courses.fact("ice_naming", at + timedelta(hours=4), Decimal(3))]
    low = [courses.fact("crp", at, Bounds(None, Decimal(5), high_open=True))]
    courses.chart(api, patient, whole + part + low)
    found = seen(api, patient)
    picture = found.picture("Course", kinds=("ice_score", "crp"))
    ice, crp = picture.series
    assert [value for _, value in ice.points] == [6.0]
    assert ice.latest == ""  # Of the last examination one item alone is there: no total is made up.
    assert (crp.points[0][1], crp.latest) == (5.0, "<5")
    hidden = {row["kind"] for row in found.hidden}
    assert "ice_naming" in hidden, "an examination without a total can be added item by item"
    assert "ICE, naming" in seen(api, patient, "all", "ice_naming").picture("").series[-1].title
    text = table.html(found)
    assert "<td>6<td>" in text, "the total stands in the table too"
    assert "&lt;5" in text


def test_the_table_has_what_was_corrected_doubted_and_given(api: Api, clock: Clock) -> None:
    patient = courses.ill(api, clock, 5)
    at = clock() - timedelta(hours=2)
    wrong = api.chart(patient, at.isoformat(), body_temperature=(40.6, "Cel"))
    wrong_id = wrong.body["observations"][0]["id"]
    body = {"value": 37.6, "unit": "Cel", "reason": "Typed wrongly"}
    assert api.post(f"/observations/{wrong_id}/corrections", body).status == 201
    api.chart(patient, at.isoformat(), platelets=(9000, "10*9/L"))
    found = seen(api, patient)
    text = table.html(found)
    assert f'<a href="/facts/{wrong_id}"><s>40.6</s><span class="unseen"> corrected</span>' in text
    assert "9000 <small>not confirmed</small>" in text
    assert "560 mg iv" in text
    marks = [mark for series in found.picture("").series for mark in series.marks]
    assert sorted(mark.words.split(", ")[-1] for mark in marks) == [
        "corrected; it was 40.6",
        "not confirmed and not graded",
    ]
    counted = api.get(f"/patients/{patient}/grades").body["grades"]["crs"]
    assert found.picture("").lanes[0].now.startswith(("?", "≥", str(int(counted["low"]))))


def test_reading_a_course_is_noted(api: Api, clock: Clock) -> None:
    patient = courses.ill(api, clock, 1)
    assert look_up.head(api.service, NURSE, patient)
    seen(api, patient)
    noted = api.get("/audit?limit=200", by="auditor").body["items"]
    assert any(
        each["action"] == "read.timeline" and each["patient_id"] == patient for each in noted
    )
