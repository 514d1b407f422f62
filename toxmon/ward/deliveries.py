"""Messages to other programs: which went, each try of one, and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
from flask import Response

from toxmon.actions import Actor, NotFound, look_up, redeliver
from toxmon.actions.event_types import TYPES
from toxmon.store import NEVER, Row, tries
from toxmon.store import posted as outbox
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.integrate import ADMIN, HERE, MAY, endpoints
from toxmon.ward.language import _, later
from toxmon.ward.shown import now

LINES = 50
LARGEST = 2**62
STATES = {
    "waiting": later("waiting"),
    "failing": later("failing"),
    "sent": later("sent"),
    "given_up": later("given up"),
}
READERS = ("integration",)
"""Who may see what a message said: the API shows events to the same, and not to administrators."""


@door.page("/integrate/deliveries", *MAY)
def deliveries() -> Response:
    """Messages, the newest first, by state, kind, endpoint and time."""
    form, service = posted(), door.service()
    state = form.choice("state", _("State"), STATES) or ""
    type_ = form.choice("type", _("Event"), TYPES)
    known = {each["channel"]: each["name"] for each in endpoints()}
    channel = form.choice("endpoint", _("Endpoint"), known)
    since = form.instant("since", _("Since"), service.zone, now())
    before = form["before"]
    bounds = {
        "before": int(before) if before.isascii() and before.isdigit() and len(before) < 19
        else LARGEST,
        "since": since or NEVER,
        "type": type_ or "%",
    }  # fmt: skip
    channels = [channel] if channel else list(known)
    with service.store.reading():
        rows = outbox.page(service.store, channels, state, bounds, LINES + 1)
    look_up.note_looking(service, door.actor(), "read.deliveries")
    kept = {name: form[name] for name in ("state", "type", "endpoint", "since_date", "since_time")}
    return door.render(
        "deliveries.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        rows=[_plain(row, known) for row in rows[:LINES]],
        more=rows[LINES - 1]["seq"] if len(rows) > LINES else None,
        kept={name: value for name, value in kept.items() if value},
        states=list(STATES.items()),
        types=[(each, each) for each in TYPES],
        endpoints=list(known.items()),
        here=HERE,
    )


@door.page("/integrate/deliveries/<delivery_id>", *MAY)
def delivery(delivery_id: str) -> Response:
    """One message: each try with its code, its time, what was sent and how the answer began."""
    service, actor = door.service(), door.actor()
    with service.store.reading():
        row = _readable(delivery_id)
        tried = tries.of_delivery(service.store, delivery_id)
    may_read = actor.role in READERS
    if may_read:
        look_up.note_reading(service, actor, "read.delivery", row["patient_id"])
    for each in tried:
        if not may_read:
            each["sent"] = each["answered"] = None
    known = {each["channel"]: each["name"] for each in endpoints()}
    return door.render(
        "delivery.html", delivery=_plain(row, known), tries=tried, may_read=may_read, here=HERE
    )


@door.page("/integrate/deliveries/<delivery_id>/again", *ADMIN, methods=("POST",))
def delivery_again(delivery_id: str) -> Response:
    """Send one again under its id."""
    redeliver.again(door.service(), door.actor(), delivery_id, _id_alone, keyed=door.keyed())
    return door.go("delivery", delivery_id=delivery_id)


@door.page("/integrate/again", *ADMIN)
def deliveries_again() -> Response:
    """How many would be sent again, before anybody decides."""
    form, service = posted(), door.service()
    since = form.instant("since", _("Since"), service.zone, now(), required=True)
    known = {each["channel"]: each["name"] for each in endpoints()}
    channel = form.choice("endpoint", _("Endpoint"), known)
    rows: list[Row] = []
    if since is not None and not form.faults:
        channels = [channel] if channel else list(known)
        rows = redeliver.failed(service, door.actor(), channels, since, now())
    asked = bool(form["since_date"] or form["since_time"])
    return _again(form if asked else Form(), since, channel, rows, known)


@door.page("/integrate/again", *ADMIN, methods=("POST",))
def deliveries_sent_again() -> Response:
    """Send all again that were counted; the same ids."""
    form, service = posted(), door.service()
    known = [each["channel"] for each in endpoints()]
    channel = form.choice("endpoint", _("Endpoint"), known)
    stated = form.number("stated", _("How many"), required=True)
    try:
        span = (_instant(form["from_at"]), _instant(form["until_at"]))
    except ValueError:
        form.fault("", _("The span is missing; count again"))
        span = (NEVER, NEVER)
    if form.faults or stated is None:
        return _again(form, None, channel, [], dict.fromkeys(known, ""))
    channels = [channel] if channel else known
    redeliver.all_again(service, door.actor(), channels, span, int(stated))
    return door.go("deliveries", state="waiting")


def _again(
    form: Form, since: datetime | None, channel: str | None, rows: Sequence[Row],
    known: dict[str, str],
) -> Response:  # fmt: skip
    return door.render(
        "deliveries_again.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        since=since,
        until=now(),
        channel=channel or "",
        count=len(rows),
        oldest=rows[0]["made_at"] if rows else None,
        most=redeliver.MOST_AGAIN,
        endpoints=list(known.items()),
        here=HERE,
    )


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("no offset")
    return found


def _readable(delivery_id: str) -> Row:
    """A message within reach: of a lane, and of a unit. Raises NotFound. Only inside `reading`."""
    service, actor = door.service(), door.actor()
    row = outbox.one(service.store, delivery_id)
    if row is None or not _within(actor, row):
        raise NotFound("no such delivery")
    if row["channel"] not in {each["channel"] for each in endpoints()}:
        raise NotFound("no such delivery")
    return row


def _within(actor: Actor, row: Row) -> bool:
    if actor.units is None:
        return True
    return row["unit"] is not None and actor.may_see(row["unit"], row["patient_id"])


def _plain(row: Row, known: dict[str, str]) -> dict[str, Any]:
    state = "waiting" if row["due_at"] else ("sent" if row["sent_at"] else "given_up")
    says = None if row["outcome"] is None else orjson.loads(row["outcome"]).get("says")
    return {
        **row,
        "state": state,
        "state_words": _(STATES["failing" if state == "waiting" and row["tries"] else state]),
        "says": says,
        "name": known.get(row["channel"], row["channel"]),
    }


def _id_alone(row: Row) -> bytes:
    return orjson.dumps({"id": row["id"]})
