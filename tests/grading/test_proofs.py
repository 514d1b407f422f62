"""CRS and ICANS proved by enumeration, over findings of every kind that the papers tell apart.

Each number stands for its class: temperature 37.9 and 38.0; flow 0, 6 and 6.1; saturation 89.9 and
90; age 11.9 and 12; ICE 0, 1, 2, 3, 6, 7, 9, 10; CAPD 0, 1, 8, 9; seizure 60, 300 and 301 s. Every
finding may also be unknown. The whole product would be 33 million inputs for CRS and 10^14 for
ICANS, so the findings are divided into the *blocks* that a paper has as columns:

* CRS: fever with the waiver (81 inputs), hypotension with pressors (63), oxygen (2,160), death (3);
* ICANS: ICE, CAPD and consciousness (21,870), ICE by its items (14,580), seizure (432), weakness
  with edema and pressure (2,268), death (3).

A *sweep* runs all inputs of one block in each of a list of contexts, which fix the other blocks.

* CRS is complete for each pair of blocks: every fever with every hypotension, every fever with
  every oxygen, every hypotension with every oxygen. The third block then takes one input for each
  interval that it can give (oxygen 8, in the two larger pairs the others 2: known absent, unknown).
  Besides, every oxygen meets every pair of 9 fevers and 7 hypotensions.
* ICANS: every input of each block meets every pair of one input for each interval of the others
  (12 minds, 5 seizures, 6 of the focal signs); every seizure meets every weakness, every edema and
  every set of pressure signs. The largest block meets 10 such contexts, the items meet 5.

A change of one finding stays in its block, so monotony and consistency are checked within a sweep,
over every pair of inputs that differ in one finding, in every context.

What is exempt from consistency, for learning it is no narrowing: attribution and death, which are
acts and whose absence is an answer (0011); a saturation on room air, the reason for CPAP or BiPAP,
a cannula turned off, and an unknown device with a running flow that turns out not to give oxygen
for hypoxia (0012); two findings that contradict each other, where the worse counts (0014, 0015);
and an age, an ICE or a CAPD that turns up and hands over from one instrument to the other (0015).
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import product
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from tests.grading import second_crs, second_icans
from tests.grading.spaces import (
    FOCALS,
    HYPOTENSIONS,
    ITEMS,
    MIND,
    MINDS,
    NOTHING_FOCAL,
    OXYGENS,
    SEIZURE,
    SEIZURES,
    SWEEPS,
    Given,
    Sweep,
    contexts,
    with_items,
)
from toxmon.grading import crs, icans

D = Decimal
SCALES: dict[str, ModuleType] = {"crs": crs, "icans": icans}
SECOND: dict[str, ModuleType] = {"crs": second_crs, "icans": second_icans}


class Answer(NamedTuple):
    low: int
    high: int
    missing: tuple[str, ...]


@cache
def shared(answer: Answer) -> Answer:
    """One copy of each answer, for few of them differ and there are a million."""
    return answer


def first(scale: str, given: Given) -> Answer:
    """What the program answers. That it answers, and in what form, is asserted for every input."""
    grade = SCALES[scale].grade(SCALES[scale].Findings(**with_items(given)))
    assert 0 <= grade.low <= grade.high <= 5, given
    assert grade.value == (grade.low if grade.low == grade.high else None), given
    assert grade.because, given
    return shared(Answer(grade.low, grade.high, grade.missing))


def second(scale: str, given: Given) -> tuple[int, int]:
    interval: tuple[int, int] = SECOND[scale].interval(with_items(given))
    return interval


class Swept(NamedTuple):
    sweep: Sweep
    answers: list[list[Answer]]
    """By context, and within it by the place of the input in the block."""


@pytest.fixture(params=SWEEPS, scope="module")
def swept(request: pytest.FixtureRequest) -> Swept:
    """A sweep with its answers. Total: every input of it has answered."""
    sweep = SWEEPS[request.param]
    return Swept(
        sweep,
        [[first(sweep.scale, given) for given in sweep.inputs(c)] for c in sweep.contexts],
    )


def test_total_and_equal_to_the_second_implementation(swept: Swept) -> None:
    sweep, all_answers = swept
    for context, answers in zip(sweep.contexts, all_answers, strict=True):
        for given, answer in zip(sweep.inputs(context), answers, strict=True):
            assert answer[:2] == second(sweep.scale, given), given


def test_monotone(swept: Swept) -> None:
    """A worse finding in the place of a better one lowers neither low nor high."""
    sweep, all_answers = swept
    pairs = sweep.block.worsenings
    assert pairs
    for context, answers in zip(sweep.contexts, all_answers, strict=True):
        for better, worse in pairs:
            low, high, _ = answers[better]
            worse_low, worse_high, _ = answers[worse]
            if worse_low < low or worse_high < high:
                pytest.fail(
                    f"{sweep.shown(context, better)} is {low}..{high}, "
                    f"{sweep.shown(context, worse)} is {worse_low}..{worse_high}"
                )


def test_consistent(swept: Swept) -> None:
    """Learning a finding only narrows; where nothing is missing, it changes nothing at all.

    Exempt are the findings that the docstring of this module names, each with its reading.
    """
    sweep, all_answers = swept
    pairs = sweep.block.narrowings
    acts_alone = {"death_due_to_crs", "death_due_to_icans"}
    assert pairs or set(sweep.block.findings) <= acts_alone
    for context, answers in zip(sweep.contexts, all_answers, strict=True):
        for unknown, known in pairs:
            low, high, missing = answers[unknown]
            known_low, known_high, _ = answers[known]
            inside = low <= known_low and known_high <= high
            if not inside or (not missing and (low, high) != (known_low, known_high)):
                pytest.fail(
                    f"{sweep.shown(context, unknown)} is {low}..{high}, missing {missing}; "
                    f"{sweep.shown(context, known)} is {known_low}..{known_high}"
                )


def test_every_pair_of_drugs() -> None:
    """Each drug stands for itself here; the sweeps know one of each class."""
    inotropes = {"dobutamine", "milrinone", "levosimendan", "midodrine"}
    pressors = second_crs.COUNTED | second_crs.NOT_COUNTED_TOWARDS_SEVERAL
    drugs = sorted(pressors | inotropes)
    assert pressors == crs.VASOPRESSORS | crs.VASOPRESSIN
    for one, other, hypotension in product(drugs, drugs, (None, False, True)):
        given = {
            "temperature_c": D("38.0"),
            "oxygen_device": "room_air",
            "hypotension": hypotension,
            "vasopressors": (one, other),
        }
        low, high, missing = first("crs", given)
        assert (low, high) == second("crs", given), given
        assert (low, high) == first("crs", {**given, "vasopressors": (other, one)})[:2], given
        assert missing == (("hypotension",) if low < high else ()), given


# What an unknown finding may turn out to be, first the value that hides no other finding.
TURNS_OUT: dict[str, tuple[Any, ...]] = {
    "temperature_c": (D("38.0"), D("37.9")),
    "prior_crs_fever": (True, False),
    "treated_since_onset": (True, False),
    "hypotension": (False, True),
    "vasopressors": second_crs.DRIPS,
    "oxygen_device": ("room_air", *second_crs.DEVICES),
    "oxygen_flow_l_min": (D(6), D("6.1")),
    "ventilation_reason": ("chronic", *second_crs.REASONS),
    "ice_score": tuple(D(points) for points in range(10, -1, -1)),
    **{
        f"ice_{item}": tuple(D(points) for points in range(most, -1, -1))
        for item, most in second_icans.ITEM_POINTS.items()
    },
    "capd_score": (D(0), D(1), D(8), D(9)),
    "consciousness": second_icans.WAKES,
    "seizure": ("none", "clinical"),
    "seizure_seconds": (D(60), D(301)),
    "seizure_resolved": (True, False),
    "seizure_without_recovery": (False, True),
    "motor_weakness": ("none", "deep_focal"),
    "cerebral_edema": ("none", "focal", "diffuse"),
    "icp_signs": ((), ("posturing",)),
}


def decides(scale: str, given: Given, name: str, others: tuple[str, ...]) -> bool:
    """Can knowing `name` change the answer, whatever is then known of the `others`?"""
    for values in product(*((*TURNS_OUT[other], None) for other in others)):
        known = {**given, **dict(zip(others, values, strict=True))}
        found = {second(scale, {**known, name: value}) for value in (None, *TURNS_OUT[name])}
        if len(found) > 1:
            return True
    return False


WAIVERS = [
    {"prior_crs_fever": prior, "treated_since_onset": treated}
    for prior, treated in product((None, False, True), repeat=2)
]
PARTIAL_ICE = [
    given
    for given in ITEMS.inputs
    if given["arousable"] is None and given["consciousness"] in (None, "alert")
]
NAMED = {
    "crs": (
        "crs",
        contexts(
            [{"temperature_c": value} for value in (None, D("37.9"), D("38.0"))],
            WAIVERS,
            [*HYPOTENSIONS, {"hypotension": False}],
            [*OXYGENS, {"oxygen_device": "invasive_ventilation"}],
        ),
    ),
    "icans, seizure": (
        "icans",
        contexts(
            MINDS,
            [given for given in SEIZURE.inputs if given["seizure_other_cause"] is None],
            FOCALS,
        ),
    ),
    "icans, mind": (
        "icans",
        contexts(
            [given for given in MIND.inputs if given["consciousness_other_cause"] is None],
            SEIZURES[:2],
            [NOTHING_FOCAL],
        ),
    ),
    "icans, items": (
        "icans",
        contexts(PARTIAL_ICE, SEIZURES[:2], [NOTHING_FOCAL]),
    ),
}


@pytest.mark.parametrize("space", NAMED)
def test_missing_names_only_what_can_decide(space: str) -> None:
    """Each name in `missing` decides, alone or once others of the names in `missing` are known.

    Alone is too much to ask: where weakness and edema are both unknown beside a seizure of grade
    3, the absence of one of them narrows nothing until the other is known to be absent too.
    """
    scale, inputs = NAMED[space]
    checked = 0
    for given in inputs:
        missing = first(scale, given).missing
        for name in missing:
            others = tuple(other for other in missing if other != name)
            assert given.get(name) is None, f"{name} is known in {given}"
            assert decides(scale, given, name, others), f"{name} decides nothing in {given}"
            checked += 1
    assert checked > 1000
