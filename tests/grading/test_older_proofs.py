"""The CRS scales before 2019 proved by enumeration, as `test_proofs.py` proves ASTCT.

Each number stands for its class: temperature 37.9 and 38.0; flow 0 and 3; a fraction of 21, 39.9
and 40 %; 0, 23.9 and 24 hours; toxicities of grade 0 to 5. Every finding may also be unknown. The
findings are divided into the columns of the tables: symptoms (81 inputs), hypotension with all that
is given for it (9,720), oxygen (1,440), organs (2,058), death (3). All inputs of a column meet the
other columns known absent and not known, the smaller ones each combination of those, and symptoms
and death also one certain step of each.

What is exempt from consistency, for learning it is no narrowing: attribution and death, which are
acts and whose absence is an answer (0011); the reason for CPAP or BiPAP, a cannula turned off, an
unknown device with a running flow that turns out not to give oxygen for hypoxia (0012, 0043); and
findings that contradict each other, where the worse counts (0042, 0043, 0044).

What is exempt from monotony: a first vasopressor for hypotension that defies fluids (0044).
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest

from tests.grading import second_older
from tests.grading.older_spaces import BLOCKS, COLUMNS, OXYGEN, D, Given, beside, exempt
from tests.grading.spaces import Block, Contexts, contexts
from toxmon.grading.older_crs import SCALES, Findings
from toxmon.grading.scale import Scale

ASKED = [field.name for field in fields(Findings)]
BY_NAME = {scale.name: scale for scale in SCALES}


class Answer(NamedTuple):
    low: int
    high: int
    missing: tuple[str, ...]


@cache
def shared(answer: Answer) -> Answer:
    """One copy of each answer, for few of them differ."""
    return answer


def first(scale: Scale, given: Given) -> Answer:
    """What the program answers. That it answers, and in what form, is asserted for every input."""
    grade = scale.grade(Findings(**given))
    assert 0 <= grade.low <= grade.high <= 5, given
    assert grade.value == (grade.low if grade.low == grade.high else None), given
    assert grade.because, given
    assert set(grade.warnings) <= set(scale.warnings), given
    return shared(Answer(grade.low, grade.high, grade.missing))


class Swept(NamedTuple):
    scale: Scale
    block: Block
    contexts: Contexts
    answers: list[list[Answer]]

    def shown(self, context: Given, place: int) -> str:
        given = {**context, **self.block.inputs[place]}
        return str({name: value for name, value in given.items() if value is not None})


@pytest.fixture(
    params=product(BY_NAME, BLOCKS), ids=lambda each: f"{each[0]}, {each[1]}", scope="module"
)
def swept(request: pytest.FixtureRequest) -> Swept:
    """All inputs of a block of a scale, in each context, with the answers."""
    name, column = request.param
    scale, block, around = BY_NAME[name], BLOCKS[column], beside(column)
    answers = [[first(scale, {**one, **given}) for given in block.inputs] for one in around]
    return Swept(scale, block, around, answers)


def test_total_and_equal_to_the_second_implementation(swept: Swept) -> None:
    for context, answers in zip(swept.contexts, swept.answers, strict=True):
        for given, answer in zip(swept.block.inputs, answers, strict=True):
            known = {**context, **given}
            assert answer[:2] == second_older.interval(swept.scale.name, known), known


def test_monotone(swept: Swept) -> None:
    """A worse finding in the place of a better one lowers neither low nor high."""
    pairs = swept.block.worsenings
    assert pairs
    for context, answers in zip(swept.contexts, swept.answers, strict=True):
        for better, worse in pairs:
            low, high, _ = answers[better]
            worse_low, worse_high, _ = answers[worse]
            if worse_low < low or worse_high < high:
                pytest.fail(
                    f"{swept.shown(context, better)} is {low}..{high}, "
                    f"{swept.shown(context, worse)} is {worse_low}..{worse_high}"
                )


def test_consistent(swept: Swept) -> None:
    """Learning a finding only narrows; where nothing is missing, it changes nothing at all."""
    pairs = swept.block.narrowings
    assert pairs or set(swept.block.findings) == {"death_due_to_crs"}
    for context, answers in zip(swept.contexts, swept.answers, strict=True):
        for unknown, known in pairs:
            low, high, missing = answers[unknown]
            known_low, known_high, _ = answers[known]
            inside = low <= known_low and known_high <= high
            if not inside or (not missing and (low, high) != (known_low, known_high)):
                pytest.fail(
                    f"{swept.shown(context, unknown)} is {low}..{high}, missing {missing}; "
                    f"{swept.shown(context, known)} is {known_low}..{known_high}"
                )


# What an unknown finding may turn out to be.
TURNS_OUT: dict[str, tuple[Any, ...]] = {
    "temperature_c": (D("37.9"), D("38.0")),
    **dict.fromkeys(
        (
            "constitutional_symptoms",
            "hospitalized_for_crs",
            "hypotension",
            "hypotension_answers_to_fluids",
            "fluids_for_hypotension",
            "vasopressor_high_dose",
            "vasopressor_refractory",
            "coagulopathy_needing_products",
        ),
        (False, True),
    ),
    "vasopressors": second_older.DRIPS,
    "vasopressor_hours": (D(6), D(24)),
    "oxygen_device": ("room_air", "nasal_cannula", "cpap", "invasive_ventilation"),
    "fraction_inspired_oxygen_percent": (D(30), D(40)),
    "ventilation_reason": ("chronic", "hypoxia"),
    "organ_toxicity_grade": tuple(D(n) for n in range(5)),
    "transaminase_grade": tuple(D(n) for n in range(5)),
}
PARTLY_KNOWN: Contexts = contexts(
    COLUMNS["symptoms"],
    [
        *COLUMNS["pressure"],
        {"hypotension": True},
        {"hypotension": True, "vasopressors": ()},
        {"hypotension": False, "vasopressors": ()},
        {"vasopressors": ("norepinephrine",)},
        {"vasopressor_high_dose": True},
    ],
    [
        *COLUMNS["oxygen"],
        {"oxygen_device": "simple_mask"},
        {"oxygen_device": "invasive_ventilation"},
        {"oxygen_flow_l_min": D(3)},
        {"fraction_inspired_oxygen_percent": D(40)},
    ],
    [*COLUMNS["organs"], {"creatinine_grade": D(2)}, {"organ_toxicity_grade": D(3)}],
)


def decides(scale: str, given: Given, name: str, others: tuple[str, ...]) -> bool:
    """Can knowing `name` change the answer, alone, or once all others are absent but for one?

    That one may have any value, or not be known.
    """
    absent = {**given, **{other: TURNS_OUT[other][0] for other in others}}
    tried = [given, absent]
    tried += [
        {**absent, other: value} for other in others for value in (None, *TURNS_OUT[other][1:])
    ]
    for known in tried:
        values = (None, *TURNS_OUT[name])
        if len({second_older.interval(scale, {**known, name: value}) for value in values}) > 1:
            return True
    return False


@pytest.mark.parametrize("name", BY_NAME)
def test_missing_names_only_what_can_decide(name: str) -> None:
    """Each name in `missing` decides, alone or once the others are known."""
    checked = 0
    for given in PARTLY_KNOWN:
        missing = first(BY_NAME[name], given).missing
        for finding in missing:
            others = tuple(other for other in missing if other != finding)
            assert given.get(finding) is None, f"{finding} is known in {given}"
            assert decides(name, given, finding, others), f"{finding} decides nothing in {given}"
            checked += 1
    assert checked > 1000


@pytest.mark.parametrize("name", BY_NAME)
def test_missing_names_all_that_can_decide(name: str) -> None:
    """A finding that is not named changes nothing alone, unless it proves or contradicts others."""
    for given in PARTLY_KNOWN:
        answer = first(BY_NAME[name], given)
        for finding, values in TURNS_OUT.items():
            if given.get(finding) is not None or finding in answer.missing:
                continue
            for value in values:
                learnt = first(BY_NAME[name], {**given, finding: value})
                after = {**dict.fromkeys(ASKED), **given, finding: value}
                proof = value in PROVES.get(finding, ()) or (
                    finding == OXYGEN[2]
                    and (given.get("oxygen_device") is None or exempt(finding, given, after))
                )
                assert proof or learnt[:2] == answer[:2], (given, finding, value)


# Each is a proof of another finding, which is the one that is named: without a high dose there is
# nothing to defy, and with hours there is a vasopressor.
PROVES = {
    "hypotension_answers_to_fluids": (True,),
    "vasopressor_refractory": (True,),
    "vasopressor_high_dose": (False, True),
    "vasopressor_hours": (D(6), D(24)),
}


def test_every_drug_is_counted_as_the_table_says() -> None:
    inotropes = {"dobutamine", "milrinone", "levosimendan", "midodrine"}
    assert inotropes == second_older.NOT_PRESSORS
    drugs = sorted(
        {
            *inotropes, "norepinephrine", "epinephrine", "phenylephrine", "dopamine",
            "angiotensin_ii", "metaraminol", "ephedrine", "other_vasopressor", "vasopressin",
            "terlipressin",
        }
    )  # fmt: skip
    for one, other, scale in product(drugs, drugs, SCALES):
        given = {"vasopressors": (one, other), "vasopressor_high_dose": False}
        assert first(scale, given)[:2] == second_older.interval(scale.name, given), given
