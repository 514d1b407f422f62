"""The ward goes on: one bed after the other is visited, and its course moves on by one entry."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from toxmon.demo.model import ChartSet, Dose, Entry
from toxmon.demo.ward import Deed, Patient, deed

SECONDS_BETWEEN_BEDS = 4.0
LEAST_HOURS = {"acetaminophen": 6, "tocilizumab": 8, "dexamethasone": 6, "levetiracetam": 12}


@dataclass
class Bed:
    """One patient and what is still to come. `given_at` is by medication, in real time."""

    patient: Patient
    coming: Iterator[tuple[int, Entry]]
    given_at: dict[str, datetime] = field(default_factory=dict)

    def next_deeds(self, now: datetime) -> list[Deed]:
        """The doses that are due before the next set, and the set, all true `now`.

        In a live ward hours of a course pass in a minute, and doses given at that pace would
        break every limit; a dose that comes sooner than it could be given is left out.
        """
        deeds: list[Deed] = []
        for number, entry in self.coming:
            # Two deeds of one visit must not be of one instant, or the worse of them would count.
            at = now + timedelta(milliseconds=len(deeds))
            if isinstance(entry, ChartSet):
                return [*deeds, deed(self.patient, entry, number, at)]
            if self._may_be_given(entry, now):
                self.given_at[entry.medication] = now
                deeds.append(deed(self.patient, entry, number, at))
        raise AssertionError("a course has no end")

    def _may_be_given(self, dose: Dose, now: datetime) -> bool:
        last = self.given_at.get(dose.medication)
        hours = LEAST_HOURS.get(dose.medication, math.inf)
        return last is None or now - last >= timedelta(hours=hours)


def beds(patients: list[Patient], now: datetime) -> list[Bed]:
    """The beds as they are at `now`: what lies before is told already."""
    found = []
    for patient in patients:
        given: dict[str, datetime] = {}
        entries = enumerate(patient.course.entries())
        for number, entry in entries:
            at = patient.at(entry.hour)
            if at > now:
                found.append(Bed(patient, itertools.chain([(number, entry)], entries), given))
                break
            if isinstance(entry, Dose):
                given[entry.medication] = at
    return found


def live(
    beds: list[Bed],
    tell: Callable[[Deed], list[str]],
    clock: Callable[[], datetime],
    wait: Callable[[float], bool],
    speed: float,
    say: Callable[[str], None],
) -> None:
    """Visit the beds in turn until `wait`, given seconds, answers that it is time to stop.

    `tell` answers with what changed; `say` prints it.
    """
    for bed in itertools.cycle(beds):
        if wait(SECONDS_BETWEEN_BEDS / speed):
            return
        for one in bed.next_deeds(clock()):
            for change in tell(one):
                say(f"{one.at:%H:%M:%S}  {bed.patient.mrn}  {bed.patient.name:18}  {change}")
