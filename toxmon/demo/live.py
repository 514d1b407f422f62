"""The ward goes on: what the model has in store for each bed is told when its hour comes.

Ward time runs faster than real time, and everything is told with the real time of its telling:
the server refuses what lies in the future.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from toxmon.demo.entries import Dose, Entry
from toxmon.demo.scenes import Scene
from toxmon.demo.treating import TOCILIZUMAB, within_limits
from toxmon.demo.ward import Deed, Patient, deed

LEAST_HOURS = {"acetaminophen": 6, TOCILIZUMAB: 8, "dexamethasone": 6, "levetiracetam": 12}
LOOK_EVERY_S = 2.0
LEAST_HOURS_OF_OTHERS = 12
"""Between two doses, in real time."""
_due = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Coming:
    """An entry that is not told yet. `at` is ward time; `number` is its place in the course."""

    at: datetime
    patient: Patient
    number: int
    entry: Entry


def coming(patient: Patient, opened: datetime) -> Iterator[Coming]:
    """One bed's entries after `opened`, in order, without end."""
    for number, entry in enumerate(patient.course.entries()):
        at = patient.at(entry.hour)
        if at > opened:
            yield Coming(at, patient, number, entry)


def live(
    patients: list[Patient],
    opened: datetime,
    tell: Callable[[Deed], list[str]],
    clock: Callable[[], datetime],
    wait: Callable[[float], bool],
    speed: float,
    say: Callable[[str], None],
    scenes: Sequence[Scene] = (),
    look: Callable[[], None] = lambda: None,
) -> None:
    """Tell what comes after `opened`, until `wait`, given seconds, answers that it is over.

    `speed` is ward time against real time; `scenes` come in real time. `tell` answers with what
    changed; `say` prints it. `look` is called every few seconds: there the nurses do their part.
    """
    started = clock()
    pace = Pace(patients, opened)
    model = heapq.merge(*(_timed(each, opened, started, speed) for each in patients), key=_due)
    planned: Iterator[tuple[datetime, Coming | Scene]] = (
        (started + timedelta(seconds=one.after_s), one) for one in scenes
    )
    for due, one in heapq.merge(model, planned, key=_due):
        while (left := (due - clock()).total_seconds()) > LOOK_EVERY_S:
            if wait(LOOK_EVERY_S):
                return
            look()
        if wait(max(0.0, left)):
            return
        now = clock()
        look()
        if isinstance(one, Scene):
            say(f"{now:%H:%M:%S}  {one.says}")
            tell(one.deed(now))
            continue
        if not pace.allows(one, now):
            continue
        for change in tell(deed(one.patient, one.entry, one.number, now)):
            say(f"{now:%H:%M:%S}  {one.patient.mrn}  {one.patient.name:16}  {change}")


def _timed(
    patient: Patient, opened: datetime, started: datetime, speed: float
) -> Iterator[tuple[datetime, Coming | Scene]]:
    """One bed's entries with the real time at which each is told."""
    if patient.course.plan.by_the_clock:
        speed = 1.0
    for one in coming(patient, opened):
        yield started + (one.at - opened) / speed, one


class Pace:
    """When each drug was given, in real time.

    Hours of a course pass in a minute, and doses given at that pace would break every limit; a
    dose that comes sooner than it could be given is left out.
    """

    def __init__(self, patients: list[Patient], opened: datetime) -> None:
        self._given: dict[tuple[str, str], list[datetime]] = {}
        for patient in patients:
            for entry in patient.course.entries():
                at = patient.at(entry.hour)
                if at > opened:
                    break
                if isinstance(entry, Dose):
                    self._given.setdefault((patient.mrn, entry.medication), []).append(at)

    def allows(self, one: Coming, now: datetime) -> bool:
        """Whether this may be told now; a dose that may is noted as given."""
        if not isinstance(one.entry, Dose):
            return True
        given = self._given.setdefault((one.patient.mrn, one.entry.medication), [])
        if given and now - given[-1] < timedelta(hours=least_hours(one.entry.medication)):
            return False
        if one.entry.medication == TOCILIZUMAB:
            ago = [(at - now) / timedelta(hours=1) for at in given]
            if not within_limits(0.0, ago):
                return False
        given.append(now)
        return True


def least_hours(medication: str) -> int:
    """How many hours at least lie between two doses of a drug."""
    return LEAST_HOURS.get(medication, LEAST_HOURS_OF_OTHERS)
