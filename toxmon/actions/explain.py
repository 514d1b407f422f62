"""Why a grade is so: its answer, the facts it rests on, what would change it: one snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from toxmon.actions import Actor, Service, look_up
from toxmon.actions.beginnings import as_known, begun_at
from toxmon.actions.moments import moment_of
from toxmon.grading.nearby import Nearby, nearby
from toxmon.store import EVER, NEVER, Row, assessments, facts

MOST_FACTS = 40


@dataclass(frozen=True, slots=True)
class Explained:
    """One scale at one moment. `grade` is None when nothing of it was ever charted.

    `facts` are those that the answer names, and those that have grown old, by id. `told` is every
    assessment of the scale, in bedside order; `nearby` what would give another answer now.
    """

    head: Row
    treatment: Row | None
    grade: dict[str, Any] | None
    facts: dict[str, Row]
    nearby: tuple[Nearby, ...]
    told: list[Row]


def explain(
    service: Service,
    actor: Actor,
    patient_id: str,
    scale: str,
    as_of: datetime,
    known_at: datetime | None = None,
) -> Explained:
    """Why `scale` stands where it stands at `as_of`, by what was known then. Raises NotFound."""

    def read(heads: list[Row]) -> Explained:
        found = look_up.graded(service, patient_id, heads, as_of, known_at, frozenset({scale}))
        grade = found.grades.get(scale)
        treatment = begun_at(as_known(service, patient_id, heads, known_at)[1], as_of)
        changes: tuple[Nearby, ...] = ()
        if treatment is not None and grade is not None:
            changes = nearby(
                scale, *moment_of(service, patient_id, heads[0], treatment, as_of, known_at)
            )
        told = assessments.history(service.store, patient_id, scale, NEVER, EVER)
        return Explained(
            heads[0], found.treatment, grade, _facts(service, _named(grade)), changes, told
        )

    return look_up.reading(service, actor, patient_id, "read.why", read)


def _named(grade: dict[str, Any] | None) -> Iterable[str]:
    """The ids of the facts that an answer names, each once."""
    if grade is None:
        return ()
    reasons = [fact for reason in grade["because"] for fact in reason["facts"]]
    return dict.fromkeys([*reasons, *(old["fact"] for old in grade["stale"] if old["fact"])])


def _facts(service: Service, named: Iterable[str]) -> dict[str, Row]:
    rows = (facts.get(service.store, fact) for fact in list(named)[:MOST_FACTS])
    return {row["id"]: row for row in rows if row is not None}
