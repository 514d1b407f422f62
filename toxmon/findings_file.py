"""Findings of one scale from a file: one JSON object, a list, JSON lines, or CSV.

In CSV a column is a finding, an empty cell is unknown, and a list is separated by blanks, or is
`none`. A column `id` is handed on to the answer. Every line is read before any is graded, so that
nothing is half graded, and every fault is told with its line and column.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from toxmon import scales, strict_json
from toxmon.assessment import plain_grade
from toxmon.grading.kinds import KINDS

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
YES_NO = {"true": True, "yes": True, "false": False, "no": False}
ID = "id"


class FileError(Exception):
    """The file cannot be graded; says each line and field that is wrong."""


@dataclass(frozen=True, slots=True)
class Read:
    """One set of findings, where it stands in the file, and its id if it has one."""

    place: str
    findings: Any
    id: str | None = None


def graded(scale: str, raw: bytes) -> Iterator[dict[str, Any]]:
    """The answer for each set of findings, in order. Raises FileError with every fault."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise FileError(f"line {line}: this is not UTF-8 (byte {error.start})") from error
    answers, faults = [], []
    for read in _read(scale, text):
        try:
            if not isinstance(read.findings, dict):
                raise scales.FindingsError({"": "is not an object of findings"})
            answer = plain_grade(scales.grade(scale, read.findings))
            answers.append({ID: read.id, **answer} if read.id else answer)
        except scales.FindingsError as error:
            told = (f"{name} {words}".strip() for name, words in error.faults.items())
            faults += [f"{read.place}: {each}" for each in told]
    if faults:
        raise FileError("\n".join(faults))
    yield from answers


def _read(scale: str, text: str) -> Sequence[Read]:
    first = text.lstrip()[:1]
    if not first:
        raise FileError("the file is empty")
    if first not in "{[":
        return _read_csv(scale, text)
    try:
        whole = strict_json.read_text(text)
    except strict_json.Unreadable as error:
        lines = _lines(text)
        if first == "[" or not any(isinstance(each, dict) for _, each in lines):
            raise FileError(str(error)) from error
        return _read_lines(lines)
    sets = whole if isinstance(whole, list) else [whole]
    if not sets:
        raise FileError("the list is empty")
    return [Read(f"item {place}", each) for place, each in enumerate(sets, start=1)]


def _lines(text: str) -> list[tuple[int, Any]]:
    """Each line with its number, as what it says or why it cannot be read."""
    found: list[tuple[int, Any]] = []
    # Not splitlines(): it also cuts at signs that may stand inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found.append((number, strict_json.read_text(line)))
            except strict_json.Unreadable as error:
                found.append((number, error))
    return found


def _read_lines(lines: Sequence[tuple[int, Any]]) -> Sequence[Read]:
    faults = [
        # Each line was read by itself, so that the reader took it for the first.
        f"line {number}: {str(each).replace('line 1 column', 'column')}"
        for number, each in lines
        if isinstance(each, strict_json.Unreadable)
    ]
    if faults:
        raise FileError("\n".join(faults))
    return [Read(f"line {number}", each) for number, each in lines]


def _read_csv(scale: str, text: str) -> Sequence[Read]:
    head = text.split("\n", 1)[0]
    # Spreadsheets of half of the world write semicolons, as a comma is in their numbers.
    delimiter = ";" if ";" in head and "," not in head else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    known = {each.name: each for each in scales.INPUTS[scale]}
    read, faults = [], []
    try:
        names = [name.strip() for name in next(rows)]
        faults += _head_faults(scale, names, known)
        for cells in rows:
            if len(cells) > len(names):
                words = f"has {len(cells)} cells, and the first line {len(names)} names"
                faults.append(f"line {rows.line_num}: {words}")
            elif not faults and any(cell.strip() for cell in cells):
                row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
                findings = {
                    name: _cell(known[name], cell)
                    for name, cell in row.items()
                    if cell and name != ID
                }
                read.append(Read(f"line {rows.line_num}", findings, row.get(ID) or None))
    except csv.Error as error:
        faults.append(f"line {rows.line_num}: this is not CSV: {error}")
    if faults:
        raise FileError("\n".join(faults))
    if not read:
        raise FileError("there is no line below the names of the first")
    return read


def _head_faults(scale: str, names: Sequence[str], known: dict[str, scales.Input]) -> list[str]:
    faults = []
    unknown = [name for name in names if name not in known and name != ID]
    if unknown:
        faults.append(
            f"line 1: no finding of {scale} is called {', '.join(map(repr, unknown))}; "
            f"known are {', '.join(known)}"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        faults.append(f"line 1: {', '.join(map(repr, twice))} stands twice")
    return faults


def _cell(each: scales.Input, cell: str) -> Any:
    """A cell as JSON would have said it; what cannot be read stays text, and is refused as such."""
    if each.kind is None:
        return YES_NO.get(cell.lower(), cell)
    kind = KINDS.get(each.kind)
    if kind is not None and kind.form == "list":
        return [] if cell.lower() == "none" else cell.replace(";", " ").split()
    numeric = kind is None or kind.form == "number"
    return Decimal(cell) if numeric and NUMBER.fullmatch(cell) else cell
