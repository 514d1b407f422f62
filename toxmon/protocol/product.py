"""A product as its protocol file tells it: pure data, immutable, every number with its source.

Days are counted from the infusion or, for a product that is given again and again, from its first
dose: day 0 is that date in the site's time zone, and first and last days are both inside. Spans are
elapsed time. Numbers are exact. How doses follow each other is in schedule.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from toxmon.protocol.citation import Citation, Cited
from toxmon.protocol.guidance import Advised
from toxmon.protocol.label import AgeBlock, AtHand, Dose, Indication, Label, Lymphodepletion, Status
from toxmon.protocol.schedule import DoseWindow, Observation, Restart, Schedule

CLOCK_ORIGINS: Mapping[str, str] = {
    "infusion": "the infusion; the first one, where a product is infused in parts",
    "first dose": "the first dose of a product that is given again and again",
}
CLOCKS: Mapping[str, str] = {
    **CLOCK_ORIGINS,
    "this dose": "the start of the dose that `dose` or `dose_number` names",
    "most recent dose": "the start of whichever dose came last before the event",
    "end of the most recent dose": "the end of whichever infusion came last before the event",
    "not stated": "the source does not say, or what was read of it does not",
}
"""What an onset is counted from; the days of a plan only from CLOCK_ORIGINS."""

DAYS_IN: Mapping[str, Decimal] = {
    "h": Decimal(1) / Decimal(24),
    "d": Decimal(1),
    "week": Decimal(7),
    "month": Decimal("30.4375"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of patients. `percent` is as printed; `count` is the number of patients.

    A source may print less than that: only that it is below a number, or a range of percentages.
    """

    percent: Decimal | None
    count: int | None
    percent_below: Decimal | None = None
    percent_range: tuple[Decimal, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long until, or for how long, among patients with the event. `unit` as in DAYS_IN."""

    median: Decimal | None
    range: tuple[Decimal, ...] | None
    """Extremes: lowest and highest."""
    iqr: tuple[Decimal, ...] | None
    unit: str

    def days(self, number: Decimal) -> Decimal:
        """A number of this unit, in days."""
        return number * DAYS_IN[self.unit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Figures of one event in one population from one source. Data to read, never a window.

    `clock` is what onset is counted from, one of CLOCKS; None is the product's own clock. With
    `dose` or `dose_number` the shares are of patients after that dose only.
    """

    event: str
    population: str
    n: int | None
    definition: str | None
    graded_by: str | None
    rate: Rate | None
    grade_1: Rate | None = None
    grade_2: Rate | None = None
    grade_3_or_more: Rate | None
    grade_3: Rate | None
    grade_4: Rate | None
    grade_5: Rate | None
    onset: Times | None
    duration: Times | None
    duration_of: str | None
    note: str | None
    citation: Citation
    indications: tuple[str, ...] = ()
    clock: str | None = None
    dose: str | None = None
    dose_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days on which an event is usual for this product: policy made from a figure.

    An event outside of it is told as unusual and never suppressed. `last_day` None has no end.
    """

    event: str
    course: str
    first_day: int
    last_day: int | None
    basis: str
    note: str | None
    citation: Citation

    def holds(self, day: int) -> bool:
        """Is this day inside? Both ends are."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A line of the observation chart.

    Either `every` from `first_day` to `last_day` (None: no end), or on the days of `on`.
    The check is met by facts of all of `kinds`, or of all of one of `or_kinds`.
    """

    what: str
    kinds: tuple[str, ...]
    or_kinds: tuple[tuple[str, ...], ...]
    first_day: int | None
    last_day: int | None
    every: timedelta | None
    on: tuple[int, ...]
    grace: timedelta
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """A line of the chart that is due more often while an event has one of these grades.

    The check is met by facts of all of `kinds`, or of all of one of `or_kinds`.
    """

    event: str
    grades: tuple[int, ...]
    what: str
    kinds: tuple[str, ...]
    or_kinds: tuple[tuple[str, ...], ...]
    every: timedelta
    grace: timedelta
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A bound on a measured value that somebody acts upon, and what was found or done."""

    kind: str
    comparison: str
    value: Decimal
    unit: str
    text: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Management:
    """What a source advises for an event at these grades. Support for a clinician, not an order.

    `onset_before` and `onset_from` narrow it to events that began so long after the infusion.
    `doses` are the drugs that the text names, so that sources can be held against each other.
    """

    event: str
    grades: tuple[int, ...]
    onset_before: timedelta | None
    onset_from: timedelta | None
    text: str
    citation: Citation
    doses: tuple[Advised, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something a reader should know that is none of the rest."""

    text: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One version of one product. `digest` is the SHA-256 of `text`, the file as it was read."""

    name: str
    title: str
    version: int
    product_class: str
    target: str
    costimulation: str | None = None
    aliases: tuple[str, ...] = ()
    route: str | None = None
    investigational: Cited[bool] | None = None
    statuses: tuple[Status, ...] = ()
    region: str
    clock_origin: str
    indications: tuple[Indication, ...]
    doses: tuple[Dose, ...]
    ages: tuple[AgeBlock, ...]
    lymphodepletion: tuple[Lymphodepletion, ...]
    premedication: tuple[Remark, ...]
    at_hand: tuple[AtHand, ...]
    labels: tuple[Label, ...]
    published: tuple[Published, ...]
    windows: tuple[Window, ...]
    watches: tuple[Watch, ...]
    markers: tuple[Marker, ...]
    management: tuple[Management, ...]
    remarks: tuple[Remark, ...]
    schedules: tuple[Schedule, ...] = ()
    observations: tuple[Observation, ...] = ()
    restarts: tuple[Restart, ...] = ()
    dose_windows: tuple[DoseWindow, ...] = ()
    cadences: tuple[Cadence, ...] = ()
    digest: str
    text: str

    def label_on(self, day: date, region: str | None = None) -> Label | None:
        """The label in force on a date, of the product's region unless told; None before any."""
        known = [
            label
            for label in self.labels
            if label.region == (region or self.region) and label.effective_from.value <= day
        ]
        return max(known, key=lambda label: label.effective_from.value, default=None)

    @property
    def repeated(self) -> bool:
        """Is it given again and again, so that time also counts from the most recent dose?"""
        return self.clock_origin == "first dose"

    def is_called(self, name: str) -> bool:
        """Is this its name, or one of its other names? Capitals do not matter."""
        return name.casefold() in {each.casefold() for each in (self.name, *self.aliases)}

    def figures(self, event: str, indication: str | None = None) -> tuple[Published, ...]:
        """The published figures of an event, in the order of the file.

        With an indication: those for it, and those that are not of any single one.
        """
        return tuple(
            each
            for each in self.published
            if each.event == event
            and (indication is None or not each.indications or indication in each.indications)
        )

    def dose_window(self, event: str, dose_number: int) -> DoseWindow | None:
        """The usual time of an event after the dose of this number, if the file gives one.

        A window that names the dose speaks before one for any dose.
        """
        known = [
            each
            for each in self.dose_windows
            if each.event == event and (not each.doses or dose_number in each.doses)
        ]
        return next((each for each in known if each.doses), known[0] if known else None)

    def window(self, event: str) -> Window | None:
        """The usual days of an event, if the file gives any."""
        return next((each for each in self.windows if each.event == event), None)
