"""Enrol a patient: one form, one look at what was written and at the windows that will open, saved
as one act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import orjson
from flask import Response, request

from toxmon.actions import Conflicting, Refused, infuse, placing
from toxmon.actions.admit import Admission, admit
from toxmon.actions.begin_record import faults_of_birth
from toxmon.actions.naming import fault_of_name
from toxmon.actions.record import Charted, check_times
from toxmon.actions.replay import Answer
from toxmon.grading.kinds import KINDS
from toxmon.grading.treatment import Treatment
from toxmon.grading.units import Refused as NotMeasured
from toxmon.grading.units import measure
from toxmon.store import Row, identifiers, patients
from toxmon.timeline import windows
from toxmon.timeline.windows import WindowNow
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later
from toxmon.ward.twice import sent_before

MRN = "urn:mrn"
MOST_SYSTEMS = 20
SEXES = {
    "female": later("female"),
    "male": later("male"),
    "other": later("other"),
    "unknown": later("not known"),
}
BASELINE = {
    "ice_score": (later("ICE, 0 to 10"), None),
    "ferritin": (later("Ferritin, ng/mL"), "ng/mL"),
    "crp": (later("CRP, mg/L"), "mg/L"),
    "platelets": (later("Platelets, ×10⁹/L"), "10*9/L"),
}
ANC_UNITS = {"/uL": "/µL", "10*9/L": "×10⁹/L"}
FIELDS = (
    "system", "number", "system2", "number2", "name", "born", "sex", "unit", "bed",
    "weight", "weighed_date", "weighed_time", "weighed_fold", "product", "infused_date",
    "infused_time", "infused_fold", *BASELINE, "anc", "anc_unit", "baseline_date",
    "baseline_time", "baseline_fold",
)  # fmt: skip
PLACES = {
    "/birth_date": "born",
    "/identifiers/0": "number",
    "/identifiers/1": "number2",
    "/weighed_at": "weighed_date",
    "/infused_at": "infused_date",
    "/baseline_at": "baseline_date",
    "/product": "product",
}


@door.page("/enrol", *door.CHARTING, methods=("GET", "POST"))
def enrol() -> Response:
    """The form; then the look at it; then the record."""
    if request.method == "GET":
        return _form(Form())
    form = posted()
    if form["act"] == "change":
        return _form(form)
    before = sent_before() if form["act"] == "save" else None
    if before is not None:
        return _on(before)
    admission, doubts = _read(form)
    if form.faults or admission is None:
        return _form(form, 422)
    existing = _existing(admission)
    if existing is not None:
        place, seen = existing
        form.fault(place, _("Number: belongs to a patient on record"))
        return _form(form, 409, seen)
    if form["act"] != "save":
        return _review(form, admission, doubts)
    service = door.service()
    try:
        answer = admit(service, door.actor(), admission, _kept, keyed=door.keyed())
    except Refused as error:
        form.take(error.faults, PLACES)
        return _form(form, 422)
    except Conflicting as error:
        words = error.fault.detail if error.fault else str(error)
        form.fault(PLACES.get(error.fault.pointer if error.fault else "", "number"), words)
        return _form(form, 409)
    return _on(answer)


def _on(answer: Answer) -> Response:
    """To the page of the patient who was enrolled."""
    return door.go(f"/p/{orjson.loads(answer.body)['patient']}?done=enrolled")


def _kept(patient_id: str) -> bytes:
    return orjson.dumps({"patient": patient_id})


def _read(form: Form) -> tuple[Admission | None, list[str]]:
    """What was written, as an admission, and what of it seems unlikely."""
    service, actor = door.service(), door.actor()
    now = service.clock()
    numbers = _numbers(form)
    name = form.text("name", _("Name"), most=200)
    if name and (wrong := fault_of_name(name, of_person=True)):
        form.fault("name", _("Name: %(wrong)s", wrong=wrong))
    born = _day(form)
    sex = form.choice("sex", _("Sex"), tuple(SEXES))
    unit = form.text("unit", _("Ward"), required=True, most=60)
    if unit and (wrong := fault_of_name(unit)):
        form.fault("unit", _("Ward: %(wrong)s", wrong=wrong))
    elif unit and not actor.may_see(unit):
        form.fault("unit", _("Ward: you do not reach it; write one of yours"))
    bed = form.text("bed", _("Bed"), most=50)
    if bed and (wrong := fault_of_name(bed)):
        form.fault("bed", _("Bed: %(wrong)s", wrong=wrong))
    charted, doubts = _facts(form, now)
    product = form.choice("product", _("Product"), tuple(service.protocols.products))
    infused = form.instant("infused", _("Infusion"), service.zone, now)
    editions: list[Row] = []
    if (product is None) != (infused is None) and not form.of("infused_date"):
        form.fault("infused_date" if product else "product",
                   _("Product and infusion: write both, or neither"))  # fmt: skip
    elif product is not None and infused is not None:
        fact, editions = infuse.infusion(service, product, infused, {"dose": None})
        charted.append(fact)
    if bed and unit:
        # In the bed from the first thing that is known of here, so that nothing lies before it.
        since = min((each.effective_at for each in charted if each.kind == "infusion"), default=now)
        fact = placing.stay("inpatient", since, unit, bed, None)
        charted.append(replace(fact, pointer="/infused_at"))
    _check(form, charted, born, now)
    if form.faults or unit is None:
        return None, doubts
    patient: Row = {"name": name, "birth_date": born, "sex": sex, "unit": unit}
    return Admission(
        patient=patient, identifiers=numbers, charted=charted, began_under=editions
    ), doubts


def _numbers(form: Form) -> list[Row]:
    found: list[Row] = []
    for place in ("", "2"):
        system = form.text(f"system{place}", _("Kind of number"), most=200) or MRN
        number = form.text(f"number{place}", _("Number"), required=not place, most=100)
        for text, box in ((number, f"number{place}"), (system, f"system{place}")):
            if text and (wrong := fault_of_name(text)):
                form.fault(box, _("Number: %(wrong)s", wrong=wrong))
        if "|" in system:
            form.fault(f"system{place}", _("Kind of number: leave out the bar"))
        if number:
            found.append({"system": system, "value": number})
    if len(found) == 2 and found[0] == found[1]:
        form.fault("number2", _("Number: stands here twice"))
    return found


def _day(form: Form) -> date | None:
    text = form["born"].strip()
    if not text:
        return None
    try:
        born = date.fromisoformat(text)
    except ValueError:
        form.fault("born", _("Date of birth: write a date"))
        return None
    wrong = faults_of_birth(door.service(), born)
    for each in wrong:
        form.fault("born", _("Date of birth: %(wrong)s", wrong=each.detail))
    return None if wrong else born


def _facts(form: Form, now: datetime) -> tuple[list[Charted], list[str]]:
    """Weight and baselines as facts; a value that seems unlikely waits until somebody confirms."""
    service = door.service()
    found: list[Charted] = []
    doubts: list[str] = []
    weighed = form.instant("weighed", _("Weighed"), service.zone, now)
    baseline = form.instant("baseline", _("Baseline of"), service.zone, now)
    boxes: list[tuple[str, str, str | None, datetime | None, str, str]] = [
        ("weight", _("Weight"), "kg", weighed, "weighed_date", "/weighed_at")
    ]
    boxes += [
        (kind, _(label), unit, baseline, "baseline_date", "/baseline_at")
        for kind, (label, unit) in BASELINE.items()
    ]
    anc = form.choice("anc_unit", _("Unit of neutrophils"), tuple(ANC_UNITS))
    boxes.append(("anc", _("Neutrophils"), anc, baseline, "baseline_date", "/baseline_at"))
    for kind, label, unit, at, when, pointer in boxes:
        value = form.number(kind, label)
        if value is None:
            continue
        if kind == "anc" and anc is None and not form.of("anc_unit"):
            form.fault("anc_unit", _("Unit of neutrophils: choose one"))
            continue
        if at is None:
            if not form.of(when):
                form.fault(when, _("%(label)s: write of when it is", label=label))
            continue
        try:
            measured = measure(KINDS[kind], value, unit)
        except NotMeasured as error:
            form.fault(kind, _("%(label)s: %(wrong)s", label=label, wrong=error.detail))
            continue
        if measured.quarantine:
            doubts.append(f"{label}: {measured.quarantine}")
        sent = {"value": float(value), "text": str(value), "unit": unit, "rule": measured.rule}
        found.append(
            Charted(
                kind=kind,
                value=measured.value,
                effective_at=at,
                sent=sent,
                status="quarantined" if measured.quarantine else "final",
                doubt=measured.quarantine,
                pointer=pointer,
            )
        )
    return found, doubts


def _check(form: Form, charted: list[Charted], born: date | None, now: datetime) -> None:
    try:
        check_times(charted, now, born.isoformat() if born else None, door.service().zone)
    except Refused as error:
        form.take(error.faults, PLACES)


def _existing(admission: Admission) -> tuple[str, str | None] | None:
    """The field of a number that a patient has already, and who, if within reach."""
    store, actor = door.service().store, door.actor()
    with store.reading():
        for place, each in enumerate(admission.identifiers):
            found = patients.holder(store, each["system"], each["value"])
            if found is not None:
                row = patients.get(store, found)
                seen = row is not None and actor.may_see(row["unit"], found)
                return ("number2" if place else "number"), found if seen else None
    return None


def opens(product_name: str, infused_at: datetime, born: date | None) -> tuple[WindowNow, ...]:
    """The windows of a product, with their dates, for an infusion that is not yet on record."""
    service = door.service()
    product = service.protocols.products[product_name]
    treatment = Treatment(infused_at, born, service.zone)
    return windows.windows(product, treatment, (), infused_at)


def _review(form: Form, admission: Admission, doubts: list[str]) -> Response:
    infusion = next((each for each in admission.charted if each.kind == "infusion"), None)
    shown: tuple[WindowNow, ...] = ()
    if infusion is not None:
        shown = opens(str(infusion.value), infusion.effective_at, admission.patient["birth_date"])
    return door.render(
        "enrol_review.html",
        form=form,
        fields=[(name, form[name]) for name in FIELDS if form[name]],
        admission=admission,
        facts=[each for each in admission.charted if each.kind in KINDS],
        kinds=KINDS,
        infusion=infusion,
        product=_title(infusion),
        windows=shown,
        doubts=doubts,
        sexes=SEXES,
    )


def _title(infusion: Charted | None) -> str | None:
    if infusion is None:
        return None
    return door.service().protocols.products[str(infusion.value)].title


def _form(form: Form, status: int = 200, existing: str | None = None) -> Response:
    service = door.service()
    with service.store.reading():
        systems = identifiers.systems(service.store, MOST_SYSTEMS)
    return door.render(
        "enrol.html",
        status,
        form=form,
        errors=form.faults,
        existing=existing,
        systems=[(each, each.removeprefix("urn:")) for each in dict.fromkeys((*systems, MRN))],
        units=[(each, each) for each in sorted(door.actor().units or ())],
        products=products(),
        sexes=[(value, _(words)) for value, words in SEXES.items()],
        baseline=[(kind, _(label)) for kind, (label, _unit) in BASELINE.items()],
        anc_units=list(ANC_UNITS.items()),
    )


def products() -> list[tuple[str, str]]:
    """Every product by name, with its title."""
    known: dict[str, Any] = dict(door.service().protocols.products)
    return [(name, known[name].title) for name in sorted(known)]
