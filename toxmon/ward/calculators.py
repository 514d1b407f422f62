"""Calculators: any scale from what is typed, without a patient. Nothing is stored.

The form asks what `toxmon.scales` says that a scale may be sent; the answer is that of the scale.
What was typed is posted and never part of an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Response, request

from toxmon import scales
from toxmon.actions import NotFound
from toxmon.assessment import plain_grade
from toxmon.grading.kinds import KINDS
from toxmon.scales import Input
from toxmon.ward import door
from toxmon.ward.form import Form, posted
from toxmon.ward.language import _, later
from toxmon.ward.value import UNITS

FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (later("After CAR-T cells"), ("crs", "icans", "iec_hs", "icaht_early", "icaht_late")),
    (later("Blood counts"), ("t_icaht_early", "t_icaht_late", "neutropenia", "anemia",
                             "thrombocytopenia", "lymphopenia", "cd4_lymphopenia")),
    (later("Scores before and beside"), ("car_hematotox", "easix", "hscore", "hlh_2004", "carhlh")),
)  # fmt: skip
ROWS = 12
"""Lines for a series of counts by day on one page; more are asked for with a button."""
MOST_ROWS = 120
ELSEWHERE = frozenset(
    {
        "scale", "edition", "low", "high", "value", "says", "because", "missing", "stale",
        "warnings", "explained", "episode", "doubts", "criteria", "ledger", "note",
    }
)  # fmt: skip
"""What of an answer the page shows in a place of its own."""
LABELS = {
    "crs": "CRS",
    "icans": "ICANS",
    "iec_hs": "IEC-HS",
    "icaht_early": "ICAHT, early",
    "icaht_late": "ICAHT, late",
    "t_icaht_early": "T-ICAHT, early",
    "t_icaht_late": "T-ICAHT, late",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form: `form` is yes_no, number, code, list, or series (of day and value)."""

    name: str
    label: str
    form: str
    codes: tuple[tuple[str, str], ...] = ()
    unit: str | None = None
    parts: tuple[Asked, ...] = ()


@door.page("/calc", *door.EVERYBODY)
def calculators() -> Response:
    """Every scale that can be worked out without a patient."""
    known = {name: each.scale.title for name, each in scales.SCALES.items()}
    named = {name for _title, names in FAMILIES for name in names}
    rest = tuple(name for name in known if name not in named)
    return door.render(
        "calc.html",
        here="/calc",
        families=[
            (title, [(name, known[name], scales.SCALES[name].scale.edition) for name in names])
            for title, names in (*FAMILIES, (later("Other and older scales"), rest))
        ],
    )


@door.page("/calc/<scale>", *door.EVERYBODY, methods=("GET", "POST"))
def calculator(scale: str) -> Response:
    """One scale: its form, and the answer to what was posted."""
    if scale not in scales.SCALES:
        raise NotFound("no such scale")
    asked = [_asked(each) for each in scales.SCALES[scale].inputs]
    if request.method == "GET":
        return _drawn(scale, asked, Form())
    form = posted(*(name for each in asked for name in _many(each)))
    if form["act"] == "more":
        return _drawn(scale, asked, form)
    sent = {each.name: value for each in asked if (value := _value(form, each)) is not None}
    if form.faults:
        return _drawn(scale, asked, form, 422)
    try:
        grade = scales.grade(scale, sent)
    except scales.FindingsError as error:
        for place, words in error.faults.items():
            name, label = _place(asked, place)
            form.fault(name, f"{label}: {words}")
        return _drawn(scale, asked, form, 422)
    return _drawn(scale, asked, form, grade=plain_grade(grade), sent=sent)


def _asked(each: Input, prefix: str = "") -> Asked:
    """A field of a scale as a form asks for it."""
    name, unit = prefix + each.name, each.unit
    # A list is told to programs as [], and a unit by its code; a person reads words.
    label = each.words.partition("; an empty list")[0].partition("; []")[0]
    label = label.replace(" in Cel", " in °C").replace("10*9/L", "×10⁹/L").replace("/uL", "/µL")
    if each.form == "kind":
        kind = KINDS[each.kind or ""]
        codes = tuple((code, code.replace("_", " ")) for code in kind.codes)
        form = {"yes_no": "yes_no", "code": "code", "list": "list"}.get(kind.form, "number")
        shown = _unit(unit or kind.unit, label) if form == "number" else None
        return Asked(name, label, form, codes, shown)
    if each.form in ("code", "list"):
        codes = tuple((code, code.replace("_", " ")) for code in each.codes)
        return Asked(name, label, each.form, codes)
    if each.form == "yes_no":
        return Asked(name, label, "yes_no")
    if each.form in ("items", "series"):
        inner = tuple(
            _asked(part, f"{name}." if each.form == "items" else f"{name}-") for part in each.parts
        )
        if each.form == "items":  # The name of an item is its label: its words say only the points.
            inner = tuple(
                Asked(part.name, f"{given.name.replace('_', ' ').capitalize()}, {part.label}",
                      part.form, part.codes, part.unit)
                for part, given in zip(inner, each.parts, strict=True)
            )  # fmt: skip
        return Asked(name, label, each.form, parts=inner)
    return Asked(name, label, "number", unit=_unit(unit, label))


def _unit(unit: str | None, label: str) -> str | None:
    """A unit as it is read, where the label does not say it."""
    shown = UNITS.get(unit or "", unit) if unit not in ("a", "d") else None
    return None if not shown or shown in label else shown


def _many(asked: Asked) -> tuple[str, ...]:
    if asked.form == "series":
        return tuple(part.name for part in asked.parts)
    return (asked.name,) if asked.form == "list" else ()


def _value(form: Form, asked: Asked) -> Any:
    """What was posted for a field, as a scale reads it; None: nothing was said."""
    if asked.form == "yes_no":
        said = form.choice(asked.name, asked.label, ("yes", "no"))
        return None if said is None else said == "yes"
    if asked.form == "code":
        return form.choice(asked.name, asked.label, [code for code, _words in asked.codes])
    if asked.form == "list":
        found = form.many.get(asked.name, [])
        none = form[f"{asked.name}-none"] == "1"
        if found and none:
            form.fault(asked.name, _("%(label)s: none, or some of them", label=asked.label))
        return found or ([] if none else None)
    if asked.form == "items":
        parts = {
            part.name.partition(".")[2]: value
            for part in asked.parts
            if (value := _value(form, part)) is not None
        }
        return parts or None
    if asked.form == "series":
        return _series(form, asked)
    return form.number(asked.name, asked.label)


def _series(form: Form, asked: Asked) -> list[dict[str, Any]] | None:
    """Days with their values, line by line; a line with nothing is no line."""
    columns = [form.many.get(part.name, []) for part in asked.parts]
    found: list[dict[str, Any]] = []
    for place, cells in enumerate(zip(*columns, strict=False), start=1):
        if not any(cell.strip() for cell in cells):
            continue
        line: dict[str, Any] = {}
        for part, cell in zip(asked.parts, cells, strict=True):
            box = f"{part.name}-{place}"
            one = Form({box: cell})
            label = _("%(label)s, line %(n)s", label=part.label, n=place)
            value = one.number(box, label, required=True)
            form.faults += one.faults
            if value is not None:
                line[part.name.removeprefix(f"{asked.name}-")] = value
        found.append(line)
    return found or None


def _place(asked: list[Asked], place: str) -> tuple[str, str]:
    """The box that a fault is about, and its label; `anc/2/day` is the third line."""
    name, _slash, inner = place.partition("/")
    each = next((one for one in asked if one.name == name), None)
    if each is None:
        return "", name
    if not inner:
        first = f"{each.parts[0].name}-1" if each.form == "series" else name
        return first, each.label
    if each.form == "items":
        part = next((one for one in each.parts if one.name == f"{name}.{inner}"), None)
        return (part.name, part.label) if part else ("", each.label)
    line, _slash, field = inner.partition("/")
    number = int(line) + 1 if line.isdecimal() else 1
    field = field or each.parts[0].name.removeprefix(f"{name}-")
    return f"{name}-{field}-{number}", _("%(label)s, line %(n)s", label=each.label, n=number)


def _rows(form: Form, asked: list[Asked]) -> int:
    typed = max(
        (len(form.many.get(part.name, ())) for each in asked if each.form == "series"
         for part in each.parts),
        default=0,
    )  # fmt: skip
    more = ROWS if form["act"] == "more" else 0
    return min(max(typed + more, ROWS), MOST_ROWS)


def _drawn(
    scale: str,
    asked: list[Asked],
    form: Form,
    status: int = 200,
    grade: dict[str, Any] | None = None,
    sent: dict[str, Any] | None = None,
) -> Response:
    described = scales.describe(scale)
    labels = {each.name: each.label for each in asked}
    labels |= {part.name.partition(".")[2]: part.label for each in asked for part in each.parts}
    return door.render(
        "calc_scale.html",
        status,
        here="/calc",
        scale=scale,
        called=LABELS.get(scale, described["title"]),
        described=described,
        asked=asked,
        form=form,
        errors=form.faults,
        rows=_rows(form, asked),
        grade=grade,
        sent=sent or {},
        labels=labels,
        whole=_whole(grade),
        more=_more(grade),
    )


def _whole(grade: dict[str, Any] | None) -> bool:
    """Can a tile show it: is it a grade, and no score of points?"""
    return grade is not None and "grad" in grade["says"]


def _more(grade: dict[str, Any] | None) -> list[tuple[str, str]]:
    """What a scale answers besides: a risk, points, counts of days; tables have their place."""
    if grade is None:
        return []
    return [
        (name.replace("_", " "), _plain(value))
        for name, value in grade.items()
        if name not in ELSEWHERE and value not in (None, [], {})
    ]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        if value.keys() == {"low", "high"}:
            low, high = value["low"], value["high"]
            return str(low) if low == high else _("%(low)s to %(high)s", low=low, high=high)
        return "; ".join(
            f"{name.replace('_', ' ')}: {_plain(each)}" for name, each in value.items()
        )
    if isinstance(value, list):
        return "; ".join(_plain(each) for each in value)
    return str(value).replace("_", " ")
