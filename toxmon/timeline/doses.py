"""Products given in steps: which day a planned day became, the next dose, who is observed now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from toxmon.protocol.citation import Citation
from toxmon.protocol.product import Product
from toxmon.protocol.schedule import Schedule
from toxmon.timeline.days import Days
from toxmon.timeline.known import Dose

AFTER_LAST_STEP = 7
"""A day so long after the last planned step still moves with it; later ones stand by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The patient is observed until `until_at` because of the dose of this number."""

    dose: int
    from_at: datetime
    until_at: datetime
    where: str
    when: str
    region: str
    source: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDose:
    """The next step of the schedule by plan; `from_date` and `until_date` where the plan bends."""

    number: int
    label: str
    planned_for: date | None
    from_date: date | None
    until_date: date | None
    schedule: str
    source: Citation


def schedule_of(product: Product) -> Schedule | None:
    """The schedule by which days are moved: the first of the product's region with two days."""
    for schedule in product.schedules:
        known = [step for step in schedule.steps if step.day is not None]
        if schedule.region == product.region and len(known) > 1:
            return schedule
    return next(iter(product.schedules), None)


def given_at(days: Days, doses: tuple[Dose, ...]) -> tuple[datetime, ...]:
    """When each dose was given, the first one (the treatment's beginning) included."""
    first = days.treatment.infused_at
    return (first, *sorted(dose.at for dose in doses if dose.at > first))


def moved_days(product: Product, days: Days, doses: tuple[Dose, ...]) -> Mapping[int, int]:
    """By planned day of a step, how many days it was moved. Empty: all goes by plan.

    A step that is yet to come keeps the delay of the one before it, and never an earlier day.
    """
    schedule = schedule_of(product)
    if schedule is None or not doses:
        return {}
    given = given_at(days, doses)
    moved: dict[int, int] = {}
    delay = 0
    for step in schedule.steps:
        if step.day is None:
            continue
        if step.number <= len(given):
            moved[step.day] = delay = days.day(given[step.number - 1]) - step.day
        else:
            moved[step.day] = max(0, delay)
    return moved


def moved(day: int, moves: Mapping[int, int]) -> int:
    """Where a planned day lies, now that the steps were given when they were."""
    if not moves or day > max(moves) + AFTER_LAST_STEP:
        return day
    return day + moves[max((step for step in moves if step <= day), default=min(moves))]


def next_dose(product: Product, days: Days, doses: tuple[Dose, ...]) -> NextDose | None:
    """The first step that was not given, when it is planned and how far it may be moved."""
    schedule = schedule_of(product)
    if schedule is None:
        return None
    given = given_at(days, doses)
    step = schedule.step(len(given) + 1)
    if step is None:
        return None
    last = days.day(given[-1])
    before = schedule.step(len(given))
    planned = None
    if step.day is not None and before is not None and before.day is not None:
        planned = days.date(last + step.day - before.day)
    gap = schedule.next_after[0] if schedule.next_after else None
    most = schedule.next_at_most
    return NextDose(
        number=step.number,
        label=step.label,
        planned_for=planned,
        from_date=None if gap is None else days.date(last + gap.days),
        until_date=None if most is None else days.date(last + most.days),
        schedule=schedule.name,
        source=schedule.citation,
    )


def observed(
    product: Product, days: Days, doses: tuple[Dose, ...], now: datetime
) -> tuple[Observed, ...]:
    """Every span of observation after a dose that holds at `now`, the longest first."""
    found: list[Observed] = []
    for number, at in enumerate(given_at(days, doses), start=1):
        for each in product.observations:
            if number in each.doses and each.region == product.region:
                until = at + each.span
                if at <= now < until:
                    found.append(
                        Observed(
                            dose=number,
                            from_at=at,
                            until_at=until,
                            where=each.where,
                            when=each.when,
                            region=each.region,
                            source=each.citation,
                        )
                    )
    return tuple(sorted(found, key=lambda each: each.until_at, reverse=True))


def observation_changes(product: Product, days: Days, doses: tuple[Dose, ...]) -> list[datetime]:
    """Every instant at which a span of observation begins or ends."""
    if not product.observations:
        return []
    return [
        edge
        for number, at in enumerate(given_at(days, doses), start=1)
        for each in product.observations
        if number in each.doses and each.region == product.region
        for edge in (at, at + each.span)
    ]
