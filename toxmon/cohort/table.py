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
from operator import itemgetter

from toxmon.cohort.cells import delimiter, is_text
from toxmon.cohort.faults import Faults
from toxmon.cohort.head import UNIT, Head, read_head
from toxmon.cohort.ids import Ids
from toxmon.cohort.patient import Patient
from toxmon.cohort.reading import Cells
from toxmon.cohort.rules import Rule
from toxmon.grading.facts import Number
from toxmon.grading.measured import in_words
from toxmon.grading.units import Refused

MOST_KEPT = 50_000
"""What a cell says is kept by its text, and forgotten after so many different texts."""

NO_COUNT = (0, None)


class Table:
    """The patients of a file; `lines` are its lines with their ends, and are read once."""

    def __init__(self, lines: Iterator[str], first: str, rule: Rule, faults: Faults) -> None:
        self._rows = csv.reader(lines, delimiter=delimiter(first), strict=True)
        self._rule, self._faults = rule, faults
        self._unit_of_line: tuple[str, int] | None = None
        self._ids = Ids()
        self._days: dict[str, int] = {}
        self._counts: dict[str, Number | None] = {}

    def patients(self) -> Iterator[Patient]:
        """Each patient, in the order of the file, up to the first fault; then faults alone."""
        try:
            head, faults = read_head([name.strip() for name in next(self._rows)], self._rule)
            for fault in faults:
                self._fault(fault)
            if head is not None:
                self._cells = Cells(self._rule, head.unit)
                yield from self._patients(head)
        except csv.Error as error:
            self._fault(f"this is not CSV: {error}")

    def _patients(self, head: Head) -> Iterator[Patient]:
        # Nearly all of the time that a file takes besides its grades is spent in this loop. So a
        # cell is looked up by its text, and goes another way when it is met for the first time.
        days, counts, faults = self._days, self._counts, self._faults
        at_id, at_day, at_count, width = head.id, head.day, head.count, len(head.names)
        # One of them twice, so that it is a tuple however few there are.
        said = itemgetter(*head.others, head.others[0]) if head.others else None
        patient, whose, before, latest = Patient(), None, -1, 0
        for row in self._rows:
            if len(row) != width or row[at_id] != whose:
                if not self._is_of_a_patient(row, head):
                    continue
                whose = row[at_id]
                if whose.strip() != patient.id:
                    if patient.id and not faults:
                        yield patient
                    patient = self._begun(row, head, said(row) if said else ())
                    before, latest = -1, patient.latest
            if said and said(row) != patient.cells:
                self._check_same(patient, row, head)
            try:
                day, value = days[row[at_day]], counts[row[at_count]]
            except KeyError:
                day, value = self._met(patient, row, head)
            if value is None:
                continue
            if day > latest:
                self._fault(f"day is {day}, and today_day is {latest}")
            if day <= before:
                patient.ordered = False
            before = day
            patient.entries.append((day, value, ""))
        if not faults:
            if patient.id:
                yield patient
            else:
                faults.add("there is no line below the names of the first")

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

    def _begun(self, row: list[str], head: Head, cells: tuple[str, ...]) -> Patient:
        """A patient by the first line."""
        patient = Patient(row[head.id].strip(), self._rows.line_num, cells)
        if not self._ids.add(patient.id):
            again = f"id {in_words(patient.id)} comes again"
            self._fault(f"{again}; the lines of a patient stand together")
        for place in head.others:
            name, cell = head.names[place], row[place].strip()
            try:
                if name == UNIT:
                    self._check_unit(cell)
                else:
                    setattr(patient, name, self._cells.of_patient(name, cell))
            except Refused as error:
                self._fault(f"{name} {error.detail}")
        last = patient.last_follow_up_day
        if patient.today_day is not None and last is not None and last > patient.today_day:
            self._fault(f"last_follow_up_day is {last}, and today_day is {patient.today_day}")
        return patient

    def _check_unit(self, cell: str) -> None:
        if self._unit_of_line is None:
            self._unit_of_line = cell, self._rows.line_num
            self._cells.take_unit(cell)
        elif cell != self._unit_of_line[0]:
            unit, line = self._unit_of_line
            before = f"{in_words(unit)} in line {line}"
            raise Refused(UNIT, f"is {in_words(cell)}, and {before}: one file has one unit")

    def _check_same(self, patient: Patient, row: list[str], head: Head) -> None:
        """What is said of a patient besides counts is the same in each of its lines."""
        for place, kept in zip(head.others, patient.cells, strict=False):
            name, cell, before = head.names[place], row[place].strip(), kept.strip()
            if cell != before:
                words = f"{name} is {in_words(cell)}, and {in_words(before)}"
                self._fault(f"{words} in line {patient.line}: a patient has one")

    def _met(self, patient: Patient, row: list[str], head: Head) -> tuple[int, Number | None]:
        """What is read from a day and a count of which one at least is met for the first time."""
        day, measured, read = None, None, True
        try:
            day = self._cells.day(row[head.day].strip())
        except Refused as error:
            self._fault(f"day {error.detail}")
            read = False
        try:
            measured = self._cells.count(row[head.count].strip())
        except Refused as error:
            self._fault(f"{head.names[head.count]} {error.detail}")
            read = False
        if measured is not None and day is None and read:
            self._fault("day is missing")
        if day is None or not read:
            return NO_COUNT
        for kept in (self._days, self._counts):
            if len(kept) >= MOST_KEPT:
                kept.clear()
        self._days[row[head.day]] = day
        value: Number | None = None if measured is None else measured.value  # type: ignore[assignment]
        if measured is not None and measured.quarantine is not None:
            # It is not kept, so that it is met again and told of each line.
            patient.doubts[f"line {self._rows.line_num}"] = measured.quarantine
        else:
            self._counts[row[head.count]] = value
        return day, value

    def _fault(self, words: str) -> None:
        self._faults.add(f"line {self._rows.line_num}: {words}")
