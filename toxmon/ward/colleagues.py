"""To whom something on a ward can be handed over."""

from __future__ import annotations

from datetime import datetime

from toxmon.actions import accounts
from toxmon.store import rosters
from toxmon.ward import door


def others(unit: str | None, but: str | None, now: datetime) -> list[tuple[str, str]]:
    """Each name, and the name with the roles: persons with an account, and who is on call now.

    `unit`: None concerns the whole site. `but`: who has it already. Only inside `reading`.
    """
    service = door.service()
    found: dict[str, set[str]] = {}
    for row in accounts.every(service):
        within = unit is None or row["units"] is None or unit in row["units"]
        if row["ended_at"] is None and row["role"] in door.PERSONS and within:
            found.setdefault(row["shown"], set()).add(row["role"])
    for shift in rosters.between(service.store, now, now):
        if shift["unit"] in ("*", unit):
            found.setdefault(shift["person"], set()).add(shift["role"])
    found.pop(but or "", None)
    return [
        (name, f"{name} ({', '.join(sorted(roles)).replace('_', ' ')})")
        for name, roles in sorted(found.items())
    ]
