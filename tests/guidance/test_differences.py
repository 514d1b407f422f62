"""Two lines on one topic: what makes them differ, and what is only left unsaid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from toxmon.guidance.conditions import HOLDS, NOT_KNOWN, Condition
from toxmon.guidance.differences import Held, differences
from toxmon.guidance.lines import Sourced
from toxmon.protocol import Citation
from toxmon.protocol.guidance import Advised, Guidance, Line

H = timedelta(hours=1)
DOSE = Advised(drug="dexamethasone", amount=Decimal(10), every=12 * H)
LINE = Line(
    event="crs", grades=(2,), section="drug", topic="steroid", text="Dexamethasone.",
    doses=(DOSE,), citation=Citation("a text", 2021, "guideline", True),
)  # fmt: skip
DOCUMENT = Guidance(
    name="a", title="A", version=1, body="A", about=(), high_risk=None, lines=(), not_read=(),
    digest="", text="",
)  # fmt: skip
ASKS = Condition("it is worse", NOT_KNOWN)
MET = Condition("the patient is 18 years or older", HOLDS)


def held(body: str, line: Line, *conditions: Condition) -> Held:
    return Held(Sourced(f"{body}#1", body, line, DOCUMENT, 1), conditions)


def dosed(**more: Any) -> Line:
    return replace(LINE, doses=(replace(DOSE, **more),))


@pytest.mark.parametrize(
    ("differ", "line"),
    [
        (False, LINE),
        (True, dosed(amount=Decimal(20))),
        (True, dosed(amount_high=Decimal(20))),
        (True, dosed(per_kg=True)),
        (True, dosed(unit="ug")),
        (True, dosed(every=6 * H)),
        (True, dosed(every_high=24 * H)),
        (True, dosed(every=None, times=1)),
        (True, dosed(position="consider")),
        (True, dosed(note="if worse")),
        (True, dosed(drug="methylprednisolone")),
        (True, replace(LINE, position="against")),
        (True, replace(LINE, doses=(DOSE, DOSE))),
        (False, dosed(amount=None)),
        (False, dosed(every=None)),
        (False, dosed(days=3)),
        (False, dosed(cap=Decimal(40))),
        (False, dosed(route="IV")),
        (False, replace(LINE, doses=())),
        (False, replace(LINE, text="The same in other words.")),
    ],
)
def test_two_bodies(differ: bool, line: Line) -> None:
    for sides in ((held("A", LINE), held("B", line)), (held("B", line), held("A", LINE))):
        assert bool(differences(sides, (2,))) == differ
    assert differences((held("A", LINE), held("A", line)), (2,)) == ()


def test_a_condition_that_nobody_knows_makes_a_difference_and_one_that_holds_does_not() -> None:
    assert differences((held("A", LINE), held("B", LINE, MET)), (2,)) == ()
    (found,) = differences((held("A", LINE), held("B", LINE, ASKS)), (2,))
    assert [side.says for side in found.sides] == [
        "dexamethasone 10 mg every 12 h",
        "dexamethasone 10 mg every 12 h, if it is worse",
    ]


def test_intervals_of_watching_differ_only_where_both_say_one() -> None:
    watch = replace(LINE, doses=(), topic="ice_frequency")
    often, seldom = replace(watch, every=8 * H), replace(watch, every=12 * H)
    assert differences((held("A", often), held("B", seldom)), (2,))
    assert differences((held("A", often), held("B", watch)), (2,)) == ()


def test_grades_at_which_the_same_sides_differ_are_told_once() -> None:
    wide = replace(LINE, grades=(2, 3, 4))
    other = replace(dosed(every=6 * H), grades=(2, 3))
    (found,) = differences((held("A", wide), held("B", other)), (2, 3, 4))
    assert found.grades == (2, 3)
