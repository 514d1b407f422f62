"""Which drug a statement names: a dose that nobody recognizes is a dose that nobody counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from toxmon.intake.code_map import NOTHING_MAPPED, RXNORM
from toxmon.intake.files import load_code_maps
from toxmon.intake.hold import Hold
from toxmon.intake.reading import read
from toxmon.intake.report import DOSE, OBSERVATION, Coding, Report
from toxmon.protocol import Protocols

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
NAMED = [
    ("Actemra", None, "tocilizumab"),
    ("Tocilizumab 400 mg/20 mL", None, "tocilizumab"),
    ("TOCILIZUMAB-AAZG 20 MG/ML", None, "tocilizumab"),
    ("acetaminophen 325 MG Oral Tablet", "oral", "acetaminophen"),
    ("norepinephrine", None, "norepinephrine"),
    ("norepinephrine 4 mg in 250 mL", "iv", "norepinephrine"),
    ("angiotensin ii", "iv", "angiotensin_ii"),
    ("lidocaine-epinephrine 1:100000", "iv", "lidocaine-epinephrine 1:100000"),
    ("lidocaine with epinephrine", None, "lidocaine with epinephrine"),
    ("Cefepime 2 g", "iv", "cefepime 2 g"),
    ("sarilumab", None, "sarilumab"),
]


@pytest.mark.parametrize(("text", "route", "drug"), NAMED)
def test_the_drug_that_a_text_names(
    protocols: Protocols, text: str, route: str | None, drug: str
) -> None:
    report = Report(what=DOSE, text=text, effective_at=AT, detail={"route": route})
    found = read(report, NOTHING_MAPPED, protocols)
    assert not isinstance(found, Hold)
    assert found.value == drug


def test_a_code_comes_before_words(protocols: Protocols) -> None:
    coded = Report(
        what=DOSE, codings=(Coding(RXNORM, "612865"),), text="some injection", effective_at=AT
    )
    found = read(coded, NOTHING_MAPPED, protocols)
    assert not isinstance(found, Hold)
    assert found.value == "tocilizumab"


def test_two_drugs_in_one_text_wait_for_a_person(protocols: Protocols) -> None:
    both = Report(what=DOSE, text="tocilizumab or anakinra", effective_at=AT)
    found = read(both, NOTHING_MAPPED, protocols)
    assert isinstance(found, Hold)
    assert found.reason == "unknown_drug"


def test_two_grades_in_one_problem_wait_for_a_person(protocols: Protocols) -> None:
    codes = load_code_maps(None)["shipped"]
    icd = "http://hl7.org/fhir/sid/icd-10-cm"

    def coded(*names: str) -> Report:
        each = tuple(Coding(icd, name) for name in names)
        return Report(what=OBSERVATION, codings=each, effective_at=AT)

    one = read(coded("D89.832"), codes, protocols)
    assert not isinstance(one, Hold)
    assert one.value == 2
    for both in (("D89.832", "D89.834"), ("D89.834", "D89.832")):
        found = read(coded(*both), codes, protocols)
        assert isinstance(found, Hold)
        assert found.reason == "codes_disagree"
