"""IEC-HS through the API, on both databases; and what was known of it on any day."""

from __future__ import annotations

from tests.actions.weeks import (
    INFLAMED,
    chart,
    findings,
    grades,
    history,
    interval,
    on,
)
from tests.conftest import Api, Clock
from toxmon.assessment import rfc3339


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
    met = {each["name"] for each in suspected["criteria"]["items"] if each["met"]}
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


def test_what_was_known_on_any_day_can_be_asked_again(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for day in range(3, 12):
        chart(api, clock, patient, on(day), anc=(300, "/uL"))
    # Five days in another hospital are typed in when the patient is back.
    clock.now = on(35)
    for day in range(12, 17):
        chart(api, clock, patient, on(day), anc=(80, "/uL"), ferritin=(9000, "ng/mL"))
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
