"""Findings as anybody sends them, read for one scale: what `/grade/{scale}` and the CLI share.

Every field may be absent, which is unknown. One file a family of scales; each says what may be
sent and hands the findings to the rule in `toxmon/grading/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from toxmon.grading.grade import Grade, Index
from toxmon.grading.kinds import KINDS
from toxmon.scales import astct, ctcae, delayed, hlh, icaht, older, risk
from toxmon.scales.inputs import FindingsError, Input, Stateless

__all__ = ["SCALES", "FindingsError", "Input", "Stateless", "describe", "grade"]

SCALES: Mapping[str, Stateless] = {
    each.scale.name: each
    for each in (
        *astct.SCALES,
        *icaht.SCALES,
        *hlh.SCALES,
        *ctcae.SCALES,
        *risk.SCALES,
        *older.SCALES,
        *delayed.SCALES,
    )
}
"""Every scale that can be graded without a record, by name."""


def grade(scale: str, findings: Mapping[str, Any]) -> Grade | Index:
    """The grade of findings as decoded from JSON. Raises FindingsError with every fault.

    What is possible and not plausible is graded, and `doubts` says of which field and why.
    """
    stateless = SCALES[scale]
    read, doubts = stateless.findings(findings)
    answer: Grade | Index = stateless.scale.grade(read)
    return replace(answer, more={**answer.more, "doubts": doubts}) if doubts else answer


def describe(scale: str) -> dict[str, Any]:
    """A scale as `GET /grade` lists it: inputs with units and words, edition, source."""
    stateless = SCALES[scale]
    return {
        "scale": scale,
        "title": stateless.scale.title,
        "edition": stateless.scale.edition,
        "source": stateless.scale.source,
        "inputs": [_describe(each) for each in stateless.inputs],
        "warnings": dict(stateless.scale.warnings),
    }


def _describe(each: Input) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": each.name, "words": each.words}
    if each.form == "kind":
        kind = KINDS[each.kind or ""]
        unit = each.unit or kind.unit
        return {**shown, "form": kind.form, "unit": unit, "codes": list(kind.codes)}
    if each.form in ("code", "list"):
        return {**shown, "form": each.form, "codes": list(each.codes)}
    if each.form in ("items", "series"):
        parts = [_describe(part) for part in each.parts]
        return {**shown, "form": each.form, "parts": parts, "needed": list(each.needed)}
    if each.form == "count":
        bounds = {"least": each.least, "most": each.most}
        return {**shown, "form": "count", "unit": each.unit, **bounds}
    if each.form in ("years", "limit"):
        return {**shown, "form": each.form, "unit": each.unit}
    return {**shown, "form": "yes_no"}
