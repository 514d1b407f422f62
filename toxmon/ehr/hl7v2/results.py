"""ORU^R01: each OBX as one statement, with the time, the status and the identity that it has.

The identity of a result is OBX-21 where that says who gave it, else OBR-3 (filler, else placer)
with OBX-3 and OBX-4, within the sending application and facility; never a time, because a
correction may carry the times of what it corrects (decision 0095).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from toxmon.ehr.hl7v2.codes import codings_of, unit_of, words_of
from toxmon.ehr.hl7v2.header import Header
from toxmon.ehr.hl7v2.message import SEGMENT_MISSING, NotRead, Parsed, Segment
from toxmon.ehr.hl7v2.names import joined
from toxmon.ehr.hl7v2.person import patient_of
from toxmon.ehr.hl7v2.statuses import of_result
from toxmon.ehr.hl7v2.times import Times, When
from toxmon.ehr.hl7v2.values import range_of, value_of
from toxmon.intake.report import OBSERVATION, WITHDRAWN, Identifier, Report

MOST_RESULTS = 5_000


@dataclass(slots=True)
class _Order:
    """What stands around a result: its order, its specimen, whose it is, and the notes on it."""

    patient: tuple[Identifier, ...] = ()
    common: Segment | None = None
    request: Segment | None = None
    specimen: Segment | None = None
    results: list[_Result] = field(default_factory=list)


@dataclass(slots=True)
class _Result:
    """An OBX with the notes that follow it."""

    segment: Segment
    notes: list[str] = field(default_factory=list)


def results_of(parsed: Parsed, header: Header, times: Times) -> list[Report]:
    """The statements of a message of results, in its order. Raises NotRead."""
    orders = _orders(parsed, header)
    found = [_report(result, order, header, times) for order in orders for result in order.results]
    if len(found) > MOST_RESULTS:
        raise NotRead("OBX", SEGMENT_MISSING, f"more than {MOST_RESULTS} results in one message")
    return _told_apart(found)


def _orders(parsed: Parsed, header: Header) -> list[_Order]:
    """The groups of a message, as its segments follow each other."""
    orders: list[_Order] = []
    patient: tuple[Identifier, ...] = ()
    common: Segment | None = None
    for segment in parsed.segments:
        if segment.name == "PID":
            patient, common = patient_of(segment, header), None
        elif segment.name == "ORC":
            common = segment
        elif segment.name == "OBR":
            if not patient:
                patient_of(parsed.one("PID"), header)
                raise NotRead(segment.place, SEGMENT_MISSING, "stands before PID")
            orders.append(_Order(patient, common, segment))
            common = None
        elif segment.name == "SPM" and orders:
            orders[-1].specimen = orders[-1].specimen or segment
        elif segment.name == "OBX":
            if not orders:
                raise NotRead(segment.place, SEGMENT_MISSING, "stands before OBR")
            # Behind SPM stands what is about the specimen; taken too, so that nothing is lost.
            orders[-1].results.append(_Result(segment))
        elif segment.name == "NTE" and orders and orders[-1].results:
            orders[-1].results[-1].notes += [note for note in (segment.text(3).strip(),) if note]
    if not orders:
        patient_of(parsed.one("PID"), header)
        raise NotRead("OBR", SEGMENT_MISSING, "is missing: there is no result")
    return orders


def _report(result: _Result, order: _Order, header: Header, times: Times) -> Report:
    segment, request = result.segment, order.request
    assert request is not None
    status = of_result(segment.get(11))
    value = None if status.valueless else value_of(segment)
    state = WITHDRAWN if segment.deleted(5) and not status.valueless else status.state
    unit_code, unit_text = unit_of(segment.raw(6), segment.by)
    low, high = range_of(segment.text(7))
    when = _time(segment, request, order.specimen, times)
    detail = {"status_only": True} if status.status_only else {}
    waits = status.waits
    return Report(
        what=OBSERVATION,
        patient=order.patient,
        key=_key(segment, order, header),
        codings=codings_of(segment.raw(3), segment.by),
        text=words_of(segment.raw(3), segment.by),
        value=value,
        unit_code=unit_code,
        unit_text=unit_text,
        low=low,
        high=high,
        effective_at=when.at,
        time_fault=when.fault,
        state=state,
        said_at=_said(segment, request, times),
        detail={**detail, "unverified": waits} if waits else detail,
        notes=(*result.notes, *_rejected(order.specimen)),
        place=segment.place,
    )


def _time(segment: Segment, request: Segment, specimen: Segment | None, times: Times) -> When:
    """The clinical time: OBX-14, else OBR-7, else SPM-17. Never the time of the message."""
    for each, field_ in ((segment, 14), (request, 7), (specimen, 17)):
        if each is not None and (text := each.get(field_)):
            return times.read(text, f"{each.name}-{field_}")
    return When(fault="none of OBX-14, OBR-7 and SPM-17 is sent")


def _said(segment: Segment, request: Segment, times: Times) -> datetime | None:
    """When this version was made: OBR-22, else the analysis of OBX-19."""
    return times.read(request.get(22), "OBR-22").at or times.read(segment.get(19), "OBX-19").at


def _key(segment: Segment, order: _Order, header: Header) -> str | None:
    """What the sender calls a result; none where it names neither the result nor its order."""
    own = segment.raw(21)
    if segment.get(21) and (segment.get(21, 2) or segment.get(21, 3)):
        return joined("result", header.sender, own)
    number = _number(order)
    if number is None:
        return None
    code = (segment.get(3, 1), segment.get(3, 3)) if segment.get(3) else (segment.raw(3),)
    return joined("result", header.sender, number, *code, segment.raw(4), own)


def _number(order: _Order) -> str | None:
    """The number of an order: by its filler, else by its placer."""
    request, common = order.request, order.common
    for field_ in (3, 2):
        for each in (request, common):
            if each is not None and each.get(field_):
                return f"{'placer' if field_ == 2 else 'filler'} {each.raw(field_)}"
    return None


def _told_apart(reports: list[Report]) -> list[Report]:
    """Results that one message calls the same: their times tell them apart, or a person does."""
    several = _several(reports)
    timed = [
        replace(each, key=joined(each.key or "", str(each.effective_at or each.time_fault)))
        if each.key in several
        else each
        for each in reports
    ]
    several = _several(timed)
    words = "another result of the same message has the same identity; send OBX-4"
    return [
        replace(
            each,
            key=joined(each.key or "", each.place),
            detail={**each.detail, "unverified": words},
        )
        if each.key in several
        else each
        for each in timed
    ]


def _several(reports: list[Report]) -> set[str | None]:
    """The identities under which one message says different things."""
    said: dict[str, Report] = {}
    found: set[str | None] = set()
    if len({each.key for each in reports}) == len(reports):
        return found
    for each in reports:
        if each.key is not None:
            bare = replace(each, place="")
            if said.setdefault(each.key, bare) != bare:
                found.add(each.key)
    return found


def _rejected(specimen: Segment | None) -> tuple[str, ...]:
    """A note that the laboratory has rejected the specimen, when it has."""
    if specimen is None or not specimen.raw(21):
        return ()
    why = ", ".join(words_of(each, specimen.by) or "" for each in specimen.repeats(21))
    return (f"specimen rejected: {why or specimen.get(21)}",)
