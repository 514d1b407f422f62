"""Where a patient is watched, and when checks are not asked for: facts like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from toxmon.actions import Actor, Fault, Refused, Service, ahead, look_up
from toxmon.actions.knowing import PAUSE, STAY
from toxmon.actions.record import Charted

LONGEST_PAUSE = timedelta(days=7)
"""A pause that nobody has looked at for longer is no pause any more."""


def check_names(service: Service, actor: Actor, patient_id: str, names: Sequence[str]) -> None:
    """Raises Refused for names of checks that the patient does not have; NotFound."""
    with service.store.reading():
        heads = look_up.head(service, actor, patient_id)
        found = ahead.of_heads(service, patient_id, heads, service.clock())
    known = list(dict.fromkeys(check.what for each in found for check in each.plan.checks))
    there = f"there are: {', '.join(known)}" if known else "none is asked for yet; leave it out"
    wrong = [
        Fault(f"/checks/{place}", f"is no check of this patient; {there}")
        for place, name in enumerate(names)
        if name not in known
    ]
    if wrong:
        raise Refused(*wrong)


def pause(what: Sequence[str], from_at: datetime, until_at: datetime, reason: str) -> Charted:
    """Checks that are not asked for during a span; no names are all of them."""
    return Charted(
        kind=PAUSE,
        value=tuple(what),
        effective_at=from_at,
        until_at=until_at,
        detail={"checks": list(what), "reason": reason},
        pointer="/from",
    )


def stay(
    setting: str, at: datetime, unit: str | None, bed: str | None, reason: str | None
) -> Charted:
    """From then on the patient is watched in this setting, unit and bed."""
    return Charted(
        kind=STAY,
        value=setting,
        effective_at=at,
        detail={"setting": setting, "unit": unit, "bed": bed, "reason": reason},
        pointer="/from",
    )
