"""The facts that begin, treat and end: an infusion, a dose, an attribution, a death."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from toxmon.actions import Fault, Refused, Service
from toxmon.actions.record import INFUSION, Charted
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, DEATH
from toxmon.grading.medications import LOCAL_ROUTES
from toxmon.store import Row


def infusion(
    service: Service, product: str, infused_at: datetime, detail: dict[str, Any]
) -> tuple[Charted, list[Row]]:
    """An infusion begins a treatment under today's protocol and policy, and keeps both.

    Returns the fact and the editions to keep. Raises Refused for an unknown product.
    """
    known = service.protocols.products
    if product not in known:
        names = ", ".join(sorted(known))
        words = f'"{product}" is not a known product; send one of: {names}'
        raise Refused(Fault("/product", words))
    chosen = known[product]
    policy = service.protocols.policies[service.policy_name]
    alarms = service.alarms_now
    editions = [
        {
            "digest": document.digest,
            "kind": kind,
            "name": document.name,
            "version": document.version,
            "text": document.text,
        }
        for kind, document in (("product", chosen), ("policy", policy), ("alarms", alarms))
    ]
    fact = Charted(
        kind=INFUSION,
        value=product,
        effective_at=infused_at,
        detail={
            **detail,
            "product": product,
            "product_version": chosen.version,
            "product_edition": chosen.digest,
            "policy": policy.name,
            "policy_version": policy.version,
            "policy_edition": policy.digest,
            "alarms": alarms.name,
            "alarms_version": alarms.version,
            "alarms_edition": alarms.digest,
        },
        pointer="/infused_at",
    )
    return fact, editions


def administration(medication: str, given_at: datetime, detail: dict[str, Any]) -> Charted:
    """A dose that was given. It happened: there is nothing to refuse.

    `medication` is the drug's own name (`called`). A drug that was given locally is named with its
    route, and so does not count as treatment. Where the time is not known, `given_at` is the
    latest that it can have been, and the detail says so.
    """
    return Charted(
        kind=ADMINISTRATION,
        value=named(medication, detail.get("route")),
        effective_at=given_at,
        detail=detail,
        pointer="/given_at",
    )


def named(medication: str, route: str | None) -> str:
    """The value of a dose: the drug, and its route where that is a local one."""
    return f"{medication}, {route}" if route in LOCAL_ROUTES else medication


def called(service: Service, word: str) -> str:
    """The name that a drug is charted by: a brand or a biosimilar is the same drug."""
    known = service.protocols.drug(word)
    return known.name if known is not None else word.lower()


def attribution(
    sign: str, cause: str, from_at: datetime, until_at: datetime | None, reason: str
) -> Charted:
    """A clinician's word that a sign has another cause, from then until it ends."""
    return Charted(
        kind=ATTRIBUTION,
        value=(sign, cause),
        effective_at=from_at,
        until_at=until_at,
        detail={"sign": sign, "cause": cause, "reason": reason},
        pointer="/from",
    )


def death(cause: str, died_at: datetime, reason: str | None) -> Charted:
    """A death, and whether CRS or ICANS was its main cause."""
    return Charted(
        kind=DEATH,
        value=cause,
        effective_at=died_at,
        detail={"cause": cause, "reason": reason},
        pointer="/died_at",
    )
