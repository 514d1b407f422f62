"""Every row of the ICAHT and T-ICAHT tables is what the program answers, and the second opinion."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.every import every
from tests.grading import second_icaht
from tests.grading.tables import READ, Row, rows
from toxmon.grading.grade import Grade
from toxmon.scales.icaht import SCALES

HERE = Path(__file__).parent
STATELESS = {each.scale.name: each for each in SCALES}
ROWS = [row for scale in STATELESS for row in rows(HERE / f"{scale}.md")]


def named(row: Row) -> str:
    return f"{row.scale}: {row.heading}: {row.case}"


def answer(row: Row) -> Grade:
    stateless = STATELESS[row.scale]
    assert stateless.gather is not None
    graded = stateless.scale.grade(stateless.gather(row.given))
    assert isinstance(graded, Grade)
    return graded


def told(more: Any, path: str) -> str:
    for step in path.split("."):
        more = more[step]
    return str(more)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_row(row: Row) -> None:
    graded = answer(row)
    assert (graded.low, graded.high) == (row.low, row.high)
    assert graded.missing == tuple(dict.fromkeys(graded.missing))
    assert set(graded.missing) == row.missing
    assert set(graded.warnings) == row.warnings
    assert len(graded.warnings) == len(set(graded.warnings)), "a warning is given once"
    assert {path: told(graded.more, path) for path in row.more} == row.more
    assert graded.because, "a grade says because"
    for reason in graded.because:
        assert all((reason.rule.startswith(f"{row.scale}."), reason.text, reason.source))


@every("row", ROWS, ids=named)
def test_second_opinion_on_row(row: Row) -> None:
    assert second_icaht.interval(row.scale, row.given) == (row.low, row.high)


@pytest.mark.parametrize("scale", STATELESS)
def test_every_finding_is_known_in_a_row_and_blank_in_another(scale: str) -> None:
    inputs = {each.name for each in STATELESS[scale].inputs}
    assert set(READ[scale]) == inputs
    here = [row for row in ROWS if row.scale == scale]
    assert set().union(*(row.given for row in here)) == inputs
    assert set().union(*(set(row.columns) - set(row.given) for row in here)) == inputs


@pytest.mark.parametrize("scale", STATELESS)
def test_every_warning_is_worded_and_in_a_row(scale: str) -> None:
    told = set().union(*(row.warnings for row in ROWS if row.scale == scale))
    assert told == set(STATELESS[scale].scale.warnings)


def test_the_seven_traits_cite_their_record() -> None:
    cited = [row for row in ROWS if row.source]
    assert len(cited) == 10
    for row in cited:
        assert f"({row.source})" in row.case
        assert list((HERE.parents[1] / "docs" / "decisions").glob(f"{row.source}-*.md"))
