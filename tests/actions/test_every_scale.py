"""Whole stories of weeks through the API, on both databases: blood counts, IEC-HS, two infusions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.conftest import Api, Clock
from toxmon.actions.lapse import lapse_due
from toxmon.actions.verify import verify
from toxmon.assessment import rfc3339

DAY_31 = "2026-03-31T22:00:00Z"
"""Day 31 of an infusion on 1 March begins at midnight in Berlin, where summer time has begun."""


def on(day: int, hour: int = 8) -> datetime:
    """An hour of a day after the infusion, which was on 1 March at 06:00."""
    return datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=day)


def chart(api: Api, clock: Clock, patient: str, at: datetime, **values: Any) -> dict:
    """Chart a set at its own time, or later where the clock has gone on."""
    clock.now = max(clock.now + timedelta(seconds=1), at)
    answer = api.chart(patient, at.isoformat(), **values)
    assert answer.status == 201, answer.body
    return answer.body


def grades(api: Api, patient: str, **query: str) -> dict:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    answer = api.get(f"/patients/{patient}/grades?{asked}")
    assert answer.status == 200, answer.body
    return answer.body["grades"]


def interval(answer: dict) -> tuple[int, int]:
    return answer["low"], answer["high"]


def history(api: Api, patient: str, scale: str) -> list[dict]:
    answer = api.get(f"/patients/{patient}/grades/history?scale={scale}")
    assert answer.status == 200, answer.body
    return answer.body["items"]


def sweep(api: Api, clock: Clock) -> None:
    clock.forward(minutes=1)
    while lapse_due(api.service):
        pass


def findings(api: Api) -> list[Any]:
    return verify(api.service, lambda done, total: None)


def neutrophils(day: int, falls_on: int = 3) -> int:
    """A course that falls to 300 on day 3 and is back on day 13."""
    return 2000 if day < falls_on else 300 if day < 13 else 1600


# Hematotoxicity


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


# IEC-HS

INFLAMED = {"ferritin": (9000, "ng/mL"), "anc": (200, "/uL"), "fibrinogen": (110, "mg/dL")}


def test_a_baseline_that_is_charted_late_grades_again(api: Api, clock: Clock) -> None:
    patient = api.treated()
    body = chart(api, clock, patient, on(12), **INFLAMED)
    first = body["grades"]["iec_hs"]
    assert (interval(first), first["suspected"]) == ((0, 4), None)
    assert "baseline_missing" in first["warnings"]
    assert "ferritin_baseline_ng_ml" in first["missing"]

    body = chart(api, clock, patient, on(-1), ferritin=(600, "ng/mL"))
    (change,) = body["changes"]
    assert (change["scale"], change["at"]) == ("iec_hs", rfc3339(on(12)))
    assert body["observations"][0]["id"] in change["cause"]
    now = grades(api, patient)["iec_hs"]
    assert (interval(now), now["suspected"]) == ((0, 4), True)
    assert now["warnings"] == ["confirmation_required", "other_cause_not_stated"]

    # The other way round: with a baseline of 5000 ng/mL it is not twice as high.
    baseline = body["observations"][0]["id"]
    clock.forward(minutes=1)
    right = {"value": 5000, "unit": "ng/mL", "reason": "typed wrong"}
    corrected = api.post(f"/observations/{baseline}/corrections", right)
    assert corrected.status == 201, corrected.body
    assert grades(api, patient)["iec_hs"]["suspected"] is None
    assert findings(api) == []


def test_iec_hs_is_suspected_then_confirmed_then_attributed(api: Api, clock: Clock) -> None:
    patient = api.treated()
    chart(api, clock, patient, on(-1), ferritin=(600, "ng/mL"))
    suspected = chart(api, clock, patient, on(12), **INFLAMED)["grades"]["iec_hs"]
    assert (suspected["suspected"], interval(suspected)) == (True, (0, 4))
    met = {
        each["name"] for each in suspected["criteria"]["items"] if each["met"]
    }
    assert met >= {"ferritin", "fibrinogen"}
    assert suspected["missing"][:2] == ["iec_hs_confirmed", "iec_hs_severity"]

    body = chart(api, clock, patient, on(12, 9), iec_hs_confirmed=True, iec_hs_severity="severe")
    confirmed = body["grades"]["iec_hs"]
    assert (confirmed["value"], confirmed["warnings"]) == (3, ["other_cause_not_stated"])

    clock.forward(hours=2)
    act = {
        "sign": "iec_hs", "cause": "sepsis", "from": on(12, 10).isoformat(),
        "reason": "blood culture",
    }  # fmt: skip
    assert api.post(f"/patients/{patient}/attributions", act).status == 403
    answer = api.post(f"/patients/{patient}/attributions", act, by="physician")
    assert answer.status == 201, answer.body
    attributed = answer.body["grades"]["iec_hs"]
    assert (attributed["value"], attributed["warnings"]) == (0, ["confirmed_but_other_cause"])
    standing = [each for each in history(api, patient, "iec_hs") if each["standing"]]
    assert [each["value"] for each in standing] == [None, 3, 0]
    assert findings(api) == []


# The two clocks


def test_what_was_known_on_any_day_can_be_asked_again(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for day in range(3, 12):
        chart(api, clock, patient, on(day), anc=(300, "/uL"))
    # The nine days of a colder week are typed in from another laboratory, a month later.
    clock.now = on(35)
    for day in range(12, 17):
        chart(api, clock, patient, on(day), anc=(80, "/uL"), **INFLAMED_LATER)
    day_10, day_14 = rfc3339(on(10, 9)), rfc3339(on(14, 9))

    def asked(scale: str, **query: str) -> tuple[tuple[int, int], list[str]]:
        found = grades(api, patient, scale=scale, **query)[scale]
        return interval(found), found["warnings"]

    assert asked("icaht_early", as_of=day_10)[0] == (2, 4)
    assert asked("icaht_early", as_of=day_10, known_at=day_10)[0] == (2, 4)
    assert asked("icaht_early", as_of=day_14)[0] == (2, 4)
    assert asked("icaht_early", as_of=rfc3339(on(16, 9)))[0] == (3, 4)
    then = rfc3339(on(16, 9))
    assert asked("icaht_early", as_of=then, known_at=then)[0] == (2, 4)
    assert asked("iec_hs", as_of=day_14) == ((0, 4), ["confirmation_required", "baseline_missing"])
    assert asked("iec_hs", as_of=day_14, known_at=day_14) == ((0, 4), ["confirmation_required"])
    days = grades(api, patient, scale="icaht_early", as_of=then, known_at=then)["icaht_early"]
    assert {each["day"] for each in days["ledger"] if each["state"] == "observed"} == set(
        range(3, 12)
    )


INFLAMED_LATER = {"ferritin": (9000, "ng/mL")}


# Two infusions


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
    assert [each for each in grades(api, patient)["icaht_early"]["ledger"]][-1]["day"] == 1
    assert findings(api) == []


# A record of an older version


def old_form(api: Api, patient: str) -> None:
    """As a fold was saved before there was a ledger."""
    with api.service.store.writing():
        for table, column in (("fold", "patient_id"), ("checkpoint", "treatment_id")):
            where = "= :id" if table == "fold" else (
                "in (select treatment_id from fold where patient_id = :id)"
            )
            api.service.store.execute_later(
                f"update {table} set state = '[1]', ledger = null where {column} {where}",
                {"id": patient},
            )


def test_an_old_saved_state_is_folded_again_by_the_next_fact(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for day in range(3, 9):
        chart(api, clock, patient, on(day), anc=(300, "/uL"))
    old_form(api, patient)
    assert [finding.what for finding in findings(api)] == [
        "its saved state cannot be read; repair folds it again"
    ]
    assert interval(grades(api, patient)["icaht_early"]) == (1, 4)
    body = chart(api, clock, patient, on(9), anc=(300, "/uL"))
    assert interval(body["grades"]["icaht_early"]) == (2, 4)
    assert [change["scale"] for change in body["changes"]] == ["icaht_early"]
    assert findings(api) == []


def test_an_old_saved_state_is_folded_again_by_the_sweep(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for day in range(3, 27):
        chart(api, clock, patient, on(day), anc=(300, "/uL"))
    old_form(api, patient)
    before = len(history(api, patient, "icaht_early"))
    clock.now = on(33)
    sweep(api, clock)
    rows = history(api, patient, "icaht_early")
    assert [(each["at"], each["cause"]) for each in rows[before:]] == [(DAY_31, ["lapsed"])]
    assert findings(api) == []
