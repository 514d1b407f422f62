"""OBX-5 by its type in OBX-2, and the range of OBX-7. A text that looks like a number stays one."""

from __future__ import annotations

import re
from decimal import Decimal

from toxmon.ehr.hl7v2.codes import codings_of, words_of
from toxmon.ehr.hl7v2.message import DELETED, Segment, part
from toxmon.intake.report import Coding

NUMBER = "NM"
STRUCTURED = "SN"
TEXTS = ("ST", "TX", "FT", "IS", "ID")
CODED = ("CE", "CWE", "CNE", "CF")
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})", re.ASCII)
_END = r"(-?\d{1,20}(?:\.\d{1,20})?)"
_BETWEEN = re.compile(rf"\s*{_END}\s*(?:-|to|\N{{EN DASH}})\s*{_END}\s*", re.ASCII)
_ONE_END = re.compile(rf"\s*(<|>)=?\s*{_END}\s*", re.ASCII)
_COMPARATORS = ("<", "<=", ">", ">=")

Value = Decimal | str | tuple[Coding, ...] | None


def value_of(segment: Segment) -> Value:
    """The value of an OBX; none of an empty or a deleted field.

    Of a type that has no value to be graded (a document, a pointer) it is words that say so.
    """
    raw, kind = segment.raw(5), segment.get(2).upper()
    if not raw or raw == DELETED:
        return None
    if kind == NUMBER:
        return number_of(segment.text(5))
    if kind == STRUCTURED:
        repeats = segment.repeats(5)
        return structured(repeats[0], segment) if len(repeats) == 1 else segment.text(5)
    if kind in TEXTS:
        return segment.text(5).strip() or None
    if kind in CODED:
        return _coded(segment)
    named = kind if kind.isalnum() and kind.isascii() and len(kind) <= 3 else "nothing known"
    return f"of the type {named}, which is not read"


def number_of(text: str) -> Decimal | str:
    """A number of type NM; as text what is none, such as <0.1."""
    plain = text.strip()
    return Decimal(plain) if _NUMBER.fullmatch(plain) else plain


def structured(raw: str, segment: Segment) -> Decimal | str:
    """SN: comparator^number^divider^number. `<^5` is "<5", `^100` is 100, `^1^:^128` is "1:128"."""
    by = segment.by
    sign, first, divider, second = (part(raw, by, place) for place in (1, 2, 3, 4))
    number = number_of(first)
    if sign in ("", "=") and not divider and not second:
        return number
    if sign in _COMPARATORS and isinstance(number, Decimal) and not divider and not second:
        return f"{sign}{number:f}"
    return f"{sign}{first}{divider}{second}"


def range_of(text: str) -> tuple[Decimal | None, Decimal | None]:
    """(low, high) of a laboratory's own range, as far as it is one of numbers."""
    if found := _BETWEEN.fullmatch(text):
        low, high = Decimal(found[1]), Decimal(found[2])
        return (low, high) if low <= high else (None, None)
    if found := _ONE_END.fullmatch(text):
        end = Decimal(found[2])
        return (None, end) if found[1] == "<" else (end, None)
    return None, None


def _coded(segment: Segment) -> tuple[Coding, ...] | str | None:
    """The codes of every repeat; its words where there is no code."""
    repeats = segment.repeats(5)
    found = tuple(coding for each in repeats for coding in codings_of(each, segment.by))
    if found:
        return found
    words = [said for each in repeats if (said := words_of(each, segment.by))]
    return "; ".join(words) or None
