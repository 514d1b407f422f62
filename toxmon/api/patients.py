"""Patients: begin a record, find it."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import Schema, ValidationError, fields, validate, validates

from toxmon.actions import Fault, NotFound, Refused, begin_record, enrol, look_up
from toxmon.actions.naming import fault_of_name
from toxmon.api import door
from toxmon.api.answers import reply, to_json
from toxmon.api.fields import Day, Name, Page
from toxmon.api.paging import cursor_of, name, read_cursor
from toxmon.store import Row, patients

blueprint = door.blueprint("patients", "Patients and their identifiers")


MOST_OF_IDENTIFIER = {"system": 200, "value": 100}


class IdentifierIn(Schema):
    """A number and who gave it."""

    system = Name(MOST_OF_IDENTIFIER["system"], required=True, metadata={"example": "urn:mrn"})
    value = Name(MOST_OF_IDENTIFIER["value"], required=True, metadata={"example": "A1"})

    @validates("system")
    def _without_bar(self, system: str, **kwargs: Any) -> None:
        if "|" in system:
            raise ValidationError("has a bar, which parts system and number when one is looked for")


def faults_of_identifier(system: str, value: str) -> list[tuple[str, str]]:
    """(which part, what is wrong with it) of an identifier by which a patient is looked for.

    Parts that no patient can have are told, so that a slip is not taken for "there is nobody".
    """
    found = []
    for part, text in (("system", system), ("value", value)):
        most = MOST_OF_IDENTIFIER[part]
        long = f"has more than {most} characters" if len(text) > most else None
        fault = long or fault_of_name(text)
        if fault:
            found.append((part, fault))
    return found


def each_once(identifiers: list[dict[str, str]]) -> None:
    """Raises ValidationError for every identifier that stands there twice."""
    pairs = [(each["system"], each["value"]) for each in identifiers]
    twice = [place for place, pair in enumerate(pairs) if pair in pairs[:place]]
    if twice:
        raise ValidationError({place: ["stands twice; send it once"] for place in twice})


class PatientIn(Schema):
    """A patient to begin a record for."""

    identifiers = fields.List(
        fields.Nested(IdentifierIn), required=True, validate=[validate.Length(1, 20), each_once]
    )
    unit = Name(60, required=True, metadata={"description": "The ward", "example": "bmt-1"})
    name = Name(200, of_person=True, load_default=None, allow_none=True)
    birth_date = Day(load_default=None, allow_none=True)
    sex = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(["female", "male", "other", "unknown"]),
    )


class PatientOut(Schema):
    """A patient on record."""

    id = fields.String()
    version = fields.Integer(metadata={"description": "Raised by one by every change, no gaps"})
    identifiers = fields.List(fields.Nested(IdentifierIn))
    name = fields.String(allow_none=True)
    birth_date = fields.String(allow_none=True)
    sex = fields.String(allow_none=True)
    unit = fields.String()
    recorded_at = fields.DateTime()
    recorded_by = fields.String()
    merged_into = fields.String(
        allow_none=True,
        metadata={"description": "The record that this one is part of; use that id instead"},
    )


class PatientQuery(Page):
    """Which patients."""

    identifier = fields.String(load_default=None, metadata={"example": "urn:mrn|A1"})


class PatientPage(Schema):
    """A page of patients."""

    items = fields.List(fields.Nested(PatientOut))
    next = fields.String(allow_none=True)


def _more(valid: dict[str, Any]) -> list[Fault]:
    return begin_record.faults_of_birth(door.service(), valid.get("birth_date"))


@blueprint.route("/patients", methods=["POST"])
@door.answers(201, PatientOut, "The record has begun")
@door.allowed(*door.CHARTING)
@door.takes(PatientIn, also=_more)
def add(sent: dict[str, Any]) -> Response:
    """Begin the record of a patient."""
    identifiers = sent.pop("identifiers")
    answer = enrol.enrol(
        door.service(),
        door.actor(),
        sent,
        identifiers,
        lambda row: to_json(plain_patient(row)),
        keyed=door.keyed(),
    )
    return door.said(answer)


@blueprint.route("/patients")
@door.answers(200, PatientPage)
@door.allowed(*door.CLINICAL)
@door.asks(PatientQuery)
def find(asked: dict[str, Any]) -> Response:
    """Find patients of your units, by identifier or page by page."""
    service, actor = door.service(), door.actor()
    if asked["identifier"] is not None:
        system, bar, value = asked["identifier"].partition("|")
        if not bar:
            raise Refused(Fault("/identifier", "is not SYSTEM|VALUE, such as urn:mrn|A1"))
        wrong = faults_of_identifier(system, value)
        if wrong:
            raise Refused(*(Fault("/identifier", f"the {part} {what}") for part, what in wrong))
        with service.store.reading():
            patient_id = patients.holder(service.store, system, value)
            row = patients.get(service.store, patient_id) if patient_id else None
        found = [row] if row is not None and actor.may_see(row["unit"]) else []
        look_up.note_reading(service, actor, "find.patient", patient_id if found else None)
        return reply(200, {"items": [plain_patient(row) for row in found], "next": None})
    cursor = read_cursor(asked["cursor"], name)
    after = cursor[0] if cursor else ""
    seen: list[Row] = []
    limit = asked["limit"]
    with service.store.reading():
        while len(seen) <= limit:
            rows = patients.page(service.store, after, limit + 1)
            seen += [row for row in rows if actor.may_see(row["unit"])]
            if len(rows) <= limit:
                break
            after = rows[-1]["id"]
        shown = [
            {**row, "identifiers": patients.identifiers(service.store, row["id"])}
            for row in seen[:limit]
        ]
    look_up.note_reading(service, actor, "list.patients")
    more = cursor_of([shown[-1]["id"]]) if len(seen) > limit else None
    return reply(200, {"items": [plain_patient(row) for row in shown], "next": more})


@blueprint.route("/patients/<patient_id>")
@door.answers(200, PatientOut)
@door.allowed(*door.CLINICAL)
def get(patient_id: str) -> Response:
    """One patient."""
    service = door.service()
    row = look_up.reading(
        service,
        door.actor(),
        patient_id,
        "read.patient",
        lambda _: patients.get(service.store, patient_id),
    )
    if row is None:
        raise NotFound("no such patient")
    return door.tagged(reply(200, plain_patient(row)), row["version"])


def plain_patient(row: Row) -> dict[str, Any]:
    """A patient as it is told."""
    return {
        "id": row["id"],
        "version": row["version"],
        "identifiers": row["identifiers"],
        "name": row["name"],
        "birth_date": row["birth_date"],
        "sex": row["sex"],
        "unit": row["unit"],
        "recorded_at": row["recorded_at"],
        "recorded_by": row["recorded_by"],
        "merged_into": row.get("merged_into"),
    }
