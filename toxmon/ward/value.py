"""A charted value as it is read: a number with its unit, a choice in words, an interval."""

from __future__ import annotations

import re
from decimal import Decimal

from toxmon.grading.facts import Bounds, Value
from toxmon.grading.kinds import KINDS
from toxmon.saved import load_value
from toxmon.store import Row
from toxmon.ward import words
from toxmon.ward.language import _, later

UNITS = {
    "Cel": "°C", "mm[Hg]": "mmHg", "10*9/L": "×10⁹/L", "/uL": "/µL", "{score}": "", "1": "",
    "ng/mL{DDU}": "ng/mL DDU", "ng/mL{FEU}": "ng/mL FEU",
}  # fmt: skip
SPELLED = ((" Cel", " °C"), ("mm[Hg]", "mmHg"), ("10*9/L", "×10⁹/L"), ("/uL", "/µL"))
CODED = re.compile(rf"\b(?:{'|'.join(name for name in KINDS if '_' in name)})\b")
"""Kinds by the names that programs know them by, in a sentence."""
SHORT = {
    "body_temperature": later("Temperature"),
    "heart_rate": later("Pulse"),
    "respiratory_rate": later("Respirations"),
    "systolic_bp": later("Systolic pressure"),
    "diastolic_bp": later("Diastolic pressure"),
    "mean_arterial_pressure": later("Mean pressure"),
    "oxygen_saturation": later("SpO₂"),
    "oxygen_flow": later("Oxygen flow"),
    "oxygen_device": later("Oxygen"),
    "vasopressors": later("Vasopressors"),
    "ice_score": later("ICE score"),
    "crp": "CRP",
    "anc": later("Neutrophils (ANC)"),
    "alc": later("Lymphocytes (ALC)"),
}
"""Titles for where there is little room; of every other kind the title stands."""


def title(kind: str) -> str:
    """What a kind, or a finding of a scale, is called on a page."""
    if kind in SHORT:
        return _(SHORT[kind])
    known = KINDS.get(kind)
    return known.title if known is not None else kind.replace("_", " ")


def unit(kind: str) -> str:
    """The unit of a kind as wards write it; empty when it has none."""
    known = KINDS.get(kind)
    if known is None or known.unit is None:
        return ""
    return UNITS.get(known.unit, known.unit)


def said(kind: str, value: Value | None) -> str:
    """A value with its unit: 38.9 °C, ≤ 6 L/min, nasal cannula, none."""
    bare = plain(kind, value)
    named = unit(kind)
    return f"{bare} {named}" if named and isinstance(value, Decimal | Bounds) else bare


def plain(kind: str, value: Value | None) -> str:
    """The same without the unit."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Decimal):
        return _number(kind, value)
    if isinstance(value, Bounds):
        return _ends(kind, value)
    if isinstance(value, tuple):
        return ", ".join(each.replace("_", " ") for each in value) if value else _("none")
    return value.replace("_", " ")


def readable(text: str) -> str:
    """A sentence of the rooms below with the units as wards write them."""
    for code, written in SPELLED:
        text = text.replace(code, written)
    return CODED.sub(lambda found: title(found[0]), text)


def of_row(row: Row) -> str:
    """The value of a fact as it is on record; a retracted one is a dash."""
    return said(row["kind"], None if row["value"] is None else load_value(row["value"]))


def _number(kind: str, value: Decimal) -> str:
    """With the decimals that the kind is charted with: 39.0, so that a column reads alike."""
    known = KINDS.get(kind)
    step = known.resolution if known is not None else None
    places = 0 if step is None else max(0, -int(step.as_tuple().exponent))
    text = words.number(value)
    whole, _point, part = text.partition(".")
    return f"{whole}.{part.ljust(places, '0')}" if places else text


def _ends(kind: str, value: Bounds) -> str:
    known = KINDS.get(kind)
    least = known.possible[0] if known is not None and known.possible else None
    # What was said to be "6 or less" is kept as reaching from the least that there is.
    if (value.low is None or value.low == least) and value.high is not None:
        return f"{'<' if value.high_open else '≤'} {words.number(value.high)}"
    if value.high is None and value.low is not None:
        return f"{'>' if value.low_open else '≥'} {words.number(value.low)}"
    return f"{words.number(value.low)} {_('to')} {words.number(value.high)}"
