"""A course that was read from the record as a picture: which tracks, and in which words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cached_property
from typing import Any, NamedTuple

from toxmon.actions.course import SCALES, Course, changes
from toxmon.drawing import given, wording
from toxmon.drawing.forms import ALWAYS, PAIRED, form_of
from toxmon.drawing.limits import age_years, bands
from toxmon.drawing.picture import Dose, Lane, Mark, Picture, Segment, Series
from toxmon.drawing.readings import ICE, ICE_KINDS, place, points
from toxmon.grading import icaht
from toxmon.grading.icans import ICE_ITEMS
from toxmon.grading.kinds import KINDS
from toxmon.grading.policy import Policy
from toxmon.saved import load_value
from toxmon.store import Row
from toxmon.timeline import words as told

COUNTED = ("final", "confirmed", "corrected")
NAMES = {
    "crs": "CRS", "icans": "ICANS", "icaht_early": "ICAHT early", "icaht_late": "ICAHT late",
    "iec_hs": "IEC-HS",
}  # fmt: skip
EDITIONS = {"astct-2019": "ASTCT 2019", "ehaebmt-2023": "EHA/EBMT 2023", "astct-2023": "ASTCT 2023"}


@dataclass(frozen=True, slots=True)
class Links:
    """Where parts of a drawing lead: a grade of a scale from an instant on, a fact by its id."""

    grade: Callable[[str, datetime], str] = lambda scale, at: ""
    fact: Callable[[str], str] = lambda fact_id: ""


NOWHERE = Links()


class Reading(NamedTuple):
    """A fact of a kind that can be charted, and how it stands. `value` None was taken back."""

    id: str
    kind: str
    at: datetime
    value: Any
    status: str
    replaces: str | None
    replaced_by: str | None

    @property
    def counts(self) -> bool:
        """Does it stand, and is it confirmed?"""
        return self.replaced_by is None and self.status in COUNTED and self.value is not None


class Seen:
    """A course, read as a picture and as a table. `also` are kinds that somebody asks for."""

    def __init__(
        self,
        course: Course,
        zone: tzinfo,
        policy: Policy,
        links: Links = NOWHERE,
        also: Collection[str] = (),
    ) -> None:
        self.course, self.zone, self.policy, self.links = course, zone, policy, links
        self.also = [kind for kind in dict.fromkeys(also) if _drawn(kind)]
        treatment = course.treatment
        self.infused_at: datetime | None = treatment.treatment["infused_at"] if treatment else None
        born = course.patient["birth_date"]
        self.age = age_years(date.fromisoformat(born) if born else None, course.now, zone)

    @cached_property
    def readings(self) -> list[Reading]:
        """Every observation of the stretch and a little before it, corrected ones too."""
        return [
            Reading(
                row["id"],
                row["kind"],
                row["effective_at"],
                None if row["value"] is None else load_value(row["value"]),
                row["status"],
                row["replaces_id"],
                row["replaced_by"],
            )
            for row in self.course.facts
            if row["kind"] in KINDS
        ]

    @cached_property
    def by_kind(self) -> dict[str, list[Reading]]:
        """The same by kind; what an ICE was charted by is also under its total."""
        found: dict[str, list[Reading]] = {}
        for each in self.readings:
            found.setdefault(each.kind, []).append(each)
        return found

    @cached_property
    def newest(self) -> dict[str, list[Row]]:
        """The last two of each kind, the newest first."""
        found: dict[str, list[Row]] = {}
        for row in self.course.newest:
            found.setdefault(row["kind"], []).append(row)
        return found

    @cached_property
    def tracks(self) -> tuple[str, ...]:
        """The kinds that are drawn: the usual ones, then what was asked for."""
        return (*ALWAYS, *(kind for kind in self.also if kind not in ALWAYS))

    @cached_property
    def hidden(self) -> list[Row]:
        """What exists and is not drawn: the newest row of each kind, with how many there are."""
        shown = {*self.tracks, *(PAIRED[kind] for kind in self.tracks if kind in PAIRED)}
        if ICE in shown and not self.partial_ice:
            shown |= ICE_KINDS
        return [rows[0] for kind, rows in self.newest.items() if _drawn(kind) and kind not in shown]

    @cached_property
    def partial_ice(self) -> bool:
        """Was an examination charted of which not every item is there, so that it has no total?"""
        items: dict[datetime, set[str]] = {}
        for kind in ICE_KINDS - {ICE}:
            for each in self.by_kind.get(kind, ()):
                if each.counts:
                    items.setdefault(each.at, set()).add(kind)
        return any(len(known) < len(ICE_ITEMS) for known in items.values())

    @cached_property
    def doses(self) -> list[Dose]:
        """The doses of the stretch."""
        return list(given.doses(self.course, self.links.fact))

    def day(self, at: datetime) -> str:
        """The day of an instant with its date: D3 06-Mar."""
        on = wording.date(at, self.zone)
        if self.infused_at is None:
            return on
        began = self.infused_at.astimezone(self.zone).date()
        number = (at.astimezone(self.zone).date() - began).days
        return f"{wording.day(number)} {on}"

    def picture(
        self, title: str, *, most_drugs: int | None = None, kinds: Sequence[str] | None = None
    ) -> Picture:
        """The course as a picture. With `most_drugs` the drugs that matter least are left out."""
        course = self.course
        doses = list(self.doses)
        notes: list[str] = []
        drugs = list(dict.fromkeys(dose.drug for dose in doses))
        if most_drugs is not None and len(drugs) > most_drugs:
            kept = set(drugs[:most_drugs])
            left = [dose for dose in doses if dose.drug not in kept]
            notes.append(f"+{len(drugs) - most_drugs} more drugs with {len(left)} doses")
            doses = [dose for dose in doses if dose.drug in kept]
        return Picture(
            title=title,
            start=course.from_at,
            end=course.to_at,
            zone=self.zone,
            infused_at=self.infused_at,
            series=tuple(self._series(kind) for kind in (kinds or self.tracks)),
            doses=tuple(doses),
            lanes=tuple(self.lanes()),
            windows=tuple(given.windows(course)),
            attributed=tuple(given.attributed(course, self.zone, self.links.fact)),
            now=course.now,
            notes=tuple(notes),
        )

    # Grades.

    def lanes(self) -> Iterator[Lane]:
        """Each scale over time; late hematotoxicity only where it was graded."""
        found = changes(self.course.levels)
        for scale in SCALES:
            segments = tuple(self._segments(scale, found.get(scale, [])))
            if scale == "icaht_late" and not segments and not self._late():
                continue
            grade = self.course.grades.get(scale)
            yield Lane(
                NAMES[scale],
                segments,
                now=f"{level(grade)} now",
                edition=EDITIONS.get((grade or {}).get("edition", "").split("/")[0], ""),
            )

    def _late(self) -> bool:
        """Has the time of late hematotoxicity begun?"""
        if self.infused_at is None:
            return False
        began = self.infused_at.astimezone(self.zone).date()
        return (self.course.now.astimezone(self.zone).date() - began).days >= icaht.LATE_DAYS[0]

    def _segments(self, scale: str, rows: Sequence[Row]) -> Iterator[Segment]:
        """Stretches of one grade. The last lasts until now, or until its treatment was over."""
        course = self.course
        ends = {row["treatment_id"]: row["next_at"] for row in course.heads if row["treatment_id"]}
        for number, row in enumerate(rows):
            end = min(ends.get(row["treatment_id"]) or course.now, course.now)
            if number + 1 < len(rows):
                end = min(end, rows[number + 1]["effective_at"])
            start = row["effective_at"]
            if end <= course.from_at or start >= course.to_at or end <= start:
                continue
            said = course.said.get(row["id"])
            body = said["body"] if said else {}
            yield Segment(
                start,
                end,
                row["low"],
                row["high"],
                "; ".join(reason["text"] for reason in body.get("because", ())),
                self.links.grade(scale, max(start, course.from_at)),
                unknown=row["low"] == 0 < row["high"],
            )

    # Series.

    def _series(self, kind: str) -> Series:
        course = self.course
        standing = self.standing(kind)
        inside = [point for point in standing if point[0] >= course.from_at]
        before = [point for point in standing if point[0] < course.from_at]
        lower = PAIRED.get(kind)
        under = [] if lower is None else self.standing(lower)
        title, unit = _named(kind)
        form, note = form_of(kind, title, unit, [value for _, value in inside])
        latest = self._latest(kind)
        pair = self._latest(lower) if lower else None
        return Series(
            form.title,
            form.short,
            form.unit,
            form.low,
            form.high,
            form.ticks,
            bands=tuple(bands(kind, form, self.policy, self.age)),
            points=tuple(inside),
            stepped=form.stepped,
            gap=form.gap,
            log=form.log,
            before=before[-1] if before else None,
            under=tuple(point for point in under if point[0] >= course.from_at),
            marks=tuple(self._marks(kind)),
            latest=_paired(latest, pair, 0),
            latest_at=latest[0][0] if latest else None,
            previous=_paired(latest, pair, 1),
            note=note,
        )

    def standing(self, kind: str) -> list[tuple[datetime, float]]:
        """The readings that count. Of several at one instant each is drawn."""
        kinds = ICE_KINDS if kind == ICE else (kind,)
        read = [
            (each.kind, each.at, each.value)
            for name in kinds
            for each in self.by_kind.get(name, ())
            if each.counts
        ]
        return points(read, kind)

    def _latest(self, kind: str) -> list[tuple[datetime, str]]:
        """The last two readings of the patient, in words, the newest first."""
        found = [
            (row["effective_at"], told.number(load_value(row["value"])))
            for row in self.newest.get(kind, ())
        ]
        if kind == ICE:
            items = [self.newest.get(f"ice_{item}", ()) for item in ICE_ITEMS]
            for place_of in range(2):
                rows = [each[place_of] for each in items if len(each) > place_of]
                at = {row["effective_at"] for row in rows}
                if len(rows) == len(ICE_ITEMS) and len(at) == 1:
                    total = sum(place(load_value(row["value"])) for row in rows)
                    found.append((at.pop(), wording.number(total)))
            # Where both were charted at one instant the items say more than the total.
            found = sorted(dict(found).items(), reverse=True)
        return found[:2]

    def _marks(self, kind: str) -> Iterator[Mark]:
        """Readings that were corrected, and readings that nobody has confirmed."""
        every = {each.id: each for each in self.by_kind.get(kind, ())}
        for each in every.values():
            if each.at < self.course.from_at or each.replaced_by or each.value is None:
                continue
            if each.replaces is None and each.status != "quarantined":
                continue
            words = f"{_named(kind)[0]} {told.number(each.value)}, {self._when(each.at)}"
            if each.replaces is not None and each.counts:
                was = every.get(each.replaces)
                before = (
                    told.number(was.value) if was and was.value is not None else "another value"
                )
                yield Mark(
                    each.at, place(each.value), f"{words}, corrected; it was {before}",
                    self.links.fact(each.replaces),
                )  # fmt: skip
            elif each.status == "quarantined":
                yield Mark(
                    each.at, place(each.value), f"{words}, not confirmed and not graded",
                    self.links.fact(each.id),
                )  # fmt: skip

    def _when(self, at: datetime) -> str:
        return wording.moment(at, self.zone)


def level(grade: Mapping[str, Any] | None) -> str:
    """A grade as a tile has it: 2, at least 2, or a question mark."""
    if grade is None or grade["low"] is None:
        return "?"
    low, high = int(grade["low"]), grade["high"]
    if high is not None and low == high:
        return str(low)
    return f"≥{low}" if low else "?"


def _drawn(kind: str) -> bool:
    """Is there a place on an axis for a kind?"""
    return kind in KINDS and KINDS[kind].form == "number"


def _named(kind: str) -> tuple[str, str]:
    found = KINDS[kind]
    unit = found.unit or ""
    return found.title, told.UNITS.get(unit, unit)


def _paired(
    upper: Sequence[tuple[datetime, str]],
    lower: Iterable[tuple[datetime, str]] | None,
    number: int,
) -> str:
    """A reading in words, with its lower end where that is of the same instant: 120/80."""
    if len(upper) <= number:
        return ""
    at, words = upper[number]
    other = dict(lower or ()).get(at)
    return f"{words}/{other}" if other is not None else words
