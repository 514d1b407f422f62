"""Drafts of tocilizumab: silence within the limits, one card beyond, in the words of the API."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from tests.ehr.conftest import RXNORM, SELECT, SIGN, Ehr, medication_request

NOON = "2026-03-01T12:00:00Z"


def shown(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A page of a search."""
    entries = [{"resource": each} for each in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries, **more}


def administration(at: str | None, mg: int = 560, **more: Any) -> dict[str, Any]:
    concept = {"coding": [{"system": RXNORM, "code": "612865", "display": "tocilizumab"}]}
    timed = {} if at is None else {"effectiveDateTime": at}
    return {
        "resourceType": "MedicationAdministration", "status": "completed",
        "medicationCodeableConcept": concept, **timed,
        "dosage": {"dose": {"value": mg, "unit": "mg", "code": "mg"}}, **more,
    }  # fmt: skip


def weight(kg: Any, at: str, code: str = "kg") -> dict[str, Any]:
    return {
        "resourceType": "Observation", "status": "final", "effectiveDateTime": at,
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "valueQuantity": {"value": kg, "unit": code, "code": code},
    }  # fmt: skip


# Within the limits.


def test_a_dose_within_the_limits_is_answered_with_silence(ehr: Ehr) -> None:
    patient = ehr.patient()
    assert ehr.cards(SIGN, patient, medication_request(560)) == []


def test_another_drug_and_another_order_are_answered_with_silence(ehr: Ehr) -> None:
    patient = ehr.patient()
    amoxicillin = medication_request(5, "mL", "617993", "Amoxicillin 120 MG/ML Oral Suspension")
    diet = {"resourceType": "NutritionOrder", "id": "pureed", "status": "draft"}
    sarilumab = medication_request(200, code="1923319", name="sarilumab 200 MG [Kevzara]")
    assert ehr.cards(SIGN, patient, amoxicillin, diet, sarilumab) == []


def test_no_draft_at_all_is_answered_with_silence(ehr: Ehr) -> None:
    assert ehr.cards(SIGN, ehr.patient()) == []


# Beyond a limit.


def test_a_dose_too_early_gets_one_critical_card_in_the_words_of_the_api(ehr: Ehr) -> None:
    patient = ehr.patient()
    ehr.give(patient, "2026-03-01T07:30:00Z")
    card = ehr.card(SIGN, patient, medication_request(560))
    path = f"/patients/{patient}/dosing/tocilizumab/check"
    said = ehr.api.post(
        path, {"dose": {"value": 560, "unit": "mg"}, "at": "2026-03-01T08:00:00Z"}, by="pharmacist"
    ).body
    assert said["next_allowed_at"] == "2026-03-01T15:30:00Z"
    assert card["indicator"] == "critical"
    assert card["detail"].startswith(said["says"])
    assert "Earliest by time: 01-Mar-2026 16:30 CET" in card["summary"]
    assert f"({said['next_allowed_at']})" in card["detail"]
    assert said["reasons"][0]["source"] in card["detail"]
    assert card["suggestions"][0]["actions"][0] == {
        "type": "delete",
        "description": "Take back this draft of Tocilizumab",
        "resourceId": "MedicationRequest/draft-1",
    }
    assert {each["code"] for each in card["overrideReasons"]} >= {"attending-aware", "record-wrong"}


@pytest.mark.parametrize(("seconds", "cards"), [(8 * 3600 - 1, 1), (8 * 3600, 0)])
def test_the_interval_holds_to_the_second(ehr: Ehr, seconds: int, cards: int) -> None:
    patient = ehr.patient()
    ehr.give(patient, "2026-03-01T08:00:00Z")
    ehr.clock.now += timedelta(seconds=seconds)
    assert len(ehr.cards(SIGN, patient, medication_request(560))) == cards


def test_a_draft_for_later_is_judged_as_of_then(ehr: Ehr) -> None:
    patient = ehr.patient()
    ehr.give(patient, "2026-03-01T07:30:00Z")
    draft = medication_request(560)
    draft["dosageInstruction"][0]["timing"] = {"event": ["2026-03-01T16:30:00+01:00"]}
    assert ehr.cards(SIGN, patient, draft) == []
    draft["dosageInstruction"][0]["timing"] = {"event": ["2026-03-01T16:29:59+01:00"]}
    assert "16:29:59" in ehr.card(SIGN, patient, draft)["summary"]


def test_a_draft_that_was_written_long_ago_is_judged_as_of_now(ehr: Ehr) -> None:
    patient = ehr.patient()
    ehr.give(patient, "2026-03-01T07:30:00Z")
    draft = medication_request(560, authoredOn="2016-06-10T11:01:10-08:00")
    assert ehr.card(SIGN, patient, draft)["indicator"] == "critical"


@pytest.mark.parametrize(("mg", "code"), [(800, None), (801, "dose_above_cap")])
def test_the_cap_holds_to_the_milligram(ehr: Ehr, mg: int, code: str | None) -> None:
    patient = ehr.patient(100)
    cards = ehr.cards(SIGN, patient, medication_request(mg))
    assert [card["indicator"] for card in cards] == (["critical"] if code else [])


def test_a_dose_above_the_weight_is_critical_and_names_no_other_dose(ehr: Ehr) -> None:
    card = ehr.card(SIGN, ehr.patient(70), medication_request(600))
    assert card["indicator"] == "critical"
    actions = [each for one in card["suggestions"] for each in one["actions"]]
    assert [each["type"] for each in actions] == ["delete"]


def test_two_drafts_are_two_checks_and_say_that_they_are_two(ehr: Ehr) -> None:
    drafts = [medication_request(560, id=name) for name in ("a", "b")]
    cards = ehr.cards(SIGN, ehr.patient(), *drafts)
    assert [card["indicator"] for card in cards] == ["warning", "warning"]
    assert all("2 drafts of it" in card["detail"] for card in cards)


# Missing and unknown.


def test_a_missing_weight_is_a_card_and_no_error(ehr: Ehr) -> None:
    card = ehr.card(SIGN, ehr.patient(None), medication_request(560))
    assert card["indicator"] == "warning"
    assert "No weight is on record" in card["summary"]
    assert "overrideReasons" not in card


def test_a_patient_who_is_not_known_gets_a_card_that_nothing_was_checked(ehr: Ehr) -> None:
    card = ehr.card(SIGN, "nobody", medication_request(560))
    assert (card["indicator"], card["source"]["topic"]["code"]) == ("info", "not-checked")
    assert "uuid" not in card  # There is no record to keep it in, so no feedback is asked for.
    assert ehr.cards(SIGN, "nobody", medication_request(5, "mL", "617993", "amoxicillin")) == []


def test_a_draft_without_a_dose_gets_advice_without_arithmetic(ehr: Ehr) -> None:
    patient = ehr.patient()
    card = ehr.card(SELECT, patient, medication_request(None))
    assert card["indicator"] == "info"
    assert "3 in 24 h, 4 in this treatment left" in card["summary"]
    assert " mg" not in card["detail"]
    ehr.give(patient, "2026-03-01T07:30:00Z")
    card = ehr.card(SELECT, patient, medication_request(None))
    assert card["indicator"] == "critical"
    assert " mg" not in card["detail"] + card["summary"]


def test_before_it_is_signed_a_draft_without_a_dose_is_said_not_to_be_checked(ehr: Ehr) -> None:
    card = ehr.card(SIGN, ehr.patient(), medication_request(None))
    assert card["indicator"] == "warning"
    assert "no dose in mg" in card["detail"]


def test_only_what_was_just_chosen_is_looked_at_while_ordering(ehr: Ehr) -> None:
    draft = medication_request(900)
    assert ehr.cards(SELECT, ehr.patient(), draft, context={"selections": ["Other/1"]}) == []
    assert len(ehr.cards(SELECT, ehr.patient(), draft)) == 1


# Amounts, names and times as ordering systems send them.


def rated(**dose: Any) -> dict[str, Any]:
    draft = medication_request(None)
    draft["dosageInstruction"] = [{"doseAndRate": [dose]}]
    return draft


def quantity(value: Any, code: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": code, "code": code, **more}


@pytest.mark.parametrize(
    ("dose", "words"),
    [
        ({"doseQuantity": quantity(0.56, "g")}, None),
        ({"doseQuantity": quantity(560000, "ug")}, None),
        ({"doseQuantity": {"value": 560, "unit": "mg"}}, None),
        ({"doseQuantity": {"value": 560, "unit": "MG"}}, None),
        ({"doseRange": {"low": quantity(480, "mg"), "high": quantity(560, "mg")}}, "highest"),
        ({"doseQuantity": quantity(8, "mg/kg")}, "for each kg"),
        ({"doseQuantity": quantity(28, "mL")}, "not in mg or g"),
        ({"doseQuantity": quantity(1, "{pill}")}, "not in mg or g"),
        ({"doseQuantity": {"value": 560}}, "no unit"),
        ({"doseQuantity": quantity(560, "mg", unit="mL")}, "no unit, or two"),
        ({"doseQuantity": quantity(560, "mg", comparator="<")}, "certain amount"),
        ({"doseQuantity": quantity(0, "mg")}, "certain amount"),
        ({"doseQuantity": quantity(-560, "mg")}, "certain amount"),
        ({"doseQuantity": quantity("560", "mg")}, "certain amount"),
        ({"doseQuantity": quantity(10**12, "mg")}, "certain amount"),
        ({"doseQuantity": quantity(1_000_001, "mg")}, "certain amount"),
    ],
)
def test_only_a_certain_amount_of_mass_is_taken(
    ehr: Ehr, dose: dict[str, Any], words: str | None
) -> None:
    cards = ehr.cards(SIGN, ehr.patient(), rated(**dose))
    if words is None:
        assert cards == []
    else:
        assert [card["indicator"] for card in cards] == ["warning"]
        assert words in cards[0]["detail"]


def test_of_a_range_the_upper_end_is_judged(ehr: Ehr) -> None:
    ends = {"low": quantity(480, "mg"), "high": quantity(600, "mg")}
    assert ehr.card(SIGN, ehr.patient(), rated(doseRange=ends))["indicator"] == "critical"


def test_a_dose_worked_out_in_mg_beside_one_for_each_kg_is_the_amount(ehr: Ehr) -> None:
    draft = medication_request(None)
    draft["dosageInstruction"] = [
        {
            "doseAndRate": [
                {"doseQuantity": quantity(8, "mg/kg")}, {"doseQuantity": quantity(560, "mg")},
            ]
        }
    ]  # fmt: skip
    patient = ehr.patient()
    assert ehr.cards(SIGN, patient, draft) == []
    draft["dosageInstruction"][0]["doseAndRate"][1]["doseQuantity"]["value"] = 600
    assert ehr.card(SIGN, patient, draft)["indicator"] == "critical"


def test_the_amount_stands_where_older_releases_have_it(ehr: Ehr) -> None:
    draft = medication_request(None)
    draft["dosageInstruction"] = [{"doseQuantity": quantity(801, "mg")}]
    assert ehr.card(SIGN, ehr.patient(100), draft)["indicator"] == "critical"
    draft["dosageInstruction"] = {"doseAndRate": {"doseQuantity": quantity(801, "mg")}}
    assert ehr.card(SIGN, ehr.patient(100), draft)["indicator"] == "critical"


CONTAINED = {
    "resourceType": "Medication", "id": "m",
    "code": {"coding": [{"system": RXNORM, "code": "1657981"}]},
}  # fmt: skip


def renamed(**more: Any) -> dict[str, Any]:
    draft = {**medication_request(801), **more}
    del draft["medicationCodeableConcept"]
    return draft


@pytest.mark.parametrize(
    "draft",
    [
        medication_request(801, code="1657981", name="a vial"),
        medication_request(801, code="2680287", name="Tofidence"),
        medication_request(801, code=None, name="Actemra 400 mg vial"),
        medication_request(801, code=None, name="TOCILIZUMAB-AAZG inj"),
        medication_request(801, code=None, name="tocilizumab-xxxx inj"),
        medication_request(801, resourceType="MedicationOrder"),
        renamed(medicationReference={"reference": "#m"}, contained=[CONTAINED]),
        renamed(medicationReference={"reference": "Medication/9", "display": "Tocilizumab vial"}),
    ],
    ids=range(8),
)  # fmt: skip
def test_the_drug_is_known_by_code_and_by_name(ehr: Ehr, draft: dict[str, Any]) -> None:
    assert ehr.card(SIGN, ehr.patient(100), draft)["indicator"] == "critical"


def test_a_medication_that_comes_beside_the_order_is_looked_at(ehr: Ehr) -> None:
    draft = renamed(medicationReference={"reference": "Medication/m"})
    beside = copy.deepcopy(CONTAINED)
    assert ehr.card(SIGN, ehr.patient(100), draft, beside)["indicator"] == "critical"


def test_a_medication_may_be_named_by_its_address_in_the_bundle(ehr: Ehr) -> None:
    address, patient = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0", ehr.patient(100)
    entries = [
        {"resource": renamed(medicationReference={"reference": address})},
        {"fullUrl": address, "resource": copy.deepcopy(CONTAINED)},
    ]
    bundle = {"resourceType": "Bundle", "entry": entries}
    card = ehr.card(SIGN, patient, context={"draftOrders": bundle})
    assert card["indicator"] == "critical"


@pytest.mark.parametrize(
    "more", [{"status": "cancelled"}, {"status": "completed"}, {"doNotPerform": True}]
)
def test_an_order_that_is_over_is_not_checked(ehr: Ehr, more: dict[str, Any]) -> None:
    assert ehr.cards(SIGN, ehr.patient(100), medication_request(801, **more)) == []


def test_a_product_under_the_skin_is_no_dose_for_crs(ehr: Ehr) -> None:
    draft = medication_request(162, code="1441527", name="tocilizumab 162 MG Prefilled Syringe")
    assert "by a route" in ehr.card(SIGN, ehr.patient(), draft)["detail"]
    draft = medication_request(162)
    draft["dosageInstruction"][0]["route"] = {"text": "Subcutaneous"}
    assert "by a route" in ehr.card(SIGN, ehr.patient(), draft)["detail"]


@pytest.mark.parametrize(
    ("repeat", "cards"),
    [
        ({"count": 1, "frequency": 1, "period": 8, "periodUnit": "h"}, 0),
        ({"frequency": 1, "period": 1, "periodUnit": "d"}, 0),
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, 1),
        ({"frequency": 3, "period": 1, "periodUnit": "d"}, 1),
        ({"count": 2}, 1),
    ],
)
def test_an_order_of_several_doses_says_that_one_was_checked(
    ehr: Ehr, repeat: dict[str, Any], cards: int
) -> None:
    draft = medication_request(560)
    draft["dosageInstruction"][0]["timing"] = {"repeat": repeat}
    found = ehr.cards(SIGN, ehr.patient(), draft)
    assert len(found) == cards
    assert all("only the first was checked" in card["detail"] for card in found)


def test_a_time_that_cannot_be_read_is_said(ehr: Ehr) -> None:
    draft = medication_request(560)
    draft["dosageInstruction"][0]["timing"] = {"event": ["tomorrow"]}
    assert "could not be read" in ehr.card(SIGN, ehr.patient(), draft)["detail"]


# What the ordering system shows.


def test_a_dose_that_only_the_ordering_system_has_is_told_and_not_counted(ehr: Ehr) -> None:
    patient = ehr.patient()
    fetched = {
        "patient": None,
        "weight": None,
        "given": shown(administration("2026-03-01T07:30:00Z")),
    }
    card = ehr.card(SIGN, patient, medication_request(560), prefetch=fetched)
    assert card["indicator"] == "warning"
    assert "560 mg of Tocilizumab given at 01-Mar-2026 08:30 CET" in card["detail"]
    said = ehr.api.get(f"/patients/{patient}/dosing/tocilizumab").body
    assert (said["allowed"], said["given"]) == (True, [])


def test_a_dose_that_toxmon_has_is_not_told_again(ehr: Ehr) -> None:
    patient = ehr.patient()
    ehr.give(patient, "2026-03-01T00:00:00Z")
    near = shown(administration("2026-03-01T00:30:00Z"))
    far = shown(administration("2026-03-01T00:30:01Z"))
    twice = shown(*[administration("2026-03-01T00:00:00Z")] * 2)
    draft = medication_request(560)
    assert ehr.cards(SIGN, patient, draft, prefetch={"given": near}) == []
    assert "Not in toxmon" in ehr.card(SIGN, patient, draft, prefetch={"given": far})["detail"]
    assert "Not in toxmon" in ehr.card(SIGN, patient, draft, prefetch={"given": twice})["detail"]


@pytest.mark.parametrize(
    "other",
    [
        administration("2026-03-01T07:30:00Z", status="entered-in-error"),
        administration("2026-03-01T07:30:00Z", status="not-done"),
        administration("2026-03-01T07:30:00Z", subject={"reference": "Patient/somebody-else"}),
        {"resourceType": "OperationOutcome", "issue": []},
        {"resourceType": "MedicationAdministration"},
    ],
    ids=range(5),
)
def test_what_was_not_given_to_this_patient_is_not_told(ehr: Ehr, other: dict[str, Any]) -> None:
    fetched = {"given": shown(other)}
    assert ehr.cards(SIGN, ehr.patient(), medication_request(560), prefetch=fetched) == []


def test_a_newer_weight_is_told_and_not_taken(ehr: Ehr) -> None:
    patient = ehr.patient(70)
    newer, older = weight(60, "2026-03-01T07:55:00Z"), weight(60, "2026-03-01T06:00:00Z")
    same = weight(70000, "2026-03-01T07:55:00Z", "g")
    draft = medication_request(560)
    card = ehr.card(SIGN, patient, draft, prefetch={"weight": shown(newer, older)})
    assert "a weight of 60 kg at 01-Mar-2026 08:55 CET; in toxmon it is 70 kg" in card["detail"]
    assert card["indicator"] == "warning"
    assert ehr.cards(SIGN, patient, draft, prefetch={"weight": shown(older)}) == []
    assert ehr.cards(SIGN, patient, draft, prefetch={"weight": shown(same)}) == []


def test_what_could_not_be_compared_is_said_on_a_card_that_is_told_anyway(ehr: Ehr) -> None:
    patient, draft = ehr.patient(100), medication_request(801)
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    page = shown(link=[{"relation": "next", "url": "https://ehr.example.org/2"}])
    for fetched, words in (
        ({}, "was not sent"),
        ({"given": failed}, "was not sent"),
        ({"given": page}, "Only one page"),
    ):
        assert words in ehr.card(SIGN, patient, draft, prefetch=fetched)["detail"]
    assert "was not sent" not in ehr.card(SIGN, patient, draft, prefetch={"given": None})["detail"]
