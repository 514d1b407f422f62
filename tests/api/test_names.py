"""Names by which something is found again: what looks alike must not be two patients.

Hazard: " A1" from one system and "A1" from another open two records for one patient, and each
grades half of what was charted.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import Ward, kept
from tests.conftest import Api
from tests.every import every

AT = "2026-03-01T07:00:00Z"
VIALS = {"unit": "bmt-1", "medication": "tocilizumab", "counted_at": AT,
         "counts": [{"strength": 80, "vials": 4}]}  # fmt: skip
ITEM = {"system": "urn:mrn", "value": "NEW"}

# what is sent, a part of what the fault says
UNSEEN = (
    (" A1", "begins or ends with a blank"),
    ("A1 ", "begins or ends with a blank"),
    ("A1\n", "line break"),
    ("\tA1", "begins or ends with a blank"),
    ("\u00a0A1", "begins or ends with a blank"),
    ("A1\u2028", "line break"),
    ("A\n1", "U+000A"),
    ("A\r\n1", "U+000D"),
    ("A\t1", "U+0009"),
    ("A\x7f1", "U+007F"),
    ("A\x851", "U+0085"),
    ("A\u20281", "U+2028"),
    ("A\u200b1", "U+200B"),
    ("A1\u200b", "U+200B"),
    ("A\u202e1", "U+202E"),
    ("\ufeffA1", "U+FEFF"),
)
# Joined letters, and letters that only a hospital's own font has, are in names of people.
NOT_IN_NUMBERS = (("A\u00a01", "U+00A0"), ("A\u200d1", "U+200D"), ("A\ue0001", "U+E000"))

# the field, the place of its fault, the body around it
FIELDS = {
    "system": ("/identifiers/0/system", lambda text: patient({**ITEM, "system": text})),
    "value": ("/identifiers/0/value", lambda text: patient({**ITEM, "value": text})),
    "unit": ("/unit", lambda text: {**patient(ITEM), "unit": text}),
    "name": ("/name", lambda text: {**patient(ITEM), "name": text}),
    "medication": ("/medication", lambda text: {"medication": text, "given_at": AT}),
    "corrected medication": ("/medication", lambda text: {"medication": text, "reason": "x"}),
    "permission": ("/permission",
                   lambda text: {"medication": "tocilizumab", "given_at": AT, "permission": text}),
    "drug elsewhere": ("/medication",
                       lambda text: {"medication": text, "answer": "none", "reason": "asked"}),
    "dose": ("/doses/0", lambda text: {"doses": [text, "x"], "reason": "two bags"}),
    "unit of vials": ("/unit", lambda text: {**VIALS, "unit": text}),
    "drug of vials": ("/medication", lambda text: {**VIALS, "medication": text}),
    "cause": ("/cause",
              lambda text: {"sign": "fever", "cause": text, "from": AT, "reason": "the film"}),
}  # fmt: skip


def patient(*identifiers: dict[str, str]) -> dict[str, Any]:
    return {"identifiers": list(identifiers), "unit": "bmt-1"}


def path_of(ward: Ward, field: str) -> str:
    if field.endswith("of vials"):
        return "/stock"
    if field == "corrected medication":
        return f"/administrations/{ward.dose}/corrections"
    route = {
        "medication": "administrations", "permission": "administrations",
        "drug elsewhere": "doses/elsewhere", "dose": "doses/distinct", "cause": "attributions",
    }.get(field)  # fmt: skip
    return f"/patients/{ward.patient}/{route}" if route else "/patients"


CASES = [(field, *each) for field in FIELDS for each in UNSEEN] + [
    (field, *each) for field in FIELDS if field != "name" for each in NOT_IN_NUMBERS
]


@every(("field", "text", "words"), CASES, ids=ascii)
def test_what_nobody_can_see_is_refused_by_its_field(
    ward: Ward, field: str, text: str, words: str
) -> None:
    place, body = FIELDS[field]
    before = kept(ward.api.service)
    role = "pharmacist" if field.endswith("of vials") else "physician"
    reply = ward.api.post(path_of(ward, field), body(text), by=role)
    ward.refused(reply, 422, place)
    assert words in reply.body["errors"][0]["detail"]
    assert "send it without" in reply.body["errors"][0]["detail"]
    assert kept(ward.api.service) == before


@pytest.mark.parametrize("part", ["system", "value"])
@every(("text", "words"), UNSEEN, ids=ascii)
def test_a_question_for_a_number_is_as_strict(ward: Ward, part: str, text: str, words: str) -> None:
    system, value = (text, "WARD-1") if part == "system" else ("urn:mrn", text)
    reply = ward.api.get(f"/patients?identifier={quote(system)}|{quote(value)}")
    ward.refused(reply, 422, "/identifier")
    assert reply.body["errors"][0]["detail"].startswith(f"the {part} ")
    assert words in reply.body["errors"][0]["detail"]
    line = {"identifier": {"system": system, "value": value}, "effective_at": AT,
            "kind": "seizure", "value": "none"}  # fmt: skip
    (told,) = ward.api.post("/observations/batch", [line]).body
    assert told["status"] == 422
    assert [each["pointer"] for each in told["errors"]] == [f"/identifier/{part}"]
    assert words in told["errors"][0]["detail"]


def test_names_of_people_and_places_are_kept_as_they_are_sent(api: Api) -> None:
    number = {"system": "http://hospital.example/mrn", "value": "Ä 2/7-Ø"}
    name = "علی\u200cرضا O’Neill van\u00a0Dyk \ue000"
    found = api.post("/patients", {"identifiers": [number], "unit": "Station 3 B", "name": name})
    assert found.status == 201, found.body
    assert (found.body["name"], found.body["unit"]) == (name, "Station 3 B")
    assert found.body["identifiers"] == [number]
    query = quote("http://hospital.example/mrn|Ä 2/7-Ø")
    (again,) = api.get(f"/patients?identifier={query}").body["items"]
    assert again["id"] == found.body["id"]


def test_a_cause_and_a_drug_are_known_in_any_case(api: Api) -> None:
    patient_id = api.treated()
    given = {"medication": "Tocilizumab", "given_at": AT}
    assert api.post(f"/patients/{patient_id}/administrations", given).status == 201
    (dose,) = [
        each
        for each in api.get(f"/patients/{patient_id}/timeline").body["items"]
        if each["what"] == "administration"
    ]
    assert (dose["value"], dose["detail"]["as_sent"]) == ("tocilizumab", "Tocilizumab")
