"""Observations of many patients in one request: one answer a line, each kept or refused.

The lines of one patient that can be kept are charted together, all of the request in one
transaction. A line that cannot be kept names why and stops none of the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from toxmon import strict_json
from toxmon.actions import Actor, Fault, NotFound, Refused, Service, record
from toxmon.actions.record import Charted, Outcome
from toxmon.actions.replay import Answer, keep_answer, replayed
from toxmon.api import door
from toxmon.api.answers import send, to_json
from toxmon.api.bedside import faults_of_time
from toxmon.api.entries import ENTRY, MOST, NAMES, Entries, charted, read_entry
from toxmon.api.fields import parse_instant
from toxmon.api.headers import NDJSON
from toxmon.api.outcome import KeptOut, plain_kept
from toxmon.api.patients import faults_of_identifier
from toxmon.store import patients
from toxmon.strict_json import Unreadable

blueprint = door.blueprint("batch", "Observations of many patients")

MOST_LINES = 1_000
LARGEST = 8 * 1024 * 1024
LINE = frozenset({"patient_id", "identifier", "effective_at", "observations"}) | NAMES
ENTRIES = Entries()

LINE_IN = {
    "type": "object",
    "description": "One observation, or several of one instant; of a patient by id or identifier.",
    "required": ["effective_at"],
    "additionalProperties": False,
    "properties": {
        "patient_id": {"type": "string"},
        "identifier": {
            "type": "object",
            "required": ["system", "value"],
            "additionalProperties": False,
            "properties": {"system": {"type": "string"}, "value": {"type": "string"}},
        },
        "effective_at": {"type": "string", "format": "date-time"},
        "observations": {"type": "array", "minItems": 1, "maxItems": MOST, "items": ENTRY},
        **ENTRY["properties"],
    },
}


class PlaceOut(Schema):
    """A fault and its place in the line."""

    pointer = fields.String()
    detail = fields.String()


class LineOut(Schema):
    """The answer to a line: `status` 201 with what was kept, else 400, 404 or 422 with errors."""

    line = fields.Integer(metadata={"description": "From 0; blank lines are not counted"})
    status = fields.Integer()
    patient_id = fields.String()
    version = fields.Integer()
    observations = fields.List(fields.Nested(KeptOut))
    errors = fields.List(fields.Nested(PlaceOut))


@dataclass(slots=True)
class Line:
    """One line of a batch: whose, what, or what is wrong with it."""

    place: int
    named: str = "/patient_id"
    patient_id: str | None = None
    facts: list[Charted] | None = None
    faults: tuple[Fault, ...] = ()
    status: int = 422
    kept: list[dict[str, Any]] | None = None
    version: int | None = None


@blueprint.route("/observations/batch", methods=["POST"])
@door.answers(200, LineOut(many=True), "One answer for each line, in their order")
@door.answers(200, {"type": "string"}, "The same as NDJSON", "application/x-ndjson")
@door.documents(
    requestBody={
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": LINE_IN, "minItems": 1, "maxItems": MOST_LINES}
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
)
@door.allowed(*door.CHARTING)
def batch() -> Response:
    """Chart sets of many patients: NDJSON, or a JSON list.

    A line has patient_id or identifier {system, value}, effective_at, and either observations or
    one observation's own fields.
    """
    request.max_content_length = LARGEST
    lines = _read_lines()
    service, actor = door.service(), door.actor()
    parsed = [_read_line(service, place, value) for place, value in enumerate(lines)]
    keyed = door.keyed()
    store = service.store
    with store.writing():
        answer = replayed(store, actor, keyed)
        if answer is None:
            _keep(service, actor, parsed)
            ndjson = request.mimetype in NDJSON
            answer = Answer(200, _render(parsed, ndjson))
            keep_answer(store, actor, keyed, answer, service.clock())
    service.wake()
    response = send(answer.status, answer.body)
    if request.mimetype in NDJSON:
        response.content_type = "application/x-ndjson"
    if answer.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _read_lines() -> list[Any]:
    """Each line as plain data, or the words for why it cannot be read."""
    raw = request.get_data(cache=True)
    if request.mimetype in NDJSON:
        texts = [line for line in raw.split(b"\n") if line.strip()]
        _check_count(len(texts))
        lines: list[Any] = []
        for text in texts:
            try:
                lines.append(strict_json.read(text))
            except Unreadable as error:
                lines.append(error)
        return lines
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("send application/x-ndjson, or application/json with a list")
    read = strict_json.read(raw)
    if not isinstance(read, list):
        raise Refused(Fault("", "is not a list of lines"))
    _check_count(len(read))
    return read


def _check_count(count: int) -> None:
    if count == 0:
        raise Refused(Fault("", "has no line"))
    if count > MOST_LINES:
        raise RequestEntityTooLarge(f"{count} lines; send at most {MOST_LINES} together")


def _read_line(service: Service, place: int, value: Any) -> Line:
    line = Line(place)
    if isinstance(value, Unreadable):
        line.status = 400
        line.faults = (Fault("", str(value)),)
        return line
    if not isinstance(value, dict):
        line.faults = (Fault("", "is not an object"),)
        return line
    faults = [
        Fault(
            f"/{door.step(name)}", f"is not a field of a line; known are {', '.join(sorted(LINE))}"
        )
        for name in value
        if name not in LINE
    ]
    if "observations" in value:
        faults += [
            Fault(f"/{name}", "stands beside observations; send one or the other")
            for name in sorted(NAMES & value.keys())
        ]
    line.patient_id = _patient(service, value, faults)
    line.named = "/identifier" if value.get("identifier") is not None else "/patient_id"
    effective_at = None
    try:
        effective_at = parse_instant(value.get("effective_at"))
    except ValueError as error:
        words = "is missing" if "effective_at" not in value else str(error)
        faults.append(Fault("/effective_at", words))
    prefix = "/observations" if "observations" in value else ""
    try:
        if prefix:
            entries = ENTRIES.deserialize(value["observations"]) or []
        else:
            own = {name: value[name] for name in NAMES if name in value}
            entries = [(0, *read_entry(own))]
        if not faults and effective_at is not None:
            line.facts = charted(entries, effective_at)
    except ValidationError as error:
        faults += door.faults(error.messages, prefix)
    if faults:
        faults += faults_of_time(line.patient_id, effective_at, "/effective_at")
    line.faults = tuple(faults)
    return line


def _patient(service: Service, value: dict[str, Any], faults: list[Fault]) -> str | None:
    """The id of whom a line is about; the empty one, which is nobody's, for an unknown number."""
    patient_id, identifier = value.get("patient_id"), value.get("identifier")
    if patient_id is not None and identifier is not None:
        faults.append(Fault("/identifier", "stands beside patient_id; send one or the other"))
    elif identifier is not None:
        if isinstance(identifier, dict) and identifier.keys() == {"system", "value"}:
            system, number = identifier["system"], identifier["value"]
            if isinstance(system, str) and isinstance(number, str):
                wrong = faults_of_identifier(system, number)
                faults += [Fault(f"/identifier/{part}", what) for part, what in wrong]
                return None if wrong else patients.holder(service.store, system, number) or ""
        faults.append(Fault("/identifier", "is not an object of system and value, both text"))
    elif isinstance(patient_id, str):
        return patient_id
    elif patient_id is not None:
        faults.append(Fault("/patient_id", "is not text"))
    else:
        faults.append(Fault("/patient_id", "is missing; send patient_id, or identifier"))
    return None


def _keep(service: Service, actor: Actor, parsed: list[Line]) -> None:
    """Chart the lines patient by patient. Only inside `writing`."""
    by_patient: dict[str, list[Line]] = {}
    for line in parsed:
        if line.facts is not None and line.patient_id is not None:
            by_patient.setdefault(line.patient_id, []).append(line)
    for patient_id, lines in by_patient.items():
        try:
            outcome = _keep_patient(service, actor, patient_id, lines)
        except NotFound as error:
            for line in lines:
                line.status, line.faults = 404, (Fault(line.named, str(error)),)
            continue
        if outcome is None:
            continue
        rows = iter(outcome.facts)
        for line in lines:
            if line.status != 422 or line.faults:
                continue
            line.status, line.version = 201, outcome.version
            line.kept = [plain_kept(next(rows)) for _ in line.facts or ()]


def _keep_patient(
    service: Service, actor: Actor, patient_id: str, lines: list[Line]
) -> Outcome | None:
    heads = patients.heads(service.store, patient_id)
    if not heads or not actor.may_see(heads[0]["unit"]):
        raise NotFound("no such patient")
    now = record.after(heads[0]["told_at"], service.clock())
    good: list[Charted] = []
    for line in lines:
        try:
            record.check_times(line.facts or (), now, heads[0]["birth_date"], service.zone)
        except Refused as error:
            line.faults = error.faults
            continue
        good += line.facts or ()
    if not good:
        return None
    return record.keep(service, actor, patient_id, good, action="chart.batch", heads=heads)


def _render(parsed: list[Line], ndjson: bool) -> bytes:
    plain = [_plain(line) for line in parsed]
    if ndjson:
        return b"".join(to_json(each) + b"\n" for each in plain)
    return to_json(plain)


def _plain(line: Line) -> dict[str, Any]:
    if line.kept is not None:
        return {
            "line": line.place,
            "status": line.status,
            "patient_id": line.patient_id,
            "version": line.version,
            "observations": line.kept,
        }
    errors = [{"pointer": fault.pointer, "detail": fault.detail} for fault in line.faults]
    return {"line": line.place, "status": line.status, "errors": errors}
