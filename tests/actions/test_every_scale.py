"""Weeks of blood counts through the API, on both databases, and what closes their windows."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.actions.weeks import (
    DAY_31,
    INFLAMED,
    chart,
    findings,
    grades,
    history,
    interval,
    neutrophils,
    on,
    sweep,
)
from tests.conftest import Api, Clock
from toxmon.assessment import rfc3339


def test_a_window_of_weeks_narrows_day_by_day_and_closes_by_time_alone(
    api: Api, clock: Clock
) -> None:
    patient = api.treated()
    told = {}
    for day in range(27):
        count = neutrophils(min(day, 12))
        body = chart(api, clock, patient, on(day), anc=(count, "/uL"))
        told[day] = interval(body["grades"]["icaht_early"])
        sweep(api, clock)
    assert [told[day] for day in (2, 3, 8, 9, 15, 16, 26)] == [
        (0, 4), (1, 4), (1, 4), (2, 4), (2, 4), (3, 4), (3, 4),
    ]  # fmt: skip
    assert all(told[day][0] <= told[day + 1][0] for day in range(26))

    clock.now = datetime.fromisoformat(DAY_31) - timedelta(minutes=2)
    sweep(api, clock)
    assert interval(grades(api, patient)["icaht_early"]) == (3, 4)
    clock.forward(minutes=2)
    sweep(api, clock)
    last = history(api, patient, "icaht_early")[-1]
    assert (last["at"], last["cause"], last["value"]) == (DAY_31, ["lapsed"], 4)
    assert last["answer"]["window"] == {"from": 0, "to": 30, "closed": True}
    assert last["answer"]["because"][0]["rule"] == "icaht_early.never_above_500"
    recorded = len(history(api, patient, "icaht_early"))

    # What comes after it belongs to the next window, and leaves the first as it was.
    body = chart(api, clock, patient, on(31), anc=(80, "/uL"))
    assert "icaht_late" in body["grades"]
    for day in (32, 40):
        body = chart(api, clock, patient, on(day), anc=(400, "/uL"))
    assert interval(body["grades"]["icaht_late"]) == (4, 4)
    assert len(history(api, patient, "icaht_early")) == recorded
    assert grades(api, patient)["icaht_early"]["value"] == 4
    clock.now = on(102)
    sweep(api, clock)
    assert findings(api) == []


def test_a_recovered_count_lowers_what_is_possible_and_never_what_is_certain(
    api: Api, clock: Clock
) -> None:
    patient = api.treated()
    told = []
    for day in range(32):
        body = chart(api, clock, patient, on(day), anc=(neutrophils(day), "/uL"))
        told.append(interval(body["grades"]["icaht_early"]))
    # Ten days at 300, day 3 to 12. From day 24 on too few days are left for seven at 100.
    assert (told[12], told[16], told[17], told[23], told[24]) == (
        (2, 4), (2, 4), (2, 3), (2, 3), (2, 2),
    )  # fmt: skip
    assert told[31] == (2, 2)
    read = grades(api, patient)["icaht_early"]
    assert read["longest_run_days"] == {"le_500": 10, "le_100": 0}
    assert [(each["day"], each["state"]) for each in read["ledger"]] == [
        (day, "observed") for day in range(31)
    ]
    assert findings(api) == []


def test_progression_cuts_a_window_and_its_retraction_opens_it_again(
    api: Api, clock: Clock
) -> None:
    patient = api.treated()
    for day in range(9):
        chart(api, clock, patient, on(day), anc=(neutrophils(day, falls_on=4), "/uL"))
    body = chart(api, clock, patient, on(8, 12), disease_progression=True)
    progression = body["observations"][0]["id"]
    assert interval(body["grades"]["icaht_early"]) == (1, 1)
    chart(api, clock, patient, on(9), anc=(90, "/uL"))
    cut = grades(api, patient)["icaht_early"]
    assert interval(cut) == (1, 1)
    assert cut["cut"] == {"day": 8, "by": "disease_progression", "fact": progression}
    assert [each["day"] for each in cut["ledger"]] == list(range(9))

    clock.forward(minutes=1)
    taken_back = api.post(f"/observations/{progression}/retraction", {"reason": "another patient"})
    assert taken_back.status == 201, taken_back.body
    assert interval(taken_back.body["grades"]["icaht_early"]) == (1, 4)
    reopened = grades(api, patient)["icaht_early"]
    assert "cut" not in reopened
    assert [each["day"] for each in reopened["ledger"]] == list(range(10))
    body = chart(api, clock, patient, on(10), anc=(90, "/uL"))
    assert interval(body["grades"]["icaht_early"]) == (2, 4)
    assert findings(api) == []


def test_platelets_after_a_transfusion_are_graded_and_say_so(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.now = on(14, 7)
    given = {"medication": "platelets", "given_at": on(14, 7).isoformat()}
    assert api.post(f"/patients/{patient}/administrations", given).status == 201
    body = chart(api, clock, patient, on(14, 8), platelets=(30, "10*9/L"))
    after = body["grades"]["thrombocytopenia"]
    assert (after["value"], after["warnings"]) == (3, ["platelets_transfused"])
    assert "not corrected" in after["explained"]["platelets_transfused"]
    body = chart(api, clock, patient, on(15, 8), platelets=(20, "10*9/L"))
    later = body["grades"]["thrombocytopenia"]
    assert (later["value"], later["warnings"]) == (4, [])


def test_a_transfusion_that_is_charted_late_is_said_too(api: Api, clock: Clock) -> None:
    patient = api.treated()
    body = chart(api, clock, patient, on(14), platelets=(30, "10*9/L"))
    assert body["grades"]["thrombocytopenia"]["warnings"] == []
    given = {"medication": "platelets", "given_at": on(14, 7).isoformat()}
    assert api.post(f"/patients/{patient}/administrations", given).status == 201
    assert grades(api, patient)["thrombocytopenia"]["warnings"] == ["platelets_transfused"]
    assert findings(api) == []


def test_neutrophils_above_white_cells_wait_and_grade_nothing(api: Api, clock: Clock) -> None:
    patient = api.treated()
    body = chart(
        api, clock, patient, on(5),
        anc=(400, "/uL"), wbc=(0.2, "10*3/uL"), platelets=(25, "10*9/L"),
    )  # fmt: skip
    doubted = {each["kind"]: each for each in body["observations"]}
    assert {kind: each["status"] for kind, each in doubted.items()} == {
        "anc": "quarantined", "wbc": "quarantined", "platelets": "final",
    }  # fmt: skip
    why = "more neutrophils than leukocytes, of which they are a part"
    assert doubted["anc"]["doubt"] == doubted["wbc"]["doubt"] == why
    assert "neutropenia" not in body["grades"]
    assert {change["scale"] for change in body["changes"]} >= {"t_icaht_early", "thrombocytopenia"}
    assert not {change["scale"] for change in body["changes"]} & {"icaht_early", "neutropenia"}
    read = grades(api, patient, scale="icaht_early,neutropenia")
    assert interval(read["icaht_early"]) == (0, 4)
    assert read["icaht_early"]["because"][0]["rule"] == "icaht_early.no_counts"
    assert read["neutropenia"]["missing"] == ["anc"]

    confirmed = api.post(f"/observations/{doubted['anc']['id']}/confirmation", {"reason": "again"})
    assert confirmed.status == 201, confirmed.body
    assert confirmed.body["grades"]["neutropenia"]["value"] == 4
    assert interval(confirmed.body["grades"]["icaht_early"]) == (1, 4)
    assert findings(api) == []


def test_what_a_scale_tells_besides_never_hides_its_grade(api: Api, clock: Clock) -> None:
    patient = api.treated()
    chart(
        api, clock, patient, on(5), **INFLAMED, platelets=(30, "10*9/L"), hemoglobin=(7.1, "g/dL"),
        alc=(100, "/uL"), cd4=(40, "/uL"), creatinine=(2.4, "mg/dL"), ast=(90, "U/L"),
        alt=(20, "U/L"), bilirubin_total=(4, "mg/dL"), facial_palsy=True,
        peripheral_neuropathy_grade=(2, "{score}"), body_temperature=(38.6, "Cel"),
    )  # fmt: skip
    found = grades(api, patient)
    assert len(found) > 25
    for scale, answer in found.items():
        assert answer["scale"] == scale
        same = answer["low"] == answer["high"]
        assert answer["value"] == (answer["low"] if same else None), scale
        assert answer["explained"].keys() == set(answer["warnings"]), scale
    assert (found["neutropenia"]["value"], found["neutropenia"]["measured"]) == (4, 200)
    assert (found["creatinine_increased"]["measured"], found["anemia"]["value"]) == (2.4, 3)


def test_the_first_window_closes_when_the_second_treatment_begins(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for day in range(9):
        chart(api, clock, patient, on(day), anc=(neutrophils(day, falls_on=4), "/uL"))
    assert interval(grades(api, patient)["icaht_early"]) == (1, 4)
    clock.now = on(10)
    body = {"product": "cilta-cel", "infused_at": on(10, 6).isoformat()}
    begun = api.post(f"/patients/{patient}/infusions", body)
    assert begun.status == 201, begun.body
    sweep(api, clock)

    rows = history(api, patient, "icaht_early")
    before = rfc3339(on(10, 6) - timedelta(microseconds=1))
    assert [(each["at"], each["low"], each["high"]) for each in rows if each["standing"]][-1] == (
        before, 2, 2,
    )  # fmt: skip
    last = grades(api, patient, as_of=rfc3339(on(10, 5)))["icaht_early"]
    assert interval(last) == (1, 4)

    # The counts of the first treatment are not carried into the second one.
    body = chart(api, clock, patient, on(11), anc=(200, "/uL"))
    new = body["grades"]["icaht_early"]
    assert (interval(new), new["longest_run_days"]["le_500"]) == ((1, 4), 1)
    assert grades(api, patient)["icaht_early"]["ledger"][-1]["day"] == 1
    assert findings(api) == []
