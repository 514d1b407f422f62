"""Steroids that were given and what they ask for; what is advised against infection."""

from __future__ import annotations

from flask import Response

from toxmon.actions import prevention, steroids
from toxmon.dosing.steroids import EQUIVALENCE, EQUIVALENT_MG, newest_course
from toxmon.ward import banner, door
from toxmon.ward.language import later

ANSWERS = {"yes": later("yes"), "no": later("no"), "not_known": later("not known")}
LEVELS = {0: later("no"), None: later("not known")}


@door.page("/p/<patient_id>/steroids", *door.CLINICAL)
def steroids_of(patient_id: str) -> Response:
    """Steroids by day, by episode and in all, and what is watched because of them."""
    service = door.service()
    now = service.clock()
    found = steroids.steroids(service, door.actor(), patient_id, now)
    return door.render(
        "steroids.html",
        patient=banner.of(patient_id),
        here="/pharmacy",
        found=found,
        in_a_row=len(newest_course(found.days)),
        equal=EQUIVALENT_MG,
        equivalence=EQUIVALENCE,
        levels=LEVELS,
        says=steroids.SAYS,
    )


@door.page("/p/<patient_id>/prevention", *door.CLINICAL)
def prevention_of(patient_id: str) -> Response:
    """Immunoglobulin, prophylaxis, vaccines, and tocilizumab that must be at hand."""
    service = door.service()
    told = prevention.told(service, door.actor(), patient_id, service.clock())
    return door.render(
        "prevention.html",
        patient=banner.of(patient_id),
        here="/pharmacy",
        told=told,
        answers=ANSWERS,
    )
