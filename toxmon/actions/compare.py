"""The grades that clinicians have charted, beside those that the facts give at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from toxmon.actions import Actor, Service, look_up
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import as_fact
from toxmon.grading import derived
from toxmon.grading.chart import SIGNS
from toxmon.grading.clinical_kinds import CHARTED_SCALES
from toxmon.grading.concordance import ChartedGrade, Concordance, compare
from toxmon.grading.grade import Grade
from toxmon.grading.moment import Moment
from toxmon.grading.state import State
from toxmon.store import EVER, Row, facts

CHARTED_AS = {f"{scale}_grade_charted": scale for scale in CHARTED_SCALES}


@dataclass(frozen=True, slots=True)
class Compared:
    """Every charted grade of a patient with the derived one, in bedside order."""

    version: int
    items: tuple[Concordance, ...]


def concordance(
    service: Service,
    actor: Actor,
    patient_id: str,
    scale: str | None,
    from_at: datetime,
    to_at: datetime,
) -> Compared:
    """Compare what was charted from `from_at` to `to_at`, of one scale or of all.

    A grade that was charted before any infusion has nothing to be compared with and is left out.
    """
    kinds = [kind for kind, name in CHARTED_AS.items() if scale in (None, name)]

    def read(heads: list[Row]) -> Compared:
        rows = facts.measured(service.store, patient_id, kinds, from_at, to_at, EVER)
        found = []
        for row in rows:
            treatment = _treatment(heads, row["effective_at"])
            if treatment is not None:
                state, moment = moment_of(
                    service, patient_id, heads[0], treatment, row["effective_at"]
                )
                found.append(_compared(row, state, moment))
        return Compared(heads[0]["version"], tuple(found))

    return look_up.reading(service, actor, patient_id, "read.concordance", read)


def _compared(row: Row, state: State, moment: Moment) -> Concordance:
    fact = as_fact(row)
    assert isinstance(fact.value, Decimal)
    charted = ChartedGrade(CHARTED_AS[fact.kind], int(fact.value), fact.effective_at, fact.id)
    grades: dict[str, Any] = {**state.grades, **derived.grades(state, moment)}
    attributed = {
        sign: cause.id
        for sign in SIGNS
        if (cause := moment.chart.other_cause(sign, moment.at)) is not None
    }
    own = grades[charted.scale]
    others = {
        name: grade
        for name, grade in grades.items()
        if isinstance(grade, Grade) and name != charted.scale
    }
    return compare(charted, own, attributed, others)


def _treatment(heads: list[Row], at: datetime) -> Row | None:
    begun = [row for row in heads if row["treatment_id"] is not None and row["infused_at"] <= at]
    return begun[-1] if begun else None
