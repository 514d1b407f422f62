"""Opening one patient of elsewhere in an emergency, and looking at who did.

The page asks the same of a patient who is out of reach and of one who is not there, so that it
tells nobody which of the two it is.
"""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from toxmon.actions import Conflicting, NotFound, Refused, glass, look_up
from toxmon.store import Row
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _

REVIEWERS = ("admin", "auditor")


@door.page("/p/<patient_id>/open", *door.PERSONS, methods=("GET", "POST"))
def open_patient(patient_id: str) -> Response:
    """Say why, and see this patient for an hour."""
    service, actor = door.service(), door.actor()
    try:
        look_up.head(service, actor, patient_id)
    except NotFound:
        pass
    else:
        return door.go(f"/p/{patient_id}")
    form = posted()
    if request.method == "GET":
        return _asked(Form(), patient_id, 200)
    category = form.choice("category", _("Why"), glass.CATEGORIES, required=True)
    reason = form.text("reason", _("Reason"), required=True)
    if not form.faults:
        try:
            glass.open_patient(service, actor, patient_id, category or "", reason or "")
        except Refused as error:
            form.take(error.faults, {"/category": "category", "/reason": "reason"})
        except Conflicting:  # Opened by another tap on the same button.
            return door.go(f"/p/{patient_id}")
        else:
            return door.go(f"/p/{patient_id}")
    return _asked(form, patient_id, 422)


@door.page("/admin/break-glass", *REVIEWERS, methods=("GET", "POST"))
def reviews() -> Response:
    """Who opened whom and why; each is looked at and closed by name."""
    service, actor = door.service(), door.actor()
    form = posted()
    if request.method == "POST":
        try:
            glass.review(service, actor, form["glass"], form["note"])
        except Refused as error:
            form.take(error.faults, {"/note": f"note-{form['glass']}"})
        else:
            return door.go("/admin/break-glass")
    return door.render(
        "glass_reviews.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        waiting=glass.waiting(service, actor),
        done=glass.done(service, actor),
        categories=categories(),
        here="/admin",
    )


@door.blueprint.context_processor
def notices() -> dict[str, Any]:
    """What the frame of each page says of openings."""
    return {"opened_to": opened_to, "glass_waiting": glass_waiting}


def opened_to(patient_id: str) -> list[Row]:
    """To whom this patient is open now."""
    return glass.open_now(door.service(), patient_id)


def glass_waiting() -> int:
    """How many openings wait for this person to look at them."""
    acts = g.get("actor")
    if acts is None or acts.role not in REVIEWERS:
        return 0
    if "glass_waiting" not in g:
        g.glass_waiting = len(glass.waiting(door.service(), acts))
    found: int = g.glass_waiting
    return found


def categories() -> dict[str, str]:
    """Why a patient may be opened, in words."""
    return {
        "emergency": _("Emergency at the bedside"),
        "cover": _("I cover that ward now"),
        "consult": _("I was asked for advice"),
        "transfer": _("The patient comes to my ward"),
    }


def _asked(form: Form, patient_id: str, status: int) -> Response:
    return door.render(
        "glass.html", status, form=form, errors=form.faults, patient_id=patient_id,
        categories=categories().items(), minutes=int(glass.LASTS.total_seconds() // 60),
    )  # fmt: skip
