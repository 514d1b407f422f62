"""The lines of each table of a file of a cohort, for one treatment after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from toxmon.actions import Service
from toxmon.cohort.export.columns import COURSES, DOSES, GRADINGS, READINGS
from toxmon.cohort.export.found import TOCILIZUMAB, Course, study_id
from toxmon.cohort.export.wanted import DATES, NUMBERS, Wanted
from toxmon.grading.facts import Bounds, Value
from toxmon.grading.kinds import KINDS
from toxmon.grading.medications import GROUP_OF
from toxmon.saved import load_value
from toxmon.store import EVER, Row, cohorts

BASELINE = timedelta(days=30)
"""How long before the infusion readings are taken along."""
OLDEST = 90
PEAKS = ("crs", "icans", "iec_hs", "icaht_early")
DAY_S = Decimal(86_400)
PLACES = Decimal("0.0001")

Line = dict[str, Any]


@dataclass
class Lines:
    """Makes the lines. It reads of one treatment at a time, so memory does not grow with them."""

    service: Service
    wanted: Wanted
    _names: dict[str, str] = field(default_factory=dict)

    def of(self, table: str, course: Course) -> Iterator[Line]:
        """The lines of a table for one treatment."""
        makers = {
            COURSES: self._course,
            READINGS: self._readings,
            GRADINGS: self._gradings,
            DOSES: self._doses,
        }
        known = {"study_id": study_id(self.service, course.patient_id), "treatment": course.number}
        for line in makers[table](course):
            yield {**known, **line}

    def _course(self, course: Course) -> Iterator[Line]:
        readings, gradings = self._read(course), self._graded(course)
        doses = [row for row in self._given(course) if self._drug(row) == TOCILIZUMAB]
        died_at = cohorts.death(self.service.store, course.patient_id, self._known_at)
        mine = died_at is not None and course.infused_at <= died_at < course.next_at
        line: Line = {
            "product": course.product,
            "product_edition": course.product_edition[:12],
            "policy_edition": course.policy_edition[:12],
            "age_y": self._age(course),
            "sex": course.sex,
            "followed_days": self._time(course, readings[-1]["effective_at"] if readings else None),
            "readings": len(readings),
            "gradings": len(gradings),
            "tocilizumab_doses": len(doses),
            "tocilizumab_first_days": self._time(
                course, doses[0]["effective_at"] if doses else None
            ),
            "death_days": self._time(course, died_at if mine else None),
        }
        for scale in PEAKS:
            of_scale = [row for row in gradings if row["scale"] == scale]
            peak = max(of_scale, key=lambda row: int(row["low"]), default=None)
            line[f"{scale}_max"] = None if peak is None else int(peak["low"])
            line[f"{scale}_max_days"] = self._time(course, peak["effective_at"] if peak else None)
        if self.wanted.ids == NUMBERS:
            known = cohorts.numbers(self.service.store, course.patient_id, self._known_at)
            line["numbers"] = " ".join(known)
        yield line

    def _readings(self, course: Course) -> Iterator[Line]:
        for row in self._read(course):
            kind = KINDS.get(row["kind"])
            if kind is None:
                continue  # An act: not what was measured.
            yield {
                "days": self._time(course, row["effective_at"]),
                "kind": kind.name,
                "value": worded(load_value(row["value"])),
                "unit": kind.unit or "",
                "status": row["status"],
            }

    def _gradings(self, course: Course) -> Iterator[Line]:
        for row in self._graded(course):
            yield {
                "days": self._time(course, row["effective_at"]),
                "scale": row["scale"],
                "low": int(row["low"]),
                "high": int(row["high"]),
                "edition": row["edition"],
            }

    def _doses(self, course: Course) -> Iterator[Line]:
        for row in self._given(course):
            detail: Mapping[str, Any] = orjson.loads(row["detail"] or "{}")
            dose = detail.get("dose") or {}
            yield {
                "days": self._time(course, row["effective_at"]),
                "drug": self._drug(row),
                "amount": dose.get("value"),
                "unit": dose.get("unit"),
                "status": detail.get("status"),
            }

    @property
    def _known_at(self) -> datetime:
        return self.wanted.known_at or EVER

    def _read(self, course: Course) -> list[Row]:
        since = course.infused_at - (BASELINE if course.number == 1 else timedelta())
        rows = cohorts.readings(
            self.service.store, course.patient_id, since, course.next_at, self._known_at
        )
        return [row for row in rows if row["kind"] in KINDS]

    def _graded(self, course: Course) -> list[Row]:
        return cohorts.gradings(self.service.store, course.treatment_id, self._known_at)

    def _given(self, course: Course) -> list[Row]:
        since = course.infused_at - (BASELINE if course.number == 1 else timedelta())
        store = self.service.store
        return cohorts.doses(store, course.patient_id, since, course.next_at, self._known_at)

    def _drug(self, row: Row) -> str:
        """A drug by a name of ours: what somebody typed beside that may say who it was for."""
        text = str(row["value"])
        if text not in self._names:
            name = str(load_value(text)).partition(",")[0].strip()
            drug = self.service.protocols.drug(name)
            known = name.lower() if name.lower() in GROUP_OF else "other"
            self._names[text] = drug.name if drug is not None else known
        return self._names[text]

    def _age(self, course: Course) -> int | None:
        if course.born is None:
            return None
        day, born = course.infused_at.astimezone(self.service.zone).date(), course.born
        years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        return min(max(years, 0), OLDEST)

    def _time(self, course: Course, at: datetime | None) -> str | None:
        """Days since the infusion, or the instant itself where dates are asked for."""
        if at is None:
            return None
        if self.wanted.times == DATES:
            return at.astimezone(self.service.zone).isoformat(timespec="seconds")
        days = Decimal(str((at - course.infused_at).total_seconds())) / DAY_S
        return f"{days.quantize(PLACES).normalize() + 0:f}"


def worded(value: Value) -> str:
    """A value as text: 38.6, <0.5, 10-20, yes, a code, codes parted by blanks."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, Bounds):
        if value.low is None or value.high is None:
            end = value.high if value.low is None else value.low
            is_open = value.high_open if value.low is None else value.low_open
            sign = "<" if value.low is None else ">"
            return f"{sign}{'' if is_open else '='}{end:f}"
        return f"{value.low:f}-{value.high:f}"
    return " ".join(value) if isinstance(value, tuple) else str(value)
