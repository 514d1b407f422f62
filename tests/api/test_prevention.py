"""Immunoglobulin, prophylaxis, vaccines and what must be at hand, as a ward asks for them."""

from __future__ import annotations

from typing import Any

from tests.conftest import Api, Clock

AT = "2026-03-01T07:00:00Z"


def prevention(api: Api, patient: str, query: str = "", by: str = "nurse") -> dict[str, Any]:
    reply = api.get(f"/patients/{patient}/prevention{query}", by=by)
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.body
    return found


def agent(told: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in told["prophylaxis"] if each["agent"] == name]
    return dict(found)


def vaccine(told: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [each for each in told["vaccinations"] if each["kind"] == kind]
    return dict(found)


def give(api: Api, patient: str, medication: str, at: str, **more: Any) -> None:
    body = {"medication": medication, "given_at": at, **more}
    assert api.post(f"/patients/{patient}/administrations", body).status == 201


def attribute(api: Api, patient: str, cause: str, at: str) -> None:
    body = {"sign": "fever", "cause": cause, "from": at, "reason": "seen on the film"}
    assert api.post(f"/patients/{patient}/attributions", body, by="physician").status == 201


def test_nothing_charted_is_not_known_and_never_no(api: Api) -> None:
    told = prevention(api, api.treated())
    igg = told["immunoglobulin"]
    assert (igg["policy"], igg["advised"], igg["missing"]) == (
        "igg_lt_400_prophylactic", "not_known", ["igg"],
    )  # fmt: skip
    assert (igg["igg"], igg["last_immunoglobulin"], igg["infections"]) == (None, None, [])
    assert igg["measure_next"]["on"] == "2026-03-29"
    assert (igg["dose"], igg["warnings"]) == (None, ["weight_missing"])
    for each in told["prophylaxis"]:
        assert each["given"]["state"] == "not_charted", each["agent"]
    pjp = agent(told, "pjp")
    assert (pjp["indicated"], pjp["may_stop"], pjp["missing"]) == (
        "not_known", "not_known", ["cd4"],
    )  # fmt: skip
    assert vaccine(told, "live")["possible"] == "no"
    assert told["says"] == "Support for a clinician, never an order."


def test_a_low_level_is_told_with_its_age_its_dose_and_every_policy(api: Api, clock: Clock) -> None:
    patient = api.treated()
    at = clock().isoformat()
    assert api.chart(patient, at, igg=(400, "mg/dL"), weight=(70, "kg")).status == 201
    clock.forward(days=2)
    igg = prevention(api, patient)["immunoglobulin"]
    assert (igg["advised"], igg["igg"]["value"], igg["igg"]["days_ago"]) == ("no", 400, 2)
    answers = {each["policy"]: each["advised"] for each in igg["by_policy"]}
    assert (answers["igg_lt_400_prophylactic"], answers["igg_le_400"]) == ("no", "yes")
    assert answers["asbmt_never_alone"] == "not_known"
    assert (igg["dose"]["low"], igg["dose"]["high"]) == (
        {"value": 28000, "unit": "mg"}, {"value": 35000, "unit": "mg"},
    )  # fmt: skip
    assert igg["explained"].keys() == set(igg["warnings"]) == {"m_protein_not_stated"}
    clock.forward(days=5)
    assert prevention(api, patient)["immunoglobulin"]["dose"] is not None
    clock.forward(hours=1)
    igg = prevention(api, patient)["immunoglobulin"]
    assert (igg["dose"], "weight_stale" in igg["warnings"]) == (None, True)


def test_an_infection_is_known_from_a_cause_that_was_charted(api: Api) -> None:
    patient = api.treated()
    api.chart(patient, AT, igg=(350, "mg/dL"))
    attribute(api, patient, "Pneumonia, left", "2026-03-01T07:30:00Z")
    igg = prevention(api, patient)["immunoglobulin"]
    (infection,) = igg["infections"]
    assert (infection["cause"], infection["sinopulmonary"]) == ("Pneumonia, left", True)
    answers = {each["policy"]: each["advised"] for each in igg["by_policy"]}
    assert (answers["igg_lt_400_and_infection"], answers["ash_education"]) == ("yes", "not_known")
    # The same one named again is not a second one; an infection elsewhere is not of the lungs.
    attribute(api, patient, "pneumonia, LEFT", "2026-03-01T07:40:00Z")
    api.chart(patient, "2026-03-01T07:50:00Z", enteric_infection=True)
    api.chart(patient, "2026-03-01T07:55:00Z", enteric_infection=True)
    igg = prevention(api, patient)["immunoglobulin"]
    assert [each["cause"] for each in igg["infections"]] == ["Pneumonia, left", "enteric infection"]
    answers = {each["policy"]: each["advised"] for each in igg["by_policy"]}
    assert (answers["nccn_engager_lymphoma"], answers["ash_education"]) == ("yes", "not_known")


def test_a_level_soon_after_a_dose_is_no_trough(api: Api, clock: Clock) -> None:
    patient = api.treated()
    give(api, patient, "IVIG", "2026-03-01T07:00:00Z", dose={"value": 30, "unit": "g"})
    clock.forward(days=10)
    api.chart(patient, clock().isoformat(), igg=(650, "mg/dL"), igg_paraprotein=False)
    igg = prevention(api, patient)["immunoglobulin"]
    assert (igg["advised"], igg["missing"]) == ("not_known", ["igg"])
    assert (igg["igg"]["trough"], igg["igg"]["days_since_immunoglobulin"]) == (False, 10)
    assert igg["last_immunoglobulin"]["days_ago"] == 10
    # While treated it is measured every month.
    assert igg["measure_next"]["on"] == "2026-04-11"
    live = vaccine(prevention(api, patient), "live")
    assert "2026-11-01" in [each["until"] for each in live["blocked"]]


RUNNING = {
    "hsv_vzv": "Aciclovir", "pjp": "Co-trimoxazole", "hbv": "entecavir",
    "antibacterial": "levofloxacin", "antifungal": "fluconazole", "mold": "posaconazole",
    "cmv": "letermovir",
}  # fmt: skip


def test_what_runs_is_what_was_charted(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for drug in ("valacyclovir", "atovaquone"):
        give(api, patient, drug, "2026-03-01T06:30:00Z", route="oral")
    for drug in RUNNING.values():
        give(api, patient, drug, "2026-03-01T07:00:00Z", route="oral")
    given = {each["agent"]: each["given"] for each in prevention(api, patient)["prophylaxis"]}
    assert {name: each["drug"] for name, each in given.items()} == {
        name: drug.lower() for name, drug in RUNNING.items()
    }
    first, last = "2026-03-01T06:30:00Z", "2026-03-01T07:00:00Z"
    for name, each in given.items():
        since = first if name in ("hsv_vzv", "pjp") else last
        assert (each["state"], each["since"], each["last_at"]) == ("charted", since, last)


def test_a_drug_on_the_skin_is_no_prophylaxis(api: Api) -> None:
    patient = api.treated()
    give(api, patient, "aciclovir", AT, route="topical")
    assert agent(prevention(api, patient), "hsv_vzv")["given"]["state"] == "not_charted"


def test_trimethoprim_waits_for_day_28_and_for_the_counts(api: Api, clock: Clock) -> None:
    patient = api.treated()
    counts = {"anc": (900, "/uL"), "platelets": (120, "10*9/L"), "hemoglobin": (11, "g/dL")}
    api.chart(patient, AT, **counts)
    (blocked,) = agent(prevention(api, patient), "pjp")["blocked"]
    assert (blocked["sure"], blocked["until"], blocked["instead"]) == (
        "yes", "2026-03-29", "atovaquone",
    )  # fmt: skip
    assert "grade 3" in blocked["because"]
    clock.forward(days=28)
    (blocked,) = agent(prevention(api, patient), "pjp")["blocked"]
    assert (blocked["sure"], blocked["until"]) == ("not_known", None)  # the counts are too old
    api.chart(patient, clock().isoformat(), **{**counts, "anc": (1000, "/uL")})
    assert agent(prevention(api, patient), "pjp")["blocked"] == []


def test_cd4_is_measured_again_before_prophylaxis_stops(api: Api, clock: Clock) -> None:
    patient = api.treated()
    clock.forward(days=60)
    api.chart(patient, clock().isoformat(), cd4=(250, "/uL"))
    pjp = agent(prevention(api, patient), "pjp")
    assert (pjp["may_stop"], pjp["indicated"]) == ("no", "yes")
    assert [(each["kind"], each["on"]) for each in pjp["next"]] == [("cd4", "2026-05-28")]
    clock.forward(days=28)
    api.chart(patient, clock().isoformat(), cd4=(201, "/uL"))
    pjp = agent(prevention(api, patient), "pjp")
    assert (pjp["may_stop"], pjp["indicated"], pjp["next"]) == ("yes", "no", [])
    # It was otherwise when only the first was known, and still is for who asks by that time.
    earlier = prevention(api, patient, "?known_at=2026-05-01T09:00:00Z&as_of=2026-05-01T09:00:00Z")
    assert agent(earlier, "pjp")["may_stop"] == "no"


def test_steroids_call_for_molds_and_cmv(api: Api, clock: Clock) -> None:
    patient = api.treated()
    for _ in range(4):
        at = clock().isoformat()
        give(api, patient, "dexamethasone", at, dose={"value": 10, "unit": "mg"}, route="iv")
        clock.forward(days=1)
    told = prevention(api, patient)
    assert (agent(told, "mold")["indicated"], agent(told, "cmv")["indicated"]) == (
        "yes", "not_known",
    )  # fmt: skip


def test_vaccines_differ_by_source_and_count_back_to_the_product(api: Api, clock: Clock) -> None:
    patient = api.treated("axi-cel")
    clock.forward(days=100)
    told = vaccine(prevention(api, patient), "inactivated")
    assert (told["policy"], told["possible"], told["differ"]) == ("hill_seo_2020", "no", True)
    earliest = {each["policy"]: each["earliest"] for each in told["by_policy"]}
    assert (earliest["hill_seo_2020"], earliest["ebmt_astct"]) == ("2026-09-01", "2026-06-01")
    # CD19 cells count as a treatment against B cells.
    assert {each["what"] for each in told["blocked"]} == {"time", "anti_b_cell"}
    influenza = vaccine(prevention(api, patient), "influenza_and_covid")
    assert (influenza["possible"], influenza["earliest"]) == ("yes", "2026-06-01")


def test_before_an_infusion_only_what_is_at_hand_is_told(api: Api) -> None:
    patient = api.patient()
    told = prevention(api, patient)
    assert (told["treatment"], told["immunoglobulin"]) == (None, None)
    assert (told["prophylaxis"], told["vaccinations"]) == ([], [])
    hand = told["tocilizumab_at_hand"]
    assert (hand["doses"], hand["by"], hand["dose"], hand["weight"]) == (
        2, "policy", None, "missing",
    )  # fmt: skip
    api.chart(patient, AT, weight=(29.9, "kg"))
    hand = prevention(api, patient)["tocilizumab_at_hand"]
    assert (hand["dose"], hand["vials"]) == ({"value": 358.8, "unit": "mg"}, None)


def test_the_label_of_the_infusions_date_says_how_many(api: Api) -> None:
    before = api.treated("ide-cel", at="2025-06-25T10:00:00Z")
    after = api.treated("ide-cel", at="2025-06-26T10:00:00Z")
    assert prevention(api, before)["tocilizumab_at_hand"]["by"] == "label"
    assert prevention(api, after)["tocilizumab_at_hand"]["by"] == "policy"


def test_who_may_ask_and_of_whom(api: Api) -> None:
    patient = api.treated()
    for role in ("nurse", "physician", "pharmacist", "integration"):
        assert prevention(api, patient, by=role)["patient_id"] == patient
    for role in ("auditor", "admin"):
        assert api.get(f"/patients/{patient}/prevention", by=role).status == 403
    far = api.token("pharmacist", units=("icu-2",))
    assert api.get(f"/patients/{patient}/prevention", by=far).status == 404
    assert api.get(f"/patients/{patient}/prevention?as_of=yesterday").status == 422


def test_it_is_noted_who_read_it(api: Api) -> None:
    patient = api.treated()
    prevention(api, patient, by="pharmacist")
    links = api.get(f"/audit?patient={patient}", by="auditor").body["items"]
    assert links[-1]["action"] == "read.prevention"


def by_policy(told: dict[str, Any]) -> dict[str, str]:
    return {each["policy"]: each["advised"] for each in told["by_policy"]}


def test_what_a_clinician_charts_of_infections_decides_a_rule(api: Api, clock: Clock) -> None:
    patient = api.treated()
    api.chart(patient, AT, igg=(650, "mg/dL"))
    assert by_policy(prevention(api, patient)["immunoglobulin"])["raje_2023"] == "not_known"
    api.chart(patient, AT, life_threatening_infection=True)
    assert by_policy(prevention(api, patient)["immunoglobulin"])["raje_2023"] == "yes"
    clock.forward(days=1)
    no = dict.fromkeys(
        (
            "life_threatening_infection", "recurrent_severe_encapsulated_infection",
            "bacterial_infection_failing_antibiotics",
        ),
        False,
    )  # fmt: skip
    api.chart(patient, clock().isoformat(), **no)
    assert by_policy(prevention(api, patient)["immunoglobulin"])["raje_2023"] == "no"
    clock.forward(days=180)
    api.chart(patient, clock().isoformat(), igg=(650, "mg/dL"))
    told = prevention(api, patient)["immunoglobulin"]
    assert by_policy(told)["raje_2023"] == "not_known", "what was charted so long ago is no answer"


def test_hepatitis_b_is_charted_and_then_known(api: Api, clock: Clock) -> None:
    patient = api.treated()
    give(api, patient, "fludarabine", "2026-02-25T07:00:00Z")
    before = agent(prevention(api, patient), "hbv")
    assert (before["indicated"], before["missing"]) == ("not_known", ["hbv_exposure"])
    api.chart(patient, AT, hbv_exposure=True)
    assert agent(prevention(api, patient), "hbv")["indicated"] == "yes"
    clock.forward(days=400)
    api.chart(patient, clock().isoformat(), hbv_exposure=False)
    assert agent(prevention(api, patient), "hbv")["indicated"] == "no"
