"""The infusion that begins a treatment, further doses of a product given in steps, and a time that
was wrong: what would change is shown before, what changed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from flask import Response, request

from toxmon.actions import (
    Conflicting,
    NotFound,
    Refused,
    Stale,
    ahead,
    corrections,
    infuse,
    look_up,
    record,
)
from toxmon.actions.beginnings import beginnings
from toxmon.actions.record import INFUSION, RETRACTED, Charted, Outcome
from toxmon.grading.treatment import Treatment
from toxmon.saved import load_value
from toxmon.store import Conflict, Row, assessments, facts
from toxmon.timeline import windows
from toxmon.timeline.doses import NextDose
from toxmon.timeline.windows import WindowNow
from toxmon.ward import banner, door
from toxmon.ward.enrol import opens, products
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later
from toxmon.ward.twice import sent_before

DONE = {
    "begun": later("The treatment has begun."),
    "given": later("The dose was recorded."),
    "corrected": later("The time was corrected. The old record stays readable."),
    "taken_back": later("The record of the infusion was taken back. It stays readable."),
}


@dataclass(frozen=True, slots=True)
class Given:
    """An infusion on record. `number` is that of a dose in its series, from 1."""

    fact: str
    product: str
    title: str
    at: datetime
    begins: bool
    number: int
    by: str
    recorded_at: datetime
    before: tuple[Row, ...]


@door.page("/p/<patient_id>/infusion", *door.CLINICAL, methods=("GET", "POST"))
def infusion(patient_id: str) -> Response:
    """Every infusion on record, and a new one."""
    if request.method == "GET":
        return _drawn(patient_id, Form())
    if door.actor().role not in door.CHARTING:
        raise door.Forbidden(_("an infusion is charted by a nurse or a physician"))
    service, form = door.service(), posted()
    known = service.protocols.products
    product = form.choice("product", _("Product"), tuple(known), required=True)
    at = form.instant("infused", _("Start"), service.zone, service.clock(), required=True)
    if form.faults or product is None or at is None:
        return _drawn(patient_id, form, 422)
    if form["act"] != "save":
        return _look(patient_id, form, product, at)
    fact, editions = infuse.infusion(service, product, at, {"dose": None})
    goes_on = any(each.product == product for each in _infusions(patient_id)[0])
    try:
        record.record(
            service, door.actor(), patient_id, [fact], _kept,
            action="infuse", keyed=door.keyed(), began_under=editions,
        )  # fmt: skip
    except Refused as error:
        form.take(error.faults, {"/infused_at": "infused_date", "/product": "product"})
        return _drawn(patient_id, form, 422)
    done = "given" if goes_on and known[product].repeated else "begun"
    return door.go(f"/p/{patient_id}/infusion?done={done}")


@door.page("/p/<patient_id>/infusion/<fact_id>", *door.CHARTING, methods=("GET", "POST"))
def correct_infusion(patient_id: str, fact_id: str) -> Response:
    """The time was wrong, or it never was: look at what changes, say why, keep it."""
    before = sent_before() if request.method == "POST" else None
    if before is not None:
        version = orjson.loads(before.body)["version"]
        return door.go(f"/p/{patient_id}/infusion?done=corrected&version={version}")
    found, head = _infusions(patient_id)
    given = next((each for each in found if each.fact == fact_id), None)
    if given is None:
        raise NotFound("no such infusion; it may have been corrected meanwhile")
    form = posted()
    if request.method == "GET":
        return _correction(patient_id, given, form=Form())
    service = door.service()
    back = form["act"] in ("back", "back_save")
    at = None
    if not back:
        at = form.instant("infused", _("Start"), service.zone, service.clock(), required=True)
        if at is not None and at == given.at:
            form.fault("infused_date", _("Start: is as on record; write the right one"))
    reason = form.text("reason", _("Why"), required=True)
    if form.faults or reason is None:
        return _correction(patient_id, given, form, 422)
    if form["act"] not in ("save", "back_save"):
        return _correction(patient_id, given, form, changes=_changes(given, at, head), at=at)

    def replacement(fact: Row) -> Charted:
        return Charted(
            kind=INFUSION,
            value=None if back else load_value(fact["value"]),
            effective_at=at or fact["effective_at"],
            detail=orjson.loads(fact["detail"]),
            status=RETRACTED if back else "corrected",
            replaces_id=fact["id"],
            reason=reason,
            pointer="/infused_at",
        )

    try:
        answer = corrections.correct(
            service, door.actor(), fact_id, replacement, _kept,
            action="retract" if back else "correct", keyed=door.keyed(),
        )  # fmt: skip
    except Refused as error:
        form.take(error.faults, {"/infused_at": "infused_date"})
        return _correction(patient_id, given, form, 422)
    except (Conflicting, Conflict, Stale):
        form.fault("", _("Somebody else has corrected this first. Nothing of yours was kept."))
        return _drawn(patient_id, form, 409)
    version = orjson.loads(answer.body)["version"]
    done = "taken_back" if back else "corrected"
    return door.go(f"/p/{patient_id}/infusion?done={done}&version={version}")


def _kept(outcome: Outcome) -> bytes:
    return orjson.dumps({"version": outcome.version})


def _infusions(patient_id: str) -> tuple[list[Given], Row]:
    """The infusions that stand, the oldest first, and the head of the record. Raises NotFound."""
    service = door.service()
    with service.store.reading():
        heads = look_up.head(service, door.actor(), patient_id)
        rows = facts.standing_of_kind(service.store, patient_id, INFUSION)
        first = {each["id"] for each in beginnings(service, rows)}
        found: list[Given] = []
        for row in rows:
            detail = orjson.loads(row["detail"])
            begins = row["id"] in first
            found.append(
                Given(
                    fact=row["id"],
                    product=detail["product"],
                    title=service.product(detail["product_edition"]).title,
                    at=row["effective_at"],
                    begins=begins,
                    number=1 if begins else found[-1].number + 1,
                    by=row["recorded_by"],
                    recorded_at=row["recorded_at"],
                    before=tuple(_before(row)),
                )
            )
    return found, heads[0]


def _before(row: Row) -> list[Row]:
    """What a record has replaced, the newest first."""
    found: list[Row] = []
    named = row["replaces_id"]
    while named is not None:
        before = facts.get(door.service().store, named)
        if before is None:
            break
        found.append(before)
        named = before["replaces_id"]
    return found


def _next(patient_id: str) -> NextDose | None:
    """The next step of a product that is given in steps."""
    service = door.service()
    _head, found = ahead.of_patient(service, door.actor(), patient_id, service.clock())
    return found[-1].plan.next_dose if found else None


def _born(head: Row) -> date | None:
    return date.fromisoformat(head["birth_date"]) if head["birth_date"] else None


def _changes(
    given: Given, at: datetime | None, head: Row
) -> list[tuple[WindowNow, WindowNow | None]]:
    """Each window as it is and as it would be; None where it would be none."""
    service = door.service()
    product = service.protocols.products.get(given.product)
    if product is None:
        return []
    born = _born(head)
    old = windows.windows(product, Treatment(given.at, born, service.zone), (), given.at)
    if at is None:
        return [(each, None) for each in old]
    new = windows.windows(product, Treatment(at, born, service.zone), (), at)
    return list(zip(old, new, strict=False))


def _look(patient_id: str, form: Form, product: str, at: datetime) -> Response:
    """The look before a treatment begins: which windows open."""
    found, head = _infusions(patient_id)
    last = found[-1] if found else None
    known = door.service().protocols.products[product]
    goes_on = last is not None and last.product == product and known.repeated
    return door.render(
        "infusion_look.html",
        patient=banner.of(patient_id),
        form=form,
        product=known,
        at=at,
        goes_on=goes_on,
        ends=last if last is not None and not goes_on else None,
        windows=() if goes_on else opens(product, at, _born(head)),
    )


def _drawn(patient_id: str, form: Form, status: int = 200) -> Response:
    found, _head = _infusions(patient_id)
    service = door.service()
    changed: list[Row] = []
    version = request.args.get("version", "")
    if version.isascii() and version.isdigit() and len(version) < 10:
        with service.store.reading():
            changed = assessments.of_version(service.store, patient_id, int(version))
    return door.render(
        "infusion.html",
        status,
        patient=banner.of(patient_id),
        form=form,
        errors=form.faults,
        infusions=found,
        products=products(),
        next=_next(patient_id),
        may_chart=door.actor().role in door.CHARTING,
        done=DONE.get(request.args.get("done", "")) if status == 200 else None,
        changed=changed,
        version=version
        if changed or request.args.get("done") in ("corrected", "taken_back")
        else None,
    )


def _correction(
    patient_id: str,
    given: Given,
    form: Form,
    status: int = 200,
    changes: Any = None,
    at: datetime | None = None,
) -> Response:
    return door.render(
        "infusion_correct.html",
        status,
        patient=banner.of(patient_id),
        form=form,
        errors=form.faults,
        given=given,
        changes=changes,
        at=at,
        takes_back=form["act"] in ("back", "back_save"),
    )
