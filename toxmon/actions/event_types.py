"""The types of events, and what may be asked for by them."""

from __future__ import annotations

from toxmon.alerting.alarm import EVENTS

ENROLLED, CHANGED, GRADED = "patient.enrolled", "record.changed", "grade.changed"
OPENED = "access.opened"
"""A patient was opened to somebody of elsewhere in an emergency."""
TESTED = "webhook.test"
NOUNS = {"administration": "dose", "infusion": "infusion", "stay": "stay"}
"""Kinds of facts that a receiver may want to hear of by themselves; all others are `facts`."""
VERBS = ("charted", "corrected", "retracted")
PERMISSION, PERMITTED = "permission", "permission.changed"
WATCHED = {
    "missed": "check.missed", "window_entered": "window.entered", "window_left": "window.left",
}  # fmt: skip
TYPES = (
    ENROLLED,
    *(f"{noun}.{verb}" for noun in ("facts", *NOUNS.values()) for verb in VERBS),
    PERMITTED,
    GRADED,
    *WATCHED.values(),
    CHANGED,
    OPENED,
    *(f"alarm.{kind}" for kind in EVENTS),
    TESTED,
)
"""Every type there is."""


def patterns() -> frozenset[str]:
    """All that may stand in a list of events: a type, all types of a kind, or all."""
    return frozenset({"*", *TYPES, *(f"{each.partition('.')[0]}.*" for each in TYPES)})
