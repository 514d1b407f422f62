"""ICANS over time: which findings hold at a moment, and the episodes that they make.

The table is in `icans`; here is what it does not say: when a finding is still true, and when an
episode begins and ends (decisions 0009, 0010, 0015).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from toxmon.grading import icans
from toxmon.grading.chart import ICE, Chart
from toxmon.grading.episode import Episode
from toxmon.grading.grade import Grade
from toxmon.grading.policy import Policy

KINDS = (
    *ICE,
    "capd_score",
    "capd_performed",
    "consciousness",
    "seizure",
    "seizure_duration",
    "seizure_resolved",
    "seizure_without_recovery",
    "motor_weakness",
    "cerebral_edema",
    "edema_from_hemorrhage",
    "icp_signs",
)
ASKED = frozenset(KINDS)
CHARTED_AS = {"seizure_seconds": "seizure_duration"}
SIGNS = ("consciousness", "seizure", "motor_weakness", "cerebral_edema")


@dataclass(frozen=True, slots=True)
class State:
    """The current or last episode."""

    episode: Episode | None = None


def look(
    state: State, chart: Chart, at: datetime, age: Decimal | None, policy: Policy
) -> tuple[State, Grade]:
    """Grade at `at`, and move the episode on: it opens with the first certain grade above 0."""
    findings, rests_on = gather(chart, at, age, policy)
    grade = icans.grade(findings)
    episode = state.episode if state.episode and state.episode.open else None
    if episode is None and grade.low > 0:
        number = state.episode.number + 1 if state.episode else 1
        episode = Episode(number, at, 0, at)
    if episode is not None:
        present = True if grade.low > 0 else (None if grade.high > 0 else False)
        state = State(episode.seen(at, grade.low, present, policy.quiet_period))
    because = tuple(
        replace(
            reason,
            facts=tuple(
                dict.fromkeys(fact for name in reason.findings for fact in rests_on.get(name, ()))
            ),
        )
        for reason in grade.because
    )
    missing = tuple(CHARTED_AS.get(name, name) for name in grade.missing)
    stale = chart.stale(ASKED, at)
    return state, replace(grade, because=because, missing=missing, stale=stale)


def next_change(state: State, policy: Policy) -> tuple[datetime, ...]:
    """Instants at which the state itself, not a fact that grows old, may change the answer."""
    ends = state.episode.next_change(policy.quiet_period) if state.episode else None
    return () if ends is None else (ends,)


def gather(
    chart: Chart, at: datetime, age: Decimal | None, policy: Policy
) -> tuple[icans.Findings, dict[str, tuple[str, ...]]]:
    """The findings that hold at `at`, and by finding the ids of the facts they rest on."""
    known = {kind: fact for kind in KINDS if (fact := chart.known(kind, at)) is not None}
    causes = {sign: chart.other_cause(sign, at) for sign in SIGNS}
    values = {kind: fact.value for kind, fact in known.items()}
    items = {name: values[f"ice_{name}"] for name in icans.ICE_ITEMS if f"ice_{name}" in values}
    death = chart.newest.get("death")
    findings = icans.Findings(
        age_years=age,
        ice_score=values.get("ice_score"),  # type: ignore[arg-type]
        ice=items or None,  # type: ignore[arg-type]
        capd_score=values.get("capd_score"),  # type: ignore[arg-type]
        capd_performed=values.get("capd_performed"),  # type: ignore[arg-type]
        consciousness=values.get("consciousness"),  # type: ignore[arg-type]
        consciousness_other_cause=causes["consciousness"] is not None,
        seizure=values.get("seizure"),  # type: ignore[arg-type]
        seizure_seconds=values.get("seizure_duration"),  # type: ignore[arg-type]
        seizure_resolved=values.get("seizure_resolved"),  # type: ignore[arg-type]
        seizure_without_recovery=values.get("seizure_without_recovery"),  # type: ignore[arg-type]
        seizure_other_cause=causes["seizure"] is not None,
        motor_weakness=values.get("motor_weakness"),  # type: ignore[arg-type]
        motor_weakness_other_cause=causes["motor_weakness"] is not None,
        cerebral_edema=values.get("cerebral_edema"),  # type: ignore[arg-type]
        edema_from_hemorrhage=values.get("edema_from_hemorrhage"),  # type: ignore[arg-type]
        edema_other_cause=causes["cerebral_edema"] is not None,
        icp_signs=values.get("icp_signs"),  # type: ignore[arg-type]
        death_due_to_icans=True if death is not None and death.value == "icans" else None,
    )
    rests_on: dict[str, tuple[str, ...]] = {kind: (fact.id,) for kind, fact in known.items()}
    rests_on["ice_score"] = tuple(known[kind].id for kind in ICE if kind in known)
    rests_on["seizure_seconds"] = rests_on.get("seizure_duration", ())
    rests_on.update({f"{sign}_other_cause": (f.id,) for sign, f in causes.items() if f})
    if death is not None:
        rests_on["death_due_to_icans"] = (death.id,)
    return findings, rests_on
