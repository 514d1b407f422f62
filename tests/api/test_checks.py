"""What is due of a patient and of a unit, pauses, stays and the board, as people use them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import kept, pointers
from tests.api.test_alerts import done, feverish, in_minutes
from tests.conftest import Api, Clock, Reply
from toxmon.actions.sweep import sweep

AT = "2026-03-01T07:00:00Z"


def checks(api: Api, patient: str, query: str = "") -> dict[str, Any]:
    reply = api.get(f"/patients/{patient}/checks{query}")
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.body
    return found


def state_of(api: Api, patient: str, what: str = "vital signs") -> str:
    (found,) = [each for each in checks(api, patient)["items"] if each["what"] == what]
    return str(found["state"])


def vital_signs(api: Api, patient: str, at: str, but: str = "") -> Reply:
    values: dict[str, Any] = {
        "body_temperature": (36.8, "Cel"), "heart_rate": (80, "/min"),
        "respiratory_rate": (16, "/min"), "systolic_bp": (120, "mm[Hg]"),
        "oxygen_saturation": (97, "%"),
    }  # fmt: skip
    return api.chart(patient, at, **{name: each for name, each in values.items() if name != but})


def pause(api: Api, patient: str, begins: str, ends: str, *names: str) -> Reply:
    body = {"from": begins, "until": ends, "checks": [*names], "reason": "in theatre"}
    return api.post(f"/patients/{patient}/pauses", body)


def keys_of(api: Api, patient: str) -> set[str]:
    return {each["key"] for each in api.get(f"/alerts?patient={patient}").body["items"]}


def test_a_check_comes_due_late_and_overdue_and_is_met_by_facts(api: Api, clock: Clock) -> None:
    patient = api.treated()
    seen = [state_of(api, patient)]
    for _ in range(20):
        clock.forward(minutes=15)
        seen.append(state_of(api, patient))
    assert list(dict.fromkeys(seen)) == ["next", "due", "late", "overdue"]
    told = checks(api, patient)
    assert "vital signs" in told["overdue"]
    partial = vital_signs(api, patient, clock().isoformat(), but="heart_rate")
    assert partial.status == 201
    (check,) = [each for each in checks(api, patient)["items"] if each["what"] == "vital signs"]
    assert (check["state"], check["missing"]) == ("overdue", ["heart_rate"])
    whole = vital_signs(api, patient, clock().isoformat())
    (check,) = [each for each in checks(api, patient)["items"] if each["what"] == "vital signs"]
    assert check["state"] == "next"
    assert set(check["met_by"]) <= {
        each["id"] for reply in (partial, whole) for each in reply.body["observations"]
    }
    listed = api.get(f"/patients/{patient}/observations?limit=500").body["items"]
    assert set(check["met_by"]) <= {each["id"] for each in listed}


def test_checks_are_asked_for_by_state(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=5)
    told = checks(api, patient)
    for state in ("next", "due", "late", "overdue", "met", "paused", "ended"):
        named = [each["what"] for each in checks(api, patient, f"?state={state}")["items"]]
        assert named == [each["what"] for each in told["items"] if each["state"] == state]
    assert pointers(api.get(f"/patients/{patient}/checks?state=open")) == ["/state"]
    assert told["windows"]
    assert told["dates"]
    assert told["next"]["due_at"] == min(
        each["due_at"] for each in told["items"] if each["state"] == "next" and each["due_at"]
    )


def test_what_waits_in_a_unit_comes_worst_first(api: Api, clock: Clock) -> None:
    first, second = api.treated(), api.treated(at="2026-03-01T07:30:00Z")
    clock.forward(hours=5)
    vital_signs(api, second, clock().isoformat())
    items = api.get("/checks").body["items"]
    order = [["overdue", "late", "due"].index(each["state"]) for each in items]
    assert order == sorted(order)
    waiting = {(each["patient_id"], each["what"]) for each in items}
    assert (first, "vital signs") in waiting
    assert (second, "vital signs") not in waiting
    far = api.token("nurse", units=("icu-2",))
    assert api.get("/checks", by=far).body["items"] == []
    assert api.get("/checks?unit=icu-2").body["items"] == []


def test_nobody_is_watched_before_an_infusion(api: Api) -> None:
    told = checks(api, api.patient())
    assert (told["items"], told["treatment"], told["next"]) == ([], None, None)


def test_a_pause_holds_for_its_span_and_no_longer(api: Api, clock: Clock) -> None:
    patient, other = api.treated(), api.treated()
    now, end = clock().isoformat(), in_minutes(clock, 6 * 60)
    reply = pause(api, patient, now, end, "vital signs")
    assert reply.status == 201, reply.body
    (check,) = [each for each in checks(api, patient)["items"] if each["what"] == "vital signs"]
    assert (check["state"], check["paused_until"][:16]) == ("paused", "2026-03-01T14:00")
    assert checks(api, patient)["paused"] == ["vital signs"]
    clock.forward(hours=5)
    sweep(api.service)
    assert "check:vital signs" not in keys_of(api, patient)
    assert "check:vital signs" in keys_of(api, other), "it is not paused, and so it is overdue"
    clock.forward(hours=2)
    assert state_of(api, patient) == "overdue"
    sweep(api.service)
    assert "check:vital signs" in keys_of(api, patient)


def test_a_pause_of_an_unknown_check_names_the_known_ones(api: Api, clock: Clock) -> None:
    patient = api.treated()
    before = kept(api.service)
    reply = pause(api, patient, AT, in_minutes(clock, 60), "vital signs", "vitals")
    assert (reply.status, pointers(reply)) == (422, ["/checks/1"])
    words = reply.body["errors"][0]["detail"]
    assert "vital signs" in words
    for each in checks(api, patient)["items"]:
        assert each["what"] in words
    untreated = api.patient("U1")
    reply = pause(api, untreated, AT, in_minutes(clock, 60), "vital signs")
    assert "none is asked for yet" in reply.body["errors"][0]["detail"]
    assert {**kept(api.service), "patient": 0} != before  # The untreated patient, and no pause.
    assert api.service.store.query("select id from fact where kind = 'pause'") == []


def test_a_pause_that_was_taken_is_answered_again_under_its_key(api: Api, clock: Clock) -> None:
    """Also when the check of that name has gone since: the key says it is the same request."""
    patient = api.treated()
    body = {"from": AT, "until": in_minutes(clock, 60), "checks": ["vital signs"], "reason": "x"}
    send = {"headers": {"Idempotency-Key": "one"}}
    first = api.post(f"/patients/{patient}/pauses", body, **send)
    assert first.status == 201
    ended = {"from": AT, "setting": "ended", "reason": "went home"}
    assert api.post(f"/patients/{patient}/stays", ended).status == 201
    assert api.post(f"/patients/{patient}/pauses", body, **send).raw == first.raw


def test_a_patient_goes_home_and_comes_back(api: Api, clock: Clock) -> None:
    patient = api.treated()
    before = [each["every_seconds"] for each in checks(api, patient)["items"]]
    home = {"from": clock().isoformat(), "setting": "outpatient", "reason": "well"}
    assert api.post(f"/patients/{patient}/stays", home).status == 201
    told = checks(api, patient)
    assert told["setting"] == "outpatient"
    assert [each["every_seconds"] for each in told["items"]] != before
    clock.forward(hours=1)
    back = {"from": clock().isoformat(), "setting": "inpatient", "unit": "bmt-1", "bed": "12"}
    assert api.post(f"/patients/{patient}/stays", back).status == 201
    assert checks(api, patient)["setting"] == "inpatient"
    (place,) = api.get("/board").body["items"]
    assert (place["bed"], place["unit"]) == ("12", "bmt-1")


@pytest.mark.hazard("H16")
def test_only_a_person_with_a_reason_ends_the_watch_and_then_nothing_sounds(
    api: Api, clock: Clock
) -> None:
    patient, alert, _ = feverish(api)
    path, ended = f"/patients/{patient}/stays", {"from": AT, "setting": "ended"}
    assert pointers(api.post(path, ended)) == ["/reason"]
    assert api.get(f"/alerts/{alert}").body["alert"]["state"] == "unacknowledged"
    assert api.post(path, {**ended, "reason": "moved to another hospital"}).status == 201
    told = api.get(f"/alerts/{alert}").body
    assert (told["alert"]["state"], told["alert"]["signal"]) == ("suppressed", "ended")
    assert (told["alert"]["next_step_at"], told["next_step"]) == (None, None)
    assert {each["state"] for each in checks(api, patient)["items"]} <= {"ended"}
    assert api.get("/board").body["items"] == []
    count = len(told["items"])
    clock.forward(days=40)
    sweep(api.service)
    assert len(api.get(f"/alerts/{alert}").body["items"]) == count
    reply = api.post(f"/alerts/{alert}/acknowledge", {"reason": "x"})
    assert (reply.status, "watch of this patient has ended" in reply.body["detail"]) == (409, True)
    done(api, alert, "note", text="readable, and a note can be added")
    assert done(api, alert, "resolve", "physician", reason="over")["state"] == "normal"


def test_a_death_ends_the_watch_as_well(api: Api, clock: Clock) -> None:
    patient, alert, _ = feverish(api)
    died = {"died_at": clock().isoformat(), "cause": "other"}
    assert api.post(f"/patients/{patient}/deaths", died, by="physician").status == 201
    assert api.get(f"/alerts/{alert}").body["alert"]["signal"] == "ended"
    assert api.get("/checks").body["items"] == []
    assert api.get("/board").body["items"] == []


def test_the_board_has_everybody_the_most_urgent_first(api: Api, clock: Clock) -> None:
    well = api.treated()
    hot, alert, _ = feverish(api)
    told = api.get("/board").body
    assert [each["patient_id"] for each in told["items"]] == [hot, well]
    first = told["items"][0]
    assert first["grades"]["crs"]["low"] == 1
    assert first["alerts"] == [api.get(f"/alerts/{alert}").body["alert"]]
    assert first["next"]["what"]
    assert told["technical"] == []
    assert api.get("/board?unit=icu-2").body["items"] == []
    far = api.token("nurse", units=("icu-2",))
    assert api.get("/board", by=far).body["items"] == []


def test_the_board_and_the_checks_agree(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=9)
    (place,) = api.get("/board").body["items"]
    listed = checks(api, patient)["items"]
    wanted = ("overdue", "late", "due")
    assert {each["what"] for each in place["waiting"]} == {
        each["what"] for each in listed if each["state"] in wanted
    }
    assert len(api.get("/checks").body["items"]) == len(place["waiting"]) > 0
