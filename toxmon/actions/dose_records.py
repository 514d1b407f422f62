"""What a person says of records of doses: that two of them are two, what was given elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from toxmon.actions import Actor, Fault, NotFound, Refused, Service, look_up
from toxmon.actions.dosing import drug_of
from toxmon.actions.record import RETRACTED, Charted
from toxmon.dosing.counting import as_pair
from toxmon.saved import load_value
from toxmon.store import Row, facts

DISTINCT, ELSEWHERE = "dose_distinct", "doses_elsewhere"


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
