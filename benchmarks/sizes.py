"""How long and how large a run is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """One run. Seconds are per variant and round; the counts are of the things named."""

    rounds: int
    seconds: float
    warm_up: float
    connections: int = 16
    patients: int = 100
    batch_connections: int = 4
    batch_patients: int = 10
    batch_observations: int = 100
    ward_connections: int = 10
    histories: tuple[int, ...] = (10, 100, 1_000, 10_000)
    wards: tuple[int, ...] = (10, 100, 1_000, 10_000)
    course_days: int = 30
    course_repeats: int = 5
    profiled: int = 1_500
    planned_checks: int = 100_000
    due_checks: int = 100
    sweep_rounds: int = 5
    cohorts: tuple[int, ...] = (5_000, 50_000)
    doses: tuple[int, int] = (10, 1_000)
    drawn_days: int = 100


FULL = Sizes(rounds=5, seconds=3.0, warm_up=0.5)
QUICK = Sizes(
    rounds=2,
    seconds=0.6,
    warm_up=0.2,
    histories=(10, 1_000),
    wards=(10, 1_000),
    course_repeats=2,
    profiled=400,
    planned_checks=3_000,
    sweep_rounds=2,
    cohorts=(1_000, 5_000),
)
