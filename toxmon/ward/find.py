"""Finding a patient by a scanned wristband, a bed, a name or a number; no address holds any."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Response, request

from toxmon.actions import glance, look_up
from toxmon.store import Row, patients
from toxmon.ward import door, shown
from toxmon.ward.form import Form
from toxmon.ward.language import _

GS = "\x1d"
"""Parts the fields of one code; a scanner sends it as it stands."""
CONTROL = re.compile(r"[\x00-\x1c\x1e-\x1f\x7f-\x9f\u200b-\u200f\ufeff]")
SYMBOLOGY = re.compile(r"^\][A-Za-z][0-9A-Za-z]")
"""What a scanner may put before a code to say which kind of code it was."""
LONGEST, MOST_SHOWN = 100, 30


@dataclass(frozen=True, slots=True)
class Found:
    """A patient who matches. `alike`: somebody near in the list has a similar name."""

    id: str
    name: str | None
    born: str | None
    unit: str
    bed: str | None
    day: int | None
    product: str | None
    alike: bool = False


def scan_parts(text: str, prefix: str = "", suffix: str = "") -> tuple[str, ...]:
    """The fields of what a scanner sent: without control signs, prefix and suffix."""
    found = []
    for part in text.split(GS):
        part = SYMBOLOGY.sub("", CONTROL.sub("", part).strip())
        if prefix:
            part = part.removeprefix(prefix)
        if suffix:
            part = part.removesuffix(suffix)
        if part.strip():
            found.append(part.strip())
    return tuple(found)


def scan_text(text: str, prefix: str = "", suffix: str = "") -> str:
    """The first field of what a scanner sent; a typed text is left as it is."""
    return next(iter(scan_parts(text, prefix, suffix)), "")


@door.page("/find", *door.CLINICAL, methods=("GET", "POST"))
def find() -> Response:
    """One field. What was typed is posted, so that no address holds a name or a number."""
    if request.method == "GET":
        return _drawn(Form())
    asked = request.form.get("q", "")[:LONGEST]
    form = Form({"q": scan_text(asked)})
    parts = scan_parts(asked)
    if not parts:
        form.fault("q", _("Scan a wristband, or type a bed, a name or a number"))
        return _drawn(form, 422)
    certain, found = _search(parts)
    look_up.note_reading(door.service(), door.actor(), "find.patients")
    if certain is not None:
        return door.go(f"/p/{certain}")
    if not found:
        form.fault("q", _("No patient within your reach matches “%(said)s”", said=form["q"]))
        return _drawn(form, 422)
    return _drawn(form, found=found[:MOST_SHOWN], more=len(found) - MOST_SHOWN)


def _search(parts: tuple[str, ...]) -> tuple[str | None, list[Found]]:
    """The one patient that it must be, or all who may be meant."""
    service, actor = door.service(), door.actor()
    ward = glance.of_unit(service, actor, None, shown.now())
    people = [
        Found(each.id, each.patient["name"], each.patient["birth_date"], each.patient["unit"],
              each.bed, each.day, each.ahead.treatment["product"] if each.ahead else None)
        for each in ward.watched
        if not each.failed
    ] + [_of_row(row) for row in ward.unwatched]  # fmt: skip
    of = {each.id: each for each in people}
    numbered = {
        row["patient_id"]
        for row in patients.numbered(service.store, [each.replace(" ", "") for each in parts])
        if row["patient_id"] in of
    }
    if numbered:
        return _one(numbered), [of[each] for each in sorted(numbered)]
    bed = folded(parts[0])
    in_bed = {each.id for each in people if each.bed and folded(each.bed) == bed}
    if in_bed:
        return _one(in_bed), _listed(of[each] for each in in_bed)
    words = [folded(word) for word in re.split(r"[\s,]+", parts[0]) if word]
    called = [
        each
        for each in people
        if words and each.name and all(word in folded(each.name) for word in words)
    ]
    same = [each for each in called if folded(each.name or "") == folded(parts[0])]
    return (same[0].id if len(same) == len(called) == 1 else None), _listed(called)


def _one(ids: set[str]) -> str | None:
    return next(iter(ids)) if len(ids) == 1 else None


def _of_row(row: Row) -> Found:
    return Found(row["id"], row["name"], row["birth_date"], row["unit"], None, None, None)


def _listed(found: Iterable[Found]) -> list[Found]:
    """By name, with a notice where two who follow each other are easily taken for one another."""
    listed = sorted(found, key=lambda each: (folded(each.name or ""), each.id))
    return [
        Found(each.id, each.name, each.born, each.unit, each.bed, each.day, each.product,
              place > 0 and similar(each.name, listed[place - 1].name))
        for place, each in enumerate(listed)
    ]  # fmt: skip


def folded(text: str) -> str:
    """A text as it is compared: no case, no accents, one blank."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in plain if not unicodedata.combining(each)).split())


def similar(one: str | None, other: str | None) -> bool:
    """Are two names easily taken for one another? The family name is the same, or nearly."""
    if not one or not other:
        return False
    first, second = (re.split(r"[\s,]+", folded(each))[0] for each in (one, other))
    if first == second:
        return True
    if min(len(first), len(second)) < 4 or abs(len(first) - len(second)) > 1:
        return False
    return _one_apart(first, second)


def _one_apart(one: str, other: str) -> bool:
    """Does one letter more, less or otherwise make one of the other?"""
    if len(one) > len(other):
        one, other = other, one
    place = next((at for at, each in enumerate(one) if each != other[at]), len(one))
    if len(one) == len(other):
        return one[place + 1 :] == other[place + 1 :]
    return one[place:] == other[place + 1 :]


def _drawn(
    form: Form, status: int = 200, found: list[Found] | None = None, more: int = 0
) -> Response:
    return door.render(
        "find.html", status, here="/find", form=form, errors=form.faults, found=found or [],
        more=more, may_chart=door.actor().role in door.CHARTING,
        may_enrol=door.actor().role in door.CHARTING,
    )  # fmt: skip
