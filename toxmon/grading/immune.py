"""Immune recovery: immunoglobulin G, CD4 cells, B cells, and what a reader must know beside them.

Findings, and no advice: who is given immunoglobulin or prophylaxis, and when it ends, differs from
guideline to guideline. What they compare with is told as it is, both ways where they differ:

    | finding       | compared with | by                                                        |
    | ------------- | ------------- | --------------------------------------------------------- |
    | IgG mg/dL     | < 400         | Raje 2023, doi:10.1038/s41408-023-00879-7, and others     |
    |               | <= 400        | Hill et al., second-hand                                  |
    | CD4 cells /uL | > 200         | Rejeski 2023, doi:10.1182/blood.2023020578                |
    | each          | below LLN     | the laboratory's own lower limit of normal, of that result |

An IgG level soon after a dose of immunoglobulin is no trough, so that the days since the last dose
before the sample stand beside it. In IgG myeloma the total contains the M-protein, and nothing is
subtracted (decision 0036).

Units: IgG in mg/dL, CD4 and B cells per uL, M-protein in g/dL; days are elapsed days of 24 hours,
not begun ones. `now` is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.grading.facts import Bounds, Fact, Number, above, below, negated

IGG_MG_DL = Decimal(400)
CD4_PER_UL = Decimal(200)
UNITS = {"igg": "mg/dL", "cd4": "/uL", "b_cells": "/uL", "m_protein": "g/dL"}

WARNINGS = {
    "m_protein_in_igg": "The M-protein is IgG and counts into the level; how much of it is normal "
    "IgG is not known. Nothing is subtracted.",
    "m_protein_not_stated": "An M-protein is charted and not whether it is IgG. If it is, it "
    "counts into the level.",
    "igg_after_immunoglobulin": "Immunoglobulin was given before the sample. Soon after a dose the "
    "level is no trough; the days between them stand beside it.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The newest results, each with its time, and the doses of immunoglobulin so far.

    `igg_paraprotein`: the M-protein is IgG. Every field may be unknown.
    """

    igg: Fact | None = None
    cd4: Fact | None = None
    b_cells: Fact | None = None
    m_protein: Fact | None = None
    igg_paraprotein: bool | None = None
    immunoglobulin_given_at: tuple[datetime, ...] = ()


def recovery(findings: Findings, now: datetime) -> dict[str, Any]:
    """The findings as plain data at `now` (aware); nothing later than `now` is used.

    | field            | holds                                                                  |
    | ---------------- | ---------------------------------------------------------------------- |
    | igg              | value, unit, at, fact, days_ago, reference_range, below_lln; below_400, |
    |                  | at_most_400, days_since_immunoglobulin (None: none was given before)   |
    | cd4              | the same until below_lln; above_200                                    |
    | b_cells          | the same until below_lln                                               |
    | m_protein        | the same until below_lln; igg, whether it is IgG                       |
    | immunoglobulin   | last_given_at, days_ago; None when none was given                      |
    | missing          | those of igg, cd4 and b_cells that nobody has measured                 |
    | warnings         | codes of WARNINGS                                                      |

    A comparison is None where a value known only within limits does not decide it.
    """
    igg, cd4, b_cells, m_protein = (
        fact if fact is not None and fact.effective_at <= now else None
        for fact in (findings.igg, findings.cd4, findings.b_cells, findings.m_protein)
    )
    doses = sorted(at for at in findings.immunoglobulin_given_at if at <= now)
    before = [at for at in doses if igg is not None and at <= igg.effective_at]
    return {
        "igg": igg and {**_result(igg, now), **_of_igg(igg, before)},
        "cd4": cd4 and {**_result(cd4, now), "above_200": above(_number(cd4), CD4_PER_UL)},
        "b_cells": b_cells and _result(b_cells, now),
        "m_protein": m_protein and {**_result(m_protein, now), "igg": findings.igg_paraprotein},
        "immunoglobulin": _dose(doses, now),
        "missing": [
            name
            for name, fact in (("igg", igg), ("cd4", cd4), ("b_cells", b_cells))
            if fact is None
        ],
        "warnings": _warnings(findings, igg, m_protein, before),
    }


def _number(fact: Fact) -> Number:
    assert isinstance(fact.value, Decimal | Bounds), "a laboratory result is a number"
    return fact.value


def _result(fact: Fact, now: datetime) -> dict[str, Any]:
    number = _number(fact)
    low, high = fact.normal or (None, None)
    return {
        "value": _plain(number),
        "unit": UNITS[fact.kind],
        "at": _instant(fact.effective_at),
        "fact": fact.id,
        "days_ago": _days(fact.effective_at, now),
        "reference_range": {"low": low, "high": high},
        "below_lln": None if low is None else below(number, low),
    }


def _of_igg(fact: Fact, doses_before: list[datetime]) -> dict[str, Any]:
    number = _number(fact)
    return {
        "below_400": below(number, IGG_MG_DL),
        "at_most_400": negated(above(number, IGG_MG_DL)),
        "days_since_immunoglobulin": (
            _days(doses_before[-1], fact.effective_at) if doses_before else None
        ),
    }


def _dose(doses: list[datetime], now: datetime) -> dict[str, Any] | None:
    if not doses:
        return None
    return {"last_given_at": _instant(doses[-1]), "days_ago": _days(doses[-1], now)}


def _warnings(
    findings: Findings, igg: Fact | None, m_protein: Fact | None, doses_before: list[datetime]
) -> list[str]:
    if igg is None:
        return []
    charted = m_protein is not None and above(_number(m_protein), Decimal(0)) is not False
    codes = {
        "m_protein_in_igg": findings.igg_paraprotein,
        "m_protein_not_stated": findings.igg_paraprotein is None and charted,
        "igg_after_immunoglobulin": bool(doses_before),
    }
    return [code for code, true in codes.items() if true]


def _days(since: datetime, until: datetime) -> int:
    return (until - since) // timedelta(days=1)


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _plain(number: Number) -> Any:
    if isinstance(number, Decimal):
        return number
    ends = {"low": number.low, "high": number.high}
    return {**ends, "low_open": number.low_open, "high_open": number.high_open}
