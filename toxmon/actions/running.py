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
from toxmon.actions.record import RETRACTED, Charted
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
    detail = orjson.loads(row["detail"])
    return "runs" in detail and detail["medication"] in DRUGS


def follow(service: Service, actor: Actor, patient_id: str, message_id: str) -> bool:
    """Chart which vasopressors ran when. Has an alarm changed? Only inside `writing`."""
    store = service.store
    # Gather.
    rows = facts.standing_of_kind(store, patient_id, ADMINISTRATION)
    intervals = [_interval(row) for row in rows if row["value"] is not None and is_running(row)]
    charted_before = origins.of_source(store, SOURCE, f"{patient_id}|")

    # Decide.
    instants = ends(intervals)
    wanted = {f"{patient_id}|{at.isoformat()}": (at, at_once(intervals, at)) for at in instants}
    charted: list[Charted] = []
    keys: list[str] = []
    for key in sorted(wanted.keys() | charted_before.keys()):
        fact = _standing(service, charted_before.get(key))
        change = _change(fact, wanted.get(key), message_id)
        if change is not None:
            charted.append(change)
            keys.append(key)
    if not charted:
        return False

    # Keep.
    outcome = record.keep(service, actor, patient_id, charted, action="take_in")
    for key, row in zip(keys, outcome.facts, strict=True):
        known = charted_before.get(key)
        first = row["replaces_id"] is None or known is None
        fact_id = row["id"] if first else known["fact_id"]  # type: ignore[index]
        origins.put(
            store,
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
    return bool(outcome.alarms)


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


def _interval(row: Row) -> Interval:
    detail: Mapping[str, Any] = orjson.loads(row["detail"])
    until = detail["runs"]["until"]
    ended = datetime.fromisoformat(until) if until is not None else None
    return Interval(str(detail["medication"]), row["effective_at"], ended)


def _standing(service: Service, known: Row | None) -> Row | None:
    """The list that was charted for an instant, where it stands; a person's word is left alone."""
    if known is None:
        return None
    fact = facts.get(service.store, known["newest_id"])
    return fact if fact is not None and fact["status"] != RETRACTED else None


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
