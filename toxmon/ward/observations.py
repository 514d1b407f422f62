"""A set at the bedside: the sheet, what it would change, its saving, and one look before that."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import orjson
from flask import Response, make_response, request

from toxmon.actions import Refused, look_up, record, what_if
from toxmon.actions.opened import treatment_of
from toxmon.actions.record import Outcome
from toxmon.actions.replay import Answer, replayed
from toxmon.grading.icans import CAPD_BELOW_YEARS
from toxmon.grading.vital_kinds import (
    COUNTED_VASOPRESSORS,
    NOT_VASOPRESSORS,
    VASOPRESSIN_LIKE,
)
from toxmon.store import Row
from toxmon.ward import (
    asked,
    banner,
    before,
    door,
    questions,
    sheet,
    shown,
    value,
    words,
    wristband,
)
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _

BY_SCRIPT = "X-Toxmon-Script"
GO = "X-Toxmon-Go"
"""Where a script is to go on to; without one the browser follows a redirect there."""
EARLIER = (5, 15, 60)
NOT_CARRIED = ("form_token", "form_id", "change", "confirmed", "carried", "save")
WHY_NOT = ("refused", "asleep", "away from the ward", "no device", "other")


@door.page("/p/<patient_id>/obs/new", *door.CHARTING, methods=("GET", "POST"))
def new_observations(patient_id: str) -> Response:
    """The sheet; posted, the set is kept, or somebody is asked to look again."""
    if request.method == "POST":
        return _save(patient_id)
    return _sheet_page(patient_id, Form(many={name: [] for name in asked.MANY}))


@door.page("/p/<patient_id>/obs/carried", *door.CHARTING, methods=("POST",))
def carried(patient_id: str) -> Response:
    """The sheet with values that were entered on another patient, to be looked at one by one."""
    form = posted(*asked.MANY)
    form.values.pop("form_id", None)
    try:
        local = datetime.fromisoformat(form["when"]).astimezone(door.service().zone)
    except (ValueError, OverflowError):
        form.values.pop("when", None)
    else:
        fold = str(local.fold)
        form.values |= {"when": "other", "obs_date": f"{local:%Y-%m-%d}",
                        "obs_time": f"{local:%H:%M}", "obs_fold": fold}  # fmt: skip
    return _sheet_page(patient_id, form, carried=True)


@door.page("/p/<patient_id>/obs/preview", *door.CHARTING, methods=("POST",))
def preview(patient_id: str) -> Response:
    """The grade as it would be, in a line; nothing is kept."""
    service, form = door.service(), posted(*asked.MANY)
    with service.store.reading():
        heads = look_up.head(service, door.actor(), patient_id)
        known = before.of(patient_id, shown.now())
    read = sheet.read(form, shown.now(), child=is_child(heads), same=known.same())
    if form.faults or not read.found:
        return door.render("preview.html", waits=True)
    found = what_if.preview(service, door.actor(), patient_id, read.charted(confirmed=True))
    return door.render("preview.html", found=found, title=value.title)


def age_of(heads: list[Row]) -> Decimal | None:
    """How old somebody is today, in years; None where no birth date is known."""
    row = {"infused_at": shown.now(), "next_at": None}
    return treatment_of(heads[0], row, door.service().zone).age_years(shown.now())


def is_child(heads: list[Row]) -> bool:
    """Is it the CAPD that is asked for, and not the ICE?"""
    age = age_of(heads)
    return age is not None and age < CAPD_BELOW_YEARS


def _save(patient_id: str) -> Response:
    service, actor, form = door.service(), door.actor(), posted(*asked.MANY)
    if form["change"]:
        return _sheet_page(patient_id, form)
    if form["scan"].strip():
        stop = wristband.looked_at(patient_id, form)
        if stop is not None:
            return stop
        if form["check"] or form.faults:
            return _sheet_page(patient_id, form)
    keyed = door.keyed()
    with service.store.reading():
        heads = look_up.head(service, actor, patient_id)
        look_up.refuse_merged(heads[0])
        again = replayed(service.store, actor, keyed)
        known = before.of(patient_id, shown.now())
    if again is not None:  # Sent twice: the same set, and nothing is asked a second time.
        return _kept(patient_id, again)
    read = sheet.read(form, shown.now(), child=is_child(heads), same=known.same())
    if form.faults:
        return _sheet_page(patient_id, form)
    open_ = questions.of_values(form, read, known, age_of(heads))
    with service.store.reading():
        theirs = questions.of_others(patient_id, read)
    open_ += [theirs] if theirs else []
    confirmed = form["confirmed"] == questions.digest(open_)
    if any(each.own for each in open_) or (open_ and not confirmed):
        return _ask(patient_id, form, open_)
    try:
        answer = record.record(
            service, actor, patient_id, read.charted(confirmed=confirmed), _rendered, keyed=keyed
        )
    except Refused as error:
        form.take(error.faults, {})
        return _sheet_page(patient_id, form)
    return _kept(patient_id, answer)


def _rendered(outcome: Outcome) -> bytes:
    return orjson.dumps({"version": outcome.version})


def _kept(patient_id: str, answer: Answer) -> Response:
    return go_to_result(patient_id, orjson.loads(answer.body)["version"])


def go_to_result(patient_id: str, version: int) -> Response:
    """On to what was kept: a redirect, or its address for a script."""
    there = f"/p/{patient_id}/obs/{version}/result"
    if BY_SCRIPT not in request.headers:
        return door.go(there)
    answer = make_response("", 204)
    answer.headers[GO] = there
    return answer


def _sheet_page(patient_id: str, form: Form, *, carried: bool = False) -> Response:
    service, now = door.service(), shown.now()
    with service.store.reading():
        heads = look_up.head(service, door.actor(), patient_id)
        look_up.refuse_merged(heads[0])
        known = before.of(patient_id, now)
    look_up.note_reading(service, door.actor(), "read.observations", patient_id)
    same = known.same()
    if same and form["same"] != same["ids"]:
        form.values.pop("same", None)
    return door.render(
        "observations.html",
        422 if form.faults else 200,
        patient=banner.of(patient_id),
        form=form,
        errors=form.faults,
        asked=asked,
        known=known,
        same=same,
        child=is_child(heads),
        boxes={box.name: box for box in (*asked.BOXES, asked.CAPD)},
        earlier=_earlier(),
        carried=carried,
        identity=form["identity"],
        pressors=_drugs(),
    )


def _earlier() -> list[tuple[str, str, str]]:
    """(instant, how long ago, the clock then) of each button for an earlier time."""
    now, zone = shown.now().replace(second=0, microsecond=0), door.service().zone
    ago = ((minutes, now - timedelta(minutes=minutes)) for minutes in EARLIER)
    return [(words.machine(at), f"−{minutes} min", words.at(at, zone)) for minutes, at in ago]


def _drugs() -> list[tuple[str, str]]:
    """The vasopressors as they are ticked, those that are given most first."""
    first = ("norepinephrine", "epinephrine", "vasopressin")
    rest = (*COUNTED_VASOPRESSORS, *VASOPRESSIN_LIKE, *NOT_VASOPRESSORS)
    return [(each, each.replace("_", " ")) for each in dict.fromkeys((*first, *rest))]


def _ask(patient_id: str, form: Form, open_: list[questions.Question]) -> Response:
    fields: list[tuple[str, str]] = []
    for name, said in request.form.items(multi=True):
        if name not in NOT_CARRIED and (name != "why_not"):
            fields.append((name, said))
    own = next((each for each in open_ if each.own and each.name == "temperature"), None)
    return door.render(
        "check_set.html",
        patient=banner.of(patient_id),
        questions=open_,
        fields=fields,
        form=form,
        digest=questions.digest(open_),
        fahrenheit=form["temperature"].replace(",", ".") if own else None,
        why_not=any(each.name == "why_not" for each in open_),
        reasons=[(each, _(each)) for each in WHY_NOT],
        separate=len(open_) == 1 and not open_[0].name,
    )
