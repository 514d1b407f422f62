"""The audit chain: who did and read what, filtered, proved, and taken out as a file.

Whom a filter is about travels in the body of a form: no name and no number stands in an address.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from flask import Response

from toxmon.actions import Forbidden, NotFound, audit, look_up
from toxmon.actions import verify as verifying
from toxmon.store import EVER, NEVER, Row, Store, identifiers, links, patients
from toxmon.store.access import COLUMNS
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _
from toxmon.ward.shown import now

MAY = ("auditor", "admin")
LINES = 50
PAGE = 1_000
LARGEST = 2**62
MOST_PROVED = 200_000
"""Links that a page proves; a longer chain takes minutes, which the command line counts."""
FORMS = ("csv", "ndjson")
NAMES = COLUMNS.split(", ")


@door.page("/audit", *MAY)
def audit_log() -> Response:
    """The newest acts; of one patient by the id that stands in addresses of pages."""
    form = posted()
    return _page(Form({"patient": form["patient"]}))


@door.page("/audit", *MAY, methods=("POST",))
def audit_filtered() -> Response:
    """The acts of a filter."""
    return _page(posted())


@door.page("/audit/file", *MAY, methods=("POST",))
def audit_file() -> Response:
    """What the filter finds as a file, as many lines as the page said."""
    form, service = posted(), door.service()
    format_ = form.choice("format", _("Format"), FORMS, required=True)
    bounds = _bounds(form)
    if bounds is None or form.faults:
        return _page(form)
    with service.store.reading():
        count = links.counted(service.store, bounds)
    with service.store.writing():
        detail = {"links": count}
        audit.note(service, door.actor(), service.clock(), "export.audit", detail=detail)
    kinds = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
    answer = Response(
        _lines(service.store, bounds, format_ == "csv"), content_type=kinds[str(format_)]
    )
    name = f"toxmon-audit-{service.clock():%Y-%m-%d}.{format_}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@door.page("/audit/proof", "auditor", "admin", methods=("POST",))
def audit_proof() -> Response:
    """Is the chain whole, link for link?"""
    service, actor = door.service(), door.actor()
    if actor.units is not None:
        raise Forbidden("the chain is of the whole site; it is proved by who reaches every ward")
    with service.store.reading():
        count = links.newest(service.store)
        proved = count <= MOST_PROVED
        findings = list(islice(verifying.chain(service), 100)) if proved else []
    look_up.note_reading(service, actor, "audit.prove")
    return _page(Form(), proof={"count": count, "proved": proved, "findings": findings})


def _page(form: Form, proof: dict[str, Any] | None = None) -> Response:
    service = door.service()
    bounds = _bounds(form)
    rows: list[Row] = []
    count = 0
    if bounds is not None and not form.faults:
        before = form["before"]
        place = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
        with service.store.reading():
            count = links.counted(service.store, bounds)
            asked = {**bounds, "before": place or LARGEST}
            rows = links.back(service.store, asked, LINES + 1)
        look_up.note_reading(service, door.actor(), "read.audit")
    kept = ("patient", "actor", "action", "from_date", "from_time", "to_date", "to_time")
    return door.render(
        "audit.html",
        422 if form.faults else 200,
        form=form,
        errors=form.faults,
        rows=[_plain(row) for row in rows[:LINES]],
        more=rows[LINES - 1]["n"] if len(rows) > LINES else None,
        count=count,
        upto=bounds["upto"] if bounds else 0,
        kept={name: form[name] for name in kept if form[name]},
        clinical=door.actor().role in door.CLINICAL,
        proof=proof,
        here="/audit",
    )


def _bounds(form: Form) -> dict[str, Any] | None:
    """What the filter says; None with its faults in the form."""
    service, actor = door.service(), door.actor()
    from_at = form.instant("from", _("From"), service.zone, now())
    to_at = form.instant("to", _("To"), service.zone, now())
    said = {name: form.text(name, name, most=200) for name in ("patient", "actor", "action")}
    patient = _patient(form, said["patient"])
    if actor.units is not None and patient == "%" and not form.faults:
        words = _("Patient: you reach some wards only; say whose acts you look for")
        form.fault("patient", words)
    if form.faults:
        return None
    with service.store.reading():
        newest = links.newest(service.store)
    upto = form["upto"]
    return {
        "upto": int(upto) if upto.isascii() and upto.isdigit() and len(upto) < 19 else newest,
        "patient": patient,
        "actor": _within(said["actor"]),
        "action": _within(said["action"]),
        "from_at": from_at or NEVER,
        "to_at": to_at or EVER,
    }


def _patient(form: Form, said: str | None) -> str:
    """The id of the patient that is meant, by a number of the hospital or the id itself."""
    if said is None or form.faults:
        return "%"
    service, actor = door.service(), door.actor()
    with service.store.reading():
        found = {row["patient_id"] for row in identifiers.holders(service.store, said, 3)}
        if patients.get(service.store, said) is not None:
            found.add(said)
        within = []
        for each in sorted(found):
            try:
                look_up.head(service, actor, each)
            except NotFound:
                continue
            within.append(each)
    if len(within) == 1:
        return within[0]
    if within:
        form.fault("patient", _("Patient: several have this number; write the record's id"))
    else:
        form.fault("patient", _("Patient: nobody within your reach has this number or id"))
    return "%"


def _within(said: str | None) -> str:
    """A pattern for what holds these words; without them, anything."""
    if said is None:
        return "%"
    return "%" + said.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"


def _lines(store: Store, bounds: dict[str, Any], as_csv: bool) -> Iterator[bytes]:
    """The links of a filter in order, as they lie in the chain."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\n")
    after = 0
    if as_csv:
        writer.writerow(NAMES)
    while True:
        with store.reading():
            rows = links.on(store, {**bounds, "after": after}, PAGE)
        for row in rows:
            at = {**row, "at": row["at"].isoformat()}
            if as_csv:
                writer.writerow([at[name] for name in NAMES])
            else:
                detail = orjson.loads(row["detail"])
                page.write(orjson.dumps({**at, "detail": detail}).decode() + "\n")
        yield page.getvalue().encode()
        page.seek(0)
        page.truncate()
        if len(rows) < PAGE:
            return
        after = rows[-1]["n"]


def _plain(row: Row) -> dict[str, Any]:
    detail = {name: value for name, value in orjson.loads(row["detail"]).items() if value}
    return {**row, "detail": detail}
