"""What has a date and no measurement: talks, bans that end, vaccinations, the watch for life.

All dates are the site's. "At least 14 days" of a label ends on the infusion's date and 14 days; a
month later is the same day of the month, or the month's last. An end is held back while any
neurotoxicity is open, or not known to be over (decision 0067).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from toxmon.dosing.dates import months_later as months_later
from toxmon.grading.treatment import Treatment
from toxmon.protocol.alarms import Alarms, Obligation
from toxmon.protocol.citation import Citation
from toxmon.protocol.product import Product
from toxmon.timeline.known import Known
from toxmon.timeline.words import span

NEUROTOXICITY = ("icans", "movement_neurocognitive", "cranial_nerve_palsy", "guillain_barre")
OPEN, HELD_BACK, OVER = "open", "held_back", "over"
LABELED = {
    "daily_monitoring": ("Daily monitoring", "Monitored daily"),
    "monitoring": ("Monitoring", "Monitored"),
    "proximity": ("Close to the center", "Stays close to the center"),
    "no_driving": ("No driving", "Does not drive or operate machines"),
}
HELD = ("monitoring", "proximity", "no_driving")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Something with a date: on `on` a ban may end, something is possible or is to be done.

    `next_on` is when it comes again. `blocked_by` names what holds it back now, `unless` what may
    in words that nobody charts. `state`: `open` before its date, `held_back`, or `over`.
    """

    id: str
    title: str
    says: str
    on: date
    next_on: date | None
    state: str
    blocked_by: tuple[str, ...]
    unless: str | None
    note: str | None
    source: Citation


def obligations(
    known: Known,
    product: Product,
    treatment: Treatment,
    alarms: Alarms,
    now: datetime,
    *,
    indication: str | None = None,
) -> tuple[Due, ...]:
    """All dates of a treatment, the earliest first. `state` `over`: the date has come.

    The label is the one in force on the infusion's date: a patient goes on living under it.
    """
    infused = treatment.infused_at.astimezone(treatment.zone).date()
    today = now.astimezone(treatment.zone).date()
    found = [
        *_labeled(known, product, infused, today, indication),
        *_of_policy(product, alarms, infused, today),
        *_examinations(product, infused, today),
    ]
    return tuple(sorted(found, key=lambda each: (each.on, each.id)))


def open_neurotoxicity(known: Known) -> tuple[str, ...]:
    """The scales of neurotoxicity that are not certainly 0, as far as they were ever graded."""
    return tuple(
        f"{scale}: {level.says}"
        for scale in NEUROTOXICITY
        if (level := known.levels.get(scale)) is not None and level.high > 0
    )


def _labeled(
    known: Known, product: Product, infused: date, today: date, indication: str | None
) -> Iterator[Due]:
    label = product.label_on(infused)
    if label is None:
        return
    blocked = open_neurotoxicity(known)
    for what, (title, says) in LABELED.items():
        cited = label.span(what, indication)
        if cited is None:
            continue
        until = infused + timedelta(days=-(-cited.value // timedelta(days=1)))
        held = blocked if what in HELD else ()
        yield Due(
            id=f"label:{what}",
            title=title,
            says=f"{says} for at least {span(cited.value)}, to {until.isoformat()}"
            + (", and longer while neurotoxicity is open." if what in HELD else "."),
            on=until,
            next_on=None,
            state=OPEN if today < until else (HELD_BACK if held else OVER),
            blocked_by=held,
            unless=None,
            note=label.title,
            source=cited.citation,
        )


def _of_policy(product: Product, alarms: Alarms, infused: date, today: date) -> Iterator[Due]:
    for each in alarms.obligations:
        if not _concerns(each, product):
            continue
        first = infused + timedelta(days=each.day or 0)
        if each.month is not None:
            first = months_later(infused, each.month)
        upcoming: date | None = None
        if each.every_months:
            months, upcoming = each.month or 0, first
            while upcoming <= today:
                # From the infusion each time: a yearly date of 29 February comes back to it.
                months += each.every_months
                upcoming = months_later(infused, months)
        yield Due(
            id=each.id,
            title=each.title,
            says=each.says.strip(),
            on=first,
            next_on=upcoming,
            state=OPEN if today < first else OVER,
            blocked_by=(),
            unless=each.unless,
            note=each.note,
            source=each.citation,
        )


def _examinations(product: Product, infused: date, today: date) -> Iterator[Due]:
    """The single days of the product's late watch, such as the neurologic examinations."""
    for watch in product.watches:
        for day in watch.on:
            if day < LATE_FROM:
                continue
            at = infused + timedelta(days=day)
            yield Due(
                id=f"watch:{watch.what}:day {day}",
                title=watch.what[0].upper() + watch.what[1:],
                says=f"{watch.what[0].upper()}{watch.what[1:]} on day {day}, "
                f"give or take {span(watch.grace)}.",
                on=at,
                next_on=None,
                state=OPEN if today < at else OVER,
                blocked_by=(),
                unless=None,
                note=watch.note,
                source=watch.citation,
            )


LATE_FROM = 28
"""Single days from this one on are told as dates; earlier ones are checks of the first weeks."""


def _concerns(each: Obligation, product: Product) -> bool:
    target, class_ = product.target.casefold(), product.product_class.casefold()
    return (not each.targets or any(t.casefold() in target for t in each.targets)) and (
        not each.classes or any(c.casefold() in class_ for c in each.classes)
    )
