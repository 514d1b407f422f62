"""What befalls an invented patient, and how far it moves what is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass

from toxmon.demo.curve import wave
from toxmon.demo.draw import SHAPES, Event

CRP_MG_L = (0, 55, 110, 180, 240)
FERRITIN_NG_ML = (0, 500, 1700, 4500, 9000)
"""By the peak grade of CRS, how far each rises. They never enter a grade of CRS."""
CRP_OF_PNEUMONIA_MG_L = 120
FEVER_OF_STORM_DAYS = 4.0


@dataclass(frozen=True, slots=True)
class Storm:
    """A hyperinflammation after CRS, as in IEC-HS: it begins, is at its height, and dies down."""

    onset_day: float
    top_day: float
    ferritin_ng_ml: float
    half_life_days: float = 4.0
    fever: bool = False

    def at(self, day: float) -> float:
        """How much of it there is, 0 to 1."""
        return wave(day, self.onset_day, self.top_day, self.half_life_days)


@dataclass(frozen=True, slots=True)
class Illness:
    """The events of one patient; times of events are hours after the infusion, of a storm days."""

    crs: Event | None = None
    icans: Event | None = None
    pneumonia: Event | None = None
    storm: Storm | None = None

    @property
    def peak(self) -> int:
        """The highest grade of CRS that is meant."""
        return self.crs.peak if self.crs else 0

    def grade(self, scale: str, hour: float) -> int:
        """The grade of crs or icans that is meant at that hour."""
        event = self.crs if scale == "crs" else self.icans
        return event.grade(hour) if event else 0

    def crp(self, day: float) -> float:
        """What CRS and a pneumonia add to CRP: a day's climb, then half of it each day.

        From grade 2 on tocilizumab is given, and CRP falls from there.
        """
        added = 0.0
        if self.crs:
            onset = self.crs.onset / 24
            added += CRP_MG_L[self.peak] * wave(day, onset - 0.3, _turn(self.crs) / 24 + 0.9, 1.1)
        if self.pneumonia:
            onset = self.pneumonia.onset / 24
            added += CRP_OF_PNEUMONIA_MG_L * wave(day, onset - 0.2, onset + 1.4, 1.5)
        return added

    def ferritin(self, day: float) -> float:
        """What CRS and a storm add to ferritin; it lags behind the fever by days."""
        added = self.of_crs(day) * FERRITIN_NG_ML[self.peak]
        return added + (self.storm.ferritin_ng_ml * self.storm.at(day) if self.storm else 0.0)

    def of_crs(self, day: float) -> float:
        """How much of what CRS does to liver, kidney and blood there is, 0 to 1."""
        if self.crs is None:
            return 0.0
        onset = self.crs.onset / 24
        return wave(day, onset, onset + 3.5, 3.0)

    def of_storm(self, day: float) -> float:
        """How much of the storm there is, 0 to 1."""
        return self.storm.at(day) if self.storm else 0.0

    def warmth(self, hour: float) -> float:
        """How much of the full fever there is, 0 to 1, but for what drugs take from that of CRS."""
        storm = self.storm
        if storm is None or not storm.fever:
            return 0.8 * fever_of(self.pneumonia, hour)
        hours = (storm.onset_day * 24, (storm.onset_day + FEVER_OF_STORM_DAYS) * 24)
        hot = Event(hours[0], hours[1] - hours[0], 1)
        return max(0.8 * fever_of(self.pneumonia, hour), 0.75 * fever_of(hot, hour))


def fever_of(one: Event | None, hour: float) -> float:
    """How much of the full fever an event gives: at once, from 0.8 to 1, gone in three hours."""
    if one is None or hour < one.onset:
        return 0.0
    if hour < one.end:
        share = (hour - one.onset) / one.hours
        return 0.8 + 0.2 * math.sin(math.pi * min(1.0, share * 1.4))
    return max(0.0, 0.8 * (1 - (hour - one.end) / 3))


def _turn(crs: Event) -> float:
    """The hour from which CRS is treated: where grade 2 begins, else a day and a half on."""
    before = 0.0
    for until, grade in SHAPES[crs.peak]:
        if grade >= 2:
            return crs.onset + before * crs.hours
        before = until
    return crs.onset + min(36.0, crs.hours)
