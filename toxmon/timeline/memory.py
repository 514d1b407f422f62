"""What was worked out of one treatment at the last look, while facts and time leave it as it was.

A memory answers nothing by itself. Each part of it lies beside all that it was worked out from,
and counts only while that is the same: readings by value, rules by identity, and `now` before the
first instant at which time alone would change it. So it may be lost at any time, and may outlive
a transaction that was undone. It belongs to one look at a time; whoever looks takes it and puts
it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from toxmon.timeline.seen import Reading
from toxmon.timeline.thresholds import next_change

if TYPE_CHECKING:
    from toxmon.grading.policy import Policy
    from toxmon.grading.treatment import Treatment
    from toxmon.timeline.check import Asked, Check
    from toxmon.timeline.known import Dose, Pause
    from toxmon.timeline.lines import Book
    from toxmon.timeline.matter import Matter
    from toxmon.timeline.signs import Sign
    from toxmon.timeline.table import Table

Readings = Mapping[str, tuple[Reading, ...]]
NONE: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """A check, how it was asked for, and from when until when it stands by time alone."""

    asked: Asked
    pauses: tuple[Pause, ...]
    since: datetime
    check: Check


@dataclass(frozen=True, slots=True)
class KeptSign:
    """A sign, and from when until when it stands by time alone."""

    since: datetime
    until: datetime | None
    sign: Sign


@dataclass(frozen=True, slots=True)
class KeptMatter:
    """A matter that was put in words, of what, and from when until when they are the same."""

    of: tuple[object, ...]
    since: datetime
    until: datetime
    matter: Matter


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a treatment at the site, and when a threshold next begins or ends to count."""

    number: int
    first_at: datetime
    end_at: datetime
    changes_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bench:
    """What signs and thresholds are held against, beside the readings."""

    rules: Table
    policy: Policy
    treatment: Treatment
    attributed: Mapping[str, datetime | None]
    given: Mapping[str, Dose]
    doses: tuple[Dose, ...]

    def same(self, other: Bench) -> bool:
        """Is it all the same?"""
        return (
            self.rules is other.rules
            and self.policy is other.policy
            and self.treatment == other.treatment
            and self.attributed == other.attributed
            and self.given == other.given
            and self.doses == other.doses
        )


class Memory:
    """The checks of a plan, the signs, and the kinds whose thresholds are all at rest."""

    __slots__ = (
        "_day", "bench", "checks", "lines", "matters", "of_checks", "of_signs", "signs",
        "still",
    )  # fmt: skip

    def __init__(self) -> None:
        self.lines: Book | None = None
        self.of_checks: Readings = {}
        self.checks: dict[str, KeptCheck] = {}
        self.bench: Bench | None = None
        self.of_signs: Readings = {}
        self.signs: dict[str, KeptSign] = {}
        self.still: set[str] = set()
        self.matters: dict[str, KeptMatter] = {}
        self._day: Day | None = None

    def for_checks(self, lines: Book, readings: Readings) -> Set[str]:
        """The kinds that have other readings than at the last plan of these lines."""
        if self.lines is not lines:
            self.lines, self.of_checks = lines, readings
            self.checks.clear()
            return NONE
        moved = _moved(self.of_checks, readings)
        self.of_checks = readings
        return moved

    def for_signs(self, bench: Bench, readings: Readings) -> Set[str]:
        """The kinds that have other readings than at the last look at the signs."""
        if self.bench is None or not self.bench.same(bench):
            self.bench, self.of_signs = bench, readings
            self.signs.clear()
            self.still.clear()
            self.matters.clear()
            self._day = None
            return NONE
        moved = _moved(self.of_signs, readings)
        self.of_signs = readings
        self.still.difference_update(moved)
        return moved

    def day(self, bench: Bench, now: datetime) -> Day:
        """The day of the treatment that `now` lies in. On another day nothing is at rest."""
        before = self._day
        if before is None or not before.first_at <= now < before.end_at:
            treatment = bench.treatment
            number = treatment.day(now)
            changes_at = next_change(treatment, bench.rules.alarms, now)
            before = self._day = Day(
                number, treatment.begins(number), treatment.begins(number + 1), changes_at
            )
            self.still.clear()
            self.matters.clear()
        return before


def _moved(before: Readings, readings: Readings) -> Set[str]:
    if before is readings:
        return NONE
    moved = {kind for kind, each in readings.items() if before.get(kind) != each}
    if len(before) > len(readings) or not before.keys() <= readings.keys():
        moved |= before.keys() - readings.keys()
    return moved
