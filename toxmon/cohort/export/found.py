"""Which treatments a question means, and where so few are alike that they may be recognized."""

from __future__ import annotations

import base64
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby, pairwise

import orjson

from toxmon.actions import Actor, Service
from toxmon.actions.beginnings import beginnings
from toxmon.cohort.export.wanted import Wanted
from toxmon.saved import dump_value
from toxmon.store import EVER, Row, cohorts

FEW = 5
"""Fewer alike than this may be recognized by who knows the ward."""
TOCILIZUMAB = "tocilizumab"
SIGNS = 12


@dataclass(frozen=True, slots=True)
class Course:
    """A treatment: from its infusion to the next one. `number` counts those of its patient."""

    patient_id: str
    treatment_id: str
    number: int
    infused_at: datetime
    next_at: datetime
    product: str
    product_edition: str
    policy_edition: str
    born: date | None
    sex: str | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """The treatments that a question means, in the order of the file, and few that are alike."""

    courses: tuple[Course, ...]
    small: tuple[str, ...]

    @property
    def patients(self) -> int:
        """How many persons they are of."""
        return len({each.patient_id for each in self.courses})


def find(service: Service, actor: Actor, wanted: Wanted) -> Cohort:
    """The treatments of patients within the actor's units. Only inside `reading`.

    A patient who was opened in an emergency was opened for care, and is not in a file.
    """
    known_at = wanted.known_at or EVER
    rows = cohorts.infusions(service.store, known_at)
    courses = [
        course
        for _, of_one in groupby(rows, key=lambda row: row["patient_id"])
        for course in _courses(service, actor, list(of_one))
    ]
    courses = [each for each in courses if _of_the_filter(service, each, wanted)]
    for scale, least in (("crs", wanted.crs_from), ("icans", wanted.icans_from)):
        if least is not None:
            peaks = cohorts.peaks(service.store, scale, known_at)
            courses = [each for each in courses if peaks.get(each.treatment_id, 0) >= least]
    if wanted.tocilizumab is not None:
        treated = _treated(service, known_at, courses)
        courses = [e for e in courses if (e.treatment_id in treated) is wanted.tocilizumab]
    # By study id, so that the order tells nothing of who came when.
    courses.sort(key=lambda each: (study_id(service, each.patient_id), each.number))
    return Cohort(tuple(courses), tuple(small(courses)))


def study_id(service: Service, patient_id: str) -> str:
    """What a patient is called in files: made by the site's key, so that nobody else can make it.

    The same in every file of the site; sixty bits, so that two do not meet.
    """
    digest = hmac.digest(service.key, f"cohort study id {patient_id}".encode(), "sha256")
    return "S" + base64.b32encode(digest).decode()[:SIGNS]


def small(courses: Iterable[Course]) -> list[str]:
    """Where fewer than FEW patients are alike, in words."""
    courses = list(courses)
    found = []
    everybody = len({each.patient_id for each in courses})
    if 0 < everybody < FEW:
        found.append(f"all together: {_patients(everybody)}")
    for what, of in (
        ("product", lambda each: each.product),
        ("sex", lambda each: each.sex or "not charted"),
        ("year of infusion", lambda each: str(each.infused_at.year)),
    ):
        counted = Counter(value for value, _ in {(of(each), each.patient_id) for each in courses})
        if everybody >= FEW:
            found += [f"{what} {value}: {_patients(n)}" for value, n in sorted(counted.items())
                      if n < FEW]  # fmt: skip
    return found


def _patients(count: int) -> str:
    return f"{count} patient" + ("" if count == 1 else "s")


def _courses(service: Service, actor: Actor, rows: list[Row]) -> list[Course]:
    """The treatments of one patient, by every infusion that was charted."""
    if actor.units is not None and rows[0]["unit"] not in actor.units:
        return []
    replaced = {row["replaces_id"] for row in rows}
    before = {row["id"]: row["replaces_id"] for row in rows}
    standing = [r for r in rows if r["id"] not in replaced and r["status"] != "entered-in-error"]
    begun = beginnings(service, standing)
    found = []
    for number, (row, following) in enumerate(pairwise([*begun, None]), start=1):
        assert row is not None
        root = row["id"]
        while before.get(root) is not None:
            root = before[root]
        detail = orjson.loads(row["detail"])
        born = row["birth_date"]
        found.append(
            Course(
                row["patient_id"],
                root,
                number,
                row["effective_at"],
                following["effective_at"] if following else EVER,
                detail["product"],
                detail["product_edition"],
                detail["policy_edition"],
                date.fromisoformat(born) if isinstance(born, str) else born,
                row["sex"],
            )
        )
    return found


def _of_the_filter(service: Service, each: Course, wanted: Wanted) -> bool:
    day = each.infused_at.astimezone(service.zone).date()
    return (
        wanted.product in (None, each.product)
        and (wanted.infused_from is None or day >= wanted.infused_from)
        and (wanted.infused_to is None or day <= wanted.infused_to)
    )


def _treated(service: Service, known_at: datetime, courses: list[Course]) -> set[str]:
    """The treatments in which tocilizumab was given."""
    drug = service.protocols.drug(TOCILIZUMAB)
    names = {TOCILIZUMAB, *(drug.aliases if drug else ())}
    values = sorted({dump_value(each) for name in names for each in (name, name.lower())})
    given: dict[str, list[datetime]] = defaultdict(list)
    for row in cohorts.given(service.store, values, known_at):
        given[row["patient_id"]].append(row["effective_at"].astimezone(UTC))
    return {
        each.treatment_id
        for each in courses
        if any(each.infused_at <= at < each.next_at for at in given[each.patient_id])
    }
