"""Everything of a patient in one list, in bedside order."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response
from marshmallow import Schema, fields

from toxmon.actions import look_up
from toxmon.api import door
from toxmon.api.answers import reply, shown
from toxmon.api.fields import Instant
from toxmon.api.grades import plain_history
from toxmon.api.observations import plain_observation
from toxmon.api.outcome import plain_detail, plain_treatment
from toxmon.api.told import plain_event
from toxmon.assessment import plain
from toxmon.grading.kinds import KINDS
from toxmon.saved import load_value
from toxmon.store import EVER, NEVER, Row, alarms, assessments, facts, watches

blueprint = door.blueprint("timeline", "A patient's record in one ordered list")

MOST = 5_000


class TimelineQuery(Schema):
    """Which part of the timeline."""

    from_ = Instant(load_default=None, data_key="from")
    to = Instant(load_default=None)


class TimelineOut(Schema):
    """Entries in bedside order: `at`, `what` ("observation", "grade", "infusion" …), the rest."""

    patient_id = fields.String()
    version = fields.Integer()
    treatments = fields.List(fields.Dict())
    items = fields.List(fields.Dict())
    ledgers = fields.Dict(
        metadata={
            "description": "By window of hematotoxicity, each day: observed, filled or missing"
        }
    )
    truncated = fields.Boolean(metadata={"description": "There is more; ask from the last on"})


@blueprint.route("/patients/<patient_id>/timeline")
@door.answers(200, TimelineOut)
@door.allowed(*door.CLINICAL)
@door.asks(TimelineQuery)
def timeline(asked: dict[str, Any], patient_id: str) -> Response:
    """Facts, doses, attributions, the grades that stand, checks missed, windows, alerts: a list."""
    service = door.service()
    from_at, to_at = asked["from_"] or NEVER, asked["to"] or EVER

    now = service.clock()

    def read(heads: list[Row]) -> tuple[list[Row], list[Row], list[Row], list[Row], dict[str, Any]]:
        bounds = {
            "kind": "%",
            "acts": 1,
            "from_at": from_at,
            "to_at": to_at,
            "after_at": NEVER,
            "after_seq": 0,
        }
        return (
            heads,
            facts.page(service.store, patient_id, bounds, MOST + 1),
            assessments.history(service.store, patient_id, "%", from_at, to_at),
            [
                *alarms.events_of_patient(service.store, patient_id, from_at, to_at),
                *watches.events(service.store, patient_id, from_at, to_at),
            ],
            look_up.ledgers(service, patient_id, heads, min(now, to_at)),
        )

    heads, rows, told, watched, ledgers = look_up.reading(
        service, door.actor(), patient_id, "read.timeline", read
    )
    items = [_fact(row) for row in rows[:MOST]]
    items += [{"what": "grade", **each} for each in plain_history(told) if each["standing"]]
    items += [_watched(row) for row in watched]
    items.sort(key=lambda item: (item["at"], item["what"] == "grade"))
    return reply(
        200,
        {
            "patient_id": patient_id,
            "version": heads[0]["version"],
            "treatments": [
                plain_treatment(service, row, now) for row in heads if row["treatment_id"]
            ],
            "items": items,
            "ledgers": plain(ledgers),
            "truncated": len(rows) > MOST,
        },
    )


def _watched(row: Row) -> dict[str, Any]:
    """A change of an alert, a check that was missed, a window that was entered or left."""
    if "alarm_id" in row:
        return {"what": "alert", "at": row["recorded_at"], **plain_event(row)}
    return {
        "what": row["kind"],
        "at": row["at"],
        "of": row["what"],
        "treatment_id": row["treatment_id"],
        "recorded_at": row["recorded_at"],
        **orjson.loads(row["body"]),
    }


def _fact(row: Row) -> dict[str, Any]:
    if row["kind"] in KINDS:
        return {"what": "observation", "at": row["effective_at"], **plain_observation(row)}
    return {
        "what": row["kind"],
        "at": row["effective_at"],
        "until": row["until_at"],
        "id": row["id"],
        "value": None if row["value"] is None else shown(load_value(row["value"])),
        "detail": plain_detail(row),
        "recorded_at": row["recorded_at"],
        "recorded_by": row["recorded_by"],
        "status": row["status"],
        "replaces_id": row["replaces_id"],
        "replaced_by": row["replaced_by"],
        "reason": row["reason"],
    }
