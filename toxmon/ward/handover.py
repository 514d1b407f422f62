"""The handover sheet: one page of paper about one patient, and a list of a whole unit.

Each part has a fixed budget of lines, so that the most crowded patient fits on one page; what does
not fit is counted ("+3 more"). The sheet as a page, on paper and as a PDF is one template.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import Response, make_response, render_template
from markupsafe import Markup

from toxmon.actions import Actor, NotFound, Service, board, dosing, look_up
from toxmon.actions import course as courses
from toxmon.actions.course import Course, changes
from toxmon.actions.register import Standing, load_open
from toxmon.drawing import SHEET, Picture, draw, hidden, style, wording
from toxmon.drawing.forms import PAIRED
from toxmon.drawing.record import Seen, level
from toxmon.store import Row
from toxmon.timeline.check import DUE, LATE, OVERDUE, Check
from toxmon.timeline.matter import PRIORITIES
from toxmon.ward import banner, door, paper, shown, value
from toxmon.ward.banner import Banner
from toxmon.ward.language import _
from toxmon.ward.timeline import seen_of
from toxmon.ward.why import short

TRACKS = (
    "body_temperature", "systolic_bp", "oxygen_saturation", "ice_score", "crp", "ferritin",
    "anc", "platelets",
)  # fmt: skip
WEEKS = timedelta(days=14)
MOST_WINDOWS, MOST_CAUSES, MOST_DRUGS = 5, 2, 3
MOST_ALERTS, MOST_CHECKS, MOST_WHY, MOST_SAID = 4, 4, 100, 210
WINDOWS = ("CRS", "ICANS", "ICAHT", "IEC-HS")
LATE_FROM_DAY = 31


@dataclass(frozen=True, slots=True)
class Toxicity:
    """One line of the first table: where a scale stands, its worst, since when, and why."""

    name: str
    now: str
    peak: str
    since: str
    why: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that stands on a sheet. `more_alerts` and `more_checks` did not fit."""

    patient: Banner
    toxicities: Sequence[Toxicity]
    dose: Mapping[str, Any] | None
    alerts: Sequence[Standing]
    more_alerts: int
    checks: Sequence[Check]
    more_checks: int
    following: Check | None
    picture: Picture
    drawing: Markup
    protocol: Any
    policy: Any
    now: datetime
    by: str


@door.page("/p/<patient_id>/handover", *door.CLINICAL)
def handover(patient_id: str) -> Response:
    """The sheet as a page that prints."""
    found = sheet(patient_id, "read.handover")
    return door.render(
        "handover.html", patient=found.patient, sheet=found, has_pdf=paper.available()
    )


@door.page("/p/<patient_id>/handover.pdf", *door.CLINICAL)
def handover_pdf(patient_id: str) -> Response:
    """The sheet as a file. Where this server cannot make one, the page says how to print."""
    if not paper.available():
        raise NotFound("this server makes no PDF files; print the page")
    found = sheet(patient_id, "read.handover.pdf", on_paper=True)
    body = paper.pdf(render_template("handover_paper.html", sheet=found, patient=found.patient))
    answer = make_response(body)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = 'inline; filename="handover.pdf"'
    return answer


@door.page("/ward/<unit>/handover", *door.CLINICAL)
def handover_unit(unit: str) -> Response:
    """Everybody of a unit, by bed: some lines each, over as many pages as it takes."""
    service, actor = door.service(), door.actor()
    if not actor.may_see(unit):
        raise NotFound("no such unit")
    now = shown.now()
    places, _technical = board.board(service, actor, unit, now)
    blocks = [_block(place, now) for place in places]
    blocks.sort(key=lambda block: _by_bed(block["patient"].bed))
    return door.render("handover_unit.html", unit=unit, blocks=blocks, by=actor.name)


def sheet(patient_id: str, action: str, *, on_paper: bool = False) -> Sheet:
    """What stands on the sheet of a patient, read in one snapshot."""
    service, actor = door.service(), door.actor()
    course, dose = _gathered(service, actor, patient_id, action)
    seen = seen_of(course, patient_id)
    if on_paper:
        seen = Seen(course, service.zone, seen.policy)
    picture = _picture(seen)
    newest = course.treatment
    alerts = sorted(
        load_open(course.heads[0]["alarms"]).values(),
        key=lambda each: (-PRIORITIES.index(each.alarm.priority), each.alarm.raised_at),
    )
    checks = _checks(newest.plan.checks if newest else ())
    treatment = newest.treatment if newest else None
    text = draw(picture, SHEET, "sheet", styles=style.resolved() if on_paper else "")
    return Sheet(
        patient=banner.drawn(course.patient, newest, course.heads[0]),
        toxicities=[_toxicity(seen, scale) for scale in _scales(seen)],
        dose={**dose, "says": _cut(dose["says"], MOST_SAID)} if dose else None,
        alerts=alerts[:MOST_ALERTS],
        more_alerts=max(len(alerts) - MOST_ALERTS, 0),
        checks=checks[:MOST_CHECKS],
        more_checks=max(len(checks) - MOST_CHECKS, 0),
        following=_following(newest.plan.checks if newest else ()),
        picture=picture,
        drawing=Markup(text),  # noqa: S704 - drawn here, every word in it escaped
        protocol=service.product(treatment["product_edition"]) if treatment else None,
        policy=seen.policy,
        now=course.now,
        by=actor.name,
    )


def _gathered(
    service: Service, actor: Actor, patient_id: str, action: str
) -> tuple[Course, dict[str, Any] | None]:
    now = shown.now()
    drug = service.protocols.drug("tocilizumab")

    def read(heads: list[Row]) -> tuple[Course, dict[str, Any] | None]:
        course = courses.gathered(service, patient_id, heads, now, _stretch)
        merged = heads[0].get("merged_into") is not None
        answer = None
        if drug is not None and not merged and course.treatment is not None:
            answer = dosing.answered(service, patient_id, heads, drug, None, now=now)
        return course, answer

    return look_up.reading(service, actor, patient_id, action, read)


def _stretch(
    now: datetime, infused_at: datetime | None, first_at: datetime | None
) -> tuple[datetime, datetime]:
    """Day 0 to 14; later the last 14 days."""
    if infused_at is not None and now - infused_at < WEEKS:
        start = infused_at - timedelta(hours=24)
        return start, start + WEEKS + timedelta(hours=24)
    return now - WEEKS, now + timedelta(hours=6)


def _picture(seen: Seen) -> Picture:
    """The course within the budget of the sheet; what was left out is counted in its notes."""
    found = seen.picture(_("Course over time"), most_drugs=MOST_DRUGS, kinds=TRACKS)
    windows = [span for span in found.windows if span.label.startswith(WINDOWS)][:MOST_WINDOWS]
    notes = list(found.notes)
    left = {*seen.newest} & {row["kind"] for row in seen.hidden} | ({"heart_rate"} & {*seen.newest})
    left -= {*TRACKS, *(PAIRED.get(kind) for kind in TRACKS)}
    if left:
        notes.append(_("+%(n)s more measured series", n=len(left)))
    inside = [
        span
        for span in found.attributed
        if span.start <= found.end and (span.end is None or span.end >= found.start)
    ]
    if len(inside) > MOST_CAUSES:
        notes.append(_("+%(n)s more signs with another cause", n=len(inside) - MOST_CAUSES))
    found = replace(found, windows=tuple(windows), attributed=tuple(inside[-MOST_CAUSES:]))
    if close := hidden(found, SHEET):
        notes.append(_("symbols of %(n)s readings that stand close together", n=close))
    return replace(found, notes=tuple(notes))


def _scales(seen: Seen) -> tuple[str, ...]:
    """The four toxicities; of hematotoxicity the part whose time it is."""
    day = None
    if seen.infused_at is not None:
        began = seen.infused_at.astimezone(seen.zone).date()
        day = (seen.course.now.astimezone(seen.zone).date() - began).days
    late = day is not None and day >= LATE_FROM_DAY
    return ("crs", "icans", "icaht_late" if late else "icaht_early", "iec_hs")


def _toxicity(seen: Seen, scale: str) -> Toxicity:
    grade = seen.course.grades.get(scale)
    newest = seen.course.treatment
    own = newest.treatment["treatment_id"] if newest else None
    stood = [
        row for row in changes(seen.course.levels).get(scale, []) if row["treatment_id"] == own
    ]
    # Two treatments may lie between each other; what changed last is the last of its own.
    worst = max(stood, key=lambda row: (row["low"], -row["effective_at"].timestamp()), default=None)
    peak = "–"
    if worst is not None and worst["low"]:
        peak = f"{worst['low']} ({seen.day(worst['effective_at'])})"
    because = "; ".join(reason["text"] for reason in (grade or {}).get("because", ()))
    if grade is None:
        because = _("nothing charted: not gradable, which is not 0")
    elif grade["missing"] and grade["low"] != grade["high"]:
        missing = ", ".join(value.title(name) for name in grade["missing"])
        because = f"{because}. {_('Missing')}: {missing}"
    return Toxicity(
        short(scale),
        level(grade),
        peak,
        wording.moment(stood[-1]["effective_at"], seen.zone) if stood else "–",
        _cut(value.readable(because), MOST_WHY),
    )


def _checks(checks: Sequence[Check]) -> list[Check]:
    return [each for state in (OVERDUE, LATE, DUE) for each in checks if each.state == state]


def _following(checks: Sequence[Check]) -> Check | None:
    coming = [each for each in checks if each.state == "next" and each.due_at is not None]
    return min(coming, key=lambda each: each.due_at or shown.now(), default=None)


def _block(place: board.Place, now: datetime) -> dict[str, Any]:
    levels = place.ahead.known.levels
    late = look_up.day_of(door.service(), place.ahead.treatment, now) >= LATE_FROM_DAY
    hematotoxicity = "icaht_late" if late else "icaht_early"
    grades = [
        {
            "short": short(scale),
            "grade": None if found is None else {"low": found.low, "high": found.high},
            "since": found.at if found else None,
            "why": _cut(value.readable(found.text), 70) if found else "",
        }
        for scale in ("crs", "icans", hematotoxicity, "iec_hs")
        if (found := levels.get(scale)) is not None or scale in ("crs", "icans")
    ]
    return {
        "patient": banner.drawn(place.patient, place.ahead, place.patient),
        "grades": grades,
        "alerts": place.alarms[:MOST_ALERTS],
        "more_alerts": max(len(place.alarms) - MOST_ALERTS, 0),
        "checks": place.waiting[:MOST_CHECKS],
        "more_checks": max(len(place.waiting) - MOST_CHECKS, 0),
        "following": place.next,
    }


def _by_bed(bed: str | None) -> tuple[bool, int, str]:
    """Bed 4 before bed 12; who has none comes last."""
    digits = "".join(sign for sign in bed or "" if sign.isdecimal())
    return bed is None, int(digits or 0), bed or ""


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"
