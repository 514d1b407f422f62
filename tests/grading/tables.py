"""Reads the tables of a Markdown page as rows of findings and of the answer that is expected.

A page has any number of tables, each under a heading of its own and with its own columns. Above a
table may stand one line "In every row: seizure none; consciousness alert", which holds for all of
its rows and is written in the same words as a cell. Whatever cannot be read is a `ValueError` that
names the page and the line, so that a row never passes because it was skipped.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import InvalidOperation
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.grading.cells import listed, name, names, number, yes_or_no

ALWAYS = "In every row:"
ANSWER = ("low", "high", "missing", "warnings")
NOTES = ("case", "source", "because")
MORE = "more."
ICE_ITEMS = ("orientation", "naming", "commands", "writing", "attention")


@dataclass(frozen=True, slots=True)
class Row:
    """One patient at one moment, and what must be answered. `given` has only what is known."""

    scale: str
    heading: str
    case: str
    source: str
    columns: tuple[str, ...]
    given: Mapping[str, Any]
    low: int
    high: int
    missing: frozenset[str]
    warnings: frozenset[str]
    because: str
    """The rules that set `low`, each with its findings: "fever: temperature_c; mask: ...".

    A blank cell asks nothing.
    """
    more: Mapping[str, str]
    """Further answers, by the column's name after `more.`, as they are written in the cell."""

    @property
    def stated(self) -> bool:
        """Are the warnings that an attribution was not stated listed as well?"""
        return "stated" in self.heading


def rows(page: Path) -> list[Row]:
    """Every row of every table in `page`; two cases of one name under one heading are an error.

    The scale is the name of the page, or the heading where the page has several scales.
    """
    found = list(_rows(page))
    if not found:
        raise ValueError(f"{page.name}: no table")
    seen: set[tuple[str, str]] = set()
    for row in found:
        if (row.heading, row.case) in seen:
            raise ValueError(f"{page.name}: {row.heading}: twice {row.case!r}")
        seen.add((row.heading, row.case))
    return found


def _rows(page: Path) -> Iterator[Row]:
    heading = ""
    always: dict[str, str] = {}
    columns: tuple[str, ...] = ()
    for at, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            if line.startswith("#"):
                heading, always, columns = line.lstrip("# "), {}, ()
            elif line.startswith(ALWAYS):
                always = _always(line.removeprefix(ALWAYS))
            elif not line.startswith("|"):
                columns = ()
            elif not columns:
                columns = _columns(_cells(line))
            elif not re.fullmatch(r"[|: -]+", line):
                scale = page.stem if page.stem in READ else _scale(heading)
                cells = dict(zip(columns, _cells(line), strict=True))
                yield _row(scale, heading, always, cells)
        except (KeyError, ValueError, InvalidOperation) as error:
            raise ValueError(f"{page.name}:{at}: cannot read: {error!r}") from error


def _row(scale: str, heading: str, always: Mapping[str, str], cells: Mapping[str, str]) -> Row:
    if not cells["case"] or set(always) & set(cells):
        raise ValueError("a row has a case, and a column is not said twice")
    more = {
        column.removeprefix(MORE): cell
        for column, cell in cells.items()
        if column.startswith(MORE) and cell
    }
    words = {
        **always,
        **{
            column: cell
            for column, cell in cells.items()
            if column not in NOTES + ANSWER and not column.startswith(MORE)
        },
    }
    given = {column: READ[scale][column](word) for column, word in words.items() if word}
    items = {item: given.pop(item, None) for item in ICE_ITEMS if item in words}
    if items:
        given["ice"] = items
    return Row(
        scale=scale,
        heading=heading,
        case=cells["case"],
        source=cells.get("source", ""),
        columns=tuple(words),
        given=given,
        low=int(cells["low"]),
        high=int(cells["high"]),
        missing=frozenset(listed(cells["missing"])),
        warnings=frozenset(listed(cells["warnings"])),
        because=cells.get("because", ""),
        more=more,
    )


def _scale(heading: str) -> str:
    """On a page of several scales a heading begins with the name of one, then perhaps a colon."""
    return heading.split(":", 1)[0].strip().lower()


def _always(words: str) -> dict[str, str]:
    pairs = [pair.strip().split(" ", 1) for pair in words.split(";")]
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a column is said twice")
    return {name: word.strip() for name, word in pairs}


def _columns(names: list[str]) -> tuple[str, ...]:
    lacking = [name for name in ("case", *ANSWER) if name not in names]
    if lacking or len(set(names)) != len(names):
        raise ValueError(f"a table needs each column once, and {lacking}")
    return tuple(names)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]


# Every column there is, and how a cell of it is read. The names are those of `POST /grade/{scale}`.
READ: dict[str, Mapping[str, Callable[[str], Any]]] = {
    "crs": {
        "temperature_c": number,
        "fever_other_cause": yes_or_no,
        "prior_crs_fever": yes_or_no,
        "treated_since_onset": yes_or_no,
        "hypotension": yes_or_no,
        "hypotension_other_cause": yes_or_no,
        "vasopressors": names,
        "oxygen_device": name,
        "oxygen_flow_l_min": number,
        "oxygen_saturation_percent": number,
        "hypoxia_other_cause": yes_or_no,
        "ventilation_reason": name,
        "death_due_to_crs": yes_or_no,
    },
    "icans": {
        "age_years": number,
        "ice_score": number,
        **dict.fromkeys(ICE_ITEMS, number),
        "capd_score": number,
        "capd_performed": yes_or_no,
        "arousable": yes_or_no,
        "consciousness": name,
        "consciousness_other_cause": yes_or_no,
        "seizure": name,
        "seizure_seconds": number,
        "seizure_resolved": yes_or_no,
        "seizure_without_recovery": yes_or_no,
        "seizure_other_cause": yes_or_no,
        "motor_weakness": name,
        "motor_weakness_other_cause": yes_or_no,
        "cerebral_edema": name,
        "edema_from_hemorrhage": yes_or_no,
        "edema_other_cause": yes_or_no,
        "icp_signs": names,
        "death_due_to_icans": yes_or_no,
    },
}

# The other families keep theirs in files beside this one, `columns_<family>.py`.
for file in sorted(Path(__file__).parent.glob("columns_*.py")):
    READ.update(import_module(f"tests.grading.{file.stem}").READ)
