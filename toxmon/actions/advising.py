"""What is advised for a patient at a moment: gathered in one snapshot, read, never decided anew.

The grades, the product and the policy are those of the treatment as it began; the guidance is the
newest at hand, because advice is read today and nothing rests on it (decision 0079).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from toxmon.actions import Actor, Service, look_up
from toxmon.actions.beginnings import as_known, begun_at
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import treatment_of
from toxmon.actions.situations import dose_rows
from toxmon.actions.weights import weight_at
from toxmon.dosing.drug import DrugRules
from toxmon.grading.policy import Policy
from toxmon.grading.state import State
from toxmon.guidance.advice import Advice, advise
from toxmon.guidance.case import EVENTS_OF, Case, Standing, Weight
from toxmon.guidance.doses import CHECKED
from toxmon.protocol import Protocols
from toxmon.protocol.guidance import Guidance
from toxmon.saved import MICROSECOND
from toxmon.store import EVER, Row

ACTION = "read.guidance"


@dataclass(frozen=True, slots=True)
class Advised:
    """The advice for the treatment at a moment, and the version of the record that it rests on."""

    patient_id: str
    version: int
    as_of: datetime
    known_at: datetime | None
    treatment: Row | None
    advice: Advice


def documents_of(protocols: Protocols) -> tuple[Guidance, ...]:
    """Every document of guidance at hand, by name."""
    return tuple(protocols.guidance[name] for name in sorted(protocols.guidance))


def guidance(
    service: Service,
    actor: Actor,
    patient_id: str,
    as_of: datetime,
    known_at: datetime | None = None,
    scales: Collection[str] | None = None,
) -> Advised:
    """The advice at bedside time `as_of`, by what was known at `known_at`. Raises NotFound."""
    with service.store.reading():
        heads = look_up.head(service, actor, patient_id)
        version, treatments = as_known(service, patient_id, heads, known_at)
        treatment = begun_at(treatments, as_of)
        case = Case(at=as_of)
        if treatment is not None:
            case = _case(service, patient_id, heads[0], treatment, as_of, known_at)
    look_up.note_reading(service, actor, ACTION, patient_id)
    advice = advise(case, documents_of(service.protocols), scales)
    return Advised(patient_id, version, as_of, known_at, treatment, advice)


def _case(
    service: Service,
    patient_id: str,
    head: Row,
    treatment: Row,
    as_of: datetime,
    known_at: datetime | None,
) -> Case:
    state, _ = moment_of(service, patient_id, head, treatment, as_of, known_at)
    course = treatment_of(head, treatment, service.zone)
    known = known_at or EVER
    rules = _rules(service.protocols, CHECKED)
    policy = service.policy(treatment["policy_edition"])
    return Case(
        at=as_of,
        product=service.product(treatment["product_edition"]),
        infused_at=course.infused_at,
        day=course.day(as_of),
        age_years=course.age_years(as_of),
        weight=_weight(service, patient_id, _fresh_for(policy, rules), as_of, known),
        standing=_standing(state),
        given=_given(service, patient_id, course.infused_at, as_of, known),
        rules=rules,
    )


def _standing(state: State) -> dict[str, Standing]:
    """Where each scale stands that guidance speaks of and that was ever charted."""
    found = {}
    for scale in EVENTS_OF:
        grade = state.grades.get(scale)
        if grade is None:
            continue
        episode = state.episode(scale)
        there = episode is not None and episode.open
        since = episode.onset_at if episode is not None and episode.open else None
        found[scale] = Standing(
            low=grade.low,
            high=grade.high,
            is_open=there,
            onset_at=since or state.since.get(scale),
            says=grade.says(),
            missing=tuple(grade.missing),
        )
    return found


def _fresh_for(policy: Policy, rules: Mapping[str, DrugRules]) -> timedelta | None:
    """How old a weight may be: the shorter of the ward's span and those of the dose rules."""
    spans = [each.handling.weight_fresh_for for each in rules.values()]
    spans += [policy.fresh_for["weight"]] if "weight" in policy.fresh_for else []
    return min(spans, default=None)


def _weight(
    service: Service, patient_id: str, span: timedelta | None, as_of: datetime, known: datetime
) -> Weight | None:
    """The newest weight, and whether it is fresh; exactly as old as allowed it still is.

    Where nobody says how old it may be, none is.
    """
    weighed = weight_at(service, patient_id, as_of, known)
    if weighed is None:
        return None
    fresh = span is not None and as_of - weighed.at <= span
    return Weight(kg=weighed.kg, at=weighed.at, fresh=fresh, fresh_for=span)


def _rules(protocols: Protocols, names: Iterable[str]) -> Mapping[str, DrugRules]:
    """The dose rules in force, by the drug's own name."""
    found = {name: protocols.drug(name) for name in names}
    return {name: drug.rules for name, drug in found.items() if drug is not None}


def _given(
    service: Service, patient_id: str, since: datetime, as_of: datetime, known: datetime
) -> dict[str, datetime]:
    """The last dose since the infusion of each drug that a line asks about."""
    asked = {
        drug
        for document in documents_of(service.protocols)
        for line in document.lines
        for drug in line.given
    }
    found = {}
    for name, rules in _rules(service.protocols, sorted(asked)).items():
        rows = dose_rows(service, patient_id, rules, as_of + MICROSECOND, known)
        times = [row["effective_at"] for row in rows if row["effective_at"] >= since]
        if times:
            found[name] = times[-1]
    return found
