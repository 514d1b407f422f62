"""Help: what each role does here, what the marks mean, the keys, and what toxmon does not do."""

from __future__ import annotations

from flask import Response

from toxmon.actions import NotFound
from toxmon.ward import door, shown


@door.page("/help", *door.EVERYBODY)
def help_page() -> Response:
    """Help for one's own role."""
    return _drawn(door.actor().role)


@door.page("/help/<role>", *door.EVERYBODY)
def help_for(role: str) -> Response:
    """Help for another role."""
    if role not in shown.ROLES:
        raise NotFound("no such role")
    return _drawn(role)


def _drawn(role: str) -> Response:
    service = door.service()
    return door.render(
        "help.html",
        here="/help",
        role=role,
        roles=list(shown.ROLES),
        locks_after_min=int(service.locks_after.total_seconds() // 60),
        ways=[each for each in shown.VIEWS if role in each.roles],
    )
