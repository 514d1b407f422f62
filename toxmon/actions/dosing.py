"""May this patient have a dose: gather what is known, decide, tell it. The same words everywhere.

The API, the terminal and the ordering system's cards all tell what `told` answers. What was known
at an earlier time is answered with `known_at`, and equals what was told then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from toxmon.actions import Actor, NotFound, Service, look_up
from toxmon.actions.beginnings import as_known
from toxmon.actions.dose_answer import plain_answer
from toxmon.actions.situations import situation_of
from toxmon.dosing.situation import Asked
from toxmon.protocol import Drug
from toxmon.store import Row


def drug_of(service: Service, name: str) -> Drug:
    """The drug of this name, brand or biosimilar. Raises NotFound."""
    found = service.protocols.drug(name)
    if found is None:
        known = ", ".join(sorted(service.protocols.drugs))
        raise NotFound(f"there are no rules for a drug of that name; there are for {known}")
    return found


def told(
    service: Service,
    actor: Actor,
    patient_id: str,
    drug_name: str,
    asked: Asked | None = None,
    *,
    known_at: datetime | None = None,
    action: str = "read.dosing",
    without: str | None = None,
) -> dict[str, Any]:
    """The answer to `asked` (None: any dose, now) as JSON, and that it was read is noted.

    `without`: a permission that does not count. Raises NotFound for a patient out of reach, or a
    drug without rules.
    """
    drug = drug_of(service, drug_name)

    def read(heads: list[Row]) -> dict[str, Any]:
        return answered(service, patient_id, heads, drug, asked, known_at=known_at, without=without)

    return look_up.reading(service, actor, patient_id, action, read)


def answered(
    service: Service,
    patient_id: str,
    heads: Sequence[Row],
    drug: Drug,
    asked: Asked | None,
    *,
    known_at: datetime | None = None,
    now: datetime | None = None,
    without: str | None = None,
) -> dict[str, Any]:
    """The same inside a transaction. `without`: a permission that does not count against itself.

    Raises Conflicting for a record that was merged into another.
    """
    if known_at is None:  # An emptied record has no doses, and would allow every one.
        look_up.refuse_merged(heads[0])
    now = known_at or now or service.clock()
    asked = asked or Asked(at=now)
    situation = situation_of(
        service, patient_id, heads, drug.rules, asked.at, now, known_at, without
    )
    version, _ = as_known(service, patient_id, heads, known_at)
    return {
        "patient_id": patient_id,
        "version": version,
        "as_of": now,
        **plain_answer(asked, situation, drug),
    }
