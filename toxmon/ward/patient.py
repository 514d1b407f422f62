"""The page of one patient: how they stand, what waits, what was charted last, where all else is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Response
from markupsafe import Markup

from toxmon.actions import advising, ahead, dosing, look_up
from toxmon.actions import course as courses
from toxmon.actions.ahead import Ahead
from toxmon.actions.course import Course
from toxmon.actions.register import Standing, load_open
from toxmon.alerting.plain import told
from toxmon.drawing.stretch import stretch
from toxmon.guidance.advice import CERTAIN, Advice
from toxmon.store import Row, assessments, facts, patients
from toxmon.timeline.check import DUE, LATE, OVERDUE, Check
from toxmon.timeline.known import Level
from toxmon.timeline.matter import PRIORITIES
from toxmon.timeline.seen import Reading
from toxmon.ward import banner, door, live, shown, timeline, value
from toxmon.ward.banner import Banner
from toxmon.ward.language import _
from toxmon.ward.why import short

TILES = ("crs", "icans", "icaht_early", "icaht_late", "iec_hs")
MORE = (
    "t_icaht_early", "t_icaht_late", "neutropenia", "anemia", "thrombocytopenia", "lymphopenia",
    "hypofibrinogenemia", "creatinine_increased", "ast_increased", "alt_increased",
    "bilirubin_increased", "movement_neurocognitive", "cranial_nerve_palsy", "guillain_barre",
    "peripheral_neuropathy", "enterocolitis", "licats", "second_malignancy",
)  # fmt: skip
LATEST = (
    "body_temperature", "systolic_bp", "diastolic_bp", "oxygen_saturation", "heart_rate",
    "respiratory_rate", "oxygen_device", "oxygen_flow", "vasopressors", "ice_score",
    "consciousness", "weight", "ferritin", "crp", "anc", "platelets", "fibrinogen",
)  # fmt: skip
LATE_SCALE_FROM_DAY = 31
RECENT = timedelta(hours=72)
MOST_RECENT, MOST_ADVICE = 12, 6


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that the page shows, read in one snapshot."""

    banner: Banner
    newest: Ahead | None
    grades: Mapping[str, dict[str, Any]]
    alerts: tuple[tuple[Standing, dict[str, Any]], ...]
    tocilizumab: dict[str, Any] | None
    history: list[Row]
    quarantined: list[Row]
    course: Course | None


@door.page("/p/<patient_id>", *door.CLINICAL)
def patient(patient_id: str) -> Response:
    """One look at one patient."""
    found = _gathered(patient_id)
    newest = found.newest
    known = newest.known if newest else None
    levels: Mapping[str, Level] = known.levels if known else {}
    day = found.banner.day
    tiles = [scale for scale in TILES if _is_read(scale, day)]
    checks = newest.plan.checks if newest else ()
    return door.render(
        "patient.html",
        patient=found.banner,
        tiles=[_tile(scale, found.grades.get(scale), levels.get(scale)) for scale in tiles],
        more=[
            _tile(scale, found.grades[scale], levels.get(scale))
            for scale in MORE
            if scale in found.grades and found.grades[scale]["high"]
        ],
        alerts=found.alerts,
        waiting=[each for state in (OVERDUE, LATE, DUE) for each in _in(checks, state)],
        following=_next(checks),
        paused=_in(checks, "paused"),
        latest=_latest(known.seen.readings if known else {}),
        windows=[each for each in (newest.windows if newest else ()) if each.state == "in"],
        tocilizumab=found.tocilizumab,
        advice=_advice(patient_id) if newest else [],
        recent=_recent(found.history),
        quarantined=[_doubted(row) for row in found.quarantined],
        setting=found.banner.setting,
        over=known is not None and known.over(shown.now()),
        frame=live.frame(),
        drawing=found.course and _drawn(found.course, patient_id),
        may_chart=door.actor().role in door.CHARTING,
        may_decide=door.actor().role in ("physician", "integration"),
    )


def _gathered(patient_id: str) -> Gathered:
    service, now = door.service(), shown.now()
    drug = service.protocols.drug("tocilizumab")

    def read(heads: list[Row]) -> Gathered:
        row = patients.get(service.store, patient_id)
        assert row is not None, "a record has a patient"
        found = ahead.of_heads(service, patient_id, heads, now)
        graded = look_up.graded(service, patient_id, heads, now, None, frozenset((*TILES, *MORE)))
        merged = heads[0].get("merged_into") is not None
        answer = None
        if drug is not None and not merged and found:
            answer = dosing.answered(service, patient_id, heads, drug, None, now=now)
        return Gathered(
            banner=banner.drawn(row, found[-1] if found else None, heads[0]),
            newest=found[-1] if found else None,
            grades=graded.grades,
            alerts=_alerts(heads[0]),
            tocilizumab=answer,
            history=assessments.history(service.store, patient_id, "%", now - RECENT, now),
            quarantined=facts.doubted(service.store, patient_id) if graded.quarantined else [],
            # What an open page asks again and again is not drawn again.
            course=None if live.polled() else _course(patient_id, heads, now),
        )

    return look_up.reading(service, door.actor(), patient_id, "read.patient", read)


def _course(patient_id: str, heads: list[Row], now: datetime) -> Course:
    return courses.gathered(door.service(), patient_id, heads, now, stretch(timeline.USUAL))


def _drawn(course: Course, patient_id: str) -> Markup:
    """The last days in a picture; every word in it was escaped where it was drawn."""
    picture = timeline.seen_of(course, patient_id).picture(_("The last 72 hours"))
    return Markup(timeline.drawn(picture))  # noqa: S704


def _is_read(scale: str, day: int | None) -> bool:
    """Is a scale of days read on this day of the treatment?"""
    if scale == "icaht_late":
        return day is not None and day >= LATE_SCALE_FROM_DAY
    return scale != "icaht_early" or day is None or day < LATE_SCALE_FROM_DAY


def _tile(scale: str, grade: dict[str, Any] | None, level: Level | None) -> dict[str, Any]:
    """A scale as its tile: where it stands, since when, what it was before, why in short."""
    was = None
    if grade is not None and level is not None and level.earlier and level.low == grade["low"]:
        was = level.earlier[-1][1]
    because = [reason["text"] for reason in grade["because"]] if grade else []
    return {
        "scale": scale,
        "short": short(scale),
        "grade": grade,
        "was": was if level is not None and was != level.low else None,
        "since": level.at if level is not None else None,
        "because": "; ".join(because[:3]),
        "missing": [value.title(name) for name in (grade["missing"] if grade else [])],
        "stale": [value.title(old["finding"]) for old in (grade["stale"] if grade else [])],
        "warnings": list(grade["explained"].values()) if grade else [],
        "window": None,
    }


def _alerts(head: Row) -> tuple[tuple[Standing, dict[str, Any]], ...]:
    """The open alerts, the most urgent first, each with what is told of it."""
    policy = door.service().alarms_now
    found = [
        (each, told(each.alarm, policy.chain(head["unit"] or "", each.alarm.priority)))
        for each in load_open(head["alarms"]).values()
    ]
    found.sort(
        key=lambda each: (-PRIORITIES.index(each[0].alarm.priority), each[0].alarm.raised_at)
    )
    return tuple(found)


def _in(checks: Iterable[Check], state: str) -> list[Check]:
    return [each for each in checks if each.state == state]


def _next(checks: Iterable[Check]) -> Check | None:
    coming = [each for each in checks if each.state == "next" and each.due_at is not None]
    return min(coming, key=lambda each: each.due_at or shown.now(), default=None)


def _latest(readings: Mapping[str, tuple[Reading, ...]]) -> list[dict[str, Any]]:
    """The newest value of each kind that matters at a bedside, and the one before it."""
    told = []
    for kind in LATEST:
        known = readings.get(kind)
        if not known:
            continue
        newest, before = known[-1], known[-2] if len(known) > 1 else None
        told.append(
            {
                "kind": kind,
                "title": value.title(kind),
                "said": value.said(kind, newest.value),
                "at": newest.at,
                "fact": newest.fact,
                "before": value.plain(kind, before.value) if before else None,
                "turn": _turn(newest, before),
            }
        )
    return told


def _turn(newest: Reading, before: Reading | None) -> str:
    """▲ or ▼ against the value before; nothing where there is no number to compare."""
    if before is None or not isinstance(newest.value, Decimal):
        return ""
    if not isinstance(before.value, Decimal) or newest.value == before.value:
        return ""
    return "▲" if newest.value > before.value else "▼"


def _advice(patient_id: str) -> list[dict[str, Any]]:
    """The first lines of what guidelines advise for what is open; the guidance page has all."""
    service = door.service()
    advice: Advice = advising.guidance(service, door.actor(), patient_id, shown.now()).advice
    return [
        {
            "scale": short(syndrome.scale),
            "text": line.sourced.line.text,
            "body": line.sourced.body,
        }
        for syndrome in advice.open
        for line in syndrome.lines
        if line.certainty == CERTAIN and line.applies and line.sourced.line.position == "advise"
    ][:MOST_ADVICE]


def _recent(history: list[Row]) -> list[dict[str, Any]]:
    """The last changes of grades that stand, newest first."""
    standing: dict[tuple[str, datetime], Row] = {}
    for row in history:
        standing[row["scale"], row["effective_at"]] = row
    told: list[dict[str, Any]] = []
    last: dict[str, tuple[int, int]] = {}
    for (scale, at), row in sorted(standing.items(), key=lambda each: (each[0][1], each[0][0])):
        grade = (row["low"], row["high"])
        if row["withdrawn"] or last.get(scale) == grade:
            continue
        before, last[scale] = last.get(scale), grade
        if before is not None or row["low"]:
            told.append({"scale": scale, "short": short(scale), "at": at, "low": row["low"],
                         "high": row["high"], "was": before})  # fmt: skip
    return told[::-1][:MOST_RECENT]


def _doubted(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "title": value.title(row["kind"]),
        "said": value.of_row(row),
        "at": row["effective_at"],
        "doubt": row["doubt"],
        "by": row["recorded_by"],
    }


def words_of(state: str) -> str:
    """The state of a check in a word."""
    return {
        "overdue": _("Overdue"),
        "late": _("Late"),
        "due": _("Due"),
        "paused": _("Paused"),
        "next": _("Next"),
    }.get(state, state)
