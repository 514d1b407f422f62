"""Read a patient's record, and note who read it.

`as_of` is the time at the bedside, `known_at` what anybody could have known then. Without
`known_at` the answer is by what is known now. With both at 03:10 it is what the screen said then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from toxmon.actions import Actor, Conflicting, NotFound, Service, audit
from toxmon.actions.beginnings import as_known, begun_at
from toxmon.actions.moments import moment_of
from toxmon.actions.opened import as_fact, plain_grades
from toxmon.assessment import answer
from toxmon.grading import derived, risk_course
from toxmon.grading.chart import ADMINISTRATION
from toxmon.grading.course import SCALES
from toxmon.grading.icaht_course import with_ledger
from toxmon.grading.moment import Moment
from toxmon.grading.recovery_course import recovered
from toxmon.protocol import Product
from toxmon.saved import MICROSECOND
from toxmon.store import EVER, Row, Unavailable, facts, patients

log = logging.getLogger("toxmon.audit")

NO_METHODS: Mapping[str, str] = {}
DOSES_BEFORE = timedelta(days=180)
"""How long before the infusion doses of immunoglobulin are looked for."""

LOOKING = timedelta(minutes=1)

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Graded:
    """The grades of one treatment at one moment, and the record's version that they rest on."""

    version: int
    treatment: Row | None
    grades: dict[str, dict[str, Any]]
    quarantined: int
    recovery: dict[str, Any]


def head(service: Service, actor: Actor, patient_id: str) -> list[Row]:
    """The heads of a patient's record. Raises NotFound, also when it is out of reach."""
    heads = patients.heads(service.store, patient_id)
    if not heads or not actor.may_see(heads[0]["unit"], patient_id):
        raise NotFound("no such patient")
    return heads


def refuse_merged(head: Row) -> None:
    """Raises Conflicting for a record that was merged into another: what it had stands there."""
    if head.get("merged_into") is not None:
        raise Conflicting(f"this record was merged into {head['merged_into']}; use that id instead")


def reading(
    service: Service, actor: Actor, patient_id: str, action: str, read: Callable[[list[Row]], Found]
) -> Found:
    """Read from one patient's record in one snapshot, by its heads, and note that it was read."""
    with service.store.reading():
        heads = head(service, actor, patient_id)
        found = read(heads)
    note_reading(service, actor, action, patient_id)
    return found


def note_reading(
    service: Service, actor: Actor, action: str, patient_id: str | None = None
) -> None:
    """Note in the audit chain that something was read.

    When the record cannot be written it can often still be read. Who needs a grade then gets it,
    and the log says what the chain could not (decision 0017).
    """
    try:
        with service.store.writing():
            audit.note(service, actor, service.clock(), action, patient_id=patient_id)
    except Unavailable as error:
        log.error("not in the audit chain: %s %s %s: %s", actor.id, action, patient_id, error)


def note_looking(service: Service, actor: Actor, action: str) -> None:
    """The same for a screen that is drawn again and again: a link a minute says that it was on."""
    now = service.clock()
    before = service.looked.get((actor.id, action))
    if before is None or not timedelta() <= now - before < LOOKING:
        service.looked[actor.id, action] = now
        note_reading(service, actor, action)


def grades(
    service: Service,
    actor: Actor,
    patient_id: str,
    as_of: datetime,
    known_at: datetime | None = None,
    scales: frozenset[str] | None = None,
    methods: Mapping[str, str] = NO_METHODS,
) -> Graded:
    """The grades at bedside time `as_of`, by what was known at `known_at`; None is every scale."""
    with service.store.reading():
        heads = head(service, actor, patient_id)
        found = graded(service, patient_id, heads, as_of, known_at, scales, methods)
    note_reading(service, actor, "read.grades", patient_id)
    return found


def graded(
    service: Service,
    patient_id: str,
    heads: list[Row],
    as_of: datetime,
    known_at: datetime | None = None,
    scales: frozenset[str] | None = None,
    methods: Mapping[str, str] = NO_METHODS,
) -> Graded:
    """The same inside `reading`, by the heads of the record."""
    waiting = facts.quarantined(service.store, patient_id)
    version, treatments = as_known(service, patient_id, heads, known_at)
    treatment = begun_at(treatments, as_of)
    found, recovery = (
        ({}, {})
        if treatment is None
        else _grades(service, patient_id, heads[0], treatment, as_of, known_at, scales, methods)
    )
    return Graded(version, treatment, found, waiting, recovery)


EVENT_OF = {"movement_neurocognitive": "parkinsonism"}
"""Scales that a product's windows know by another name."""


def window(product: Product, scale: str, day: int) -> dict[str, Any] | None:
    """The product's alert window for a scale, and whether a day of the treatment lies in it."""
    each = product.window(EVENT_OF.get(scale, scale))
    if each is None:
        return None
    return {
        "in": each.holds(day),
        "first_day": each.first_day,
        "last_day": each.last_day,
        "basis": each.basis,
    }


def day_of(service: Service, treatment: Row, at: datetime) -> int:
    """Calendar days since the infusion's date, in the site's time zone."""
    began = treatment["infused_at"].astimezone(service.zone).date()
    days: int = (at.astimezone(service.zone).date() - began).days
    return days


def _grades(
    service: Service,
    patient_id: str,
    head: Row,
    row: Row,
    as_of: datetime,
    known_at: datetime | None,
    scales: frozenset[str] | None = None,
    methods: Mapping[str, str] = NO_METHODS,
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    state, moment = moment_of(service, patient_id, head, row, as_of, known_at)
    found = plain_grades(state, SCALES)
    for scale, grade in with_ledger(moment, methods).items():
        found[scale] = answer(grade, None)
    for scale, other in derived.grades(state, moment).items():
        found[scale] = answer(other, None)
    for scale, index in _risk(service, patient_id, row, moment, known_at).items():
        found[scale] = answer(index, None)
    doses = facts.measured(
        service.store,
        patient_id,
        [ADMINISTRATION],
        moment.treatment.infused_at - DOSES_BEFORE,
        moment.at + MICROSECOND,
        known_at or EVER,
    )
    recovery = recovered(moment, [as_fact(each) for each in doses])
    return {name: found[name] for name in found if scales is None or name in scales}, recovery


def ledgers(
    service: Service, patient_id: str, heads: list[Row], as_of: datetime
) -> dict[str, list[dict[str, Any]]]:
    """By window of hematotoxicity, what is known of each of its days. Only inside `reading`."""
    treatment = begun_at(as_known(service, patient_id, heads, None)[1], as_of)
    if treatment is None:
        return {}
    _, moment = moment_of(service, patient_id, heads[0], treatment, as_of)
    return {scale: grade.more["ledger"] for scale, grade in with_ledger(moment).items()}


def _risk(
    service: Service, patient_id: str, row: Row, moment: Moment, known_at: datetime | None
) -> dict[str, Any]:
    """The risk scores, from the samples around the infusion; an engager has none of them."""
    product = service.product(row["product_edition"])
    if "CAR" not in product.product_class:
        return {}
    rows = facts.measured(
        service.store,
        patient_id,
        sorted(risk_course.READ),
        moment.treatment.infused_at - risk_course.SPAN_BEFORE,
        min(moment.at, moment.treatment.begins(risk_course.LAST_DAY + 1)) + MICROSECOND,
        known_at or EVER,
    )
    return dict(risk_course.grades([as_fact(each) for each in rows], moment, product.target))
