"""Everything that the next fact needs to be graded: the state of a fold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from toxmon.grading import crs_course, icans_course, iec_hs_course
from toxmon.grading.chart import Chart
from toxmon.grading.episode import Episode
from toxmon.grading.grade import Grade
from toxmon.grading.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Given:
    """When a drug of a group was last given, and the fact that says so."""

    at: datetime
    fact: str


@dataclass(frozen=True, slots=True)
class State:
    """`said` is, for each scale that has been told, the digest of its last answer.

    All of it but `grades` is kept with the treatment. `grades` holds the answers that were worked
    out on the way and still hold; a scale that is not in it is graded again when it is asked for.
    """

    at: datetime | None = None
    chart: Chart = field(default_factory=Chart)
    crs: crs_course.State = field(default_factory=crs_course.State)
    icans: icans_course.State = field(default_factory=icans_course.State)
    iec_hs: iec_hs_course.State = field(default_factory=iec_hs_course.State)
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Since when each delayed toxicity is present, and since when a vasopressor runs."""
    given: Mapping[str, Given] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    said: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, Grade] = field(default_factory=dict, compare=False)

    def episode(self, scale: str) -> Episode | None:
        """The current or last episode of a scale that has episodes."""
        if scale == "crs":
            return self.crs.episode
        return self.icans.episode if scale == "icans" else None
