"""What the answers about a dose say: words for a tired reader, with times of the site's clock."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(at: datetime, zone: tzinfo) -> str:
    """An instant on the site's clock: 06-Mar-2026 20:55 CET; seconds only where there are any."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{local.day:02d}-{MONTHS[local.month - 1]}-{local.year} {clock} {local:%Z}"


def span(time: timedelta) -> str:
    """A length of time: 8 h, 30 min, 7 h 59 min 59 s."""
    seconds = int(time.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    if hours >= 72 and not minutes and not seconds:
        days, hours = divmod(hours, 24)
        return f"{days} d {hours} h" if hours else f"{days} d"
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    parts.append(f"{seconds} s" if seconds else "")
    return " ".join(part for part in parts if part) or "0 min"


def amount(value: Decimal) -> str:
    """A number as it is written by hand: 560, 358.8; no zeros behind it, no exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def doses(count: int) -> str:
    """1 dose, 2 doses."""
    return f"{count} dose" if count == 1 else f"{count} doses"
