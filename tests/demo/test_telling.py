"""What is printed of a patient's grades: those worth knowing, by names that a ward uses."""

from typing import Any

from toxmon.demo.banner import worth_knowing, wrapped
from toxmon.demo.telling import NAMES, Teller, in_words
from toxmon.grading.course import SCALES

MRN = "DEMO-001"


def grade(low: int, high: int, **more: Any) -> dict[str, Any]:
    says = f"grade {low}" if low == high else f"at least grade {low}, at most {high}"
    return {"low": low, "high": high, "says": says, **more}


def learned(teller: Teller, **grades: Any) -> list[str]:
    return teller._learn(MRN, {"grades": grades})


def test_crs_and_icans_are_told_whatever_they_say_and_others_when_certain() -> None:
    assert in_words("crs", grade(0, 0)) == "grade 0"
    assert in_words("icaht_early", grade(0, 4)) is None
    assert in_words("icaht_early", grade(2, 4)) == "at least grade 2, at most 4"
    assert in_words("enterocolitis", grade(0, 5)) is None


def test_a_suspicion_of_iec_hs_is_told_and_is_no_grade() -> None:
    assert in_words("iec_hs", grade(0, 4, suspected=True)) == "suspected, not confirmed"
    assert in_words("iec_hs", grade(0, 4, suspected=None)) is None
    assert in_words("iec_hs", grade(2, 2, suspected=True)) == "grade 2"


def test_every_name_is_of_a_watched_scale() -> None:
    assert set(NAMES) <= set(SCALES)


def test_a_change_is_told_once_and_a_laboratory_grade_never() -> None:
    teller = Teller({})
    assert learned(teller, crs=grade(0, 0), neutropenia=grade(4, 4)) == ["CRS grade 0"]
    assert learned(teller, crs=grade(0, 0), neutropenia=grade(3, 3)) == []
    assert learned(teller, crs=grade(2, 2)) == ["CRS grade 2 (was grade 0)"]
    assert learned(teller, iec_hs=grade(0, 4, suspected=True)) == [
        "IEC-HS suspected, not confirmed"
    ]
    assert learned(teller, iec_hs=grade(0, 0, suspected=False)) == [
        "IEC-HS grade 0 (was suspected, not confirmed)"
    ]
    assert teller.grades[MRN] == {"crs": "grade 2"}


def test_the_grades_of_a_patient_stand_in_the_order_of_the_names() -> None:
    told = {"icaht_late": "grade 3", "crs": "grade 0"}
    assert worth_knowing(told) == "CRS grade 0, late ICAHT grade 3"
    assert worth_knowing({}) == ""


def test_many_products_are_wrapped() -> None:
    lines = wrapped((f"{n} after product-{n}" for n in range(12)), 60)
    assert len(lines) > 2
    assert max(map(len, lines)) <= 60
    assert lines[-1].endswith("11 after product-11.")
