"""Events: each change of a record, told in the order of commits to whoever asks or subscribes.

They are kept in the transaction of their cause, and say which record changed and how; never a
value, a name or a number of the record. Each version of a patient has at least one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from toxmon.actions import Service, outbox
from toxmon.actions.event_types import (
    CHANGED,
    GRADED,
    NOUNS,
    PERMISSION,
    PERMITTED,
    VERBS,
    WATCHED,
)
from toxmon.store import Row, events, ids
from toxmon.timeline.matter import LOW

if TYPE_CHECKING:
    from toxmon.actions.watch import Watch

RETRACTED = "entered-in-error"
MOST_IDS = 100
"""Ids in one event; of more it says how many there are, and the record has them."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event before it has its number. `id`: that of the record that tells of it, if any."""

    type: str
    at: datetime
    body: Mapping[str, Any]
    id: str | None = None


def of_facts(rows: Sequence[Row]) -> list[Happened]:
    """What charting these facts is told as: one event for each type."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(_type(row), []).append(row)
    found = []
    for type_, mine in grouped.items():
        body: dict[str, Any] = {
            "facts": [row["id"] for row in mine[:MOST_IDS]],
            "count": len(mine),
            "kinds": sorted({row["kind"] for row in mine}),
        }
        replaced = [row["replaces_id"] for row in mine if row["replaces_id"]]
        if replaced:
            body["replaces"] = replaced[:MOST_IDS]
        found.append(Happened(type_, max(row["effective_at"] for row in mine), body))
    return found


def of_grades(rows: Sequence[Row]) -> list[Happened]:
    """What was graded anew: one event for each scale, of the latest instant that changed."""
    latest: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row["treatment_id"], row["scale"])
        if key not in latest or row["effective_at"] >= latest[key]["effective_at"]:
            latest[key] = row
    names = ("treatment_id", "scale", "low", "high")
    return [
        Happened(
            GRADED,
            row["effective_at"],
            {
                **{name: row[name] for name in names},
                "assessment": row["id"],
                "withdrawn": bool(row["withdrawn"]),
            },
        )
        for row in latest.values()
    ]


def of_watch(rows: Iterable[Row]) -> list[Happened]:
    """What was missed, and which windows were crossed."""
    return [
        Happened(
            WATCHED[row["kind"]],
            row["at"],
            {"treatment_id": row["treatment_id"], "what": row["what"]},
        )
        for row in rows
    ]


def tell(watch: Watch, facts: Sequence[Row], grades: Sequence[Row]) -> None:
    """Let the version that these facts and grades made be told, with what the watch added."""
    register = watch.register
    keep(
        watch.service,
        [*of_facts(facts), *of_watch(watch.occurred), *of_grades(grades), *register.happened],
        watch.now,
        patient_id=watch.patient_id,
        unit=watch.head["unit"],
        version=watch.version,
        bed=register.bed,
    )


def keep(
    service: Service,
    happened: Sequence[Happened],
    now: datetime,
    *,
    patient_id: str | None,
    unit: str | None,
    version: int | None,
    bed: str | None = None,
) -> None:
    """Keep what happened, and let those be told who ask for it. Only inside `writing`.

    Messages about alarms are made where it is known whom they come to (`actions.telling`).
    """
    if not happened and patient_id is not None:
        happened = [Happened(CHANGED, now, {})]
    if not happened:
        return
    fresh = iter(ids.new_ids(now, sum(each.id is None for each in happened)))
    rows: list[Row] = [
        {
            "id": each.id or next(fresh),
            "patient_id": patient_id,
            "unit": unit,
            "version": version,
            "n": n,
            "type": each.type,
            "at": each.at,
            "recorded_at": now,
            "body": orjson.dumps(each.body).decode(),
        }
        for n, each in enumerate(happened, 1)
    ]
    events.add(service.store, rows)
    outgoing = []
    for row, each in zip(rows, happened, strict=True):
        if not each.type.startswith("alarm."):
            told = {
                "event": each.type, "at": each.at, "unit": unit, "bed": bed,
                "patient_id": patient_id, "version": version, "n": row["n"], "of": each.body,
            }  # fmt: skip
            outgoing += [
                outbox.message(
                    now, row, (to.name, to.name), told,
                    priority=LOW, strand=patient_id, turn=version,
                )
                for to in outbox.listeners(service, each.type, unit)
            ]  # fmt: skip
    outbox.keep(service, outgoing)


def _type(row: Row) -> str:
    if row["kind"] == PERMISSION:
        return PERMITTED
    verb = VERBS[0]
    if row["status"] == RETRACTED:
        verb = VERBS[2]
    elif row["replaces_id"] is not None:
        verb = VERBS[1]
    return f"{NOUNS.get(row['kind'], 'facts')}.{verb}"
