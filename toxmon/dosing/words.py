"""What the answers about a dose say: words for a tired reader, with times of the site's clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

WARNINGS: Mapping[str, str] = {
    "indication_not_stated": "it was not said what the dose is for",
    "indication_unknown": "whether there is CRS is not known from the chart",
    "prophylactic": "given for prophylaxis, and counted as every dose is",
    "doses_elsewhere_not_stated": "nobody has said whether doses were given before arrival",
    "weight_changed": "the weight has changed; make sure that it is right",
    "weight_not_needed_but_old": "the weight on record is old",
    "age_missing": "the age is not known, and the dose depends on it",
    "dose_below_weight": "the dose is below the one for the weight",
    "unreconciled_records": "two records may be one dose; a person has to say",
    "time_unknown": "the time of an earlier dose is not known",
    "held": "a dose that is reserved or released counts as given",
    "amount_not_known": "the amount of an earlier dose is not known",
    "by_another_policy": "another policy of this drug says otherwise",
    "many_doses": "there are more doses on record than are listed here",
}


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
