"""Which beds there are on the invented ward: the product, since when, and what is told there."""

from __future__ import annotations

from dataclasses import dataclass

from toxmon.demo import dose_cases, early_cases, late_cases
from toxmon.demo.model import Story


@dataclass(frozen=True, slots=True)
class Bed:
    """Who lies here: the product, days since the infusion, and the story unless it is drawn.

    `shows`: what the visitor is told to look at here, by a name of `pointing.SHOWN`.
    """

    product: str
    days: float
    story: Story | None = None
    shows: str | None = None


BEDS: tuple[Bed, ...] = (
    Bed("ide-cel", 0.4),
    Bed("cilta-cel", 7.6, dose_cases.severe_icans(), "severe_icans"),
    Bed("axi-cel", 20.1, early_cases.long_neutropenia()),
    Bed("ide-cel", 1.7),
    Bed("teclistamab", 5.1, early_cases.step_doses()),
    Bed("brexu-cel", 5.4, dose_cases.three_doses(), "three_doses"),
    Bed("ide-cel", 12.1, early_cases.storm_suspected(), "gained"),
    Bed("brexu-cel", 45.1, late_cases.late_neutropenia()),
    Bed("liso-cel", 5.6),
    Bed("cilta-cel", 24.1, early_cases.facial_palsy()),
    Bed("tisa-cel", 3.5),
    Bed("obe-cel", 16.1, early_cases.storm_confirmed(), "steroids"),
    Bed("ide-cel", 6.2, early_cases.quiet_after_crs()),
    Bed("epcoritamab", 15.6, dose_cases.charted_twice(), "charted_twice"),
    Bed("cilta-cel", 43.1, late_cases.parkinsonism()),
    Bed("tisa-cel", 27.1, early_cases.two_dips()),
    Bed("liso-cel", 7.8, early_cases.quiet_all_along()),
    Bed("blinatumomab", 3.6, dose_cases.icans_alone(), "icans_alone"),
    Bed("cilta-cel", 95.1, late_cases.enterocolitis(), "prevention"),
    Bed("cilta-cel", 9.2),
    Bed("axi-cel", 55.1, late_cases.relapse()),
    Bed("ide-cel", 9.5, early_cases.quiet_after_crs()),
    Bed("ide-cel", 2.7, early_cases.quiet_all_along()),
)
