"""What a set came to: the grade and what it was, why, what to do now, what is due, what sounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response

from toxmon.actions import NotFound, advising, ahead, dosing, look_up
from toxmon.actions.ahead import Ahead
from toxmon.actions.record import RETRACTED
from toxmon.actions.register import Standing, load_open
from toxmon.alerting.plain import told
from toxmon.guidance.advice import CERTAIN
from toxmon.saved import load_value
from toxmon.store import EVER, NEVER, Row, assessments, facts, patients
from toxmon.timeline.check import DUE, LATE, OVERDUE, Check
from toxmon.timeline.matter import PRIORITIES
from toxmon.ward import asked, banner, door, shown, value, words
from toxmon.ward.banner import Banner
from toxmon.ward.language import _
from toxmon.ward.why import short

SCALES = ("crs", "icans")
FRESH = timedelta(minutes=15)
"""So long a result shows how it stands now; later it shows what was told then."""
WAITS = "quarantined"
LATELY = timedelta(days=3)
MOST_ADVICE = 6
MOST_VERSION = 2**31


@dataclass(frozen=True, slots=True)
class Result:
    """All that the page shows, read in one snapshot."""

    banner: Banner
    rows: list[Row]
    at: datetime
    known_at: datetime | None
    treatment: Row | None
    grades: Mapping[str, dict[str, Any]]
    was: Mapping[str, tuple[int, int]]
    because: Mapping[str, Row]
    newest: Ahead | None
    alerts: list[tuple[Standing, dict[str, Any]]]
    tocilizumab: str | None


@door.page("/p/<patient_id>/obs/<int:version>/result", *door.CLINICAL)
def result(patient_id: str, version: int) -> Response:
    """The answer to what was saved; it can be opened again and then shows what was told."""
    found = look_up.reading(
        door.service(), door.actor(), patient_id, "read.grades",
        lambda heads: _read(patient_id, heads, version),
    )  # fmt: skip
    checks = found.newest.plan.checks if found.newest else ()
    scales = [_scale(scale, found) for scale in SCALES] if found.treatment else []
    service = door.service()
    begun = found.treatment
    return door.render(
        "result.html",
        patient=found.banner,
        version=version,
        did=_did(found.rows),
        set_at=found.rows[0]["effective_at"],
        saved_at=found.rows[0]["recorded_at"],
        by=found.rows[0]["recorded_by"],
        is_now=found.known_at is None,
        scales=scales,
        says=" ".join(each["says"] for each in scales),
        advice=_advice(patient_id) if found.treatment and found.known_at is None else [],
        waiting=[each for state in (OVERDUE, LATE, DUE) for each in checks if each.state == state],
        following=_next(checks),
        tocilizumab=found.tocilizumab,
        alerts=found.alerts,
        not_taken=_not_taken(found.rows),
        left_empty=_left_empty(found.rows),
        doubted=[value.title(row["kind"]) for row in found.rows if row["status"] == WAITS],
        protocol=begun and service.product(begun["product_edition"]),
        rules=begun and service.policy(begun["policy_edition"]),
        may_chart=door.actor().role in door.CHARTING,
    )


def _read(patient_id: str, heads: list[Row], version: int) -> Result:
    service, now = door.service(), shown.now()
    rows = facts.of_version(service.store, patient_id, version) if version < MOST_VERSION else []
    if not rows:
        raise NotFound("no set of that number")
    recorded_at = rows[0]["recorded_at"]
    known_at = None if now - recorded_at < FRESH else recorded_at
    graded = look_up.graded(
        service, patient_id, heads, known_at or now, known_at, frozenset(SCALES)
    )
    row = patients.get(service.store, patient_id)
    assert row is not None, "a record has a patient"
    found = ahead.of_heads(service, patient_id, heads, now)
    newest = found[-1] if found else None
    drug = service.protocols.drug("tocilizumab")
    says = None
    if newest and drug is not None and heads[0].get("merged_into") is None:
        says = dosing.answered(service, patient_id, heads, drug, None, now=now)["says"]
    named = [each for grade in graded.grades.values() for each in _named(grade)]
    return Result(
        banner=banner.drawn(row, newest, heads[0]),
        rows=rows,
        at=known_at or now,
        known_at=known_at,
        treatment=graded.treatment,
        grades=graded.grades,
        was=_was(patient_id, graded.treatment, version, recorded_at),
        because={each: fact for each in named if (fact := facts.get(service.store, each))},
        newest=newest,
        alerts=_alerts(heads[0], recorded_at),
        tocilizumab=says,
    )


def _named(grade: dict[str, Any]) -> Iterable[str]:
    return dict.fromkeys(fact for reason in grade["because"] for fact in reason["facts"])


def _was(
    patient_id: str, treatment: Row | None, version: int, recorded_at: datetime
) -> dict[str, tuple[int, int]]:
    """Where each scale stood before this version of the record, as it had been told."""
    if treatment is None:
        return {}
    found = {}
    for scale in SCALES:
        for since in (recorded_at - LATELY, NEVER):
            rows = assessments.history(door.service().store, patient_id, scale, since, EVER)
            then: dict[datetime, Row] = {
                row["effective_at"]: row
                for row in rows
                if row["version"] < version and row["treatment_id"] == treatment["treatment_id"]
            }
            stood = [then[at] for at in sorted(then) if not then[at]["withdrawn"]]
            if stood:
                found[scale] = (stood[-1]["low"], stood[-1]["high"])
                break
    return found


def _scale(scale: str, found: Result) -> dict[str, Any]:
    """A scale as its tile, its reasons with the values that they rest on, and in a sentence."""
    grade, was = found.grades.get(scale), found.was.get(scale)
    name = short(scale)
    says = f"{name} {grade['says']}" if grade else f"{name} {_('not gradable')}"
    if was is not None:
        says += f", {_('was %(was)s', was=_between(*was))}"
    zone = door.service().zone
    reasons = []
    for reason in grade["because"] if grade else ():
        rests_on = [found.because[each] for each in reason["facts"] if each in found.because]
        said = ", ".join(
            f"{value.title(row['kind'])} {value.of_row(row)} {words.at(row['effective_at'], zone)}"
            for row in rests_on
        )
        reasons.append({"text": reason["text"], "said": said})
    return {
        "scale": scale,
        "short": name,
        "grade": grade,
        "was": _between(*was) if was else None,
        "was_low": was[0] if was and was[0] == was[1] else None,
        "says": f"{says}.",
        "reasons": reasons,
        "missing": [value.title(each) for each in (grade["missing"] if grade else ())],
        "stale": [value.title(each["finding"]) for each in (grade["stale"] if grade else ())],
        "warnings": list(grade["explained"].values()) if grade else [],
    }


def _between(low: int, high: int) -> str:
    """A grade that was told, in short; one that was open is said to have been."""
    if low == high:
        return str(low)
    return _("not gradable") if low == 0 else _("%(low)s to %(high)s", low=low, high=high)


def _did(rows: list[Row]) -> str:
    """What was done, in a word."""
    statuses = {row["status"] for row in rows}
    if statuses == {RETRACTED}:
        return _("Withdrawn")
    if all(row["replaces_id"] for row in rows):
        return _("Confirmed") if statuses == {"confirmed"} else _("Corrected")
    return _("Saved")


def _advice(patient_id: str) -> list[dict[str, Any]]:
    """What is advised at every grade that is possible now; the page of guidance has the rest."""
    advice = advising.guidance(door.service(), door.actor(), patient_id, shown.now()).advice
    return [
        {"scale": short(syndrome.scale), "text": line.sourced.line.text, "body": line.sourced.body,
         "source": line.sourced.line.citation.source}
        for syndrome in advice.open
        for line in syndrome.lines
        if line.certainty == CERTAIN and line.applies and line.sourced.line.position == "advise"
    ][:MOST_ADVICE]  # fmt: skip


def _next(checks: Iterable[Check]) -> Check | None:
    coming = [each for each in checks if each.state == "next" and each.due_at is not None]
    return min(coming, key=lambda each: each.due_at or shown.now(), default=None)


def _alerts(head: Row, since: datetime) -> list[tuple[Standing, dict[str, Any]]]:
    """The open alerts: those that this set has raised, then the most urgent."""
    policy = door.service().alarms_now
    found = [
        (each, told(each.alarm, policy.chain(head["unit"] or "", each.alarm.priority)))
        for each in load_open(head["alarms"]).values()
    ]

    def first(each: tuple[Standing, dict[str, Any]]) -> tuple[bool, int, datetime]:
        alarm = each[1]
        return alarm["raised_at"] < since, -PRIORITIES.index(alarm["priority"]), alarm["raised_at"]

    return sorted(found, key=first)


def _not_taken(rows: list[Row]) -> list[str]:
    found: list[str] = []
    for row in rows:
        if row["kind"] == "not_taken" and row["value"] is not None:
            said = load_value(row["value"])
            found += [value.title(each) for each in said] if isinstance(said, tuple) else []
    return found


def _left_empty(rows: list[Row]) -> list[str]:
    """What a sheet asks and this set has not, unless it was said why; of whole sets only."""
    there = {row["kind"] for row in rows}
    if all(row["replaces_id"] for row in rows) or "vasopressors" not in there:
        return []
    for row in rows:
        if row["kind"] == "not_taken" and row["value"] is not None:
            said = load_value(row["value"])
            there |= set(said) if isinstance(said, tuple) else set()
    return [value.title(box.kind) for box in asked.BOXES if box.kind not in there]
