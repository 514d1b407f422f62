"""A product as its protocol file tells it: pure data, immutable, every number with its source.

Days are counted from the infusion: day 0 is its date in the site's time zone, and first and last
days are both inside. Spans are elapsed time. Numbers are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from toxmon.protocol.citation import Citation, Cited

DAYS_IN: Mapping[str, Decimal] = {
    "h": Decimal(1) / Decimal(24),
    "d": Decimal(1),
    "week": Decimal(7),
    "month": Decimal("30.4375"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of patients. `percent` is as printed; `count` is the number of patients."""

    percent: Decimal | None
    count: int | None


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
    """Figures of one event in one population from one source. Data to read, never a window."""

    event: str
    population: str
    n: int | None
    definition: str | None
    graded_by: str | None
    rate: Rate | None
    grade_3_or_more: Rate | None
    grade_3: Rate | None
    grade_4: Rate | None
    grade_5: Rate | None
    onset: Times | None
    duration: Times | None
    duration_of: str | None
    note: str | None
    citation: Citation


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
class Label:
    """One version of the label, from its date until the next one's."""

    title: str
    region: str
    effective_from: Cited[date]
    rems: Cited[bool] | None
    daily_monitoring: Cited[timedelta] | None
    monitoring: Cited[timedelta] | None
    proximity: Cited[timedelta] | None
    no_driving: Cited[timedelta] | None
    boxed: Cited[tuple[str, ...]] | None
    notes: tuple[Cited[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indication:
    """What the product is approved for, where and when."""

    text: str
    region: str
    period: str
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """Cells in one infusion. `per` is "kg" where the dose follows the weight."""

    region: str
    period: str
    low: Decimal | None
    high: Decimal | None
    target: Decimal | None
    maximum: Decimal | None
    unit: str
    per: str | None
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBlock:
    """Whether an age group is covered. Ages in years; `below_years` is not inside."""

    group: str
    from_years: Decimal | None
    below_years: Decimal | None
    indicated: bool
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Drug:
    """One drug of a regimen; the dose is given on each of so many days."""

    drug: str
    dose: Decimal
    unit: str
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lymphodepletion:
    """The regimen before the infusion, and how many days lie between the two."""

    region: str
    drugs: tuple[Drug, ...]
    infusion_after: tuple[Decimal, ...] | None
    counted_from: str | None
    repeat_if_delayed: timedelta | None
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """A drug that must be there before the infusion. `doses` for each patient."""

    drug: str
    region: str
    period: str
    doses: int | None
    more_within: timedelta | None
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
    """

    event: str
    grades: tuple[int, ...]
    onset_before: timedelta | None
    onset_from: timedelta | None
    text: str
    citation: Citation


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
    costimulation: str
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

    def figures(self, event: str) -> tuple[Published, ...]:
        """The published figures of an event, in the order of the file."""
        return tuple(each for each in self.published if each.event == event)

    def window(self, event: str) -> Window | None:
        """The usual days of an event, if the file gives any."""
        return next((each for each in self.windows if each.event == event), None)
