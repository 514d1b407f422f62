"""CRS over time: which findings hold at a moment, and the episodes that they make.

The table is in `crs`; here is what it does not say: when a finding is still true, when fever is
waived, when an episode begins and ends (decisions 0009, 0010, 0016, 0024).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from toxmon.grading import crs
from toxmon.grading.chart import Chart
from toxmon.grading.episode import Episode
from toxmon.grading.facts import Fact, Number, below, either
from toxmon.grading.grade import Grade
from toxmon.grading.policy import Policy

KINDS = (
    "body_temperature",
    "hypotension",
    "systolic_bp",
    "diastolic_bp",
    "mean_arterial_pressure",
    "vasopressors",
    "oxygen_device",
    "oxygen_flow",
    "oxygen_saturation",
    "ventilation_reason",
)
ASKED = frozenset(KINDS)
CHARTED_AS = {
    "temperature_c": "body_temperature",
    "oxygen_flow_l_min": "oxygen_flow",
    "oxygen_saturation_percent": "oxygen_saturation",
}
"""Findings of the table that go by another name as kinds of fact."""


@dataclass(frozen=True, slots=True)
class State:
    """The current or last episode, and the last drug that can hide a fever."""

    episode: Episode | None = None
    drug_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """The findings of one moment and, by finding, the ids of the facts that they rest on."""

    findings: crs.Findings
    rests_on: dict[str, tuple[str, ...]]
    provisional: bool


def look(
    state: State, chart: Chart, at: datetime, drug: bool, age: Decimal | None, policy: Policy
) -> tuple[State, Grade]:
    """Grade at `at`, and move the episode on.

    `drug`: an antipyretic, anticytokine drug or steroid was given at this very instant. It
    counts as given after an onset at the same instant: both were charted of one moment.
    """
    episode = state.episode if state.episode and state.episode.open else None
    gathered = gather(state, episode, chart, at, age, policy)
    findings = gathered.findings
    if episode is None and crs.feverish(findings):
        number = state.episode.number + 1 if state.episode else 1
        episode = Episode(number, at, 0, at)
        findings = replace(findings, prior_crs_fever=True, treated_since_onset=False)
    if drug:
        state = replace(state, drug_at=at)
        if episode and episode.treated_at is None:
            episode = replace(episode, treated_at=at)
        findings = replace(findings, treated_since_onset=True)
    grade = crs.grade(findings, policy.hypoxia_saturation_below)
    if episode is not None:
        present = crs.signs(findings, policy.hypoxia_saturation_below)
        episode = episode.seen(at, grade.low, present, policy.quiet_period)
        state = replace(state, episode=episode)
        if not episode.open:
            # The waiver ends with the episode, and with it anything that only it allowed.
            findings = replace(findings, prior_crs_fever=False, treated_since_onset=False)
            grade = crs.grade(findings, policy.hypoxia_saturation_below)
    return state, _complete(grade, gathered, chart, at, policy)


def next_change(state: State, policy: Policy) -> tuple[datetime, ...]:
    """Instants at which the state itself, not a fact that grows old, may change the answer."""
    ends = state.episode.next_change(policy.quiet_period) if state.episode else None
    unmasked = state.drug_at + policy.masking if state.drug_at else None
    return tuple(at for at in (ends, unmasked) if at is not None)


def gather(
    state: State,
    episode: Episode | None,
    chart: Chart,
    at: datetime,
    age: Decimal | None,
    policy: Policy,
) -> Gathered:
    """The findings that hold at `at`."""
    known = {kind: chart.known(kind, at) for kind in KINDS}
    causes = {sign: chart.other_cause(sign, at) for sign in ("fever", "hypotension", "hypoxia")}
    hypotension, pressure_facts, provisional = _hypotension(known, age, policy)
    masked = state.drug_at is not None and at < state.drug_at + policy.masking
    death = chart.newest.get("death")
    findings = crs.Findings(
        temperature_c=_value(known["body_temperature"]),
        fever_other_cause=causes["fever"] is not None,
        prior_crs_fever=episode is not None,
        treated_since_onset=episode.treated_at is not None if episode else masked,
        hypotension=hypotension,
        hypotension_other_cause=causes["hypotension"] is not None,
        vasopressors=_value(known["vasopressors"]),
        oxygen_device=_value(known["oxygen_device"]),
        oxygen_flow_l_min=_value(known["oxygen_flow"]),
        oxygen_saturation_percent=_value(known["oxygen_saturation"]),
        hypoxia_other_cause=causes["hypoxia"] is not None,
        ventilation_reason=_value(known["ventilation_reason"]),
        death_due_to_crs=True if death is not None and death.value == "crs" else None,
    )
    rests_on: dict[str, tuple[str, ...]] = {
        kind: (fact.id,) for kind, fact in known.items() if fact is not None
    }
    rests_on["hypotension"] = pressure_facts
    rests_on.update({f"{sign}_other_cause": (f.id,) for sign, f in causes.items() if f})
    if death is not None:
        rests_on["death_due_to_crs"] = (death.id,)
    return Gathered(findings, rests_on, provisional)


def _hypotension(
    known: dict[str, Fact | None], age: Decimal | None, policy: Policy
) -> tuple[bool | None, tuple[str, ...], bool]:
    """(hypotension, the facts that say so, whether it is provisional).

    A clinician's finding decides over pressures of its own time or earlier. A lower pressure that
    was measured after a finding of "no" reopens the question; a better one does not close a "yes".
    """
    finding = known["hypotension"]
    pressures = [known[kind] for kind in ("systolic_bp", "diastolic_bp", "mean_arterial_pressure")]
    measured = [fact for fact in pressures if fact is not None]
    bound = policy.pressure_bound(age)
    low: bool | None = None
    if measured and bound is not None:
        systolic, mean = _value(pressures[0]), _mean_pressure(pressures)
        parts = [
            below(number, limit)
            for number, limit in ((systolic, bound.systolic_below), (mean, bound.mean_below))
            if number is not None and limit is not None
        ]
        if parts:
            low = parts[0] if len(parts) == 1 else either(*parts)
    if finding is not None:
        newer = any(fact.effective_at > finding.effective_at for fact in measured)
        if finding.value or not (low and newer):
            return bool(finding.value), (finding.id,), False
    if low is None:
        return None, (), False
    return low, tuple(fact.id for fact in measured), True


def _mean_pressure(pressures: list[Fact | None]) -> Number | None:
    """The mean arterial pressure in mm[Hg]: measured, else (systolic + 2 x diastolic) / 3."""
    systolic, diastolic, mean = (_value(fact) for fact in pressures)
    if mean is not None:
        return mean  # type: ignore[no-any-return]
    if isinstance(systolic, Decimal) and isinstance(diastolic, Decimal):
        return (systolic + 2 * diastolic) / 3
    return None


def _complete(
    grade: Grade, gathered: Gathered, chart: Chart, at: datetime, policy: Policy
) -> Grade:
    """The grade with fact ids in its reasons, names as charted, and what has grown old."""
    rests_on = gathered.rests_on
    because = tuple(
        replace(
            reason,
            facts=tuple(
                dict.fromkeys(
                    fact
                    for name in reason.findings
                    for fact in rests_on.get(CHARTED_AS.get(name, name), ())
                )
            ),
        )
        for reason in grade.because
    )
    warnings = grade.warnings
    if gathered.provisional and gathered.findings.hypotension:
        if not gathered.findings.hypotension_other_cause:
            warnings = (*warnings, "hypotension_provisional")
        because = tuple(
            replace(reason, text=reason.text + " (provisional, read from the blood pressure)")
            if reason.rule in ("crs.hypotension", "crs.vasopressors_unknown")
            else reason
            for reason in because
        )
    missing = tuple(CHARTED_AS.get(name, name) for name in grade.missing)
    stale = chart.stale(ASKED, at)
    return replace(grade, because=because, missing=missing, stale=stale, warnings=warnings)


def _value(fact: Fact | None):  # type: ignore[no-untyped-def]
    return None if fact is None else fact.value
