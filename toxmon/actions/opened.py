"""A treatment as the rules know it, from its rows: at its infusion, and at any time after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from toxmon.actions import Service
from toxmon.assessment import answer
from toxmon.grading.chart import ATTRIBUTION
from toxmon.grading.course import Folded, fold, look, next_change, opening
from toxmon.grading.facts import Fact
from toxmon.grading.ledger import BASELINE_SPAN, BASELINES
from toxmon.grading.policy import Policy
from toxmon.grading.state import State
from toxmon.grading.treatment import Treatment
from toxmon.saved import MICROSECOND, load_value
from toxmon.store import EVER, Row, facts

ATTRIBUTED_SPAN = timedelta(days=365)
"""How long before the infusion an attribution may begin that still holds after it."""


def treatment_of(head: Row, row: Row, zone: Any) -> Treatment:
    """A treatment as the rules know it."""
    born = date.fromisoformat(head["birth_date"]) if head["birth_date"] else None
    ended_at = row["next_at"] - MICROSECOND if row["next_at"] is not None else None
    return Treatment(row["infused_at"], born, zone, ended_at)


def as_fact(row: Row) -> Fact:
    """A stored fact as the rules know it."""
    value, sent = load_value(row["value"]), row["sent"]
    normal = None
    if sent is not None and ('"low":' in sent or '"high":' in sent):
        normal = _own_range(sent)
    return Fact(row["id"], row["kind"], value, row["effective_at"], row["until_at"], normal)


def _own_range(sent: str) -> tuple[Decimal | None, Decimal | None]:
    plain = orjson.loads(sent)
    low, high = (None if plain.get(end) is None else Decimal(plain[end]) for end in ("low", "high"))
    return low, high


def opening_state(
    service: Service,
    patient_id: str,
    treatment: Treatment,
    policy: Policy,
    known_at: datetime = EVER,
) -> State:
    """The state of a treatment at its infusion, from what was charted before it."""
    until = treatment.infused_at + MICROSECOND
    spans = ((sorted(BASELINES), BASELINE_SPAN), ([ATTRIBUTION], ATTRIBUTED_SPAN))
    rows = [
        row
        for kinds, span in spans
        for row in facts.measured(
            service.store, patient_id, kinds, treatment.infused_at - span, until, known_at
        )
    ]
    return opening((as_fact(row) for row in rows), treatment, policy)


def brought_to(
    folded: Folded,
    at: datetime,
    treatment: Treatment,
    policy: Policy,
    scales: Iterable[str] | None = None,
) -> tuple[State, set[str]]:
    """The state at `at` with its answers, and the scales that facts or time have moved.

    The answers of `scales` and of what moved are at hand; with None those of every scale.
    """
    state, asked = folded.state, set(folded.asked)
    if state.at is None:
        state, _ = look(state, max(at, treatment.infused_at), False, treatment, policy)
    elif (due := next_change(state, treatment, policy)) is not None and due <= at:
        later = fold(state, [], at, treatment, policy)
        state, asked = later.state, asked | later.asked
    if state.at is not None and (scales is None or not {*scales, *asked} <= state.grades.keys()):
        state, _ = look(state, state.at, False, treatment, policy)
    return state, asked


def plain_grades(state: State, scales: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The answers of those scales that have one, as they are sent."""
    return {
        scale: answer(state.grades[scale], state.episode(scale))
        for scale in scales
        if scale in state.grades
    }


def is_baseline(row: Row, treatment: Row) -> bool:
    """Does a fact from before the infusion move what the treatment's grades are held against?"""
    at, infused_at = row["effective_at"], treatment["infused_at"]
    if row["kind"] == ATTRIBUTION:
        return bool(infused_at - ATTRIBUTED_SPAN <= at < infused_at)
    return bool(row["kind"] in BASELINES and infused_at - BASELINE_SPAN <= at < infused_at)


def belongs(row: Row, treatment: Row) -> bool:
    """Does a fact belong to a treatment? To the one whose infusion is the last before it."""
    at = row["effective_at"]
    next_at = treatment["next_at"]
    return bool(treatment["infused_at"] <= at and (next_at is None or at < next_at))
