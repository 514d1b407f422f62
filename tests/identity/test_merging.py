"""Two records of one patient joined and parted: nothing lost, nothing doubled, grades as before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import Api, Clock, Reply
from toxmon.actions.verify import verify
from toxmon.saved import load_value
from toxmon.store import facts

DAY2 = "2026-03-03T08:00:00Z"


def whole(api: Api) -> None:
    """The record says of itself that nothing is wrong with it."""
    assert verify(api.service, lambda *_: None) == []


def merge(api: Api, gone: str, into: str, way: str = "merge", by: str = "physician") -> Reply:
    return api.post(f"/patients/{gone}/{way}", {"into": into, "reason": "one person"}, by=by)


def grades(api: Api, patient: str, at: str = DAY2) -> Any:
    """What is told of the grades, without the numbers of versions."""
    answer = api.get(f"/patients/{patient}/grades?as_of={at.replace('+', '%2B')}")
    assert answer.status == 200, answer.body
    return {name: told for name, told in answer.body.items() if name != "version"}


def values(api: Api, patient: str, kind: str) -> list[str]:
    """The values that stand, in bedside order, as text."""
    with api.service.store.reading():
        rows = facts.standing_of_kind(api.service.store, patient, kind)
    return [str(load_value(row["value"])) for row in rows]


def ids_of(api: Api, patient: str, kind: str) -> list[str]:
    with api.service.store.reading():
        return [r["id"] for r in facts.standing_of_kind(api.service.store, patient, kind)]


def open_alarms(api: Api, patient: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get(f"/alerts?patient={patient}").body["items"]
    return found


@pytest.fixture
def ill(api: Api, clock: Clock) -> str:
    """A patient on day 2 with fever and hypotension, seen at 08:00."""
    patient = api.treated(at="2026-03-01T06:00:00Z")
    clock.forward(days=2, minutes=1)
    api.chart(patient, "2026-03-03T07:00:00Z", body_temperature=(38.6, "Cel"))
    reply = api.chart(
        patient,
        DAY2,
        body_temperature=(39.1, "Cel"),
        hypotension=True,
        vasopressors=[],
        oxygen_device="room_air",
    )
    assert reply.status == 201, reply.body
    return patient


def test_the_facts_of_one_are_graded_in_the_other(api: Api, ill: str) -> None:
    other = api.patient("B1", unit="bmt-1")
    before = grades(api, ill)
    answer = merge(api, ill, other)
    assert answer.status == 200, answer.body
    assert answer.body["outcome"] == "merged"
    now, was = grades(api, other), before
    assert now["grades"]["crs"]["value"] == was["grades"]["crs"]["value"] == 2
    assert values(api, other, "body_temperature") == ["38.6", "39.1"]
    assert values(api, ill, "body_temperature") == []
    whole(api)


@pytest.mark.hazard("H12")
def test_to_undo_it_restores_the_grades_exactly(api: Api, clock: Clock, ill: str) -> None:
    other = api.treated(at="2026-02-01T06:00:00Z")
    api.chart(other, "2026-02-03T08:00:00Z", body_temperature=(38.2, "Cel"))
    before, theirs = grades(api, ill), grades(api, other)
    assert merge(api, ill, other).status == 200
    assert grades(api, other)["grades"]["crs"]["value"] == 2
    clock.forward(minutes=3)
    answer = merge(api, ill, other, "unmerge")
    assert answer.status == 200, answer.body
    assert len(answer.body["moved"]) == 6
    assert answer.body["staying"] == []
    assert without_ids(grades(api, ill)) == without_ids(before)
    assert grades(api, ill)["treatment"]["id"] == before["treatment"]["id"]
    assert grades(api, other) == theirs
    whole(api)


def without_ids(told: Any) -> Any:
    """Facts that came back have new ids; everything else has to be the same."""
    if isinstance(told, dict):
        return {
            name: without_ids(each) for name, each in told.items() if name not in ("facts", "fact")
        }
    if isinstance(told, list):
        return [without_ids(each) for each in told]
    return told


def test_nothing_is_charted_to_a_record_that_is_part_of_another(api: Api, ill: str) -> None:
    other = api.patient("B1")
    number = api.get(f"/patients/{ill}").body["identifiers"][0]
    assert merge(api, ill, other).status == 200
    refused = api.chart(ill, DAY2, body_temperature=(38.9, "Cel"))
    assert (refused.status, other in refused.body["detail"]) == (409, True)
    dose = {"dose": {"value": 560, "unit": "mg"}, "at": DAY2}
    checked = api.post(f"/patients/{ill}/dosing/tocilizumab/check", dose, by="pharmacist")
    assert (checked.status, other in checked.body["detail"]) == (409, True)
    assert api.get(f"/patients/{ill}").body["merged_into"] == other
    found = api.get(f"/patients?identifier={number['system']}%7C{number['value']}").body["items"]
    assert [each["id"] for each in found] == [other]
    again = {"identifiers": [number], "unit": "bmt-1"}
    assert api.post("/patients", again).status == 409
    items = api.get(f"/patients/{other}/merges").body["items"]
    assert [(each["kind"], each["gone"], each["moved"]) for each in items] == [("merge", ill, 6)]


def test_alarms_lose_their_ground_here_and_are_raised_there(api: Api, ill: str) -> None:
    other = api.patient("B1")
    before = open_alarms(api, ill)
    assert any(each["rule"] == "crs" for each in before)
    merge(api, ill, other)
    assert any(each["rule"] == "crs" for each in open_alarms(api, other))
    assert all(each["condition"] == "withdrawn" for each in open_alarms(api, ill))
    whole(api)


def test_one_infusion_that_both_records_have_is_one(api: Api, clock: Clock) -> None:
    one, other = api.treated(), api.treated()
    api.chart(one, "2026-03-01T07:00:00Z", body_temperature=(38.4, "Cel"))
    before = grades(api, one)
    answer = merge(api, one, other)
    assert len(answer.body["already"]) == 1
    assert len(answer.body["moved"]) == 1
    assert len(values(api, other, "infusion")) == 1
    assert values(api, other, "body_temperature") == ["38.4"]
    undone = merge(api, one, other, "unmerge")
    assert undone.status == 200, undone.body
    assert without_ids(grades(api, one)) == without_ids(before)
    assert grades(api, one)["treatment"]["id"] == before["treatment"]["id"]
    assert len(values(api, other, "infusion")) == 1
    near = api.treated(at="2026-03-01T06:30:00Z")
    assert len(merge(api, near, other).body["near"]) == 1
    whole(api)


def test_corrections_since_the_merge_go_back_and_what_was_charted_since_stays(
    api: Api, clock: Clock, ill: str
) -> None:
    other = api.patient("B1")
    merged = merge(api, ill, other).body
    rows = ids_of(api, other, "body_temperature")
    clock.forward(minutes=1)
    corrected = api.post(
        f"/observations/{rows[-1]}/corrections",
        {"value": 39.6, "unit": "Cel", "reason": "misread"},
    )
    assert corrected.status == 201, corrected.body
    taken_back = api.post(f"/observations/{rows[0]}/retraction", {"reason": "other probe"})
    assert taken_back.status == 201
    api.chart(other, "2026-03-03T08:00:30Z", heart_rate=(110, "/min"))
    assert merge(api, ill, other).body["outcome"] == "already"
    undone = merge(api, ill, other, "unmerge").body
    assert len(undone["staying"]) == 1
    assert len(undone["kept_back"]) == 1
    assert values(api, ill, "body_temperature") == ["39.6"]
    assert values(api, other, "body_temperature") == []
    assert len(values(api, other, "heart_rate")) == 1
    # And once more: what was moved before takes its old place again.
    third = merge(api, ill, other).body
    assert {each["now"] for each in third["moved"]} < {each["now"] for each in merged["moved"]}
    assert values(api, other, "body_temperature") == ["39.6"]
    whole(api)


def test_merges_of_merges_and_circles(api: Api) -> None:
    one, two, three = (api.patient(f"M{n}") for n in range(3))
    api.chart(one, "2026-03-01T07:00:00Z", body_temperature=(38.4, "Cel"))
    assert merge(api, one, one).status == 409
    assert merge(api, one, two).body["outcome"] == "merged"
    assert merge(api, two, one).status == 409
    assert merge(api, one, three).status == 409
    assert merge(api, two, three).body["outcome"] == "merged"
    assert len(values(api, three, "body_temperature")) == 1
    assert merge(api, one, three).body["outcome"] == "already"
    assert merge(api, three, one).status == 409
    assert merge(api, one, two, "unmerge").status == 409
    assert merge(api, two, one, "unmerge").status == 409
    found = api.get("/patients?identifier=urn:mrn%7CM0").body["items"]
    assert [each["id"] for each in found] == [three]
    assert merge(api, two, three, "unmerge").status == 200
    assert merge(api, one, two, "unmerge").status == 200
    assert len(values(api, one, "body_temperature")) == 1
    assert merge(api, one, two, "unmerge").status == 409
    whole(api)


def test_who_may_merge_and_what(api: Api) -> None:
    one, two = api.patient("W1"), api.patient("W2", unit="icu")
    assert merge(api, one, two, by="nurse").status == 403
    assert merge(api, one, "nobody").status == 404
    assert merge(api, "nobody", two).status == 404
    mine = api.token("physician", units=("bmt-1",))
    assert merge(api, one, two, by=mine).status == 404
    assert merge(api, two, one, by=mine).status == 404
    late = api.patient("W3", birth_date="2026-02-28")
    api.chart(one, "2026-02-20T07:00:00Z", body_temperature=(38.4, "Cel"))
    assert merge(api, one, late).status == 409
    assert len(values(api, one, "body_temperature")) == 1
    refused = api.post(f"/patients/{one}/merge", {"into": "", "x": 1}, by="physician")
    pointers = {each["pointer"] for each in refused.body["errors"]}
    assert (refused.status, pointers) == (422, {"/into", "/reason", "/x"})
    whole(api)


def test_the_same_request_again_is_answered_as_before(api: Api) -> None:
    one, two = api.patient("K1"), api.patient("K2")
    body = {"into": two, "reason": "one person"}
    sent = {"by": "physician", "headers": {"Idempotency-Key": "k1"}}
    first = api.post(f"/patients/{one}/merge", body, **sent)
    again = api.post(f"/patients/{one}/merge", body, **sent)
    assert (again.status, again.body) == (200, first.body)
    assert first.body["outcome"] == "merged"


def test_doses_permissions_and_what_was_said_of_them_move(api: Api, clock: Clock, ill: str) -> None:
    for minutes in (0, 20):
        body = {
            "medication": "tocilizumab",
            "given_at": (clock.now - timedelta(minutes=minutes + 1)).isoformat(),
            "dose": {"value": 560, "unit": "mg"},
            "route": "iv",
        }
        assert api.post(f"/patients/{ill}/administrations", body).status == 201
    rows = ids_of(api, ill, "administration")
    said = {"doses": rows, "reason": "two syringes"}
    assert api.post(f"/patients/{ill}/doses/distinct", said, by="physician").status == 201
    told = api.get(f"/patients/{ill}/dosing/tocilizumab", by="pharmacist").body
    other = api.patient("B1")
    assert merge(api, ill, other).status == 200
    there = api.get(f"/patients/{other}/dosing/tocilizumab", by="pharmacist").body
    assert there["remaining"] == told["remaining"]
    assert len(there["given"]) == len(told["given"]) == 2
    whole(api)
