"""Which infusions begin a treatment, which go on with one, and which treatment a time lies in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson

from toxmon.actions import Service
from toxmon.store import Row, facts

INFUSION = "infusion"


def beginnings(service: Service, infusions: Sequence[Row]) -> list[Row]:
    """Those infusions that begin a treatment.

    A product that is given in steps goes on with its series at every further dose (decision 0054).
    """
    begins: list[Row] = []
    series = None
    for infusion in infusions:
        detail = orjson.loads(infusion["detail"])
        if series != detail["product"]:
            begins.append(infusion)
        repeated = service.product(detail["product_edition"]).repeated
        series = detail["product"] if repeated else None
    return begins


def as_known(
    service: Service, patient_id: str, heads: Sequence[Row], known_at: datetime | None
) -> tuple[int, list[Row]]:
    """The version of the record and its treatments: now, or as somebody knew them then."""
    if known_at is None:
        return heads[0]["version"], [row for row in heads if row["treatment_id"] is not None]
    version = facts.version_at(service.store, patient_id, known_at)
    return version, treatments_then(service, patient_id, known_at)


def begun_at(treatments: Sequence[Row], at: datetime) -> Row | None:
    """The treatment that a time lies in; None before the first infusion."""
    begun = [row for row in treatments if row["infused_at"] <= at]
    return begun[-1] if begun else None


def treatments_then(service: Service, patient_id: str, known_at: datetime) -> list[Row]:
    """The treatments as somebody knew them at `known_at`."""
    found = facts.standing_of_kind(service.store, patient_id, INFUSION, known_at)
    infusions = beginnings(service, found)
    treatments = []
    for infusion, following in zip(infusions, [*infusions[1:], None], strict=False):
        detail = orjson.loads(infusion["detail"])
        treatments.append(
            {
                "treatment_id": facts.root(service.store, infusion),
                "infused_at": infusion["effective_at"],
                "next_at": following["effective_at"] if following else None,
                "state": None,
                "ledger": None,
                **{name: detail[name] for name in ("product", "product_edition", "policy_edition")},
                "alarms_edition": detail.get("alarms_edition"),
            }
        )
    return treatments
