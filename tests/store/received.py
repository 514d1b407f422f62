"""What other systems sent: charted, waiting, dismissed; the patient described anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from toxmon.actions import Actor, Service, held
from toxmon.actions.take_in import Arrival, Message, take
from toxmon.intake.report import OBSERVATION, Coding, Identifier, Report
from toxmon.store import notified, origins

LAB = Actor("lab", "lab", "integration")


@dataclass(frozen=True)
class Sent:
    """Ids of what was made: the message, the held statement, the resource, its fact."""

    message: str
    held: str
    resource: str
    fact: str


def receive(service: Service, mrn: str) -> Sent:
    """A laboratory tells of the patient with this number."""
    number = Identifier("urn:mrn", mrn)
    at = service.clock() - timedelta(hours=1)

    def result(key: str, code: str) -> Report:
        return Report(
            what=OBSERVATION, patient=(number,), key=f"{mrn}-{key}", value=Decimal(900),
            codings=(Coding("http://loinc.org", code),), unit_code="ng/mL", effective_at=at,
        )  # fmt: skip

    message = Message("lab", "hl7v2", f"M-{mrn}", b"MSH", "text/plain")
    told = Arrival(identifiers=(number, Identifier("urn:case", mrn)), name="Iris Again")
    reports = [result("ferritin", "2276-4"), result("odd", "1-8"), result("odder", "2-6")]
    taken = take(service, LAB, message, reports, arrivals=(told,))
    waits = held.listed(service, LAB, source="lab")
    held.dismiss(service, LAB, waits[-1]["id"], "a test of the laboratory")
    with service.store.writing():
        row = {"source": "lab", "subscription": mrn, "number": 1, "kind": "full"}
        notified.note(service.store, {**row, "heard_at": at})
    first = taken.results[0]
    assert origins.get(service.store, "lab", f"{mrn}-ferritin") is not None
    return Sent(taken.message_id, waits[-1]["id"], str(first.resource_id), str(first.fact_id))
