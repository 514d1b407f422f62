"""Take in what another system says: keep the message, find the patients, chart what can be read.

One transaction for all of a message. A statement is found again by what its sender calls it, so
that the same one twice is one fact, a later version replaces an earlier one, and an earlier one
that comes late changes nothing. What cannot be charted waits for a person, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from toxmon.actions import Actor, Fault, Refused, Service, audit, feeds, running, taking
from toxmon.actions.arrivals import arrive
from toxmon.actions.mergings import merge_told
from toxmon.actions.received import (
    REREAD,
    TAKEN,
    Arrival,
    Arrived,
    Merging,
    Message,
    Result,
    Taken,
    note,
    numbers_of,
    plain_taken,
    row_of,
    seen,
    sender_of,
)
from toxmon.actions.unplaced import Unplaced, again
from toxmon.intake.hold import WAITS_FOR_PATIENT, Hold
from toxmon.intake.report import MERGING, PATIENT, Report, load_report
from toxmon.store import Row, held, messages

__all__ = ["Arrival", "Arrived", "Hold", "Merging", "Message", "Result", "Taken", "join", "take"]


def take(
    service: Service,
    actor: Actor,
    message: Message,
    reports: Sequence[Report],
    *,
    arrivals: Sequence[Arrival] = (),
    mergings: Sequence[Merging] = (),
    strict: bool = False,
    first: Callable[[], None] | None = None,
) -> Taken:
    """Keep a message and what it says, all in one transaction; the answer is in its order.

    `strict`: a time that cannot be, or an arrival that would have to wait, refuses the whole
    (Refused, with the places of these as pointers). Else it is held. `first` is called before
    anything is kept, inside the transaction; what it raises refuses the whole too.
    Raises Conflicting when the sender has called another message so; Refused; StoreError.
    """
    with service.store.writing():
        before = seen(service, message)
        if before is not None:
            return before
        if first is not None:
            first()
        taken, alarmed = _take(service, actor, message, reports, arrivals, mergings, strict)
    if alarmed:
        service.wake()
    return taken


def _take(
    service: Service,
    actor: Actor,
    message: Message,
    reports: Sequence[Report],
    arrivals: Sequence[Arrival],
    mergings: Sequence[Merging],
    strict: bool,
) -> tuple[Taken, bool]:
    """What `take` does inside its transaction."""
    now = service.clock()
    row = row_of(message, actor, now)
    messages.add(service.store, row)
    codes = service.codes(message.source)
    arrived = tuple(arrive(service, actor, each, codes, now) for each in arrivals)
    waiting = [
        Fault(came.place, there.hold.words)
        for there, came in zip(arrived, arrivals, strict=True)
        if there.hold is not None
    ]
    if strict and waiting:
        raise Refused(*waiting)
    merged = tuple(merge_told(service, actor, each, now) for each in mergings)
    unplaced = Unplaced(service, actor, message.source, row["id"])
    unplaced.arrivals(arrivals, arrived)
    unplaced.mergings(mergings, merged)
    taker = taking.Taker(service, actor, message.source, row["id"], now, strict=strict)
    results = taker.take(reports)
    for patient_id in sorted(running.touched(taker.charted)):
        outcome = running.follow(service, actor, patient_id, row["id"])
        taker.alarmed |= outcome is not None and bool(outcome.alarms)
    joined: list[Result] = []
    for there, came in zip(arrived, arrivals, strict=True):
        if there.patient_id is not None:
            joined += join(service, there.patient_id, numbers_of(came.identifiers))
    taken = Taken(
        message_id=row["id"],
        recorded_at=now,
        results=results,
        arrived=arrived,
        merged=merged,
        joined=tuple(joined),
    )
    # It is heard, whatever has to wait of what it says.
    feeds.heard(service, actor, now)
    note(service, actor, row["id"], TAKEN, plain_taken(taken), now)
    detail = {"message": row["id"], "held": [*unplaced.held, *taker.held]}
    rows = [row, *unplaced.rows, *taker.held_rows]
    audit.note(service, actor, now, "receive", detail=detail, rows=rows)
    told = any(each.get("alarmed") for each in merged)
    return taken, taker.alarmed or told or bool(joined)


def join(service: Service, patient_id: str, numbers: Sequence[Row]) -> list[Result]:
    """Chart what has waited for a patient of these numbers. Only inside `writing`."""
    waited = held.of_numbers(service.store, numbers, WAITS_FOR_PATIENT)
    return reread(service, waited)


def reread(service: Service, waited: Sequence[Row]) -> list[Result]:
    """Read statements again that have waited, with the codes of now. Only inside `writing`.

    What still cannot be charted goes on waiting as it did, unless its reason is another one now.
    """
    now = service.clock()
    results: list[Result] = []
    for row in waited:
        message = messages.get(service.store, row["message_id"])
        if message is None or held.ended(service.store, row["id"]):
            continue
        sender = sender_of(message)
        taker = taking.Taker(service, sender, row["source"], message["id"], now, again=row)
        report = load_report(row["report"])
        if report.what in (PATIENT, MERGING):
            placed = again(service, sender, row, report, now)
            results.append(placed)
            if placed.patient_id is not None and report.what == PATIENT:
                results += join(service, placed.patient_id, numbers_of(report.patient))
            continue
        results += taker.take([report])
        for patient_id in running.touched(taker.charted):
            running.follow(service, sender, patient_id, message["id"])
        if taker.held or taker.ended:
            audit.note(
                service,
                sender,
                now,
                REREAD,
                detail={"message_read": message["id"], "held": taker.held},
                rows=taker.held_rows,
            )
    return results
