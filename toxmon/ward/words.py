"""Instants, spans and numbers as a tired reader takes them in: one way of each, everywhere.

06-Mar-2026 20:55 with the month as a word, 24 hours, in the site's time zone; where an hour of the
clock comes twice, with its offset from UTC. Numbers have a point, no thousands and no false zeros.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal

from toxmon.ward.language import _, later, ngettext

MONTHS = (
    later("Jan"), later("Feb"), later("Mar"), later("Apr"), later("May"), later("Jun"),
    later("Jul"), later("Aug"), later("Sep"), later("Oct"), later("Nov"), later("Dec"),
)  # fmt: skip
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def on(day: date) -> str:
    """A date: 06-Mar-2026."""
    return f"{day.day:02}-{_(MONTHS[day.month - 1])}-{day.year:04}"


def at(instant: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """The time of the day of an instant: 20:55, or 02:30 +01:00 where that hour comes twice."""
    local = instant.astimezone(zone)
    told = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    return f"{told} {offset(instant, zone)}" if twice(instant, zone) else told


def when(instant: datetime, zone: tzinfo, *, seconds: bool = False) -> str:
    """An instant: 06-Mar-2026 20:55."""
    return f"{on(instant.astimezone(zone).date())} {at(instant, zone, seconds=seconds)}"


def twice(instant: datetime, zone: tzinfo) -> bool:
    """Does the clock show this time of the day twice in that night?"""
    local = instant.astimezone(zone).replace(tzinfo=zone)
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    # In the hour that is left out in spring the two differ as well, and no instant falls there.
    return first is not None and second is not None and first > second


def offset(instant: datetime, zone: tzinfo) -> str:
    """The offset of the zone from UTC at an instant: +01:00."""
    return instant.astimezone(zone).isoformat()[-6:]


def machine(instant: datetime) -> str:
    """An instant for a script and the `datetime` of an element."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def span(length: timedelta) -> str:
    """How long: "now" is under a minute; 6 min, 3 h 51 min, 2 d 4 h. Cut, never rounded up."""
    length = abs(length)
    days, rest = divmod(length, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    if days:
        found = _("%(n)s d", n=days)
        return f"{found} {_('%(n)s h', n=hours)}" if hours and days < 3 else found
    if hours:
        found = _("%(n)s h", n=hours)
        return f"{found} {_('%(n)s min', n=minutes)}" if minutes else found
    return _("%(n)s min", n=minutes) if minutes else _("under 1 min")


def ago(instant: datetime, now: datetime) -> str:
    """How long ago, or how far ahead: 6 min ago, in 3 h 51 min."""
    return (
        _("%(span)s ago", span=span(now - instant))
        if instant <= now
        else _("in %(span)s", span=span(instant - now))
    )


def number(value: Decimal | int | float | None) -> str:
    """A number with a point, a leading zero and no zeros at its end that nobody measured."""
    if value is None:
        return "–"
    found = Decimal(str(value))
    text = f"{found.normalize():f}" if found else "0"
    return text.replace("-", "−")


def age(born: date, on_day: date) -> str:
    """How old: 64 y; under two years in months."""
    months = (on_day.year - born.year) * 12 + on_day.month - born.month - (on_day.day < born.day)
    if months < 24:
        return ngettext("%(n)s month", "%(n)s months", months) % {"n": max(months, 0)}
    return _("%(n)s y", n=months // 12)


def grouped(text: str) -> str:
    """A number of a patient in groups of three, if it is one long number."""
    if not text.isdecimal() or len(text) < 6:
        return text
    return " ".join(text[place : place + 3] for place in range(0, len(text), 3))
