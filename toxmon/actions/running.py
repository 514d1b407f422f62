"""Which vasopressors run, by a record of medications: each start and each end is a finding.

A pump or a medication record says of each drug when it was begun and when it was ended. The grade
asks which ones run together. So at every such instant the list of those running then is charted;
when an interval is told anew or taken back, what was charted of it is corrected or taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from toxmon.actions import Actor, Service, record
from toxmon.actions.record import RETRACTED, Charted, Outcome
from toxmon.actions.statement import taken_back
from toxmon.grading.chart import ADMINISTRATION
from toxmon.grading.kinds import KINDS
from toxmon.saved import dump_value
from toxmon.store import Row, facts, origins

KIND = "vasopressors"
DRUGS = frozenset(KINDS[KIND].codes)
SOURCE = "running"
"""What the list of an instant is called among the statements of other systems."""

WHY = "the record of the infusions has changed"


@dataclass(frozen=True, slots=True)
class Interval:
    """A drug that ran from its start up to its end, exclusive; without an end it runs on."""

    drug: str
    since: datetime
    until: datetime | None


def is_running(row: Row) -> bool:
    """Is a fact an infusion of a vasopressor, with its interval?"""
    if row["kind"] != ADMINISTRATION or row["detail"] is None:
        return False
    return runs(orjson.loads(row["detail"]))


def runs(detail: Mapping[str, Any]) -> bool:
    """Does the detail of a dose say of a vasopressor that it ran on?"""
    return "runs" in detail and detail["medication"] in DRUGS


@dataclass(frozen=True, slots=True)
class Lists:
    """What is to be charted, and the instant of each as it is kept among the statements."""

    charted: tuple[Charted, ...]
    keys: tuple[str, ...]
    known: Mapping[str, Row]


def follow(service: Service, actor: Actor, patient_id: str, message_id: str) -> Outcome | None:
    """Chart which vasopressors ran when; None where all is well. Only inside `writing`."""
    wanted = lists(service, patient_id, message_id)
    if not wanted.charted:
        return None
    outcome = record.keep(service, actor, patient_id, wanted.charted, action="take_in")
    note(service, patient_id, wanted, outcome.facts, message_id)
    return outcome


def lists(
    service: Service,
    patient_id: str,
    message_id: str,
    *,
    corrected: tuple[Row, Charted] | None = None,
) -> Lists:
    """The lists that are not yet as the infusions on record say.

    `corrected`: an infusion on record, and what is about to replace it or to take it back.
    """
    store = service.store
    # Gather.
    rows = facts.standing_of_kind(store, patient_id, ADMINISTRATION)
    intervals = [
        _interval(row["effective_at"], orjson.loads(row["detail"]))
        for row in rows
        if row["value"] is not None
        and is_running(row)
        and (corrected is None or row["id"] != corrected[0]["id"])
    ]
    if corrected is not None and corrected[1].value is not None:
        detail = corrected[1].detail or {}
        if runs(detail):
            intervals.append(_interval(corrected[1].effective_at, detail))
    known = origins.of_source(store, SOURCE, f"{patient_id}|")
    # Those that came with a record that was joined to this one are not known by its name.
    here = {
        _key(patient_id, row["effective_at"]): {**row, "replaced_by": None}
        for row in facts.standing_of_kind(store, patient_id, KIND)
        if row["sent"] is not None and orjson.loads(row["sent"]).get("rule") == SOURCE
    }

    # Decide.
    wanted = {_key(patient_id, at): (at, at_once(intervals, at)) for at in ends(intervals)}
    charted: list[Charted] = []
    keys: list[str] = []
    for key in sorted({*wanted, *known, *here}):
        fact = _standing(service, patient_id, known.get(key)) or here.get(key)
        change = _change(fact, wanted.get(key), message_id)
        if change is not None:
            charted.append(change)
            keys.append(key)
    return Lists(tuple(charted), tuple(keys), known)


def note(
    service: Service, patient_id: str, wanted: Lists, rows: Sequence[Row], message_id: str
) -> None:
    """Keep which facts the lists became. Only inside `writing`."""
    for key, row in zip(wanted.keys, rows, strict=True):
        known = wanted.known.get(key)
        fact_id = row["id"] if known is None or row["replaces_id"] is None else known["fact_id"]
        origins.put(
            service.store,
            {
                "source": SOURCE,
                "key": key,
                "resource_id": fact_id,
                "patient_id": patient_id,
                "fact_id": fact_id,
                "newest_id": row["id"],
                "state": "final",
                "said_at": None,
                "ordinal": None,
                "digest": "",
                "message_id": message_id,
            },
            None,
        )


def told_by(service: Service, row: Row) -> str:
    """The message that an infusion of a vasopressor came with; empty where it is not known."""
    origin = origins.of_fact(service.store, facts.root(service.store, row))
    return origin["message_id"] if origin is not None else ""


def ends(intervals: Sequence[Interval]) -> list[datetime]:
    """Every instant at which something was begun or ended, in order."""
    found = {each.since for each in intervals}
    return sorted(found | {each.until for each in intervals if each.until is not None})


def at_once(intervals: Sequence[Interval], at: datetime) -> tuple[str, ...]:
    """What runs at an instant; what ends then runs no longer."""
    running = {
        each.drug
        for each in intervals
        if each.since <= at and (each.until is None or at < each.until)
    }
    return tuple(drug for drug in KINDS[KIND].codes if drug in running)


def _interval(since: datetime, detail: Mapping[str, Any]) -> Interval:
    until = detail["runs"]["until"]
    # A correction that was not kept yet has the time itself.
    ended = datetime.fromisoformat(until) if isinstance(until, str) else until
    return Interval(str(detail["medication"]), since, ended)


def _key(patient_id: str, at: datetime) -> str:
    return f"{patient_id}|{at.isoformat()}"


def _standing(service: Service, patient_id: str, known: Row | None) -> Row | None:
    """The list that was charted for an instant, where it stands; a person's word is left alone."""
    if known is None:
        return None
    fact = facts.get(service.store, known["newest_id"])
    gone = fact is None or fact["status"] == RETRACTED or fact["patient_id"] != patient_id
    return None if gone else fact


def _change(
    fact: Row | None, wanted: tuple[datetime, tuple[str, ...]] | None, message_id: str
) -> Charted | None:
    """What is to be charted for an instant, or None where it is well as it is."""
    if fact is not None and fact["replaced_by"] is not None:
        return None
    if wanted is None:
        return None if fact is None else taken_back(fact, WHY)
    at, value = wanted
    if fact is not None and fact["value"] == dump_value(value):
        return None
    new = Charted(
        kind=KIND,
        value=value,
        effective_at=at,
        sent={"value": list(value), "unit": None, "rule": SOURCE, "message": message_id},
    )
    return new if fact is None else record.replacing(new, fact, WHY)


def touched(rows: Sequence[Row]) -> set[str]:
    """The patients of whom infusions of vasopressors are among these facts."""
    return {row["patient_id"] for row in rows if is_running(row)}
