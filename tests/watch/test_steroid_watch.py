"""Steroids on a ward: reminders come and go with the doses that they rest on."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import orjson

from tests.watch.bedside import INFUSED, Bed
from toxmon.actions import knowing
from toxmon.store import patients
from toxmon.timeline.plain import dump_known

GLUCOSE = "check:glucose on steroids"
RULES = ("steroid:fungal", "steroid:cmv", "steroid:taper")


def dose(bed: Bed, mg: float | None = 10, drug: str = "dexamethasone", **more: Any) -> str:
    """A dose that was begun now, or `hours` ago; the id of its record."""
    body = {
        "medication": drug,
        "given_at": bed.at(hours=-more.pop("hours", 0)),
        "dose": None if mg is None else {"value": mg, "unit": more.pop("unit", "mg")},
        **more,
    }
    answer = bed.post("/patients/{patient}/administrations", body)
    found: str = answer.body["observations"][0]["id"]
    return found


def later(bed: Bed, **span: float) -> None:
    """Let time pass and look once."""
    bed.clock.now += timedelta(**span)
    bed.sweep()


def up(bed: Bed) -> dict[str, int]:
    """The reminders that stand, by rule, with their levels."""
    return {
        each["key"]: each["level"]
        for each in bed.alerts()
        if each["key"] in RULES and each["condition"] == "present"
    }


def checks(bed: Bed) -> dict[str, dict[str, Any]]:
    items = bed.api.get(f"/patients/{bed.patient_id}/checks").body["items"]
    return {each["what"]: each for each in items}


def test_a_course_of_steroids_from_its_first_dose_to_a_week_after_its_last(bed: Bed) -> None:
    assert "glucose on steroids" not in checks(bed)
    for number in range(5):
        dose(bed)
        assert up(bed) == {
            **({"steroid:fungal": 1} if number >= 3 else {}),
            **({"steroid:cmv": 1} if number >= 4 else {}),
        }
        later(bed, hours=24 if number < 4 else 35)
    assert "steroid:taper" not in up(bed)
    later(bed, hours=1)
    assert up(bed) == {"steroid:fungal": 1, "steroid:cmv": 1, "steroid:taper": 2}
    told = bed.alert("steroid:taper")
    assert (told["priority"], told["rule"]) == ("medium", "steroid:taper")
    assert "Rapidly taper" in told["says"]
    later(bed, days=7)
    assert up(bed) == {}
    # They stay on the list until somebody has seen them.
    assert {each["key"] for each in bed.alerts()} >= set(RULES)
    assert bed.findings() == []


def test_a_lower_dose_before_the_end_asks_nobody(bed: Bed) -> None:
    for mg in (10, 10, 10, 4):
        dose(bed, mg)
        later(bed, hours=24)
    later(bed, hours=24)
    assert "steroid:taper" not in up(bed)


def test_glucose_is_asked_for_while_steroids_are_given(bed: Bed) -> None:
    dose(bed)
    due = checks(bed)["glucose on steroids"]
    assert (due["state"], due["every_seconds"]) == ("next", 6 * 3600)
    assert due["because"] == "every 6 h while steroids are given"
    later(bed, hours=7)
    late = bed.alert(GLUCOSE)
    assert (late["rule"], late["level"], late["priority"]) == ("steroid:glucose", 1, "low")
    high = bed.chart(glucose=(260, "mg/dL"))
    assert high.body["observations"][0]["kind"] == "glucose"
    assert bed.alert(GLUCOSE)["condition"] != "present"
    assert bed.alert("threshold:glucose_gt_250_on_steroids")["priority"] == "medium"
    later(bed, hours=8)
    assert bed.alert(GLUCOSE)["condition"] == "present"
    later(bed, hours=9)
    assert "glucose on steroids" not in checks(bed)
    assert bed.alert(GLUCOSE)["condition"] != "present"
    missed = [
        each
        for each in bed.api.get(f"/patients/{bed.patient_id}/timeline").body["items"]
        if each["what"] == "missed" and each["of"] == "glucose on steroids"
    ]
    assert len(missed) == 2
    assert bed.findings() == []


def test_creams_and_other_drugs_ask_for_nothing(bed: Bed) -> None:
    for drug, route in (("hydrocortisone", "topical"), ("prednisolone", "ophthalmic")):
        dose(bed, drug=drug, route=route)
    dose(bed, 560, "acetaminophen")
    assert "glucose on steroids" not in checks(bed)


def test_a_dose_that_was_charted_wrong_takes_its_reminder_with_it(bed: Bed) -> None:
    records = []
    for _ in range(4):
        records.append(dose(bed))
        later(bed, hours=24)
    assert up(bed) == {"steroid:fungal": 1}
    alert = bed.alert("steroid:fungal")
    bed.post(f"/observations/{records[1]}/retraction", {"reason": "another patient"})
    told = bed.alert("steroid:fungal")
    assert (told["id"], told["condition"]) == (alert["id"], "withdrawn")
    assert "another patient" in told["says"]
    assert "withdrawn" in [each["event"] for each in bed.life(alert["id"])]
    dose(bed)
    assert up(bed) == {"steroid:fungal": 1}
    assert bed.findings() == []


def test_an_amount_that_was_charted_wrong_changes_whether_it_was_tapered(bed: Bed) -> None:
    records = []
    for _ in range(4):
        records.append(dose(bed))
        later(bed, hours=24)
    later(bed, hours=12)
    assert up(bed)["steroid:taper"] == 2
    right = {"dose": {"value": 4, "unit": "mg"}, "reason": "half an ampoule"}
    bed.post(f"/administrations/{records[-1]}/corrections", right)
    assert "steroid:taper" not in up(bed)
    assert bed.alert("steroid:taper")["condition"] == "withdrawn"
    assert bed.findings() == []


def test_the_order_in_which_doses_are_charted_cannot_matter(bed: Bed) -> None:
    now = bed.clock.now = bed.clock.now + timedelta(days=6)
    course = ((10, 120), (10, 96), (4, 48), (None, 24))
    found = []
    for order in (course, *list(permutations(course))[5::6]):
        bed.patient_id = bed.api.treated("ide-cel", INFUSED)
        bed.clock.now = now
        for mg, hours in order:
            dose(bed, mg, hours=hours)
        found.append((known(bed), up(bed)))
    assert all(each == found[0] for each in found)
    assert len(found[0][0]) == 4
    assert bed.findings() == []


def known(bed: Bed) -> list[Any]:
    """What the watch keeps of the days with steroids, without ids of facts."""
    (head,) = patients.heads(bed.service.store, bed.patient_id)
    kept = knowing.load(head["known"])
    # What lies in memory is what was written.
    assert orjson.dumps(dump_known(kept)).decode() == head["known"]
    days = kept.steroids
    with bed.service.store.reading():
        assert knowing.gathered(bed.service, bed.patient_id, head).steroids == days
    return [(day.on, day.doses, day.mg, day.unknown, day.first_at, day.last_at) for day in days]


def test_after_a_restart_what_was_kept_in_an_older_form_is_made_again(bed: Bed) -> None:
    for _ in range(4):
        dose(bed)
        later(bed, hours=24)
    before = known(bed)
    store = bed.service.store
    with store.writing():
        store.execute_later("update watch set known = '[1,{},{},[],{},{},[],[],null]'", {})
    bed.vitals()
    assert known(bed) == before
    assert up(bed) == {"steroid:fungal": 1}
