"""A charted set, and one value of it: to look at, to correct, to confirm, to take back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import orjson
from flask import Response, request

from toxmon.actions import NotFound, Refused, look_up, record
from toxmon.actions.permissions import PERMISSION
from toxmon.actions.record import INFUSION, Charted
from toxmon.actions.replay import Answer, replayed
from toxmon.grading.chart import ADMINISTRATION
from toxmon.store import Row, facts
from toxmon.ward import banner, door, mending, shown, value
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _
from toxmon.ward.mending import Line
from toxmon.ward.observations import go_to_result
from toxmon.ward.result import MOST_VERSION

Found = TypeVar("Found")
QUARANTINED = "quarantined"
ELSEWHERE = (INFUSION, ADMINISTRATION, PERMISSION)
"""Acts with pages of their own: to take one back moves more than a grade."""


@door.page("/p/<patient_id>/obs/<int:version>", *door.CLINICAL)
def charted_set(patient_id: str, version: int) -> Response:
    """A set as it was charted, and as it stands."""
    found = read(patient_id, lambda: lines(patient_id, version))
    return door.render(
        "set.html",
        patient=banner.of(patient_id),
        lines=found,
        version=version,
        here=f"/p/{patient_id}/obs/{version}",
        may_chart=door.actor().role in door.CHARTING and not _is_elsewhere(found),
        more=[_more(line) for line in found],
    )


@door.page("/p/<patient_id>/facts/<fact_id>", *door.CLINICAL)
def fact(patient_id: str, fact_id: str) -> Response:
    """One value: what was charted, by whom, and everything that came after it."""
    line = read(patient_id, lambda: mending.line_of(patient_id, fact_id))
    return door.render(
        "fact.html",
        patient=banner.of(patient_id),
        line=line,
        chain=read(patient_id, lambda: chain(line)),
        said=value.of_row,
        here=f"/p/{patient_id}/facts/{line.now['id']}",
        may_chart=door.actor().role in door.CHARTING and line.stands,
        elsewhere=_is_elsewhere([line]),
        detail=_more(line),
        form=posted(),
    )


@door.page("/p/<patient_id>/obs/<int:version>/correct", *door.CHARTING, methods=("GET", "POST"))
def correct_set(patient_id: str, version: int) -> Response:
    """What was wrong on the left, what is right on the right; its effect before it is kept."""
    return _correct(patient_id, lambda: lines(patient_id, version), f"obs/{version}")


@door.page("/p/<patient_id>/facts/<fact_id>/correct", *door.CHARTING, methods=("GET", "POST"))
def correct_fact(patient_id: str, fact_id: str) -> Response:
    """The same for one value."""
    return _correct(patient_id, lambda: [mending.line_of(patient_id, fact_id)], f"facts/{fact_id}")


@door.page("/p/<patient_id>/obs/<int:version>/withdraw", *door.CHARTING, methods=("GET", "POST"))
def withdraw_set(patient_id: str, version: int) -> Response:
    """Take back a whole set: it was another patient's, or never so."""
    return _withdraw(patient_id, lambda: lines(patient_id, version), f"obs/{version}")


@door.page("/p/<patient_id>/facts/<fact_id>/withdraw", *door.CHARTING, methods=("GET", "POST"))
def withdraw_fact(patient_id: str, fact_id: str) -> Response:
    """The same for one value."""
    return _withdraw(patient_id, lambda: [mending.line_of(patient_id, fact_id)], f"facts/{fact_id}")


@door.page("/p/<patient_id>/facts/<fact_id>/confirm", *door.CHARTING, methods=("POST",))
def confirm_fact(patient_id: str, fact_id: str) -> Response:
    """Say that a value which waits is true; from then on it counts."""
    form = posted()
    line = read(patient_id, lambda: mending.line_of(patient_id, fact_id))
    reason = form.text("reason", _("Reason"), required=True)
    if line.now["status"] != QUARANTINED and not _again():
        form.fault("reason", _("It does not wait to be confirmed any more."))
    if form.faults:
        return door.render(
            "fact.html", 422, patient=banner.of(patient_id), line=line, form=form,
            errors=form.faults, chain=read(patient_id, lambda: chain(line)), said=value.of_row,
            here=f"/p/{patient_id}/facts/{line.now['id']}", may_chart=line.stands,
            elsewhere=_is_elsewhere([line]), detail=_more(line),
        )  # fmt: skip
    return _keep(patient_id, [mending.again(line.now, "confirmed", reason or "")], "confirm")


def _correct(patient_id: str, look: Callable[[], Sequence[Line]], here: str) -> Response:
    found = read(patient_id, look)
    _refuse_elsewhere(found)
    form, effect = posted(), None
    if request.method == "POST" and (again := _again()) is not None:
        return _on(patient_id, again)
    if request.method == "POST" and not form["change"]:
        made = mending.corrections(form, found, shown.now())
        if not form.faults:
            try:
                if form["sure"]:
                    return _keep(patient_id, made, "correct")
                effect = mending.effect(patient_id, made)
            except Refused as error:
                form.take(error.faults, {})
    return door.render(
        "correct.html",
        422 if form.faults else 200,
        patient=banner.of(patient_id),
        lines=[line for line in found if line.kind and line.stands],
        form=form,
        errors=form.faults,
        effect=effect,
        here=f"/p/{patient_id}/{here}",
        chosen={line.field: request.form.getlist(line.field) for line in found},
        said_new=_new(form, found),
        none=mending.NONE,
        unit_of=value.unit,
    )


def _new(form: Form, found: Sequence[Line]) -> dict[str, str]:
    """What was written beside each value, in words."""
    told = {}
    for line in found:
        written = [each for each in request.form.getlist(line.field) if each.strip()]
        if written:
            unit = value.unit(line.now["kind"]) if line.kind and line.kind.form == "number" else ""
            told[line.field] = f"{', '.join(written).replace('_', ' ')} {unit}".strip()
    return told


def _withdraw(patient_id: str, look: Callable[[], Sequence[Line]], here: str) -> Response:
    found = read(patient_id, look)
    _refuse_elsewhere(found)
    form, effect = posted(), None
    if request.method == "POST" and (again := _again()) is not None:
        return _taken_back(patient_id, again, form)
    if request.method == "POST":
        reason = form.text("reason", _("Reason"), required=True)
        made = mending.withdrawals(found, reason or "")
        if not made:
            form.fault("", _("All of it was taken back already."))
        if not form.faults:
            if form["sure"]:
                service = door.service()
                answer = record.record(
                    service, door.actor(), patient_id, made, _rendered, action="retract",
                    keyed=door.keyed(),
                )  # fmt: skip
                return _taken_back(patient_id, answer, form)
            effect = mending.effect(patient_id, made)
    return door.render(
        "withdraw.html",
        422 if form.faults else 200,
        patient=banner.of(patient_id),
        lines=[line for line in found if line.stands],
        form=form,
        errors=form.faults,
        effect=effect,
        here=f"/p/{patient_id}/{here}",
    )


def _taken_back(patient_id: str, answer: Answer, form: Form) -> Response:
    version = orjson.loads(answer.body)["version"]
    if form["whose"] == "other":
        return door.go(f"/p/{patient_id}/obs/{version}/withdrawn")
    return go_to_result(patient_id, version)


def _keep(patient_id: str, made: Sequence[Charted], action: str) -> Response:
    answer = record.record(
        door.service(), door.actor(), patient_id, made, _rendered, action=action,
        keyed=door.keyed(),
    )  # fmt: skip
    return _on(patient_id, answer)


def _on(patient_id: str, answer: Answer) -> Response:
    return go_to_result(patient_id, orjson.loads(answer.body)["version"])


def _rendered(outcome: record.Outcome) -> bytes:
    return orjson.dumps({"version": outcome.version})


def _again() -> Answer | None:
    """The answer to this very form, if it was sent before."""
    service = door.service()
    with service.store.reading():
        return replayed(service.store, door.actor(), door.keyed())


def read(patient_id: str, look: Callable[[], Found]) -> Found:
    """Read something of one patient, and note that it was read. Raises NotFound."""
    return look_up.reading(
        door.service(), door.actor(), patient_id, "read.observations", lambda heads: look()
    )


def lines(patient_id: str, version: int) -> list[Line]:
    """The values that one version of the record added. Only inside `reading`."""
    store = door.service().store
    rows = facts.of_version(store, patient_id, version) if version < MOST_VERSION else []
    if not rows:
        raise NotFound("no set of that number")
    return mending.lines(patient_id, rows)


def chain(line: Line) -> list[Row]:
    """Every record of a value, the first one first."""
    store = door.service().store
    found = [line.now]
    while found[0]["replaces_id"] is not None:
        before = facts.get(store, found[0]["replaces_id"])
        if before is None:
            break
        found.insert(0, before)
    return found


def _more(line: Line) -> dict[str, str]:
    """What was said beside a value: the language of an ICE, why something was not taken."""
    detail = orjson.loads(line.now["detail"]) if line.now["detail"] else {}
    names = {"language": _("language"), "interpreter": _("interpreter"), "limits": _("limits"),
             "reason": _("reason"), "cause": _("cause")}  # fmt: skip
    told = {}
    for name, title in names.items():
        if name in detail and detail[name] not in (None, ""):
            said = detail[name]
            told[title] = (_("yes") if said else _("no")) if isinstance(said, bool) else str(said)
    return told


def _is_elsewhere(found: Sequence[Line]) -> bool:
    return any(line.now["kind"] in ELSEWHERE for line in found)


def _refuse_elsewhere(found: Sequence[Line]) -> None:
    if _is_elsewhere(found):
        raise NotFound("it has a page of its own")
