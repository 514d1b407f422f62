"""Who is a patient, where they lie, which records are one; and doses that were given."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.ehr.hl7v2.conftest import Hospital
from tests.ehr.hl7v2.messages import PID, adt, message, obx, oru, pv1, ras, rxa
from toxmon.store import Row, patients


def stays(hospital: Hospital, patient_id: str) -> list[str]:
    """The stays that stand, in their order: SETTING UNIT BED."""
    found = []
    for row in hospital.standing(patient_id, "stay"):
        detail = orjson.loads(row["detail"])
        words = (detail["setting"], detail["unit"] or "-", detail["bed"] or "-")
        found.append(" ".join(words))
    return found


def head(hospital: Hospital, patient_id: str) -> Row:
    found = patients.get(hospital.service.store, patient_id)
    assert found is not None
    return found


@pytest.mark.conforms("v2-adt")
def test_an_admission_begins_a_record_and_a_stay(either: Hospital) -> None:
    patient_id = either.admit()
    row = head(either, patient_id)
    assert (row["name"], str(row["birth_date"]), row["sex"], row["unit"]) == (
        "Jane Q Doe",
        "1961-05-02",
        "female",
        "bmt-1",
    )
    numbers = [(each["system"], each["value"]) for each in row["identifiers"]]
    assert numbers == [("HOSP", "A1")], "a social security number names no patient here"
    assert stays(either, patient_id) == ["inpatient bmt-1 7"]


def at(hour: int) -> str:
    return f"20260301{hour:02}0000+0000"


MOVED: dict[str, tuple[list[bytes], list[str], str]] = {
    "discharged": (
        [adt("A03", "2", PID, pv1(), at=at(6))],
        ["inpatient bmt-1 7", "outpatient - -"],
        "bmt-1",
    ),
    "discharge cancelled": (
        [adt("A03", "2", PID, pv1(), at=at(6)), adt("A13", "3", PID, pv1(), at=at(7))],
        ["inpatient bmt-1 7", "inpatient bmt-1 7"],
        "bmt-1",
    ),
    "discharge cancelled, which comes first": (
        [adt("A13", "3", PID, pv1(), at=at(7)), adt("A03", "2", PID, pv1(), at=at(6))],
        ["inpatient bmt-1 7", "inpatient bmt-1 7"],
        "bmt-1",
    ),
    "admission cancelled": ([adt("A11", "2", PID, pv1(), at=at(6))], [], "bmt-1"),
    "home as an out-patient": (
        [adt("A07", "2", PID, pv1(bed="", kind="O"), at=at(6))],
        ["inpatient bmt-1 7", "outpatient bmt-1 -"],
        "bmt-1",
    ),
    "told twice": (
        [adt("A03", "2", PID, pv1(), at=at(6)), adt("A03", "2", PID, pv1(), at=at(6))],
        ["inpatient bmt-1 7", "outpatient - -"],
        "bmt-1",
    ),
}


@pytest.mark.parametrize("name", MOVED)
def test_a_patient_is_moved(hospital: Hospital, name: str) -> None:
    hospital.lab = type(hospital.lab)("lab", "Lab", "integration")
    bodies, found, unit = MOVED[name]
    assert hospital.send(adt("A01", "1", PID, pv1(), at=at(5))).code == "AA"
    for body in bodies:
        assert hospital.told(body) == "AA"
    patient_id = hospital.patient()
    assert stays(hospital, patient_id) == found
    assert head(hospital, patient_id)["unit"] == unit


@pytest.mark.conforms("v2-adt")
def test_a_transfer_and_its_cancelling_move_the_patient(hospital: Hospital) -> None:
    hospital.lab = type(hospital.lab)("lab", "Lab", "integration")
    hospital.send(adt("A01", "1", PID, pv1(), at=at(4)))
    patient_id = hospital.patient()
    hospital.send(adt("A02", "2", PID, pv1("icu", "2"), at=f"{at(5)}||||{at(5)}"))
    assert head(hospital, patient_id)["unit"] == "icu"
    hospital.send(adt("A12", "3", PID, pv1(), at=f"{at(6)}||||{at(5)}"))
    assert head(hospital, patient_id)["unit"] == "bmt-1"
    assert stays(hospital, patient_id) == ["inpatient bmt-1 7", "inpatient bmt-1 7"]


def test_a_movement_that_has_a_number_is_known_by_it(hospital: Hospital) -> None:
    hospital.lab = type(hospital.lab)("lab", "Lab", "integration")
    moved = "ZBE|M1^HIS|20260301050000+0000||INSERT|N"
    hospital.send(adt("A02", "2", PID, pv1("icu"), moved, at=at(5)))
    hospital.send(adt("A12", "3", PID, pv1("bmt-1"), moved, at=at(6)))
    assert stays(hospital, hospital.patient()) == ["inpatient bmt-1 7"]


def test_what_is_told_anew_of_a_patient_is_kept(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    told = PID.replace("Doe^Jane", "Roe^Jane").replace("^^^HOSP^MR", "^^^HOSP^MR~E7^^^REGION^PI")
    assert hospital.told(adt("A08", "u", told, pv1())) == "AA"
    row = head(hospital, patient_id)
    assert row["name"] == "Jane Q Roe"
    assert hospital.patient("E7", "REGION") == patient_id


def test_a_death_waits_for_its_cause(hospital: Hospital) -> None:
    hospital.admit()
    fields = [*PID.split("|"), *[""] * 20, "20260301050000+0000", "Y"]
    assert hospital.told(adt("A08", "d", "|".join(fields), pv1())) == "AA; PID^1^30 W"
    assert hospital.waiting() == ["cause_of_death"]


def test_nobody_is_on_record_of_whom_nothing_says_where_they_lie(hospital: Hospital) -> None:
    hospital.lab = type(hospital.lab)("lab", "Lab", "integration")
    assert hospital.told(adt("A28", "p", PID)) == "AA; PID^1^3 W"
    assert hospital.service.store.query("select id from patient") == []


MRG = "MRG|B2^^^HOSP^MR"


@pytest.mark.conforms("v2-adt")
def test_two_records_are_one_and_are_not_after_all(either: Hospital) -> None:
    first, second = either.admit("A1"), either.admit("B2")
    mine = PID.replace("A1^", "B2^")
    either.send(oru("m1", obx("500"), pid=mine))
    assert either.told(adt("A40", "j", PID, MRG)) == "AA"
    assert either.patient("B2") == first
    assert len(either.values(first)) == 1
    assert either.values(second) == []
    assert either.told(adt("A40", "j", PID, MRG)) == "AA", "the same once more"
    assert either.told(adt("A37", "u", PID, mine)) == "AA"
    assert either.patient("B2") == second
    assert len(either.values(second)) == 1
    assert either.values(first) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (adt("A40", "j", PID), "AE; MRG^1 E"),
        (adt("A40", "j", PID, "MRG|"), "AE; MRG^1^1 E"),
        (adt("A40", "j", MRG), "AE; PID^1 E"),
        (adt("A37", "u", PID), "AE; PID^1 E"),
        (adt("A01", "i", PID), "AE; PV1^1 E"),
        (adt("A24", "l", PID, PID), "AR; MSH^1^9 E"),
        (adt("A43", "l", PID, MRG), "AR; MSH^1^9 E"),
    ],
)
def test_what_says_too_little_is_refused(hospital: Hospital, body: bytes, told: str) -> None:
    assert hospital.told(body) == told


def doses(hospital: Hospital, patient_id: str) -> list[Any]:
    """Medication, amount, unit, route, status of each dose that stands."""
    found = []
    for row in hospital.standing(patient_id, "administration"):
        detail = orjson.loads(row["detail"])
        dose = detail["dose"] or {"value": None, "unit": None}
        words = (detail["medication"], dose["value"], dose["unit"], detail["route"])
        found.append((*words, detail["status"]))
    return found


TOCI = ("tocilizumab", "560", "mg", "iv", "completed")
IV = "RXR|IV^Intravenous^HL70162"


@pytest.mark.conforms("v2-ras")
def test_a_dose_is_charted(either: Hospital) -> None:
    patient_id = either.admit()
    assert either.told(ras("d1", rxa(), IV)) == "AA"
    assert doses(either, patient_id) == [TOCI]
    (row,) = either.standing(patient_id, "administration")
    assert str(row["effective_at"]) == "2026-03-01 06:30:00+00:00"


GIVEN: dict[str, tuple[list[str], list[Any], list[str]]] = {
    "refused": ([rxa(completed="RE")], [], []),
    "not given": ([rxa(completed="NA")], [], []),
    "in part": ([rxa("200", completed="PA")], [("tocilizumab", "200", "mg", "iv", "stopped")], []),
    "not said": ([rxa(completed="", action="")], [TOCI], []),
    "of no table": ([rxa(completed="ZZ")], [], ["not_verified"]),
    "deleted": ([rxa(), rxa(action="D")], [], []),
    "deleted, which comes first": ([rxa(action="D"), rxa()], [], []),
    "updated": (
        [rxa(), rxa("400", action="U")],
        [("tocilizumab", "400", "mg", "iv", "completed")],
        [],
    ),
    "a second one": ([rxa(), rxa(count="2", began="20260301080000+0100")], [TOCI, TOCI], []),
    "two without a count": (
        [rxa(count="0"), rxa(count="0", began="20260301080000+0100")],
        [TOCI, TOCI],
        [],
    ),
    "amount not recorded": ([rxa("999", "")], [("tocilizumab", None, None, "iv", "completed")], []),
    "by weight": ([rxa("8", "mg/kg^^UCUM")], [], ["unknown_dose"]),
    "in milliliters": ([rxa("28", "mL^^UCUM")], [], ["unknown_dose"]),
    "on a day": ([rxa(began="20260301")], [], ["no_time"]),
    "of no name": ([rxa(code="")], [], ["unknown_drug"]),
}


@pytest.mark.parametrize("name", GIVEN)
def test_how_a_dose_was_given(hospital: Hospital, name: str) -> None:
    patient_id = hospital.admit()
    given, found, waiting = GIVEN[name]
    for number, each in enumerate(given):
        assert hospital.send(ras(f"d{number}", each, IV)).code == "AA"
    assert doses(hospital, patient_id) == found
    assert hospital.waiting() == waiting


def test_a_dose_that_waited_keeps_its_amount(hospital: Hospital) -> None:
    hospital.send(ras("d1", rxa(), IV))
    assert doses(hospital, hospital.admit()) == [TOCI]


@pytest.mark.conforms("v2-ras")
def test_an_order_is_kept_and_is_no_dose(hospital: Hospital) -> None:
    patient_id = hospital.admit()
    order = message(
        "RDE^O11^RDE_O11", "o1", PID, "ORC|NW|P9^EHR", "RXE|1|612865^toci^RXNORM|560||mg"
    )
    assert hospital.told(order) == "AA"
    assert doses(hospital, patient_id) == []
    assert hospital.waiting() == []
    kept = hospital.service.store.query("select body from message")
    assert any("RXE" in row["body"] for row in kept)
