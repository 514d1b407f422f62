"""Which unit a list is asked for: one out of reach is refused, so that nobody reads it as empty."""

from __future__ import annotations

from toxmon.actions import Actor, Forbidden


def reached(actor: Actor, unit: str | None) -> str | None:
    """The unit that was asked for. Raises Forbidden for one that the token does not reach."""
    if unit is not None and not actor.may_see(unit):
        raise Forbidden("this token does not reach that unit")
    return unit
