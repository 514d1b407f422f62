"""Grading a course of thirty days again from nothing: the rules alone, and in the store."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from statistics import median

from benchmarks import filling
from benchmarks.rounds import Say
from benchmarks.sizes import Sizes
from toxmon import clock
from toxmon.actions.repair import repair
from toxmon.api.entries import charted
from toxmon.grading.course import course
from toxmon.grading.facts import Fact
from toxmon.grading.treatment import Treatment


@dataclass(frozen=True, slots=True)
class Regraded:
    """Medians in milliseconds for one course with so many instants, facts and changes of grade."""

    days: int
    instants: int
    facts: int
    changes: int
    folded_ms: float
    repaired_ms: float


def regrade(folder: Path, sizes: Sizes, say: Say) -> Regraded:
    """Measure one course."""
    say(f"regrading a course of {sizes.course_days} days from nothing")
    now = clock.now()
    infused_at = now - timedelta(days=sizes.course_days, hours=1)
    sets = filling.course_of(infused_at, sizes.course_days)
    facts = [
        Fact(f"{place}-{number}", each.kind, each.value, each.effective_at)
        for place, (at, observations) in enumerate(sets)
        for number, each in enumerate(charted(filling.ENTRIES.deserialize(observations), at))
        if each.value is not None
    ]
    folded, repaired, changes = [], [], 0
    with filling.opened(f"sqlite:///{folder / 'course.db'}", folder) as service:
        treatment = Treatment(infused_at, date(1961, 5, 2), UTC)
        policy = service.protocols.policies["default"].policy
        filling.fill(service, range(1), lambda _: (infused_at, sets))
        for _ in range(sizes.course_repeats):
            began = time.perf_counter()
            steps = course(facts, treatment, now, policy)
            folded.append((time.perf_counter() - began) * 1e3)
            changes = sum(map(len, steps.values()))
            began = time.perf_counter()
            repair(service, lambda done, of: None)
            repaired.append((time.perf_counter() - began) * 1e3)
    return Regraded(
        sizes.course_days, len(sets), len(facts), changes, median(folded), median(repaired)
    )
