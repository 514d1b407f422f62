"""Vasopressors that run: what a person corrects, takes back or moves is followed by the lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Api
from tests.ehr.fhir.sender import Sender, coded, dose, numbered, quantity, sender
from tests.ehr.fhir.told import Hospital
from toxmon.actions.verify import verify
from toxmon.saved import load_value
from toxmon.store import facts

NOREPINEPHRINE, VASOPRESSIN = "7512", "11149"


@pytest.fixture
def ehr(hospital: Hospital) -> Sender:
    return sender(hospital.api, hospital.clock)


def drip(ehr: Sender, drug: str, start: str, end: str | None = None) -> str:
    """Tell of an infusion on 1 March 2026; the id of its fact."""
    period = {"start": f"2026-03-01T{start}:00Z"}
    if end is not None:
        period["end"] = f"2026-03-01T{end}:00Z"
    told = dose(code=drug, status="in-progress" if end is None else "completed",
                identifier=numbered(f"drip {drug} {start}"), effectiveDateTime=None,
                dosage={"route": coded("IV", "x"), "rateQuantity": quantity(5, "ug/min")},
                effectivePeriod=period)  # fmt: skip
    reply = ehr.post(told)
    assert reply.status == 201, reply.body
    with ehr.api.service.store.reading():
        rows = facts.standing_of_kind(ehr.api.service.store, ehr.patient_id, "administration")
    return str(max(rows, key=lambda row: row["recorded_at"])["id"])


def ran(api: Api, patient: str) -> list[tuple[str, list[str]]]:
    """From when on what ran, in the record of a patient."""
    with api.service.store.reading():
        rows = facts.standing_of_kind(api.service.store, patient, "vasopressors")
    return [(f"{row['effective_at']:%H:%M}", sorted(load_value(row["value"]))) for row in rows]  # type: ignore[misc]


def test_a_start_that_is_corrected_moves_the_list(ehr: Sender) -> None:
    given = drip(ehr, NOREPINEPHRINE, "06:30", "07:30")
    assert ran(ehr.api, ehr.patient_id) == [("06:30", ["norepinephrine"]), ("07:30", [])]
    wrong = {"given_at": "2026-03-01T06:50:00Z", "reason": "misread the clock"}
    reply = ehr.api.post(f"/administrations/{given}/corrections", wrong, by="physician")
    assert reply.status == 201, reply.body
    assert ran(ehr.api, ehr.patient_id) == [("06:50", ["norepinephrine"]), ("07:30", [])]
    assert verify(ehr.api.service, lambda *_: None) == []


def test_a_drip_that_is_taken_back_did_not_run(ehr: Sender) -> None:
    drip(ehr, VASOPRESSIN, "06:00")
    given = drip(ehr, NOREPINEPHRINE, "06:30")
    both = ["norepinephrine", "vasopressin"]
    assert ran(ehr.api, ehr.patient_id) == [("06:00", ["vasopressin"]), ("06:30", both)]
    before = ehr.api.get(f"/patients/{ehr.patient_id}").body["version"]
    reply = ehr.api.post(f"/observations/{given}/retraction", {"reason": "of bed 4"}, by="nurse")
    assert reply.status == 201, reply.body
    assert ran(ehr.api, ehr.patient_id) == [("06:00", ["vasopressin"])]
    # It is one change of the record, and the answer names its version.
    assert reply.body["version"] == before + 1
    assert verify(ehr.api.service, lambda *_: None) == []


def test_a_persons_word_on_a_list_stands(ehr: Sender) -> None:
    given = drip(ehr, NOREPINEPHRINE, "06:30", "07:30")
    (listed, _) = ehr.facts("vasopressors")
    said = {"value": ["norepinephrine", "epinephrine"], "reason": "two syringes ran"}
    reply = ehr.api.post(f"/observations/{listed['id']}/corrections", said, by="nurse")
    assert reply.status == 201, reply.body
    reply = ehr.api.post(f"/observations/{given}/retraction", {"reason": "x"}, by="physician")
    assert reply.status == 201, reply.body
    assert ran(ehr.api, ehr.patient_id) == [("06:30", ["epinephrine", "norepinephrine"])]


def test_two_records_that_are_joined_run_together(ehr: Sender) -> None:
    drip(ehr, NOREPINEPHRINE, "06:00", "07:30")
    other = sender(ehr.api, ehr.clock)
    drip(other, VASOPRESSIN, "06:30", "07:00")
    before = ran(ehr.api, ehr.patient_id), ran(ehr.api, other.patient_id)
    told = {"into": ehr.patient_id, "reason": "one person"}
    joined = ehr.api.post(f"/patients/{other.patient_id}/merge", told, by="physician")
    assert joined.status == 200, joined.body
    norepinephrine = ["norepinephrine"]
    assert ran(ehr.api, ehr.patient_id) == [
        ("06:00", norepinephrine),
        ("06:30", ["norepinephrine", "vasopressin"]),
        ("07:00", norepinephrine),
        ("07:30", []),
    ]
    assert ran(ehr.api, other.patient_id) == []
    parted = ehr.api.post(f"/patients/{other.patient_id}/unmerge", told, by="physician")
    assert parted.status == 200, parted.body
    assert (ran(ehr.api, ehr.patient_id), ran(ehr.api, other.patient_id)) == before
    assert parted.body["staying"] == []
    assert verify(ehr.api.service, lambda *_: None) == []


def test_a_drip_that_was_of_another_patient_takes_its_lists_along(ehr: Sender) -> None:
    given = drip(ehr, NOREPINEPHRINE, "06:00", "07:00")
    other: Any = ehr.api.patient()
    told = {"to": other, "facts": [given], "reason": "the pump was of bed 4"}
    moved = ehr.api.post(f"/patients/{ehr.patient_id}/move", told, by="physician")
    assert moved.status == 200, moved.body
    assert ran(ehr.api, ehr.patient_id) == []
    assert ran(ehr.api, other) == [("06:00", ["norepinephrine"]), ("07:00", [])]


def test_a_drug_that_was_another_one_runs_as_what_it_is(ehr: Sender) -> None:
    given = drip(ehr, NOREPINEPHRINE, "06:00")
    for drug, listed in (("dexamethasone", []), ("vasopressin", ["vasopressin"])):
        wrong = {"medication": drug, "reason": "misread the syringe"}
        reply = ehr.api.post(f"/administrations/{given}/corrections", wrong, by="physician")
        assert reply.status == 201, reply.body
        given = reply.body["observations"][0]["id"]
        assert ran(ehr.api, ehr.patient_id) == ([("06:00", listed)] if listed else [])
