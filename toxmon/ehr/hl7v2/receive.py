"""One message of HL7 v2, whichever way it came: read, kept, charted, and only then acknowledged.

| what came                                        | answer | kept                           |
| ------------------------------------------------ | ------ | ------------------------------ |
| its envelope is good, whatever has to wait of it | AA     | yes, and what waits is named   |
| the same message again                           | AA     | once                           |
| it cannot be read                                | AE     | as it came, to be read again   |
| another message of the same id                   | AE     | as it came, for a person       |
| the record cannot be reached now                 | AE     | no: the sender sends it again  |
| a type, version or processing id not taken here  | AR     | no: its sender has to be set up |
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Collection
from dataclasses import dataclass, field

from toxmon.actions import Actor, Conflicting, Service
from toxmon.actions.mergings import REFUSED
from toxmon.actions.received import HL7V2, Message, keep_unreadable
from toxmon.actions.take_in import Taken, take
from toxmon.ehr.hl7v2.acknowledge import (
    ACCEPTED,
    ERROR,
    NOBODY,
    REJECTED,
    Note,
    acknowledgements,
)
from toxmon.ehr.hl7v2.admissions import EVENTS, Told, admission_of
from toxmon.ehr.hl7v2.doses import doses_of
from toxmon.ehr.hl7v2.header import (
    UNSUPPORTED_EVENT,
    UNSUPPORTED_TYPE,
    Header,
    check_header,
    read_header,
)
from toxmon.ehr.hl7v2.message import NOT_IN_TABLE, NotRead, Parsed, head_of, parse
from toxmon.ehr.hl7v2.names import joined
from toxmon.ehr.hl7v2.person import patient_of
from toxmon.ehr.hl7v2.results import results_of
from toxmon.ehr.hl7v2.times import Times
from toxmon.intake import hold
from toxmon.intake.hold import REASONS, Hold
from toxmon.store import StoreError

log = logging.getLogger("toxmon.hl7v2")

LARGEST = 4 * 1024 * 1024
CONTENT_TYPE = "application/hl7-v2"
PRODUCTION, PLAIN = "P", "ASCII"
TAKEN: dict[str, tuple[str, ...]] = {
    "ORU": ("R01",),
    "ADT": EVENTS,
    "RAS": ("O17", "O01"),
    "RDE": ("O11", "O01"),
}
UNKNOWN_KEY, DUPLICATE_KEY, LOCKED, INTERNAL = "204", "205", "206", "207"
AGAIN = "the record cannot be reached now; nothing was kept, send the same again"
FIELDS = {
    hold.UNKNOWN_CODE: "3",
    hold.CODES_DISAGREE: "3",
    hold.DENIED_CODE: "3",
    hold.UNKNOWN_UNIT: "6",
    hold.UNITS_DISAGREE: "6",
    hold.UNKNOWN_ANSWER: "5",
    hold.VALUE_REFUSED: "5",
    hold.NO_VALUE: "5",
    hold.NO_TIME: "14",
    hold.TIME_REFUSED: "14",
    hold.NOT_VERIFIED: "11",
}
"""The field of an OBX for which it waits."""
OF_PATIENT = (hold.UNKNOWN_PATIENT, hold.PATIENTS_DISAGREE, hold.OUT_OF_REACH)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """What is taken at one place, and from whom. `charset` is meant where MSH-18 is empty.

    `ignored`: types (ORM) and events (ADT^A05) that are acknowledged and kept, and have no effect.
    """

    source: str
    processing: str = PRODUCTION
    charset: str = PLAIN
    ignored: Collection[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to send, in their order, and what became of the message: AA, AE or AR.

    `again`: nothing was kept, and the same may be sent again.
    """

    answers: tuple[bytes, ...]
    code: str
    again: bool = False


def receive(service: Service, actor: Actor, port: Port, body: bytes) -> Answered:
    """Take a message in, and say what to answer. Raises nothing that a message can cause."""
    head = head_of(body)
    header = NOBODY if head is None else read_header(head)
    try:
        if head is not None:
            check_header(header, port.processing)
            _check_type(header, port)
    except NotRead as error:
        log.warning("refused %s of %s: %s", _type(header), port.source, error)
        return _answered(service, header, REJECTED, [_note(error)])
    message = Message(port.source, HL7V2, _named(header), body, CONTENT_TYPE)
    try:
        try:
            told = _told(parse(body, port.charset), header, header.times(service.zone), port)
        except NotRead as error:
            keep_unreadable(service, actor, message, str(error))
            log.warning("unreadable %s of %s: %s", _type(header), port.source, error)
            return _answered(service, header, ERROR, [_note(error)])
        taken = take(
            service,
            actor,
            message,
            told.reports,
            arrivals=told.arrivals,
            mergings=told.mergings,
        )
    except Conflicting:
        why = "another message of this sender has the same MSH-10 and MSH-7"
        return _set_aside(
            service, actor, header, message, Note("MSH[1]-10", DUPLICATE_KEY, "E", why)
        )
    except StoreError as error:
        log.error("a message of %s was not kept: %s", port.source, error)
        return _answered(service, header, ERROR, [Note("", LOCKED, "E", AGAIN)], again=True)
    except Exception as error:  # noqa: BLE001 - the message is kept, and a person looks at it
        # Where it happened, and not its words: they may quote what was sent about a patient.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("unforeseen %s\n%s", type(error).__name__, frames)
        why = "an error that we did not foresee; the message is kept for a person"
        return _set_aside(service, actor, header, message, Note("", INTERNAL, "E", why))
    return _answered(service, header, ACCEPTED, _waiting(told, taken))


def _check_type(header: Header, port: Port) -> None:
    """Raises NotRead for a message that is not taken here at all."""
    if _ignored(header, port):
        return
    events = TAKEN.get(header.type)
    if events is None:
        raise NotRead("MSH[1]-9", UNSUPPORTED_TYPE, f"taken are {', '.join(TAKEN)}")
    if header.event not in events:
        raise NotRead(
            "MSH[1]-9", UNSUPPORTED_EVENT, f"of {header.type}, taken are {', '.join(events)}"
        )


def _ignored(header: Header, port: Port) -> bool:
    """A type alone stands for those of its events that mean nothing here."""
    if header.event in TAKEN.get(header.type, ()):
        return f"{header.type}^{header.event}" in port.ignored
    return not {header.type, f"{header.type}^{header.event}"}.isdisjoint(port.ignored)


def _told(parsed: Parsed, header: Header, times: Times, port: Port) -> Told:
    """What a message says. Raises NotRead."""
    if _ignored(header, port):
        return Told()
    if header.type == "ADT":
        return admission_of(parsed, header, times)
    if header.type == "ORU":
        return Told(tuple(results_of(parsed, header, times)))
    if header.type == "RAS":
        return Told(tuple(doses_of(parsed, header, times)))
    patient_of(parsed.one("PID"), header)
    return Told()  # An order is no dose: it is kept, and counts nowhere.


def _named(header: Header) -> str | None:
    """What the sender calls a message: its id, with the time of the message.

    Counters begin anew, and engines that build a message again keep its id; what it says is
    recognized in both cases (decision 0095).
    """
    if not header.control_id:
        return None
    return joined(header.sender, header.control_id, header.sent)


def _set_aside(
    service: Service, actor: Actor, header: Header, message: Message, note: Note
) -> Answered:
    """Keep a message as it came, for a person, and say that it had no effect."""
    log.warning("set aside %s of %s: %s", _type(header), message.source, note.words)
    try:
        keep_unreadable(service, actor, message, note.words)
    except StoreError as error:
        log.error("a message of %s was not kept: %s", message.source, error)
        return _answered(service, header, ERROR, [Note("", LOCKED, "E", AGAIN)], again=True)
    return _answered(service, header, ERROR, [note])


def _waiting(told: Told, taken: Taken) -> list[Note]:
    """A warning for each statement that waits, and for records that were not merged."""
    found: list[tuple[str, Hold]] = []
    for report, result in zip(told.reports, taken.results, strict=True):
        if result.hold is not None:
            found.append((_field(report.place, result.hold), result.hold))
    for arrival, arrived in zip(told.arrivals, taken.arrived, strict=True):
        if arrived.hold is not None:
            found.append((arrival.place, arrived.hold))
    waiting = [Note(place, NOT_IN_TABLE, "W", REASONS[why.reason]) for place, why in found]
    for merging, merged in zip(told.mergings, taken.merged, strict=True):
        if merged["outcome"] == REFUSED:
            words = "the two records were not made one; a person has to look at it"
            waiting.append(Note(merging.place, UNKNOWN_KEY, "W", words))
    return waiting


def _field(place: str, why: Hold) -> str:
    """The field for which a statement waits, as far as it can be said."""
    if why.reason in OF_PATIENT:
        return "PID[1]-3"
    if place.startswith("OBX[") and why.reason in FIELDS:
        return f"{place}-{FIELDS[why.reason]}"
    return place


def _note(error: NotRead) -> Note:
    return Note(error.place, error.code, "E", str(error))


def _answered(
    service: Service, header: Header, code: str, notes: list[Note], *, again: bool = False
) -> Answered:
    return Answered(acknowledgements(header, code, notes, service.clock()), code, again)


def _type(header: Header) -> str:
    """Type and event for the log, where they look like such."""
    words = (header.type, header.event)
    return "^".join(w if len(w) <= 3 and w.isascii() and w.isalnum() else "?" for w in words)
