"""A grade as an Observation: what was told of an instant, and what a scale answers now.

A grade that is not certain is told as the interval that it lies in, and one that cannot be graded
says so: it is never 0. The facts that it rests on stand in `derivedFrom` (decision 0094).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from toxmon import __version__
from toxmon.ehr.fhir.codes_out import (
    CATEGORIES,
    CATEGORY,
    CATEGORY_NAMES,
    NOW,
    SYNDROMES,
    TERMINOLOGY,
    TOLD,
    code_of_scale,
    coding,
    concept,
    part,
)
from toxmon.ehr.fhir.read import Resource, meta, reference, without_nothing
from toxmon.grading.kinds import KINDS
from toxmon.store import Row

SCORE = {"unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}
ABSENT = f"{TERMINOLOGY}/data-absent-reason"
DEVICE = {"display": f"toxmon {__version__}"}
Roots = Mapping[str, Row]


def told(row: Row, roots: Roots) -> Resource:
    """The Observation of an instant and scale, as an assessment tells it."""
    body = orjson.loads(row["body"])
    withdrawn = bool(row["withdrawn"])
    status = "corrected" if row["number"] > 1 else status_of(row)
    return without_nothing(
        {
            "resourceType": "Observation",
            "id": row["first_id"],
            "meta": meta(row["number"], row["recorded_at"]),
            "status": "entered-in-error" if withdrawn else status,
            **_head(row["patient_id"], row["scale"], row["edition"], TOLD),
            "focus": _syndrome(row, body),
            "effectiveDateTime": row["effective_at"],
            "issued": row["recorded_at"],
            **({"note": [{"text": body["withdrawn"]}]} if withdrawn else _said(body, roots)),
        }
    )


def current(
    patient_id: str, treatment_id: str, scale: str, body: Mapping[str, Any], at: datetime,
    roots: Roots,
) -> Resource:  # fmt: skip
    """The Observation of what a scale answers at `at`, the time of asking."""
    return without_nothing(
        {
            "resourceType": "Observation",
            "id": current_id(treatment_id, scale),
            "meta": meta(None, at),
            "status": status_of(body),
            **_head(patient_id, scale, body["edition"], NOW),
            "effectiveDateTime": at,
            "issued": at,
            **_said(body, roots),
        }
    )


def current_id(treatment_id: str, scale: str) -> str:
    """The id of what a scale of a treatment answers now."""
    return f"{treatment_id}.{scale.replace('_', '-')}"


def status_of(body: Mapping[str, Any]) -> str:
    """An answer that more findings could narrow is preliminary."""
    decided = body["low"] is not None and body["low"] == body["high"]
    return "final" if decided else "preliminary"


def facts_of(body: Mapping[str, Any]) -> list[str]:
    """The ids of the facts that an answer rests on, in order."""
    ids = [fact for reason in body.get("because", ()) for fact in reason["facts"]]
    ids += [old["fact"] for old in body.get("stale", ())]
    return list(dict.fromkeys(ids))


def facts_named(text: str) -> list[str]:
    """The same of an answer as it is kept."""
    return facts_of(orjson.loads(text))


def derived_from(body: Mapping[str, Any], roots: Roots) -> list[dict[str, str]]:
    """The Observations that an answer rests on, by whatever fact of their chain."""
    found = (roots[each] for each in facts_of(body) if each in roots)
    ids = dict.fromkeys(each["id"] for each in found if each["kind"] in KINDS)
    return [reference("Observation", id_) for id_ in ids]


def _head(patient_id: str, scale: str, edition: str, category: str) -> dict[str, Any]:
    return {
        "category": [
            concept(None, coding(CATEGORY, "survey")),
            concept(None, coding(CATEGORIES, category, CATEGORY_NAMES[category])),
        ],
        "code": code_of_scale(scale),
        "subject": reference("Patient", patient_id),
        "method": {"text": edition},
        "device": DEVICE,
    }


def _syndrome(row: Row, body: Mapping[str, Any]) -> list[dict[str, str]]:
    """The AdverseEvent that the grade is of, while an episode is open or has just ended."""
    episode = body.get("episode")
    if not episode or row["scale"] not in SYNDROMES:
        return []
    return [reference("AdverseEvent", episode_id(row["treatment_id"], row["scale"], episode))]


def episode_id(treatment_id: str, scale: str, episode: Mapping[str, Any]) -> str:
    """The id of an episode of a syndrome."""
    return f"{treatment_id}.{SYNDROMES[scale][0]}.{episode['number']}"


def _said(body: Mapping[str, Any], roots: Roots) -> dict[str, Any]:
    """The value, why it is so, and what would narrow it."""
    explained = body.get("explained", {})
    components = [
        *_parts("because", (each["text"] for each in body["because"])),
        *_parts("missing", body["missing"]),
        *_parts("stale", (f"{each['finding']} since {each['since']}" for each in body["stale"])),
        *_parts("warning", (explained.get(code, code) for code in body["warnings"])),
    ]
    value = _value(body)
    if "dataAbsentReason" in value and body["high"] is not None:
        components.append({"code": part("at-most"), **_number(body["high"])})
    return {
        **value,
        "component": components,
        "note": [{"text": body["says"]}],
        "derivedFrom": derived_from(body, roots),
    }


def _parts(name: str, texts: Iterable[str]) -> list[dict[str, Any]]:
    return [{"code": part(name), "valueString": text} for text in texts]


def _value(body: Mapping[str, Any]) -> dict[str, Any]:
    low, high = body["low"], body["high"]
    if low is not None and low == high:
        return _number(low)
    if low is None or (low == 0 and not _is_index(body)):
        return {"dataAbsentReason": concept(body["says"], coding(ABSENT, "unknown"))}
    ends = {"low": _score(low), "high": None if high is None else _score(high)}
    return {"valueRange": without_nothing(ends)}


def _number(value: float) -> dict[str, Any]:
    """A whole number of points as an integer, any other as a quantity."""
    if isinstance(value, int):
        return {"valueInteger": value}
    return {"valueQuantity": _score(value)}


def _score(value: float) -> dict[str, Any]:
    return {"value": value, **SCORE}


def _is_index(body: Mapping[str, Any]) -> bool:
    """A score that may well be 0, where an interval from 0 up is an answer."""
    return body["scale"] in ("easix", "hscore", "car_hematotox")
