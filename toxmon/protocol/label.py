"""What labels and authorities say of a product: who may have it, how much, and what is asked for.

A block holds in its `region` and, where it names some, for those indications only. Numbers are
exact; ages are in years.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from toxmon.protocol.citation import Citation, Cited

STATUSES: Mapping[str, str] = {
    "approved": "approved without conditions",
    "accelerated approval": "US: approved on condition that a further trial confirms it",
    "conditional approval": "EU: approved on condition that more is reported",
    "investigational": "given in trials only",
    "declined": "the authority did not approve it",
    "withdrawn": "approved once and no more",
}

SPANS = ("daily_monitoring", "monitoring", "proximity", "no_driving")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What an authority has said of the product. `since` None: the date is not known here."""

    region: str
    status: str
    since: date | None
    note: str | None
    citation: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Indication:
    """What the product is approved for or studied in, where and when.

    `short` is the name by which other blocks say that they hold for this indication only.
    """

    text: str
    region: str
    period: str
    citation: Citation
    short: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Differs:
    """A span of a label that holds for some indications only, in place of the label's own."""

    what: str
    indications: tuple[str, ...]
    value: timedelta
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
    version: Cited[str] | None = None
    differs: tuple[Differs, ...] = ()

    def span(self, what: str, indication: str | None = None) -> Cited[timedelta] | None:
        """One of SPANS for an indication: its own where the label has one, else the label's."""
        for each in self.differs:
            if each.what == what and indication in each.indications:
                return Cited(each.value, each.citation)
        common: Cited[timedelta] | None = getattr(self, what)
        return common


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """What is given in one infusion. `per` is "kg" where the dose follows the weight.

    `for_whom` says it where a dose is for some patients only, such as those above a weight.
    """

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
    indications: tuple[str, ...] = ()
    for_whom: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBlock:
    """Whether an age group is covered. Ages in years; `below_years` is not inside."""

    group: str
    from_years: Decimal | None
    below_years: Decimal | None
    indicated: bool
    note: str | None
    citation: Citation
    region: str | None = None
    indications: tuple[str, ...] = ()


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
    indications: tuple[str, ...] = ()


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
