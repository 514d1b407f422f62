"""A wristband that is scanned while a sheet is open: the right patient, or a full stop."""

from __future__ import annotations

from flask import Response, request

from toxmon.store import patients
from toxmon.ward import banner, door, shown, words
from toxmon.ward.find import scan_parts
from toxmon.ward.form import Form
from toxmon.ward.language import _

NOT_CARRIED = ("form_token", "form_id", "scan", "check", "save")


def looked_at(patient_id: str, form: Form) -> Response | None:
    """A full stop for another patient's band. Else what was found is noted in the form.

    `identity` is the clock at which it was this patient's; a fault where nobody has that number.
    """
    service, actor = door.service(), door.actor()
    numbers = [each.replace(" ", "") for each in scan_parts(form["scan"])]
    form.values.pop("scan", None)
    with service.store.reading():
        found = {row["patient_id"] for row in patients.numbered(service.store, numbers)}
        reached = [each for each in sorted(found) if _within_reach(each)]
    if patient_id in found:
        form.values["identity"] = words.at(shown.now(), service.zone)
        return None
    if not reached:
        form.values.pop("identity", None)
        form.fault("scan", _("No patient within your reach has this wristband. Scan it again."))
        return None
    fields = [each for each in request.form.items(multi=True) if each[0] not in NOT_CARRIED]
    return door.render(
        "wrong_band.html", 200, patient=banner.of(patient_id), other=banner.of(reached[0]),
        fields=[each for each in fields if each[0] != "identity"], form=form,
        units=actor.units,
    )  # fmt: skip


def _within_reach(patient_id: str) -> bool:
    heads = patients.heads(door.service().store, patient_id)
    return bool(heads) and door.actor().may_see(heads[0]["unit"], patient_id)
