"""Correct, confirm, retract: once each, with a reason, and what it rested on is graded again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Ward, kept
from tests.conftest import Api, Clock, Reply

RIGHT = {"value": 36.8, "unit": "Cel", "reason": "typed 39.8 for 36.8"}
WHY = {"reason": "another patient"}
QUIET = {"vasopressors": [], "oxygen_device": "room_air", "hypotension": False}


def first(reply: Reply) -> str:
    assert reply.status == 201, reply.body
    found: str = reply.body["observations"][0]["id"]
    return found


def observations(api: Api, patient: str) -> dict[str, dict[str, Any]]:
    items = api.get(f"/patients/{patient}/observations?limit=500").body["items"]
    return {each["id"]: each for each in items}


@pytest.mark.parametrize(
    ("which", "act", "body"),
    [
        ("replaced", "corrections", {"value": 37, "unit": "Cel", "reason": "again"}),
        ("replaced", "retraction", WHY),
        ("replaced", "confirmation", WHY),
        ("retracted", "corrections", {"value": 70, "unit": "kg", "reason": "again"}),
        ("retracted", "retraction", WHY),
        ("retracted", "confirmation", WHY),
    ],
)
def test_what_was_replaced_is_not_replaced_again(
    ward: Ward, which: str, act: str, body: dict[str, Any]
) -> None:
    before = kept(ward.api.service)
    reply = ward.api.post(f"/observations/{getattr(ward, which)}/{act}", body)
    ward.refused(reply, 409)
    assert kept(ward.api.service) == before
    ward.chart_well()


def test_the_one_that_replaced_it_is_named(ward: Ward) -> None:
    reply = ward.api.post(f"/observations/{ward.replaced}/corrections", RIGHT)
    newest = observations(ward.api, ward.patient)[ward.replaced]["replaced_by"]
    assert newest in reply.body["detail"]


@pytest.mark.parametrize("which", ["infusion", "dose", "attribution"])
def test_an_act_has_no_value_to_correct(ward: Ward, which: str) -> None:
    before = kept(ward.api.service)
    path = f"/observations/{getattr(ward, which)}/corrections"
    ward.refused(ward.api.post(path, RIGHT), 422, "")
    assert kept(ward.api.service) == before


def test_only_what_is_in_quarantine_is_confirmed(ward: Ward) -> None:
    before = kept(ward.api.service)
    reply = ward.api.post(f"/observations/{ward.fact}/confirmation", WHY)
    ward.refused(reply, 422, "")
    assert "quarantine" in reply.body["errors"][0]["detail"]
    assert kept(ward.api.service) == before


def test_a_correction_may_be_implausible_too(api: Api) -> None:
    patient = api.treated()
    fact = first(api.chart(patient, "2026-03-01T07:00:00Z", oxygen_saturation=(95, "%")))
    body = {"value": 0.95, "unit": "%", "reason": "as the monitor says"}
    reply = api.post(f"/observations/{fact}/corrections", body)
    assert reply.status == 201
    assert reply.body["observations"][0]["status"] == "quarantined"
    assert api.get(f"/patients/{patient}/grades").body["quarantined"] == 1


def test_a_correction_may_move_the_time(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    fact = first(
        api.chart(patient, "2026-03-01T09:00:00Z", body_temperature=(38.5, "Cel"), **QUIET)
    )
    body = {"value": 38.5, "unit": "Cel", "effective_at": "2026-03-01T08:00:00Z", "reason": "late"}
    reply = api.post(f"/observations/{fact}/corrections", body)
    assert reply.status == 201, reply.body
    newest = observations(api, patient)[reply.body["observations"][0]["id"]]
    assert newest["effective_at"] == "2026-03-01T08:00:00Z"
    grade = api.get(f"/patients/{patient}/grades?as_of=2026-03-01T08:30:00Z").body["grades"]["crs"]
    assert (grade["low"], grade["missing"] != []) == (1, True)


def test_what_was_corrected_stays_readable(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    wrong = first(api.chart(patient, "2026-03-01T09:00:00Z", body_temperature=(39.8, "Cel")))
    right = first(api.post(f"/observations/{wrong}/corrections", RIGHT))
    gone = first(api.post(f"/observations/{right}/retraction", WHY, by="physician"))
    told = observations(api, patient)
    assert [told[each]["value"] for each in (wrong, right, gone)] == [39.8, 36.8, None]
    assert [told[each]["status"] for each in (wrong, right, gone)] == [
        "final", "corrected", "entered-in-error",
    ]  # fmt: skip
    assert [told[each]["replaced_by"] for each in (wrong, right, gone)] == [right, gone, None]
    assert [told[each]["replaces_id"] for each in (wrong, right, gone)] == [None, wrong, right]
    assert told[right]["reason"] == RIGHT["reason"]
    assert told[gone]["recorded_by"] == "physician of the test"


def test_a_retracted_infusion_takes_its_grades_along(api: Api, clock: Clock) -> None:
    patient = api.patient()
    body = {"product": "ide-cel", "infused_at": "2026-03-01T06:00:00Z"}
    infusion = first(api.post(f"/patients/{patient}/infusions", body))
    clock.forward(hours=1)
    api.chart(patient, "2026-03-01T08:30:00Z", body_temperature=(38.5, "Cel"), **QUIET)
    assert api.get(f"/patients/{patient}/grades").body["grades"]["crs"]["value"] == 1
    assert api.post(f"/observations/{infusion}/retraction", WHY).status == 201
    now = api.get(f"/patients/{patient}/grades").body
    assert (now["treatment"], now["grades"]) == (None, {})
    # What was told is still told.
    history = api.get(f"/patients/{patient}/grades/history").body["items"]
    assert 1 in [each["value"] for each in history]
    assert not [each for each in history if each["standing"]]


def test_two_who_correct_at_once_are_told_apart(api: Api, clock: Clock) -> None:
    patient = api.treated()
    fact = first(api.chart(patient, "2026-03-01T07:00:00Z", body_temperature=(39.8, "Cel")))
    tag = {"If-Match": api.get(f"/patients/{patient}").headers["ETag"]}
    path = f"/observations/{fact}/corrections"
    assert api.post(path, RIGHT, headers=tag).status == 201
    again = api.post(path, RIGHT, headers=tag)
    assert again.status == 409
    assert len(observations(api, patient)) == 2
