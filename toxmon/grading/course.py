"""The course of a treatment: every scale folded over the facts in bedside order.

A fold is a pure step, `state + the facts of an instant -> state`, so the state after the newest
fact may be kept and a fact that comes in order costs the same on day 1 and on day 300. Between
facts only time passes: findings grow old, attributions end, episodes close. Those instants are
steps too, with no fact as their cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from toxmon.grading import crs, crs_course, icans, icans_course
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, DEATH, Chart
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Fact
from toxmon.grading.grade import Grade
from toxmon.grading.medications import masks_fever
from toxmon.grading.policy import Policy

SCALES = {crs.SCALE: crs, icans.SCALE: icans}
MOVES_CRS = frozenset({*crs_course.KINDS, ADMINISTRATION, ATTRIBUTION, DEATH})
MOVES_ICANS = frozenset({*icans_course.KINDS, ATTRIBUTION, DEATH})
GRADED = MOVES_CRS | MOVES_ICANS
"""Kinds of fact that can move a grade; all others leave the fold alone."""
LAPSED = "lapsed"
"""The cause of a step that no fact made: something grew old, ended or was over."""

bedside_time = attrgetter("effective_at")


@dataclass(frozen=True, slots=True)
class Treatment:
    """What the rules know of a patient and an infusion. `born` None is an unknown age."""

    infused_at: datetime
    born: date | None
    zone: tzinfo

    def age_years(self, at: datetime) -> Decimal | None:
        """Completed years of age on the site's date of `at`."""
        if self.born is None:
            return None
        today = at.astimezone(self.zone).date()
        before_birthday = (today.month, today.day) < (self.born.month, self.born.day)
        return Decimal(today.year - self.born.year - before_birthday)


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the next fact needs; `said` is what each scale last answered, in short.

    All of it but `grades` is kept with the treatment; those are graded again when they are missing.
    """

    at: datetime | None = None
    chart: Chart = field(default_factory=Chart)
    crs: crs_course.State = field(default_factory=crs_course.State)
    icans: icans_course.State = field(default_factory=icans_course.State)
    said: dict[str, str] = field(default_factory=dict)
    grades: dict[str, Grade] = field(default_factory=dict, compare=False)
    """The answers at `at`, where they are at hand: they hold until a fact or a lapse moves them."""

    def episode(self, scale: str) -> Episode | None:
        """The current or last episode of a scale."""
        states: dict[str, crs_course.State | icans_course.State] = {
            crs.SCALE: self.crs,
            icans.SCALE: self.icans,
        }
        return states[scale].episode


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on, `scale` answers `grade`; `cause` are the facts that made it so."""

    at: datetime
    scale: str
    grade: Grade
    episode: Episode | None
    cause: tuple[str, ...]


@dataclass(slots=True)
class Folded:
    """What a fold came to: the state, every change on the way, the answers at its last instant."""

    state: State
    steps: list[Step]
    grades: dict[str, Grade]


def look(
    state: State,
    at: datetime,
    drug: bool,
    treatment: Treatment,
    policy: Policy,
    touched: frozenset[str] | None = None,
) -> tuple[State, dict[str, Grade]]:
    """The answer of every scale at `at`, and the state with its episodes moved on.

    `touched`: the kinds of the facts of this instant, when they are all that has changed since the
    state's own instant; a scale that asks for none of them answers as it did.
    """
    age = treatment.age_years(at)
    crs_state, icans_state, grades = state.crs, state.icans, dict(state.grades)
    if touched is None or crs.SCALE not in grades or not touched.isdisjoint(MOVES_CRS):
        crs_state, grades[crs.SCALE] = crs_course.look(
            state.crs, state.chart, at, drug, age, policy
        )
    if touched is None or icans.SCALE not in grades or not touched.isdisjoint(MOVES_ICANS):
        icans_state, grades[icans.SCALE] = icans_course.look(
            state.icans, state.chart, at, age, policy
        )
    return State(at, state.chart, crs_state, icans_state, state.said, grades), grades


def fold(
    state: State, facts: Iterable[Fact], until: datetime, treatment: Treatment, policy: Policy
) -> Folded:
    """Fold facts, in any order but none before the state's instant, and let time pass to `until`.

    Facts after `until` are left out.
    """
    folded = Folded(state, [], {})
    for at, together in instants(facts):
        if at > until:
            break
        _lapse(folded, at, treatment, policy, inclusive=False)
        _advance(folded, together, treatment, policy)
    _lapse(folded, until, treatment, policy, inclusive=True)
    return folded


def course(
    facts: Iterable[Fact], treatment: Treatment, until: datetime, policy: Policy
) -> dict[str, list[Step]]:
    """The whole course of each scale from the infusion on: the grade at each change."""
    after = (fact for fact in facts if fact.effective_at >= treatment.infused_at)
    steps = fold(State(), after, until, treatment, policy).steps
    return {scale: [step for step in steps if step.scale == scale] for scale in SCALES}


def _advance(folded: Folded, together: list[Fact], treatment: Treatment, policy: Policy) -> None:
    """One instant's facts. They may not lie before the state's own instant."""
    state, at = folded.state, together[0].effective_at
    drug = any(fact.kind == ADMINISTRATION and masks_fever(str(fact.value)) for fact in together)
    cause = tuple(fact.id for fact in together)
    touched = frozenset(fact.kind for fact in together)
    due = next_change(state, policy)
    still = (
        state.at is not None and (due is None or due > at) and _same_age(state.at, at, treatment)
    )
    folded.state = replace(state, chart=state.chart.charted(together, policy))
    _step(folded, at, drug, cause, treatment, policy, touched if still else None)


def _same_age(one: datetime, other: datetime, treatment: Treatment) -> bool:
    return treatment.age_years(one) == treatment.age_years(other)


def _lapse(
    folded: Folded, until: datetime, treatment: Treatment, policy: Policy, *, inclusive: bool
) -> None:
    """Let time pass up to `until`, with no fact in between."""
    while (at := next_change(folded.state, policy)) is not None and (
        at < until or (inclusive and at == until)
    ):
        _step(folded, at, False, (LAPSED,), treatment, policy, None)


def _step(
    folded: Folded,
    at: datetime,
    drug: bool,
    cause: tuple[str, ...],
    treatment: Treatment,
    policy: Policy,
    touched: frozenset[str] | None,
) -> None:
    """Look at one instant, and note what answers otherwise than before."""
    before = folded.state.grades
    state, folded.grades = look(folded.state, at, drug, treatment, policy, touched)
    said = state.said
    for scale, grade in folded.grades.items():
        if grade is before.get(scale):
            continue
        episode = state.episode(scale)
        short = in_short(grade, episode)
        if said.get(scale) != short:
            said = {**said, scale: short}
            folded.steps.append(Step(at, scale, grade, episode, cause))
    folded.state = state if said is state.said else replace(state, said=said)


def instants(facts: Iterable[Fact]) -> Iterator[tuple[datetime, list[Fact]]]:
    """The facts by bedside instant, in order."""
    for at, together in groupby(sorted(facts, key=bedside_time), key=bedside_time):
        yield at, list(together)


def next_change(state: State, policy: Policy) -> datetime | None:
    """The first instant after the state's own at which an answer may change without a fact."""
    if state.at is None:
        return None
    at = state.at
    ends = [
        state.chart.next_lapse(at),
        *crs_course.next_change(state.crs, policy),
        *icans_course.next_change(state.icans, policy),
    ]
    return min((end for end in ends if end is not None and end > at), default=None)


def in_short(grade: Grade, episode: Episode | None) -> str:
    """What makes an answer another answer: not the ids of the facts, but all else that is read."""
    parts = [
        f"{grade.low}-{grade.high}",
        ",".join(reason.text for reason in grade.because),
        ",".join(grade.missing),
        ",".join(stale.finding for stale in grade.stale),
        ",".join(grade.warnings),
    ]
    if episode is not None:
        parts.append(f"{episode.number} {episode.onset_at} {episode.peak} {episode.ended_at}")
    return "|".join(parts)
