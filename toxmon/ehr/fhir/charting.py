"""Chart the resources of one message together: read all, look at what is on record, take.

All or nothing for a transaction; in a batch what cannot be read is refused alone, and the rest is
taken in one transaction. What can be read and not be charted waits, in either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from toxmon.actions import Actor, Fault, Refused, Service
from toxmon.actions.received import CHARTED, DUPLICATE, HELD, Message, Result, Taken
from toxmon.actions.take_in import take
from toxmon.ehr.fhir import (
    answers,
    conditional,
    in_administration,
    in_adverse_event,
    in_condition,
    in_device,
    in_encounter,
    in_observation,
    in_patient,
    in_procedure,
    out_patient,
)
from toxmon.ehr.fhir.answers import Told
from toxmon.ehr.fhir.asked import PUT, Asked, check_id
from toxmon.ehr.fhir.conditional import PATIENT, Standing
from toxmon.ehr.fhir.outcome import Failed, Issue
from toxmon.ehr.fhir.references import Around
from toxmon.ehr.fhir.sent import Mapped, Reading, Sent
from toxmon.ehr.fhir.versions import settle
from toxmon.intake.report import Identifier, Report
from toxmon.store import resources

Mapper = Callable[[Sent, Reading], Mapped]

MAPPERS: Mapping[str, Mapper] = {
    "Patient": in_patient.read,
    "Observation": in_observation.read,
    "MedicationAdministration": in_administration.read,
    "Procedure": in_procedure.read,
    "Encounter": in_encounter.read,
    "Condition": in_condition.read,
    "AdverseEvent": in_adverse_event.read,
    "DeviceUseStatement": in_device.read,
}
"""The types that are read, each by whom."""
NOT_STORED = "kept as it came, and not stored as a resource"
OF_TIMES = ("effective", "performed", "onset", "recordedDate", "date", "timing")
"""What the elements begin with that say when something was so."""
TRIES = 3


class _Anew(Exception):
    """What was looked up beforehand is so no more."""


@dataclass(slots=True)
class _Item:
    """One interaction on its way."""

    asked: Asked
    found: Standing = field(default_factory=Standing)
    sent: Sent | None = None
    mapped: Mapped = field(default_factory=Mapped)
    reports: tuple[Report, ...] = ()
    told: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What came, and how it is to be taken. `kind`: the type of the body, for places in it.

    `base` is the address of our FHIR; `beside`: resources that came along, with their addresses.
    `own_ids`: are the ids in the resources those of the sender's server?
    """

    service: Service
    actor: Actor
    message: Message
    asked: Sequence[Asked]
    kind: str
    base: str
    strict: bool
    beside: Sequence[tuple[Mapping[str, object], str | None]] = ()
    own_ids: bool = False


def chart(delivery: Delivery) -> tuple[list[Told], Taken | None]:
    """The answer to each interaction, in order; and what the core made of the message.

    Raises Failed where it is strict and anything is wrong: nothing is kept then.
    """
    for _ in range(TRIES):
        items = _looked_at(delivery)
        _read(delivery, items)
        try:
            taken = _taken(delivery, items)
            return [each.told for each in items if each.told is not None], taken
        except _Anew:
            with delivery.service.store.writing():
                continue  # What was seen there is durable once a turn after it has ended.
    raise Failed(409, Issue("conflict", "others change the same at this moment; send it again"))


def _looked_at(delivery: Delivery) -> list[_Item]:
    items = [_Item(each) for each in delivery.asked]
    with delivery.service.store.reading():
        for item in items:
            if item.asked.kind not in MAPPERS:
                continue
            try:
                item.found = _standing(delivery, item.asked)
            except Failed as error:
                _fail(delivery, item, error)
    return items


def _standing(delivery: Delivery, asked: Asked) -> Standing:
    if asked.method == PUT and asked.given_id is not None:
        check_id(asked)
    found = conditional.standing(delivery.service, delivery.actor, delivery.message.source, asked)
    conditional.check(asked, found)
    return found


def _fail(delivery: Delivery, item: _Item, error: Failed) -> None:
    """Refuse all of it, or this interaction alone."""
    place = answers.path(item.asked.place, delivery.kind)
    issues = [
        Issue(each.code, each.diagnostics, tuple(_whole(e, delivery.kind) for e in each.expression))
        if each.expression
        else Issue(each.code, each.diagnostics, (place,))
        for each in error.issues
    ]
    if delivery.strict:
        raise Failed(error.status, *issues, headers=error.headers)
    item.told = Told(status=error.status, kind=item.asked.kind, issues=issues)


def _whole(expression: str, kind: str) -> str:
    return answers.path(expression, kind) if expression.startswith("/") else expression


def _read(delivery: Delivery, items: list[_Item]) -> None:
    """Map each resource to what it states; refuse what cannot be read."""
    service, source = delivery.service, delivery.message.source
    reading = Reading(service, service.codes(source))
    with service.store.reading():
        around = _around(delivery)
        for item in items:
            if item.told is None:
                _map(delivery, item, around, reading)
        _place(items, around)
        read = [item for item in items if item.sent is not None and item.told is None]
        pairs = [(item.sent, item.mapped) for item in read if item.sent is not None]
        for item, reports in zip(read, settle(service.store, source, pairs), strict=True):
            item.reports = reports
    faults = [fault for item in items for fault in item.asked.reader.faults]
    if faults and delivery.strict:
        raise answers.refused(faults, delivery.kind)
    for item in items:
        if item.asked.reader.faults:
            issues = answers.issues_of(item.asked.reader.faults, delivery.kind)
            item.told = Told(status=422, kind=item.asked.kind, issues=issues)


def _around(delivery: Delivery) -> Around:
    service, actor = delivery.service, delivery.actor

    @cache  # Many resources of a message are about few patients.
    def numbers_of(patient_id: str) -> tuple[Identifier, ...] | None:
        return conditional.numbers_of(service, actor, patient_id)

    around = Around(delivery.message.source, delivery.base, numbers_of)
    for resource, full_url in delivery.beside:
        around.add(resource, full_url)
    for asked in delivery.asked:
        around.add(asked.resource, asked.full_url)
    return around


def _map(delivery: Delivery, item: _Item, around: Around, reading: Reading) -> None:
    asked, found = item.asked, item.found
    mapper = MAPPERS.get(asked.kind)
    if mapper is None:
        item.told = not_stored(asked, f"{asked.kind} is not read here", delivery.kind)
        return
    if asked.only_if_none and found.id is not None:  # Nothing is written, and nothing is read.
        item.told = Told(
            status=200,
            kind=asked.kind,
            id=found.id,
            version=found.version,
            stands=True,
        )
        return
    own = delivery.own_ids and isinstance(asked.resource.get("id"), str)
    given = asked.given_id or (str(asked.resource["id"]) if own else None)
    known = given is not None and given == found.id
    copied = known or asked.at_version is not None
    item.sent = Sent(
        kind=asked.kind,
        resource=asked.resource,
        place=asked.place,
        reader=asked.reader,
        around=around,
        full_url=asked.full_url,
        given_id=given,
        known=known,
        rows=found.rows,
        sought=asked.sought,
        versioned=not copied,
    )
    item.mapped = mapper(item.sent, reading)
    if item.mapped.unused is not None and not asked.reader.faults:
        item.told = not_stored(asked, item.mapped.unused, delivery.kind)


def _place(items: list[_Item], around: Around) -> None:
    """A patient of whom nothing else says it lies where an Encounter of the message says."""
    from dataclasses import replace

    wards: dict[object, str] = {}
    for item in items:
        if item.asked.kind == "Encounter" and item.sent is not None:
            ward = in_encounter.ward_of(item.sent)
            for report in item.mapped.reports[:1]:
                if ward is not None:
                    wards |= dict.fromkeys(report.patient, ward)
    if not wards:
        return
    for item in items:
        item.mapped.arrivals = [
            replace(each, ward=next((wards[n] for n in each.identifiers if n in wards), None))
            for each in item.mapped.arrivals
        ]


def not_stored(asked: Asked, why: str, kind: str) -> Told:
    """The answer to a resource of which nothing is used. It is no fault of the sender's."""
    issue = Issue(
        "informational",
        f"{NOT_STORED}: {why}",
        (answers.path(asked.place, kind),),
        severity="information",
    )
    return Told(status=200, kind=asked.kind, issues=[issue], resource=asked.resource)


def _taken(delivery: Delivery, items: list[_Item]) -> Taken | None:
    """Hand all of it to the core, and answer each interaction by what became of it."""
    read = [item for item in items if item.told is None]
    reports = [report for item in read for report in item.reports]
    arrivals = [arrival for item in read for arrival in item.mapped.arrivals]
    mergings = [merging for item in read for merging in item.mapped.mergings]

    def unchanged() -> None:
        for item in read:
            now = _standing(delivery, item.asked)
            if now.id != item.found.id or len(now.rows) != len(item.found.rows):
                raise _Anew

    looked_up = any(i.asked.sought is not None or i.asked.given_id is not None for i in read)
    told = [item.told for item in items if item.told is not None]
    if told and not read and all(each.failed or each.id is not None for each in told):
        return None  # It is on record, or nothing of it can be kept; the sender knows which.
    try:
        taken = take(
            delivery.service,
            delivery.actor,
            delivery.message,
            reports,
            arrivals=arrivals,
            mergings=mergings,
            strict=delivery.strict,
            first=unchanged if looked_up else None,
        )
    except Refused as error:
        faults = [Fault(_timed(each.pointer, read), each.detail) for each in error.faults]
        raise answers.refused(faults, delivery.kind) from error
    _answer(delivery, read, taken)
    return taken


def _timed(pointer: str, read: list[_Item]) -> str:
    """The place of a time that was refused: the element of the resource that says it."""
    for item in read:
        if item.asked.place == pointer and item.asked.kind != PATIENT:
            named = [name for name in item.asked.resource if name.startswith(OF_TIMES)]
            return f"{pointer}/{named[0]}" if named else pointer
    return pointer


def _answer(delivery: Delivery, read: list[_Item], taken: Taken) -> None:
    results, arrived, merged = iter(taken.results), iter(taken.arrived), iter(taken.merged)
    for item in read:
        mine = [next(results) for _ in item.reports]
        item.told = _told_of(delivery, item, mine, taken)
        for arrival in item.mapped.arrivals:
            there = next(arrived)
            item.told.id = there.patient_id
            item.told.status = 201 if there.created else 200 if there.patient_id else 202
            item.told.issues = answers.of_arrival(there, arrival.place, delivery.kind) + [
                each for each in item.told.issues if each.severity == "warning"
            ]
        given = item.asked.given_id if item.asked.method == PUT else None
        if given is not None and item.told.id is not None and given != item.told.id:
            item.told.called = given
        for merging in item.mapped.mergings:
            outcome = next(merged)
            if outcome.get("outcome") in ("refused", "unknown"):
                where = (answers.path(merging.place, delivery.kind),)
                words = f"not merged: {outcome.get('words')}"
                item.told.issues.append(Issue("conflict", words, where, severity="warning"))
    kept = [item.told for item in read if item.told is not None and item.told.id is not None]
    store = delivery.service.store
    with store.reading():
        ids = [str(each.id) for each in kept if each.kind != PATIENT]
        found = resources.versions(store, list(dict.fromkeys(ids)))
        for each in kept:
            our_id = str(each.id)
            each.version = found.get(our_id) or out_patient.newest_version(store, our_id)


def _told_of(delivery: Delivery, item: _Item, results: list[Result], taken: Taken) -> Told:
    stated = len(item.mapped.reports)
    issues = [
        issue
        for result, report in list(zip(results, item.reports, strict=True))[:stated]
        for issue in answers.of_result(result, report.place, delivery.kind)
    ]
    outcomes = {result.outcome for result in results[:stated]}
    new = item.found.id is None and item.sent is not None and not item.sent.rows
    status = 200
    if outcomes == {HELD}:
        status = 202
    elif new and (CHARTED in outcomes or item.asked.method != PUT):
        status = 201 if not outcomes <= {DUPLICATE, "outdated", "withdrawn"} else 200
    ids = [result.resource_id for result in results if result.resource_id is not None]
    return Told(
        status=status,
        kind=item.asked.kind,
        id=item.found.id or (ids[0] if ids else None),
        changed_at=taken.recorded_at,
        issues=issues,
        resource=item.asked.resource,
    )
