"""Every row of the Markdown tables is what the program answers, and the second opinion too."""

from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from tests.every import every
from tests.grading import second_crs, second_icans
from tests.grading.tables import ICE_ITEMS, READ, Row, rows
from toxmon.grading import crs, icans
from toxmon.grading.grade import Grade

HERE = Path(__file__).parent
PAGES = ("crs.md", "icans.md", "vignettes.md")
ROWS = [row for page in PAGES for row in rows(HERE / page)]
SCALES: dict[str, ModuleType] = {"crs": crs, "icans": icans}
SECOND: dict[str, ModuleType] = {"crs": second_crs, "icans": second_icans}

# The names that a `missing` cell may have: an ICE item is not a finding of its own.
MISSING = {
    "crs": set(READ["crs"]),
    "icans": set(READ["icans"]) - set(ICE_ITEMS) | {f"ice_{item}" for item in ICE_ITEMS},
}


def named(row: Row) -> str:
    return f"{row.scale}: {row.heading}: {row.case}"


def because(scale: str, answer: Grade) -> str:
    """The reasons of an answer as the column of that name has them."""
    rules = ((each.rule.removeprefix(f"{scale}."), each.findings) for each in answer.because)
    return "; ".join(f"{rule}: {' '.join(found)}".rstrip(": ") for rule, found in rules)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_row(row: Row) -> None:
    scale = SCALES[row.scale]
    answer = scale.grade(scale.Findings(**row.given))
    warnings = {name for name in answer.warnings if row.stated or not name.endswith("_not_stated")}

    assert (answer.low, answer.high) == (row.low, row.high)
    assert answer.value == (row.low if row.low == row.high else None)
    assert set(answer.missing) == row.missing
    assert warnings == row.warnings
    assert len(answer.missing) == len(set(answer.missing)), "a finding is named once"
    assert len(answer.warnings) == len(set(answer.warnings)), "a warning is given once"
    assert answer.because, "a grade says because"
    for reason in answer.because:
        assert all((reason.rule, reason.text, reason.source))
        assert set(reason.findings) <= {field.name for field in fields(scale.Findings)}
    assert row.because in ("", because(row.scale, answer))


@every("row", ROWS, ids=named)
def test_second_opinion_on_row(row: Row) -> None:
    assert SECOND[row.scale].interval(row.given) == (row.low, row.high)


@pytest.mark.parametrize("scale", SCALES)
def test_every_finding_is_known_in_a_row_and_blank_in_another(scale: str) -> None:
    asked = {field.name for field in fields(SCALES[scale].Findings)} - {"ice"}
    if scale == "icans":
        asked |= set(ICE_ITEMS)
    assert set(READ[scale]) == asked

    here = [row for row in ROWS if row.scale == scale]
    known, blank = set(), set()
    for row in here:
        items = row.given.get("ice", {})
        has = set(row.given) | {item for item, points in items.items() if points is not None}
        known |= has - {"ice"}
        blank |= set(row.columns) - has
    assert known == asked
    assert blank == asked


@pytest.mark.parametrize("scale", SCALES)
def test_every_warning_is_in_a_row_and_every_missing_is_a_finding(scale: str) -> None:
    here = [row for row in ROWS if row.scale == scale]
    # These come from the course of a patient and not from the findings of one moment.
    told_by_the_course = {"hypotension_provisional"}
    told = set().union(*(row.warnings for row in here))
    assert told == set(SCALES[scale].WARNINGS) - told_by_the_course
    assert set().union(*(row.missing for row in here)) <= MISSING[scale]


def test_every_vignette_has_its_citation() -> None:
    vignettes = rows(HERE / "vignettes.md")
    assert len(vignettes) == 15
    for row in vignettes:
        assert "doi:10.1016/j.bbmt.2018.12.758" in row.source, row.case


PAGE = """# A page

## {heading}

In every row: fever_other_cause no

| case | temperature_c | low | high | missing | warnings |
| ---- | ------------- | --- | ---- | ------- | -------- |
{row}
"""


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("| a fever | hot | 1 | 1 | | |", "crs.md:9"),
        ("| a fever | 38 | 1 | 1 | |", "crs.md:9"),
        ("| a fever | 38 | 1 | | | |", "crs.md:9"),
        ("| | 38 | 1 | 1 | | |", "crs.md:9"),
        ("| a fever | 38 | 1 | 1 | | |\n| a fever | 39 | 1 | 1 | | |", "twice 'a fever'"),
        ("", "no table"),
    ],
)
def test_a_page_that_cannot_be_read_is_an_error(tmp_path: Path, row: str, complaint: str) -> None:
    page = tmp_path / "crs.md"
    page.write_text(PAGE.format(heading="Fever", row=row), encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        rows(page)


def test_a_column_that_no_scale_has_is_an_error(tmp_path: Path) -> None:
    page = tmp_path / "crs.md"
    text = PAGE.format(heading="Fever", row="| a fever | 38 | 1 | 1 | | |")
    page.write_text(text.replace("temperature_c", "temperature_f"), encoding="utf-8")
    with pytest.raises(ValueError, match="temperature_f"):
        rows(page)


def test_several_tables_on_a_page_keep_their_own_columns(tmp_path: Path) -> None:
    page = tmp_path / "crs.md"
    first = PAGE.format(heading="Fever", row="| a fever | 38 | 1 | 1 | | |")
    second = "## Death\n\n| case | death_due_to_crs | low | high | missing | warnings |\n"
    second += "| --- | --- | --- | --- | --- | --- |\n| a death | yes | 5 | 5 | | |\n"
    page.write_text(first + second, encoding="utf-8")
    fever, death = rows(page)
    assert set(fever.given) == {"temperature_c", "fever_other_cause"}
    assert set(death.given) == {"death_due_to_crs"}
    assert death.heading == "Death"
