"""Who is on call: the shifts that stand, the hours ahead at which nobody is, and a shift more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from flask import Response

from toxmon.actions import Conflicting, NotFound, Refused, look_up, roster
from toxmon.store import Row, patients, rosters
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _
from toxmon.ward.shown import now

CHANGING = ("nurse", "physician", "admin")
LOOKING = (*door.CLINICAL, "admin")
AHEAD = timedelta(days=14)
LONGEST = timedelta(days=400)
FIELDS = {
    "/role": "role", "/channel": "channel", "/until": "until_date", "/from": "from_date",
    "/unit": "unit", "/person": "person",
}  # fmt: skip


@door.page("/roster", *LOOKING)
def on_call() -> Response:
    """The shifts of your wards for two weeks."""
    return _page(Form())


@door.page("/roster", *CHANGING, methods=("POST",))
def shift_added() -> Response:
    """Put a shift on the roster."""
    form, service = posted(), door.service()
    row: Row = {
        "unit": form.text("unit", _("Ward"), required=True, most=100),
        "role": form.text("role", _("Role"), required=True, most=100),
        "person": form.text("person", _("Person"), required=True, most=100),
        "channel": form.text("channel", _("Reached by"), most=100),
        "from_at": form.instant("from", _("From"), service.zone, now() + LONGEST, required=True),
        "until_at": form.instant("until", _("Until"), service.zone, now() + LONGEST, required=True),
    }
    if form.faults:
        return _page(form)
    try:
        roster.add(service, door.actor(), row, _render, keyed=door.keyed())
    except Refused as error:
        form.take(error.faults, FIELDS)
        return _page(form)
    return door.go("on_call")


@door.page("/roster/<shift_id>/end", *CHANGING)
def shift_end(shift_id: str) -> Response:
    """Why a shift is taken off."""
    return _ending(shift_id, Form())


@door.page("/roster/<shift_id>/end", *CHANGING, methods=("POST",))
def shift_ended(shift_id: str) -> Response:
    """Take a shift off the roster."""
    form, old = posted(), _one(shift_id)
    reason = form.text("reason", _("Reason"), required=True)
    if reason is None or form.faults:
        return _ending(shift_id, form)
    try:
        roster.add(
            door.service(), door.actor(), old, _render, replaces_id=shift_id, reason=reason,
            ended=True, keyed=door.keyed(),
        )  # fmt: skip
    except (Refused, Conflicting) as error:
        form.fault("", str(error))
        return _ending(shift_id, form)
    return door.go("on_call")


def _page(form: Form) -> Response:
    service, actor = door.service(), door.actor()
    with service.store.reading():
        rows = rosters.between(service.store, now(), now() + AHEAD)
        holes = roster.holes(service, now())
        units = [row["unit"] for row in patients.by_unit(service.store)]
    look_up.note_reading(service, actor, "list.roster")
    mine = [row for row in rows if row["unit"] == "*" or actor.may_see(row["unit"])]
    return door.render(
        "roster.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        shifts=sorted(mine, key=lambda row: (row["unit"], row["from_at"], row["role"])),
        holes=[gap for gap in holes if gap.unit == "*" or actor.may_see(gap.unit)],
        units=[each for each in units if actor.may_see(each)],
        roles=sorted(roster.roles(service)),
        channels=sorted(service.channels),
        may_change=actor.role in CHANGING,
        here="/admin" if actor.role == "admin" else "",
    )


def _ending(shift_id: str, form: Form) -> Response:
    return door.render(
        "roster_end.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        shift=_one(shift_id),
        here="",
    )


def _one(shift_id: str) -> Row:
    """A shift within reach. Raises NotFound."""
    service = door.service()
    with service.store.reading():
        found = rosters.get(service.store, shift_id)
    if found is None or not door.actor().may_see(found["unit"]):
        raise NotFound("no such shift")
    return found


def _render(row: dict[str, Any]) -> bytes:
    return orjson.dumps({"id": row["id"]})
