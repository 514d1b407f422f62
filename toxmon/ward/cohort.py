"""Files for research: which treatments, a look at the first lines, and the file itself."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request

from toxmon.actions import Forbidden, cohort_files, look_up
from toxmon.cohort.export import (
    COLUMNS,
    TABLES,
    Cohort,
    FilterError,
    Wanted,
    as_toml,
    find,
    plain,
    read,
)
from toxmon.cohort.export.columns import CHOSEN, COURSES
from toxmon.cohort.export.filed import columns_of, shown
from toxmon.cohort.export.lines import Lines
from toxmon.cohort.export.made import make
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later
from toxmon.ward.shown import now

MAY = ("physician", "integration")
NUMBERS_FROM = ("crs_from", "icans_from")
SINGLE = ("product", "infused_from", "infused_to", "times", "ids", "purpose", "form", "known_at")
LOOKED_AT = 20
LABELS = {
    "product": later("Product"),
    "infused_from": later("Infused from"),
    "infused_to": later("Infused to"),
    "crs_from": later("Any CRS of at least"),
    "icans_from": later("Any ICANS of at least"),
    "tocilizumab": later("Tocilizumab given"),
    "purpose": later("What for"),
}


@door.page("/cohort", *MAY)
def cohort() -> Response:
    """Choose treatments, see how many there are and the first lines."""
    form, wanted = _asked()
    service, actor = door.service(), door.actor()
    found, lines = Cohort((), ()), []
    if wanted is not None:
        with service.store.reading():
            found = find(service, actor, wanted)
            made = Lines(service, wanted)
            lines = [line for each in found.courses[:LOOKED_AT] for line in made.of(COURSES, each)]
        look_up.note_reading(service, actor, "read.cohort")
    return door.render(
        "cohort.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        wanted=wanted,
        hidden=_pairs(plain(wanted)) if wanted else [],
        question=urlencode(_pairs(plain(wanted))) if wanted else "",
        found=found,
        names=[
            (each.name, shown(each.name, wanted), each.meaning)
            for each in columns_of(COURSES, wanted)
        ] if wanted else [],
        lines=lines,
        most=LOOKED_AT,
        tables=TABLES,
        columns=[each for each in COLUMNS[COURSES] if each.name in CHOSEN],
        products=[(name, name) for name in sorted(service.protocols.products)],
        files=[_told(row) for row in cohort_files.mine(service, actor)],
        here="/cohort",
    )  # fmt: skip


@door.page("/cohort/question.toml", *MAY)
def cohort_question() -> Response:
    """The question as a file for the command line."""
    _form, wanted = _asked()
    if wanted is None:
        return door.go("cohort")
    answer = Response(as_toml(wanted), content_type="application/toml; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="toxmon-cohort.toml"'
    return answer


@door.page("/cohort/files", *MAY, methods=("POST",))
def cohort_file_asked() -> Response:
    """Have the file made, beside the requests."""
    form, wanted = _asked()
    total = form.number("total", _("How many"), required=True)
    if wanted is None or wanted.known_at is None or total is None:
        return cohort()
    service, actor = door.service(), door.actor()
    file_id = cohort_files.ask(service, actor, plain(wanted), int(total))
    maker = threading.Thread(
        target=make,
        args=(service, actor, file_id, wanted, int(total)),
        name="cohort",
        daemon=True,
    )
    maker.start()
    maker.join(0.5)  # A small file is there by the time that its page is asked for.
    return door.go("cohort_file", file_id=file_id)


@door.page("/cohort/files/<file_id>", *MAY)
def cohort_file(file_id: str) -> Response:
    """How far a file has come, and where it is to be had."""
    row = cohort_files.readable(door.service(), door.actor(), file_id)
    return door.render("cohort_file.html", file=_told(row), here="/cohort")


@door.page("/cohort/files/<file_id>/zip", *MAY)
def cohort_file_bytes(file_id: str) -> Response:
    """The file."""
    service, actor = door.service(), door.actor()
    row = cohort_files.readable(service, actor, file_id)
    parts = cohort_files.fetch(service, actor, file_id)
    answer = Response(parts(), content_type="application/zip")
    answer.headers["Content-Length"] = str(row["size"])
    name = f"toxmon-cohort-{row['asked_at']:%Y-%m-%d}-{row['digest'][:8]}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _asked() -> tuple[Form, Wanted | None]:
    """What was typed, and the question that it is; None where it is none."""
    form = posted("tables", "columns")
    sent: dict[str, Any] = {name: form[name].strip() for name in SINGLE if form[name].strip()}
    for name in NUMBERS_FROM:
        if (text := form[name].strip()) != "":
            sent[name] = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else text
    if form["tocilizumab"]:
        said = form["tocilizumab"].lower()
        sent["tocilizumab"] = {"yes": True, "true": True, "no": False, "false": False}.get(
            said, said
        )
    if "asked" in form.values or request.method == "POST":
        sent |= {name: list(form.many[name]) for name in ("tables", "columns")}
    try:
        wanted = read(sent)
        cohort_files.check_may(door.actor(), wanted.identifies)
    except FilterError as error:
        for name, words in error.faults:
            form.fault(name, f"{_(LABELS.get(name, name))}: {words}")
        return form, None
    except Forbidden as error:
        form.fault("ids", str(error))
        return form, None
    return form, wanted.at(now())


def _pairs(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Plain data as the fields of a form."""
    pairs = [("asked", "1")]
    for name, value in found.items():
        values = value if isinstance(value, list) else [value]
        pairs += [
            (name, ("yes" if each else "no") if isinstance(each, bool) else str(each))
            for each in values
        ]
    return pairs


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A file as its page tells of it."""
    state = cohort_files.state(row, now())
    share = (
        100 * row["done"] // row["total"] if state == cohort_files.MAKING and row["total"] else 0
    )
    return {
        **row,
        "state": state,
        "share": min(share, 99),
        "counts": orjson.loads(row["counts"]) if row["counts"] else None,
        "until": row["asked_at"] + cohort_files.KEPT,
    }
