"""The pharmacy: who may need tocilizumab, what each may have now, and what is in the cupboard."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import orjson
from flask import Response, request

from toxmon.actions import Forbidden, Refused, ahead, dose_rules, dosing, look_up, stock
from toxmon.actions.dose_rules import Used
from toxmon.actions.stock import BECAUSE, OnHand
from toxmon.store import Row, patients, stocks
from toxmon.timeline.known import Level
from toxmon.ward import door
from toxmon.ward.dosing import PLACES, TOCILIZUMAB, WORDS
from toxmon.ward.form import NUMBER, Form, posted
from toxmon.ward.language import _, later

COUNTERS = ("pharmacist", "nurse")
ENOUGH = {True: later("enough"), False: later("NOT ENOUGH"), None: later("not known")}
WHY = {
    "crs_window": later("in the usual time of CRS"),
    "crs": later("has CRS"),
    "planned": later("about to be infused"),
}
DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Line:
    """One patient: the word of tocilizumab and what it rests on."""

    patient: Row
    unit: str
    bed: str | None
    day: int
    product: str
    crs: Level | None
    answer: dict[str, Any]
    used: tuple[Used, ...]


@door.page("/pharmacy", *door.CLINICAL)
def pharmacy() -> Response:
    """The patients within reach, what tocilizumab each may have, and the stock of each unit."""
    service, actor = door.service(), door.actor()
    now = service.clock()
    drug = dosing.drug_of(service, TOCILIZUMAB)
    lines = []
    for row, found in ahead.of_unit(service, actor, None, now):
        if found.known.over(now):
            continue
        patient_id = row["patient_id"]
        with service.store.reading():
            heads = patients.heads(service.store, patient_id)
            patient = patients.get(service.store, patient_id)
            if patient is None or heads[0].get("merged_into"):
                continue
            answer = dosing.answered(service, patient_id, heads, drug, None, now=now)
        stay = found.known.stay(now)
        lines.append(
            Line(
                patient=patient,
                unit=row["unit"],
                bed=stay.bed if stay else None,
                day=look_up.day_of(service, found.treatment, now),
                product=found.treatment["product"],
                crs=found.known.levels.get("crs"),
                answer=answer,
                used=dose_rules.used(answer, drug),
            )
        )
    look_up.note_looking(service, actor, "list.dosing")
    units = sorted({each.unit for each in lines} | set(actor.units or ()))
    lines.sort(key=lambda each: (each.unit, in_order(each.bed), each.patient["id"]))
    return door.render(
        "pharmacy.html",
        here="/pharmacy",
        lines=lines,
        words=WORDS,
        places=PLACES,
        stocks=[(unit, stock.of_unit(service, actor, unit, TOCILIZUMAB, now)) for unit in units],
        enough=ENOUGH,
        because=BECAUSE,
        may_count=actor.role in COUNTERS,
        done=_("The count was kept.") if request.args.get("done") == "counted" else None,
    )


@door.page("/pharmacy/stock", *door.CLINICAL, methods=("GET", "POST"))
def stock_count() -> Response:
    """The stock of a unit against who may need it, and a new count of all that is there."""
    service, actor = door.service(), door.actor()
    form = posted("strength", "vials")
    unit = form["unit"].strip()
    if unit and not actor.may_see(unit):
        raise Forbidden(_("you do not reach that unit"))
    if request.method == "GET":
        return _counted(unit, Form({"unit": unit}))
    if actor.role not in COUNTERS:
        raise Forbidden(_("a count is made by a pharmacist or a nurse"))
    if not unit:
        form.fault("unit", _("Unit: write which"))
    at = form.instant("counted", _("Counted"), service.zone, service.clock(), required=True)
    sent: Row = {
        "unit": unit,
        "medication": TOCILIZUMAB,
        "counts": _counts(form),
        "counted_at": at,
        "note": form.text("note", _("Note")),
    }
    if form.faults:
        return _counted(unit, form, 422)
    try:
        stock.count(service, actor, sent, _kept, door.keyed())
    except Refused as error:
        form.take(error.faults, {"/counted_at": "counted_date", "/counts": "vials-1"})
        return _counted(unit, form, 422)
    return door.go("/pharmacy?done=counted")


def _counts(form: Form) -> list[Row]:
    """The vials of each strength that was named: empty is not said, 0 is none there."""
    found: list[Row] = []
    rows = zip(form.many["strength"], form.many["vials"], strict=False)
    for place, (size, number) in enumerate(rows, start=1):
        size, number = size.strip().replace(",", "."), number.strip()
        if not size and not number:
            continue
        strength = Decimal(size) if NUMBER.fullmatch(size) else Decimal(0)
        if not 10 <= strength <= 10_000 or strength * 10 != (strength * 10).to_integral_value():
            form.fault(f"strength-{place}", _("Strength in mg: write a number from 10 to 10000"))
        elif not number and place <= len(_strengths()):
            continue
        elif not (number.isascii() and number.isdigit() and int(number) <= 10_000):
            form.fault(
                f"vials-{place}", _("Vials: write a whole number; 0 says that none is there")
            )
        elif strength in {each["strength"] for each in found}:
            form.fault(f"strength-{place}", _("Strength in mg: stands here twice"))
        else:
            found.append({"strength": strength.normalize() + 0, "vials": int(number)})
    if not found and not form.faults:
        form.fault("vials-1", _("Vials: count at least one strength; 0 says that none is there"))
    return found[: stocks.MOST_STRENGTHS]


def _strengths() -> list[Decimal]:
    drug = dosing.drug_of(door.service(), TOCILIZUMAB)
    return [each.mg for each in drug.vials][: stocks.MOST_STRENGTHS]


def _counted(unit: str, form: Form, status: int = 200) -> Response:
    service, actor = door.service(), door.actor()
    found: OnHand | None = None
    if unit:
        found = stock.of_unit(service, actor, unit, TOCILIZUMAB, service.clock())
    known = _strengths()
    named = [*form.many.get("strength", ())] or [f"{each:f}" for each in known]
    vials = [*form.many.get("vials", ())]
    rows = [(size, vials[place] if place < len(vials) else "") for place, size in enumerate(named)]
    rows += [("", "")] * (stocks.MOST_STRENGTHS - len(rows))
    return door.render(
        "stock.html",
        status,
        here="/pharmacy",
        unit=unit,
        units=[(each, each) for each in sorted(actor.units or ())],
        found=found,
        form=form,
        errors=form.faults,
        rows=rows,
        known=len(known),
        enough=ENOUGH,
        because=BECAUSE,
        why=WHY,
        may_count=actor.role in COUNTERS,
    )


def _kept(rows: list[Row]) -> bytes:
    return orjson.dumps({"ids": [row["id"] for row in rows]})


def in_order(bed: str | None) -> tuple[object, ...]:
    """Beds in the order of a ward: 2 before 12, and those without a bed last."""
    if bed is None:
        return (1,)
    parts = [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in DIGITS.split(bed)
        if part
    ]
    return (0, *parts)
