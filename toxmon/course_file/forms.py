"""The two forms of a file: CSV with a header, and JSON lines. Every fault is found at once."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

from toxmon import strict_json
from toxmon.course_record import COLUMNS, REQUIRED, Fault, Reading, Record, RecordError
from toxmon.grading.kinds import KINDS, Kind
from toxmon.strict_json import Unreadable

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
NONE = ("none", "[]")
"""How a cell says that a list is empty."""
OBSERVATION = ("kind", "code", "value", "unit", "low", "high")
"""The keys of a posted observation. No grade rests on the laboratory's range, low to high."""


def read_record(path: Path, product: str | None = None) -> Record:
    """The record in a file. Raises RecordError with every fault, OSError for no readable file.

    `product` is the infused one, where the file does not name it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        fault = Fault(line, "", "this is not UTF-8 text; save it as CSV UTF-8")
        raise RecordError(path.name, [fault]) from None
    return parse(text, path.name, product)


def parse(text: str, name: str, product: str | None = None) -> Record:
    """The record in `text`. `name` is the file's; it stands before each fault."""
    reading = Reading(product_given=product)
    if text.lstrip()[:1] in ("{", "["):
        _json_lines(text, reading)
    else:
        _table(text, reading)
    return reading.record(name)


def _table(text: str, reading: Reading) -> None:
    lines = text.splitlines()
    if not lines:
        reading.fault(1, "", f"the file is empty; it begins with {','.join(COLUMNS[:4])}")
        return
    # Spreadsheets of half of the world write semicolons, as a comma is in their numbers.
    delimiter = ";" if ";" in lines[0] and "," not in lines[0] else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    try:
        header = [cell.strip() for cell in next(rows)]
        if not _header_faults(header, reading):
            for cells in rows:
                if any(cell.strip() for cell in cells):
                    _cells(rows.line_num, header, cells, reading)
    except csv.Error as error:
        reading.fault(max(1, rows.line_num), "", f"this is not CSV: {error}")


def _header_faults(header: list[str], reading: Reading) -> bool:
    """Whether the header leaves it open which cell is what."""
    before = len(reading.faults)
    for name in header:
        if name not in COLUMNS:
            what = f"the column {name!r} is not known; there are {', '.join(COLUMNS)}"
            reading.fault(1, name, what)
        elif header.count(name) > 1 and name not in {f.column for f in reading.faults}:
            reading.fault(1, name, "the column is there twice")
    for name in REQUIRED:
        if name not in header:
            reading.fault(1, name, "the column is missing")
    return len(reading.faults) > before


def _cells(line: int, header: list[str], cells: list[str], reading: Reading) -> None:
    if len(cells) > len(header):
        what = f"there are {len(cells)} cells and {len(header)} columns; is a comma not quoted?"
        reading.fault(line, header[-1], what)
        return
    padded = cells + [""] * (len(header) - len(cells))
    row: dict[str, Any] = {n: cell.strip() for n, cell in zip(header, padded, strict=True)}
    if row["kind"] in KINDS and row["value"]:
        row["value"] = _decoded(KINDS[row["kind"]], row["value"])
    reading.row(line, row)


def _decoded(kind: Kind, cell: str) -> Any:
    """A cell in the form in which JSON would have it."""
    if kind.form == "list":
        return [] if cell in NONE else re.split(r"[;\s]+", cell)
    if kind.form == "number" and NUMBER.fullmatch(cell):
        return Decimal(cell)
    return cell


def _json_lines(text: str, reading: Reading) -> None:
    # Not splitlines(): it also cuts at signs that may stand inside a JSON string.
    for line, words in enumerate(text.split("\n"), start=1):
        if not words.strip():
            continue
        try:
            sent = strict_json.read_text(words)
        except Unreadable as error:
            # Its reader sees one line at a time, and ours are counted by the file.
            reading.fault(line, "", str(error).replace("line 1 column", "column"))
        else:
            if not isinstance(sent, dict):
                reading.fault(line, "", "a line holds one object, {...}")
            elif "observations" in sent:
                _posted_set(line, sent, reading)
            else:
                _one_object(line, sent, (*COLUMNS, "code"), "/", reading)
                reading.row(line, sent, prefix="/")


def _posted_set(line: int, sent: dict[str, Any], reading: Reading) -> None:
    """A set as it is posted: one instant, several observations."""
    _one_object(line, sent, ("effective_at", "recorded_at", "observations"), "/", reading)
    reading.instant(line, "/effective_at", sent.get("effective_at"))
    observations = sent["observations"]
    if not isinstance(observations, list) or not observations:
        reading.fault(line, "/observations", "this is a list with at least one observation")
        return
    known_faults = len(reading.faults)
    for number, one in enumerate(observations):
        prefix = f"/observations/{number}/"
        if not isinstance(one, dict):
            reading.fault(line, prefix.rstrip("/"), "an observation is an object, {...}")
            continue
        _one_object(line, one, OBSERVATION, prefix, reading)
        times = {name: sent.get(name) for name in ("effective_at", "recorded_at")}
        row = {**one, **times}
        reading.row(line, row, prefix, part=f".{number + 1}")
    # The set's own times were checked once; its observations repeat the fault below a path that
    # is not in the file.
    reading.faults[known_faults:] = [
        fault
        for fault in reading.faults[known_faults:]
        if not fault.column.endswith(("/effective_at", "/recorded_at"))
    ]


def _one_object(
    line: int, sent: dict[str, Any], known: tuple[str, ...], prefix: str, reading: Reading
) -> None:
    for key in sent:
        if key not in known:
            what = f"the key {key!r} is not known; there are {', '.join(known)}"
            reading.fault(line, f"{prefix}{key}", what)
