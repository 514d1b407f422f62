"""Who works on the invented ward, and when each is on call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from toxmon.demo.ward import instant

NURSE, OTHER_NURSE = "Nadia Holm", "Oskar Weiss"
SIGNED_IN: Mapping[str, str] = {
    "nurse": NURSE,
    "physician": "Priya Anders",
    "pharmacist": "Theo Lindgren",
    "integration": "laboratory, monitors, ordering system",
    "admin": "demo admin",
    "auditor": "demo auditor",
}
"""By role of a token: whose name stands in the record."""
PASSWORD, PIN = "invented", "4825"
"""Of everybody on this ward; the demo server listens on this machine alone."""
ON_CALL: Mapping[str, str] = {
    "charge_nurse": "Carla Ito",
    "on_call_physician": "Priya Anders",
    "consultant": "Samuel Okonjo",
    "ward_phone": "ward phone 4711",
    "technical": "Jules Marek",
}
SHIFT = timedelta(hours=12)
SPAN = timedelta(days=28)
AHEAD = timedelta(days=7)
"""The roster is looked at 72 hours ahead; it has no gap there."""


def shifts(roles: Iterator[str], since: datetime, now: datetime) -> Iterator[dict[str, str | None]]:
    """Shifts without a gap from `since` until some days after `now`, for every unit.

    Two nurses change every 12 hours, and the one who is signed in is on call now.
    """
    end = now + AHEAD
    for role in roles:
        person = ON_CALL.get(role)
        at = since
        while person is not None and at < end:
            until = min(at + SPAN, end)
            yield _shift(role, person, at, until)
            at = until
    begun = now - SHIFT / 2
    at, nurses = begun - 2 * SHIFT, (NURSE, OTHER_NURSE)
    yield _shift("bedside_nurse", NURSE, max(since, at - SPAN), at)
    number = 0
    while at < end:
        yield _shift("bedside_nurse", nurses[number % 2], at, at + SHIFT)
        at, number = at + SHIFT, number + 1


def _shift(role: str, person: str, since: datetime, until: datetime) -> dict[str, str | None]:
    times = {"from": instant(_whole(since)), "until": instant(_whole(until))}
    return {"unit": "*", "role": role, "person": person, "channel": None, **times}


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)
