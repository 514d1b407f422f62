"""One patient of a file, as far as it was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from toxmon.grading.days import Days

Said = tuple[int | None, int | None, bool | None]
"""`today_day`, `last_follow_up_day` and `final`: what a rule asks besides the counts, in order."""


@dataclass(frozen=True, slots=True)
class Patient:
    """All that a file says of one patient.

    `doubts` has words by line on counts that are possible and not plausible: they are graded as
    they stand.
    """

    id: str
    days: Days
    said: Said
    doubts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Block:
    """The lines of one patient as they stand in the file, with their numbers."""

    id: str
    rows: list[list[str]]
    lines: list[int]
