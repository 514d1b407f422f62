"""Times and spans as they are said at the bedside, in the site's zone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from toxmon.grading.facts import Bounds, Value
from toxmon.grading.treatment import Treatment

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
UNITS = {"Cel": "°C", "{score}": "points", "/uL": "/µL", "10*9/L": "×10⁹/L", "mm[Hg]": "mmHg"}
MOST_TOLD = 6
INSTANT = timedelta(microseconds=1)


def clock(at: datetime, zone: tzinfo, now: datetime | None = None) -> str:
    """The hour at the site: "14:05"; with its date when it is a day or more from `now`.

    In the night in which an hour comes twice it is said which of the two it is.
    """
    words, on = _local(at, zone)
    if now is None or abs(now - at) < DAY:
        return words
    same_year = on.year == _local(now, zone)[1].year
    return f"{on.day} {MONTHS[on.month - 1]}{'' if same_year else f' {on.year}'} {words}"


def dated_at(instants: Iterable[datetime], now: datetime) -> datetime | None:
    """The next instant at which `clock` adds a date to one of these, or leaves it out."""
    edges = [edge for at in instants for edge in (at - DAY + INSTANT, at + DAY) if edge > now]
    return min(edges, default=None)


@lru_cache(maxsize=4_096)
def _local(at: datetime, zone: tzinfo) -> tuple[str, date]:
    local = at.astimezone(zone)
    words = f"{local.hour:02}:{local.minute:02}"
    other = local.replace(fold=1 - local.fold)
    if other.utcoffset() != local.utcoffset() and _comes_twice(local):
        words += " (second)" if local.fold else " (first)"
    return words, local.date()


def _comes_twice(local: datetime) -> bool:
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    # In the hour that is left out the offset grows; in the one that comes twice it falls.
    return first is not None and second is not None and first > second


def moment(at: datetime, treatment: Treatment, now: datetime) -> str:
    """The hour at the site and the day of the treatment: "14:05 (day 3)"."""
    day = (_local(at, treatment.zone)[1] - _local(treatment.infused_at, treatment.zone)[1]).days
    return f"{clock(at, treatment.zone, now)} (day {day})"


def clocks(instants: Iterable[datetime], zone: tzinfo, now: datetime) -> str:
    """Several hours: "22:00, 02:00"; of many the newest, and how many there were before."""
    every = list(instants)
    told = ", ".join(clock(at, zone, now) for at in every[-MOST_TOLD:])
    before = len(every) - MOST_TOLD
    return f"{before} before, then {told}" if before > 0 else told


def span(length: timedelta) -> str:
    """A span: "30 min", "4 h", "1 h 15 min", "7 d"."""
    if length >= 2 * DAY and not length % DAY:
        return f"{length // DAY} d"
    hours, rest = divmod(length, HOUR)
    minutes = rest // MINUTE
    if hours and minutes:
        return f"{hours} h {minutes} min"
    return f"{hours} h" if hours else f"{minutes} min"


def number(value: Value, unit: str | None = None) -> str:
    """A value as it was charted, with its unit."""
    if isinstance(value, Bounds):
        words = _bounds(value)
    elif isinstance(value, Decimal):
        words = f"{value:f}"
    elif isinstance(value, bool):
        return "yes" if value else "no"
    elif isinstance(value, tuple):
        return ", ".join(each.replace("_", " ") for each in value) or "none"
    else:
        return value.replace("_", " ")
    shown = None if unit is None else UNITS.get(unit, unit)
    if shown is None or unit == "1":
        return words
    return f"{words}{'' if shown == '%' else ' '}{shown}"


def _bounds(value: Bounds) -> str:
    if value.low is None and value.high is not None:
        return f"{'<' if value.high_open else '<='}{value.high:f}"
    if value.high is None and value.low is not None:
        return f"{'>' if value.low_open else '>='}{value.low:f}"
    return f"{value.low:f} to {value.high:f}" if value.low is not None else "unknown"
