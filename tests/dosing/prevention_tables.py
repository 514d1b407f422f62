"""Reads the tables of this folder that are about prevention: rows by heading, and their cells."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from toxmon.dosing.reading import Reading
from toxmon.grading.facts import Bounds, Number
from toxmon.protocol import load_protocols

HERE = Path(__file__).parent
PROTOCOLS = load_protocols()
DOCUMENT = PROTOCOLS.prevention["default"]
FRESH_FOR = PROTOCOLS.policies["default"].policy.fresh_for
ANSWERS = {"yes": True, "no": False, "not_known": None}
COMPARED = re.compile(r"(<=|>=|<|>)?(\d+(?:\.\d+)?)")
DAY = timedelta(days=1)
Row = dict[str, str]


def rows(name: str) -> dict[str, list[Row]]:
    """The rows of a page under each heading, by column. What cannot be read is an error."""
    found: dict[str, list[Row]] = {}
    heading, columns = "", list[str]()
    for line in (HERE / f"{name}.md").read_text("utf-8").splitlines():
        if line.startswith("## "):
            heading, columns = line.removeprefix("## "), []
        elif not line.startswith("|"):
            columns = []
        elif not columns:
            columns = [cell.strip() for cell in line.strip("|").split("|")]
        elif not re.fullmatch(r"[|: -]+", line):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            found.setdefault(heading, []).append(dict(zip(columns, cells, strict=True)))
    for part, each in found.items():
        cases = [row["case"] for row in each]
        assert all(cases), f"{part}: a row without a case"
        assert len(cases) == len(set(cases)), f"{part}: a case twice"
    assert found
    return found


def number(word: str) -> Number:
    """350, <300, >=400."""
    read = COMPARED.fullmatch(word)
    assert read, word
    value = Decimal(read[2])
    if read[1] is None:
        return value
    strict = len(read[1]) == 1
    if read[1].startswith("<"):
        return Bounds(None, value, high_open=strict)
    return Bounds(value, None, low_open=strict)


def listed(cell: str, sign: str = ",") -> list[str]:
    """The parts of a cell; none of an empty one."""
    return [each.strip() for each in cell.split(sign) if each.strip()]


def reading(word: str, at: object) -> Reading:
    """A value at an instant."""
    return Reading(value=number(word), at=at)  # type: ignore[arg-type]
