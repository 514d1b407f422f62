"""Reads the tables of a Markdown page as rows of findings and of the answer that is expected.

A page has any number of tables, each under a heading of its own and with its own columns. Above a
table may stand one line "In every row: seizure none; consciousness alert", which holds for all of
its rows and is written in the same words as a cell. Whatever cannot be read is a `ValueError` that
names the page and the line, so that a row never passes because it was skipped.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from toxmon.grading.facts import Bounds

ALWAYS = "In every row:"
ANSWER = ("low", "high", "missing", "warnings")
NOTES = ("case", "source")
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
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
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
                scale = page.stem if page.stem in READ else heading.lower()
                cells = dict(zip(columns, _cells(line), strict=True))
                yield _row(scale, heading, always, cells)
        except (KeyError, ValueError, InvalidOperation) as error:
            raise ValueError(f"{page.name}:{number}: cannot read: {error!r}") from error


def _row(scale: str, heading: str, always: Mapping[str, str], cells: Mapping[str, str]) -> Row:
    if not cells["case"] or set(always) & set(cells):
        raise ValueError("a row has a case, and a column is not said twice")
    words = {**always, **{name: cell for name, cell in cells.items() if name not in NOTES + ANSWER}}
    given = {name: READ[scale][name](word) for name, word in words.items() if word}
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
        missing=frozenset(_listed(cells["missing"])),
        warnings=frozenset(_listed(cells["warnings"])),
    )


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


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(",")) if cell else ()


def _yes_or_no(word: str) -> bool:
    return {"yes": True, "no": False}[word]


def _name(word: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", word):
        raise ValueError(f"not a name: {word!r}")
    return word


def _names(word: str) -> tuple[str, ...]:
    return () if word == "none" else tuple(_name(name) for name in _listed(word))


def _number(word: str) -> Decimal | Bounds:
    """A number, or all the numbers on one side of it; nothing that is measured is below 0."""
    found = re.fullmatch(r"(<=|>=|<|>|)([0-9.]+)", word)
    if found is None:
        raise ValueError(f"not a number: {word!r}")
    sign, bound = found[1], Decimal(found[2])
    match sign:
        case "<" | "<=":
            return Bounds(Decimal(0), bound, False, sign == "<")
        case ">" | ">=":
            return Bounds(bound, None, sign == ">", False)
    return bound


# Every column there is, and how a cell of it is read. The names are those of `POST /grade/{scale}`.
READ: Mapping[str, Mapping[str, Callable[[str], Any]]] = {
    "crs": {
        "temperature_c": _number,
        "fever_other_cause": _yes_or_no,
        "prior_crs_fever": _yes_or_no,
        "treated_since_onset": _yes_or_no,
        "hypotension": _yes_or_no,
        "hypotension_other_cause": _yes_or_no,
        "vasopressors": _names,
        "oxygen_device": _name,
        "oxygen_flow_l_min": _number,
        "oxygen_saturation_percent": _number,
        "hypoxia_other_cause": _yes_or_no,
        "ventilation_reason": _name,
        "death_due_to_crs": _yes_or_no,
    },
    "icans": {
        "age_years": _number,
        "ice_score": _number,
        **dict.fromkeys(ICE_ITEMS, _number),
        "capd_score": _number,
        "capd_performed": _yes_or_no,
        "arousable": _yes_or_no,
        "consciousness": _name,
        "consciousness_other_cause": _yes_or_no,
        "seizure": _name,
        "seizure_seconds": _number,
        "seizure_resolved": _yes_or_no,
        "seizure_without_recovery": _yes_or_no,
        "seizure_other_cause": _yes_or_no,
        "motor_weakness": _name,
        "motor_weakness_other_cause": _yes_or_no,
        "cerebral_edema": _name,
        "edema_from_hemorrhage": _yes_or_no,
        "edema_other_cause": _yes_or_no,
        "icp_signs": _names,
        "death_due_to_icans": _yes_or_no,
    },
}
