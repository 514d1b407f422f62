"""Findings of one scale from a file: one JSON object, a list, JSON lines, or CSV.

In CSV a column is a finding, an empty cell is unknown, and a list is separated by blanks, or is
`none`. An `id`, as a column or beside the findings of an object, is handed on to the answer. The
scales that count by day have a CSV form of their own, one count a line: `toxmon/cohort/`.

JSON lines and CSV are read a line at a time and forgotten; one object over several lines, and a
list, are held as a whole. Every fault is told with its line and its column or field.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from toxmon import scales, strict_json
from toxmon.cohort.cells import decoded, delimiter, first_row, is_text
from toxmon.cohort.faults import Faults
from toxmon.grading.grade import Grade, Index

ID = "id"
METHOD = "method"


@dataclass(frozen=True, slots=True)
class Read:
    """One set of findings, where it stands in the file, and its id if it has one."""

    place: str
    findings: Mapping[str, Any]
    id: str | None = None


def opening(lines: Iterator[str]) -> tuple[str, Iterator[str]]:
    """(the first line that says anything, all lines). A file without one is ""."""
    seen: list[str] = []
    for line in lines:
        seen.append(line)
        if line.strip():
            return line.lstrip(), chain(seen, lines)
    return "", iter(seen)


def answers(
    scale: str, lines: Iterator[str], faults: Faults, methods: tuple[str, ...] = ()
) -> Iterator[tuple[str | None, list[Grade | Index]]]:
    """(id, answers) of each set of findings in order, up to the first fault; then faults alone.

    There is an answer by each of `methods`, and without them one by what the findings name.
    """
    for read in _read(scale, lines, faults):
        if methods and read.findings.get(METHOD) is not None:
            faults.add(f"{read.place}: {METHOD} is named here, and with the command")
            continue
        named = [{METHOD: method} for method in methods] or [{}]
        try:
            found = [scales.grade(scale, {**read.findings, **each}) for each in named]
        except scales.FindingsError as error:
            for name, words in error.faults.items():
                faults.add(f"{read.place}: {name} {words}".strip())
        else:
            if not faults:
                yield read.id, found


def _read(scale: str, lines: Iterator[str], faults: Faults) -> Iterator[Read]:
    first, lines = opening(lines)
    if not first:
        faults.add("the file is empty")
    elif first[0] not in "{[":
        yield from _read_csv(scale, first, lines, faults)
    elif first[0] == "{" and _is_object(first):
        yield from _read_lines(lines, faults)
    else:
        yield from _read_whole(list(lines), faults)


def _is_object(line: str) -> bool:
    """Is a line an object by itself, so that there may be more like it?"""
    try:
        return isinstance(strict_json.read_text(line), dict)
    except strict_json.Unreadable:
        return False


def _read_whole(lines: list[str], faults: Faults) -> Iterator[Read]:
    for number, line in enumerate(lines, start=1):
        if not is_text(line):
            faults.add(f"line {number}: this is not UTF-8")
            return
    try:
        whole = strict_json.read_text("".join(lines))
    except strict_json.Unreadable as error:
        # The first line may be the one of many that cannot be read.
        if lines[0].lstrip().startswith("[") or not any(map(_is_object, lines)):
            faults.add(str(error))
        else:
            yield from _read_lines(lines, faults)
        return
    sets = whole if isinstance(whole, list) else [whole]
    if not sets:
        faults.add("the list is empty")
    for place, each in enumerate(sets, start=1):
        yield from _one(f"item {place}", each, faults)


def _read_lines(lines: Iterable[str], faults: Faults) -> Iterator[Read]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        if not is_text(line):
            faults.add(f"line {number}: this is not UTF-8")
            continue
        try:
            each = strict_json.read_text(line)
        except strict_json.Unreadable as error:
            # Each line was read by itself, so that the reader took it for the first.
            faults.add(f"line {number}: {str(error).replace('line 1 column', 'column')}")
        else:
            yield from _one(f"line {number}", each, faults)


def _one(place: str, each: Any, faults: Faults) -> Iterator[Read]:
    """The findings of one object."""
    if not isinstance(each, dict):
        faults.add(f"{place}: is not an object of findings")
        return
    whose = each.pop(ID, None)
    if whose is None or (isinstance(whose, str) and whose.strip()):
        yield Read(place, each, whose)
    else:
        faults.add(f"{place}: {ID} is not a text that names somebody")


def _read_csv(scale: str, first: str, lines: Iterator[str], faults: Faults) -> Iterator[Read]:
    rows = csv.reader(lines, delimiter=delimiter(first), strict=True)
    known = {each.name: each for each in scales.SCALES[scale].inputs}
    some = False
    try:
        names = [name.strip() for name in first_row(rows)]
        wrong = _head_faults(scale, names, known)
        for words in wrong:
            faults.add(f"line {rows.line_num}: {words}")
        for cells in rows:
            place = f"line {rows.line_num}"
            if not any(cell.strip() for cell in cells):
                continue
            some = True
            if len(cells) > len(names):
                faults.add(
                    f"{place}: has {len(cells)} cells, and the first line {len(names)} names"
                )
            elif not all(map(is_text, cells)):
                faults.add(f"{place}: this is not UTF-8")
            elif not wrong:
                row = {name: cell.strip() for name, cell in zip(names, cells, strict=False)}
                whose = row.pop(ID, None) or None
                findings = {name: decoded(known[name], cell) for name, cell in row.items() if cell}
                yield Read(place, findings, whose)
    except csv.Error as error:
        faults.add(f"line {rows.line_num}: this is not CSV: {error}")
    if not some and not faults:
        faults.add("there is no line below the names of the first")


def _head_faults(scale: str, names: list[str], known: Mapping[str, scales.Input]) -> list[str]:
    found = []
    unknown = [name for name in names if name not in known and name != ID]
    if unknown:
        found.append(
            f"no finding of {scale} is called {', '.join(map(repr, unknown))}; "
            f"known are {', '.join(known)}"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        found.append(f"{', '.join(map(repr, twice))} stands twice")
    return found
