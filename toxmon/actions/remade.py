"""Alarms made again from their events. How an alarm stands is work; its events are the record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson

from toxmon.actions import Service, technical
from toxmon.actions.register import Standing, alarm_row, dump_open, load_open, loaded
from toxmon.alerting import life
from toxmon.alerting.alarm import Alarm
from toxmon.alerting.plain import load_event
from toxmon.store import EVER, NEVER, Row, alarms, patients

UNREADABLE = (TypeError, ValueError, LookupError, AttributeError)
"""What text raises that is no alarm, or one of another version."""


@dataclass(slots=True)
class Made:
    """An alarm as its events make it, and where the patient lay at the last of them."""

    standing: Standing
    unit: str | None


def made_by(service: Service, events: Iterable[Row]) -> dict[str, Made]:
    """The alarms that these events make, by id. The events are in order."""
    found: dict[str, Made] = {}
    for row in events:
        body = orjson.loads(row["body"])
        event = load_event(row["key"], row["kind"], row["recorded_by"], body)
        before = found.get(row["alarm_id"])
        alarm = life.applied(before.standing.alarm if before else None, event, service.alarms_now)
        scope = row["treatment_id"] or technical.scope_of(row["unit"])
        number = before.standing.made + 1 if before else 1
        standing = Standing(row["alarm_id"], scope, row["treatment_id"], alarm, number)
        found[row["alarm_id"]] = Made(standing, row["unit"])
    return found


def of_patient(service: Service, patient_id: str) -> dict[str, Made]:
    """The alarms of a patient, from their events."""
    return made_by(service, alarms.events_of_patient(service.store, patient_id, NEVER, EVER))


def technical_ones(service: Service) -> dict[str, Made]:
    """The alarms of no patient, from their events."""
    return made_by(service, alarms.technical_events(service.store))


def differing(service: Service, patient_id: str | None) -> Iterator[tuple[str, str]]:
    """(id, what is wrong) of alarms of a patient, or of none, that are not as their events say."""
    store = service.store
    if patient_id is None:
        made, rows = technical_ones(service), alarms.every_technical(store)
    else:
        made, rows = of_patient(service, patient_id), alarms.of_patient(store, patient_id)
    kept = {row["id"]: row for row in rows}
    for id_ in sorted(made.keys() | kept.keys()):
        if id_ not in made:
            yield id_, "is on the list, and no event made it"
        elif id_ not in kept:
            yield id_, "is not on the list, where its events put it; repair puts it back"
        elif not _same(kept[id_], made[id_].standing):
            yield id_, "stands otherwise than its events make it; repair makes it again"
    if patient_id is None:
        return
    heads = patients.heads(store, patient_id)
    standing = [each.standing for each in made.values()]
    if heads and not _same_beside_head(heads[0]["alarms"], standing):
        yield "that are open", "are not those that their events leave open; repair lists them anew"


def rebuild(service: Service, patient_id: str | None) -> int:
    """Make the alarms of a patient, or of none, as their events say. Only inside `writing`.

    Returns how many things were not so.
    """
    store = service.store
    wrong = [id_ for id_, _ in differing(service, patient_id)]
    if not wrong:
        return 0
    made = technical_ones(service) if patient_id is None else of_patient(service, patient_id)
    for id_ in wrong:
        if id_ in made:
            row = alarm_row(made[id_].standing, patient_id, made[id_].unit)
            alarms.put(store, row)
        else:
            alarms.forget(store, id_)
    if patient_id is not None:
        alarms.save_open(store, patient_id, dump_open(each.standing for each in made.values()))
    return len(wrong)


def beside_head(service: Service, patient_id: str, text: str | None) -> dict[str, Standing]:
    """The open alarms of a patient as they were saved; unreadable, they are made again."""
    try:
        return load_open(text)
    except UNREADABLE:
        made = of_patient(service, patient_id).values()
        return {
            each.standing.id: each.standing
            for each in made
            if each.standing.alarm.closed_at is None
        }


def _same(row: Row, standing: Standing) -> bool:
    expected = alarm_row(standing, row["patient_id"], row["unit"])
    names = ("scope", "key", "treatment_id", "priority", "state", "open", "seq", "raised_at")
    if any(row[name] != expected[name] for name in names):
        return False
    try:
        return loaded(orjson.loads(row["body"])) == _read_back(standing.alarm)
    except UNREADABLE:
        return False


def _same_beside_head(text: str | None, made: Iterable[Standing]) -> bool:
    try:
        found = load_open(text)
    except UNREADABLE:
        return False
    expected: Mapping[str, Alarm] = {
        each.id: _read_back(each.alarm) for each in made if each.alarm.closed_at is None
    }
    return {id_: _read_back(each.alarm) for id_, each in found.items()} == expected


def _read_back(alarm: Alarm) -> Alarm:
    """As it is once it was saved: what had lists has tuples, and so on."""
    return loaded(orjson.loads(orjson.dumps(alarm)))
