"""Where a patient lies and when checks are not asked for: a move, a discharge, a pause."""

from __future__ import annotations

from datetime import timedelta

from flask import Response

from toxmon.actions import Refused, placing
from toxmon.actions.placing import LONGEST_PAUSE
from toxmon.actions.record import Charted
from toxmon.timeline.known import ENDED, SETTINGS
from toxmon.ward import door, shown
from toxmon.ward.attribution import act
from toxmon.ward.form import Form
from toxmon.ward.language import _, later

SETTING_WORDS = {
    "inpatient": later("In this hospital"),
    "outpatient": later("At home, watched as an out-patient"),
    ENDED: later("Watched by others: the watch ends"),
}
PAUSES = (1, 2, 4, 8, 24)


@door.page("/p/<patient_id>/stay", *door.CHARTING, methods=("GET", "POST"))
def stay(patient_id: str) -> Response:
    """Move a patient to another bed or ward, home, or out of the watch."""
    return act(patient_id, _stayed, "stay", "stay.html",
               settings=[(each, _(words)) for each, words in SETTING_WORDS.items()])  # fmt: skip


@door.page("/p/<patient_id>/pause", *door.WARD, methods=("GET", "POST"))
def pause(patient_id: str) -> Response:
    """Ask for no checks for a while; a pause ends by itself."""

    def read(form: Form) -> Charted | None:
        return _paused(patient_id, form)

    return act(patient_id, read, "pause", "pause.html",
               hours=[(str(each), _("%(n)s h", n=each)) for each in PAUSES])  # fmt: skip


def _stayed(form: Form) -> Charted | None:
    setting = form.choice("setting", _("Where"), SETTINGS, required=True)
    since = form.instant("from", _("From"), door.service().zone, shown.now(), required=True)
    unit = form.text("unit", _("Ward"), most=100)
    bed = form.text("bed", _("Bed"), most=50)
    reason = form.text("reason", _("Reason"), required=setting == ENDED)
    if form.faults or setting is None or since is None:
        return None
    return placing.stay(setting, since, unit, bed, reason)


def _paused(patient_id: str, form: Form) -> Charted | None:
    now = shown.now()
    hours = form.choice("hours", _("For how long"), [str(each) for each in PAUSES], required=True)
    reason = form.text("reason", _("Reason"), required=True)
    checks = [each for each in form.many["checks"] if each]
    if form.faults or hours is None or reason is None:
        return None
    try:
        placing.check_names(door.service(), door.actor(), patient_id, checks)
    except Refused:
        form.fault("checks", _("Checks: choose from those that are shown"))
        return None
    return placing.pause(checks, now, now + min(timedelta(hours=int(hours)), LONGEST_PAUSE), reason)
