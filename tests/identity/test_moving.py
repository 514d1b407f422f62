"""Facts that were charted for the wrong patient are moved to the right one, and told."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Api, Clock, Reply
from tests.identity.test_merging import (
    grades,
    ids_of,
    ill,  # noqa: F401 - a fixture
    merge,
    open_alarms,
    values,
    whole,
    without_ids,
)
from toxmon.actions.verify import verify

BEGAN = datetime(2026, 3, 1, 6, tzinfo=UTC)


def move(api: Api, patient: str, to: str, facts: list[str], by: str = "physician") -> Reply:
    body = {"facts": facts, "to": to, "reason": "charted for the neighbor"}
    return api.post(f"/patients/{patient}/move", body, by=by)


@pytest.mark.hazard("H11")
def test_what_is_of_another_patient_is_graded_there(api: Api, clock: Clock) -> None:
    one, other = api.treated(), api.treated()
    clock.forward(hours=3)
    api.chart(one, "2026-03-01T09:00:00Z", body_temperature=(36.9, "Cel"))
    before = grades(api, one, "2026-03-01T09:00:00Z")
    fever = {"hypotension": True, "vasopressors": [], "oxygen_device": "room_air"}
    api.chart(one, "2026-03-01T09:00:00Z", body_temperature=(39.0, "Cel"), **fever)
    assert any(each["rule"] == "crs" for each in open_alarms(api, one))
    wrong = [
        *ids_of(api, one, "body_temperature")[1:],
        *(id_ for kind in fever for id_ in ids_of(api, one, kind)),
    ]
    answer = move(api, one, other, wrong)
    assert (answer.status, answer.body["outcome"]) == (200, "moved"), answer.body
    assert [each["was"] for each in answer.body["moved"]] == wrong
    assert without_ids(grades(api, one, "2026-03-01T09:00:00Z")["grades"]) == without_ids(
        before["grades"]
    )
    assert grades(api, other, "2026-03-01T09:00:00Z")["grades"]["crs"]["value"] == 2
    assert any(each["rule"] == "crs" for each in open_alarms(api, other))
    crs = [each for each in open_alarms(api, one) if each["rule"] == "crs"]
    assert all(each["condition"] != "active" for each in crs)
    # It was right after all: what comes back takes its old place.
    back = move(api, other, one, [each["now"] for each in answer.body["moved"]])
    assert [each["now"] for each in back.body["moved"]] == wrong
    assert grades(api, one, "2026-03-01T09:00:00Z")["grades"]["crs"]["value"] == 2
    whole(api)


def test_what_cannot_be_moved_is_named_and_nothing_is(api: Api, clock: Clock) -> None:
    one, other = api.patient("V1"), api.patient("V2")
    api.chart(one, "2026-03-01T07:00:00Z", body_temperature=(38.4, "Cel"))
    [fact] = ids_of(api, one, "body_temperature")
    refused = move(api, one, other, [fact, "nothing"])
    assert [each["pointer"] for each in refused.body["errors"]] == ["/facts/1"]
    assert move(api, one, one, [fact]).status == 409
    assert move(api, one, "nobody", [fact]).status == 404
    assert move(api, one, other, []).status == 422
    assert move(api, one, other, [fact], by="nurse").status == 403
    program = move(api, one, other, [fact], by="integration")
    assert program.body["errors"][0]["detail"].startswith("was charted by another")
    assert values(api, one, "body_temperature") == ["38.4"]
    assert move(api, one, other, [fact, fact]).status == 200
    gone = move(api, one, other, [fact])
    assert "moved" in gone.body["errors"][0]["detail"]
    own = api.post(
        f"/patients/{one}/observations",
        {
            "effective_at": "2026-03-01T07:00:00Z",
            "observations": [{"kind": "heart_rate", "value": 90, "unit": "/min"}],
        },
        by="integration",
    )
    assert (
        move(api, one, other, [own.body["observations"][0]["id"]], by="integration").status == 200
    )
    third = api.patient("V3")
    merge(api, third, other)
    assert move(api, other, third, ids_of(api, other, "heart_rate")).status == 409
    whole(api)


def test_a_permission_moves_with_all_its_hands_and_comes_back(
    api: Api,
    clock: Clock,
    ill: str,  # noqa: F811
) -> None:
    path = f"/patients/{ill}/dosing/tocilizumab"
    body = {"dose": {"value": 560, "unit": "mg"}, "indication": "crs"}
    kept = api.post(f"{path}/reservations", body, by="pharmacist")
    if kept.status == 409:  # A weight is asked for first.
        api.chart(ill, clock().isoformat(), weight=(70, "kg"))
        kept = api.post(f"{path}/reservations", body, by="pharmacist")
    assert kept.status == 201, kept.body
    before = api.get(path, by="pharmacist").body
    [first] = api.get(f"/patients/{ill}/permissions", by="pharmacist").body["items"]
    other = api.patient("P9")
    assert merge(api, ill, other).status == 200
    there = api.get(f"/patients/{other}/dosing/tocilizumab", by="pharmacist").body
    assert len(there["held"]) == len(before["held"]) == 1
    permission = api.get(f"/patients/{other}/permissions", by="pharmacist").body["items"][0]["id"]
    moved = api.get(f"/patients/{ill}/permissions", by="pharmacist").body["items"]
    assert moved == []
    released = api.post(f"/patients/{other}/permissions/{permission}/release", {}, by="pharmacist")
    assert released.status in (200, 201), released.body
    assert merge(api, ill, other, "unmerge").status == 200
    back = api.get(f"/patients/{ill}/permissions", by="pharmacist").body["items"]
    assert [each["state"] for each in back] == ["released"]
    assert [each["id"] for each in back] == [first["id"]]
    whole(api)


@pytest.mark.hazard("H12")
@pytest.mark.parametrize("seed", range(3))
def test_merges_and_corrections_in_any_order_come_to_what_one_record_does(
    api: Api, clock: Clock, seed: int
) -> None:
    """The record at the end of merges, undone and done again, is that of who has all the facts."""
    chance = random.Random(seed)
    one, two, all_of_it = (api.treated() for _ in range(3))
    clock.forward(days=1)
    joined = False
    standing: list[tuple[str, str]] = []
    for step in range(14):
        clock.forward(minutes=5)
        at = (BEGAN + timedelta(minutes=30 * (step + 1))).isoformat()
        act = chance.choice(["chart", "chart", "correct", "join"])
        if act == "join":
            joined = not joined
            way = "merge" if joined else "unmerge"
            assert merge(api, one, two, way).status == 200
            standing = []  # A fact that was moved has another id.
        elif act == "correct" and standing:
            mine, his = standing.pop(chance.randrange(len(standing)))
            for fact in (mine, his):
                body = {"value": 36.0 + step / 10, "unit": "Cel", "reason": "misread"}
                assert api.post(f"/observations/{fact}/corrections", body).status == 201
        else:
            value = (round(36.5 + chance.random() * 4, 1), "Cel")
            whom = two if joined else chance.choice([one, two])
            facts = [
                api.chart(each, at, body_temperature=value).body["observations"][0]["id"]
                for each in (whom, all_of_it)
            ]
            standing.append((facts[0], facts[1]))
    if not joined:
        assert merge(api, one, two).status == 200
    assert sorted(values(api, two, "body_temperature")) == sorted(
        values(api, all_of_it, "body_temperature")
    )
    at = (BEGAN + timedelta(hours=8)).isoformat()
    mine, his = (without_ids(grades(api, each, at)["grades"]) for each in (two, all_of_it))
    assert mine == his
    assert verify(api.service, lambda *_: None) == []


def test_nothing_is_kept_of_a_merge_that_fails_at_the_end(
    api: Api, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = api.patient("F1"), api.patient("F2")
    api.chart(one, "2026-03-01T07:00:00Z", body_temperature=(38.4, "Cel"))

    def fails(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the power went out")

    with monkeypatch.context() as patched:
        patched.setattr("toxmon.actions.merging.merges.link", fails)
        assert merge(api, one, two).status == 500
    assert values(api, one, "body_temperature") == ["38.4"]
    assert values(api, two, "body_temperature") == []
    assert merge(api, one, two).status == 200
    whole(api)
