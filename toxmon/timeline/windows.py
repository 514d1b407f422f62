"""In which of the product's onset windows a treatment lies, and when it enters and leaves them.

Windows in days are days of the site, both ends inside. Windows after a dose are elapsed time from
that dose, both ends inside. A window is for telling and never suppresses anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.grading.treatment import Treatment
from toxmon.protocol.citation import Citation
from toxmon.protocol.events import EVENTS
from toxmon.protocol.product import Product
from toxmon.timeline.known import Dose

BEFORE, IN, AFTER = "before", "in", "after"
ENTERED, LEFT = "entered", "left"
INSTANT = timedelta(microseconds=1)
MOST_KEPT = 2_000
FIRST_DOSE = "first"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowNow:
    """One window and where `now` lies. `first_at` is its first instant, `last_at` its last.

    `days` says it as the protocol does: "day 4 to 14", "0 h to 6 d after dose 2". `dose` is the
    number of the dose that it is counted from, None for a window in days of the treatment.
    """

    event: str
    title: str
    state: str
    first_at: datetime
    last_at: datetime | None
    basis: str
    days: str
    course: str | None
    dose: int | None
    source: Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A treatment entered or left a window. `key` is the same whenever it is worked out again."""

    key: str
    at: datetime
    event: str
    what: str
    title: str
    says: str


@dataclass(frozen=True, slots=True)
class _Span:
    event: str
    key: str
    first_at: datetime
    last_at: datetime | None
    basis: str
    days: str
    course: str | None
    dose: int | None
    source: Citation


def windows(
    product: Product, treatment: Treatment, doses: tuple[Dose, ...], now: datetime
) -> tuple[WindowNow, ...]:
    """Every window of the product, and those after each dose that was given by `now`."""
    return tuple(
        WindowNow(
            event=each.event,
            title=EVENTS.get(each.event, each.event),
            state=_state(each, now),
            first_at=each.first_at,
            last_at=each.last_at,
            basis=each.basis,
            days=each.days,
            course=each.course,
            dose=each.dose,
            source=each.source,
        )
        for each in spans(product, treatment, doses)
        if each.dose is None or each.first_at <= now
    )


def inside(
    product: Product, treatment: Treatment, doses: tuple[Dose, ...], event: str, at: datetime
) -> bool | None:
    """Is `at` inside a window of the event? None where the product gives none."""
    known = [each for each in spans(product, treatment, doses) if each.event == event]
    return any(_state(each, at) == IN for each in known) if known else None


def usual(
    product: Product, treatment: Treatment, doses: tuple[Dose, ...], event: str, at: datetime
) -> str | None:
    """The usual time of an event in words, that of the dose before `at` among them."""
    known = [each for each in spans(product, treatment, doses) if each.event == event]
    after = [each for each in known if each.dose is not None and each.first_at <= at]
    days = [each.days for each in known if each.dose is None]
    return "; ".join([*days, *(each.days for each in after[-1:])]) or None


def next_change(
    product: Product, treatment: Treatment, doses: tuple[Dose, ...], now: datetime
) -> datetime | None:
    """The first instant after `now` at which a window opens, or is over."""
    edges = _edges(product, treatment, doses)
    return next((at for at in edges if at > now), None)


def crossed(
    product: Product,
    treatment: Treatment,
    doses: tuple[Dose, ...],
    after: datetime,
    until: datetime,
) -> tuple[Crossing, ...]:
    """Windows that were entered or left after `after` and by `until`, in the order of time."""
    found = [
        crossing
        for each in spans(product, treatment, doses)
        for crossing in _crossings(each)
        if after < crossing.at <= until
    ]
    return tuple(sorted(found, key=lambda each: (each.at, each.key)))


def _crossings(each: _Span) -> Iterator[Crossing]:
    title = EVENTS.get(each.event, each.event)
    yield Crossing(
        key=f"{each.key}:{ENTERED}",
        at=each.first_at,
        event=each.event,
        what=ENTERED,
        title=title,
        says=f"The usual time of {title} begins ({each.days}).",
    )
    if each.last_at is not None:
        yield Crossing(
            key=f"{each.key}:{LEFT}",
            at=each.last_at + INSTANT,
            event=each.event,
            what=LEFT,
            title=title,
            says=f"The usual time of {title} is over ({each.days}).",
        )


def _state(each: _Span, now: datetime) -> str:
    if now < each.first_at:
        return BEFORE
    return IN if each.last_at is None or now <= each.last_at else AFTER


_SPANS: dict[tuple[object, ...], tuple[Product, tuple[_Span, ...], tuple[datetime, ...]]] = {}


def spans(product: Product, treatment: Treatment, doses: tuple[Dose, ...]) -> tuple[_Span, ...]:
    """The windows of a treatment as instants, those in days first; made once."""
    return _made(product, treatment, doses)[1]


def _edges(product: Product, treatment: Treatment, doses: tuple[Dose, ...]) -> tuple[datetime, ...]:
    return _made(product, treatment, doses)[2]


def _made(
    product: Product, treatment: Treatment, doses: tuple[Dose, ...]
) -> tuple[Product, tuple[_Span, ...], tuple[datetime, ...]]:
    given = tuple((dose.at, dose.fact) for dose in doses)
    key = (id(product), treatment.infused_at, treatment.zone, given)
    known = _SPANS.get(key)
    if known is None or known[0] is not product:
        if len(_SPANS) >= MOST_KEPT:
            _SPANS.clear()
        made = (*_in_days(product, treatment), *_after_doses(product, treatment, doses))
        edges = {each.first_at for each in made}
        edges |= {each.last_at + INSTANT for each in made if each.last_at is not None}
        known = _SPANS[key] = (product, made, tuple(sorted(edges)))
    return known


def _in_days(product: Product, treatment: Treatment) -> Iterator[_Span]:
    for each in product.windows:
        last = each.last_day
        yield _Span(
            event=each.event,
            key=f"window:{each.event}",
            first_at=max(treatment.begins(each.first_day), treatment.infused_at),
            last_at=None if last is None else treatment.begins(last + 1) - INSTANT,
            basis=each.basis,
            days=f"day {each.first_day} " + ("on" if last is None else f"to {last}"),
            course=each.course,
            dose=None,
            source=each.citation,
        )


def _after_doses(
    product: Product, treatment: Treatment, doses: tuple[Dose, ...]
) -> Iterator[_Span]:
    later = sorted((d for d in doses if d.at > treatment.infused_at), key=lambda d: (d.at, d.fact))
    given = [(treatment.infused_at, FIRST_DOSE), *((dose.at, dose.fact) for dose in later)]
    for number, (at, fact) in enumerate(given, start=1):
        for event in dict.fromkeys(each.event for each in product.dose_windows):
            each = product.dose_window(event, number)
            if each is None:
                continue
            yield _Span(
                event=event,
                key=f"window:{event}:after:{fact}",
                first_at=at + each.first,
                last_at=at + each.last,
                basis=each.basis,
                days=f"{_hours(each.first)} to {_hours(each.last)} after dose {number}",
                course=None,
                dose=number,
                source=each.citation,
            )


def _hours(length: timedelta) -> str:
    hours = length // timedelta(hours=1)
    return f"{hours // 24} d" if hours >= 72 and hours % 24 == 0 else f"{hours} h"
