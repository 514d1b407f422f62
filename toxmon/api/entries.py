"""One observation as it is sent, turned into a fact to chart.

    {"kind": "body_temperature", "value": 38.6, "unit": "Cel"}
    {"code": {"system": "http://loinc.org", "code": "8480-6"}, "value": 84, "unit": "mm[Hg]"}

`low` and `high` are the laboratory's own reference range, in the same unit. The unit is converted
here, once; after this nobody looks at a unit again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields

from toxmon.actions.record import Charted
from toxmon.api.fields import documented
from toxmon.grading.doubts import contradictions
from toxmon.grading.icans import ICE_ITEMS
from toxmon.grading.kinds import BY_LOINC, DENIED_LOINC, KINDS, Kind
from toxmon.grading.units import Measured, Refused, measure

LOINC = "http://loinc.org"
NAMES = frozenset({"kind", "code", "value", "unit", "low", "high"})
MOST = 200
QUARANTINED = "quarantined"

ENTRY: dict[str, Any] = {
    "type": "object",
    "required": ["value"],
    "additionalProperties": False,
    "properties": {
        "kind": {"type": ["string", "null"], "enum": [*sorted(KINDS), None]},
        "code": {
            "type": ["object", "null"],
            "required": ["system", "code"],
            "properties": {"system": {"const": LOINC}, "code": {"type": "string"}},
        },
        "value": {
            "description": 'A number; text with a comparator such as "<0.1"; a word; a list of '
            "words; true or false: as the kind has it.",
        },
        "unit": {"type": ["string", "null"], "description": "UCUM or as wards write it."},
        "low": {
            "type": ["number", "null"],
            "description": "Lower end of the laboratory's own range.",
        },
        "high": {
            "type": ["number", "null"],
            "description": "Upper end of the laboratory's own range.",
        },
    },
}


class Entries(fields.Field):
    """A list of observations of one instant; gives a list of (place, kind, measured, sent)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**documented(kwargs, type="array", minItems=1, maxItems=MOST, items=ENTRY))

    def _deserialize(
        self, value: Any, attr: Any, data: Any, **kwargs: Any
    ) -> list[tuple[int, Kind, Measured, dict[str, Any]]]:
        if not isinstance(value, list) or not value:
            raise ValidationError("is not a list of at least one observation")
        if len(value) > MOST:
            raise ValidationError(f"has {len(value)} observations; send at most {MOST} together")
        read: list[tuple[int, Kind, Measured, dict[str, Any]]] = []
        wrong: dict[int, Any] = {}
        for place, entry in enumerate(value):
            try:
                kind, measured, sent = read_entry(entry)
                read.append((place, kind, measured, sent))
            except ValidationError as error:
                wrong[place] = error.messages
        wrong |= _ice_faults(read)
        if wrong:
            raise ValidationError(wrong)
        return read


def read_entry(entry: Any) -> tuple[Kind, Measured, dict[str, Any]]:
    """(kind, canonical value, what was sent). Raises ValidationError by field."""
    if not isinstance(entry, dict):
        raise ValidationError("is not an object with kind, value and unit")
    wrong: dict[str, list[str]] = {}
    if not NAMES.issuperset(entry):
        known = ", ".join(sorted(NAMES))
        for name in entry:
            if name not in NAMES:
                wrong[name] = [f"is not a field of an observation; known are {known}"]
    kind = _kind(entry, wrong)
    unit = entry.get("unit")
    if unit is not None and not isinstance(unit, str):
        wrong["unit"] = ["is not text"]
    if "value" not in entry:
        wrong["value"] = ["is missing"]
    sent: dict[str, Any] = {"value": entry.get("value"), "unit": unit}
    measured = None
    if kind is not None and "value" not in wrong and "unit" not in wrong:
        try:
            measured = measure(kind, entry["value"], unit)
            sent["rule"] = measured.rule
        except Refused as error:
            for field, detail in error.faults:
                wrong.setdefault(field, []).append(detail)
        if "low" in entry or "high" in entry:
            sent |= _own_range(kind, entry, unit, wrong)
    if wrong or kind is None or measured is None:
        raise ValidationError(wrong)
    if isinstance(sent["value"], Decimal):
        sent["text"] = str(sent["value"])
        sent["value"] = float(sent["value"])
    return kind, measured, sent


def _own_range(
    kind: Kind, entry: Mapping[str, Any], unit: str | None, wrong: dict[str, list[str]]
) -> dict[str, str]:
    """The laboratory's own range in the canonical unit, as text. Adds what is wrong with it."""
    ends: dict[str, Decimal] = {}
    for end in ("low", "high"):
        number = entry.get(end)
        if number is None:
            continue
        if kind.form != "number" or isinstance(number, bool | str):
            wrong[end] = ["is not a number; send one in the unit of the value, or leave it out"]
            continue
        if isinstance(number, int | Decimal) and number == 0 and end == "high":
            wrong[end] = ["is 0; send the upper limit of the laboratory's range, or leave it out"]
            continue
        try:
            ends[end] = measure(kind, number, unit).value  # type: ignore[assignment]
        except Refused as error:
            # What is wrong with the unit was told beside the value.
            told = [detail for field, detail in error.faults if field == "value"]
            if told:
                wrong[end] = told
    if len(ends) == 2 and ends["low"] > ends["high"]:
        wrong["low"] = ["is above high"]
    return {end: str(number) for end, number in ends.items()}


def charted(
    entries: list[tuple[int, Kind, Measured, dict[str, Any]]],
    effective_at: datetime,
    pointer: str = "/effective_at",
) -> list[Charted]:
    """The facts of one instant. Those that contradict each other are doubted."""
    doubted = contradictions({kind.name: measured.value for _, kind, measured, _ in entries})
    return [
        Charted(
            kind=kind.name,
            value=measured.value,
            effective_at=effective_at,
            sent=sent,
            status=QUARANTINED
            if (doubt := measured.quarantine or doubted.get(kind.name))
            else "final",
            doubt=doubt,
            pointer=pointer,
        )
        for _, kind, measured, sent in entries
    ]


def _kind(entry: Mapping[str, Any], wrong: dict[str, list[str]]) -> Kind | None:
    name, code = entry.get("kind"), entry.get("code")
    if code is not None:
        kind = _kind_of_code(code, wrong)
        if kind is not None and name is not None and name != kind.name:
            wrong["code"] = [f"is the code of {kind.name}, and kind says otherwise"]
        return kind
    if name is None:
        wrong["kind"] = ["is missing; send a kind, or a LOINC code"]
        return None
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        wrong["kind"] = ["is not a known kind; GET /api/v1/kinds lists them"]
    return kind


def _kind_of_code(code: Any, wrong: dict[str, list[str]]) -> Kind | None:
    if not isinstance(code, dict) or code.get("system") != LOINC:
        wrong["code"] = [f'is not {{"system": "{LOINC}", "code": …}}; other systems need a kind']
        return None
    number = code.get("code")
    if not isinstance(number, str) or number not in BY_LOINC:
        denied = DENIED_LOINC.get(number) if isinstance(number, str) else None
        wrong["code"] = [denied or "is not a LOINC code that is known here; send a kind"]
        return None
    return BY_LOINC[number]


def _ice_faults(
    entries: list[tuple[int, Kind, Measured, dict[str, Any]]],
) -> dict[int, dict[str, list[str]]]:
    """A total beside items must be their sum, as far as the items were sent."""
    values = {kind.name: (place, measured.value) for place, kind, measured, _ in entries}
    items = [values.get(f"ice_{name}") for name in ICE_ITEMS]
    total = values.get("ice_score")
    if total is None or not isinstance(total[1], Decimal):
        return {}
    points = [item[1] for item in items if item is not None and isinstance(item[1], Decimal)]
    missing = [most for name, most in ICE_ITEMS.items() if f"ice_{name}" not in values]
    if not points or sum(points) <= total[1] <= sum(points) + sum(missing):
        return {}
    words = f"is {total[1]}, and the items add up to {sum(points)}"
    if missing:
        words += f", at most {sum(points) + sum(missing)} with those not sent"
    return {total[0]: {"value": [words]}}
