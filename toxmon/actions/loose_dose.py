"""May a dose be given, by what somebody says who keeps the record elsewhere. Nothing is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from toxmon.actions import Service
from toxmon.actions.dose_answer import plain_answer, with_reason
from toxmon.actions.dosing import drug_of
from toxmon.dosing.check import UNKNOWN
from toxmon.dosing.situation import Asked, Given, Situation, Weighing

NO_HISTORY = "whether doses were given before is not known; send an empty list if there were none"
NO_WEIGHED_AT = (
    "it was not said when the patient was weighed; it is taken for the weight of that time"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """What is said. `doses` None: nobody has said whether there were any; empty: there were none.

    `began_at` is the infusion: doses long before it do not count; None counts all.
    """

    at: datetime
    mg: Decimal | None = None
    indication: str | None = None
    weight_kg: Decimal | None = None
    weighed_at: datetime | None = None
    age_years: Decimal | None = None
    began_at: datetime | None = None
    doses: Sequence[Given] | None = None


def answered(service: Service, medication: str, said: Loose) -> dict[str, Any]:
    """The answer as over a record. Raises NotFound for a drug without rules."""
    drug = drug_of(service, medication)
    weight = None
    if said.weight_kg is not None:
        weight = Weighing(kg=said.weight_kg, at=said.weighed_at or said.at)
    situation = Situation(
        doses=tuple(said.doses or ()),
        weight=weight,
        age_years=said.age_years,
        began_at=said.began_at,
        zone=service.zone,
    )
    asked = Asked(at=said.at, mg=said.mg, indication=said.indication)
    answer = plain_answer(asked, situation, drug)
    if said.doses is None:
        answer = with_reason(answer, UNKNOWN, NO_HISTORY)
        answer |= {"next_allowed_at": None, "remaining": {}}
    if weight is not None and said.weighed_at is None:
        answer["warnings"].append("weight_age_not_stated")
        answer["explained"]["weight_age_not_stated"] = NO_WEIGHED_AT
    return answer
