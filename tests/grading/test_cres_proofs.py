"""CRES proved by enumeration, as `test_proofs.py` proves ICANS.

Each number stands for its class: CARTOX-10 0, 2, 3, 6, 7, 9, 10; papilledema in each stage; an
opening pressure of 19.9 and 20 mm[Hg]. Every finding may also be unknown. The columns of the table
are enumerated each by itself, beside the others known absent, partly known and not known: the score
with consciousness (144 inputs), the score by its items (1,620), pressure (168), seizures (216),
weakness (6), death (3).

What is exempt from consistency, for learning it is no narrowing: attribution and death, which are
acts; an opening pressure, which only counts once it was taken; and status epilepticus where no
seizure is charted, where the worse counts (0045).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

import pytest

from tests.grading import second_cres
from tests.grading.spaces import (
    ANY,
    ATTRIBUTED,
    NO_IS_WORSE,
    SAID,
    YES_IS_WORSE,
    Block,
    Contexts,
    Given,
    contexts,
    ranked,
)
from toxmon.grading import cres

D = Decimal
RANKS: Mapping[str, Mapping[Any, int]] = {
    "cartox_10_score": ranked(*((D(n),) for n in range(10, -1, -1))),
    **{
        item: ranked(*((D(n),) for n in range(most, -1, -1)))
        for item, most in second_cres.MOST.items()
    },
    "consciousness": ranked(*((level,) for level in second_cres.LEVELS)),
    "consciousness_other_cause": ATTRIBUTED,
    "papilledema_stage": ranked(*((D(n),) for n in range(6))),
    "csf_opening_pressure_mmhg": ranked((D("19.9"),), (D(20),)),
    "cerebral_edema": ranked(("none",), ("focal", "diffuse")),
    "edema_other_cause": ATTRIBUTED,
    "seizure_type": ranked(("focal",), ("generalized",)),
    "seizure_resolved": NO_IS_WORSE,
    "status_epilepticus": YES_IS_WORSE,
    "seizure_other_cause": ATTRIBUTED,
    "motor_weakness": ranked(("none",), ("deep_focal",)),
    "motor_weakness_other_cause": ATTRIBUTED,
    "death_due_to_icans": SAID,
}


def worse(name: str, before: Given, after: Given) -> bool:
    if name == "seizure":
        # A seizure is worse than none; whether one on EEG is, depends on its kind.
        return before[name] == "none" and after[name] is not None
    one, other = RANKS[name].get(before[name]), RANKS[name].get(after[name])
    return one is not None and other is not None and one <= other


def exempt(name: str, before: Given, after: Given) -> bool:
    if name.endswith(("_other_cause", "death_due_to_icans", "csf_opening_pressure_mmhg")):
        return True
    return name == "status_epilepticus" and bool(after[name]) and after["seizure"] == "none"


def block(**findings: tuple[Any, ...]) -> Block:
    return Block(findings, worse, exempt)


BLOCKS = {
    "score": block(
        cartox_10_score=(None, *(D(n) for n in (0, 2, 3, 6, 7, 9, 10))),
        consciousness=(None, *second_cres.LEVELS),
        consciousness_other_cause=ANY,
    ),
    "items": block(
        **{item: (None, *map(D, range(most + 1))) for item, most in second_cres.MOST.items()},
        consciousness=(None, "wakes_to_touch"),
    ),
    "pressure": block(
        papilledema_stage=(None, *map(D, range(6))),
        csf_opening_pressure_mmhg=(None, D("19.9"), D(20)),
        cerebral_edema=(None, *second_cres.EDEMAS),
        edema_other_cause=(None, True),
    ),
    "seizures": block(
        seizure=(None, *second_cres.SEIZURES),
        seizure_type=(None, "focal", "generalized"),
        seizure_resolved=ANY,
        status_epilepticus=ANY,
        seizure_other_cause=(None, True),
    ),
    "weakness": block(
        motor_weakness=(None, "none", "deep_focal"), motor_weakness_other_cause=(None, True)
    ),
    "death": block(death_due_to_icans=ANY),
}
CLEAR: dict[str, Any] = {"cartox_10_score": D(10), "consciousness": "alert"}
NO_PRESSURE: dict[str, Any] = {"papilledema_stage": D(0), "cerebral_edema": "none"}
NO_SEIZURE: dict[str, Any] = {"seizure": "none"}
COLUMNS: Mapping[str, Contexts] = {
    "score": [CLEAR, {**CLEAR, "cartox_10_score": D(5)}, {"consciousness": "alert"}, {}],
    "pressure": [NO_PRESSURE, {"papilledema_stage": D(1)}, {}],
    "seizures": [NO_SEIZURE, {"seizure": "electrographic", "seizure_resolved": True}, {}],
    "weakness": [{"motor_weakness": "none"}, {}],
}


def beside(name: str) -> Contexts:
    column = "score" if name == "items" else name
    return contexts(*(rows for each, rows in COLUMNS.items() if each != column))


def with_items(given: Given) -> Given:
    """The findings as the program takes them: the items are one finding, `cartox`."""
    if "orientation" not in given:
        return given
    items = {item: given[item] for item in second_cres.MOST}
    return {"cartox": items, **{k: v for k, v in given.items() if k not in items}}


@cache
def first(known: tuple[tuple[str, Any], ...]) -> tuple[int, int, tuple[str, ...]]:
    given = with_items(dict(known))
    grade = cres.grade(cres.Findings(**given))
    assert 0 <= grade.low <= grade.high <= 5, given
    assert grade.because, given
    assert set(grade.warnings) <= set(cres.WARNINGS), given
    return grade.low, grade.high, grade.missing


def answer(*parts: Given) -> tuple[int, int, tuple[str, ...]]:
    return first(tuple({k: v for part in parts for k, v in part.items()}.items()))


@pytest.mark.parametrize("name", BLOCKS)
def test_total_and_equal_to_the_second_implementation(name: str) -> None:
    for context, given in product(beside(name), BLOCKS[name].inputs):
        known = {**context, **given}
        assert answer(known)[:2] == second_cres.interval(with_items(known)), known


@pytest.mark.parametrize("name", BLOCKS)
def test_monotone(name: str) -> None:
    """A worse finding in the place of a better one lowers neither low nor high."""
    inputs, pairs = BLOCKS[name].inputs, BLOCKS[name].worsenings
    assert pairs
    for context, (better, worse_one) in product(beside(name), pairs):
        low, high, _ = answer(context, inputs[better])
        worse_low, worse_high, _ = answer(context, inputs[worse_one])
        known = context, inputs[better], inputs[worse_one]
        assert (worse_low >= low, worse_high >= high) == (True, True), known


@pytest.mark.parametrize("name", BLOCKS)
def test_consistent(name: str) -> None:
    """Learning a finding only narrows; where nothing is missing, it changes nothing at all."""
    inputs, pairs = BLOCKS[name].inputs, BLOCKS[name].narrowings
    assert pairs or name == "death"
    for context, (unknown, learnt) in product(beside(name), pairs):
        low, high, missing = answer(context, inputs[unknown])
        known_low, known_high, _ = answer(context, inputs[learnt])
        known = context, inputs[unknown], inputs[learnt]
        assert low <= known_low <= known_high <= high, known
        assert missing or (low, high) == (known_low, known_high), known


TURNS_OUT: Mapping[str, tuple[Any, ...]] = {
    "cartox_10_score": tuple(D(n) for n in range(10, -1, -1)),
    **{item: tuple(D(n) for n in range(most, -1, -1)) for item, most in second_cres.MOST.items()},
    "consciousness": second_cres.LEVELS,
    "papilledema_stage": tuple(D(n) for n in range(6)),
    "cerebral_edema": second_cres.EDEMAS,
    "seizure": second_cres.SEIZURES,
    "seizure_type": ("focal", "generalized"),
    "seizure_resolved": (True, False),
    "status_epilepticus": (False, True),
    "motor_weakness": ("none", "deep_focal"),
}


def decides(given: Given, name: str, others: list[str]) -> bool:
    """Can knowing `name` change the answer, alone or once all others are absent but for one?"""
    absent = {**given, **{other: TURNS_OUT[other][0] for other in others}}
    tried = [given, absent]
    tried += [{**absent, o: value} for o in others for value in (None, *TURNS_OUT[o][1:])]
    if name in second_cres.MOST:
        # One point decides only beside certain others.
        items = [other for other in others if other in second_cres.MOST]
        points = product(*(TURNS_OUT[item] for item in items))
        tried += [{**absent, **dict(zip(items, each, strict=True))} for each in points]
    return any(
        len(
            {second_cres.interval(with_items({**known, name: v})) for v in (None, *TURNS_OUT[name])}
        )
        > 1
        for known in tried
    )


@pytest.mark.parametrize("name", ["score", "items", "pressure", "seizures", "weakness"])
def test_missing_names_only_what_can_decide(name: str) -> None:
    items = {charted: item for item, charted in cres.CHARTED_AS.items()}
    checked = 0
    for context, given in product(beside(name)[::5], BLOCKS[name].inputs[::7]):
        known = {**context, **given}
        missing = [items.get(each, each) for each in answer(known)[2]]
        for finding in missing:
            assert known.get(finding) is None, f"{finding} is known in {known}"
            others = [other for other in missing if other != finding]
            assert decides(known, finding, others), f"{finding} decides nothing in {known}"
            checked += 1
    assert checked > 10
