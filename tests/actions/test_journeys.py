"""Whole stories with two clocks, through the API, on both databases."""

from __future__ import annotations

from tests.conftest import Api, Clock

QUIET = {"vasopressors": [], "oxygen_device": "room_air", "hypotension": False}


def grade_of(api: Api, patient_id: str, scale: str = "crs", query: str = "") -> dict:
    answer = api.get(f"/patients/{patient_id}/grades{query}")
    assert answer.status == 200, answer.body
    return answer.body["grades"][scale]


def test_a_late_fact_regrades_and_the_screen_of_then_can_still_be_read(
    api: Api, clock: Clock
) -> None:
    patient = api.treated()
    clock.forward(hours=2)  # 10:00
    api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(38.5, "Cel"), **QUIET)
    assert grade_of(api, patient)["value"] == 1
    clock.forward(hours=2)  # 12:00
    api.chart(patient, "2026-03-01T11:00:00Z", vasopressors=["norepinephrine"])
    assert grade_of(api, patient)["value"] == 3
    then = "?as_of=2026-03-01T11:30:00Z"
    assert grade_of(api, patient, query=then)["value"] == 3
    assert grade_of(api, patient, query=f"{then}&known_at=2026-03-01T11:30:00Z")["value"] == 1


def test_a_corrected_temperature_takes_the_grade_back_and_the_record_says_so(
    api: Api, clock: Clock
) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    kept = api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(39.8, "Cel"), **QUIET)
    wrong = kept.body["observations"][0]["id"]
    clock.forward(minutes=20)
    answer = api.post(
        f"/observations/{wrong}/corrections",
        {"value": 36.8, "unit": "Cel", "reason": "typed 39.8 for 36.8"},
    )
    assert answer.status == 201, answer.body
    assert answer.body["grades"]["crs"]["value"] == 0
    correction = answer.body["observations"][0]["id"]

    history = api.get(f"/patients/{patient}/grades/history?scale=crs").body["items"]
    assert [(each["value"], each["standing"]) for each in history] == [(1, False), (0, True)]
    assert correction in history[1]["cause"]
    listed = api.get(f"/patients/{patient}/observations?kind=body_temperature").body["items"]
    assert [each["value"] for each in listed] == [39.8, 36.8]
    assert listed[0]["replaced_by"] == listed[1]["id"]
    assert listed[1]["reason"] == "typed 39.8 for 36.8"
    audit = api.get(f"/audit?patient={patient}", by="auditor").body["items"]
    assert "correct" in [each["action"] for each in audit]
    before = grade_of(
        api, patient, query="?as_of=2026-03-01T10:10:00Z&known_at=2026-03-01T10:10:00Z"
    )
    assert before["value"] == 1


def test_a_correction_can_be_corrected_but_a_fact_only_once(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    kept = api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(39.8, "Cel"))
    first = kept.body["observations"][0]["id"]
    body = {"value": 36.8, "unit": "Cel", "reason": "typed wrong"}
    second = api.post(f"/observations/{first}/corrections", body).body["observations"][0]["id"]
    again = api.post(f"/observations/{first}/corrections", body)
    assert again.status == 409
    assert second in again.body["detail"]
    assert api.post(f"/observations/{second}/corrections", body).status == 201


def test_fever_is_waived_only_for_a_drug_after_the_first_fever(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    api.post(
        f"/patients/{patient}/administrations",
        {"medication": "Acetaminophen", "given_at": "2026-03-01T09:00:00Z"},
    )
    api.chart(
        patient, "2026-03-01T10:00:00Z",
        body_temperature=(37.0, "Cel"), vasopressors=[], oxygen_device="room_air", hypotension=True,
    )  # fmt: skip
    masked = grade_of(api, patient)
    assert masked["value"] == 0
    assert "fever_possibly_masked" in masked["warnings"]

    clock.forward(hours=2)
    api.chart(patient, "2026-03-01T11:00:00Z", body_temperature=(38.2, "Cel"))
    api.post(
        f"/patients/{patient}/administrations",
        {"medication": "tocilizumab", "given_at": "2026-03-01T11:30:00Z", "route": "iv",
         "dose": {"value": 560, "unit": "mg"}},
    )  # fmt: skip
    api.chart(patient, "2026-03-01T12:00:00Z", body_temperature=(37.0, "Cel"))
    waived = grade_of(api, patient)
    assert waived["value"] == 2
    assert waived["because"][0]["rule"] == "crs.fever_waived"


def test_a_finding_grows_old_and_never_turns_into_no(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(38.5, "Cel"), **QUIET)
    clock.forward(hours=5, minutes=59)
    assert grade_of(api, patient)["value"] == 1
    clock.forward(minutes=2)
    old = grade_of(api, patient)
    assert (old["low"], old["value"]) == (0, None)
    assert "body_temperature" in old["missing"]
    assert old["stale"][0]["since"] == "2026-03-01T16:00:00Z"


def test_an_episode_ends_after_the_quiet_period_on_fresh_findings(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=2)
    api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(38.5, "Cel"), **QUIET)
    for hour in range(0, 25, 4):
        clock.now = clock.now.replace(day=1, hour=12, minute=0)
        clock.forward(hours=hour)
        at = clock.now.isoformat()
        api.chart(patient, at, body_temperature=(36.9, "Cel"), **QUIET)
    episode = grade_of(api, patient)["episode"]
    assert episode["ended_at"] == "2026-03-02T12:00:00Z"
    clock.forward(hours=2)
    api.chart(patient, clock.now.isoformat(), body_temperature=(38.5, "Cel"), **QUIET)
    second = grade_of(api, patient)["episode"]
    assert (second["number"], second["ended_at"]) == (2, None)


def test_an_attributed_fever_leaves_the_grade_until_it_ends(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(hours=3)
    api.chart(patient, "2026-03-01T10:00:00Z", body_temperature=(38.5, "Cel"), **QUIET)
    body = {
        "sign": "fever", "cause": "pneumonia", "reason": "infiltrate on the film",
        "from": "2026-03-01T10:30:00Z", "until": "2026-03-01T12:00:00Z",
    }  # fmt: skip
    assert api.post(f"/patients/{patient}/attributions", body).status == 403
    assert api.post(f"/patients/{patient}/attributions", body, by="physician").status == 201
    assert grade_of(api, patient)["value"] == 0
    clock.forward(hours=2)
    assert grade_of(api, patient)["value"] == 1
