"""The page of one patient: how they stand, what is to be done, what was charted."""

from __future__ import annotations

from flask import Response

from toxmon.ward import banner, door


@door.page("/p/<patient_id>", *door.CLINICAL)
def patient(patient_id: str) -> Response:
    """One look at one patient."""
    return door.render("patient.html", patient=banner.of(patient_id))
