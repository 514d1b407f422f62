"""What the timeline rests on: where the grades of a treatment stand, and what was charted beside.

Kept with the treatment as work; `timeline/plain.py` has its plain form. All of it can be made
again from the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from toxmon.dosing.steroids import Days
from toxmon.timeline.seen import Seen

INPATIENT, OUTPATIENT, ENDED = "inpatient", "outpatient", "ended"
EARLY = timedelta(minutes=30)
"""A dose may be charted as begun so long before its release was noted."""
RISE_SPAN = timedelta(hours=6)
"""How far back a rise is looked for, unless an alarm policy says otherwise."""
SETTINGS = (INPATIENT, OUTPATIENT, ENDED)
"""Where a patient is watched; `ended`: by named decision not by this ward any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Where a scale stands from `at` on. `facts`: those that its reasons name."""

    low: int
    high: int
    at: datetime
    says: str
    edition: str
    episode: int | None = None
    onset_at: datetime | None = None
    facts: tuple[str, ...] = ()
    text: str = ""
    """The first reasons of the grade, in words."""
    suspected: bool | None = None
    """IEC-HS only: do its criteria raise the suspicion?"""
    earlier: tuple[tuple[datetime, int], ...] = ()
    """Since when it stood at which certain grade in the span before `at`, oldest first."""

    @property
    def rose_by(self) -> int:
        """By how many grades it is above the lowest of the span before."""
        return max((self.low - low for _, low in self.earlier), default=0)


def followed(before: Level | None, level: Level, within: timedelta = RISE_SPAN) -> Level:
    """The level that a scale has now, after the one it had: since when, and what it rose from.

    `at` stays what it was as long as the grade (and the episode) is the same: a cadence that the
    grade tightens counts from there, and must not begin anew with every measurement.
    """
    if before is None:
        return level
    same = (before.low, before.high, before.episode) == (level.low, level.high, level.episode)
    if same or level.at <= before.at:
        now = replace(level, at=min(before.at, level.at), earlier=before.earlier)
        return before if now == before else now
    since = level.at - within
    stood = (*before.earlier, (before.at, before.low))
    # The one that stood at the beginning of the span counts, whenever it began.
    first = max((place for place, (at, _) in enumerate(stood) if at <= since), default=0)
    return replace(level, earlier=stood[first:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Checks that are not asked for during a span; `what` empty is every check."""

    fact: str
    what: tuple[str, ...]
    from_at: datetime
    until_at: datetime
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """From `at` on the patient is watched in this setting."""

    fact: str
    at: datetime
    setting: str
    bed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """A dose of the treatment's own product after its first, or of any other drug."""

    fact: str
    at: datetime
    medication: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A dose that was released at `at`, to be charted as given by `chart_by`."""

    fact: str
    at: datetime
    medication: str
    mg: str
    by: str
    chart_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a plan and the matters of a treatment are worked out from, beside its protocol.

    `doses` are the later doses of a product that is given in steps; `given` by drug group
    (toxmon.grading.medications.GROUP_OF) and by drug name the newest dose. `attributed` are the
    signs that a clinician has said have another cause, with the end of that span, if it has one.
    `steroids` are the last days of the site with a systemic steroid. `released` are doses that were
    released and neither taken back nor replaced.
    """

    seen: Seen = field(default_factory=Seen)
    levels: Mapping[str, Level] = field(default_factory=dict)
    doses: tuple[Dose, ...] = ()
    given: Mapping[str, Dose] = field(default_factory=dict)
    attributed: Mapping[str, datetime | None] = field(default_factory=dict)
    pauses: tuple[Pause, ...] = ()
    stays: tuple[Stay, ...] = ()
    died_at: datetime | None = None
    steroids: Days = ()
    released: tuple[Release, ...] = ()

    def not_charted(self) -> tuple[Release, ...]:
        """The released doses after which no dose of the drug has been charted."""
        return tuple(
            each
            for each in self.released
            if (dose := self.given.get(each.medication)) is None or dose.at < each.at - EARLY
        )

    def stay(self, at: datetime) -> Stay | None:
        """The stay that holds at `at`; None is what a treatment begins with: in hospital."""
        held = [stay for stay in self.stays if stay.at <= at]
        return max(held, key=lambda stay: (stay.at, stay.fact)) if held else None

    def setting(self, at: datetime) -> str:
        """Where the patient is watched at `at`."""
        stay = self.stay(at)
        return INPATIENT if stay is None else stay.setting

    def over(self, at: datetime) -> bool:
        """Has the watch ended by `at`: has the patient died, or was it ended by name?"""
        return (self.died_at is not None and self.died_at <= at) or self.setting(at) == ENDED
