"""IEC-HS, carHLH, HLH-2004 and HScore proved: total, monotone, consistent, honest, agreed.

Each number stands for its class on both sides of a bound, and intervals of a laboratory are among
them. carHLH is enumerated whole (3,888 inputs). The others divide into parts that meet in a count:

* IEC-HS: ferritin (126 inputs) with confirmation, severity and treatment (63) whole; the acts with
  all of these for one ferritin of each kind; each criterion whole; the suspicion over every
  combination of fits, common, possible, CRS, cause and confirmation (10,935);
* HLH-2004: the eight criteria whole with one finding for each (26,244); the cytopenias and the
  lipids whole, where they are the fifth criterion and where they are not;
* HScore: the sum is a sum, so each item whole, and drawn inputs of all items together.

*Consistent* is: learning a finding only narrows, and what is not named in `missing` changes
nothing. Exempt, for learning it is no narrowing: attribution and death (0011), which a severity of
"death" is too; a confirmation against a ferritin that does not fit (0039); for criteria the
baseline of AST and ALT (0038), and PT and aPTT against what a clinician says of them, where the
worse counts; an age that contradicts "under 4 weeks old".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.grading import second_hlh
from tests.grading.spaces import Given, Sweep, contexts
from tests.grading.spaces_hlh import (
    CLINICIANS,
    COMMONS,
    CRITERIA,
    FERRITINS,
    HSCORE_VALUES,
    POSSIBLES,
    SWEEPS,
    exempt,
    worse,
)
from toxmon.grading import carhlh, hlh_2004, hscore, iec_hs
from toxmon.grading.facts import Bounds
from toxmon.grading.scale import Scale

D = Decimal
SCALES: Mapping[str, Scale] = {
    "iec_hs": iec_hs.IEC_HS,
    "carhlh": carhlh.CARHLH,
    "hlh_2004": hlh_2004.HLH_2004,
    "hscore": hscore.HSCORE,
}
SECOND: Mapping[str, Callable[[Given], tuple[int, int]]] = {
    "iec_hs": second_hlh.iec_hs,
    "carhlh": second_hlh.carhlh,
    "hlh_2004": second_hlh.hlh_2004,
    "hscore": second_hlh.hscore,
}
HIGHEST = {"iec_hs": 5, "carhlh": 1, "hlh_2004": 1, "hscore": 337}


# An age in years is known instead of what it answers, and it is the latter that is missing.
ANSWERS = {"age_years": "under_4_weeks_old"}


class Answer(NamedTuple):
    low: int
    high: int
    missing: tuple[str, ...]


def first(scale: str, known: Given) -> Answer:
    """What the program answers. That it answers, and in what form, is asserted for every input."""
    grade = SCALES[scale].grade(SCALES[scale].findings(**known))
    assert grade.low is not None, known
    assert grade.high is not None, known
    assert 0 <= grade.low <= grade.high <= HIGHEST[scale], known
    assert grade.value == (grade.low if grade.low == grade.high else None), known
    assert grade.because, known
    assert set(grade.warnings) <= set(SCALES[scale].warnings), known
    return Answer(int(grade.low), int(grade.high), grade.missing)


class Swept(NamedTuple):
    sweep: Sweep
    answers: list[list[Answer]]


@pytest.fixture(params=SWEEPS, scope="module")
def swept(request: pytest.FixtureRequest) -> Swept:
    sweep = SWEEPS[request.param]
    every = [[first(sweep.scale, known) for known in sweep.inputs(c)] for c in sweep.contexts]
    return Swept(sweep, every)


def each(swept: Swept) -> Iterator[tuple[Given, Answer]]:
    sweep, every = swept
    for context, answers in zip(sweep.contexts, every, strict=True):
        yield from zip(sweep.inputs(context), answers, strict=True)


def test_total_and_equal_to_the_second_implementation(swept: Swept) -> None:
    for known, answer in each(swept):
        assert answer[:2] == SECOND[swept.sweep.scale](known), known


def test_monotone(swept: Swept) -> None:
    """A worse finding in the place of a better one lowers neither low nor high."""
    sweep, every = swept
    assert sweep.block.worsenings
    for context, answers in zip(sweep.contexts, every, strict=True):
        for better, worse_one in sweep.block.worsenings:
            (low, high, _), (worse_low, worse_high, _) = answers[better], answers[worse_one]
            if worse_low < low or worse_high < high:
                one, other = sweep.shown(context, better), sweep.shown(context, worse_one)
                pytest.fail(f"{one} is {low}..{high}, {other} is {worse_low}..{worse_high}")


def test_consistent(swept: Swept) -> None:
    """Learning a finding only narrows, and what is not missing changes nothing."""
    sweep, every = swept
    narrowings = [
        (name, unknown, known)
        for name, unknown, known in sweep.block.neighbors
        if sweep.block.inputs[unknown][name] is None
    ]
    checked = 0
    for context, answers in zip(sweep.contexts, every, strict=True):
        for name, unknown, known in narrowings:
            (low, high, missing), (new_low, new_high, _) = answers[unknown], answers[known]
            inside = low <= new_low and new_high <= high
            checked += 1
            named = ANSWERS.get(name, name) in missing
            if inside and (named or (low, high) == (new_low, new_high)):
                continue
            before = {**context, **sweep.block.inputs[unknown]}
            after = {**context, **sweep.block.inputs[known]}
            assert exempt(name, before, after), (
                f"{sweep.shown(context, unknown)} is {low}..{high}, missing {missing}; "
                f"{sweep.shown(context, known)} is {new_low}..{new_high}"
            )
    assert checked


# What an unknown finding may turn out to be.
TURNS_OUT: Mapping[str, tuple[Any, ...]] = {
    "confirmed": (True, False),
    "severity": ("none", "severe", "life_threatening"),
    "nk_activity": ("low", "normal"),
    "triglycerides_fasting": (True, False),
    "hemoglobin_g_dl": (D(8), D("9.5"), D(12)),
}
NUMBERS = (D("0.001"), D(10) ** 9)


def turns_out(name: str) -> tuple[Any, ...]:
    units = ("_ml", "_dl", "_l", "_ul", "_c", "_grade")
    return TURNS_OUT.get(name) or (NUMBERS if name.endswith(units) else (False, True))


def decides(scale: str, known: Given, name: str, others: tuple[str, ...]) -> bool:
    """Can knowing `name` change the answer, whatever is then known of the `others`?"""
    answers: Mapping[str, Any] = known
    if known.get("triglycerides_fasting") is False:
        # A triglyceride that was drawn after a meal is to be drawn again, fasting.
        answers = {**known, "triglycerides_fasting": True}
    for values in product(*((None, *turns_out(other)) for other in others)):
        rest = {**answers, **dict(zip(others, values, strict=True))}
        found = {SECOND[scale]({**rest, name: value}) for value in (None, *turns_out(name))}
        if len(found) > 1:
            return True
    return False


def test_missing_names_only_what_can_decide(swept: Swept) -> None:
    """Each name is that of an unknown finding, and decides, alone or with others that are named.

    For each name in each list of missing ones, the first input that has it is tried,
    and every five hundredth after it.
    """
    scale = swept.sweep.scale
    asked = {field.name for field in fields(SCALES[scale].findings)}
    seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for known, answer in each(swept):
        assert bool(answer.missing) is (answer.low < answer.high), known
        assert set(answer.missing) <= asked, known
        for name in answer.missing:
            value = known.get(name)
            again = name == "triglycerides_mg_dl" and known.get("triglycerides_fasting") is False
            assert value is None or isinstance(value, Bounds) or again, (name, known)
            seen[name, answer.missing] += 1
            if seen[name, answer.missing] == 1 or seen[name, answer.missing] % 500 == 0:
                others = tuple(other for other in answer.missing if other != name)
                assert decides(scale, known, name, others), f"{name} decides nothing in {known}"
    assert seen


# The criteria of IEC-HS, one by one -------------------------------------------------------------


class Criterion(NamedTuple):
    met: bool | None
    missing: tuple[str, ...]


class Part:
    """A criterion with its answers over every input of its block."""

    def __init__(self, name: str) -> None:
        self.name, self.block = name, CRITERIA[name]

    @cached_property
    def answers(self) -> list[Criterion]:
        return [self._of(known) for known in self.block.inputs]

    def _of(self, known: Given) -> Criterion:
        grade = iec_hs.grade(iec_hs.Findings(**known))
        (item,) = (i for i in grade.more["criteria"]["items"] if i["name"] == self.name)
        return Criterion(item["met"], tuple(item["missing"]))


@pytest.fixture(params=CRITERIA, scope="module")
def part(request: pytest.FixtureRequest) -> Part:
    return Part(request.param)


def test_a_criterion_is_equal_to_the_second_implementation(part: Part) -> None:
    for known, (met, missing) in zip(part.block.inputs, part.answers, strict=True):
        assert met is second_hlh.answer(second_hlh.iec_hs_criteria(known)[part.name]), known
        assert bool(missing) is (met is None), known
        assert set(missing) <= set(part.block.findings), known


def test_a_criterion_is_monotone(part: Part) -> None:
    order = {False: 0, None: 1, True: 2}
    assert part.block.worsenings
    for better, worse_one in part.block.worsenings:
        one, other = part.answers[better].met, part.answers[worse_one].met
        assert order[one] <= order[other], (part.block.inputs[better], part.block.inputs[worse_one])


def test_a_criterion_is_consistent(part: Part) -> None:
    assert part.block.narrowings
    for unknown, known in part.block.narrowings:
        if part.answers[unknown].met is not None:
            pair = (part.block.inputs[unknown], part.block.inputs[known])
            assert part.answers[unknown].met is part.answers[known].met, pair


def test_the_suspicion_is_equal_to_the_second_implementation() -> None:
    told = set()
    for known in contexts(FERRITINS, COMMONS, POSSIBLES, CLINICIANS):
        more = iec_hs.grade(iec_hs.Findings(**known)).more
        assert more["suspected"] is second_hlh.iec_hs_suspected(known), known
        told.add(more["suspected"])
        criteria = second_hlh.iec_hs_criteria(known)
        assert more["criteria"]["required"] is second_hlh.answer(criteria.pop("ferritin")), known
        common = second_hlh.counts(criteria.pop(name) for name in second_hlh.COMMON)
        possible = second_hlh.counts(criteria.values())
        counted = more["criteria"]
        assert (counted["common"], counted["common_at_most"]) == (min(common), max(common))
        assert (counted["possible"], counted["possible_at_most"]) == (min(possible), max(possible))
    assert told == {True, False, None}


# HScore, all items together ---------------------------------------------------------------------

DRAWN = st.fixed_dictionaries(
    {name: st.sampled_from(values) for name, values in HSCORE_VALUES.items()}
)


@settings(max_examples=500, deadline=None)
@given(DRAWN)
def test_hscore_of_any_findings_is_equal_to_the_second_implementation(known: Given) -> None:
    low, high, missing = first("hscore", known)
    assert (low, high) == second_hlh.hscore(known)
    assert bool(missing) is (low < high)


@settings(max_examples=500, deadline=None)
@given(DRAWN, st.sampled_from(sorted(HSCORE_VALUES)), st.data())
def test_hscore_is_consistent_and_monotone(known: Given, name: str, data: st.DataObject) -> None:
    after = {**known, name: data.draw(st.sampled_from(HSCORE_VALUES[name]))}
    (low, high, missing), (new_low, new_high, _) = first("hscore", known), first("hscore", after)
    if known[name] is None:
        assert low <= new_low <= new_high <= high
        assert name in missing or (low, high) == (new_low, new_high)
    if worse(name, known, after):
        assert low <= new_low
        assert high <= new_high
