"""What people do with an alert: each act, what it changes, and what is refused in which words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import kept, pointers
from tests.conftest import Api, Clock, Reply
from toxmon.actions.sweep import sweep

AT = "2026-03-01T07:00:00Z"
NURSE, PHYSICIAN, PHARMACIST = (
    "nurse of the test", "physician of the test", "pharmacist of the test",
)  # fmt: skip


def feverish(api: Api, temperature: float = 39) -> tuple[str, str, str]:
    """(patient, alert, the fact that it rests on) of a new fever after an infusion."""
    patient = api.treated()
    reply = api.chart(
        patient, AT, body_temperature=(temperature, "Cel"), oxygen_device="room_air",
        vasopressors=[], hypotension=False,
    )  # fmt: skip
    (alert,) = [each for each in reply.body["alerts"] if each["key"] == "crs#1"]
    return patient, alert["id"], reply.body["observations"][0]["id"]


def act(api: Api, alert: str, name: str, by: str = "nurse", **body: Any) -> Reply:
    return api.post(f"/alerts/{alert}/{name}", body, by=by)


def done(api: Api, alert: str, name: str, by: str = "nurse", **body: Any) -> dict[str, Any]:
    """What an act answers that succeeds, which is what the alert says of itself afterwards."""
    reply = act(api, alert, name, by, **body)
    assert reply.status == 200, reply.body
    assert api.get(f"/alerts/{alert}").body["alert"] == reply.body
    found: dict[str, Any] = reply.body
    return found


def events(api: Api, alert: str) -> list[tuple[str, str]]:
    return [(each["event"], each["by"]) for each in api.get(f"/alerts/{alert}").body["items"]]


def in_minutes(clock: Clock, minutes: float) -> str:
    return (clock() + timedelta(minutes=minutes)).isoformat()


def refused(api: Api, reply: Reply, status: int, words: str, *places: str) -> None:
    assert reply.status == status, reply.body
    told = str(reply.body.get("errors") or reply.body["detail"])
    assert words in told, told
    assert tuple(pointers(reply)) == places


def test_acknowledging_is_by_name_with_a_reason_and_an_end(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    clock.forward(minutes=2)
    told = done(api, alert, "acknowledge", reason="going to the bedside")
    assert (told["state"], told["signal"], told["condition"]) == (
        "acknowledged", "acknowledged", "present",
    )  # fmt: skip
    assert told["holder"] == NURSE
    assert told["acknowledgement"]["reason"] == "going to the bedside"
    assert told["acknowledgement"]["until"].startswith("2026-03-01T08:17:00")
    assert told["next_step_at"] is None
    assert ("acknowledged", NURSE) in events(api, alert)


def test_it_sounds_again_when_nobody_has_seen_to_it(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    done(api, alert, "acknowledge", reason="going")
    clock.forward(minutes=16)
    sweep(api.service)
    told = api.get(f"/alerts/{alert}").body["alert"]
    assert (told["state"], told["holder"]) == ("unacknowledged", None)
    assert ("lapsed", "toxmon") in events(api, alert)


def test_an_assessment_makes_it_last_longer(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    short = done(api, alert, "acknowledge", reason="going")["acknowledgement"]["until"]
    longer = done(api, alert, "note", text="seen; cultures taken", assessment=True)
    assert longer["acknowledgement"]["documented"] is True
    assert longer["acknowledgement"]["until"] > short
    _, other, _ = feverish(api)
    at_once = done(api, other, "acknowledge", reason="going", assessment="seen; cultures taken")
    assert at_once["acknowledgement"]["documented"] is True
    assert [name for name, _ in events(api, other)][-2:] == ["acknowledged", "documented"]


def test_an_acknowledged_alert_comes_back_when_the_patient_worsens(api: Api, clock: Clock) -> None:
    patient, alert, _ = feverish(api)
    done(api, alert, "acknowledge", reason="going")
    clock.forward(minutes=5)
    reply = api.chart(
        patient, in_minutes(clock, 0), body_temperature=(39, "Cel"), hypotension=True,
        vasopressors=["norepinephrine"], oxygen_device="room_air",
    )  # fmt: skip
    (worse,) = [each for each in reply.body["alerts"] if each["id"] == alert]
    assert (worse["level"], worse["state"], worse["holder"]) == (3, "unacknowledged", None)


def test_shelving_ends_by_itself_or_by_hand(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    told = done(api, alert, "shelve", until=in_minutes(clock, 5), reason="being treated")
    assert (told["state"], told["until"][:16]) == ("shelved", "2026-03-01T08:05")
    refused(api, act(api, alert, "shelve", until=in_minutes(clock, 5), reason="x"), 409, "unshelve")
    assert done(api, alert, "unshelve", reason="treated")["state"] == "unacknowledged"
    done(api, alert, "shelve", until=in_minutes(clock, 5), reason="being treated")
    clock.forward(minutes=6)
    sweep(api.service)
    assert api.get(f"/alerts/{alert}").body["alert"]["state"] == "unacknowledged"
    done(api, alert, "shelve", until=in_minutes(clock, 5), reason="a third time")
    clock.forward(minutes=6)
    reply = act(api, alert, "shelve", until=in_minutes(clock, 5), reason="a fourth time")
    refused(api, reply, 409, "shelved 3 times, which is the most; acknowledge it")


def test_handing_over_keeps_both_until_it_is_accepted(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    done(api, alert, "acknowledge", reason="going")
    given = done(api, alert, "hand-over", to=PHARMACIST, note="cultures are running")
    assert given["holder"] == NURSE
    assert given["hand_over"]["to"] == PHARMACIST
    refused(api, act(api, alert, "accept", "physician"), 409, f"handed over to {PHARMACIST}")
    taken = done(api, alert, "accept", "pharmacist", note="I have seen them")
    assert (taken["holder"], taken["hand_over"]) == (PHARMACIST, None)
    assert events(api, alert)[-4:] == [
        ("handed_over", NURSE), ("noted", NURSE), ("accepted", PHARMACIST), ("noted", PHARMACIST),
    ]  # fmt: skip


def test_a_hand_over_that_nobody_accepts_sounds_again(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    done(api, alert, "acknowledge", reason="going")
    given = done(api, alert, "hand-over", to=PHARMACIST)
    clock.now = clock.now.fromisoformat(given["hand_over"]["accept_until"]) + timedelta(seconds=1)
    sweep(api.service)
    assert api.get(f"/alerts/{alert}").body["alert"]["state"] == "unacknowledged"


def test_out_of_service_and_back(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    told = done(api, alert, "out-of-service", "physician", until=in_minutes(clock, 5), reason="x")
    assert told["state"] == "out_of_service"
    refused(api, act(api, alert, "acknowledge", reason="x"), 409, "put it back in service first")
    assert done(api, alert, "in-service", "physician", reason="x")["state"] == "unacknowledged"
    reply = act(api, alert, "in-service", "physician", reason="x")
    refused(api, reply, 409, "in service; there is nothing to put back")


def test_only_what_is_over_is_resolved_and_then_nothing_is_done_with_it(
    api: Api, clock: Clock
) -> None:
    _, alert, fact = feverish(api)
    before = kept(api.service)
    reply = act(api, alert, "resolve", "physician", reason="he is well")
    refused(api, reply, 409, "is still so, or nobody has seen that it is not")
    assert kept(api.service) == before
    right = {"value": 36.8, "unit": "Cel", "reason": "typed 39 for 36.8"}
    assert api.post(f"/observations/{fact}/corrections", right).status == 201
    withdrawn = api.get(f"/alerts/{alert}").body["alert"]
    assert withdrawn["condition"] == "withdrawn"
    assert NURSE in withdrawn["says"]
    assert withdrawn["state"] == "returned_unacknowledged"
    over = done(api, alert, "resolve", "physician", reason="a typing error")
    assert (over["state"], over["next_step_at"]) == ("normal", None)
    before = kept(api.service)
    for name, body in (
        ("acknowledge", {"reason": "x"}),
        ("shelve", {"until": in_minutes(clock, 5), "reason": "x"}),
        ("unshelve", {"reason": "x"}),
        ("resolve", {"reason": "x"}),
        ("hand-over", {"to": "Noor"}),
        ("accept", {}),
        ("out-of-service", {"until": in_minutes(clock, 5), "reason": "x"}),
        ("in-service", {"reason": "x"}),
    ):
        reply = act(api, alert, name, "physician", **body)
        refused(api, reply, 409, "over and back to normal; add a note")
    assert kept(api.service) == before
    done(api, alert, "note", text="it was a typing error")


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("unshelve", {"reason": "x"}, "not shelved; there is nothing to end"),
        ("accept", {}, "nobody has handed the alert over; acknowledge it to take it"),
        ("hand-over", {"to": "Noor"}, "nobody has the alert, so it cannot be handed over"),
        ("note", {"text": "seen", "assessment": True}, "acknowledge it with the assessment"),
    ],
)
def test_what_cannot_be_done_now_is_409_and_says_what_can(
    api: Api, name: str, body: Any, words: str
) -> None:
    _, alert, _ = feverish(api)
    before = kept(api.service)
    refused(api, act(api, alert, name, **body), 409, words)
    assert kept(api.service) == before


def test_what_somebody_has_is_not_taken_twice_nor_shelved(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    done(api, alert, "acknowledge", reason="going")
    refused(api, act(api, alert, "acknowledge", reason="x"), 409, "you have acknowledged it until")
    reply = act(api, alert, "shelve", until=in_minutes(clock, 5), reason="x")
    refused(api, reply, 409, "somebody has acknowledged the alert")
    # Somebody else may take it over: the last who says so has it.
    assert done(api, alert, "acknowledge", "physician", reason="I do")["holder"] == PHYSICIAN


@pytest.mark.parametrize(
    ("name", "minutes", "words"),
    [
        ("acknowledge", 0, "is not after now"),
        ("acknowledge", 31, "acknowledged for at most 30 min"),
        ("shelve", -1, "is not after now"),
        ("shelve", 11, "shelved for at most 10 min"),
        ("out-of-service", 60 * 24 * 8, "out of service for at most"),
    ],
)
def test_an_end_that_cannot_be_is_422_and_says_which_can(
    api: Api, clock: Clock, name: str, minutes: int, words: str
) -> None:
    _, alert, _ = feverish(api)
    before = kept(api.service)
    reply = act(api, alert, name, "physician", until=in_minutes(clock, minutes), reason="x")
    refused(api, reply, 422, words, "/until")
    assert kept(api.service) == before


def test_a_program_acknowledges_nothing(api: Api, clock: Clock) -> None:
    """It may read every alert; that somebody has seen to one only a person can say."""
    _, alert, _ = feverish(api)
    before = kept(api.service)
    end = {"until": in_minutes(clock, 5), "reason": "x"}
    bodies: dict[str, dict[str, Any]] = {
        "acknowledge": {"reason": "x"}, "shelve": end, "unshelve": {"reason": "x"},
        "note": {"text": "x"}, "resolve": {"reason": "x"}, "hand-over": {"to": "x"}, "accept": {},
        "out-of-service": end, "in-service": {"reason": "x"},
    }  # fmt: skip
    for name, body in bodies.items():
        reply = act(api, alert, name, "integration", **body)
        refused(api, reply, 403, "the role integration may not do that")
    assert kept(api.service) == before
    assert api.get(f"/alerts/{alert}", by="integration").status == 200


def test_an_alert_out_of_reach_is_not_there(api: Api) -> None:
    _, alert, _ = feverish(api)
    far = api.token("nurse", units=("icu-2",))
    nobody = "01980000-0000-7000-8000-000000000000"
    before = kept(api.service)
    for by, id_ in ((far, alert), ("nurse", nobody), ("nurse", "%"), ("nurse", "%00")):
        refused(api, act(api, id_, "acknowledge", by, reason="x"), 404, "")
        assert api.get(f"/alerts/{id_}", by=by).status == 404
    assert kept(api.service) == before


def test_an_act_on_what_has_changed_meanwhile_is_412(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    seen = api.get(f"/alerts/{alert}")
    tag = seen.headers["ETag"]
    assert tag == f'"{seen.body["alert"]["changes"]}"'
    assert api.get(f"/alerts/{alert}", headers={"If-None-Match": tag}).status == 304
    done(api, alert, "note", text="somebody was faster")
    before = kept(api.service)
    body, path = {"reason": "x"}, f"/alerts/{alert}/acknowledge"
    reply = api.post(path, body, headers={"If-Match": tag})
    assert (reply.status, "read it again" in reply.body["detail"]) == (412, True)
    assert kept(api.service) == before
    newest = api.get(f"/alerts/{alert}").headers["ETag"]
    assert newest != tag
    assert api.post(path, body, headers={"If-Match": newest}).status == 200


def test_who_is_told_next_and_what_was_posted(api: Api, clock: Clock) -> None:
    api.service.channels, api.service.listening = ("pager",), ()
    for role, person, channel in (
        ("bedside_nurse", "Noor", "pager"), ("charge_nurse", "Mika", None),
    ):  # fmt: skip
        shift = {"unit": "bmt-1", "role": role, "person": person, "channel": channel,
                 "from": AT, "until": "2026-03-01T20:00:00Z"}  # fmt: skip
        assert api.post("/rosters", shift).status == 201
    _, alert, _ = feverish(api)
    told = api.get(f"/alerts/{alert}").body
    assert told["next_step"]["at"] == told["alert"]["next_step_at"]
    assert told["next_step"]["at"].startswith("2026-03-01T08:03:00")
    assert told["next_step"]["to"] == [{"role": "charge_nurse", "person": "Mika", "channel": None}]
    (sent,) = told["deliveries"]
    assert (sent["channel"], sent["recipient"], sent["state"]) == ("pager", "Noor", "waiting")
    assert sent["event_id"] in {each["id"] for each in told["items"]}
    done(api, alert, "acknowledge", reason="going")
    assert api.get(f"/alerts/{alert}").body["next_step"] is None


def test_the_whole_life_is_told_in_order(api: Api, clock: Clock) -> None:
    _, alert, _ = feverish(api)
    clock.forward(minutes=4)
    sweep(api.service)
    done(api, alert, "acknowledge", reason="going")
    told = api.get(f"/alerts/{alert}").body
    numbers = [each["seq"] for each in told["items"]]
    assert numbers == sorted(numbers)
    assert [each["event"] for each in told["items"]] == [
        "raised", "escalated", "escalated", "acknowledged",
    ]  # fmt: skip
    assert told["alert"]["changes"] == len(numbers)
    assert {each["alert_id"] for each in told["items"]} == {alert}
    assert [to["role"] for to in told["items"][2]["body"]["told"]] == ["charge_nurse"]
