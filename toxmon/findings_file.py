"""Findings of one scale from a file: one JSON object, a list, JSON lines, or CSV.

In CSV a column is a finding, an empty cell is unknown, and a list is separated by blanks or
semicolons. Every line is read before any is graded, so that nothing is half graded.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from toxmon import scales
from toxmon.assessment import plain_grade
from toxmon.grading.kinds import KINDS


class FileError(Exception):
    """The file cannot be graded; says each line and field that is wrong."""


def graded(scale: str, raw: bytes) -> Iterator[dict[str, Any]]:
    """The answer for each set of findings, in order. Raises FileError with every fault."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"not UTF-8 (byte {error.start})") from error
    answers, faults = [], []
    for place, findings in _read(scale, text):
        try:
            if not isinstance(findings, dict):
                raise scales.FindingsError({"": "is not an object of findings"})
            answers.append(scales.grade(scale, findings))
        except scales.FindingsError as error:
            faults += [f"{place}: {name} {words}" for name, words in error.faults.items()]
    if faults:
        raise FileError("\n".join(faults))
    for answer in answers:
        yield plain_grade(answer)


def _read(scale: str, text: str) -> list[tuple[str, Any]]:
    stripped = text.strip()
    if not stripped:
        raise FileError("the file is empty")
    if stripped[0] not in "{[":
        return _read_csv(scale, text)
    try:
        whole = _loads(stripped)
    except json.JSONDecodeError:
        return _read_lines(stripped)
    sets = whole if isinstance(whole, list) else [whole]
    return [(f"item {place}", each) for place, each in enumerate(sets, start=1)]


def _read_lines(text: str) -> list[tuple[str, Any]]:
    read, faults = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            read.append((f"line {number}", _loads(line)))
        except json.JSONDecodeError as error:
            faults.append(f"line {number}: not JSON: {error.msg}, column {error.colno}")
    if faults:
        raise FileError("\n".join(faults))
    return read


def _read_csv(scale: str, text: str) -> list[tuple[str, Any]]:
    rows = csv.DictReader(io.StringIO(text))
    known = {each.name: each for each in scales.INPUTS[scale]}
    names = rows.fieldnames or []
    unknown = [name for name in names if name not in known and name != "id"]
    if unknown:
        raise FileError(
            f"line 1: no finding of {scale} is called {', '.join(map(repr, unknown))}; "
            f"known are {', '.join(known)}"
        )
    read: list[tuple[str, Any]] = []
    for row in rows:
        if None in row:
            raise FileError(f"line {rows.line_num}: has more cells than the first line has names")
        cells = {name: cell for name, cell in row.items() if cell and name != "id"}
        findings = {name: _cell(known[name], cell) for name, cell in cells.items()}
        read.append((f"line {rows.line_num}", findings))
    return read


def _cell(each: scales.Input, cell: str) -> Any:
    cell = cell.strip()
    if each.kind is None:
        return {"true": True, "yes": True, "false": False, "no": False}.get(cell.lower(), cell)
    kind = KINDS.get(each.kind)
    if kind is not None and kind.form == "list":
        return [] if cell.lower() == "none" else cell.replace(";", " ").split()
    if kind is None or kind.form == "number":
        try:
            return Decimal(cell)
        except InvalidOperation:
            return cell
    return cell


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)
