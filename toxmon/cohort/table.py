"""Long CSV: one count a line, the lines of a patient together.

    id,day,anc_per_ul,last_follow_up_day,final
    P1,0,3400,90,yes
    P1,1,<100,90,yes

`id` and `day` (0 to 100, day 0 is the infusion) are needed, and one column of counts whose name
carries the unit, or is the bare series beside a column `unit` that is the same in every line. What
else is said of a patient is the same in each of its lines. An empty cell, or `NA`, is not known; a
line without a count makes its patient known all the same.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import repeat

from toxmon.cohort.cells import delimiter, first_row, is_text
from toxmon.cohort.faults import Faults
from toxmon.cohort.head import Head, read_head
from toxmon.cohort.ids import Ids
from toxmon.cohort.patient import Block, Patient, Said
from toxmon.cohort.reading import Cells
from toxmon.cohort.rules import Rule
from toxmon.grading.days import LAST_DAY, Days
from toxmon.grading.facts import Number
from toxmon.grading.measured import in_words
from toxmon.grading.units import Refused
from toxmon.scales.inputs import MOST_IN_A_SERIES

NOTHING_SAID: Said = (None, None, None)


class Table:
    """The patients of a file; `lines` are its lines with their ends, and are read once."""

    def __init__(self, lines: Iterator[str], first: str, rule: Rule, faults: Faults) -> None:
        self._rows = csv.reader(lines, delimiter=delimiter(first), strict=True)
        self._rule, self._faults = rule, faults
        self._ids = Ids()

    def patients(self) -> Iterator[Patient]:
        """Each patient, in the order of the file, up to the first fault; then faults alone."""
        try:
            head, faults = read_head([name.strip() for name in first_row(self._rows)], self._rule)
            for fault in faults:
                self._fault(fault)
            if head is not None:
                yield from self._patients(head)
        except csv.Error as error:
            self._fault(f"this is not CSV: {error}")

    def _patients(self, head: Head) -> Iterator[Patient]:
        cells = Cells(self._rule, head)
        for block in self._blocks(head):
            if not self._ids.add(block.id):
                again = f"id {in_words(block.id)} comes again"
                self._fault(f"{again}; the lines of a patient stand together", block.lines[0])
            patient = _at_once(block, head, cells) or self._line_by_line(block, head, cells)
            if not self._faults:
                yield patient
        if not len(self._ids) and not self._faults:
            self._faults.add("there is no line below the names of the first")

    def _blocks(self, head: Head) -> Iterator[Block]:
        """The lines of each patient. They are as long as the first line; nobody's are left out."""
        width, at_id = len(head.names), head.id
        block, whose = Block("", [], []), None
        rows, lines, read = block.rows, block.lines, self._rows
        for row in read:
            if len(row) != width or row[at_id] != whose:
                if not self._is_of_a_patient(row, head):
                    continue
                whose = row[at_id]
                if whose.strip() != block.id:
                    if block.id:
                        yield block
                    block = Block(whose.strip(), [], [])
                    rows, lines = block.rows, block.lines
            if len(lines) < MOST_IN_A_SERIES:
                rows.append(row)
                lines.append(read.line_num)
            else:
                self._fault(f"a patient has more than {MOST_IN_A_SERIES} lines")
        if block.id:
            yield block

    def _is_of_a_patient(self, row: list[str], head: Head) -> bool:
        """Does a line say anything, and of whom? Cells that it lacks at its end are added."""
        if not any(cell.strip() for cell in row):
            return False
        if len(row) > len(head.names):
            self._fault(f"has {len(row)} cells, and the first line {len(head.names)} names")
            return False
        row += [""] * (len(head.names) - len(row))
        if not row[head.id].strip():
            self._fault("id is missing")
            return False
        if not is_text(row[head.id]):
            self._fault("id is not UTF-8")
            return False
        return True

    def _line_by_line(self, block: Block, head: Head, cells: Cells) -> Patient:
        """The patient of a block where something is met for the first time, unknown or wrong."""
        first = tuple([block.rows[0][place] for place in head.others])
        said, counts, doubts = NOTHING_SAID, [], {}
        try:
            said = cells.said_of(first, block.lines[0])
        except Refused as error:
            self._fault(error.detail, block.lines[0])
        latest = LAST_DAY if said[0] is None else said[0]
        for row, line in zip(block.rows, block.lines, strict=False):
            for place, before in zip(head.others, first, strict=True):
                if row[place].strip() != before.strip():
                    words = f"{head.names[place]} is {in_words(row[place].strip())}, and "
                    words += f"{in_words(before.strip())} in line {block.lines[0]}"
                    self._fault(f"{words}: a patient has one", line)
            day, value, doubt = self._day_and_count(row, line, head, cells)
            if day is not None and value is not None:
                counts.append((day, value))
                if day > latest:
                    self._fault(f"day is {day}, and today_day is {latest}", line)
                if doubt is not None:
                    doubts[f"line {line}"] = doubt
        return Patient(block.id, Days.of(counts), said, doubts)

    def _day_and_count(
        self, row: list[str], line: int, head: Head, cells: Cells
    ) -> tuple[int | None, Number | None, str | None]:
        """(day, count, why it is not plausible) of a line, each None where there is none."""
        name = "day"
        try:
            day = cells.day(row[head.day])
            name = head.names[head.count]
            value, doubt = cells.count(row[head.count])
        except Refused as error:
            self._fault(f"{name} {error.detail}", line)
            return None, None, None
        if day is None and value is not None:
            self._fault("day is missing", line)
        return day, value, doubt

    def _fault(self, words: str, line: int | None = None) -> None:
        self._faults.add(f"line {self._rows.line_num if line is None else line}: {words}")


def _at_once(block: Block, head: Head, cells: Cells) -> Patient | None:
    """The patient of a block in which everything is known and right; None of any other.

    Most of a file is such blocks, and nothing here takes a step of Python for each line.
    """
    columns = tuple(zip(*block.rows, strict=True))
    said = cells.said.get(tuple([columns[place][0] for place in head.others]))
    asked = columns[head.day], columns[head.count]
    read = cells.look_up(*asked) or (said and cells.meet(*asked))
    if said is None or not read:
        return None
    days, values = read
    for place in head.others:
        if columns[place].count(columns[place][0]) != len(days):
            return None
    if said[0] is not None and max(days) > said[0]:
        return None
    if days != sorted(set(days)):
        return Patient(block.id, Days.of(zip(days, values, strict=True)), said)
    return Patient(block.id, Days(tuple(zip(days, values, repeat(""), strict=False))), said)
