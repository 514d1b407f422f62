"""Releasing a dose that was reserved, or one in spite of a rule; taking back one that is not given.

An override takes two persons: one has asked, another one signs here with a sign-in of their own.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from toxmon.actions import Conflicting, Forbidden, NotFound, Refused, Stale, dosing, permissions
from toxmon.actions.permissions import ASKED, NotPermitted
from toxmon.dosing.situation import Asked
from toxmon.protocol import Drug
from toxmon.store import Conflict
from toxmon.ward import banner, door, words
from toxmon.ward.dosing import ORDERING, address, drawn, render_step
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later

DONE = {
    "reserved": later("reserved"),
    "released": later("released"),
    "taken_back": later("taken back"),
}


@door.page(
    "/p/<patient_id>/permissions/<permission_id>/release", *ORDERING, methods=("GET", "POST")
)
def release(patient_id: str, permission_id: str) -> Response:
    """What stands against a dose now, and its release."""
    permission, drug = _found(patient_id, permission_id)
    form = posted()
    if request.method == "GET":
        return _asked(patient_id, permission, drug, Form())
    override = permission["state"] == ASKED
    reason = form.text("reason", _("Why"), required=override)
    if form.faults:
        return _asked(patient_id, permission, drug, form, status=422)
    try:
        permissions.release(
            door.service(), door.actor(), patient_id, permission_id, render_step,
            override=override, reason=reason,
            weight_confirmed=form["weight_confirmed"] == "1", keyed=door.keyed(),
        )  # fmt: skip
    except NotPermitted as error:
        return _asked(patient_id, permission, drug, form, status=409, answer=error.answer)
    except Forbidden as error:
        return drawn(
            patient_id, drug, status=403, trouble=f"{str(error)[0].upper()}{str(error)[1:]}."
        )
    except Refused as error:
        form.take(error.faults, {"/reason": "reason"})
        return _asked(patient_id, permission, drug, form, status=422)
    except (Conflicting, Conflict, Stale) as error:
        return _raced(patient_id, permission_id, drug, error)
    return door.go(f"{address(patient_id, drug)}?done=released")


@door.page("/p/<patient_id>/permissions/<permission_id>/return", *door.PERSONS, methods=("POST",))
def give_back(patient_id: str, permission_id: str) -> Response:
    """A dose that was reserved or released is not given."""
    _permission, drug = _found(patient_id, permission_id)
    form = posted()
    reason = form.text("reason", _("Why it is not given"), required=True)
    if form.faults or reason is None:
        return drawn(patient_id, drug, form, status=422)
    try:
        permissions.take_back(
            door.service(), door.actor(), patient_id, permission_id, reason, render_step,
            keyed=door.keyed(),
        )  # fmt: skip
    except (Conflicting, Conflict, Stale) as error:
        return _raced(patient_id, permission_id, drug, error)
    return door.go(f"{address(patient_id, drug)}?done=returned")


def _found(patient_id: str, permission_id: str) -> tuple[dict[str, Any], Drug]:
    _version, every = permissions.listed(door.service(), door.actor(), patient_id)
    found = next((each for each in every if each["id"] == permission_id), None)
    if found is None:
        raise NotFound("no such permission")
    return found, dosing.drug_of(door.service(), found["medication"])


def _raced(patient_id: str, permission_id: str, drug: Drug, error: Exception) -> Response:
    """Somebody was faster: who did what and when, on the page as it stands now."""
    permission, _drug = _found(patient_id, permission_id)
    done = DONE.get(permission["state"])
    told = _("Nothing of yours was kept: %(why)s.", why=str(error))
    if done is not None:
        told = _("Nothing of yours was kept: it was %(done)s already, by %(who)s at %(when)s.",
                 done=_(done), who=permission["by"],
                 when=words.when(permission["since"], door.service().zone))  # fmt: skip
    return drawn(patient_id, drug, status=409, trouble=told)


def _asked(
    patient_id: str,
    permission: dict[str, Any],
    drug: Drug,
    form: Form,
    *,
    status: int = 200,
    answer: dict[str, Any] | None = None,
) -> Response:
    service = door.service()
    if answer is None:
        asked = Asked(at=max(permission["at"], service.clock()), mg=permission["dose"]["value"])
        answer = dosing.told(
            service, door.actor(), patient_id, drug.name, asked, without=permission["id"]
        )
    return door.render(
        "dose_release.html",
        status,
        patient=banner.of(patient_id),
        here="/pharmacy",
        drug=drug,
        permission=permission,
        answer=answer,
        form=form,
        errors=form.faults,
        override=permission["state"] == ASKED,
        changed="weight_changed" in answer["warnings"],
        back=address(patient_id, drug),
    )
