"""Grade a patient's treatments again after new facts, a correction, or time alone.

Which treatment a fact belongs to: the one whose infusion is the last before it. A fact that comes
in bedside order is one step from the saved state. Anything else folds again from the newest
checkpoint before it, and the difference to what is on record is kept as assessments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from toxmon.actions import Service
from toxmon.actions.beginnings import beginnings
from toxmon.actions.changes import plain_change
from toxmon.actions.opened import (
    as_fact,
    belongs,
    brought_to,
    is_baseline,
    opening_state,
    plain_grades,
    treatment_of,
)
from toxmon.assessment import Assessment, Standing, assess, difference
from toxmon.grading.course import (
    GRADED,
    LIVE,
    SCALES,
    Folded,
    fold,
    instants,
    next_change,
)
from toxmon.grading.state import State
from toxmon.saved import (
    MICROSECOND,
    OldForm,
    dump_ledger,
    dump_state,
    keep_at_hand,
    load_state,
)
from toxmon.store import EVER, NEVER, Row, assessments, facts, folds, ids

CHECKPOINT_EVERY = 64
"""Facts between two checkpoints: at most so many are folded twice for a fact that comes late."""

INFUSION = "infusion"


ALWAYS_TOLD = tuple(live.scale for live in LIVE if live.always)
"""Beside the scales that the facts bear on, what a nurse is always answered with."""


@dataclass(slots=True)
class Regraded:
    """The grades of the newest treatment now, what changed, and the rows that were kept."""

    treatment: Row | None = None
    grades: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    replaced: list[Row] = field(default_factory=list)
    """The facts that no longer stand."""
    grades_of: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By treatment, the answers at hand."""
    laid_out: bool = False
    """Infusions have changed, and with them which treatments there are."""

    def took(self, keeping: _Keeping) -> None:
        """With what one treatment came to."""
        self.rows += keeping.rows
        self.changes += keeping.changes
        self.grades_of[keeping.row["treatment_id"]] = keeping.grades


def after_facts(
    service: Service,
    patient_id: str,
    head: Row,
    treatments: list[Row],
    rows: Sequence[Row],
    version: int,
    now: datetime,
) -> Regraded:
    """Grade again after `rows` were added. Only inside `writing`."""
    found = (facts.get(service.store, row["replaces_id"]) for row in rows if row["replaces_id"])
    replaced = [row for row in found if row is not None]
    touched = [*rows, *replaced]
    if any(row["kind"] == INFUSION for row in touched):
        regraded = after_infusions(service, patient_id, head, treatments, rows, version, now)
        regraded.replaced = replaced
        return regraded
    regraded = Regraded(replaced=replaced)
    for treatment in treatments:
        mine = [row for row in touched if belongs(row, treatment) and row["kind"] in GRADED]
        newest = treatment is treatments[-1]
        before = any(is_baseline(row, treatment) for row in touched)
        if mine or newest or before:
            keeping = _Keeping(service, patient_id, head, treatment, version, now)
            if before:
                keeping.from_nothing(tuple(row["id"] for row in touched))
            else:
                keeping.regrade(mine, in_order=not replaced)
            regraded.took(keeping)
            if newest:
                regraded.treatment, regraded.grades = treatment, keeping.grades
    return regraded


def after_infusions(
    service: Service,
    patient_id: str,
    head: Row,
    treatments: list[Row],
    rows: Sequence[Row],
    version: int,
    now: datetime,
) -> Regraded:
    """An infusion was charted, corrected or taken back: lay out the treatments and fold anew."""
    store = service.store
    infusions = facts.standing_of_kind(store, patient_id, INFUSION)
    folds.forget(store, patient_id)
    regraded = Regraded(laid_out=True)
    laid_out: list[Row] = []
    begins = beginnings(service, infusions)
    for infusion, following in zip(begins, [*begins[1:], None], strict=False):
        detail = orjson.loads(infusion["detail"])
        laid_out.append(
            {
                "treatment_id": facts.root(store, infusion),
                "infused_at": infusion["effective_at"],
                "next_at": following["effective_at"] if following else None,
                "product": detail["product"],
                "product_edition": detail["product_edition"],
                "policy_edition": detail["policy_edition"],
                "state": None,
                "facts": 0,
                "ledger": None,
                "due_at": None,
            }
        )
    cause = tuple(row["id"] for row in rows)
    kept = {treatment["treatment_id"] for treatment in laid_out}
    for gone in (each for each in treatments if each["treatment_id"] not in kept):
        keeping = _Keeping(service, patient_id, head, gone, version, now)
        keeping.withdraw_all(cause)
        regraded.took(keeping)
    for treatment in laid_out:
        keeping = _Keeping(service, patient_id, head, treatment, version, now)
        keeping.from_nothing(cause)
        regraded.took(keeping)
        regraded.treatment, regraded.grades = treatment, keeping.grades
    newest = laid_out[-1]["treatment_id"] if laid_out else None
    folds.newest(store, patient_id, newest)
    return regraded


def let_time_pass(
    service: Service,
    patient_id: str,
    head: Row,
    treatments: list[Row],
    version: int,
    now: datetime,
) -> Regraded:
    """Keep what time alone has changed by `now`. Only inside `writing`."""
    regraded = Regraded()
    for treatment in treatments:
        keeping = _Keeping(service, patient_id, head, treatment, version, now)
        keeping.lapse()
        regraded.took(keeping)
        regraded.treatment, regraded.grades = treatment, keeping.grades
    return regraded


class _Keeping:
    """Regrades one treatment and keeps what changed."""

    def __init__(
        self,
        service: Service,
        patient_id: str,
        head: Row,
        row: Row,
        version: int,
        now: datetime,
    ) -> None:
        self.service = service
        self.store = service.store
        self.patient_id = patient_id
        self.row = row
        self.version = version
        self.now = now
        self.treatment = treatment_of(head, row, service.zone)
        self.policy = service.policy(row["policy_edition"])
        self.rows: list[Row] = []
        self.changes: list[dict[str, Any]] = []
        self.grades: dict[str, dict[str, Any]] = {}
        self.state = State()
        """The one that was saved last."""

    def lapse(self) -> None:
        """Keep what time alone has changed by now."""
        try:
            state = load_state(self.row["state"], self.row["ledger"])
        except OldForm:
            self.from_nothing(())
            state = self.state
        folded = fold(state, [], self._until(self.now), self.treatment, self.policy)
        self._keep([assess(step) for step in folded.steps])
        self._save(folded, self.row["facts"], state)

    def regrade(self, touched: Sequence[Row], *, in_order: bool) -> None:
        """After the facts `touched`; `in_order` when all of them are new."""
        try:
            state = load_state(self.row["state"], self.row["ledger"])
        except OldForm:
            self.from_nothing(tuple(row["id"] for row in touched))
            return
        counting = [
            row for row in touched if row["status"] in facts.GRADED and row["value"] is not None
        ]
        first = min((row["effective_at"] for row in touched), default=None)
        if first is None or (in_order and (not counting or state.at is None or first > state.at)):
            self._step(state, counting)
        else:
            self._again(first, tuple(row["id"] for row in touched))

    def from_nothing(self, cause: tuple[str, ...]) -> None:
        """Fold every fact that stands."""
        folds.drop_checkpoints_from(self.store, self.row["treatment_id"], NEVER)
        state = opening_state(self.service, self.patient_id, self.treatment, self.policy)
        self._fold_again(state, self.treatment.infused_at, None, cause)

    def withdraw_all(self, cause: tuple[str, ...]) -> None:
        """The treatment itself no longer stands."""
        standing = self._standing(None)
        self._keep(difference(standing, [], cause))

    def _step(self, state: State, counting: Sequence[Row]) -> None:
        new = [as_fact(row) for row in counting]
        # Time after the newest fact is left to the sweep: a record that is typed in afterwards
        # would otherwise be told, and taken back, at every entry.
        until = max((fact.effective_at for fact in new), default=state.at or self.now)
        folded = fold(state, new, until, self.treatment, self.policy)
        saved = self.row["facts"] + len(new)
        if saved >= CHECKPOINT_EVERY and state.at is not None:
            folds.add_checkpoint(
                self.store,
                self.row["treatment_id"],
                state.at,
                self.row["state"],
                self.row["ledger"],
            )
            saved = len(new)
        self._keep([assess(step) for step in folded.steps])
        self._save(folded, saved, state)

    def _again(self, first: datetime, cause: tuple[str, ...]) -> None:
        treatment_id = self.row["treatment_id"]
        checkpoint = folds.checkpoint_before(self.store, treatment_id, first)
        folds.drop_checkpoints_from(self.store, treatment_id, first)
        state = None
        if checkpoint is not None:
            try:
                state = load_state(checkpoint["state"], checkpoint["ledger"])
            except OldForm:
                checkpoint = None
        if state is None:
            state = opening_state(self.service, self.patient_id, self.treatment, self.policy)
        after = checkpoint["at"] if checkpoint is not None else None
        start = after if after is not None else self.treatment.infused_at
        self._fold_again(state, start, after, cause)

    def _fold_again(
        self, state: State, start: datetime, after: datetime | None, cause: tuple[str, ...]
    ) -> None:
        """Fold from a state that holds every fact up to and at `after`."""
        rows = facts.graded(self.store, self.patient_id, start, self.row["next_at"] or EVER)
        standing = self._standing(after)
        folded = Folded(state)
        steps, since = [], 0
        for at, together in instants(
            as_fact(row)
            for row in rows
            if row["kind"] in GRADED and (after is None or row["effective_at"] > after)
        ):
            if since >= CHECKPOINT_EVERY and folded.state.at is not None:
                # Time is let pass up to this instant first, so that no lapse is lost between.
                folds.add_checkpoint(
                    self.store,
                    self.row["treatment_id"],
                    folded.state.at,
                    dump_state(folded.state),
                    dump_ledger(folded.state.ledger),
                )
                since = 0
            folded = fold(folded.state, together, at, self.treatment, self.policy)
            steps += folded.steps
            since += len(together)
        # What was told while this treatment was the last one may lie in the next one by now.
        told_until = self._until(max((each.at for each in standing), default=start))
        last = fold(folded.state, [], told_until, self.treatment, self.policy)
        steps += last.steps
        kept = difference(standing, steps, cause)
        last.asked.update(each.scale for each in kept)
        self._keep(kept)
        self._save(last, since, None)

    def _until(self, at: datetime) -> datetime:
        """Time passes for a treatment until the next one begins."""
        next_at = self.row["next_at"]
        return at if next_at is None or at < next_at else next_at - MICROSECOND

    def _standing(self, after: datetime | None) -> list[Standing]:
        rows = assessments.standing(self.store, self.row["treatment_id"], after or NEVER)
        return [
            Standing(
                row["effective_at"],
                row["scale"],
                row["edition"],
                row["low"],
                row["high"],
                row["short"],
                row["body"],
            )
            for row in rows
        ]

    def _keep(self, kept: Sequence[Assessment]) -> None:
        rows: list[Row] = [
            {
                "id": ids.new_id(self.now),
                "patient_id": self.patient_id,
                "version": self.version,
                "treatment_id": self.row["treatment_id"],
                "scale": assessment.scale,
                "edition": assessment.edition,
                "effective_at": assessment.at,
                "recorded_at": self.now,
                "withdrawn": int(assessment.withdrawn),
                "low": assessment.low,
                "high": assessment.high,
                "short": assessment.short,
                "body": orjson.dumps(assessment.body).decode(),
                "cause": orjson.dumps(assessment.cause).decode(),
            }
            for assessment in kept
        ]
        self.rows += rows
        self.changes += [plain_change(row) for row in rows]
        assessments.add(self.store, rows)

    def _save(self, folded: Folded, saved: int, before: State | None) -> None:
        """Save the state; `before` is the one that the row holds, None when it is rewritten."""
        due_at = next_change(folded.state, self.treatment, self.policy)
        if due_at is not None and due_at > self._until(due_at):
            due_at = None
        treatment_id, state = self.row["treatment_id"], dump_state(folded.state)
        ledger = self.row["ledger"]
        if before is None or folded.state.ledger is not before.ledger:
            ledger = dump_ledger(folded.state.ledger, None if before is None else before.ledger)
        if self.row["state"] is not None:
            folds.advance(self.store, treatment_id, state, saved, due_at, of=self.patient_id)
            if ledger is not self.row["ledger"]:
                folds.advance_ledger(self.store, treatment_id, ledger, of=self.patient_id)
        else:
            folds.put(
                self.store,
                {
                    "treatment_id": treatment_id,
                    "patient_id": self.patient_id,
                    "infused_at": self.row["infused_at"],
                    "next_at": self.row["next_at"],
                    "product": self.row["product"],
                    "product_edition": self.row["product_edition"],
                    "policy_edition": self.row["policy_edition"],
                    "state": state,
                    "ledger": ledger,
                    "facts": saved,
                    "due_at": due_at,
                },
            )
        keep_at_hand(folded.state, state, ledger)
        self.state = folded.state
        self.row = {**self.row, "state": state, "ledger": ledger, "facts": saved}
        state_now, asked = brought_to(
            folded, self._until(self.now), self.treatment, self.policy, ALWAYS_TOLD
        )
        told = asked.union(ALWAYS_TOLD)
        self.grades = plain_grades(state_now, (name for name in SCALES if name in told))
