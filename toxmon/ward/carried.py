"""A set that was entered on the wrong patient: taken back here, looked at again over there.

The values go from form to form and stand in no address.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from flask import Response

from toxmon.actions.knowing import STAY
from toxmon.saved import load_value
from toxmon.store import facts, patients
from toxmon.ward import asked, banner, door, value
from toxmon.ward.language import _
from toxmon.ward.mending import Line
from toxmon.ward.sets import chain as chain_of
from toxmon.ward.sets import lines, read

MOST = 200


@door.page("/p/<patient_id>/obs/<int:version>/withdrawn", *door.CHARTING)
def withdrawn(patient_id: str, version: int) -> Response:
    """What was taken back, to be looked at on the sheet of the patient whose it is."""
    found = read(patient_id, lambda: lines(patient_id, version))
    first = read(patient_id, lambda: chain_of(found[0]))[0]
    return door.render(
        "withdrawn.html",
        patient=(whose := banner.of(patient_id)),
        version=version,
        set_at=first["effective_at"],
        fields=read(patient_id, lambda: _typed(found)),
        others=_others(patient_id, whose.unit),
    )


def _others(patient_id: str, unit: str) -> list[tuple[str, str]]:
    """(id, how to call them) of everybody else in the unit, by bed."""
    store = door.service().store
    with store.reading():
        lying = [
            row["patient_id"]
            for row in patients.lying_in(store, unit)
            if row["patient_id"] != patient_id and row["merged_into"] is None
        ][:MOST]
        called = []
        for row in patients.named(store, lying):
            stays = facts.standing_of_kind(store, row["id"], STAY)
            details = [orjson.loads(each["detail"]) for each in stays if each["detail"]]
            bed = details[-1].get("bed") if details else None
            numbers = ", ".join(each["value"] for each in patients.identifiers(store, row["id"]))
            name = row["name"] or _("Name not charted")
            told = f"{name}, {numbers}"
            said = f"{_('bed')} {bed}: {told}" if bed else told
            called.append((bed or "~", row["id"], said))
    return [(id_, said) for _bed, id_, said in sorted(called)]


def _typed(found: Sequence[Line]) -> list[tuple[str, str]]:
    """The fields of a sheet that say the same as a set that was taken back."""
    boxes = {box.kind: box.name for box in (*asked.BOXES, asked.CAPD)}
    told = []
    for line in found:
        first = chain_of(line)[0]
        kind = first["kind"]
        if kind in boxes and first["value"] is not None:
            told.append((boxes[kind], value.plain(kind, load_value(first["value"]))))
    return [*told, *_chosen(found)]


def _chosen(found: Sequence[Line]) -> list[tuple[str, str]]:
    """Oxygen, vasopressors and the examination as they were chosen, where one tap says them."""
    first = {chain[0]["kind"]: chain[0] for chain in map(chain_of, found)}
    said = {
        kind: load_value(row["value"]) for kind, row in first.items() if row["value"] is not None
    }
    told = []
    device = said.get("oxygen_device")
    if device == "room_air":
        told.append(("oxygen", "air"))
    elif device == "nasal_cannula":
        told.append(("oxygen", "cannula"))
    elif device in asked.OTHER_OXYGEN:
        told += [("oxygen", "other"), ("device", str(device))]
    running = said.get("vasopressors")
    if isinstance(running, tuple):
        count = "none" if not running else "one" if len(running) == 1 else "more"
        told += [("pressors", count), *(("pressor", each) for each in running)]
    return told
