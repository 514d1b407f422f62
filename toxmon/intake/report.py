"""One thing that another system says about a patient, in no system's form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

OBSERVATION, DOSE, INFUSION, STAY, DEATH = "observation", "dose", "infusion", "stay", "death"
WHAT = (OBSERVATION, DOSE, INFUSION, STAY, DEATH)
PATIENT, MERGING = "patient", "merging"
"""What only waits as a statement: who a patient is, and who is the same as whom."""

PENDING, PRELIMINARY, FINAL, CORRECTED = "pending", "preliminary", "final", "corrected"
CANCELLED, WITHDRAWN, WRONG_PATIENT = "cancelled", "withdrawn", "wrong_patient"
RANKS = {
    PENDING: 0,
    PRELIMINARY: 1,
    FINAL: 2,
    CORRECTED: 3,
    CANCELLED: 4,
    WITHDRAWN: 4,
    WRONG_PATIENT: 4,
}
"""A statement never gives way to one of a lower rank, however late that comes."""

GONE = (CANCELLED, WITHDRAWN, WRONG_PATIENT)
"""States that take a fact away; a cancelled test never was one."""

_OF_TIME = ("effective_at", "until_at", "said_at")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number of a patient and who gave it, as in `Patient.identifier` or PID-3."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Coding:
    """A code, the system that it is of (a URI, or the name that HL7 v2 has), and its words."""

    system: str
    code: str
    display: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One statement: a result, a dose, an infusion, a stay, a death.

    `patient`: any of the identifiers finds the patient. `patient_id`: ours, where it was named.
    `key`: what the source calls the statement, the same in every later version of it; None where
    it has no name, and then the same content is the same statement.
    `codings`: what was measured or given; any of them may be known. `text`: its words.
    `value`: a Decimal or int; a comparator with a number ("<0.1"); True or False; a text; a tuple
    of Coding for a coded answer (several for a list); None for none.
    `unit_code` is UCUM, `unit_text` as people write it. `low`, `high`: the laboratory's own range,
    in the same unit.
    `effective_at`, `until_at`: at the bedside, aware. `said_at`, `ordinal`: which version of the
    statement this is, by time and by number; the newer one counts.
    `time_fault`: why there is no instant, when there is none, for a person.
    `detail`: of an act. DOSE: medication (a name, or None to find it by the codings), dose
    {"value", "unit"}, route, status (started, completed, stopped), rate, site. STAY: setting
    (inpatient, outpatient, ended), unit (as the source calls the ward), bed, reason. DEATH: cause.
    `notes`: words of the laboratory. `place`: a JSON pointer, or PID-3 and the like, in the
    message. `resource`: reports with the same name are one resource of the sender.
    """

    what: str
    patient: tuple[Identifier, ...] = ()
    patient_id: str | None = None
    key: str | None = None
    codings: tuple[Coding, ...] = ()
    text: str | None = None
    value: Decimal | int | bool | str | tuple[Coding, ...] | None = None
    unit_code: str | None = None
    unit_text: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    effective_at: datetime | None = None
    until_at: datetime | None = None
    time_fault: str | None = None
    state: str = FINAL
    said_at: datetime | None = None
    ordinal: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    place: str = ""
    resource: str = ""

    @property
    def rank(self) -> int:
        """How much the state weighs; see RANKS."""
        return RANKS[self.state]


def dump_report(report: Report, without: tuple[str, ...] = ()) -> str:
    """A report as JSON text, for one that has to wait; `without` these fields."""
    plain = {
        name: value
        for name in Report.__slots__
        if name not in without and (value := getattr(report, name)) not in (None, (), "")
    }
    if isinstance(report.value, Decimal):
        plain["value"] = {"decimal": str(report.value)}
    elif report.value == "":
        plain["value"] = ""
    plain["detail"] = dict(report.detail)
    dose = report.detail.get("dose")
    if dose is not None and isinstance(dose["value"], Decimal):
        plain["detail"]["dose"] = {**dose, "value": {"decimal": str(dose["value"])}}
    return orjson.dumps(plain, default=str).decode()


def load_report(text: str) -> Report:
    """A report from the text of `dump_report`."""
    plain: dict[str, Any] = orjson.loads(text)
    for name in _OF_TIME:
        if name in plain:
            plain[name] = datetime.fromisoformat(plain[name])
    for name in ("low", "high"):
        if name in plain:
            plain[name] = Decimal(plain[name])
    plain["patient"] = tuple(Identifier(**each) for each in plain.get("patient", ()))
    plain["codings"] = tuple(Coding(**each) for each in plain.get("codings", ()))
    plain["notes"] = tuple(plain.get("notes", ()))
    dose = plain.get("detail", {}).get("dose")
    if dose is not None and isinstance(dose["value"], dict):
        dose["value"] = Decimal(dose["value"]["decimal"])
    value = plain.get("value")
    if isinstance(value, dict):
        plain["value"] = Decimal(value["decimal"])
    elif isinstance(value, list):
        plain["value"] = tuple(Coding(**each) for each in value)
    return Report(**plain)
