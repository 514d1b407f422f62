"""RAS^O17: each RXA as one dose that was given, refused or taken back. An order is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from toxmon.ehr.hl7v2.codes import codings_of, unit_of, words_of
from toxmon.ehr.hl7v2.header import Header
from toxmon.ehr.hl7v2.message import SEGMENT_MISSING, NotRead, Parsed, Segment
from toxmon.ehr.hl7v2.names import joined
from toxmon.ehr.hl7v2.person import patient_of
from toxmon.ehr.hl7v2.statuses import ACTIONS, COMPLETIONS, DOSE_BEGUN, DOSE_GIVEN
from toxmon.ehr.hl7v2.times import Times, When
from toxmon.ehr.hl7v2.values import number_of
from toxmon.intake.report import CANCELLED, DOSE, FINAL, Identifier, Report

UNKNOWN_AMOUNT = Decimal(999)
"""RXA-6 where the amount was not recorded: then it has no unit."""
ROUTES = {
    "IV": "iv",
    "IVPB": "iv",
    "PO": "oral",
    "SC": "sc",
    "SQ": "sc",
    "IM": "im",
    "PR": "rectal",
    "IT": "intrathecal",
    "NG": "enteral",
    "GTT": "enteral",
    "IH": "inhaled",
    "TP": "topical",
    "OP": "ophthalmic",
    "OT": "otic",
    "NS": "intranasal",
}
"""RXR-1, table 0162. Another code is told as it was sent."""


def doses_of(parsed: Parsed, header: Header, times: Times) -> list[Report]:
    """The statements of a message of administrations, in its order. Raises NotRead."""
    patient: tuple[Identifier, ...] = ()
    common: Segment | None = None
    given: list[tuple[Segment, Segment | None, tuple[Identifier, ...]]] = []
    routes: dict[int, Segment] = {}
    for segment in parsed.segments:
        if segment.name == "PID":
            patient, common = patient_of(segment, header), None
        elif segment.name == "ORC":
            common = segment
        elif segment.name == "RXA":
            if not patient:
                patient_of(parsed.one("PID"), header)
                raise NotRead(segment.place, SEGMENT_MISSING, "stands before PID")
            given.append((segment, common, patient))
        elif segment.name == "RXR" and given:
            routes.setdefault(given[-1][0].number, segment)
    if not given:
        patient_of(parsed.one("PID"), header)
        raise NotRead("RXA", SEGMENT_MISSING, "is missing: nothing was given")
    return [
        _report(segment, order, whose, routes.get(segment.number), header, times)
        for segment, order, whose in given
    ]


def _report(
    segment: Segment,
    order: Segment | None,
    patient: tuple[Identifier, ...],
    route: Segment | None,
    header: Header,
    times: Times,
) -> Report:
    began = times.read(segment.get(3), "RXA-3")
    if began == When():
        began = When(fault="RXA-3 is not sent")
    ended = times.read(segment.get(4), "RXA-4")
    state, waits = FINAL, None
    completed, action = segment.get(20).upper(), segment.get(21).upper()
    status = DOSE_GIVEN
    if completed in COMPLETIONS:
        state, status = COMPLETIONS[completed]
    else:
        waits = "RXA-20 is in no table of HL7 v2"
    if action in ACTIONS:
        # A dose that is not given is none, whichever way it is told.
        state = state if state == CANCELLED else ACTIONS[action] or state
    else:
        waits = "RXA-21 is in no table of HL7 v2"
    rate = _rate(segment)
    if rate is not None and not completed and not segment.get(4):
        status = DOSE_BEGUN  # It runs, and nothing says that it has ended.
    detail: dict[str, Any] = {
        "medication": None,
        "dose": _dose(segment),
        "route": _route(route),
        "status": status,
        "rate": rate,
        "site": route.get(2, 2) or route.get(2) or None if route is not None else None,
    }
    if waits:
        detail["unverified"] = waits
    return Report(
        what=DOSE,
        patient=patient,
        key=_key(segment, order, header),
        codings=codings_of(segment.raw(5), segment.by),
        text=words_of(segment.raw(5), segment.by),
        effective_at=began.at,
        until_at=ended.at if ended.at != began.at else None,
        time_fault=began.fault,
        state=state,
        said_at=times.read(segment.get(22), "RXA-22").at,
        detail=detail,
        notes=tuple(words for words in (words_of(segment.raw(9), segment.by),) if words),
        place=segment.place,
    )


def _dose(segment: Segment) -> dict[str, Any] | None:
    """The amount as sent, in its unit; none where it was not recorded."""
    text = segment.text(6).strip()
    code, words = unit_of(segment.raw(7), segment.by)
    unit = code or words
    number = number_of(text)
    if not text or (unit is None and number == UNKNOWN_AMOUNT):
        return None
    return {"value": number, "unit": unit}


def _rate(segment: Segment) -> str | None:
    """So much in such a time, in words, where RXA-12 names a time."""
    per = segment.get(12)
    return f"{segment.get(6)} {segment.get(7)} per {per}" if per else None


def _route(segment: Segment | None) -> str | None:
    if segment is None:
        return None
    code = segment.get(1)
    return ROUTES.get(code.upper()) or (segment.get(1, 2) or code).lower() or None


def _key(segment: Segment, order: Segment | None, header: Header) -> str | None:
    """What the sender calls an administration: its order, the count in it, else when it began."""
    number = None
    for field in (3, 2):
        if order is not None and order.get(field):
            number = f"{'placer' if field == 2 else 'filler'} {order.raw(field)}"
            break
    if number is None:
        return None
    count = segment.get(2)
    one = count if count not in ("", "0") else f"began {segment.get(3)}"
    return joined("dose", header.sender, number, one)
