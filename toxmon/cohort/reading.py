"""The cells of long CSV, each as strictly as `/grade/{scale}` reads the same field.

What a cell says is kept by its text, so that it is read only when it is met for the first time: a
file of a million lines has a few thousand different days and counts.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from toxmon.cohort.cells import decoded, number
from toxmon.cohort.head import UNIT, Head
from toxmon.cohort.patient import Said
from toxmon.cohort.rules import Rule
from toxmon.grading.facts import Number
from toxmon.grading.kinds import KINDS
from toxmon.grading.measured import in_words
from toxmon.grading.units import Refused, measure
from toxmon.scales import SCALES, Input
from toxmon.scales.inputs import READERS

UNKNOWN = ("", "NA")
"""How a cell says that something is not known; R writes NA."""
MOST_KEPT = 50_000
"""After so many different texts they are forgotten, so that memory does not grow with the file."""
ONE = 1

Read = TypeVar("Read")


class Cells:
    """Reads the cells of one file.

    `days`, `counts` and `said` have what was read and is in no doubt, by text; `said` by the texts
    of all columns that are the same in each line of a patient.
    """

    def __init__(self, rule: Rule, head: Head) -> None:
        self.days: dict[str, int] = {}
        self.counts: dict[str, Number] = {}
        self.said: dict[tuple[str, ...], Said] = {}
        self._doubtful: dict[str, tuple[Number, str]] = {}
        self._head = head
        self._kind = KINDS[rule.series]
        self._inputs = {each.name: each for each in SCALES[rule.scale].inputs}
        self._day = self._inputs[rule.series].parts[0]
        self._unit = head.unit
        self._unit_stands: tuple[str, int] | None = None

    def look_up(
        self, days: tuple[str, ...], counts: tuple[str, ...]
    ) -> tuple[list[int], list[Number]] | None:
        """What cells say that were all met before; None where one was not, or is in doubt."""
        try:
            return (
                list(map(self.days.__getitem__, days)),
                list(map(self.counts.__getitem__, counts)),
            )
        except KeyError:
            return None

    def meet(
        self, days: tuple[str, ...], counts: tuple[str, ...]
    ) -> tuple[list[int], list[Number]] | None:
        """The same, after what was not met before was read."""
        try:
            for text in set(days).difference(self.days):
                self.day(text)
            for text in set(counts).difference(self.counts):
                self.count(text)
        except Refused:
            # Whoever reads line by line meets it again, and can tell its line.
            return None
        return self.look_up(days, counts)

    def day(self, text: str) -> int | None:
        """A day; None where it is not known. Raises Refused."""
        if text in self.days:
            return self.days[text]
        day: int | None = _read(self._day, text.strip())
        return None if day is None else _keep(self.days, text, day)

    def count(self, text: str) -> tuple[Number | None, str | None]:
        """(a count, why it is not plausible), each None where there is none. Raises Refused."""
        if text in self.counts:
            return self.counts[text], None
        if text in self._doubtful:
            return self._doubtful[text]
        cell = text.strip()
        if cell in UNKNOWN or self._unit is None:
            return None, None
        measured = measure(self._kind, number(cell), self._unit)
        # Counts are of a kind that is a number.
        value = cast(Number, measured.value)
        if measured.quarantine is None:
            return _keep(self.counts, text, value), None
        return _keep(self._doubtful, text, (value, measured.quarantine))

    def said_of(self, texts: tuple[str, ...], line: int) -> Said:
        """What is said of a patient besides the counts. Raises Refused."""
        if texts in self.said:
            return self.said[texts]
        found: dict[str, Any] = {}
        for place, text in zip(self._head.others, texts, strict=True):
            name = self._head.names[place]
            try:
                if name == UNIT:
                    self._take_unit(text.strip(), line)
                else:
                    found[name] = _read(self._inputs[name], text.strip())
            except Refused as error:
                raise Refused(name, f"{name} {error.detail}") from error
        today, last = found.get("today_day"), found.get("last_follow_up_day")
        if today is not None and last is not None and last > today:
            raise Refused("", f"last_follow_up_day is {last}, and today_day is {today}")
        return _keep(self.said, texts, (today, last, found.get("final")))

    def _take_unit(self, cell: str, line: int) -> None:
        """One file has one unit, which is that of the column's name where that has one."""
        if self._unit_stands is None:
            self._unit_stands = cell, line
            one = self._one(cell)
            if self._unit is None:
                self._unit = cell
            elif one != self._one(self._unit):
                called = self._head.names[self._head.count]
                raise Refused(UNIT, f"is {in_words(cell)}, and the counts are called {called}")
        elif cell != self._unit_stands[0]:
            before = f"{in_words(self._unit_stands[0])} in line {self._unit_stands[1]}"
            raise Refused(UNIT, f"is {in_words(cell)}, and {before}: one file has one unit")

    def _one(self, unit: str) -> Any:
        """What one of a unit is."""
        try:
            return measure(self._kind, ONE, unit).value
        except Refused as error:
            raise Refused(UNIT, f"cannot be taken: {error.detail}") from error


def _read(each: Input, cell: str) -> Any:
    return None if cell in UNKNOWN else READERS[each.form](each, decoded(each, cell))[0]


def _keep(kept: dict[Any, Read], text: Any, read: Read) -> Read:
    if len(kept) >= MOST_KEPT:
        kept.clear()
    kept[text] = read
    return read
