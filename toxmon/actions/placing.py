"""Where a patient is watched, and when checks are not asked for: facts like any other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from toxmon.actions.knowing import PAUSE, STAY
from toxmon.actions.record import Charted


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
