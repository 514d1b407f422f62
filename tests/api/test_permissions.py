"""Reserve, release, override, take back: by name, under the patient's lock, and never silently."""

from __future__ import annotations

import pytest

from tests.api.dosed import Dosed, at, codes, dosed
from tests.conftest import Api, Clock
from toxmon.actions import tokens
from toxmon.actions.sweep import sweep


@pytest.fixture
def ward(api: Api, clock: Clock) -> Dosed:
    return dosed(api, clock)


def test_a_reservation_is_seen_by_all_and_lapses(ward: Dosed) -> None:
    made = ward.ask("reservations", by="physician")
    assert made.status == 201, made.body
    assert made.body["permission"]["lapses_at"] == "2026-03-01T08:30:00Z"
    second = ward.ask("releases")
    assert second.status == 409
    assert codes(second.body) == ["interval"]
    assert "reserved by physician of the test" in second.body["detail"]
    assert second.body["check"]["held"][0]["state"] == "reserved"

    ward.turn(0.499)
    assert ward.ask("releases").status == 409
    ward.turn(0.5)
    assert ward.ask("releases").status == 201, "it has lapsed"


def test_a_release_does_not_lapse_and_a_dose_uses_it_up(ward: Dosed) -> None:
    released = ward.ask("releases").body["permission"]
    ward.turn(9)
    held = ward.check(9)["held"]
    assert [each["id"] for each in held] == [released["id"]]
    assert ward.check(9)["remaining"] == {"in_24_h": 2, "in_treatment": 3}
    ward.give(0.2)
    answer = ward.check(9)
    assert (answer["held"], len(answer["given"])) == ([], 1)
    assert answer["remaining"] == {"in_24_h": 2, "in_treatment": 3}, "it is one dose, not two"


def test_a_dose_uses_the_permission_that_it_names(ward: Dosed) -> None:
    ward.ask("releases", at=at(0))
    later = ward.ask("releases", at=at(8)).body["permission"]["id"]
    ward.turn(9)
    ward.give(8, permission=later)
    assert [each["id"] == later for each in ward.check(9)["held"]] == [False]


def test_only_a_pharmacist_releases_and_only_once(ward: Dosed, api: Api) -> None:
    assert ward.ask("releases", by="physician").status == 403
    permission = ward.ask("reservations", by="physician").body["permission"]["id"]
    assert ward.step(permission, "release", by="physician").status == 403
    assert ward.step(permission, "release", by="nurse").status == 403
    assert ward.step(permission, "release").status == 201
    again = ward.step(permission, "release")
    assert again.status == 409
    assert "released already, by pharmacist of the test" in again.body["detail"]
    hands = api.get(f"/patients/{ward.patient}/permissions").body["items"][0]["hands"]
    assert [each["state"] for each in hands] == ["reserved", "released"]


def test_a_release_is_worked_out_again(ward: Dosed) -> None:
    """What was allowed when it was reserved may not be by the time that it is released."""
    permission = ward.ask("reservations").body["permission"]["id"]
    ward.give(-0.9)
    ward.turn(0.2)
    refused = ward.step(permission, "release")
    assert refused.status == 409
    assert codes(refused.body) == ["interval"]


def test_what_is_taken_back_counts_no_more(ward: Dosed) -> None:
    permission = ward.ask("releases").body["permission"]["id"]
    assert ward.step(permission, "return", by="nurse").status == 422, "it needs a reason"
    taken = ward.step(permission, "return", by="nurse", reason="bag dropped")
    assert taken.status == 201
    assert ward.check(0)["allowed"]
    assert ward.step(permission, "return", reason="again").status == 409


def test_an_override_takes_a_physician_and_a_pharmacist(ward: Dosed, api: Api) -> None:
    assert ward.ask("overrides", reason="to be sure").status == 409, "nothing stands against it"
    ward.give(0)
    ward.turn(4)
    asked = ward.ask("overrides", by="physician", reason="CRS 4, nothing else in house")
    assert asked.status == 201
    permission = asked.body["permission"]["id"]
    assert ward.check(4)["held"] == [], "what is only asked for does not count"

    assert ward.step(permission, "release").status == 409, "it is said aloud"
    assert ward.step(permission, "release", override=True).status == 422, "with a reason"
    alone = ward.step(permission, "release", by="physician", override=True, reason="x")
    assert alone.status == 403
    done = ward.step(permission, "release", override=True, reason="agreed on the phone")
    assert done.status == 201, done.body
    kept = done.body["permission"]
    assert [each["code"] for each in kept["overridden"]] == ["interval"]
    assert [(each["role"], each["reason"]) for each in kept["hands"]] == [
        ("physician", "CRS 4, nothing else in house"),
        ("pharmacist", "agreed on the phone"),
    ]
    ward.turn(4.1)
    ward.give(4.1)
    assert [each["rule"] for each in ward.alarms()] == ["dose:breach"], "and the breach is told"


def test_an_override_does_not_replace_the_pharmacist(ward: Dosed) -> None:
    """Of a dose that nothing stands against there is nothing to override."""
    reserved = ward.ask("reservations", by="physician").body["permission"]["id"]
    alone = ward.step(reserved, "release", by="physician", override=True, reason="quick")
    assert alone.status == 409
    assert ward.step(reserved, "release", by="physician").status == 403
    assert ward.step(reserved, "release").status == 201


def test_an_override_is_asked_for_half_an_hour(ward: Dosed) -> None:
    ward.give(0)
    ward.turn(4)
    asked = ward.ask("overrides", by="physician", reason="x").body["permission"]["id"]
    ward.turn(4.5)
    late = ward.step(asked, "release", override=True, reason="y")
    assert late.status == 409
    assert "ask for it anew" in late.body["detail"]


def test_one_person_with_two_roles_is_one_person(ward: Dosed, api: Api) -> None:
    ward.give(0)
    ward.turn(4)
    _, same = tokens.create(api.service, "pharmacist", "Physician of the TEST")
    permission = ward.ask("overrides", by="physician", reason="x").body["permission"]["id"]
    refused = ward.step(permission, "release", by=same, override=True, reason="y")
    assert refused.status == 403
    assert "two persons" in refused.body["detail"]


def test_a_changed_weight_is_confirmed_at_the_release(ward: Dosed, api: Api) -> None:
    ward.turn(1)
    api.chart(ward.patient, at(0.9), weight=(66.5, "kg"))
    assert "weight_changed" in ward.check(1, 532)["warnings"], "5 % exactly"
    refused = ward.ask("releases", mg=532)
    assert codes(refused.body) == ["weight_changed"]
    assert ward.ask("releases", mg=532, weight_confirmed=True).status == 201


def test_the_same_request_twice_is_one_permission(ward: Dosed, api: Api) -> None:
    body = {"dose": {"value": 560, "unit": "mg"}}
    once, twice = (
        api.post(
            f"{ward.path}/releases", body, by="pharmacist", headers={"Idempotency-Key": "last-vial"}
        )
        for _ in range(2)
    )
    assert (once.status, twice.status) == (201, 201)
    assert once.raw == twice.raw
    assert len(ward.check(0)["held"]) == 1


@pytest.mark.parametrize("hours", [-0.3, 24.1])
def test_a_permission_is_for_now_or_soon(ward: Dosed, hours: float) -> None:
    refused = ward.ask("releases", at=at(hours))
    assert refused.status == 422
    assert refused.body["errors"][0]["pointer"] == "/at"


# What was given is never refused.


@pytest.mark.hazard("H48")
def test_a_fourth_dose_is_recorded_and_told(ward: Dosed) -> None:
    for hours in (0, 8, 16):
        ward.turn(hours)
        ward.give(hours)
    assert ward.alarms() == []
    ward.turn(20)
    assert ward.ask("releases").status == 409
    reply = ward.give(20)
    raised = [each for each in reply.body["alerts"] if each["rule"] == "dose:breach"]
    assert [(each["priority"], each["signal"]) for each in raised] == [("high", "sounding")]
    assert "number 4 in 24 h" in raised[0]["says"]
    ward.turn(24.5)
    ward.give(24.5)
    assert len(ward.alarms("dose:breach")) == 2, "each dose beyond a limit is a matter of its own"


def test_a_breach_is_told_once_and_waits_to_be_seen(ward: Dosed, api: Api) -> None:
    ward.give(0)
    ward.turn(4)
    ward.give(4)
    (alarm,) = ward.alarms()
    ward.turn(13)
    ward.give(12.5)
    assert len(ward.alarms()) == 1
    seen = api.post(f"/alerts/{alarm['id']}/acknowledge", {"reason": "seen"}, by="pharmacist")
    assert seen.status in (200, 201), seen.body
    assert ward.alarms() == []
    ward.turn(40)
    ward.give(30)
    assert ward.alarms() == [], "it does not come back with every dose"


def test_a_corrected_dose_takes_the_breach_away_with_words(ward: Dosed, api: Api) -> None:
    ward.give(0)
    ward.turn(9)
    dose = ward.give(4).body["observations"][0]["id"]
    assert len(ward.alarms("dose:breach")) == 1
    path = f"/administrations/{dose}/corrections"
    reply = api.post(path, {"given_at": at(8), "reason": "read 4 for 8"}, by="pharmacist")
    assert reply.status == 201
    (alarm,) = ward.alarms("dose:breach")
    assert alarm["condition"] == "withdrawn"
    assert "read 4 for 8" in alarm["says"]
    assert codes(ward.check(9)) == ["interval"]


def test_a_late_dose_makes_an_earlier_one_the_breach(ward: Dosed) -> None:
    ward.turn(9)
    ward.give(8)
    assert ward.alarms() == []
    ward.give(2)
    (alarm,) = ward.alarms("dose:breach")
    assert "6 h after the one before" in alarm["says"]


@pytest.mark.hazard("H44")
@pytest.mark.parametrize(("minutes", "asked"), [(0, 1), (29, 1), (30, 1), (31, 0)])
def test_two_records_close_together_are_a_question(
    ward: Dosed, api: Api, minutes: float, asked: int
) -> None:
    ward.turn(1)
    ward.give(0)
    other = {"by": "integration", "mg": 550}
    body = {
        "medication": "Tyenne", "given_at": at(minutes / 60), "route": "iv",
        "dose": {"value": other["mg"], "unit": "mg"},
    }  # fmt: skip
    assert (
        api.post(f"/patients/{ward.patient}/administrations", body, by="integration").status == 201
    )
    assert len(ward.alarms("dose:unreconciled")) == asked
    assert len(ward.alarms("dose:breach")) == 1 - asked
    answer = ward.check(1)
    assert len(answer["given"]) == 2
    assert answer["remaining"] == {"in_24_h": 1, "in_treatment": 2}, "both are counted meanwhile"
    assert len(answer["unreconciled"]) == asked


def test_the_question_is_answered_in_one_act(ward: Dosed, api: Api) -> None:
    ward.turn(17)
    for hours in (0, 0.2, 8.5):
        ward.give(hours)
    waiting = ward.check(17)
    assert codes(waiting) == ["unreconciled"]
    assert waiting["verdict"] == "check"
    pair = waiting["unreconciled"][0]
    path = f"/patients/{ward.patient}/doses/distinct"
    assert api.post(path, {"doses": pair, "reason": "two bags"}, by="pharmacist").status == 201
    assert codes(ward.check(17)) == ["doses_in_24_h"], "they are two, and the third was the last"
    assert [each["condition"] for each in ward.alarms("dose:unreconciled")] != ["present"]
    assert len(ward.alarms("dose:breach")) == 1, "and the second came too early"

    said = api.get(f"/patients/{ward.patient}/timeline").body["items"]
    (two,) = (each["id"] for each in said if each["what"] == "dose_distinct")
    back = {"reason": "asked again: it was one bag"}
    assert api.post(f"/observations/{two}/retraction", back, by="pharmacist").status == 201
    assert codes(ward.check(17)) == ["unreconciled"]
    taken = api.post(f"/observations/{pair[1]}/retraction", {"reason": "charted twice"})
    assert taken.status == 201
    assert ward.check(17)["allowed"]


@pytest.mark.parametrize(
    ("doses", "pointer"),
    [(["nobody", "nothing"], "/doses/0"), (["x"], "/doses"), ([], "/doses")],
)
def test_doses_that_are_not_there_are_named(
    ward: Dosed, api: Api, doses: list[str], pointer: str
) -> None:
    path = f"/patients/{ward.patient}/doses/distinct"
    refused = api.post(path, {"doses": doses, "reason": "x"}, by="pharmacist")
    assert refused.status == 422
    assert refused.body["errors"][0]["pointer"] == pointer


def test_a_correction_says_what_and_of_a_dose(ward: Dosed, api: Api) -> None:
    dose = ward.give(0).body["observations"][0]["id"]
    nothing = api.post(f"/administrations/{dose}/corrections", {"reason": "x"})
    assert nothing.status == 422
    temperature = api.chart(ward.patient, at(0), respiratory_rate=(16, "/min"))
    fact = temperature.body["observations"][0]["id"]
    wrong = api.post(f"/administrations/{fact}/corrections", {"route": "iv", "reason": "x"})
    assert wrong.status == 422
    assert "no dose" in wrong.body["errors"][0]["detail"]


def test_a_release_that_nobody_charts_is_asked_about(ward: Dosed) -> None:
    ward.ask("releases")
    ward.turn(1.99)
    sweep(ward.api.service)
    assert ward.alarms("unconfirmed") == []
    ward.turn(2.01)
    sweep(ward.api.service)
    (alarm,) = ward.alarms("unconfirmed")
    assert "pharmacist of the test released 560 mg of tocilizumab" in alarm["says"]
    ward.give(0.1)
    assert [each["condition"] for each in ward.alarms("unconfirmed")] == ["recovered"]


def test_a_release_that_is_taken_back_is_not_asked_about(ward: Dosed) -> None:
    permission = ward.ask("reservations").body["permission"]["id"]
    assert ward.step(permission, "release").status == 201
    assert ward.step(permission, "return", reason="not needed").status == 201
    ward.turn(5)
    sweep(ward.api.service)
    assert ward.alarms("unconfirmed") == []


def test_a_permission_is_no_observation_to_retract(ward: Dosed, api: Api) -> None:
    """Else it would count no more, and still be told as released."""
    permission = ward.ask("releases").body["permission"]["id"]
    path = f"/observations/{permission}"
    for what, body in (
        ("retraction", {}),
        ("confirmation", {}),
        ("corrections", {"value": 1}),
    ):
        reply = api.post(f"{path}/{what}", {**body, "reason": "x"}, by="nurse")
        assert reply.status == 422, what
    refused = api.post(f"{path}/retraction", {"reason": "x"}).body["errors"]
    assert [each["pointer"] for each in refused] == [""]
    assert "permissions/{permission_id}/return" in refused[0]["detail"]
    assert [each["id"] for each in ward.check(0)["held"]] == [permission]
    reply = api.post(f"/administrations/{permission}/corrections", {"route": "iv", "reason": "x"})
    assert reply.status == 422
