"""The course of a patient over a stretch of time, as a picture and a table of it need it.

Everything is read in one snapshot, so that the grade in a label, the segments beside it and the
readings under them are of one version of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from toxmon.actions import Actor, Service, ahead, look_up
from toxmon.actions.ahead import Ahead
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION
from toxmon.store import Row, assessments, facts, patients

SCALES = ("crs", "icans", "icaht_early", "icaht_late", "iec_hs")
"""What is drawn over time, from top to bottom."""
BEFORE = timedelta(hours=50)
"""How long before a stretch of time a line may come from."""
TWO = 2


@dataclass(frozen=True, slots=True)
class Course:
    """What was read. `levels` are the grades that stand, by scale; `said` their answers by id.

    `facts` are those of the stretch and a little before; `doses` and `attributed` are all there
    are; `newest` the last two of each kind, with how many there are.
    """

    patient: Row
    heads: Sequence[Row]
    now: datetime
    from_at: datetime
    to_at: datetime
    treatments: Sequence[Ahead]
    grades: dict[str, dict[str, Any]]
    levels: Sequence[Row]
    said: dict[str, Row]
    facts: Sequence[Row]
    doses: Sequence[Row]
    attributed: Sequence[Row]
    newest: Sequence[Row]

    @property
    def treatment(self) -> Ahead | None:
        """The newest treatment; None before any infusion."""
        return self.treatments[-1] if self.treatments else None


Stretch = Callable[[datetime, datetime | None, datetime | None], tuple[datetime, datetime]]
"""From now, the newest infusion and the first fact to the stretch that somebody asks for."""


def course(
    service: Service,
    actor: Actor,
    patient_id: str,
    stretch: Stretch,
    *,
    action: str = "read.timeline",
) -> Course:
    """The course in a stretch of time. Raises NotFound for a patient out of reach."""
    now = service.clock()

    def read(heads: list[Row]) -> Course:
        return gathered(service, patient_id, heads, now, stretch)

    return look_up.reading(service, actor, patient_id, action, read)


def gathered(
    service: Service, patient_id: str, heads: list[Row], now: datetime, stretch: Stretch
) -> Course:
    """The same inside `reading`, by the heads of the record."""
    store = service.store
    patient = patients.get(store, patient_id)
    assert patient is not None, "a record has a patient"
    treatments = ahead.of_heads(service, patient_id, heads, now)
    infused_at = treatments[-1].treatment["infused_at"] if treatments else None
    first_at = facts.first_at(store, patient_id)
    from_at, to_at = stretch(now, infused_at, first_at)
    rows = facts.course(store, patient_id, from_at - BEFORE, to_at)
    # Where every fact was read already, the last of each kind are among them.
    whole = first_at is not None and from_at <= first_at and to_at >= now
    newest = _last(rows, now) if whole else facts.last_of_kinds(store, patient_id, now, TWO)
    levels = assessments.levels(store, patient_id, SCALES)
    graded = look_up.graded(service, patient_id, heads, now, scales=frozenset(SCALES))
    return Course(
        patient=patient,
        heads=heads,
        now=now,
        from_at=from_at,
        to_at=to_at,
        treatments=treatments,
        grades=graded.grades,
        levels=levels,
        said=_answers(service, levels, from_at, to_at),
        facts=rows,
        doses=facts.standing_of_kind(store, patient_id, ADMINISTRATION),
        attributed=facts.standing_of_kind(store, patient_id, ATTRIBUTION),
        newest=newest,
    )


def changes(levels: Sequence[Row]) -> dict[str, list[Row]]:
    """By scale, the grades at which it changed: those that only say other words are joined."""
    found: dict[str, list[Row]] = {}
    for row in levels:
        before = found.setdefault(row["scale"], [])
        stood = before[-1] if before else None
        if stood is None or (row["treatment_id"], row["low"], row["high"]) != (
            stood["treatment_id"],
            stood["low"],
            stood["high"],
        ):
            before.append(row)
    return found


def _last(rows: Sequence[Row], now: datetime) -> list[Row]:
    """What `facts.last_of_kinds` reads, of a whole record."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        stands = row["replaced_by"] is None and row["status"] in facts.GRADED
        if stands and row["effective_at"] <= now:
            found.setdefault(row["kind"], []).append(row)
    return [
        {**row, "counted": len(found[kind])}
        for kind in sorted(found)
        for row in reversed(found[kind][-TWO:])
    ]


def _answers(
    service: Service, levels: Sequence[Row], from_at: datetime, to_at: datetime
) -> dict[str, Row]:
    """The answers of the grades in view, and of the one that each scale begins with."""
    asked = []
    for rows in changes(levels).values():
        inside = [row for row in rows if from_at <= row["effective_at"] <= to_at]
        began = [row for row in rows if row["effective_at"] < from_at][-1:]
        asked += [row["id"] for row in (*began, *inside)]
    rows = assessments.named(service.store, asked)
    return {row["id"]: {**row, "body": orjson.loads(row["body"])} for row in rows}
