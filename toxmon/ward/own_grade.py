"""A clinician's own grade, charted beside the one that is worked out; it never replaces it."""

from __future__ import annotations

from decimal import Decimal

from flask import Response, request

from toxmon.actions import NotFound, record
from toxmon.actions.record import Charted
from toxmon.grading.clinical_kinds import CHARTED_SCALES
from toxmon.ward import banner, door, shown
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _
from toxmon.ward.why import short

GRADES = ("0", "1", "2", "3", "4", "5")


@door.page("/p/<patient_id>/own-grade", *door.CHARTING, methods=("GET", "POST"))
def own_grade(patient_id: str) -> Response:
    """Chart a grade as a clinician gives it."""
    scale = request.args.get("scale", "crs")
    if scale not in CHARTED_SCALES:
        raise NotFound("no grade of this scale is charted by hand")
    patient = banner.of(patient_id)
    form = posted() if request.method == "POST" else Form()
    if request.method == "POST":
        service, now = door.service(), shown.now()
        grade = form.choice("grade", _("Grade"), GRADES, required=True)
        at = form.instant("at", _("When"), service.zone, now) or now
        reason = form.text("reason", _("Why"), required=True)
        if not form.faults and grade is not None:
            charted = Charted(
                kind=f"{scale}_grade_charted",
                value=Decimal(grade),
                effective_at=at,
                sent={"value": int(grade), "unit": None},
                detail={"reason": reason},
            )
            record.record(
                service, door.actor(), patient_id, [charted], lambda kept: b"{}",
                keyed=door.keyed(),
            )  # fmt: skip
            return door.go(f"/p/{patient_id}/why?scale={scale}")
    return door.render(
        "own_grade.html",
        422 if form.faults else 200,
        patient=patient,
        scale=scale,
        short=short(scale),
        form=form,
        errors=form.faults,
        grades=[(each, each) for each in GRADES],
    )
