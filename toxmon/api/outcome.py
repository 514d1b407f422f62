"""What was kept, as it is told: the same for a set, a dose, a correction."""

from __future__ import annotations

from typing import Any

import orjson
from marshmallow import INCLUDE, Schema, fields

from toxmon.actions import Service, look_up
from toxmon.actions.record import Outcome
from toxmon.api.answers import to_json
from toxmon.api.told import plain_alert
from toxmon.store import Row


class KeptOut(Schema):
    """A fact that was kept."""

    id = fields.String()
    kind = fields.String()
    status = fields.String()
    doubt = fields.String(metadata={"description": "Why it is in quarantine and grades nothing"})


class TreatmentOut(Schema):
    """The treatment that the grades are of."""

    id = fields.String()
    product = fields.String()
    infused_at = fields.DateTime()
    day = fields.Integer(metadata={"description": "Calendar days since the infusion's date"})
    protocol = fields.Dict()
    policy = fields.Dict()


class ReasonOut(Schema):
    """Why a grade is no lower."""

    rule = fields.String()
    text = fields.String()
    facts = fields.List(fields.String())
    source = fields.String()


class EpisodeOut(Schema):
    """An episode of a syndrome; `ended_at` is null while it lasts."""

    number = fields.Integer()
    onset_at = fields.DateTime()
    peak = fields.Integer()
    peak_at = fields.DateTime()
    treated_at = fields.DateTime(allow_none=True)
    quiet_since = fields.DateTime(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)


class GradeOut(Schema):
    """The answer of a scale: from `low` to `high`; `value` only where both agree.

    An index is a number that need not be whole, and may have no end. What a scale answers besides
    (a ledger of days, criteria, a risk) stands beside these, as docs/reference/scales.md names it.
    """

    class Meta:
        """Further answers of a scale are part of it."""

        unknown = INCLUDE

    scale = fields.String()
    edition = fields.String()
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)
    value = fields.Float(allow_none=True)
    says = fields.String()
    because = fields.List(fields.Nested(ReasonOut))
    missing = fields.List(fields.String())
    stale = fields.List(fields.Dict())
    warnings = fields.List(fields.String())
    explained = fields.Dict(metadata={"description": "Each warning in words"})
    episode = fields.Nested(EpisodeOut, allow_none=True)
    window = fields.Dict(allow_none=True)


class ChangeOut(Schema):
    """A grade that was told for the first time, or taken back."""

    id = fields.String()
    scale = fields.String()
    at = fields.DateTime()
    low = fields.Integer(allow_none=True)
    high = fields.Integer(allow_none=True)
    value = fields.Integer(allow_none=True)
    withdrawn = fields.Boolean()
    cause = fields.List(fields.String())


class OutcomeOut(Schema):
    """What was kept and what it changed."""

    patient_id = fields.String()
    version = fields.Integer()
    recorded_at = fields.DateTime()
    observations = fields.List(fields.Nested(KeptOut))
    treatment = fields.Nested(TreatmentOut, allow_none=True)
    grades = fields.Dict(keys=fields.String(), values=fields.Nested(GradeOut))
    changes = fields.List(fields.Nested(ChangeOut))
    alerts = fields.List(
        fields.Dict(),
        metadata={"description": "Alerts that this raised or changed, as GET /alerts tells them"},
    )


def render(service: Service, outcome: Outcome) -> bytes:
    """The JSON of an outcome."""
    return to_json(plain_outcome(service, outcome))


def plain_outcome(service: Service, outcome: Outcome) -> dict[str, Any]:
    """An outcome as plain data."""
    regraded = outcome.regraded
    treatment = regraded.treatment
    if treatment is not None:
        add_windows(service, regraded.grades, treatment, outcome.recorded_at)
    return {
        "patient_id": outcome.patient_id,
        "version": outcome.version,
        "recorded_at": outcome.recorded_at,
        "observations": [plain_kept(row) for row in outcome.facts],
        "treatment": treatment and plain_treatment(service, treatment, outcome.recorded_at),
        "grades": regraded.grades,
        "changes": regraded.changes,
        "alerts": plain_alerts(service, outcome),
    }


def plain_alerts(service: Service, outcome: Outcome) -> list[dict[str, Any]]:
    """The alerts that an outcome raised or changed."""
    whose = {"patient_id": outcome.patient_id, "unit": outcome.unit}
    return [plain_alert(each, whose, service.alarms_now) for each in outcome.alarms]


def plain_kept(row: Row) -> dict[str, Any]:
    """A fact that was kept, in short."""
    kept = {"id": row["id"], "kind": row["kind"], "status": row["status"]}
    return {**kept, "doubt": row["doubt"]} if row["doubt"] else kept


def plain_treatment(service: Service, row: Row, at: Any) -> dict[str, Any]:
    """A treatment, on which day of it `at` is, and what it is watched and graded by."""
    product = service.product(row["product_edition"])
    policy = service.policy(row["policy_edition"])
    return {
        "id": row["treatment_id"],
        "product": row["product"],
        "infused_at": row["infused_at"],
        "day": look_up.day_of(service, row, at),
        "protocol": {
            "name": product.name,
            "version": product.version,
            "edition": row["product_edition"],
        },
        "policy": {
            "name": policy.name,
            "version": policy.version,
            "edition": row["policy_edition"],
        },
    }


def add_windows(
    service: Service, grades: dict[str, dict[str, Any]], treatment: Row, at: Any
) -> None:
    """Say beside each grade whether the day lies in the product's window for it."""
    product = service.product(treatment["product_edition"])
    day = look_up.day_of(service, treatment, at)
    for scale, grade in grades.items():
        grade["window"] = look_up.window(product, scale, day)


def plain_detail(row: Row) -> Any:
    """What an act says beyond its value."""
    return None if row["detail"] is None else orjson.loads(row["detail"])
