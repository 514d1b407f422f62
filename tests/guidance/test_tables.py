"""Every row of lines.md and differences.md is what a clinician is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.guidance.make import advised, case, told
from toxmon.guidance.advice import LineFor
from toxmon.guidance.conditions import DOES_NOT, HOLDS, NOT_KNOWN
from toxmon.guidance.doses import DoseFor

HERE = Path(__file__).parent
PATIENT = ("product", "hour", "there", "kg", "age", "given")
COLUMNS = {*PATIENT, "case", "scale", "body", "topic", "at", "how", "dose", "if", "sides"}
SIGNS = {"+": HOLDS, "-": DOES_NOT, "?": NOT_KNOWN}
SCALES = {"crs", "icans", "iec_hs", "icaht_early", "icaht_late", "enterocolitis"}


def rows(page: str) -> list[dict[str, str]]:
    """The rows of every table of a page, by column; what cannot be read is an error."""
    found: list[dict[str, str]] = []
    columns: list[str] = []
    for line in (HERE / page).read_text("utf-8").splitlines():
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
        if not columns:
            columns = cells
            assert set(columns) <= COLUMNS, columns
        elif not re.fullmatch(r"[|: -]+", line):
            found.append(dict(zip(columns, cells, strict=True)))
    assert found
    assert len({row["case"] for row in found}) == len(found)
    return found


def patient(row: dict[str, str]):
    given = {name: row[name] for name in PATIENT if name in row}
    given["age"] = {"": "64", "?": ""}.get(row.get("age", ""), row.get("age", ""))
    return case(**given)


def parts(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def dosed(dose: DoseFor) -> str:
    """A dose as the table writes it."""
    if dose.why_not is not None:
        assert "no dose is computed" in dose.why_not
        return f"{dose.advised.drug} no weight"
    return f"{dose.advised.drug} {dose.amount or '-'}"


@pytest.mark.parametrize("row", rows("lines.md"), ids=lambda row: row["case"])
def test_line(row: dict[str, str]) -> None:
    scale = row["there"].split(" ")[0]
    syndrome = told(advised(patient(row), scale), scale)
    at = int(row["at"])
    ruled_out = row["how"] == "ruled out"

    def is_meant(each: LineFor) -> bool:
        line = each.sourced.line
        wanted = {words.split(" ", 1)[1] for words in parts(row.get("if", ""))}
        return (
            (each.sourced.body, line.topic) == (row["body"], row["topic"])
            and at in each.at_grades
            and len(each.conditions) == len(wanted)
            and all(any(words in c.says for c in each.conditions) for words in wanted)
        )

    found = [each for each in (*syndrome.lines, *syndrome.ruled_out) if is_meant(each)]
    assert len(found) == 1, [each.sourced.id for each in found]
    (line,) = found
    assert (line in syndrome.ruled_out) == ruled_out
    assert ruled_out or line.certainty == row["how"]
    assert [dosed(dose) for dose in line.doses] == parts(row["dose"])
    for words in parts(row.get("if", "")):
        sign, says = words.split(" ", 1)
        assert [c.state for c in line.conditions if says in c.says] == [SIGNS[sign]], words


@pytest.mark.parametrize("row", rows("differences.md"), ids=lambda row: row["case"])
def test_difference(row: dict[str, str]) -> None:
    syndrome = told(advised(patient(row), row["scale"]), row["scale"])
    at = tuple(int(grade) for grade in row["at"].split(", "))
    found = [each for each in syndrome.differences if each.topic == row["topic"]]
    sides = [
        f"{side.held.sourced.body}: {side.says}"
        for difference in found
        for side in difference.sides
    ]
    assert sides == parts(row["sides"])
    assert [each.grades for each in found] == ([at] if sides else [])
