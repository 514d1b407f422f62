"""IEC-HS, carHLH, HLH-2004 and HScore: every row of their pages, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.every import every
from tests.grading import second_hlh
from tests.grading.columns_hlh import READ
from tests.grading.tables import Row, rows
from toxmon.grading import carhlh, hlh_2004, hscore, iec_hs
from toxmon.grading.scale import Scale
from toxmon.scales.hlh import SCALES as STATELESS

HERE = Path(__file__).parent
SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (*iec_hs.SCALES, *carhlh.SCALES, *hlh_2004.SCALES, *hscore.SCALES)
}
SECOND: Mapping[str, Callable[[Mapping[str, Any]], tuple[int, int]]] = {
    "iec_hs": second_hlh.iec_hs,
    "carhlh": second_hlh.carhlh,
    "hlh_2004": second_hlh.hlh_2004,
    "hscore": second_hlh.hscore,
}
ROWS = [row for scale in SCALES for row in rows(HERE / f"{scale}.md")]
IN_WORDS = {True: "yes", False: "no", None: "unknown"}
SENT = {stateless.scale.name: stateless for stateless in STATELESS}
D = Decimal


def named(row: Row) -> str:
    return f"{row.scale}: {row.heading}: {row.case}"


def told(more: Any, path: str) -> str:
    for step in path.split("."):
        more = more[step]
    return IN_WORDS[more] if more is None or isinstance(more, bool) else str(more)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_row(row: Row) -> None:
    scale = SCALES[row.scale]
    answer = scale.grade(scale.findings(**row.given))
    warnings = {code for code in answer.warnings if row.stated or not code.endswith("_not_stated")}

    assert (answer.low, answer.high) == (row.low, row.high)
    assert answer.value == (row.low if row.low == row.high else None)
    assert set(answer.missing) == row.missing
    assert warnings == row.warnings
    assert {path: told(answer.more, path) for path in row.more} == row.more
    assert len(answer.missing) == len(set(answer.missing)), "a finding is named once"
    assert len(answer.warnings) == len(set(answer.warnings)), "a warning is given once"
    assert answer.because, "an answer says because"
    asked = {field.name for field in fields(scale.findings)}
    for reason in answer.because:
        assert all((reason.rule.startswith(f"{row.scale}."), reason.text, reason.source))
        assert reason.findings, "a reason names its findings"
        assert set(reason.findings) <= asked


@every("row", ROWS, ids=named)
def test_second_opinion_on_row(row: Row) -> None:
    assert SECOND[row.scale](row.given) == (row.low, row.high)


@pytest.mark.parametrize("scale", SCALES)
def test_every_finding_is_known_in_a_row_and_blank_in_another(scale: str) -> None:
    asked = {field.name for field in fields(SCALES[scale].findings)}
    assert set(READ[scale]) == asked
    assert {each.name for each in SENT[scale].inputs} == asked
    here = [row for row in ROWS if row.scale == scale]
    assert {name for row in here for name in row.given} == asked
    assert {name for row in here for name in asked - set(row.given)} == asked


@pytest.mark.parametrize("scale", SCALES)
def test_every_warning_is_in_a_row_and_every_missing_is_a_finding(scale: str) -> None:
    here = [row for row in ROWS if row.scale == scale]
    assert {code for row in here for code in row.warnings} == set(SCALES[scale].warnings)
    assert {name for row in here for name in row.missing} <= set(READ[scale])


@every("row", ROWS, ids=named)
def test_an_answer_is_plain_data(row: Row) -> None:
    scale = SCALES[row.scale]

    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(key, str) and plain(each) for key, each in value.items())
        if isinstance(value, list | tuple):
            return all(plain(each) for each in value)
        return value is None or isinstance(value, str | bool | int | Decimal)

    assert plain(dict(scale.grade(scale.findings(**row.given)).more))
