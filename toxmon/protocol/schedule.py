"""How a product is given in several doses, and what follows from each of them.

A schedule counts two ways and keeps both: `label_day` as the label prints it ("cycle 1 day 8"; its
first day is day 1), and `day` as toxmon counts (day 0 is the date of the first dose). Spans are
elapsed time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from toxmon.protocol.citation import Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One dose of a schedule. `number` counts the doses of the product from 1."""

    number: int
    label: str
    label_day: str
    day: int | None
    dose: Decimal
    infusion: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The doses by which a product is begun, and in words what follows them.

    `unit` and `per` hold for every step, `infusion` for those without their own. A patient of
    `weight_from_kg` is inside, one of `weight_below_kg` is not. `next_after` is how far apart the
    steps lie, `next_at_most` how far they may be moved apart.
    """

    name: str
    region: str
    indications: tuple[str, ...]
    period: str | None
    route: str | None
    unit: str
    per: str | None
    weight_from_kg: Decimal | None
    weight_below_kg: Decimal | None
    infusion: timedelta | None
    steps: tuple[Step, ...]
    then: str | None
    next_after: tuple[timedelta, ...]
    next_at_most: timedelta | None
    note: str | None
    citation: Citation

    def step(self, number: int) -> Step | None:
        """The dose of this number, if the schedule has one."""
        return next((step for step in self.steps if step.number == number), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """How long a patient is observed after some doses, and where. Empty `doses`: see `when`."""

    region: str
    indications: tuple[str, ...]
    schedules: tuple[str, ...]
    doses: tuple[int, ...]
    when: str
    span: timedelta
    where: str
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRule:
    """What to give when so many days lie since a dose; both ends are inside, None has no end.

    `step` is the number of the step to give; None continues as planned.
    """

    last: str
    from_day: int
    until_day: int | None
    step: int | None
    action: str

    def holds(self, days: int) -> bool:
        """Does it speak for so many days since that dose?"""
        return self.from_day <= days and (self.until_day is None or days <= self.until_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """How a schedule is taken up again after a delay. A day that no rule names is not known."""

    region: str
    schedules: tuple[str, ...]
    rules: tuple[RestartRule, ...]
    note: str | None
    citation: Citation

    def rule(self, last: str, days: int) -> RestartRule | None:
        """The rule for so many days since that dose, if the source gives one."""
        return next((rule for rule in self.rules if rule.last == last and rule.holds(days)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseWindow:
    """The time after a dose in which an event is usual: policy made from a figure.

    `first` and `last` are elapsed time since that dose, both inside. Empty `doses`: after any dose.
    """

    event: str
    clock: str
    doses: tuple[int, ...]
    first: timedelta
    last: timedelta
    basis: str
    note: str | None
    citation: Citation

    def holds(self, elapsed: timedelta, dose_number: int) -> bool:
        """Is an event inside that began so long after the dose of this number?"""
        after = not self.doses or dose_number in self.doses
        return after and self.first <= elapsed <= self.last
