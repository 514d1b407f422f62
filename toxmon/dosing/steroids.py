"""Steroids in dexamethasone equivalents: each day, in a row, in a course; and is it tapered?

Systemic doses only: one that was given by a local route (`LOCAL_ROUTES`) is no exposure. An amount
that is not known, or not comparable, makes each sum that it belongs to an "at least". Amounts are
exact decimals in mg of dexamethasone; days are calendar days of the site, by when a dose was begun.

Equivalence: dexamethasone 0.75 = methylprednisolone 4 = prednisone 5 = prednisolone 5 =
hydrocortisone 20 mg, the standard table, from memory and not verified; for display and for
reminders, never to convert an order. What we read into it: decisions 0081 and 0082.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from decimal import Context, Decimal
from functools import lru_cache

from toxmon.dosing.drug import Cited
from toxmon.dosing.mass import TO_MG
from toxmon.grading.medications import LOCAL_ROUTES, STEROIDS

EQUIVALENT_MG: Mapping[str, Decimal] = {
    "dexamethasone": Decimal("0.75"),
    "methylprednisolone": Decimal(4),
    "prednisone": Decimal(5),
    "prednisolone": Decimal(5),
    "hydrocortisone": Decimal(20),
}
"""Amounts in mg that are held to be as strong as each other."""
EQUIVALENCE = Cited(
    source="the standard table of glucocorticoid equivalents, from memory",
    year=2026,
    verified=False,
)
WITHOUT_EQUIVALENT = frozenset(
    {*(STEROIDS - EQUIVALENT_MG.keys()), "triamcinolone", "cortisone", "deflazacort"}
)
"""Systemic steroids of which our table has no amount: a day with one of them is "at least"."""
DEPOT = frozenset({"acetate", "acetonide", "diacetate", "hexacetonide", "depot"})
"""Words in a name that say that it acts for weeks: its amount is not that of a day."""
PER_KG = "mg/kg"
ZERO = Decimal(0)

KEPT_DAYS = 30
"""Days that a watch keeps in mind, up to the newest one with a dose."""
DAY = timedelta(days=1)
EXACT = Context(prec=120)
"""Room for every sum of amounts that a person writes: nothing is rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SteroidDose:
    """A systemic dose. `amount` None was not charted. `kg` is the weight that it is reckoned with.

    `stopped`: the infusion was not finished, so that less than `amount` was given. `time_known`
    False: `at` is the latest that it can have been.
    """

    fact: str
    at: datetime
    drug: str
    amount: Decimal | None
    unit: str | None
    depot: bool = False
    kg: Decimal | None = None
    stopped: bool = False
    time_known: bool = True
    route: str | None = None
    by: str = ""

    @property
    def why_unknown(self) -> str | None:
        """Why it has no amount in dexamethasone equivalents, in words; None when it has one."""
        if self.drug in WITHOUT_EQUIVALENT:
            return f"the table has no equivalent of {self.drug}"
        if self.depot:
            return "a depot form acts for weeks, and its amount is not that of a day"
        if self.amount is None or self.unit is None:
            return "no amount was charted"
        if self.stopped:
            return "the infusion was stopped, and how much was given is not known"
        if self.unit == PER_KG:
            return "it is charted per kg, and no weight is known" if self.kg is None else None
        return None if self.unit in TO_MG else f"{self.unit} is no unit of mass"

    @property
    def equivalent_mg(self) -> Decimal | None:
        """The amount in mg of dexamethasone, exact; None is not known."""
        if self.why_unknown is not None:
            return None
        assert self.amount is not None
        assert self.unit is not None
        mass = self.kg if self.unit == PER_KG else TO_MG[self.unit]
        assert mass is not None
        return EXACT.multiply(_dexamethasone(self.drug, self.amount), mass)

    @property
    def equivalent_per_kg(self) -> Decimal | None:
        """Of a dose in mg/kg without a weight: mg of dexamethasone per kg. Else None."""
        if self.unit != PER_KG or self.kg is not None or self.amount is None:
            return None
        if replace(self, kg=Decimal(1)).why_unknown is not None:
            return None
        return _dexamethasone(self.drug, self.amount)


def _dexamethasone(drug: str, amount: Decimal) -> Decimal:
    factor = EQUIVALENT_MG["dexamethasone"] / EQUIVALENT_MG[drug]
    return EXACT.multiply(amount, factor)


@lru_cache(maxsize=1_024)
def named(medication: str) -> tuple[str, bool] | None:
    """The steroid that a charted name means, and whether it is a depot form; None is none.

    "methylprednisolone sodium succinate" is methylprednisolone, "methylprednisolone acetate" its
    depot form, "dexamethasone, ophthalmic" is given locally and no exposure.
    """
    name, *suffixes = (part.strip() for part in medication.casefold().split(","))
    if any(suffix in LOCAL_ROUTES for suffix in suffixes):
        return None
    drug, *words = name.replace("-", " ").split() or [""]
    if drug not in EQUIVALENT_MG and drug not in WITHOUT_EQUIVALENT:
        return None
    return drug, not DEPOT.isdisjoint((*words, *suffixes))


@dataclass(frozen=True, slots=True, kw_only=True)
class SteroidDay:
    """The doses of one day of the site. `mg` is what is known, in mg of dexamethasone.

    `per_kg` is what was given by weight without one at hand, `unknown` how many doses have no
    amount. `most` and `most_per_kg` are the largest single doses. `fact` is the last dose.
    """

    on: date
    doses: int
    mg: Decimal
    per_kg: Decimal
    unknown: int
    most: Decimal
    most_per_kg: Decimal
    first_at: datetime
    last_at: datetime
    fact: str

    def least(self, kg: Decimal | None = None) -> Decimal:
        """What was given at the least, in mg of dexamethasone."""
        return self.mg if kg is None else EXACT.add(self.mg, EXACT.multiply(self.per_kg, kg))

    def amount(self, kg: Decimal | None = None) -> Decimal | None:
        """What was given, or None where a part of it is not known."""
        return None if self.unknown or (self.per_kg and kg is None) else self.least(kg)

    def largest(self, kg: Decimal | None = None) -> Decimal:
        """The largest single dose of known amount."""
        return self.most if kg is None else max(self.most, EXACT.multiply(self.most_per_kg, kg))


Days = tuple[SteroidDay, ...]


def with_dose(days: Days, dose: SteroidDose, zone: tzinfo, keep: int | None = KEPT_DAYS) -> Days:
    """These days with one dose more, in order. In whatever order doses come, it comes to the same.

    `keep`: days before the newest one that are kept; None keeps all.
    """
    day = _day_of(dose, zone)
    by_day = {each.on: each for each in days}
    before = by_day.get(day.on)
    by_day[day.on] = day if before is None else _joined(before, day)
    newest = max(by_day)
    return tuple(
        by_day[on] for on in sorted(by_day) if keep is None or newest - on < timedelta(days=keep)
    )


def days_of(doses: Iterable[SteroidDose], zone: tzinfo) -> Days:
    """Every day on which one of these was given, in order."""
    by_day: dict[date, SteroidDay] = {}
    for dose in doses:
        day = _day_of(dose, zone)
        before = by_day.get(day.on)
        by_day[day.on] = day if before is None else _joined(before, day)
    return tuple(by_day[on] for on in sorted(by_day))


def _day_of(dose: SteroidDose, zone: tzinfo) -> SteroidDay:
    mg, per_kg = dose.equivalent_mg, dose.equivalent_per_kg
    return SteroidDay(
        on=dose.at.astimezone(zone).date(),
        doses=1,
        mg=mg or ZERO,
        per_kg=per_kg or ZERO,
        unknown=int(mg is None and per_kg is None),
        most=mg or ZERO,
        most_per_kg=per_kg or ZERO,
        first_at=dose.at,
        last_at=dose.at,
        fact=dose.fact,
    )


def _joined(one: SteroidDay, other: SteroidDay) -> SteroidDay:
    last = max(one, other, key=lambda day: (day.last_at, day.fact))
    return SteroidDay(
        on=one.on,
        doses=one.doses + other.doses,
        mg=EXACT.add(one.mg, other.mg),
        per_kg=EXACT.add(one.per_kg, other.per_kg),
        unknown=one.unknown + other.unknown,
        most=max(one.most, other.most),
        most_per_kg=max(one.most_per_kg, other.most_per_kg),
        first_at=min(one.first_at, other.first_at),
        last_at=last.last_at,
        fact=last.fact,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A sum in mg of dexamethasone; `at_least` while an amount in it is not known."""

    mg: Decimal
    at_least: bool
    doses: int
    days: int


def total(days: Iterable[SteroidDay], kg: Decimal | None = None) -> Total:
    """The sum of days."""
    days = tuple(days)
    mg = ZERO
    for day in days:
        mg = EXACT.add(mg, day.least(kg))
    return Total(
        mg=mg,
        at_least=any(day.amount(kg) is None for day in days),
        doses=sum(day.doses for day in days),
        days=len(days),
    )


def between(
    doses: Iterable[SteroidDose], from_at: datetime, until_at: datetime | None
) -> tuple[SteroidDose, ...]:
    """The doses of a span: its first instant is inside, its end is not; None has no end."""
    return tuple(
        dose for dose in doses if from_at <= dose.at and (until_at is None or dose.at < until_at)
    )


def newest_course(days: Sequence[SteroidDay], gap_days: int = 0) -> Days:
    """The last days that belong together: at most `gap_days` (inclusive) without a dose between.

    With 0 they are the days in a row.
    """
    apart = timedelta(days=gap_days + 1)
    first = max(len(days) - 1, 0)
    while first > 0 and days[first].on - days[first - 1].on <= apart:
        first -= 1
    return tuple(days[first:])


def lowered(
    course: Sequence[SteroidDay], kg: Decimal | None = None, today: date | None = None
) -> bool | None:
    """Was less given after the day of the most? None where an amount is not known.

    A day counts as lower by its sum only when it is whole: not `today`, and with `today` None not
    the last one, on which the drug was stopped. A smaller single dose counts on any day. Of several
    days with the most the last is the one.
    """
    amounts = [day.amount(kg) for day in course]
    if not course or None in amounts:
        return None
    known = [amount for amount in amounts if amount is not None]
    peak = max(range(len(known)), key=lambda place: (known[place], place))
    largest = course[peak].largest(kg)
    for day in course[peak + 1 :]:
        whole = day is not course[-1] if today is None else day.on < today
        if whole or day.largest(kg) < largest:
            return True
    return False
