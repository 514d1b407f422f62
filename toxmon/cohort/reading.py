"""The cells of long CSV, each as strictly as `/grade/{scale}` reads the same field."""

from __future__ import annotations

from typing import Any

from toxmon.cohort.cells import decoded, number
from toxmon.cohort.head import UNIT
from toxmon.cohort.rules import Rule
from toxmon.grading.kinds import KINDS
from toxmon.grading.units import Measured, Refused, measure
from toxmon.scales import SCALES, Input
from toxmon.scales.inputs import READERS

UNKNOWN = ("", "NA")
"""How a cell says that something is not known; R writes NA."""
ONE = 1


class Cells:
    """Reads cells without their blanks, in the unit of the file. Each raises Refused."""

    def __init__(self, rule: Rule, unit: str | None) -> None:
        self.unit = unit
        self._kind = KINDS[rule.series]
        self._inputs = {each.name: each for each in SCALES[rule.scale].inputs}
        self._day = self._inputs[rule.series].parts[0]

    def day(self, cell: str) -> int | None:
        """A day; None where it is not known."""
        found: int | None = _read(self._day, cell)
        return found

    def count(self, cell: str) -> Measured | None:
        """A count; None where it is not known."""
        return None if cell in UNKNOWN else measure(self._kind, number(cell), self.unit)

    def of_patient(self, name: str, cell: str) -> Any:
        """What is said of a patient besides the counts; None where it is not known."""
        return _read(self._inputs[name], cell)

    def take_unit(self, cell: str) -> None:
        """The unit of the column `UNIT`, which may not differ from that of the column's name."""
        one = measure(self._kind, ONE, cell).value
        if self.unit is None:
            self.unit = cell
        elif one != measure(self._kind, ONE, self.unit).value:
            raise Refused(UNIT, f"is {cell!r}, and the counts are called {self.unit}")


def _read(each: Input, cell: str) -> Any:
    return None if cell in UNKNOWN else READERS[each.form](each, decoded(each, cell))[0]
