"""Immunoglobulin, prophylaxis, vaccines and what must be at hand, of one patient, as plain data.

Yes, no or not known, each with its source and with what is missing. The policy is that of today;
what the patient is compared by is what was known at `known_at`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.actions import Actor, Service, look_up, stock
from toxmon.actions.beginnings import as_known, begun_at
from toxmon.actions.prevention_known import Drug, Gathered, gathered
from toxmon.actions.stock import AtHand, prevention_of
from toxmon.actions.weights import weight_at
from toxmon.dosing import immunoglobulin, prophylaxis, vaccination
from toxmon.dosing.dates import on
from toxmon.dosing.drug import Cited
from toxmon.dosing.situation import Weighing
from toxmon.dosing.stock import drawn
from toxmon.protocol.prevention import Prevention, cited_of
from toxmon.store import Row

SUPPORT = "Support for a clinician, never an order."
ANSWERS = {True: "yes", False: "no", None: "not_known"}
DAY = timedelta(days=1)
GIVEN_BEFORE = timedelta(days=30)
"""Prophylaxis that was begun so long before the infusion is that of this treatment."""


def told(
    service: Service,
    actor: Actor,
    patient_id: str,
    as_of: datetime,
    known_at: datetime | None = None,
) -> dict[str, Any]:
    """The answer at bedside time `as_of`, and that it was read is noted. Raises NotFound."""

    def read(heads: list[Row]) -> dict[str, Any]:
        return _told(service, patient_id, heads, as_of, known_at)

    return look_up.reading(service, actor, patient_id, "read.prevention", read)


def _told(
    service: Service,
    patient_id: str,
    heads: list[Row],
    as_of: datetime,
    known_at: datetime | None,
) -> dict[str, Any]:
    document = prevention_of(service)
    version, treatments = as_known(service, patient_id, heads, known_at)
    treatment = begun_at(treatments, as_of)
    weighed = weight_at(service, patient_id, as_of, known_at)
    found = None
    if treatment is not None:
        found = gathered(service, document, patient_id, heads[0], treatment, as_of, known_at)
    at_hand = stock.at_hand(
        service,
        found.product if found is not None else None,
        found.course if found is not None else None,
        weighed,
        as_of,
    )
    counted = stock.last_count(service, heads[0]["unit"], stock.TOCILIZUMAB, as_of)
    return {
        "patient_id": patient_id,
        "version": version,
        "as_of": as_of,
        "known_at": known_at,
        "treatment": None
        if treatment is None
        else {
            "id": treatment["treatment_id"],
            "product": treatment["product"],
            "infused_at": treatment["infused_at"],
            "day": look_up.day_of(service, treatment, as_of),
        },
        "policy": {
            "name": document.name,
            "version": document.version,
            "edition": document.digest,
        },
        "says": SUPPORT,
        "immunoglobulin": found and _immunoglobulin(document, found, weighed, as_of),
        "prophylaxis": _prophylaxis(document, found, as_of) if found else [],
        "vaccinations": _vaccinations(document, found, as_of) if found else [],
        "tocilizumab_at_hand": {
            **plain_at_hand(at_hand),
            "vials": plain_drawn(at_hand, tuple(counted.vials) if counted else ()),
        },
    }


def source(cited: Cited) -> dict[str, Any]:
    """Where a rule comes from, as it is told."""
    return {"source": cited.source, "year": cited.year, "verified": cited.verified}


def _immunoglobulin(
    document: Prevention, found: Gathered, weighed: Weighing | None, as_of: datetime
) -> dict[str, Any]:
    known, zone = found.igg, found.course.zone
    handling = document.handling(found.fresh_for)
    every = [
        immunoglobulin.advice(policy, known, handling, as_of) for policy in document.igg_policies
    ]
    ours = every[0]
    targets = ours.policy.targets
    codes = list(immunoglobulin.warnings(known, handling, as_of))
    if targets and not any(target in found.product.target for target in targets):
        codes.append("written_for_another_target")
    dose, wrong = _igg_dose(document, ours.policy, found, weighed, as_of)
    codes += wrong
    level = known.igg
    last = max(known.doses, default=None)
    before = [at for at in known.doses if level is not None and at <= level.at]
    due = immunoglobulin.measure_next(
        document.measuring,
        found.prophylaxis.infused_on,
        on(level.at, zone) if level is not None else None,
        on(last, zone) if last is not None else None,
    )
    return {
        **_plain_advice(ours),
        "igg": level
        and {
            "value": level.value,
            "unit": "mg/dL",
            "at": level.at,
            "fact": level.fact,
            "days_ago": level.days_ago(as_of),
            "fresh": level.is_fresh(as_of, handling.fresh_for),
            "trough": immunoglobulin.is_trough(known, handling),
            "days_since_immunoglobulin": (level.at - max(before)) // DAY if before else None,
        },
        "last_immunoglobulin": last and {"at": last, "days_ago": (as_of - last) // DAY},
        "infections": [
            {
                "at": each.at,
                "cause": each.cause,
                "sinopulmonary": each.sinopulmonary,
                "fact": each.fact,
            }
            for each in known.infections
            if each.at >= as_of - handling.infections_within
        ],
        "dose": dose,
        "measure_next": {"on": due, "source": source(document.measuring.cited)},
        "warnings": codes,
        "explained": {code: immunoglobulin.WARNINGS[code] for code in codes},
        "by_policy": [_plain_advice(each) for each in every],
    }


def _plain_advice(advice: immunoglobulin.Advice) -> dict[str, Any]:
    policy = advice.policy
    return {
        "policy": policy.name,
        "title": policy.title,
        "in_force": policy.in_force,
        "advised": ANSWERS[advice.answer],
        "says": advice.says,
        "missing": list(advice.missing),
        "until": policy.until,
        "note": policy.note,
        "source": source(policy.cited),
    }


def _igg_dose(
    document: Prevention,
    policy: immunoglobulin.IggPolicy,
    found: Gathered,
    weighed: Weighing | None,
    as_of: datetime,
) -> tuple[dict[str, Any] | None, list[str]]:
    """The dose for the weight, of the policy or of the file; or why there is none."""
    if weighed is None:
        return None, ["weight_missing"]
    fresh_for = found.fresh_for.get("weight")
    if fresh_for is not None and as_of - weighed.at > fresh_for:
        return None, ["weight_stale"]
    usual = document.igg_dose
    ends = immunoglobulin.dose_for(policy, weighed.kg)
    cited, every = policy.cited, policy.every
    if ends is None:
        ends = usual.low * weighed.kg, usual.high * weighed.kg
        cited, every = cited_of(usual.citation), usual.every
    return {
        "low": {"value": ends[0], "unit": "mg"},
        "high": {"value": ends[1], "unit": "mg"},
        "kg": weighed.kg,
        "weighed_at": weighed.at,
        "every_days": every // DAY if every is not None else None,
        "source": source(cited),
    }, []


def _prophylaxis(document: Prevention, found: Gathered, as_of: datetime) -> list[dict[str, Any]]:
    confirming = document.confirming(found.fresh_for)
    told = []
    for each in document.agents:
        agent = each.value
        every = [
            prophylaxis.standing(course, found.prophylaxis, confirming, as_of)
            for course in document.courses_of(agent.id)
        ]
        if not every:
            continue
        told.append({
            "agent": agent.id,
            "title": agent.title,
            "given": _given(agent, found.drugs, found.course.infused_at),
            **_plain_standing(every[0]),
            "blocked": [
                _plain_blocked(one)
                for one in prophylaxis.blocked(document.avoids_of(agent.id), found.prophylaxis)
            ],
            "by_policy": [_plain_standing(one) for one in every],
        })  # fmt: skip
    return told


def _given(
    agent: prophylaxis.Agent, drugs: tuple[Drug, ...], infused_at: datetime
) -> dict[str, Any]:
    """What was charted of its drugs from GIVEN_BEFORE the infusion on; never that none is."""
    mine = [
        each for each in drugs if each.name in agent.drugs and each.at >= infused_at - GIVEN_BEFORE
    ]
    if not mine:
        return {"state": "not_charted", "drug": None, "since": None, "last_at": None}
    return {
        "state": "charted",
        "drug": mine[-1].name,
        "since": mine[0].at,
        "last_at": mine[-1].at,
    }


def _plain_standing(one: prophylaxis.Standing) -> dict[str, Any]:
    course = one.course
    return {
        "policy": course.policy,
        "in_force": course.in_force,
        "indicated": ANSWERS[one.indicated],
        "begun": ANSWERS[one.begun],
        "may_stop": ANSWERS[one.may_stop],
        "begins_on": one.begins_on,
        "stops_from": one.stops_from,
        "says": course.says,
        "missing": list(one.missing),
        "next": [{"kind": each.kind, "on": each.on, "why": each.why} for each in one.next],
        "note": course.note,
        "source": source(course.cited),
    }


def _plain_blocked(one: prophylaxis.Blocked) -> dict[str, Any]:
    return {
        "drugs": list(one.drugs),
        "sure": ANSWERS[one.sure],
        "because": one.because,
        "until": one.until,
        "instead": one.instead,
        "source": source(one.cited),
    }


def _vaccinations(document: Prevention, found: Gathered, as_of: datetime) -> list[dict[str, Any]]:
    told = []
    for kind, title in vaccination.KINDS.items():
        rules = document.vaccine_rules(kind)
        if not rules:
            continue
        every = [vaccination.vaccination(rule, found.vaccination, as_of) for rule in rules]
        told.append({
            "kind": kind,
            "title": title,
            **_plain_vaccination(every[0]),
            "differ": vaccination.differ(every),
            "by_policy": [_plain_vaccination(one) for one in every],
        })  # fmt: skip
    return told


def _plain_vaccination(one: vaccination.Vaccination) -> dict[str, Any]:
    return {
        "policy": one.rule.policy,
        "in_force": one.rule.in_force,
        "possible": ANSWERS[one.possible],
        "earliest": one.earliest,
        "blocked": [
            {"what": each.what, "until": each.until, "says": each.says} for each in one.blocked
        ],
        "missing": list(one.missing),
        "note": one.rule.note,
        "source": source(one.rule.cited),
    }


def plain_at_hand(at_hand: AtHand) -> dict[str, Any]:
    """What must be at hand for a patient, as it is told."""
    required = at_hand.required
    within = required.more_within
    return {
        "doses": required.doses,
        "more_within_h": within // timedelta(hours=1) if within is not None else None,
        "by": "policy" if required.label is None else "label",
        "source": source(required.cited),
        "labels_beside": [
            {
                "region": each.region,
                "period": each.period,
                "doses": each.doses,
                "note": each.note,
                "source": source(each.cited),
            }
            for each in required.beside
        ],
        "dose": None if at_hand.dose is None else {"value": at_hand.dose.mg, "unit": "mg"},
        "kg": at_hand.weight.kg if at_hand.weight is not None else None,
        "weighed_at": at_hand.weight.at if at_hand.weight is not None else None,
        "weight": "stale" if at_hand.stale else ("known" if at_hand.weight else "missing"),
    }


def plain_drawn(at_hand: AtHand, strengths: tuple[Decimal, ...]) -> list[dict[str, Any]] | None:
    """The vials of one dose from these strengths; None where a dose or a strength is not known."""
    if at_hand.dose is None:
        return None
    best = drawn(at_hand.dose.mg, strengths)
    if best is None:
        return None
    return [{"strength": size, "vials": count} for size, count in best.vials.items()]
