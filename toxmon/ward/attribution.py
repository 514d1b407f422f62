"""A sign that has another cause, and a death: a clinician's word, with what it would change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
from flask import Response, request

from toxmon.actions import Refused, infuse, record
from toxmon.actions.record import Charted
from toxmon.actions.replay import replayed
from toxmon.grading.chart import DEATHS, SIGNS
from toxmon.store import EVER
from toxmon.ward import banner, door, mending, shown
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later
from toxmon.ward.observations import go_to_result

CLINICIAN = ("physician", "integration")
SIGN_WORDS = {
    "fever": later("Fever"),
    "hypotension": later("Hypotension"),
    "hypoxia": later("Hypoxia"),
    "consciousness": later("Reduced consciousness"),
    "seizure": later("Seizure"),
    "motor_weakness": later("Weakness"),
    "cerebral_edema": later("Cerebral edema"),
    "organ_toxicity": later("Organ toxicity"),
    "iec_hs": later("Hyperinflammation as a whole"),
}
DEATH_WORDS = {"crs": "CRS", "icans": "ICANS", "iec_hs": "IEC-HS", "other": later("Another cause")}
OWN = ("crs", "icans")
MOST_CAUSE = 200
LATEST = EVER - timedelta(days=2)
"""An end may lie ahead."""
Read = Callable[[Form], Charted | None]


@door.page("/p/<patient_id>/attribute", *CLINICIAN, methods=("GET", "POST"))
def attribute(patient_id: str) -> Response:
    """Take a sign out of the grade, from then until it ends."""
    return act(patient_id, _attributed, "attribute", "attribution.html",
               signs=[(sign, _(SIGN_WORDS.get(sign, sign))) for sign in SIGNS])  # fmt: skip


@door.page("/p/<patient_id>/death", *CLINICIAN, methods=("GET", "POST"))
def death(patient_id: str) -> Response:
    """Record a death, and whether a syndrome was its main cause."""
    return act(patient_id, _died, "death", "death.html",
               causes=[(cause, _(DEATH_WORDS.get(cause, cause))) for cause in DEATHS])  # fmt: skip


def act(patient_id: str, read: Read, action: str, template: str, **context: object) -> Response:
    """One act by a form: read it, show what it would change, then keep it."""
    service, actor, form = door.service(), door.actor(), posted("checks")
    effect = None
    if request.method == "POST":
        keyed = door.keyed()
        with service.store.reading():
            before = replayed(service.store, actor, keyed)
        fact = read(form) if before is None and not form["change"] else None
        try:
            if before is None and fact is not None and not form.faults:
                if form["sure"]:
                    before = record.record(
                        service, actor, patient_id, [fact], _rendered, action=action, keyed=keyed
                    )
                else:
                    effect = mending.effect(patient_id, [fact])
        except Refused as error:
            form.take(error.faults, {"/from": "from_date", "/died_at": "died_date"})
        if before is not None:
            return go_to_result(patient_id, orjson.loads(before.body)["version"])
    whose = banner.of(patient_id)
    status = 422 if form.faults else 200
    return door.render(
        template, status, patient=whose, form=form, errors=form.faults, effect=effect,
        here=f"/p/{patient_id}/{request.path.rsplit('/', 1)[1]}", **context,
    )  # fmt: skip


def _rendered(outcome: record.Outcome) -> bytes:
    return orjson.dumps({"version": outcome.version})


def _attributed(form: Form) -> Charted | None:
    zone, now = door.service().zone, shown.now()
    sign = form.choice("sign", _("Sign"), SIGNS, required=True)
    cause = form.text("cause", _("Cause"), required=True, most=MOST_CAUSE)
    since = form.instant("from", _("From"), zone, now, required=True)
    until = form.instant("until", _("Until"), zone, LATEST)
    reason = form.text("reason", _("Reason"), required=True)
    if since and until and until <= since:
        form.fault("until_date", _("Until: is not after From; write a later time"))
    if form.faults or not (sign and cause and since and reason):
        return None
    known = cause.lower() if cause.lower() in OWN else cause
    return infuse.attribution(sign, known, since, until, reason)


def _died(form: Form) -> Charted | None:
    zone, now = door.service().zone, shown.now()
    cause = form.choice("cause", _("Main cause"), DEATHS, required=True)
    at = form.instant("died", _("Time of death"), zone, now, required=True)
    reason = form.text("reason", _("Reason"))
    return infuse.death(cause, at, reason) if cause and at and not form.faults else None
