"""Matters of the record itself: a value that waits for a person, a day 0 that was moved.

And what was done to the facts that an alarm rests on, in the words in which it is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson

from toxmon.actions import Service
from toxmon.protocol import Alarms
from toxmon.saved import load_value
from toxmon.store import Row, facts
from toxmon.timeline.matter import Matter

QUARANTINE = "record:quarantine"
DAY_ZERO = "record:infusion"
SOURCE = "toxmon policy"


def corrections(replaced: Iterable[Row], rows: Iterable[Row]) -> dict[str, str]:
    """By the id of a fact that no longer stands, what was done to it and by whom."""
    newer = {row["replaces_id"]: row for row in rows if row["replaces_id"]}
    words = {}
    for old in replaced:
        new = newer[old["id"]]
        done = f"was taken back by {new['recorded_by']}"
        if old["value"] is None:
            done = f"stands again, by {new['recorded_by']}"
        elif new["value"] is not None:
            before, after = _shown(old), _shown(new)
            done = f"was corrected by {new['recorded_by']} from {before} to {after}"
        words[old["id"]] = f"the value it rested on ({old['kind']}) {done}: {new['reason']}"
    return words


def observe(
    service: Service,
    patient_id: str,
    rows: Sequence[Row],
    replaced: Sequence[Row],
    policy: Alarms,
    now: datetime,
) -> list[list[Matter]]:
    """The matters that these facts bear on, as they are one after the other."""
    steps: list[list[Matter]] = []
    touched = [*rows, *replaced]
    if any(row["status"] == "quarantined" for row in touched):
        waiting = facts.quarantined(service.store, patient_id)
        doubts = ", ".join(dict.fromkeys(row["doubt"] for row in rows if row["doubt"]))
        says = f"{waiting} charted values wait to be confirmed or corrected; they grade nothing"
        if waiting == 1:
            says = "a charted value waits to be confirmed or corrected; it grades nothing"
        if doubts:
            says += f" ({doubts})"
        ids = tuple(row["id"] for row in rows if row["status"] == "quarantined")
        steps.append([_matter(QUARANTINE, int(waiting > 0), says, ids, policy, now)])
    moved = [row for row in replaced if row["kind"] == "infusion"]
    if moved:
        words = "; ".join(corrections(moved, rows).values())
        says = f"day 0 has changed, and with it every window and every check: {words}"
        ids = tuple(row["id"] for row in rows if row["kind"] == "infusion")
        # It is told once and stays until somebody has seen it.
        steps.append([_matter(DAY_ZERO, 1, says, ids, policy, now)])
        steps.append([_matter(DAY_ZERO, 0, says, ids, policy, now)])
    return steps


TITLES = {QUARANTINE: "A value waits for a person", DAY_ZERO: "The infusion was corrected"}


def _matter(
    rule: str, level: int, says: str, ids: tuple[str, ...], policy: Alarms, now: datetime
) -> Matter:
    known = policy.matter(rule)
    return Matter(
        key=rule,
        rule=rule,
        level=level,
        at=now,
        priority=known.of(level) if known is not None else "medium",
        title=TITLES[rule],
        says=says,
        source=SOURCE,
        facts=ids,
    )


def _shown(row: Row) -> str:
    value = load_value(row["value"])
    if row["kind"] == "administration":
        detail = orjson.loads(row["detail"]) if row["detail"] else {}
        dose = detail.get("dose")
        much = f" {dose['value']} {dose['unit']}" if dose else ""
        return f"{value}{much} at {row['effective_at'].isoformat()}"
    if row["kind"] == "infusion":
        return f"{value} at {row['effective_at'].isoformat()}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
