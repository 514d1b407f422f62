"""What is known of a patient for prevention, gathered from the record by what was known then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from toxmon.actions import Service
from toxmon.actions.beginnings import INFUSION
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import as_fact, treatment_of
from toxmon.dosing import immunoglobulin, prophylaxis, vaccination
from toxmon.dosing.dates import on
from toxmon.dosing.reading import Reading
from toxmon.grading import ctcae, risk_course
from toxmon.grading.chart import ADMINISTRATION, ATTRIBUTION, OWN_CAUSES
from toxmon.grading.facts import Bounds, Fact, Number, above
from toxmon.grading.medications import GROUPS, STEROIDS
from toxmon.grading.treatment import Treatment
from toxmon.protocol import Product
from toxmon.protocol.prevention import Prevention
from toxmon.saved import MICROSECOND
from toxmon.store import EVER, Row, facts

BEFORE = timedelta(days=730)
"""How long before the infusion drugs and values are looked for: two years, as long as any rule
that counts back to a dose."""
SUBTRACTED = "igg_m_protein_subtracted"
ENTERIC = "enteric_infection"
COUNTED = ("anc", "platelets", "hemoglobin")
YES_NO = ("igg_paraprotein", SUBTRACTED)
RISK = "hematotoxicity_risk_high"
ASKED = tuple(need for need in prophylaxis.NEEDS if need != RISK)
"""Findings that rules of prophylaxis ask for, and that a clinician charts."""
KINDS = (
    "igg", "cd4", "b_cells", "m_protein", ENTERIC, ATTRIBUTION, ADMINISTRATION, INFUSION,
    *COUNTED, *YES_NO, *ASKED, *immunoglobulin.CHARTED,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drug:
    """A dose as it is charted here: the drug and when."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What the rules of prevention are shown of one treatment at one moment."""

    treatment: Row
    course: Treatment
    product: Product
    fresh_for: Mapping[str, timedelta]
    igg: immunoglobulin.Findings
    prophylaxis: prophylaxis.Situation
    vaccination: vaccination.Situation
    drugs: tuple[Drug, ...]


def gathered(
    service: Service,
    document: Prevention,
    patient_id: str,
    head: Row,
    treatment: Row,
    as_of: datetime,
    known_at: datetime | None,
) -> Gathered:
    """Everything about a treatment at `as_of`. Only inside `reading`."""
    course = treatment_of(head, treatment, service.zone)
    product = service.product(treatment["product_edition"])
    rows = facts.measured(
        service.store,
        patient_id,
        KINDS,
        course.infused_at - BEFORE,
        as_of + MICROSECOND,
        known_at or EVER,
    )
    found = [as_fact(row) for row in rows]
    fresh_for = service.policy(treatment["policy_edition"]).fresh_for
    drugs = tuple(
        Drug(str(fact.value), fact.effective_at) for fact in found if fact.kind == ADMINISTRATION
    )
    high_risk = _high_risk(service, patient_id, head, treatment, product, as_of, known_at)
    return Gathered(
        treatment=treatment,
        course=course,
        product=product,
        fresh_for=fresh_for,
        igg=_igg(document, product, found, drugs, as_of, fresh_for),
        prophylaxis=_prophylaxis(course, found, drugs, as_of, fresh_for, high_risk),
        vaccination=_vaccination(document, course, product, found, drugs, as_of, fresh_for),
        drugs=drugs,
    )


def readings(found: Iterable[Fact], kind: str) -> tuple[Reading, ...]:
    """The values of a kind, the oldest first."""
    return tuple(
        Reading(value=fact.value, at=fact.effective_at, fact=fact.id)
        for fact in found
        if fact.kind == kind and isinstance(fact.value, Decimal | Bounds)
    )


def _newest(found: Iterable[Fact], kind: str) -> Any:
    values = [fact.value for fact in found if fact.kind == kind]
    return values[-1] if values else None


def _said(
    found: Iterable[Fact], kinds: Iterable[str], as_of: datetime, fresh_for: Mapping[str, timedelta]
) -> dict[str, bool]:
    """By kind what was charted last, yes or no, as long as it holds."""
    asked = set(kinds)
    said = {}
    for fact in found:
        if fact.kind in asked and isinstance(fact.value, bool):
            span = fresh_for.get(fact.kind)
            if span is None or as_of - fact.effective_at < span:
                said[fact.kind] = fact.value
            else:
                said.pop(fact.kind, None)
    return said


def _igg(
    document: Prevention,
    product: Product,
    found: Sequence[Fact],
    drugs: Sequence[Drug],
    as_of: datetime,
    fresh_for: Mapping[str, timedelta],
) -> immunoglobulin.Findings:
    levels, proteins = readings(found, "igg"), readings(found, "m_protein")
    return immunoglobulin.Findings(
        igg=levels[-1] if levels else None,
        doses=tuple(each.at for each in drugs if each.name in GROUPS["immunoglobulin"]),
        infections=tuple(infections(document, found)),
        paraprotein=_newest(found, "igg_paraprotein"),
        subtracted=_newest(found, SUBTRACTED),
        m_protein=above(proteins[-1].value, Decimal(0)) if proteins else None,
        myeloma=any(target in product.target for target in document.m_protein_targets.value),
        said=_said(found, immunoglobulin.CHARTED, as_of, fresh_for),
    )


def infections(document: Prevention, found: Sequence[Fact]) -> list[immunoglobulin.Infection]:
    """Every infection as a clinician has charted it, the oldest first, each of them once.

    A cause that a sign was given is one; the same cause again is another only after the first had
    an end. An infection of the bowel lasts until it is charted that there is none.
    """
    words = document.infection_words
    every: list[immunoglobulin.Infection] = []
    ends: dict[str, datetime | None] = {}
    enteric = False
    for fact in found:
        if fact.kind == ENTERIC:
            if fact.value is True and not enteric:
                every.append(immunoglobulin.Infection(
                    at=fact.effective_at, cause="enteric infection", sinopulmonary=False,
                    fact=fact.id,
                ))  # fmt: skip
            enteric = fact.value is True
        if fact.kind != ATTRIBUTION or not isinstance(fact.value, tuple):
            continue
        cause = fact.value[1].casefold()
        if cause in OWN_CAUSES or not words.is_infection(cause):
            continue
        ended = ends.get(cause)
        if cause not in ends or (ended is not None and fact.effective_at > ended):
            every.append(immunoglobulin.Infection(
                at=fact.effective_at, cause=fact.value[1],
                sinopulmonary=words.is_sinopulmonary(cause), fact=fact.id,
            ))  # fmt: skip
        ends[cause] = fact.until
    return every


def _prophylaxis(
    course: Treatment,
    found: Sequence[Fact],
    drugs: Sequence[Drug],
    as_of: datetime,
    fresh_for: Mapping[str, timedelta],
    high_risk: bool | None,
) -> prophylaxis.Situation:
    counts = {}
    for kind in COUNTED:
        last = readings(found, kind)[-1:]
        if last and last[0].is_fresh(as_of, fresh_for.get(kind)):
            counts[kind] = last[0]
    depleted = [
        each.at
        for each in drugs
        if each.name in GROUPS["lymphodepletion"]
        and course.infused_at - risk_course.LYMPHODEPLETION_SPAN <= each.at < course.infused_at
    ]
    steroids = {
        on(each.at, course.zone)
        for each in drugs
        if each.name in STEROIDS and each.at >= course.infused_at
    }
    return prophylaxis.Situation(
        infused_on=on(course.infused_at, course.zone),
        today=on(as_of, course.zone),
        zone=course.zone,
        depleted_on=on(min(depleted), course.zone) if depleted else None,
        anc=counts.get("anc"),
        cd4=readings(found, "cd4"),
        cytopenia=cytopenia({kind: each.value for kind, each in counts.items()}),
        steroid_days=len(steroids),
        findings={
            **_said(found, ASKED, as_of, fresh_for),
            **({} if high_risk is None else {RISK: high_risk}),
        },
    )


def cytopenia(counts: Mapping[str, Number]) -> tuple[int, int]:
    """The worst CTCAE grade of neutrophils, platelets and hemoglobin, between what it may be."""
    grades = (
        ctcae.neutropenia(ctcae.Neutropenia(anc_per_ul=counts.get("anc"))),
        ctcae.thrombocytopenia(ctcae.Thrombocytopenia(platelets_10e9_l=counts.get("platelets"))),
        ctcae.anemia(ctcae.Anemia(hemoglobin_g_dl=counts.get("hemoglobin"))),
    )
    return max(grade.low for grade in grades), max(grade.high for grade in grades)


def _high_risk(
    service: Service,
    patient_id: str,
    head: Row,
    treatment: Row,
    product: Product,
    as_of: datetime,
    known_at: datetime | None,
) -> bool | None:
    """Is the risk of hematotoxicity high by CAR-HEMATOTOX? None: not known, or not a CAR T cell."""
    if "CAR" not in product.product_class:
        return None
    _, moment = moment_of(service, patient_id, head, treatment, as_of, known_at)
    rows = facts.measured(
        service.store,
        patient_id,
        sorted(risk_course.READ),
        moment.treatment.infused_at - risk_course.SPAN_BEFORE,
        min(moment.at, moment.treatment.begins(risk_course.LAST_DAY + 1)) + MICROSECOND,
        known_at or EVER,
    )
    found = risk_course.grades([as_fact(row) for row in rows], moment, product.target)
    risk = found["car_hematotox"].more["risk"]
    return {"high": True, "low": False}.get(risk)


def _vaccination(
    document: Prevention,
    course: Treatment,
    product: Product,
    found: Sequence[Fact],
    drugs: Sequence[Drug],
    as_of: datetime,
    fresh_for: Mapping[str, timedelta],
) -> vaccination.Situation:
    last: dict[str, date] = {}

    def note(what: str, at: datetime) -> None:
        day = on(at, course.zone)
        last[what] = max(day, last.get(what, day))

    names = {"immunoglobulin": set(GROUPS["immunoglobulin"])}
    names |= {group.group: set(group.drugs) for group in document.groups}
    against_b_cells = document.group("anti_b_cell")
    for each in drugs:
        for what, called in names.items():
            if each.name in called:
                note(what, each.at)
    if against_b_cells and any(part in product.target for part in against_b_cells.targets):
        given = [each.at for each in drugs if product.is_called(each.name)]
        given += [
            fact.effective_at
            for fact in found
            if fact.kind == INFUSION and product.is_called(str(fact.value))
        ]
        for at in [course.infused_at, *given]:
            note("anti_b_cell", at)
    counts = {}
    for kind in ("cd4", "b_cells"):
        newest = readings(found, kind)[-1:]
        counts.update({kind: newest[0]} if newest else {})
    return vaccination.Situation(
        infused_on=on(course.infused_at, course.zone),
        today=on(as_of, course.zone),
        last=last,
        counts=counts,
        fresh_for={kind: fresh_for[kind] for kind in counts if kind in fresh_for},
    )
