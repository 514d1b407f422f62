"""How toxmon itself is: what watches, what is silent, what waits, the record and its disk."""

from __future__ import annotations

from flask import Response

from toxmon import __version__
from toxmon.actions import condition, look_up
from toxmon.grading.published import PUBLISHED
from toxmon.ward import door


@door.page("/watch", *door.EVERYBODY, display=True)
def health() -> Response:
    """Everything in words, with since when; what somebody must act on first and largest."""
    service = door.service()
    found = condition.parts(service)
    look_up.note_looking(service, door.actor(), "read.health")
    return door.render(
        "health.html",
        acts=[each for each in found if each.acts],
        found=found,
        versions=[("toxmon", __version__), *((n, s.edition) for n, s in PUBLISHED.items())],
        documents=[(kind, each) for kind, each in service.protocols.documents()],
        overrides=service.protocols.overrides,
        here="/watch",
    )
