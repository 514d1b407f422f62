"""The board of a ward: everybody who is watched there, what needs somebody first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from flask import Response, current_app, request
from markupsafe import Markup

from toxmon.actions import NotFound, glance, sessions
from toxmon.actions.glance import HOUR, Glance
from toxmon.actions.register import Standing
from toxmon.store import patients
from toxmon.timeline.check import Check
from toxmon.timeline.windows import WindowNow
from toxmon.ward import door, language, live, shown, value, words
from toxmon.ward.language import _, later
from toxmon.ward.sign_in import bear

NEED, BED = "need", "bed"
ORDERS = {NEED: later("needs action, then bed"), BED: later("bed")}
A_YEAR_S = 365 * 24 * 3600
UNDONE_WITHIN = timedelta(seconds=10)
WALL_ROWS = 14
STARTS = {"admin": "/admin", "auditor": "/audit"}
"""Where roles begin that see no patient."""
WINDOWS = {
    "crs": "CRS", "icans": "ICANS", "neurotoxicity": "NTX", "iec_hs": "IEC-HS",
    "hlh_mas": "HLH/MAS",
}  # fmt: skip
"""Windows with room on the board, those of the first weeks; the patient's page has all."""
LATE_FROM_DAY = 31
LATER = re.compile("\x1a([as])([0-9]{1,11})\x1a")
"""A span in a drawn line that goes on counting: filled in each time the line is sent."""
MOST_ALERTS = 2
BEDSIDE = {"body_temperature", "systolic_bp", "oxygen_device", "ice_score", "consciousness"}
SHORT = {
    "temperature_c": later("temperature"), "hypotension": later("pressure"),
    "oxygen_device": later("oxygen"), "vasopressors": later("vasopressors"),
    "ice_score": later("ICE"), "consciousness": later("consciousness"), "seizure": later("seizure"),
    "ferritin": later("ferritin"), "icp_signs": later("ICP signs"),
}  # fmt: skip
"""Findings in a word, for a tile of a grade that is not known without them."""


@dataclass(frozen=True, slots=True)
class Counter:
    """A number at the head of the board that leads to those it counts. None: it is not known."""

    name: str
    label: str
    n: int | None


COUNTERS: dict[str, tuple[str, Callable[[Glance, datetime], int]]] = {
    "unacknowledged": (later("alerts not acknowledged"), lambda each, now: len(each.calling)),
    "overdue": (later("with something overdue"), lambda each, now: bool(each.overdue)),
    "due": (later("with something due within the hour"),
            lambda each, now: each.due_by(now + HOUR)),
    "crs-window": (later("in CRS window"), lambda each, now: each.inside("crs")),
    "icans-window": (later("in ICANS window"), lambda each, now: each.inside("icans")),
}  # fmt: skip


@door.page("/", *door.EVERYBODY)
def home() -> Response:
    """To one's own ward, or a choice of wards."""
    actor = door.actor()
    if actor.role in STARTS:
        return door.go(STARTS[actor.role])
    found = [row for row in patients.by_unit(door.service().store) if actor.may_see(row["unit"])]
    names = {row["unit"]: row["n"] for row in found}
    for unit in sorted(actor.units or ()):
        names.setdefault(unit, 0)
    if len(names) == 1:
        return door.go("board", unit=next(iter(names)))
    return door.render("wards.html", wards=names, here="/")


@door.page("/ward/<path:unit>", *door.CLINICAL, display=True)
def board(unit: str) -> Response:
    """Everybody of one ward; drawn for a wall with `wall=1`."""
    actor, now = door.actor(), shown.now()
    if not actor.may_see(unit):
        raise NotFound("nothing is named so")
    wall = request.args.get("wall") == "1" or door.session().display
    order = _order()
    ward = glance.of_unit(door.service(), actor, unit, now)
    every = sorted(ward.watched, key=_by_need if order == NEED else _by_bed)
    show = request.args.get("show", "")
    counts = COUNTERS.get(show)
    rows = [each for each in every if counts is None or each.failed or counts[1](each, now)]
    names = not wall or request.args.get("names") == "1"
    drawn = [Markup(_line(each, wall, names)) for each in rows]  # noqa: S704 - drawn by a template
    page = door.render(
        "board.html",
        frame=live.frame(),
        here="/",
        unit=unit,
        wall=wall,
        names=names,
        lines=_filled(Markup("").join(drawn), now),
        shown_n=len(rows),
        all_n=len(every),
        show=show if counts else "",
        show_label=_(counts[0]) if counts else "",
        counters=_counters(every, now),
        order=order,
        orders={name: _(label) for name, label in ORDERS.items()},
        unwatched=ward.unwatched if names else (),
        technical=ward.technical,
        just_taken=_just_taken(every, now),
        pages=-(-len(rows) // WALL_ROWS),
        back=request.full_path.removesuffix("?"),
        may_act=actor.role in door.PERSONS and not wall,
    )
    if request.args.get("order") in ORDERS:
        page.set_cookie(live.ORDER, order, max_age=A_YEAR_S, secure=door.secure(), httponly=True,
                        samesite="Strict")  # fmt: skip
    return page


@door.page("/wall", *door.CLINICAL, methods=("POST",))
def wall() -> Response:
    """Let this device be a display of one ward from now on: its board, and nothing else.

    Whoever does so is signed out here: a display locks nothing and shows nobody's name.
    """
    unit = request.form.get("unit", "")
    actor, before = door.actor(), door.session()
    if not actor.may_see(unit):
        raise NotFound("nothing is named so")
    service = door.service()
    cookie, session = sessions.open_for(service, actor.id, "display", display=True)
    sessions.end(service, before, "session.switch")
    return bear(door.go("board", unit=unit, wall=1), cookie, session)


def _order() -> str:
    """As asked for, else as this device wants it, else what needs somebody first."""
    for wanted in (request.args.get("order"), request.cookies.get(live.ORDER)):
        if wanted in ORDERS:
            return wanted
    return NEED


def _by_bed(each: Glance) -> tuple[object, ...]:
    return _bed_key(each.bed or ""), each.patient.get("name") or "", each.id


def _by_need(each: Glance) -> tuple[object, ...]:
    worst, overdue = each.urgency
    return -worst, not overdue, _by_bed(each)


@cache
def _bed_key(bed: str) -> tuple[object, ...]:
    """Bed 4 before bed 12, and who has no bed last."""
    parts = re.split("([0-9]+)", bed)
    return not bed, tuple((int(part), "") if part.isdecimal() else (0, part) for part in parts)


def _counters(every: list[Glance], now: datetime) -> list[Counter]:
    # One line that could not be worked out makes every sum unknown, and not smaller.
    known = not any(each.failed for each in every)
    return [
        Counter(name, _(label), sum(count(each, now) for each in every) if known else None)
        for name, (label, count) in COUNTERS.items()
    ]


def _just_taken(every: list[Glance], now: datetime) -> list[tuple[Standing, Glance, datetime]]:
    """What who looks has acknowledged a moment ago, and may still give back."""
    mine = door.actor().name
    return [
        (standing, each, taken.at + UNDONE_WITHIN)
        for each in every
        for standing in each.alarms
        if (taken := standing.alarm.acknowledgement) is not None
        and standing.alarm.holder == mine
        and taken.by == mine
        and now - taken.at < UNDONE_WITHIN
    ]


def _line(each: Glance, wall: bool, names: bool) -> str:
    """A line as it was drawn before, if nothing of it has changed since."""
    may_act = door.actor().role in door.PERSONS and not wall
    variant = (wall, names, may_act, language.current())
    if variant not in each.drawn:
        # Drawn once for many screens: nothing in it is of who looks, or when.
        template = current_app.jinja_env.get_template("board_line.html")
        each.drawn[variant] = template.render(
            each=each, line=Line(each), wall=wall, names=names, may_act=may_act
        )
    return each.drawn[variant]


def _filled(drawn: Markup, now: datetime) -> Markup:
    """With the spans that go on counting, as they are now."""

    @cache
    def said(kind: str, minutes: int) -> str:
        length = timedelta(minutes=minutes)
        return words.ago(now - length, now) if kind == "a" else words.span(length)

    second = int(now.timestamp())

    def told(found: re.Match[str]) -> str:
        return said(found[1], (second - int(found[2])) // 60)

    return Markup(LATER.sub(told, drawn))  # noqa: S704 - words and numbers of ours


def counting(instant: datetime, kind: str = "ago") -> Markup:
    """An instant whose distance is filled in when the line is sent, and counted on by a script."""
    mark = f"\x1a{kind[0]}{int(instant.timestamp())}\x1a"
    return Markup('<time datetime="{}" data-ago="{}">{}</time>').format(
        words.machine(instant), kind, mark
    )


class Line:
    """What a line says, in words."""

    def __init__(self, each: Glance) -> None:
        self.each = each
        self.counting = counting
        self.need = bool(each.calling) and each.calling[0].alarm.priority == "high"
        self.alerts = each.alarms[:MOST_ALERTS]
        self.more_alerts = len(each.alarms) - len(self.alerts)
        scales = ["crs", "icans", self.hematotoxicity, "iec_hs"]
        self.tiles = [(scale, each.grades.get(scale), self._note(scale)) for scale in scales]

    @property
    def hematotoxicity(self) -> str:
        """Whichever of the two runs."""
        day = self.each.day
        return "icaht_late" if day is not None and day >= LATE_FROM_DAY else "icaht_early"

    @property
    def title(self) -> str:
        """How the line is named without a name."""
        each = self.each
        return _("bed %(bed)s", bed=each.bed) if each.bed else _("a patient without a bed")

    @property
    def initials(self) -> str:
        """Enough to tell two patients of a ward apart on a wall, and no name."""
        parts = re.findall(r"\w+", self.each.patient.get("name") or "")
        return " ".join(part[0] for part in parts[:3])

    @property
    def windows(self) -> list[tuple[str, WindowNow]]:
        """Windows of the first weeks that are open, or are to come."""
        found = self.each.ahead.windows if self.each.ahead else ()
        named = [(WINDOWS[each.event], each) for each in found if each.event in WINDOWS]
        icans = any(each.event == "icans" for _name, each in named)
        return [
            (name, each)
            for name, each in named
            if each.state != "after" and not (icans and each.event == "neurotoxicity")
        ]

    @property
    def round(self) -> Check | None:
        """The vital signs as they are asked for now."""
        return next(
            (
                each
                for each in self.each.checks
                if any("body_temperature" in kinds for kinds in each.kinds) and each.due_at
            ),
            None,
        )

    @property
    def incomplete(self) -> list[tuple[str, str]]:
        """What was begun and lacks something: the check, and what is missing."""
        return [
            (each.what, ", ".join(value.title(kind) for kind in each.missing[:2])
             + (", …" if len(each.missing) > 2 else ""))
            for each in self.each.checks
            if each.have and each.missing and each.state in ("due", "late", "overdue")
        ][:1]  # fmt: skip

    @property
    def overdue(self) -> list[Check]:
        """What is overdue, that of the bedside first."""
        return sorted(self.each.overdue, key=lambda each: not _at_the_bedside(each))

    def last_dose(self) -> datetime | None:
        """When the drug was given last."""
        given = self.each.dose["given"] if self.each.dose else ()
        found: datetime | None = max((dose["at"] for dose in given), default=None)
        return found

    def _note(self, scale: str) -> str | None:
        """Why a grade is not known: what is missing, or too old."""
        grade = self.each.grades.get(scale)
        if grade is None or grade["low"] > 0 or grade["high"] == 0:
            return None
        if grade["stale"]:
            since = min(datetime.fromisoformat(old["since"]) for old in grade["stale"])
            local = words.at(since, door.service().zone)
            return _("too old since %(time)s", time=local)
        missing = grade["missing"]
        if scale.startswith("icaht"):
            return _("ANC missing") if missing else None
        first = next((SHORT[name] for name in missing if name in SHORT), None)
        if first is not None:
            told = _("%(what)s missing", what=first)
            return f"{told} +{len(missing) - 1}" if len(missing) > 1 else told
        return _("%(n)s missing", n=len(missing)) if missing else None


def _at_the_bedside(check: Check) -> bool:
    return any(BEDSIDE & set(kinds) for kinds in check.kinds)
