"""Dates of the site's calendar: months later, whole days between."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def on(at: datetime, zone: tzinfo) -> date:
    """The site's date of an instant."""
    return at.astimezone(zone).date()
