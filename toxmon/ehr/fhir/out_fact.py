"""A charted fact as an Observation: one resource for a chain of corrections, a version for each.

The id is that of the first fact of the chain, so it stays the same however often it is corrected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from toxmon.ehr.fhir.codes_out import (
    CATEGORY,
    TERMINOLOGY,
    UCUM,
    category_of,
    code_of_kind,
    coding,
    concept,
    word_of,
)
from toxmon.ehr.fhir.read import Resource, meta, reference, without_nothing
from toxmon.grading.facts import Bounds, Value
from toxmon.grading.kind import Kind
from toxmon.grading.kinds import KINDS
from toxmon.saved import load_value
from toxmon.store import Row

STATUS = {
    "final": "final",
    "confirmed": "final",
    "corrected": "corrected",
    "quarantined": "preliminary",
    "entered-in-error": "entered-in-error",
}
"""The status of an Observation, by that of a fact."""
ABSENT = f"{TERMINOLOGY}/data-absent-reason"


def observation(row: Row, first_id: str, version: int) -> Resource:
    """The Observation that a fact is the `version`th of; `row` of a kind of `KINDS`."""
    kind = KINDS[row["kind"]]
    value = None if row["value"] is None else load_value(row["value"])
    return without_nothing(
        {
            "resourceType": "Observation",
            "id": first_id,
            "meta": meta(version, row["recorded_at"]),
            "status": STATUS[row["status"]],
            "category": [concept(None, coding(CATEGORY, category_of(kind)))],
            "code": code_of_kind(kind),
            "subject": reference("Patient", row["patient_id"]),
            **effective(row["effective_at"], row["until_at"]),
            "issued": row["recorded_at"],
            "performer": [{"display": row["recorded_by"]}],
            **({} if value is None else valued(kind, value)),
            "note": [{"text": f"Waits to be confirmed: {row['doubt']}"}] if row["doubt"] else [],
            "referenceRange": _own_range(kind, row["sent"]),
        }
    )


def effective(at: datetime, until: datetime | None) -> dict[str, Any]:
    """When it was so: an instant, or a span where its end was charted."""
    if until is None:
        return {"effectiveDateTime": at}
    return {"effectivePeriod": {"start": at, "end": until}}


def valued(kind: Kind, value: Value) -> dict[str, Any]:
    """The value of a fact: `value[x]`, or a component for each member of a list."""
    if isinstance(value, Decimal):
        return {"valueQuantity": quantity(value, kind.unit)}
    if isinstance(value, Bounds):
        return _bounded(kind, value)
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, str):
        return {"valueCodeableConcept": word_of(kind, value)}
    # Which of them, and which not: a list that names none of them is a statement too.
    return {
        "component": [
            {"code": word_of(kind, member), "valueBoolean": member in value}
            for member in kind.codes
        ]
    }


def quantity(value: Decimal, unit: str | None, comparator: str | None = None) -> dict[str, Any]:
    """A Quantity in UCUM."""
    code = unit or "1"
    return without_nothing(
        {"value": value, "comparator": comparator, "unit": code, "system": UCUM, "code": code}
    )


def _bounded(kind: Kind, value: Bounds) -> dict[str, Any]:
    """An interval: by a comparator where one end says all, else as a range."""
    low, high = value.low, value.high
    least = None if kind.possible is None else kind.possible[0]
    if high is not None and (low is None or (low == least and not value.low_open)):
        return {"valueQuantity": quantity(high, kind.unit, "<" if value.high_open else "<=")}
    if low is not None and high is None:
        return {"valueQuantity": quantity(low, kind.unit, ">" if value.low_open else ">=")}
    if low is None or high is None:
        return {"dataAbsentReason": concept("no limit is known", coding(ABSENT, "unknown"))}
    return {"valueRange": {"low": quantity(low, kind.unit), "high": quantity(high, kind.unit)}}


def _own_range(kind: Kind, sent: str | None) -> list[dict[str, Any]]:
    """The laboratory's own range of this very result, in the canonical unit."""
    if sent is None or ('"low":' not in sent and '"high":' not in sent):
        return []
    plain = orjson.loads(sent)
    ends = {
        end: quantity(Decimal(plain[end]), kind.unit)
        for end in ("low", "high")
        if plain.get(end) is not None
    }
    return [ends] if ends else []


def versions(rows: Sequence[Row]) -> list[Resource]:
    """A chain of facts, the first one first, as versions of one Observation."""
    first_id = rows[0]["id"]
    return [observation(row, first_id, place) for place, row in enumerate(rows, 1)]
