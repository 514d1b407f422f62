"""GET guidance over HTTP: what a ward, a program and an auditor see of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Api, Clock
from toxmon.guidance.plain import SUPPORT

MORNING = "2026-03-09T08:00:00Z"
WELL = {"consciousness": "alert", "seizure": "none", "motor_weakness": "none"}
CALM = {"oxygen_device": "room_air", "vasopressors": [], "hypotension": False}


def chart(api: Api, patient: str, at: str, **values: Any) -> None:
    reply = api.chart(patient, at, **values)
    assert reply.status == 201, reply.body


def advice(api: Api, patient: str, more: str = "") -> Any:
    reply = api.get(f"/patients/{patient}/guidance{more}")
    assert reply.status == 200, reply.body
    assert reply.headers["Cache-Control"] == "no-store"
    return reply.body


def of(body: Any, scale: str) -> Any:
    return next(each for each in (*body["open"], *body["watched"]) if each["scale"] == scale)


def lines(syndrome: Any) -> list[Any]:
    return [line for section in syndrome["sections"] for line in section["lines"]]


def steroids(syndrome: Any, grade: int) -> dict[str, Any]:
    return {
        line["body"]: line
        for line in lines(syndrome)
        if grade in line["at_grades"] and line["topic"].startswith("steroid")
        and line["topic"] != "steroid_taper"
    }  # fmt: skip


def with_icans_3(api: Api) -> str:
    """ICANS of grade 3 and nothing else, after cilta-cel, weighed on the morning."""
    patient = api.treated("cilta-cel")
    chart(api, patient, MORNING, weight=(71.5, "kg"), body_temperature=(36.8, "Cel"), **CALM)
    signs = {"cerebral_edema": "none", "icp_signs": []}
    chart(api, patient, "2026-03-09T09:00:00Z", ice_score=1, **WELL, **signs)
    return patient


@pytest.fixture
def icans_3(api: Api) -> str:
    return with_icans_3(api)


def test_icans_3_after_cilta_cel_names_doses_sources_and_where_they_differ(
    on_either: Api,
) -> None:
    body = advice(on_either, with_icans_3(on_either))
    assert body["says"] == SUPPORT
    assert "never an order" in body["says"]
    assert body["summary"].startswith("ICANS grade 3.")
    assert (body["treatment"]["product"], body["patient"]["day"]) == ("cilta-cel", 8)
    (syndrome,) = body["open"]
    assert (syndrome["scale"], syndrome["grades"]) == ("icans", [3])
    assert syndrome["hours_after_infusion"] == 195
    found = steroids(syndrome, 3)
    verified = {body_: line["source"]["verified"] for body_, line in found.items()}
    assert verified == {
        "ASCO": True, "Hakan 2024": False, "NCCN digest": False, "cilta-cel label": False,
    }  # fmt: skip
    assert "10.1200/JCO.21.01992" in found["ASCO"]["source"]["source"]
    assert found["cilta-cel label"]["source"]["source"] == "Carvykti US label, from memory"
    dexamethasone, methylprednisolone = found["ASCO"]["doses"]
    assert dexamethasone["says"] == "dexamethasone 10 mg every 6 to 12 h"
    assert methylprednisolone["says"] == "methylprednisolone 1 mg/kg every 12 h"
    amount = methylprednisolone["for_patient"]
    assert (amount["low"], amount["unit"], amount["says"]) == (71.5, "mg", "71.5 mg")
    assert amount["basis"] == "1 mg/kg x 71.5 kg"
    assert amount["weighed_at"] == MORNING
    (difference,) = [each for each in syndrome["differences"] if each["topic"] == "steroid"]
    assert [side["body"] for side in difference["sides"]] == sorted(found)
    assert {side["says"] for side in difference["sides"]} == {
        "dexamethasone 10 mg every 6 to 12 h, or methylprednisolone 1 mg/kg every 12 h",
        "dexamethasone 10 mg IV every 6 h (again only if worse)",
        "dexamethasone 10 mg every 6 h, or methylprednisolone 1 mg/kg every 12 h",
        "dexamethasone 10 to 20 mg every 6 h, then methylprednisolone 2 mg/kg"
        " (if worse after 48 h)",
    }
    against = [line for line in lines(syndrome) if line["position"] == "against"]
    assert "Tocilizumab is not indicated for ICANS without CRS." in {
        line["text"] for line in against
    }


def test_a_line_for_each_grade_of_an_interval(api: Api) -> None:
    patient = api.treated("cilta-cel")
    chart(api, patient, MORNING, weight=(71.5, "kg"))
    chart(api, patient, "2026-03-09T09:00:00Z", ice_score=1, **WELL)
    syndrome = of(advice(api, patient), "icans")
    assert (syndrome["low"], syndrome["high"], syndrome["grades"]) == (3, 4, [3, 4])
    assert steroids(syndrome, 3)["ASCO"]["certainty"] == "at_lowest"
    assert steroids(syndrome, 4)["NCCN digest"]["certainty"] == "possible"
    imaging = [line for line in lines(syndrome) if line["topic"] == "imaging"]
    assert {line["certainty"] for line in imaging} == {"certain"}
    differing = {tuple(each["grades"]) for each in syndrome["differences"]
                 if each["topic"] == "steroid"}  # fmt: skip
    assert differing == {(3,), (4,)}


def test_no_dose_without_a_fresh_weight(api: Api, clock: Clock) -> None:
    patient = api.treated("cilta-cel")
    chart(api, patient, "2026-03-09T09:00:00Z", ice_score=1, **WELL)
    body = advice(api, patient)
    assert body["patient"]["no_weight"] == "no weight is charted: no dose is computed"
    dose = steroids(of(body, "icans"), 3)["ASCO"]["doses"][1]
    assert dose["for_patient"] is None
    assert dose["why_not"] == "no weight is charted: no dose is computed"
    chart(api, patient, "2026-03-02T09:00:00Z", weight=(71.5, "kg"))
    at_the_limit = advice(api, patient, "?as_of=2026-03-09T09:00:00Z")
    assert at_the_limit["patient"]["weight"]["fresh"] is True
    past_it = advice(api, patient, "?as_of=2026-03-09T09:00:01Z")
    assert past_it["patient"]["weight"]["fresh"] is False
    dose = steroids(of(past_it, "icans"), 3)["ASCO"]["doses"][1]
    assert dose["for_patient"] is None
    assert "71.5 kg, is not fresh: it is older than 7 d" in dose["why_not"]


def test_tocilizumab_has_the_amount_of_the_check_and_a_link_to_it(api: Api) -> None:
    patient = api.treated("ide-cel", "2026-03-08T06:00:00Z")
    chart(api, patient, MORNING, weight=(29.9, "kg"), body_temperature=(39, "Cel"), **CALM)
    chart(api, patient, "2026-03-09T09:00:00Z", hypotension=True)
    syndrome = of(advice(api, patient), "crs")
    asco = next(line for line in lines(syndrome)
                if (line["body"], line["topic"]) == ("ASCO", "tocilizumab"))  # fmt: skip
    (dose,) = asco["doses"]
    link = f"/api/v1/patients/{patient}/dosing/tocilizumab"
    assert dose["limits"] == link
    check = api.get(link.removeprefix("/api/v1")).body["computed_dose"]
    assert dose["for_patient"]["low"] == check["value"] == 358.8
    # Dexamethasone of CRS 1 with early onset is told for grade 1 only.
    assert "NCCN digest" in {line["body"] for line in lines(syndrome)}


def test_after_a_first_dose_of_tocilizumab(api: Api, icans_3: str) -> None:
    chart(api, icans_3, "2026-03-09T10:00:00Z", body_temperature=(39, "Cel"), **CALM)

    def again() -> str:
        line = next(line for line in lines(of(advice(api, icans_3), "icans"))
                    if line["topic"] == "tocilizumab_again")  # fmt: skip
        state: str = line["conditions"][1]["state"]
        return state

    assert again() == "not_known"
    given = {"medication": "Actemra", "given_at": "2026-03-09T11:00:00Z",
             "dose": {"value": 560, "unit": "mg"}}  # fmt: skip
    assert api.post(f"/patients/{icans_3}/administrations", given).status == 201
    assert again() == "holds"
    assert advice(api, icans_3)["patient"]["given"] == {"tocilizumab": "2026-03-09T11:00:00Z"}


def test_what_is_advised_while_nothing_is_there(api: Api) -> None:
    patient = api.treated("cilta-cel")
    chart(api, patient, MORNING, ice_score=10, cerebral_edema="none", icp_signs=[], **WELL)
    chart(api, patient, MORNING, body_temperature=(36.8, "Cel"), **CALM)
    body = advice(api, patient)
    assert body["open"] == []
    assert body["summary"].startswith("No syndrome is known to be there.")
    icans = of(body, "icans")
    assert (icans["state"], icans["grades"]) == ("absent", [0])
    bodies = {line["body"] for line in lines(icans) if line["topic"] == "seizure_prophylaxis"}
    assert bodies == {
        "ASCO", "CARTOX", "Chinese panel", "EBMT", "NCCN digest", "Pan-UK", "SFGM-TC",
        "SIE/SIDEM/GITMO",
    }  # fmt: skip
    assert {line["topic"] for line in lines(icans)} >= {"ice_frequency", "handwriting"}


def test_without_a_treatment_it_says_so(api: Api) -> None:
    patient = api.patient("U1")
    body = advice(api, patient)
    assert (body["treatment"], body["open"]) == (None, [])
    assert body["summary"] == "No treatment is on record, so no syndrome is graded."


def test_what_was_known_then(api: Api, icans_3: str, clock: Clock) -> None:
    clock.forward(hours=2)
    worse = {**WELL, "seizure": "electrographic"}
    chart(api, icans_3, "2026-03-09T10:00:00Z", ice_score=9, cerebral_edema="none", **worse)
    chart(api, icans_3, "2026-03-09T09:30:00Z", weight=(80, "kg"))
    stamp = "2026-03-09T13:00:00Z"
    then = advice(api, icans_3, f"?as_of={stamp}&known_at={stamp}")
    assert then["patient"]["weight"]["kg"] == 71.5
    assert then["version"] < advice(api, icans_3)["version"]
    assert then["known_at"] == stamp
    now = advice(api, icans_3, "?as_of=2026-03-09T09:45:00Z")
    assert now["patient"]["weight"]["kg"] == 80
    early = advice(api, icans_3, "?as_of=2026-03-09T08:30:00Z")
    assert of(early, "icans")["state"] == "not_excluded"


def test_a_scale_that_is_asked_for_is_told_for_every_possible_grade(api: Api) -> None:
    patient = api.treated("ide-cel")
    body = advice(api, patient, "?scale=icans,crs")
    assert [each["scale"] for each in body["watched"]] == ["crs", "icans"]
    assert of(body, "icans")["grades"] == [0, 1, 2, 3, 4]
    wrong = api.get(f"/patients/{patient}/guidance?scale=crs,anemia")
    assert wrong.status == 422
    assert [each["pointer"] for each in wrong.body["errors"]] == ["/scale"]
    assert "names what no guidance speaks of" in wrong.body["errors"][0]["detail"]


def test_who_may_read_it_and_that_it_is_noted(api: Api, icans_3: str) -> None:
    for role in ("nurse", "physician", "pharmacist", "integration"):
        assert api.get(f"/patients/{icans_3}/guidance", by=role).status == 200
    for role in ("admin", "auditor"):
        assert api.get(f"/patients/{icans_3}/guidance", by=role).status == 403
    assert api.get("/patients/nobody/guidance").status == 404
    elsewhere = api.token("physician", units=["icu-2"])
    assert api.get(f"/patients/{icans_3}/guidance", by=elsewhere).status == 404
    noted = api.get(f"/audit?patient={icans_3}", by="auditor").body["items"]
    assert sum(each["action"] == "read.guidance" for each in noted) == 4


def test_the_documents_are_listed_with_what_is_not_verified(api: Api) -> None:
    items = {each["name"]: each for each in api.get("/guidance", by="auditor").body["items"]}
    assert items["nccn-2026-digest"]["not_verified"] > 0
    assert items["asco-2021"]["body"] == "ASCO"
    for name, each in items.items():
        shown = api.get(f"/protocols/{name}?kind=guidance", by="auditor")
        assert shown.status == 200
        assert len(shown.body.get("line", [])) == each["lines"]
        assert shown.body["citations"]["not_verified"] == each["not_verified"]
