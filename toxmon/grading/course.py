"""The course of a treatment: every scale folded over the facts in bedside order.

A fold is a pure step, `state + the facts of an instant -> state`, so the state after the newest
fact may be kept and a fact that comes in order costs the same on day 1 and on day 300. Between
facts only time passes: findings grow old, attributions end, episodes and windows close. Those
instants are steps too, with no fact as their cause. A step asks only the scales that it can move.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter

from toxmon.grading import crs, crs_course, icaht_course, icans_course, iec_hs_course
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, Chart
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Fact, at_least
from toxmon.grading.grade import Grade, Index
from toxmon.grading.ledger import COUNTED, Ledger, baselines
from toxmon.grading.live import (
    BIRTHDAY,
    CRS_MOVED,
    DERIVED_DAYS,
    ENDED,
    FEVER,
    GRADED,
    ICANS_MOVED,
    LIVE,
    SCALES,
    Parts,
    neurotoxic,
)
from toxmon.grading.medications import GROUP_OF, masks_fever
from toxmon.grading.moment import Moment
from toxmon.grading.policy import Policy
from toxmon.grading.state import Given, State
from toxmon.grading.treatment import Treatment

__all__ = [
    "GRADED",
    "LAPSED",
    "LIVE",
    "SCALES",
    "Folded",
    "Step",
    "bedside_time",
    "course",
    "digest",
    "fold",
    "in_short",
    "instants",
    "look",
    "next_change",
    "opening",
]

LAPSED = "lapsed"
"""The cause of a step that no fact made: something grew old, ended or was over."""
VASOPRESSORS = "vasopressors"
VASOACTIVE = crs.VASOPRESSORS | crs.VASOPRESSIN

bedside_time = attrgetter("effective_at")


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on, `scale` answers `grade`; `cause` are the facts that made it so."""

    at: datetime
    scale: str
    grade: Grade | Index
    episode: Episode | None
    cause: tuple[str, ...]


@dataclass(slots=True)
class Folded:
    """What a fold came to: the state, and every change on the way."""

    state: State
    steps: list[Step] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """The scales that were asked on the way, whether or not they answer otherwise."""

    @property
    def grades(self) -> Mapping[str, Grade]:
        """The answers at the state's instant that are at hand."""
        return self.state.grades


def opening(facts: Iterable[Fact], treatment: Treatment, policy: Policy) -> State:
    """The state at the infusion, from the facts before it: baselines, and what has another cause.

    What a clinician has attributed before the infusion and not ended is still so after it. A count
    of the same date is one of day 0, although it was drawn before the infusion (decision 0050).
    """
    known = list(facts)
    chart = Chart()
    earlier = (
        fact
        for fact in known
        if fact.kind == ATTRIBUTION and fact.effective_at < treatment.infused_at
    )
    for _, together in instants(earlier):
        chart = chart.charted(together, policy)
    ledger = Ledger(before=baselines(known, treatment))
    for at, together in instants(fact for fact in known if fact.kind in COUNTED):
        if at < treatment.infused_at and treatment.day(at) == 0:
            ledger = ledger.counted(together, treatment)
    return State(chart=chart, ledger=ledger)


def look(
    state: State,
    at: datetime,
    drug: bool,
    treatment: Treatment,
    policy: Policy,
    touched: frozenset[str] | None = None,
) -> tuple[State, list[str]]:
    """The state at `at` with its answers, and the scales that were asked.

    `touched`: what has changed since the state's own instant; None asks every scale.
    """
    parts: Parts = {}
    grades = dict(state.grades)
    moment = Moment(at, state.chart, treatment, policy, state.ledger, drug)
    asked = []
    for live in LIVE:
        scale = live.scale
        # Most scales are not moved, so this is asked in as few steps as can be.
        if (
            touched is not None
            and touched.isdisjoint(live.moves)
            and (
                scale in state.grades
                if live.always
                else scale not in state.said or touched.isdisjoint(live.also)
            )
        ):
            continue
        grade = live.look(state, moment, parts, grades)
        if grade is not None:
            grades[scale] = grade
            asked.append(scale)
        if touched is not None and scale == "crs" and _stands_otherwise(state, parts):
            touched = touched | {CRS_MOVED}
        if touched is not None and scale == "icans" and _is_news(grade, state):
            touched = touched | {ICANS_MOVED}
    return replace(state, at=at, grades=grades, **parts), asked


def _stands_otherwise(state: State, parts: Parts) -> bool:
    """Has CRS moved on, as far as IEC-HS asks?"""
    return iec_hs_course.crs_state(parts["crs"]) != iec_hs_course.crs_state(state.crs)


def _is_news(icans: Grade | None, state: State) -> bool:
    """Is neurotoxicity otherwise than IEC-HS saw it last?"""
    return neurotoxic(icans) != state.iec_hs.neurotoxicity


def fold(
    state: State, facts: Iterable[Fact], until: datetime, treatment: Treatment, policy: Policy
) -> Folded:
    """Fold facts, in any order but none before the state's instant, and let time pass to `until`.

    Facts after `until` are left out.
    """
    folded = Folded(state)
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
    facts = list(facts)
    after = (fact for fact in facts if fact.effective_at >= treatment.infused_at)
    steps = fold(opening(facts, treatment, policy), after, until, treatment, policy).steps
    return {scale: [step for step in steps if step.scale == scale] for scale in SCALES}


def _advance(folded: Folded, together: list[Fact], treatment: Treatment, policy: Policy) -> None:
    """One instant's facts. They may not lie before the state's own instant."""
    state, at = folded.state, together[0].effective_at
    given, marks, drug = state.given, set(_lapsing(state, at, treatment, policy)), False
    for fact in together:
        marks.add(fact.kind)
        if fact.kind == ADMINISTRATION:
            name = str(fact.value)
            drug = drug or masks_fever(name)
            group = GROUP_OF.get(name)
            if group is not None:
                given = {**given, group: _later(Given(at, fact.id), given.get(group))}
                marks.add(f"given:{group}")
    ledger, since = state.ledger.counted(together, treatment), state.since
    if VASOPRESSORS in marks:
        since = _running_since(since, together, at)
    if at == treatment.infused_at:
        ledger = replace(ledger, before={**ledger.before, **baselines(together, treatment)})
    day = treatment.day(at)
    window = "early" if day < icaht_course.CLOSES[0] else "late"
    marks.update(f"{kind}:{window}" for kind in COUNTED.intersection(marks))
    before = state.chart
    folded.state = replace(
        state,
        chart=state.chart.charted(together, policy),
        given=given,
        ledger=ledger,
        since=since,
    )
    if "body_temperature" in marks and _feverish(before, at) != _feverish(folded.state.chart, at):
        marks.add(FEVER)
    cause = tuple(fact.id for fact in together)
    _step(folded, at, drug, cause, treatment, policy, frozenset(marks))


def _feverish(chart: Chart, at: datetime) -> bool | None:
    """Is a fever known at `at`? A reading that has lapsed by then says nothing."""
    fact = chart.known("body_temperature", at)
    return None if fact is None else at_least(fact.value, crs.FEVER_CEL)  # type: ignore[arg-type]


def _running_since(
    since: Mapping[str, datetime], together: Iterable[Fact], at: datetime
) -> Mapping[str, datetime]:
    """Since when any vasopressor has run without a break that was charted."""
    if any(fact.kind == VASOPRESSORS and VASOACTIVE.intersection(fact.value) for fact in together):  # type: ignore[arg-type]
        return since if VASOPRESSORS in since else {**since, VASOPRESSORS: at}
    return {name: began for name, began in since.items() if name != VASOPRESSORS}


def _later(new: Given, known: Given | None) -> Given:
    """Of two at one instant the smaller id, so that the order of arrival cannot matter."""
    if known is None or new.at > known.at:
        return new
    return min(new, known, key=lambda given: given.fact)


def _lapse(
    folded: Folded, until: datetime, treatment: Treatment, policy: Policy, *, inclusive: bool
) -> None:
    """Let time pass up to `until`, with no fact in between."""
    while (at := next_change(folded.state, treatment, policy)) is not None and (
        at < until or (inclusive and at == until)
    ):
        marks = _lapsing(folded.state, at, treatment, policy)
        _step(folded, at, False, (LAPSED,), treatment, policy, marks)


def _lapsing(state: State, at: datetime, treatment: Treatment, policy: Policy) -> frozenset[str]:
    """What time alone changes at `at`: kinds that grow old, episodes, windows, a birthday."""
    if state.at is None:
        return frozenset()
    marks = set(state.chart.lapsing(at))
    if "body_temperature" in marks:
        marks.add(FEVER)
    if at in crs_course.next_change(state.crs, policy):
        marks.add("ended:crs")
    if at in icans_course.next_change(state.icans, policy):
        marks.add("ended:icans")
    if at in _closings(state, treatment):
        marks.update(f"{ENDED}{scale}" for scale in DERIVED_DAYS)
    if at == treatment.next_birthday(state.at):
        marks.add(BIRTHDAY)
    return frozenset(marks)


def _step(
    folded: Folded,
    at: datetime,
    drug: bool,
    cause: tuple[str, ...],
    treatment: Treatment,
    policy: Policy,
    touched: frozenset[str],
) -> None:
    """Look at one instant, and note what answers otherwise than before."""
    state, asked = look(folded.state, at, drug, treatment, policy, touched)
    folded.asked.update(asked)
    said = state.said
    for scale in asked:
        grade, episode = state.grades[scale], state.episode(scale)
        short = digest(grade, episode)
        if said.get(scale) != short:
            said = {**said, scale: short}
            folded.steps.append(Step(at, scale, grade, episode, cause))
    folded.state = state if said is state.said else replace(state, said=said)


def instants(facts: Iterable[Fact]) -> Iterator[tuple[datetime, list[Fact]]]:
    """The facts by bedside instant, in order."""
    for at, together in groupby(sorted(facts, key=bedside_time), key=bedside_time):
        yield at, list(together)


def next_change(state: State, treatment: Treatment, policy: Policy) -> datetime | None:
    """The first instant after the state's own at which an answer may change without a fact."""
    if state.at is None:
        return None
    at = state.at
    ends = [
        state.chart.next_lapse(at),
        treatment.next_birthday(at),
        *crs_course.next_change(state.crs, policy),
        *icans_course.next_change(state.icans, policy),
        *_closings(state, treatment),
    ]
    return min((end for end in ends if end is not None and end > at), default=None)


def _closings(state: State, treatment: Treatment) -> tuple[datetime, ...]:
    """When windows of weeks close, once any of them has been told of."""
    if state.at is None or DERIVED_DAYS.isdisjoint(state.said):
        return ()
    return icaht_course.next_change(state.ledger, treatment, state.at)


def digest(grade: Grade | Index, episode: Episode | None) -> str:
    """Equal for two answers that read the same, whatever facts they rest on."""
    return blake2b(in_short(grade, episode).encode(), digest_size=8).hexdigest()


def in_short(grade: Grade | Index, episode: Episode | None) -> str:
    """What makes an answer another answer: not the ids of the facts, but all else that is read."""
    parts = [
        f"{grade.low}-{grade.high}",
        ",".join(reason.text for reason in grade.because),
        ",".join(grade.missing),
        ",".join(stale.finding for stale in grade.stale),
        ",".join(grade.warnings),
    ]
    if "suspected" in grade.more:
        criteria = grade.more["criteria"]
        met = f"{criteria['required']} {criteria['common']} {criteria['possible']}"
        parts.append(f"suspected {grade.more['suspected']} {met}")
    if episode is not None:
        parts.append(f"{episode.number} {episode.onset_at} {episode.peak} {episode.ended_at}")
    return "|".join(parts)
