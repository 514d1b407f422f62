"""Records of doses: one that was given, one that was wrong, two that are two, those elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from toxmon.actions import Actor, Fault, NotFound, Refused, Service, infuse, look_up
from toxmon.actions.dosing import drug_of
from toxmon.actions.record import RETRACTED, Charted, replacing
from toxmon.dosing.counting import as_pair
from toxmon.grading.chart import ADMINISTRATION
from toxmon.saved import load_value
from toxmon.store import Row, facts

DISTINCT, ELSEWHERE = "dose_distinct", "doses_elsewhere"


def given_dose(
    service: Service,
    medication: str,
    given_at: datetime | None,
    given_before: datetime | None,
    *,
    dose: dict[str, Any] | None,
    route: str | None,
    status: str | None,
    permission: str | None,
    **more: Any,
) -> Charted:
    """A dose that was given at `given_at`; None is not known, and then not after `given_before`.

    `more` stands beside it in the record: why it was given against a rule, say.
    """
    name = infuse.called(service, medication)
    at = given_at or given_before
    assert at is not None, "one of the two is there"
    detail = {
        "medication": name,
        "as_sent": medication,
        "dose": dose,
        "route": route,
        "status": status,
        "permission": permission,
        **({"time_unknown": True} if given_at is None else {}),
        **more,
    }
    fact = infuse.administration(name, at, detail)
    return fact if given_at is not None else replace(fact, pointer="/given_before")


def corrected(
    service: Service,
    fact: Row,
    *,
    medication: str | None,
    given_at: datetime | None,
    dose: dict[str, Any] | None,
    route: str | None,
    status: str | None,
    reason: str,
) -> Charted:
    """The right record in the place of a wrong one; what is None stays. Raises Refused."""
    if fact["kind"] != ADMINISTRATION:
        words = f"is a {fact['kind']} and no dose; correct it where it belongs"
        raise Refused(Fault("", words))
    detail = orjson.loads(fact["detail"]) if fact["detail"] else {}
    if medication is not None:
        detail |= {"medication": infuse.called(service, medication), "as_sent": medication}
    if given_at is not None:
        detail.pop("time_unknown", None)
    said = {"dose": dose, "route": route, "status": status}
    detail |= {name: value for name, value in said.items() if value is not None}
    charted = infuse.administration(detail["medication"], given_at or fact["effective_at"], detail)
    return replacing(charted, fact, reason)


def distinct(
    service: Service, actor: Actor, patient_id: str, doses: Sequence[str], reason: str
) -> Charted:
    """Two records, named by their ids, are two doses. Raises Refused, NotFound.

    They are kept by the ids of their first records, so that a correction changes nothing.
    """
    with service.store.reading():
        look_up.head(service, actor, patient_id)
        rows = [facts.get(service.store, id_) for id_ in doses]
        faults = [
            Fault(f"/doses/{place}", fault)
            for place, row in enumerate(rows)
            if (fault := _fault(row, patient_id)) is not None
        ]
        if faults:
            raise Refused(*faults)
        one, other = (row for row in rows if row is not None)
        if load_value(one["value"]) != load_value(other["value"]):
            raise Refused(Fault("/doses", "are of two drugs; nobody takes them for one dose"))
        pair = as_pair(facts.root(service.store, one), facts.root(service.store, other))
    if pair[0] == pair[1]:
        raise Refused(Fault("/doses", "are one record; send the ids of two"))
    return Charted(
        kind=DISTINCT,
        value=pair,
        effective_at=service.clock(),
        detail={"medication": load_value(one["value"]), "reason": reason},
        pointer="/doses",
    )


def _fault(row: Row | None, patient_id: str) -> str | None:
    if row is None or row["patient_id"] != patient_id or row["kind"] != "administration":
        return "is no dose of this patient; GET dosing lists them"
    if row["replaced_by"] is not None or row["status"] == RETRACTED:
        return "was corrected or taken back; send the id of the record that stands"
    return None


def elsewhere(service: Service, medication: str, answer: str, reason: str) -> Charted:
    """Somebody has asked whether a drug was given before arrival. Raises Refused."""
    try:
        drug = drug_of(service, medication)
    except NotFound as error:
        raise Refused(Fault("/medication", str(error))) from error
    return Charted(
        kind=ELSEWHERE,
        value=answer,
        effective_at=service.clock(),
        detail={"medication": drug.name, "reason": reason},
        pointer="/answer",
    )
