"""Doses, onset windows and signs with another cause of a course, as they are drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo

import orjson

from toxmon.actions.course import Course
from toxmon.drawing import wording
from toxmon.drawing.picture import Dose, Span
from toxmon.grading.medications import STEROIDS
from toxmon.saved import load_value
from toxmon.store import Row

NUMBERED = ("tocilizumab",)
SHAPES = ("diamond", "square", "circle")
ACRONYM = re.compile(r"\(([A-Z][A-Z-]+)")
SHORT = {
    "crs": "CRS", "icans": "ICANS", "iec_hs": "IEC-HS", "icaht_early": "ICAHT early",
    "icaht_late": "ICAHT late", "t_icaht_early": "T-ICAHT early",
    "t_icaht_late": "T-ICAHT late", "parkinsonism": "Parkinsonism",
    "neurotoxicity": "Neurotoxicity",
}  # fmt: skip
To = Callable[[str], str]
"""Where a fact of an id can be read."""


def doses(course: Course, to: To) -> Iterator[Dose]:
    """Doses of the stretch: tocilizumab first, then steroids, then the others by name."""
    treatment = course.treatment
    infused_at = treatment.treatment["infused_at"] if treatment else None
    counted: dict[str, int] = {}
    found: list[tuple[int, str, datetime, int, Dose]] = []
    for row in course.doses:
        name = str(load_value(row["value"]))
        since = infused_at is None or row["effective_at"] >= infused_at
        counted[name] = counted.get(name, 0) + since
        if not course.from_at <= row["effective_at"] <= course.to_at:
            continue
        rank = 0 if name in NUMBERED else 1 if name in STEROIDS else 2
        dose = Dose(
            row["effective_at"],
            name,
            dose_words(row),
            SHAPES[rank],
            counted[name] or None,
            to(row["id"]),
        )
        found.append((rank, name, dose.at, len(found), dose))
    return (each[-1] for each in sorted(found, key=lambda each: each[:4]))


def dose_words(row: Row) -> str:
    """A dose in words: drug, amount, route."""
    name = str(load_value(row["value"])).replace("_", " ")
    detail = orjson.loads(row["detail"]) if row["detail"] else {}
    dose = detail.get("dose")
    amount = f" {dose['value']} {dose['unit']}" if isinstance(dose, dict) and dose else ""
    route = f" {detail['route']}" if detail.get("route") else ""
    at_the_latest = ", at the latest" if detail.get("time_unknown") else ""
    return f"{name}{amount}{route}{at_the_latest}"


def windows(course: Course) -> Iterator[Span]:
    """The product's windows that have an end; one without is no onset window but a follow-up."""
    treatment = course.treatment
    for each in treatment.windows if treatment else ():
        if each.last_at is None:
            continue
        acronym = ACRONYM.search(each.title)
        name = SHORT.get(each.event) or (acronym[1] if acronym else each.title)
        state = {"before": "not yet", "in": "now", "after": "over"}.get(each.state, each.state)
        words = f"{each.title}, usual time: {each.days} ({state})"
        yield Span(each.first_at, each.last_at, f"{name}: {each.days}", words)


def attributed(course: Course, zone: tzinfo, to: To) -> Iterator[Span]:
    """Signs that a clinician has said have another cause."""
    for row in course.attributed:
        detail = orjson.loads(row["detail"]) if row["detail"] else {}
        sign = str(detail.get("sign", "a sign")).replace("_", " ")
        cause = str(detail.get("cause", "another cause")).replace("_", " ")
        until = row["until_at"]
        words = f"{sign} has another cause ({cause}), from "
        words += wording.moment(row["effective_at"], zone)
        words += f" to {wording.moment(until, zone)}" if until else ", without an end"
        yield Span(row["effective_at"], until, f"{sign}: {cause}", words, to(row["id"]))
