"""What guidelines and labels advise now: quoted, with sources, side by side where they differ."""

from __future__ import annotations

from flask import Response

from toxmon.actions import advising
from toxmon.guidance.case import EVENTS_OF
from toxmon.guidance.plain import plain_advice
from toxmon.ward import banner, door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later

STATES = {
    "holds": later("holds"),
    "does_not_hold": later("does not hold"),
    "not_known": later("not known"),
}
POSITIONS = {
    "advise": later("advised"),
    "consider": later("to be considered"),
    "against": later("advised against"),
    "named": later("named"),
}


@door.page("/p/<patient_id>/guidance", *door.CLINICAL)
def guidance(patient_id: str) -> Response:
    """The advice by grade and product, as support. `scale` in the query asks for one syndrome."""
    service, form = door.service(), posted()
    scale = form.choice("scale", _("Syndrome"), tuple(EVENTS_OF))
    scales = frozenset((scale,)) if scale else None
    found = advising.guidance(
        service, door.actor(), patient_id, service.clock(), None, scales
    )  # fmt: skip
    advice = plain_advice(found.advice, patient_id)
    return door.render(
        "guidance.html",
        422 if form.faults else 200,
        patient=banner.of(patient_id),
        advice=advice,
        asked=scale,
        form=Form(form.values) if scale else None,
        errors=form.faults,
        scales=[(name, name.upper().replace("_", "-")) for name in EVENTS_OF],
        states=STATES,
        positions=POSITIONS,
        documents=advising.documents_of(service.protocols),
    )
