"""One patient of a file, as far as it was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from toxmon.grading.days import LAST_DAY, Days, Entry


@dataclass(slots=True)
class Patient:
    """All that a file says of one patient; `line` is its first.

    `cells` is what its first line says besides the count, as text. `doubts` has words by line on
    counts that are possible and not plausible: they are graded as they stand.
    """

    id: str = ""
    line: int = 0
    cells: tuple[str, ...] = ()
    today_day: int | None = None
    last_follow_up_day: int | None = None
    final: bool | None = None
    entries: list[Entry] = field(default_factory=list)
    ordered: bool = True
    doubts: dict[str, str] = field(default_factory=dict)

    @property
    def days(self) -> Days:
        """The lowest count of each day."""
        if self.ordered:
            return Days(tuple(self.entries))
        return Days.of((day, value) for day, value, _ in self.entries)

    @property
    def latest(self) -> int:
        """The latest day that may have a count."""
        return LAST_DAY if self.today_day is None else self.today_day
