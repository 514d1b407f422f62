"""Who is on call: shifts, swaps, gaps that are seen ahead, and what a roster refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import kept, pointers
from tests.conftest import Api, Clock, Reply


def shift(clock: Clock, begins: float, ends: float, **more: Any) -> dict[str, Any]:
    """A shift of the charge nurse, in hours from now."""
    return {
        "unit": "bmt-1", "role": "charge_nurse", "person": "Noor", "channel": None,
        "from": (clock() + timedelta(hours=begins)).isoformat(),
        "until": (clock() + timedelta(hours=ends)).isoformat(), **more,
    }  # fmt: skip


def added(api: Api, body: dict[str, Any]) -> dict[str, Any]:
    reply = api.post("/rosters", body)
    assert reply.status == 201, reply.body
    found: dict[str, Any] = reply.body
    return found


def gaps(api: Api) -> list[tuple[str, str, str]]:
    return [
        (each["role"], each["from"][5:16], each["until"][5:16])
        for each in api.get("/rosters").body["gaps"]
    ]


def technical(api: Api) -> list[dict[str, Any]]:
    return [
        each for each in api.get("/alerts?state=all").body["items"] if each["patient_id"] is None
    ]


def test_a_hole_is_seen_ahead_told_and_closed(api: Api, clock: Clock) -> None:
    added(api, shift(clock, 0, 12))
    added(api, shift(clock, 14, 80))
    assert gaps(api) == [("charge_nurse", "03-01T20:00", "03-01T22:00")]
    (told,) = technical(api)
    assert told["rule"] == "technical:roster"
    # In the time of the site, as it is read there.
    assert "charge_nurse from 01 Mar 21:00 to 01 Mar 23:00" in told["says"]
    assert (told["state"], told["unit"]) == ("unacknowledged", "bmt-1")
    added(api, shift(clock, 12, 14, person="Mika"))
    assert gaps(api) == []
    (told,) = technical(api)
    assert told["condition"] == "recovered"
    assert api.post(f"/alerts/{told['id']}/acknowledge", {"reason": "filled"}).status == 200
    assert technical(api)[0]["state"] == "normal"


def test_shifts_may_overlap_and_both_are_on_call(api: Api, clock: Clock) -> None:
    added(api, shift(clock, -1, 80))
    added(api, shift(clock, -1, 80, person="Mika"))
    assert {each["person"] for each in api.get("/rosters").body["items"]} == {"Noor", "Mika"}
    assert gaps(api) == []


def test_a_shift_that_was_swapped_is_replaced_once(api: Api, clock: Clock) -> None:
    old = added(api, shift(clock, 0, 80))
    path = f"/rosters/{old['id']}/corrections"
    body = {**shift(clock, 0, 80), "person": "Mika", "reason": "swapped"}
    new = api.post(path, body)
    assert new.status == 201
    assert (new.body["replaces_id"], new.body["reason"]) == (old["id"], "swapped")
    assert [each["person"] for each in api.get("/rosters").body["items"]] == ["Mika"]
    before = kept(api.service)
    for again in (api.post(path, body), api.post(f"/rosters/{old['id']}/retraction",
                                                 {"reason": "x"})):  # fmt: skip
        assert again.status == 409
        assert new.body["id"] in again.body["detail"]
    assert kept(api.service) == before


def test_a_shift_is_taken_off_and_leaves_a_gap(api: Api, clock: Clock) -> None:
    old = added(api, shift(clock, 0, 80))
    assert gaps(api) == []
    reply = api.post(f"/rosters/{old['id']}/retraction", {"reason": "ill"})
    assert (reply.status, reply.body["ended"], reply.body["reason"]) == (201, True, "ill")
    told = api.get("/rosters").body
    assert told["items"] == []


def refused(reply: Reply, place: str, words: str) -> None:
    assert reply.status == 422, reply.body
    assert pointers(reply) == [place]
    assert words in reply.body["errors"][0]["detail"]


def test_what_a_roster_does_not_take(api: Api, clock: Clock) -> None:
    api.service.channels = ("pager", "ward phone")
    before = kept(api.service)
    post = api.post
    refused(post("/rosters", shift(clock, 0, 8, role="cook")), "/role", "bedside_nurse")
    refused(post("/rosters", shift(clock, 0, 8, channel="x")), "/channel", "pager, ward phone")
    refused(post("/rosters", shift(clock, 8, 8)), "/until", "is not after from")
    refused(post("/rosters", shift(clock, 8, 0)), "/until", "is not after from")
    refused(post("/rosters", shift(clock, 0, 745)), "/until", "31 days")
    assert kept(api.service) == before
    added(api, shift(clock, 0, 744, channel="pager"))


def test_a_roster_is_of_the_units_within_reach(api: Api, clock: Clock) -> None:
    near = api.token("nurse", units=("bmt-1",))
    far = api.token("nurse", units=("icu-2",))
    reply = api.post("/rosters", shift(clock, 0, 8), by=far)
    assert (reply.status, "does not reach" in reply.body["detail"]) == (403, True)
    mine = added(api, shift(clock, 0, 80))
    for act, body in (
        ("corrections", {**shift(clock, 0, 8, unit="icu-2"), "reason": "x"}),
        ("retraction", {"reason": "x"}),
    ):
        assert api.post(f"/rosters/{mine['id']}/{act}", body, by=far).status == 404
    assert api.get("/rosters", by=far).body["items"] == []
    assert [each["id"] for each in api.get("/rosters", by=near).body["items"]] == [mine["id"]]


def test_a_part_of_the_roster_is_asked_for(api: Api, clock: Clock) -> None:
    first = added(api, shift(clock, 0, 12))
    second = added(api, shift(clock, 12, 80, unit="*"))

    def ids(query: str) -> list[str]:
        return [each["id"] for each in api.get(f"/rosters?{query}").body["items"]]

    assert ids("") == [first["id"], second["id"]]
    assert ids("from=2026-03-01T20:00:00Z") == [second["id"]]
    assert ids("to=2026-03-01T20:00:00Z") == [first["id"]]
    assert ids("unit=icu-2") == [second["id"]]
    reply = api.get("/rosters?from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z")
    assert pointers(reply) == ["/to"]


@pytest.mark.parametrize("role", ["pharmacist", "integration", "auditor"])
def test_who_does_not_write_the_roster(api: Api, clock: Clock, role: str) -> None:
    assert api.post("/rosters", shift(clock, 0, 8), by=role).status == 403
