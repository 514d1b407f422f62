"""The course of a patient: one picture for every width, a focus line, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from flask import Response, request
from markupsafe import Markup

from toxmon.actions import course as courses
from toxmon.actions.course import Course
from toxmon.assessment import rfc3339
from toxmon.drawing import MIDDLE, PHONE, WIDE, Picture, draw, shared, table
from toxmon.drawing.record import Links, Seen
from toxmon.drawing.stretch import RANGES, stretch
from toxmon.store import Row
from toxmon.ward import banner, door, value
from toxmon.ward.language import _, later

LAYOUTS = ((WIDE, "wide"), (MIDDLE, "middle"), (PHONE, "phone"))
USUAL = "72h"
NAMES = {
    "24h": later("24 h"), "72h": later("72 h"), "7d": later("7 d"), "14d": later("14 d"),
    "d30": later("D0 to D30"), "all": later("All"),
}  # fmt: skip
MOST_ADDED = 60


@dataclass(frozen=True, slots=True)
class Other:
    """A kind that exists and is not drawn, and the address that adds it."""

    title: str
    count: int
    last_at: datetime
    href: str


@door.page("/p/<patient_id>/timeline", *door.CLINICAL)
def timeline(patient_id: str) -> Response:
    """What happened, on one time axis."""
    service = door.service()
    name = request.args.get("range", USUAL)
    name = name if name in RANGES else USUAL
    added = [each for each in request.args.get("add", "").split(",") if each][:MOST_ADDED]
    course = courses.course(service, door.actor(), patient_id, stretch(name))
    seen = seen_of(course, patient_id, added)
    picture = seen.picture(_("Course over time"))
    return door.render(
        "timeline.html",
        patient=banner.drawn(course.patient, course.treatment, course.heads[0]),
        range=name,
        ranges=[(each, _(NAMES[each]), _address(name=each, added=seen.also)) for each in RANGES],
        drawing=Markup(drawn(picture)),  # noqa: S704 - drawn here, every word in it escaped
        table=Markup(table.html(seen, _words())),  # noqa: S704 - the same
        picture=picture,
        others=[_other(row, name, seen.also) for row in seen.hidden],
        removed=_address(name=name, added=()) if seen.also else None,
        readings=sum(len(series.points) + len(series.under) for series in picture.series),
        latest_at=max((row["effective_at"] for row in course.newest), default=None),
    )


def seen_of(course: Course, patient_id: str, added: list[str] | None = None) -> Seen:
    """A course with the words and addresses of the pages."""
    service = door.service()
    treatment = course.treatment
    policy = (
        service.policy(treatment.treatment["policy_edition"])
        if treatment
        else service.protocols.policies[service.policy_name].policy
    )
    own = quote(patient_id)
    links = Links(
        # An instant in UTC and an id of ours hold nothing that an address would read otherwise,
        # and thousands of them are on a page.
        grade=lambda scale, at: f"/p/{own}/why?scale={scale}&at={rfc3339(at)}",
        fact=lambda fact_id: f"/p/{own}/facts/{fact_id}",
    )
    return Seen(course, service.zone, policy, links, added or ())


def drawn(picture: Picture) -> str:
    """The picture for three widths, of which the style sheet shows one; their curves once."""
    layouts = [layout for layout, _name in LAYOUTS]
    held = shared(picture, layouts)
    return held.svg + "".join(
        f'<div class="tx-{name}">'
        f"{draw(picture, layout, f'tx{name[0]}', styles='', held=held)}</div>"
        for layout, name in LAYOUTS
    )


def _address(*, name: str, added: object) -> str:
    kinds = ",".join(str(each) for each in added) if isinstance(added, list | tuple) else ""
    return "?" + urlencode({"range": name, **({"add": kinds} if kinds else {})}, safe=",")


def _other(row: Row, name: str, also: list[str]) -> Other:
    kind = row["kind"]
    address = _address(name=name, added=[*also, kind])
    return Other(value.title(kind), row["counted"], row["effective_at"], address)


def _words() -> table.Words:
    return table.Words(
        parameter=_("Parameter"),
        corrected=_("corrected"),
        retracted=_("taken back"),
        doubtful=_("not confirmed"),
    )
