"""A sender, what it says, and a record to look into."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from toxmon.actions import Actor, Service, look_up
from toxmon.actions.infuse import infusion
from toxmon.actions.record import Charted, record
from toxmon.actions.take_in import Arrival, Message, Taken, take
from toxmon.actions.verify import verify
from toxmon.intake.report import OBSERVATION, Coding, Identifier, Report
from toxmon.store import facts

LAB = Actor("lab", "LAB/HOSP", "integration")
NURSE = Actor("n1", "Nurse One", "nurse")
MRN = Identifier("urn:mrn", "A1")
INFUSED = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def result(
    code: str = "8310-5",
    value: Any = Decimal("38.6"),
    unit: str | None = "Cel",
    key: str | None = "F1",
    **more: Any,
) -> Report:
    """A result of a laboratory or monitor."""
    told = {"what": OBSERVATION, "patient": (MRN,), "effective_at": AT, **more}
    return Report(
        codings=(Coding("http://loinc.org", code),), value=value, unit_code=unit, key=key, **told
    )


@dataclass
class Ward:
    """A record of one patient after ide-cel, told of by LAB/HOSP."""

    service: Service
    patient_id: str = ""
    sent: int = 0
    senders: dict[str, Actor] = field(default_factory=lambda: {"LAB/HOSP": LAB})

    def arrives(self, *numbers: Identifier, **more: Any) -> Taken:
        """The patient comes, by a message."""
        arrival = Arrival(identifiers=numbers or (MRN,), ward="bmt-1", **more)
        taken = self.says(arrivals=(arrival,))
        self.patient_id = taken.arrived[0].patient_id or self.patient_id
        return taken

    def infused(self, at: datetime = INFUSED) -> None:
        """Ide-cel is given."""
        fact, editions = infusion(self.service, "ide-cel", at, {"dose": None})
        record(self.service, NURSE, self.patient_id, [fact], lambda _: b"", began_under=editions)

    def says(self, *reports: Report, body: bytes | None = None, **more: Any) -> Taken:
        """A message of LAB/HOSP."""
        self.sent += 1
        control_id = more.pop("control_id", f"M{self.sent}")
        raw = body if body is not None else f"message {control_id}".encode()
        message = Message("LAB/HOSP", "hl7v2", control_id, raw, "text/plain")
        return take(self.service, LAB, message, reports, **more)

    def chart(self, kind: str, value: Any, at: datetime = AT) -> str:
        """A nurse charts; the id of the fact."""
        kept: list[str] = []

        def render(outcome: Any) -> bytes:
            kept.extend(row["id"] for row in outcome.facts)
            return b""

        fact = Charted(kind=kind, value=value, effective_at=at)
        record(self.service, NURSE, self.patient_id, [fact], render)
        return kept[0]

    def facts(self, kind: str = "body_temperature") -> list[tuple[Any, str]]:
        """(value as saved, status) of what stands."""
        rows = facts.standing_of_kind(self.service.store, self.patient_id, kind)
        return [(row["value"], row["status"]) for row in rows if row["value"] is not None]

    def crs(self) -> tuple[int, int]:
        """The grade of CRS now."""
        now = self.service.clock()
        crs = look_up.grades(self.service, NURSE, self.patient_id, now, None).grades["crs"]
        return crs["low"], crs["high"]

    def sound(self) -> None:
        """The record is whole."""
        assert [str(each) for each in verify(self.service, lambda *_: None)] == []
