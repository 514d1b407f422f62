"""Observations: chart a set, read, correct, confirm, retract."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, ValidationError, fields

from toxmon.actions import Fault, Refused, corrections, look_up, record
from toxmon.actions.permissions import PERMISSION
from toxmon.actions.record import RETRACTED, Charted, Outcome
from toxmon.api import door
from toxmon.api.answers import reply, shown
from toxmon.api.bedside import bedside, faults_of_time
from toxmon.api.entries import QUARANTINED, Entries, charted, read_entry
from toxmon.api.fields import Instant, Page, Words
from toxmon.api.outcome import OutcomeOut, render
from toxmon.api.paging import cursor_of, instant, number, read_cursor
from toxmon.grading.kinds import KINDS
from toxmon.saved import load_value
from toxmon.store import EVER, NEVER, Row, facts

OF_DOSES = ("administration", "dose_distinct", "doses_elsewhere")
"""What a pharmacist charts, and may take back."""

blueprint = door.blueprint("observations", "What was measured and seen at the bedside")


class ObservationSet(Schema):
    """Observations of one patient at one instant: all of them are kept, or none."""

    effective_at = Instant(required=True, metadata={"description": "When it was so"})
    observations = Entries(required=True)


class CorrectionIn(Schema):
    """The right value of an observation; of a dose or another act, its right details."""

    value = fields.Raw(required=True)
    unit = fields.String(load_default=None, allow_none=True)
    effective_at = Instant(
        load_default=None, allow_none=True, metadata={"description": "If the time was wrong too"}
    )
    reason = Words(500, required=True)


class ReasonIn(Schema):
    """Why."""

    reason = Words(500, required=True)


class ObservationQuery(Page):
    """Which observations."""

    kind = fields.String(load_default=None)
    from_ = Instant(load_default=None, data_key="from")
    to = Instant(load_default=None)


class ObservationOut(Schema):
    """An observation with both its clocks; corrected ones stay readable."""

    id = fields.String()
    kind = fields.String()
    value = fields.Raw(metadata={"description": "In the canonical unit; null when retracted"})
    unit = fields.String(allow_none=True)
    as_sent = fields.Dict(allow_none=True)
    effective_at = fields.DateTime()
    recorded_at = fields.DateTime()
    recorded_by = fields.String()
    status = fields.String()
    doubt = fields.String(allow_none=True)
    replaces_id = fields.String(allow_none=True)
    replaced_by = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class ObservationPage(Schema):
    """A page of observations, in bedside order."""

    patient_id = fields.String()
    version = fields.Integer()
    items = fields.List(fields.Nested(ObservationOut))
    next = fields.String(allow_none=True)


@blueprint.route("/patients/<patient_id>/observations", methods=["POST"])
@door.answers(201, OutcomeOut, "Kept and graded")
@door.allowed(*door.CHARTING)
@door.takes(ObservationSet, also=bedside("effective_at", "/effective_at"))
def chart(sent: dict[str, Any], patient_id: str) -> Response:
    """Chart a set, and answer with the grades and what changed."""
    service = door.service()
    answer = record.record(
        service,
        door.actor(),
        patient_id,
        charted(sent["observations"], sent["effective_at"]),
        lambda outcome: render(service, outcome),
        keyed=door.keyed(),
        at_version=door.at_version(),
    )
    return door.said(answer)


@blueprint.route("/patients/<patient_id>/observations")
@door.answers(200, ObservationPage)
@door.allowed(*door.CLINICAL)
@door.asks(ObservationQuery)
def listed(asked: dict[str, Any], patient_id: str) -> Response:
    """Observations in bedside order, corrected and doubted ones too."""
    service = door.service()
    after_at, after_seq = read_cursor(asked["cursor"], instant, number) or (NEVER, 0)
    bounds = {
        "kind": _like(asked["kind"]),
        "acts": 0,
        "from_at": asked["from_"] or NEVER,
        "to_at": asked["to"] or EVER,
        "after_at": after_at,
        "after_seq": after_seq,
    }
    limit = asked["limit"]
    version, rows = look_up.reading(
        service,
        door.actor(),
        patient_id,
        "read.observations",
        lambda heads: (
            heads[0]["version"],
            facts.page(service.store, patient_id, bounds, limit + 1),
        ),
    )
    more = None
    if len(rows) > limit:
        last = rows[limit - 1]
        more = cursor_of([last["effective_at"].isoformat(), last["seq"]])
    items = [plain_observation(row) for row in rows[:limit]]
    return reply(200, {"patient_id": patient_id, "version": version, "items": items, "next": more})


def _more_of_a_correction(valid: dict[str, Any], observation_id: str) -> list[Fault]:
    """What else is wrong with a correction: its value for this kind, its time for this patient."""
    service = door.service()
    fact = facts.get(service.store, observation_id)
    if fact is None or not door.may_see(fact["patient_id"]):
        return []
    found = faults_of_time(fact["patient_id"], valid.get("effective_at"), "/effective_at")
    if {"value", "unit"} <= valid.keys() and fact["kind"] in KINDS:
        entry = {"kind": fact["kind"], "value": valid["value"], "unit": valid.get("unit")}
        try:
            read_entry(entry)
        except ValidationError as error:
            found += door.faults(error.messages)
    return found


@blueprint.route("/observations/<observation_id>/corrections", methods=["POST"])
@door.answers(201, OutcomeOut, "Replaced and graded again")
@door.allowed(*door.CLINICAL)
@door.takes(CorrectionIn, also=_more_of_a_correction)
def correct(sent: dict[str, Any], observation_id: str) -> Response:
    """Replace a wrong value. The old one stays readable; a second opinion corrects this one."""

    def replacement(fact: Row) -> Charted:
        if fact["kind"] not in KINDS:
            raise Refused(
                Fault(
                    "", f"the {fact['kind']} has no value to correct; retract it and chart it anew"
                )
            )
        try:
            entry = {"kind": fact["kind"], "value": sent["value"], "unit": sent["unit"]}
            _, measured, as_sent = read_entry(entry)
        except ValidationError as error:
            times = faults_of_time(fact["patient_id"], sent["effective_at"], "/effective_at")
            raise Refused(*door.faults(error.messages), *times) from error
        doubt = measured.quarantine
        return Charted(
            kind=fact["kind"],
            value=measured.value,
            effective_at=sent["effective_at"] or fact["effective_at"],
            until_at=fact["until_at"],
            sent=as_sent,
            status=QUARANTINED if doubt else "corrected",
            doubt=doubt,
            replaces_id=fact["id"],
            reason=sent["reason"],
            pointer="/effective_at",
        )

    return _replace(observation_id, replacement, "correct")


@blueprint.route("/observations/<observation_id>/confirmation", methods=["POST"])
@door.answers(201, OutcomeOut, "Out of quarantine, and graded")
@door.allowed(*door.CHARTING)
@door.takes(ReasonIn)
def confirm(sent: dict[str, Any], observation_id: str) -> Response:
    """Say that a value in quarantine is true. It counts from its own bedside time on."""

    def replacement(fact: Row) -> Charted:
        if fact["status"] != QUARANTINED:
            raise Refused(Fault("", "it is not in quarantine; there is nothing to confirm"))
        return _again(fact, "confirmed", sent["reason"], load_value(fact["value"]))

    return _replace(observation_id, replacement, "confirm")


@blueprint.route("/observations/<observation_id>/retraction", methods=["POST"])
@door.answers(201, OutcomeOut, "Taken back and graded again")
@door.allowed(*door.CLINICAL)
@door.takes(ReasonIn)
def retract(sent: dict[str, Any], observation_id: str) -> Response:
    """Take back what was entered in error: an observation, a dose, an attribution, an infusion."""
    return _replace(
        observation_id, lambda fact: _again(fact, RETRACTED, sent["reason"], None), "retract"
    )


def _again(fact: Row, status: str, reason: str, value: Any) -> Charted:
    return Charted(
        kind=fact["kind"],
        value=value,
        effective_at=fact["effective_at"],
        until_at=fact["until_at"],
        sent=None if fact["sent"] is None else orjson.loads(fact["sent"]),
        detail=None if fact["detail"] is None else orjson.loads(fact["detail"]),
        status=status,
        replaces_id=fact["id"],
        reason=reason,
    )


def _replace(fact_id: str, replacement: Any, action: str) -> Response:
    service, actor = door.service(), door.actor()

    def checked(fact: Row) -> Charted:
        if actor.role == "pharmacist" and fact["kind"] not in OF_DOSES:
            raise door.Forbidden("a pharmacist may correct and retract doses, and nothing else")
        if fact["kind"] == PERMISSION:
            path = "POST /patients/{patient_id}/permissions/{permission_id}/return"
            raise Refused(Fault("", f"is a permission of a dose; take it back by {path}"))
        charted: Charted = replacement(fact)
        return charted

    def rendered(outcome: Outcome) -> bytes:
        return render(service, outcome)

    answer = corrections.correct(
        service,
        actor,
        fact_id,
        checked,
        rendered,
        action=action,
        keyed=door.keyed(),
        at_version=door.at_version(),
    )
    return door.said(answer)


def plain_observation(row: Row) -> dict[str, Any]:
    """A fact as it is told."""
    kind = KINDS.get(row["kind"])
    return {
        "id": row["id"],
        "kind": row["kind"],
        "value": None if row["value"] is None else shown(load_value(row["value"])),
        "unit": kind.unit if kind else None,
        "as_sent": None if row["sent"] is None else orjson.loads(row["sent"]),
        "effective_at": row["effective_at"],
        "recorded_at": row["recorded_at"],
        "recorded_by": row["recorded_by"],
        "status": row["status"],
        "doubt": row["doubt"],
        "replaces_id": row["replaces_id"],
        "replaced_by": row["replaced_by"],
        "reason": row["reason"],
    }


def _like(kind: str | None) -> str:
    if kind is None:
        return "%"
    if kind not in KINDS:
        raise Refused(Fault("/kind", "is not a known kind; GET /api/v1/kinds lists them"))
    # An underscore stands for any character; no two names differ in one of them alone.
    return kind
