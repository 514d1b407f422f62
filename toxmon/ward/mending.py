"""What was wrong, put right: the new values beside the old, what that would change, then the act.

A correction is a fact that replaces a fact; nothing disappears. A whole set, or one value of it, is
corrected or withdrawn in one transaction, and a second look at its effect comes before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from flask import request

from toxmon.actions import NotFound, look_up, what_if
from toxmon.actions.record import RETRACTED, Charted, Outcome
from toxmon.alerting.alarm import WITHDRAWN
from toxmon.grading.kinds import KINDS, Kind
from toxmon.grading.units import Refused, measure
from toxmon.saved import load_value
from toxmon.store import Row, facts
from toxmon.ward import door, shown, value, words
from toxmon.ward.form import Form
from toxmon.ward.language import _
from toxmon.ward.sheet import TYPED
from toxmon.ward.why import short

COMPARED = re.compile(r"\s*(<=|>=|<|>|≤|≥)\s*([0-9]{1,9}(?:[.,][0-9]{1,6})?)\s*", re.ASCII)
SIGNS = {"≤": "<=", "≥": ">="}
NONE = "none"
SCALES = ("crs", "icans")


@dataclass(frozen=True, slots=True)
class Line:
    """A value of a set as it stands: the first fact of its chain, and the newest."""

    first: Row
    now: Row

    @property
    def field(self) -> str:
        """The name of the field for what is right."""
        return f"new_{self.now['id'].replace('-', '')}"

    @property
    def kind(self) -> Kind | None:
        """Its kind; an act has none."""
        return KINDS.get(self.now["kind"])

    @property
    def stands(self) -> bool:
        """Was it not taken back?"""
        return bool(self.now["status"] != RETRACTED and self.now["value"] is not None)

    @property
    def title(self) -> str:
        """What it is called."""
        return value.title(self.now["kind"])

    def said(self) -> str:
        """As it stands."""
        return value.of_row(self.now)

    def said_first(self) -> str:
        """As it was charted first."""
        return value.of_row(self.first)


def lines(patient_id: str, rows: Sequence[Row]) -> list[Line]:
    """The values of a set with what became of each. Only inside `reading`."""
    return [Line(row, _newest(patient_id, row)) for row in rows]


def line_of(patient_id: str, fact_id: str) -> Line:
    """One value with what became of it. Raises NotFound. Only inside `reading`."""
    row = facts.get(door.service().store, fact_id)
    if row is None or row["patient_id"] != patient_id:
        raise NotFound("no such observation")
    return Line(row, _newest(patient_id, row))


def _newest(patient_id: str, row: Row) -> Row:
    store = door.service().store
    found = facts.get(store, row["id"])
    while found is not None and found["replaced_by"] is not None:
        found = facts.get(store, found["replaced_by"])
    if found is None or found["patient_id"] != patient_id:
        raise NotFound("no such observation")
    return found


def corrections(form: Form, found: Sequence[Line], now: datetime) -> list[Charted]:
    """What is to stand instead; a field that was left empty changes nothing."""
    reason = form.text("reason", _("Reason"), required=True)
    at = form.instant("obs", _("Time"), door.service().zone, now)
    made = []
    for line in found:
        kind = line.kind
        if kind is None or not line.stands:
            continue
        given = _given(form, line, kind)
        if form.of(line.field) or (given is None and at is None):
            continue
        old = load_value(line.now["value"])
        measured = None
        if given is not None:
            try:
                measured = measure(kind, given, kind.unit)
            except Refused as error:
                form.fault(line.field, f"{line.title}: {_told(error, kind)}")
                continue
        new = old if measured is None else measured.value
        doubt = None if measured is None else measured.quarantine
        if new == old and at is None:
            continue
        made.append(
            replace(
                again(line.now, "corrected", reason or ""),
                value=new,
                effective_at=at or line.now["effective_at"],
                sent=_sent(line.now, given, kind, measured),
                status="confirmed" if doubt else "corrected",
                doubt=doubt,
            )
        )
    if not made and not form.faults:
        form.fault("reason", _("Nothing was changed. Write what is right beside what is wrong."))
    return made


def _given(form: Form, line: Line, kind: Kind) -> Any:
    """What was written for a kind, as `measure` reads it; None where nothing was."""
    name = line.field
    if kind.form == "list":
        found = [each for each in request.form.getlist(name) if each]
        if NONE in found and len(found) > 1:
            form.fault(name, _("%(label)s: none, and one of them; keep one", label=line.title))
            return None
        return [] if found == [NONE] else found or None
    if kind.form != "number":
        options = ("yes", "no") if kind.form == "yes_no" else kind.codes
        return form.choice(name, line.title, options)
    compared = COMPARED.fullmatch(form[name])
    if compared:
        return f"{SIGNS.get(compared[1], compared[1])}{compared[2].replace(',', '.')}"
    return form.number(name, line.title)


def _told(error: Refused, kind: Kind) -> str:
    if kind.possible is None or "not possible" not in error.detail:
        return error.detail
    low, high = (words.number(each) for each in kind.possible)
    unit = value.unit(kind.name)
    return _("cannot be; possible is %(low)s to %(high)s %(unit)s", low=low, high=high, unit=unit)


def _sent(row: Row, given: Any, kind: Kind, measured: Any) -> dict[str, Any] | None:
    if measured is None:
        return None if row["sent"] is None else dict(orjson.loads(row["sent"]))
    plain = float(given) if isinstance(given, Decimal) else given
    return {"value": plain, "unit": kind.unit, "rule": measured.rule, "source": TYPED}


def withdrawals(found: Sequence[Line], reason: str) -> list[Charted]:
    """Every value of a set that still stands, taken back."""
    return [
        replace(again(line.now, RETRACTED, reason), value=None) for line in found if line.stands
    ]


def again(row: Row, status: str, reason: str) -> Charted:
    """The same fact once more, in the place of itself."""
    return Charted(
        kind=row["kind"],
        value=None if row["value"] is None else load_value(row["value"]),
        effective_at=row["effective_at"],
        until_at=row["until_at"],
        sent=None if row["sent"] is None else orjson.loads(row["sent"]),
        detail=None if row["detail"] is None else orjson.loads(row["detail"]),
        status=status,
        replaces_id=row["id"],
        reason=reason,
    )


def effect(patient_id: str, charted: Sequence[Charted]) -> list[str]:
    """What an act would change, in sentences. Raises what the act would raise."""
    service, actor, zone = door.service(), door.actor(), door.service().zone
    with service.store.reading():
        heads = look_up.head(service, actor, patient_id)
        before = look_up.graded(
            service, patient_id, heads, shown.now(), None, frozenset(SCALES)
        ).grades
    outcome = what_if.tried(service, actor, patient_id, charted)
    said = []
    for scale in SCALES:
        old, new = before.get(scale), outcome.regraded.grades.get(scale)
        if old and new and old["says"] != new["says"]:
            said.append(_("%(scale)s now: %(old)s → %(new)s", scale=short(scale), old=old["says"],
                          new=new["says"]))  # fmt: skip
    for change in outcome.regraded.changes:
        at = words.when(change["at"], zone)
        if change["withdrawn"]:
            says = _(
                "%(scale)s: what was told from %(at)s is taken back",
                scale=short(change["scale"]),
                at=at,
            )
        else:
            low, high = change["low"], change["high"]
            grade = str(low) if low == high else _("%(low)s to %(high)s", low=low, high=high)
            says = _(
                "%(scale)s: %(grade)s from %(at)s", scale=short(change["scale"]), grade=grade, at=at
            )
        said.append(says)
    return [*dict.fromkeys([*said, *_alarms(outcome)])]


def _alarms(outcome: Outcome) -> list[str]:
    told = []
    for each in outcome.alarms:
        alarm = each.alarm
        if alarm.condition == WITHDRAWN:
            told.append(_("Alert “%(title)s” will be withdrawn", title=alarm.title))
        elif alarm.closed_at is not None:
            told.append(_("Alert “%(title)s” will end", title=alarm.title))
        else:
            told.append(_("Alert “%(title)s” will change or be raised", title=alarm.title))
    return told
