"""The card for a chart that is opened: what stands open, what is near a limit, what is overdue.

Nothing is said of a patient with whom nothing is the matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from toxmon.actions import Actor, Service, ahead, dosing
from toxmon.actions.ahead import Ahead
from toxmon.dosing.words import moment
from toxmon.ehr.cds_cards import INFO, WARNING, card
from toxmon.ehr.cds_memory import Told
from toxmon.timeline.check import OVERDUE

NEAR = 1
"""So few doses left, before the one that is asked about, are near the limit."""
MOST_OVERDUE = 10
NAMES = {
    "crs": "CRS", "icans": "ICANS", "iec_hs": "IEC-HS", "icaht_early": "early ICAHT",
    "icaht_late": "late ICAHT",
}  # fmt: skip


def status(
    service: Service, actor: Actor, patient_id: str, drugs: tuple[str, ...], now: datetime
) -> Told | None:
    """The card of a patient, None where there is nothing to say. That it was read is noted."""
    head, found = ahead.of_patient(service, actor, patient_id, now)
    if not found or found[-1].known.over(now):
        return None
    newest = found[-1]
    grades, overdue = _grades(newest), _overdue(newest)
    answers = [dosing.told(service, actor, patient_id, name) for name in drugs]
    near = [words for answer in answers if (words := _near(service, answer))]
    if not grades and not overdue and not near:
        return None
    parts = [*grades, *near]
    if overdue:
        parts.append(f"{len(overdue)} overdue: {overdue[0]}")
    summary = "; ".join(parts)
    detail = [
        _block("Grades now", [_says(newest, name) for name in newest.known.levels]),
        _block("Near the limit", near),
        _block("Overdue", overdue[:MOST_OVERDUE]),
        "Support for a clinician, never an order.",
    ]
    left = {answer["medication"]: answer["remaining"] for answer in answers}
    rests = {"version": head["version"], "as_of": now, "overdue": overdue, "remaining": left}
    return Told(card("status", WARNING if overdue else INFO, summary, detail), rests)


def _grades(found: Ahead) -> list[str]:
    """Scales that certainly stand at grade 1 or above."""
    return [
        f"{NAMES.get(name, name)} {_range(level.low, level.high)}"
        for name, level in found.known.levels.items()
        if isinstance(level.low, int) and level.low >= 1
    ]


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def _says(found: Ahead, name: str) -> str:
    level = found.known.levels[name]
    stands = isinstance(level.low, int) and level.low >= 1
    return f"{NAMES.get(name, name)}: {level.says}" if stands else ""


def _overdue(found: Ahead) -> list[str]:
    return [check.what for check in found.plan.checks if check.state == OVERDUE]


def _near(service: Service, answer: Mapping[str, Any]) -> str:
    """How many are left of a drug that was given, where few are."""
    few = {name: count for name, count in answer["remaining"].items() if count <= NEAR}
    if not few or not (answer["given"] or answer["held"]):
        return ""
    where = {"in_24_h": "24 h", "in_treatment": "this treatment", "in_episode": "this episode"}
    words = ", ".join(f"{count} left in {where.get(name, name)}" for name, count in few.items())
    at = answer["next_allowed_at"]
    if at is not None and not answer["allowed"]:
        words += f", earliest by time {moment(at, service.zone)}"
    return f"{answer['title']}: {words}"


def _block(title: str, items: list[str]) -> str:
    lines = [f"- {item}" for item in items if item]
    return "\n".join((f"**{title}:**", "", *lines)) if lines else ""
