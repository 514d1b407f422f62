"""May a dose of tocilizumab be given, by what is typed: no record is read, nothing is stored."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Response, request

from toxmon.actions import dosing
from toxmon.actions.begin_record import OLDEST_YEARS
from toxmon.actions.loose_dose import Loose, answered
from toxmon.dosing.giving import INDICATIONS
from toxmon.dosing.situation import Given
from toxmon.grading.kinds import KINDS
from toxmon.ward import door
from toxmon.ward.dosing import FOR, TOCILIZUMAB, amount_mg, as_shown
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _

DOSES = 6
AHEAD = timedelta(days=7)
NONE, SOME = "none", "some"


@door.page("/calc/tocilizumab", *door.EVERYBODY, methods=("GET", "POST"))
def tocilizumab_without_record() -> Response:
    """The check of a dose from weight, time, and the doses before."""
    if request.method == "GET":
        return _drawn(Form())
    form = posted()
    said = _said(form)
    if form.faults or said is None:
        return _drawn(form, 422)
    return _drawn(form, answer=answered(door.service(), TOCILIZUMAB, said))


def _said(form: Form) -> Loose | None:
    service = door.service()
    now = service.clock()
    at = form.instant("at", _("When it would be given"), service.zone, now, ahead=AHEAD)
    kg = form.number("weight", _("Weight in kg"))
    possible = KINDS["weight"].possible
    if kg is not None and possible is not None and not possible[0] <= kg <= possible[1]:
        form.fault("weight", _("Weight in kg: write one from %(low)s to %(high)s",
                               low=possible[0], high=possible[1]))  # fmt: skip
    years = form.number("age", _("Age in years"))
    if years is not None and not 0 <= years <= OLDEST_YEARS:
        form.fault("age", _("Age in years: write one from 0 to %(most)s", most=OLDEST_YEARS))
    before = form.choice("before", _("Doses before"), (NONE, SOME))
    doses = list(_doses(form))
    if before == NONE and doses:
        form.fault("before", _("Doses before: none, or those that are written below"))
    if before == SOME and not doses and not form.faults:
        form.fault("dose1_date", _("Doses before: write when each was begun"))
    weighed = form.instant("weighed", _("Weighed"), service.zone, now)
    began = form.instant("began", _("Infusion of the cells"), service.zone, now)
    mg = amount_mg(form)
    indication = form.choice("indication", _("What for"), INDICATIONS)
    if form.faults:
        return None
    return Loose(
        at=at or now,
        mg=mg,
        indication=indication,
        weight_kg=kg,
        weighed_at=weighed,
        age_years=years,
        began_at=began,
        doses=doses if before or doses else None,
    )


def _doses(form: Form) -> list[Given]:
    service = door.service()
    found = []
    for number in range(1, DOSES + 1):
        label = _("Dose %(n)s", n=number)
        at = form.instant(f"dose{number}", label, service.zone, service.clock())
        mg: Decimal | None = amount_mg(form, f"dose{number}_mg")
        if at is None and mg is not None and not form.of(f"dose{number}_date"):
            form.fault(f"dose{number}_date", _("%(label)s: write when it was begun", label=label))
        if at is not None:
            found.append(Given(fact=f"/earlier_doses/{number - 1}", at=at, mg=mg))
    return found


def _drawn(form: Form, status: int = 200, answer: dict[str, Any] | None = None) -> Response:
    service = door.service()
    drug = dosing.drug_of(service, TOCILIZUMAB)
    shown = {}
    if answer is not None:
        shown = as_shown({**answer, "as_of": service.clock()}, drug)
    return door.render(
        "calc_dose.html",
        status,
        here="/calc",
        drug=drug,
        form=form,
        errors=form.faults,
        numbers=range(1, DOSES + 1),
        indications=[(each, _(FOR[each])) for each in INDICATIONS],
        befores=[(NONE, _("none was given")), (SOME, _("those below"))],
        **shown,
    )
