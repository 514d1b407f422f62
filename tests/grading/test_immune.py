"""Immune recovery: what is found, with its time, and nothing that is advised.

Hazards: an IgG of 400 mg/dL, which one guideline treats and another does not; a level two days
after immunoglobulin, read as the patient's own; a myeloma patient whose M-protein makes the IgG
normal.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from toxmon.grading import immune
from toxmon.grading.facts import Bounds, Fact, Value

D = Decimal
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def fact(
    kind: str,
    value: Value | str,
    days_ago: float = 1,
    normal: tuple[Decimal | None, Decimal | None] | None = None,
) -> Fact:
    number = D(value) if isinstance(value, str) else value
    at = NOW - timedelta(days=days_ago)
    return Fact(f"{kind}-{days_ago}", kind, number, at, normal=normal)


def found(**findings: Any) -> dict[str, Any]:
    return immune.recovery(immune.Findings(**findings), NOW)


@pytest.mark.parametrize(
    ("value", "below", "at_most"),
    [
        ("399.9", True, True),
        ("400", False, True),
        ("400.1", False, False),
        (Bounds(D(0), D(400), False, True), True, True),
        (Bounds(D(0), D(400)), None, True),
        (Bounds(D(0), D(500)), None, None),
        (Bounds(D(400), None, True), False, False),
        (Bounds(D(400), None), False, None),
    ],
)
def test_igg_is_compared_both_ways_with_400(
    value: Value, below: bool | None, at_most: bool | None
) -> None:
    igg = found(igg=fact("igg", value))["igg"]
    assert (igg["below_400"], igg["at_most_400"]) == (below, at_most)


@pytest.mark.parametrize(("value", "above"), [("199", False), ("200", False), ("200.1", True)])
def test_cd4_is_above_200_or_not(value: str, above: bool) -> None:
    assert found(cd4=fact("cd4", value))["cd4"]["above_200"] is above


def test_a_result_stands_with_its_unit_its_time_and_the_range_of_its_laboratory() -> None:
    sample = fact("b_cells", "12", days_ago=3.9, normal=(D(100), D(500)))
    assert found(b_cells=sample)["b_cells"] == {
        "value": D(12),
        "unit": "/uL",
        "at": "2026-05-28T14:24:00Z",
        "fact": "b_cells-3.9",
        "days_ago": 3,
        "reference_range": {"low": D(100), "high": D(500)},
        "below_lln": True,
    }


@pytest.mark.parametrize(
    ("normal", "below"),
    [
        (None, None),
        ((None, D(1600)), None),
        ((D(700), D(1600)), False),
        ((D("700.1"), D(1600)), True),
    ],
)
def test_below_the_lower_limit_is_that_of_the_result_itself(
    normal: tuple[Decimal | None, Decimal | None] | None, below: bool | None
) -> None:
    igg = found(igg=fact("igg", "700", normal=normal))["igg"]
    assert igg["below_lln"] is below
    expected = normal or (None, None)
    assert igg["reference_range"] == {"low": expected[0], "high": expected[1]}


def test_the_units_are_those_of_the_fields() -> None:
    told = found(
        igg=fact("igg", "500"),
        cd4=fact("cd4", "150"),
        b_cells=fact("b_cells", "0"),
        m_protein=fact("m_protein", "1.2"),
    )
    units = {name: told[name]["unit"] for name in ("igg", "cd4", "b_cells", "m_protein")}
    assert units == {"igg": "mg/dL", "cd4": "/uL", "b_cells": "/uL", "m_protein": "g/dL"}
    assert told["missing"] == []


@pytest.mark.parametrize(
    ("doses_ago", "before_sample", "last_ago", "warned"),
    [
        ((), None, None, False),
        ((30,), 20, 30, True),
        ((60, 30), 20, 30, True),
        ((30, 60), 20, 30, True),
        ((30, 2), 20, 2, True),  # The later dose came after the sample of ten days ago.
        ((2,), None, 2, False),
        ((10,), 0, 10, True),
        ((10.9,), 0, 10, True),
        ((11,), 1, 11, True),
        ((0,), None, 0, False),
        ((-1,), None, None, False),  # Charted for tomorrow: it has not been given.
    ],
)
def test_days_since_immunoglobulin(
    doses_ago: tuple[float, ...], before_sample: int | None, last_ago: int | None, warned: bool
) -> None:
    doses = tuple(NOW - timedelta(days=each) for each in doses_ago)
    told = found(igg=fact("igg", "500", days_ago=10), immunoglobulin_given_at=doses)
    assert told["igg"]["days_since_immunoglobulin"] == before_sample
    last = told["immunoglobulin"]
    assert (None if last is None else last["days_ago"]) == last_ago
    assert ("igg_after_immunoglobulin" in told["warnings"]) is warned


def test_the_last_dose_has_its_time() -> None:
    told = found(immunoglobulin_given_at=(NOW - timedelta(days=3),))
    assert told["immunoglobulin"] == {"last_given_at": "2026-05-29T12:00:00Z", "days_ago": 3}
    assert told["warnings"] == []


@pytest.mark.parametrize(
    ("paraprotein", "m_protein", "warnings"),
    [
        (True, None, ["m_protein_in_igg"]),
        (True, "2.0", ["m_protein_in_igg"]),
        (False, "2.0", []),
        (None, "2.0", ["m_protein_not_stated"]),
        (None, "0", []),
        (None, Bounds(D(0), D("0.1"), False, True), ["m_protein_not_stated"]),
        (None, None, []),
    ],
)
def test_the_m_protein_caveat(
    paraprotein: bool | None, m_protein: Any, warnings: list[str]
) -> None:
    band = None if m_protein is None else fact("m_protein", m_protein)
    told = found(igg=fact("igg", "900"), m_protein=band, igg_paraprotein=paraprotein)
    assert told["warnings"] == warnings
    assert told["igg"]["value"] == 900, "nothing is subtracted"
    if band is not None:
        assert told["m_protein"]["igg"] is paraprotein
    without = found(m_protein=band, igg_paraprotein=paraprotein)
    assert without["warnings"] == [], "there is no IgG to be careful with"


def test_what_was_never_measured_is_missing_and_what_is_later_is_not_known_yet() -> None:
    nothing = found()
    assert nothing["missing"] == ["igg", "cd4", "b_cells"]
    assert [nothing[name] for name in ("igg", "cd4", "b_cells", "m_protein")] == [None] * 4
    assert (nothing["immunoglobulin"], nothing["warnings"]) == (None, [])
    tomorrow = found(igg=fact("igg", "500", days_ago=-1), cd4=fact("cd4", "10", days_ago=0))
    assert tomorrow["missing"] == ["igg", "b_cells"]
    assert tomorrow["cd4"]["days_ago"] == 0


def test_every_warning_is_worded_and_given() -> None:
    given = {
        code
        for paraprotein in (None, True)
        for code in found(
            igg=fact("igg", "500"),
            m_protein=fact("m_protein", "1"),
            igg_paraprotein=paraprotein,
            immunoglobulin_given_at=(NOW - timedelta(days=9),),
        )["warnings"]
    }
    assert given == set(immune.WARNINGS)
    for words in immune.WARNINGS.values():
        assert re.fullmatch(r"(An?|[A-Z][a-z]+) .*\.", words), words


def test_the_findings_are_plain_data() -> None:
    told = found(
        igg=fact("igg", Bounds(D(0), D(40), False, True)),
        cd4=fact("cd4", "150", normal=(D(500), None)),
        immunoglobulin_given_at=(NOW - timedelta(days=9),),
    )
    assert told["igg"]["value"] == {"low": 0, "high": 40, "low_open": False, "high_open": True}
    assert json.loads(json.dumps(told, default=float))["cd4"]["value"] == 150.0
