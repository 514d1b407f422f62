"""What another system says of who is who: two of its numbers are one patient, or are not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from toxmon.actions import Actor, Conflicting, NotFound, Service
from toxmon.actions.arrivals import add_numbers
from toxmon.actions.merging import merge, unmerge
from toxmon.actions.received import Merging
from toxmon.intake.report import Identifier
from toxmon.store import merges, patients

UNKNOWN, SAME, NUMBERS, REFUSED = "unknown", "same", "numbers", "refused"


def merge_told(service: Service, actor: Actor, told: Merging, now: datetime) -> dict[str, Any]:
    """Do as told, and say what came of it in plain words. Only inside `writing`.

    `outcome`: merged, unmerged, already; `numbers` (only one of the two is on record, and has the
    numbers of both now); `same`; `unknown` (neither is on record); `refused`, with `words`, which a
    person has to look at.
    """
    store = service.store
    reason = told.reason or "as the sender says"
    gone, into = _own(service, told.gone), _own(service, told.into)
    if len(gone) > 1 or len(into) > 1:
        return {"outcome": REFUSED, "words": "its numbers belong to several patients on record"}
    gone_id, into_id = next(iter(gone), None), next(iter(into), None)
    if told.kind == "unmerge":
        if gone_id is None or into_id is None:
            return {"outcome": UNKNOWN, "words": "one of the two is not on record"}
        work = unmerge
    else:
        work = merge
        if gone_id is None and into_id is None:
            return {"outcome": UNKNOWN, "words": "neither of the two is on record"}
        if gone_id is None or into_id is None:
            known, numbers = (into_id, told.gone) if gone_id is None else (gone_id, told.into)
            assert known is not None
            known = merges.standing(store, known)
            found = add_numbers(service, actor, known, numbers, now)
            if found.patient_id is None:
                return {"outcome": REFUSED, "words": found.hold and found.hold.words}
            return {"outcome": NUMBERS, "patient_id": known}
        if gone_id == into_id:
            return {"outcome": SAME, "patient_id": into_id}
    try:
        done = work(service, actor, gone_id, into_id, reason, now)
    except (Conflicting, NotFound) as error:
        return {"outcome": REFUSED, "words": str(error), "gone_id": gone_id, "into_id": into_id}
    return {
        "outcome": done.outcome,
        "gone_id": done.gone_id,
        "into_id": done.into_id,
        "moved": len(done.moved),
        "staying": list(done.staying),
        "alarmed": done.alarmed,
    }


def _own(service: Service, identifiers: Iterable[Identifier]) -> set[str]:
    """The records that these numbers were given to, whether or not they were merged since."""
    found = (patients.given_to(service.store, each.system, each.value) for each in identifiers)
    return {patient_id for patient_id in found if patient_id is not None}
