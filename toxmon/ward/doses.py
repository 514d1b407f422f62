"""Doses that were given: record one, correct one, take one back, say what records mean.

A dose that was given is never refused. One against a rule asks once for the reason, and is marked.
"""

from __future__ import annotations

import orjson
from flask import Response, request

from toxmon.actions import (
    Conflicting,
    NotFound,
    Refused,
    Stale,
    corrections,
    dose_rules,
    dosing,
    look_up,
    record,
)
from toxmon.actions.dose_records import corrected, distinct, elsewhere, given_dose
from toxmon.actions.record import Charted, Outcome
from toxmon.actions.statement import taken_back
from toxmon.dosing.giving import ROUTES
from toxmon.dosing.situation import Asked
from toxmon.grading.chart import ADMINISTRATION, STOPPED
from toxmon.protocol import Drug
from toxmon.store import Conflict, Row, facts
from toxmon.ward import banner, door
from toxmon.ward.dosing import address, amount_mg, drawn
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later
from toxmon.ward.twice import sent_before

STATUSES = {
    "started": later("begun"),
    "completed": later("finished"),
    STOPPED: later("stopped before its end"),
}
ROUTE_WORDS = {"iv": "i.v.", "sc": "s.c.", "im": "i.m."}
ANSWERS = {
    "none": later("None was given before arrival"),
    "charted": later("Some were, and they are charted here"),
}


@door.page("/p/<patient_id>/dosing/<medication>/given", *door.CLINICAL, methods=("GET", "POST"))
def give(patient_id: str, medication: str) -> Response:
    """Record a dose that was given."""
    drug = dosing.drug_of(door.service(), medication)
    if request.method == "GET":
        return _form(patient_id, drug, Form())
    if sent_before() is not None:  # By now a rule may be against a dose that was recorded already.
        return door.go(f"{address(patient_id, drug)}?done=given")
    service, form = door.service(), posted()
    now = service.clock()
    at = form.instant("given", _("Start of the dose"), service.zone, now)
    before = form.instant("before", _("At the latest"), service.zone, now)
    if at is not None and before is not None:
        form.fault("before_date", _("At the latest: leave this empty, the start is written above"))
    if at is None and before is None and not form.faults:
        form.fault("given_date", _("Start of the dose: write a date and a time, or below the "
                                   "latest that it can have been"))  # fmt: skip
    mg = amount_mg(form)
    route = form.choice("route", _("Route"), ROUTES)
    status = form.choice("status", _("How it went"), tuple(STATUSES))
    permission = form["permission"] or None
    if form.faults:
        return _form(patient_id, drug, form, 422)
    against, more = _against(patient_id, drug, Asked(at=at, mg=mg) if at else None, permission), {}
    if against:
        reason = form.text("against_reason", _("Why it was given"), required=True)
        if form.faults or reason is None:
            return _stop(patient_id, drug, form, against)
        more = {"against": [each.code for each in against], "against_reason": reason}
    fact = given_dose(
        service, drug.name, at, before,
        dose=None if mg is None else {"value": str(mg), "unit": "mg"},
        route=route, status=status, permission=permission, **more,
    )  # fmt: skip
    try:
        _chart(patient_id, fact, "give")
    except Refused as error:
        form.take(error.faults, {"/given_at": "given_date", "/given_before": "before_date"})
        return _form(patient_id, drug, form, 422)
    return door.go(f"{address(patient_id, drug)}?done=given")


@door.page("/p/<patient_id>/doses/<dose_id>", *door.PERSONS, methods=("GET", "POST"))
def dose(patient_id: str, dose_id: str) -> Response:
    """The record of a dose: correct it, or take it back."""
    fact = _fact(patient_id, dose_id)
    drug = dosing.drug_of(door.service(), orjson.loads(fact["detail"])["medication"])
    form = posted()
    if request.method == "GET":
        return _shown(patient_id, drug, fact, Form())
    service = door.service()
    reason = form.text("reason", _("Why"), required=True)
    replacement = taken_back
    if form["act"] == "correct":
        at = form.instant("given", _("Start of the dose"), service.zone, service.clock())
        mg = amount_mg(form)
        route = form.choice("route", _("Route"), ROUTES)
        status = form.choice("status", _("How it went"), tuple(STATUSES))
        if not form.faults and (at, mg, route, status) == (None, None, None, None):
            form.fault("dose", _("Write what is right: the dose, its start, route or how it went"))

        def replacement(fact: Row, reason: str) -> Charted:
            return corrected(
                service, fact, medication=None, given_at=at, route=route, status=status,
                dose=None if mg is None else {"value": str(mg), "unit": "mg"}, reason=reason,
            )  # fmt: skip

    if form.faults or reason is None:
        return _shown(patient_id, drug, fact, form, 422)
    act = "correct" if form["act"] == "correct" else "retract"
    try:
        corrections.correct(
            service, door.actor(), dose_id, lambda row: replacement(row, reason), _kept,
            action=act, keyed=door.keyed(),
        )  # fmt: skip
    except Refused as error:
        form.take(error.faults, {"/given_at": "given_date"})
        return _shown(patient_id, drug, fact, form, 422)
    except (Conflicting, Conflict, Stale):
        later_by = facts.get(service.store, _fact(patient_id, dose_id)["replaced_by"] or "")
        who = later_by["recorded_by"] if later_by else _("somebody else")
        told = _("Nothing of yours was kept: %(who)s has corrected this record or taken it back "
                 "first.", who=who)  # fmt: skip
        return drawn(patient_id, drug, status=409, trouble=told)
    return door.go(
        f"{address(patient_id, drug)}?done={'corrected' if act == 'correct' else 'taken_back'}"
    )


@door.page("/p/<patient_id>/dosing/<medication>/distinct", *door.PERSONS, methods=("POST",))
def are_two(patient_id: str, medication: str) -> Response:
    """Two records that lie close together are two doses."""
    drug, form = dosing.drug_of(door.service(), medication), posted("doses")
    reason = form.text("reason", _("How you know"), required=True)
    if form.faults or reason is None:
        return drawn(patient_id, drug, form, status=422)
    if sent_before() is not None:  # One of the two may have been corrected since.
        return door.go(f"{address(patient_id, drug)}?done=distinct")
    pair = form.many["doses"][:2]
    if len(pair) != 2:
        raise NotFound("two records are named")
    fact = distinct(door.service(), door.actor(), patient_id, pair, reason)
    _chart(patient_id, fact, "dose.distinct")
    return door.go(f"{address(patient_id, drug)}?done=distinct")


@door.page("/p/<patient_id>/dosing/<medication>/elsewhere", *door.PERSONS, methods=("POST",))
def before_arrival(patient_id: str, medication: str) -> Response:
    """Were doses given before arrival?"""
    drug, form = dosing.drug_of(door.service(), medication), posted()
    answer = form.choice("elsewhere", _("Doses before arrival"), tuple(ANSWERS), required=True)
    reason = form.text("reason", _("Who was asked, and how"), required=True)
    if form.faults or answer is None or reason is None:
        return drawn(patient_id, drug, form, status=422)
    _chart(patient_id, elsewhere(door.service(), drug.name, answer, reason), "dose.elsewhere")
    return door.go(f"{address(patient_id, drug)}?done=elsewhere")


def _chart(patient_id: str, fact: Charted, action: str) -> None:
    record.record(
        door.service(), door.actor(), patient_id, [fact], _kept, action=action, keyed=door.keyed()
    )


def _kept(outcome: Outcome) -> bytes:
    """What is kept under the key of a form."""
    return orjson.dumps({"version": outcome.version, "fact": outcome.facts[0]["id"]})


def _against(
    patient_id: str, drug: Drug, asked: Asked | None, permission: str | None
) -> list[dose_rules.Rule]:
    """The rules that a dose is certainly against; none where its time is not known."""
    if asked is None:
        return []
    answer = dosing.told(
        door.service(), door.actor(), patient_id, drug.name, asked,
        action="check.dosing", without=permission,
    )  # fmt: skip
    return [
        each
        for each in dose_rules.rules(answer, drug)
        if each.state == dose_rules.NOT_MET and each.code != "weight"
    ]


def _form(patient_id: str, drug: Drug, form: Form, status: int = 200) -> Response:
    answer = dosing.told(door.service(), door.actor(), patient_id, drug.name)
    return door.render(
        "dose_given.html",
        status,
        patient=banner.of(patient_id),
        here="/pharmacy",
        drug=drug,
        form=form,
        errors=form.faults,
        held=answer["held"],
        routes=_routes(),
        statuses=[(each, _(says)) for each, says in STATUSES.items()],
        back=address(patient_id, drug),
    )


def _stop(patient_id: str, drug: Drug, form: Form, against: list[dose_rules.Rule]) -> Response:
    asked_before = "against_reason" in form.values
    return door.render(
        "dose_against.html",
        422 if asked_before else 200,
        patient=banner.of(patient_id),
        drug=drug,
        form=form,
        errors=form.faults if asked_before else (),
        against=against,
        back=f"/p/{patient_id}/dosing/{drug.name}/given",
    )


def _fact(patient_id: str, dose_id: str) -> Row:
    """A record of a dose of this patient. Raises NotFound."""
    service = door.service()
    with service.store.reading():
        look_up.head(service, door.actor(), patient_id)
        fact = facts.get(service.store, dose_id)
    if fact is None or fact["patient_id"] != patient_id or fact["kind"] != ADMINISTRATION:
        raise NotFound("no such dose")
    return fact


def _shown(patient_id: str, drug: Drug, fact: Row, form: Form, status: int = 200) -> Response:
    detail = orjson.loads(fact["detail"]) if fact["detail"] else {}
    return door.render(
        "dose_record.html",
        status,
        patient=banner.of(patient_id),
        here="/pharmacy",
        drug=drug,
        fact=fact,
        detail=detail,
        stands=fact["replaced_by"] is None and fact["value"] is not None,
        form=form,
        errors=form.faults,
        routes=_routes(),
        statuses=[(each, _(says)) for each, says in STATUSES.items()],
        status_words={each: _(says) for each, says in STATUSES.items()},
        back=address(patient_id, drug),
    )


def _routes() -> list[tuple[str, str]]:
    return [(each, ROUTE_WORDS.get(each, each)) for each in ROUTES]
