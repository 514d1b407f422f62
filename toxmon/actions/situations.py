"""What is known of a patient when a dose is asked about, gathered from the record.

The doses of one drug under any of its names, the permissions that wait, the weight, the syndromes.
What is read is bounded, so that the thousandth dose costs what the tenth did.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from toxmon.actions import Service
from toxmon.actions.beginnings import as_known, begun_at
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import plain_grades, treatment_of
from toxmon.actions.weights import exact_weights, weight_at
from toxmon.dosing import breaches as dosing_breaches
from toxmon.dosing.check import IN_EPISODE, INTERVAL
from toxmon.dosing.counting import is_active
from toxmon.dosing.drug import DrugRules
from toxmon.dosing.mass import TO_MG
from toxmon.dosing.situation import (
    RELEASED,
    RESERVED,
    Given,
    Held,
    Reason,
    Situation,
    Syndrome,
)
from toxmon.dosing.weight import is_stale
from toxmon.grading.chart import STOPPED
from toxmon.saved import dump_value, load_value
from toxmon.store import EVER, Row, facts

MOST_DOSES = 16
"""Older doses of one drug are not looked at: every limit is long exceeded by then."""
MOST_PERMISSIONS = 60
AHEAD = timedelta(hours=24)
"""How far ahead a dose is asked about: doses given after the time asked about count too."""
EARLY = timedelta(minutes=30)
"""A dose may be charted as begun so long before its release was noted."""

SYNDROMES = ("crs", "icans", "iec_hs")


def situation_of(
    service: Service,
    patient_id: str,
    heads: Sequence[Row],
    rules: DrugRules,
    t: datetime,
    now: datetime,
    known_at: datetime | None = None,
    without: str | None = None,
) -> Situation:
    """What is known of a patient for a dose at `t`. Only inside a transaction."""
    known = known_at or EVER
    doses = tuple(
        given(service, row)
        for row in dose_rows(service, patient_id, rules, max(t, now) + AHEAD, known)
    )
    held = tuple(
        each
        for each in _held(service, patient_id, rules, doses, known)
        if each.permission != without
    )
    treatment = _treatment(service, patient_id, heads, t, known_at)
    head = heads[0]
    syndromes: dict[str, Syndrome] = {}
    age, began_at, ended_at = None, None, None
    if treatment is not None:
        course = treatment_of(head, treatment, service.zone)
        began_at, ended_at, age = course.infused_at, treatment["next_at"], course.age_years(t)
        syndromes = _syndromes(service, patient_id, head, treatment, min(t, now), known_at)
    weighed = exact_weights(service, patient_id, min(t, now), known)
    said = facts.said_of_doses(service.store, patient_id, known)
    return Situation(
        doses=doses,
        held=held,
        weight=weighed[0] if weighed else None,
        weight_before=weighed[1] if len(weighed) > 1 else None,
        age_years=age,
        began_at=began_at,
        ended_at=ended_at,
        distinct=_distinct(said),
        none_elsewhere=_none_elsewhere(said, rules.name),
        syndromes=syndromes,
        now=now,
        zone=service.zone,
        more=len(doses) == MOST_DOSES,
    )


def dose_rows(
    service: Service, patient_id: str, rules: DrugRules, before: datetime, known: datetime
) -> list[Row]:
    """The newest doses of a drug under any of its names, the oldest first."""
    store = service.store
    name, *others = (dump_value(each) for each in rules.names)
    found = facts.doses(store, patient_id, name, before, MOST_DOSES, known)
    if others:
        found += facts.doses_called(store, patient_id, others, before, MOST_DOSES, known)
    return sorted(found, key=lambda row: (row["effective_at"], row["id"]))[-MOST_DOSES:]


def given(service: Service, row: Row) -> Given:
    """A dose as it is charted, by the id of its first record: a correction is the same dose."""
    detail = orjson.loads(row["detail"]) if row["detail"] else {}
    unknown = bool(detail.get("time_unknown"))
    return Given(
        fact=row["id"] if row["replaces_id"] is None else facts.root(service.store, row),
        at=None if unknown else row["effective_at"],
        not_after=row["effective_at"] if unknown else None,
        mg=dose_mg(detail.get("dose")),
        route=detail.get("route"),
        by=row["recorded_by"],
        stopped=detail.get("status") == STOPPED,
        permission=detail.get("permission"),
    )


def dose_mg(dose: Any) -> Decimal | None:
    """A charted dose in mg; None where it has no amount, or is no mass (mg/kg is a rate)."""
    if not isinstance(dose, dict) or dose.get("unit") not in TO_MG:
        return None
    try:
        return Decimal(str(dose["value"])) * TO_MG[dose["unit"]]
    except (InvalidOperation, KeyError):
        return None


def standing(row: Row) -> dict[str, Any]:
    """How a permission stands, from the newest step of its chain."""
    detail: dict[str, Any] = orjson.loads(row["detail"])
    return {
        **detail,
        "id": detail.get("permission") or row["id"],
        "fact": row["id"],
        "at": datetime.fromisoformat(detail["at"]),
        "until_at": row["until_at"],
        "since": row["effective_at"],
        "by": row["recorded_by"],
        "reason": detail["hands"][-1]["reason"],
    }


def held_of(permission: dict[str, Any]) -> Held:
    """A permission as the check counts it."""
    return Held(
        permission=permission["id"],
        state=permission["state"],
        at=permission["at"],
        mg=Decimal(permission["dose_mg"]),
        by=permission["by"],
        since=permission["since"],
        until_at=permission["until_at"],
    )


def unused(permissions: Iterable[Held], doses: Iterable[Given], within: timedelta) -> list[Held]:
    """The permissions that no dose has used up, each dose using one at the most.

    A dose that names a permission uses that one and no other. Another dose uses the one whose time
    is nearest, if it is at most `within` from it, was still held when the dose began, and was
    decided before it (a nurse's note may be up to half an hour early). A release for eight hours
    later waits on: whoever holds it may still give it.
    """
    waiting = sorted(permissions, key=lambda each: (each.since, each.permission))
    doses = sorted(doses, key=lambda dose: (dose.at or dose.not_after or EVER, dose.fact))
    used = {dose.permission for dose in doses if dose.permission}
    for dose in doses:
        at = dose.at
        if dose.permission is not None or at is None:
            continue
        near = [
            (abs(at - each.at), each.since, each.permission)
            for each in waiting
            if each.permission not in used
            and each.since - EARLY <= at
            and is_active(each, at)
            and abs(at - each.at) <= within
        ]
        if near:
            used.add(min(near)[-1])
    return [each for each in waiting if each.permission not in used]


def _held(
    service: Service,
    patient_id: str,
    rules: DrugRules,
    doses: Sequence[Given],
    known: datetime,
) -> list[Held]:
    rows = facts.permissions(service.store, patient_id, MOST_PERMISSIONS, known)
    stand = (standing(row) for row in rows if row["value"] is not None)
    return unused(
        (
            held_of(each)
            for each in stand
            if each["state"] in (RESERVED, RELEASED) and each["medication"] == rules.name
        ),
        doses,
        _near(rules),
    )


def _near(rules: DrugRules) -> timedelta:
    """How far from its planned time a dose is taken for the one that was permitted.

    Half of the interval: further off it may as well be the dose before or after it.
    """
    interval = rules.policy.limit(INTERVAL)
    half = interval.span / 2 if interval is not None and interval.span is not None else timedelta()
    return max(half, rules.handling.chart_within)


def _treatment(
    service: Service,
    patient_id: str,
    heads: Sequence[Row],
    t: datetime,
    known_at: datetime | None,
) -> Row | None:
    """The treatment that a dose at `t` belongs to; before the infusion, the one that follows."""
    _, treatments = as_known(service, patient_id, heads, known_at)
    return begun_at(treatments, t) or next(iter(treatments), None)


def _syndromes(
    service: Service,
    patient_id: str,
    head: Row,
    treatment: Row,
    as_of: datetime,
    known_at: datetime | None,
) -> dict[str, Syndrome]:
    if as_of < treatment["infused_at"]:
        return {}
    state, _ = moment_of(service, patient_id, head, treatment, as_of, known_at)
    found = {}
    for name, grade in plain_grades(state, SYNDROMES).items():
        episode = grade["episode"]
        onset = None
        if episode is not None and episode["ended_at"] is None:
            onset = episode["onset_at"]
            onset = datetime.fromisoformat(onset) if isinstance(onset, str) else onset
        found[name] = Syndrome(low=grade["low"], high=grade["high"], onset_at=onset)
    return found


def _distinct(said: Iterable[Row]) -> frozenset[tuple[str, str]]:
    pairs = (load_value(row["value"]) for row in said if row["kind"] == "dose_distinct")
    return frozenset((str(pair[0]), str(pair[1])) for pair in pairs if isinstance(pair, tuple))


def _none_elsewhere(said: Iterable[Row], medication: str) -> bool | None:
    answers = [
        load_value(row["value"])
        for row in said
        if row["kind"] == "doses_elsewhere"
        and orjson.loads(row["detail"])["medication"] == medication
    ]
    return answers[-1] == "none" if answers else None


# What went beyond a limit.


def breaches_of(
    service: Service,
    patient_id: str,
    heads: Sequence[Row],
    rules: DrugRules,
    now: datetime,
    known_at: datetime | None = None,
) -> tuple[Situation, tuple[Reason, ...]]:
    """Every dose of the newest treatment that went beyond a limit, and the doses looked at."""
    known = known_at or EVER
    rows = dose_rows(service, patient_id, rules, now + AHEAD, known)
    treatment = _treatment(service, patient_id, heads, now, known_at)
    syndromes = None
    if treatment is not None and rules.policy.limit(IN_EPISODE) is not None:
        syndromes = _syndromes(service, patient_id, heads[0], treatment, now, known_at)
    situation = Situation(
        doses=tuple(given(service, row) for row in rows),
        began_at=treatment["infused_at"] if treatment is not None else None,
        ended_at=treatment["next_at"] if treatment is not None else None,
        distinct=_distinct(facts.said_of_doses(service.store, patient_id, known)),
        syndromes=syndromes,
        now=now,
        zone=service.zone,
    )
    weights = {}
    for dose in situation.doses:
        if dose.at is not None and dose.mg is not None:
            weighed = weight_at(service, patient_id, dose.at, known)
            if weighed is not None and not is_stale(weighed, dose.at, rules.handling):
                weights[dose.fact] = weighed
    return situation, dosing_breaches.breaches(situation, rules, weights)
