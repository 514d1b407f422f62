"""Instants of HL7 v2: YYYY[MM[DD[HH[MM[SS[.S]]]]]][+/-ZZZZ], and why one is none.

The offset is that of the field, else that of MSH-7, else the site's zone tells it. Nothing is
guessed: a day is no instant, and neither is an hour that a clock has shown twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_FORM = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?"
    r"([+-]\d{4})?",
    re.ASCII,
)
_FARTHEST = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class When:
    """An instant in UTC, or why there is none."""

    at: datetime | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Times:
    """Reads the times of one message. `offset` is that of MSH-7, `zone` that of the site."""

    zone: tzinfo
    offset: tzinfo | None = None

    def read(self, text: str, name: str) -> When:
        """The instant of a field; `name` is for the words. Nothing is neither instant nor fault."""
        return _read(self, text, name) if text else When()


@lru_cache(maxsize=1_000)
def _read(times: Times, text: str, name: str) -> When:
    """One message says the same time of each of its results."""
    found = _FORM.fullmatch(text)
    if found is None:
        return When(fault=f"{name} is not written YYYYMMDDHHMM[SS][+/-ZZZZ]")
    year, month, day, hour, minute, second, part, offset = found.groups()
    if minute is None:
        exact = "hour" if hour else "day" if day else "month" if month else "year"
        return When(fault=f"{name} is exact to the {exact} alone")
    micro = int((part or "0").ljust(6, "0"))
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro,
            tzinfo=offset_of(offset) or times.offset or times.zone,
        )  # fmt: skip
        at = local.astimezone(UTC)
    except (ValueError, OverflowError):
        return When(fault=f"{name} is no time that can be")
    if local.tzinfo is times.zone and offset is None:
        other = local.replace(fold=1)
        if other.utcoffset() != local.utcoffset():
            words = "stands in an hour that clocks skip or show twice, and has no offset"
            return When(fault=f"{name} {words}")
    return When(at)


def offset_of(text: str | None) -> tzinfo | None:
    """The zone of +0200; none of nothing. Raises ValueError for one that is nowhere."""
    if not text:
        return None
    span = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    if span > _FARTHEST or int(text[3:5]) > 59:
        raise ValueError("no such offset")
    return timezone(-span if text[0] == "-" else span)


def offset_in(text: str) -> tzinfo | None:
    """The offset that a time names, if it is one."""
    found = _FORM.fullmatch(text)
    try:
        return offset_of(found[8]) if found is not None else None
    except ValueError:
        return None


def day_of(text: str) -> date | None:
    """The date of a field that is exact to the day or more, as of a birth."""
    found = _FORM.fullmatch(text)
    if found is None or found[3] is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
