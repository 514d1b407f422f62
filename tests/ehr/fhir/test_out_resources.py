"""What is told: facts, grades, doses, alarms, scores, episodes, in the forms of R4."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ehr.fhir.told import Hospital, Rich

KIND, SCALE, WORD = "urn:toxmon:kind", "urn:toxmon:scale", "urn:toxmon:word"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

pytestmark = pytest.mark.conforms("fhir-valid", by="fhir.resources")


def codes(concept: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["system"], each["code"]) for each in concept["coding"]]


def of(told: Rich, name: str) -> dict[str, Any]:
    return told.hospital.one(f"/Observation/{told.ids[name]}")


def parts(observation: dict[str, Any], name: str) -> list[Any]:
    """The texts of the components of a grade that are its because, missing, ..."""
    return [
        each.get("valueString", each.get("valueInteger"))
        for each in observation.get("component", ())
        if each["code"]["coding"][0]["code"] == name
    ]


def test_a_number_has_loinc_before_our_code_and_its_exact_value_in_ucum(told: Rich) -> None:
    weight = of(told, "weight")
    assert codes(weight["code"]) == [(LOINC, "29463-7"), (KIND, "weight")]
    assert weight["valueQuantity"] == {"value": 70, "unit": "kg", "system": UCUM, "code": "kg"}
    assert weight["subject"] == {"reference": f"Patient/{told.patient}"}
    assert weight["effectiveDateTime"] == "2026-03-01T06:30:00Z"
    assert (weight["status"], weight["meta"]["versionId"]) == ("final", "1")
    assert codes(weight["category"][0])[0][1] == "vital-signs"
    assert weight["performer"] == [{"display": "nurse of the test"}]


def test_an_interval_with_one_end_is_told_by_its_comparator(told: Rich) -> None:
    crp, ferritin = of(told, "crp")["valueQuantity"], of(told, "ferritin")["valueQuantity"]
    assert (crp["comparator"], crp["value"]) == ("<", 5)
    assert (ferritin["comparator"], ferritin["value"]) == (">", 100000)


def test_a_word_and_a_list_are_told_by_codes_of_ours(told: Rich) -> None:
    device = of(told, "oxygen_device")["valueCodeableConcept"]
    assert codes(device) == [(WORD, "oxygen_device.nasal_cannula")]
    running = of(told, "vasopressors")["component"]
    said = {each["code"]["coding"][0]["code"]: each["valueBoolean"] for each in running}
    assert said.pop("vasopressors.norepinephrine") is True
    assert set(said.values()) == {False}


def test_none_of_a_list_is_a_statement_too(told: Rich) -> None:
    path = f"/Observation?patient={told.patient}&code=vasopressors&_sort=-date&_count=1"
    (newest,) = told.hospital.found(path)
    assert {each["valueBoolean"] for each in newest["component"]} == {False}


def test_the_laboratorys_own_range_comes_with_its_result(told: Rich) -> None:
    ldh = told.hospital.one(f"/Observation?patient={told.patient}&code={LOINC}|2532-0")
    (own,) = ldh["referenceRange"]
    assert (own["low"]["value"], own["high"]["value"], own["low"]["code"]) == (120, 250, "U/L")
    assert b'"value":300.5,' in told.hospital.get(f"/Observation/{ldh['id']}").raw


def test_a_correction_is_a_version_of_the_same_observation(told: Rich) -> None:
    hospital, id_ = told.hospital, told.ids["fever"]
    newest = of(told, "fever")
    assert (newest["id"], newest["meta"]["versionId"], newest["status"]) == (id_, "2", "corrected")
    assert newest["valueQuantity"]["value"] == 39.1
    first = hospital.one(f"/Observation/{id_}/_history/1")
    assert (first["valueQuantity"]["value"], first["status"]) == (38.6, "final")
    assert hospital.one(f"/Observation/{id_}/_history/2") == newest
    hospital.refused(f"/Observation/{id_}/_history/3", 404)
    hospital.refused(f"/Observation/{told.ids['corrected']}", 404)
    bundle = hospital.get(f"/Observation/{id_}/_history").body
    assert [each["resource"] for each in bundle["entry"]] == [newest, first]
    assert [each["request"]["method"] for each in bundle["entry"]] == ["PUT", "POST"]


@pytest.mark.hazard("H51")
def test_what_was_taken_back_is_read_by_id_and_by_nobody_who_does_not_ask(told: Rich) -> None:
    hospital, id_ = told.hospital, told.ids["taken_back"]
    wrong = of(told, "taken_back")
    assert (wrong["status"], wrong["meta"]["versionId"]) == ("entered-in-error", "2")
    assert "valueQuantity" not in wrong
    path = f"/Observation?patient={told.patient}&code=body_temperature"
    assert [each["id"] for each in hospital.found(path)] == [told.ids["fever"]]
    asked = hospital.found(f"{path}&status=entered-in-error")
    assert [each["id"] for each in asked] == [id_]
    kept = hospital.found(f"{path}&_lastUpdated=ge2026-03-01")
    assert {each["id"] for each in kept} == {id_, told.ids["fever"]}
    assert hospital.one(f"/Observation?_id={id_}") == wrong


def test_a_value_in_quarantine_is_preliminary_and_says_why(told: Rich) -> None:
    doubted = of(told, "doubted")
    assert doubted["status"] == "preliminary"
    assert "Waits to be confirmed" in doubted["note"][0]["text"]
    confirmed = of(told, "confirmed")
    assert (confirmed["status"], confirmed["meta"]["versionId"]) == ("final", "2")


def test_a_certain_grade_is_an_integer_with_what_it_rests_on(told: Rich) -> None:
    path = f"/Observation?patient={told.patient}&code={SCALE}|astct-crs-grade"
    first, second = told.hospital.found(path)
    assert (first["valueInteger"], first["status"]) == (3, "final")
    assert second["valueInteger"] == 2
    assert first["method"] == {"text": "astct-2019"}
    assert [codes(each)[0][1] for each in first["category"]] == ["survey", "toxicity-grade"]
    rests = {each["reference"] for each in first["derivedFrom"]}
    assert f"Observation/{told.ids['vasopressors']}" in rests
    assert parts(first, "because")


def test_a_grade_rests_on_the_observation_whatever_version_it_saw(told: Rich) -> None:
    path = f"/Observation?patient={told.patient}&code=astct-crs-grade"
    rests = [rest for each in told.hospital.found(path) for rest in each["derivedFrom"]]
    assert {"reference": f"Observation/{told.ids['fever']}"} in rests
    assert told.ids["corrected"] not in str(rests)


def test_a_grade_that_is_not_certain_is_the_interval_that_it_lies_in(told: Rich) -> None:
    path = f"/Observation?patient={told.patient}&code=astct-icans-grade&date=ge2026-03-01T07:10:00Z"
    icans = told.hospital.found(path)[0]
    ends = icans["valueRange"]
    assert (ends["low"]["value"], ends["high"]["value"], ends["low"]["code"]) == (2, 4, "{score}")
    assert icans["status"] == "preliminary"
    assert "consciousness" in parts(icans, "missing")


def test_what_cannot_be_graded_is_absent_and_never_0(told: Rich) -> None:
    path = f"/Observation?patient={told.patient}&code=astct-icans-grade&date=2026-03-01T07:00:00Z"
    icans = told.hospital.one(path)
    assert icans["dataAbsentReason"]["coding"][0]["code"] == "unknown"
    assert not {"valueInteger", "valueRange", "valueQuantity"} & set(icans)
    assert parts(icans, "at-most") == [4]


def test_a_grade_that_was_withdrawn_was_entered_in_error(hospital: Hospital) -> None:
    patient = hospital.api.treated()
    facts = hospital.charted(patient, "2026-03-01T07:00:00Z", body_temperature=(39, "Cel"))
    path = f"/Observation?patient={patient}&code=astct-crs-grade"
    fever = hospital.one(path)
    assert fever["derivedFrom"] == [{"reference": f"Observation/{facts['body_temperature']}"}]
    hospital.retract(facts["body_temperature"])
    assert hospital.found(path) == []
    gone = hospital.one(f"/Observation/{fever['id']}")
    assert (gone["status"], gone["meta"]["versionId"]) == ("entered-in-error", "2")
    assert "valueInteger" not in gone
    assert hospital.one(f"/Observation/{fever['id']}/_history/1") == fever


def test_a_grade_that_was_told_anew_is_corrected(hospital: Hospital) -> None:
    patient = hospital.api.treated()
    facts = hospital.charted(
        patient, "2026-03-01T07:00:00Z", body_temperature=(39, "Cel"), systolic_bp=(80, "mm[Hg]"),
        vasopressors=["norepinephrine"],
    )  # fmt: skip
    path = f"/Observation?patient={patient}&code=astct-crs-grade"
    first = hospital.one(path)
    hospital.correct(facts["vasopressors"], ["norepinephrine", "vasopressin", "epinephrine"])
    second = hospital.one(path)
    assert (first["id"], second["meta"]["versionId"]) == (second["id"], "2")
    assert second["status"] == "corrected"
    assert hospital.one(f"/Observation/{first['id']}/_history/1")["status"] == first["status"]


def test_what_a_scale_answers_now_is_found_by_its_category_alone(told: Rich) -> None:
    hospital = told.hospital
    path = f"/Observation?patient={told.patient}&category=current-grade"
    now = {each["id"].partition(".")[2]: each for each in hospital.found(path)}
    assert now["crs"]["valueInteger"] == 2
    assert now["crs"]["effectiveDateTime"] == "2026-03-01T10:00:00Z"
    assert "versionId" not in now["crs"]["meta"]
    assert {"easix", "crs-penn", "hscore"} <= set(now)
    assert hospital.one(f"/Observation/{now['crs']['id']}") == now["crs"]
    told_of = hospital.found(f"/Observation?patient={told.patient}&_count=500")
    assert not [each for each in told_of if "." in each["id"]]


def test_doses_have_the_ingredients_code_and_what_was_given(told: Rich) -> None:
    hospital = told.hospital
    dose = hospital.one(f"/MedicationAdministration/{told.ids['dose']}")
    rxnorm = ("http://www.nlm.nih.gov/research/umls/rxnorm", "612865")
    assert codes(dose["medicationCodeableConcept"])[0] == rxnorm
    assert dose["medicationCodeableConcept"]["text"] == "Actemra"
    assert (dose["dosage"]["dose"]["value"], dose["dosage"]["dose"]["code"]) == (560, "mg")
    assert dose["status"] == "completed"
    stopped = hospital.one(f"/MedicationAdministration/{told.ids['beyond']}")
    assert (stopped["status"], stopped["dosage"]["dose"]["value"]) == ("stopped", 900.5)
    path = f"/MedicationAdministration?patient={told.patient}"
    every = hospital.found(path)
    assert [each["effectivePeriod"] for each in every if "effectivePeriod" in each] == [
        {"end": "2026-03-01T07:55:00Z"}
    ]
    infusion = every[0]
    assert codes(infusion["medicationCodeableConcept"]) == [("urn:toxmon:product", "ide-cel")]
    assert [each["id"] for each in hospital.found(f"{path}&status=stopped")] == [stopped["id"]]


def test_a_dose_that_is_not_permitted_and_one_beyond_a_limit_are_issues(told: Rich) -> None:
    hospital = told.hospital
    issues = hospital.found(f"/DetectedIssue?patient={told.patient}")
    (now,) = (each for each in issues if each["id"] == f"{told.patient}.tocilizumab")
    assert {"interval"} <= {code for _, code in codes(now["code"])}
    assert now["severity"] in ("moderate", "high")
    assert {"reference": f"MedicationAdministration/{told.ids['dose']}"} in now["implicated"]
    assert now["identifiedDateTime"] == "2026-03-01T10:00:00Z"
    beyond = [each for each in issues if "beyond a limit" in each["code"]["text"]]
    assert beyond
    implicated = [each["reference"] for each in beyond[0]["implicated"]]
    assert f"MedicationAdministration/{told.ids['beyond']}" in implicated
    for each in issues:
        assert hospital.one(f"/DetectedIssue/{each['id']}") == each


def test_an_alarm_is_a_flag_that_is_active_while_it_is_open(told: Rich) -> None:
    flags = told.hospital.found(f"/Flag?patient={told.patient}&status=active")
    crs = next(each for each in flags if each["code"]["coding"][0]["code"] == "crs")
    assert crs["status"] == "active"
    assert crs["period"]["start"] == "2026-03-01T07:00:00Z"
    assert crs["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] == "PH"
    assert told.hospital.one(f"/Flag/{crs['id']}") == crs
    every = told.hospital.found(f"/Flag?patient={told.patient}")
    assert {each["status"] for each in every} <= {"active", "inactive"}


def test_an_episode_is_an_adverse_event_that_its_grades_point_to(told: Rich) -> None:
    hospital = told.hospital
    events = hospital.found(f"/AdverseEvent?patient={told.patient}")
    crs = next(each for each in events if each["id"].endswith(".crs.1"))
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    assert codes(crs["event"])[:2] == [(icd, "D89.833"), ("urn:toxmon:grade", "crs-3")]
    assert (crs["date"], crs["actuality"]) == ("2026-03-01T07:00:00Z", "actual")
    assert crs["seriousness"]["coding"][0]["code"] == "serious"
    assert "severity" not in crs
    treatment = crs["suspectEntity"][0]["instance"]["reference"]
    assert hospital.one(f"/{treatment}")["resourceType"] == "MedicationAdministration"
    grades = hospital.found(f"/Observation?patient={told.patient}&code=astct-crs-grade")
    assert {each["focus"][0]["reference"] for each in grades} == {f"AdverseEvent/{crs['id']}"}
    assert hospital.found(f"/AdverseEvent?patient={told.patient}&event={icd}|D89.833") == [crs]
    assert hospital.one(f"/AdverseEvent/{crs['id']}") == crs
    icans = next(each for each in events if each["id"].endswith(".icans.1"))
    assert codes(icans["event"])[0] == (icd, "G92.02")
    assert "seriousness" not in icans


def test_episodes_before_the_last_one_are_found(hospital: Hospital) -> None:
    patient = hospital.api.treated()
    hospital.charted(patient, "2026-03-01T07:00:00Z", body_temperature=(39, "Cel"))
    for hour in range(8, 8 + 52, 4):
        at = f"2026-03-0{1 + hour // 24}T{hour % 24:02}:00:00Z"
        hospital.clock.forward(hours=4)
        hospital.charted(
            patient, at, oxygen_device="room_air", vasopressors=[], oxygen_saturation=(97, "%"),
            body_temperature=(36.8, "Cel"), systolic_bp=(120, "mm[Hg]"),
        )  # fmt: skip
    hospital.clock.forward(days=5)
    hospital.charted(patient, "2026-03-08T11:00:00Z", body_temperature=(39.4, "Cel"))
    first, second = hospital.found(f"/AdverseEvent?patient={patient}")
    assert (first["date"], second["date"]) == ("2026-03-01T07:00:00Z", "2026-03-08T11:00:00Z")
    outcomes = [each["outcome"]["coding"][0]["code"] for each in (first, second)]
    assert outcomes == ["resolved", "ongoing"]


def test_scores_of_risk_are_told_with_what_they_rest_on(told: Rich) -> None:
    scores = told.hospital.found(f"/RiskAssessment?patient={told.patient}")
    by_code = {each["method"]["coding"][0]["code"]: each for each in scores}
    hematotox = by_code["car-hematotox-score"]
    assert hematotox["status"] == "preliminary"
    assert len(hematotox["basis"]) >= 2
    assert "qualitativeRisk" not in hematotox["prediction"][0]
    assert "not known" in hematotox["prediction"][0]["rationale"]
    for each in scores:
        assert told.hospital.one(f"/RiskAssessment/{each['id']}") == each


def test_a_risk_that_is_decided_has_its_class(hospital: Hospital) -> None:
    patient = hospital.api.treated()
    hospital.charted(
        patient, "2026-02-23T08:00:00Z", platelets=(60, "10*9/L"), anc=(900, "/uL"),
        hemoglobin=(8, "g/dL"), crp=(40, "mg/L"), ferritin=(3000, "ng/mL"),
    )  # fmt: skip
    score = hospital.one(f"/RiskAssessment?patient={patient}&method=car-hematotox-score")
    assert score["status"] == "final"
    risk = score["prediction"][0]["qualitativeRisk"]
    assert risk["coding"][0]["code"] == "high"


def test_who_charted_and_who_corrected_is_provenance(told: Rich) -> None:
    hospital, id_ = told.hospital, told.ids["fever"]
    first, second = hospital.found(f"/Provenance?target=Observation/{id_}")
    assert first["target"] == [{"reference": f"Observation/{id_}/_history/1"}]
    assert second["target"] == [{"reference": f"Observation/{id_}/_history/2"}]
    assert second["entity"][0]["what"] == first["target"][0]
    assert second["reason"] == [{"text": "read off again"}]
    assert second["activity"]["coding"][0]["code"] == "UPDATE"
    assert hospital.one(f"/Provenance/{told.ids['corrected']}") == second
    retracted = hospital.found(f"/Provenance?target=Observation/{told.ids['taken_back']}")
    assert retracted[1]["activity"]["coding"][0]["code"] == "DELETE"
    assert retracted[1]["agent"][0]["who"] == {"display": "nurse of the test"}


def test_a_death_is_a_version_of_the_patient(hospital: Hospital) -> None:
    patient = hospital.api.treated()
    first = hospital.one(f"/Patient/{patient}")
    assert (first["meta"]["versionId"], first["birthDate"]) == ("1", "1961-05-02")
    assert first["identifier"][0]["system"] == "urn:mrn"
    body = {"died_at": "2026-03-01T07:30:00Z", "cause": "other"}
    reply = hospital.api.post(f"/patients/{patient}/deaths", body, by="physician")
    died = hospital.one(f"/Patient/{patient}")
    assert (died["meta"]["versionId"], died["deceasedDateTime"]) == ("3", "2026-03-01T07:30:00Z")
    hospital.charted(patient, "2026-03-01T07:00:00Z", weight=(70, "kg"))
    assert hospital.one(f"/Patient/{patient}") == died
    hospital.retract(reply.body["observations"][0]["id"])
    alive = hospital.one(f"/Patient/{patient}")
    assert alive["meta"]["versionId"] == "5"
    assert "deceasedDateTime" not in alive
    versions = hospital.get(f"/Patient/{patient}/_history").body["entry"]
    assert [each["resource"] for each in versions] == [alive, died, first]
    assert [each["request"]["method"] for each in versions] == ["PUT", "PUT", "POST"]
    stood = {number: hospital.get(f"/Patient/{patient}/_history/{number}") for number in range(7)}
    assert [stood[number].body for number in (1, 2, 3, 4, 5)] == [first, first, died, died, alive]
    assert (stood[0].status, stood[6].status) == (404, 404)
    hospital.refused(f"/Patient/{patient}/_history/{'9' * 20}", 404)


def test_a_dose_that_was_corrected_has_versions(hospital: Hospital) -> None:
    patient = hospital.api.treated()
    amount = {"value": 560, "unit": "mg"}
    given = {"medication": "tocilizumab", "given_at": "2026-03-01T07:00:00Z", "dose": amount}
    dose = hospital.give(patient, **given)
    body = {"dose": {"value": 480, "unit": "mg"}, "reason": "the other bag"}
    reply = hospital.api.post(f"/administrations/{dose}/corrections", body)
    path = f"/MedicationAdministration/{dose}"
    newest = hospital.one(path)
    assert (newest["meta"]["versionId"], newest["dosage"]["dose"]["value"]) == ("2", 480)
    assert hospital.one(f"{path}/_history/1")["dosage"]["dose"]["value"] == 560
    assert len(hospital.get(f"{path}/_history").body["entry"]) == 2
    provenance = hospital.found(f"/Provenance?target=MedicationAdministration/{dose}")
    targets = [each["target"][0]["reference"] for each in provenance]
    assert targets == [f"MedicationAdministration/{dose}/_history/{n}" for n in (1, 2)]
    hospital.retract(reply.body["observations"][0]["id"])
    assert hospital.one(path)["status"] == "entered-in-error"
    found = hospital.found(f"/MedicationAdministration?patient={patient}")
    assert dose not in [each["id"] for each in found]


def test_the_audit_chain_is_told_to_auditors(hospital: Hospital) -> None:
    patient = hospital.api.patient()
    hospital.one(f"/Patient/{patient}")
    events = hospital.found(f"/AuditEvent?patient={patient}", by="auditor")
    assert [each["action"] for each in events] == ["C", "R"]
    assert events[1]["subtype"][0]["code"] == "read.fhir.patient"
    assert events[1]["agent"][0]["who"] == {"display": "integration of the test"}
    assert hospital.one(f"/AuditEvent/{events[0]['id']}", by="admin") == events[0]
    first, *_ = hospital.pages("/AuditEvent?_count=2", by="auditor")
    assert len(first) == 2
    hospital.refused("/AuditEvent", 403)
    hospital.refused("/AuditEvent/1", 403)
    hospital.refused("/Patient", 403, by="auditor")


def test_our_codes_are_told_whole(told: Rich) -> None:
    hospital = told.hospital
    systems = {each["url"]: each for each in hospital.found("/CodeSystem", by="auditor")}
    kinds = {each["code"] for each in systems[KIND]["concept"]}
    assert "body_temperature" in kinds
    sent = hospital.found(f"/Observation?patient={told.patient}&_count=500")
    for observation in sent:
        for coding in observation["code"]["coding"]:
            if coding["system"] in systems:
                known = {each["code"] for each in systems[coding["system"]]["concept"]}
                assert coding["code"] in known
    found = hospital.one("/ConceptMap/grade-icd-10-cm")
    elements = {each["code"]: each["target"][0]["code"] for each in found["group"][0]["element"]}
    assert (elements["crs-1"], elements["crs-5"]) == ("D89.831", "D89.835")
    assert (elements["icans-1"], elements["icans-5"]) == ("G92.01", "G92.05")
    assert hospital.one(f"/CodeSystem?url={KIND}")["id"] == "kind"
    assert len(hospital.found("/ValueSet")) == 2
