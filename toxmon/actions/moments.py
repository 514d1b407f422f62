"""A treatment at one moment: its state with every answer, brought there from what was saved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from toxmon.actions import Service
from toxmon.actions.opened import as_fact, brought_to, opening_state, treatment_of
from toxmon.grading.course import GRADED, Folded, fold
from toxmon.grading.facts import Fact
from toxmon.grading.moment import Moment
from toxmon.grading.state import State
from toxmon.saved import MICROSECOND, OldForm, load_state
from toxmon.store import EVER, Row, facts, folds


def moment_of(
    service: Service,
    patient_id: str,
    head: Row,
    row: Row,
    as_of: datetime,
    known_at: datetime | None = None,
    also: Sequence[Fact] = (),
) -> tuple[State, Moment]:
    """A treatment's state at `as_of` with every answer, and what a scale is shown of that moment.

    `also`: facts that are not on record, as if they were. Only inside `reading`.
    """
    treatment = treatment_of(head, row, service.zone)
    policy = service.policy(row["policy_edition"])
    if treatment.ended_at is not None:
        as_of = min(as_of, treatment.ended_at)
    # What is folded beside the record must not lie before the state that it is folded into.
    saved = min((as_of, *(fact.effective_at - MICROSECOND for fact in also)))
    state = _saved_state(service, row, saved) if known_at is None else None
    if state is None:
        state = opening_state(service, patient_id, treatment, policy, known_at or EVER)
    start = state.at or row["infused_at"]
    standing = facts.graded(service.store, patient_id, start, as_of + MICROSECOND, known_at or EVER)
    new = [
        as_fact(each)
        for each in standing
        if each["kind"] in GRADED and (state.at is None or each["effective_at"] > state.at)
    ]
    new += [fact for fact in also if start <= fact.effective_at <= as_of]
    # Folded up to the last fact only; `brought_to` lets the time pass from there.
    until = max((fact.effective_at for fact in new), default=state.at or as_of)
    folded = fold(state, new, until, treatment, policy) if new else Folded(state)
    state, _ = brought_to(folded, as_of, treatment, policy)
    moment = Moment(max(as_of, state.at or as_of), state.chart, treatment, policy, state.ledger)
    return state, moment


def _saved_state(service: Service, row: Row, as_of: datetime) -> State | None:
    """The newest saved state that is not after `as_of`; None when there is none."""
    try:
        state = load_state(row["state"], row["ledger"])
        if state.at is None or state.at <= as_of:
            return state
        checkpoint = folds.checkpoint_before(
            service.store, row["treatment_id"], as_of + MICROSECOND
        )
        return load_state(checkpoint["state"], checkpoint["ledger"]) if checkpoint else None
    except OldForm:
        return None
