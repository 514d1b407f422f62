"""Grading a cohort from long CSV, against the least that the same runs of days cost in Python.

The floor reads the same file with `csv.reader`, fills gaps and measures runs over plain lists of
floats: no units, no check, no exact number, no reason, no range of what the missing days allow.
"""

from __future__ import annotations

import csv
import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.rounds import Say
from benchmarks.servers import ROOT
from benchmarks.sizes import Sizes
from toxmon.cli.graded import Asked, grade_file

DAYS = 31
MISSING = 0.15
SEVERE, PROFOUND = 500.0, 100.0


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Patients a second of processor time, medians; `ratio` is the median of those in a round.

    `resident_mb` is the most that the command held, by the patients of a file; empty where the
    system does not tell.
    """

    patients: int
    csv_only: float
    floor: float
    graded: float
    ratio: float
    resident_mb: dict[int, float]


def cohorts(folder: Path, sizes: Sizes, say: Say) -> Cohorts:
    """Measure cohorts of all sizes: rates with the first, memory with each."""
    say("cohorts from CSV")
    files = {size: folder / f"cohort-{size}.csv" for size in sizes.cohorts}
    for size, path in files.items():
        write(path, size)
    patients, path = next(iter(files.items()))
    graded = folder / "graded.csv"
    variants: Sequence[Callable[[], object]] = (
        lambda: _read(path),
        lambda: _floor(path),
        lambda: _graded(path, graded),
    )
    rounds = [[patients / _seconds(each) for each in variants] for _ in range(sizes.rounds)]
    rates = [median(each[place] for each in rounds) for place in range(len(variants))]
    ratio = median(each[2] / each[1] for each in rounds)
    memory = {size: _resident_mb(path) for size, path in files.items()} if _tells_memory() else {}
    return Cohorts(patients, *rates, ratio, memory)


def write(path: Path, patients: int) -> None:
    """A cohort: 31 days, some of them missing, with a valley of another length for each patient."""
    dice = random.Random(patients)
    with path.open("w", encoding="utf-8") as file:
        file.write("id,day,anc_per_ul,last_follow_up_day,final\n")
        for number in range(patients):
            begins, lasts = dice.randint(3, 8), dice.randint(2, 25)
            depth = dice.choice((0, 20, 60, 120, 300, 480))
            for day in range(DAYS):
                if dice.random() < MISSING:
                    continue
                inside = begins <= day < begins + lasts
                high = dice.randint(40, 600) * 10
                count = max(0, depth + dice.randrange(-10, 15) * 10) if inside else high
                file.write(f"P{number},{day},{count},60,yes\n")


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def _read(path: Path) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        return sum(1 for _ in csv.reader(file))


def _floor(path: Path) -> list[int]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        grouped = itertools.groupby(rows, key=lambda row: row[0])
        return [
            _plain_grade([(int(row[1]), float(row[2])) for row in group]) for _, group in grouped
        ]


def _plain_grade(counts: list[tuple[int, float]]) -> int:
    """The grade by runs alone."""
    filled: list[tuple[int, float]] = []
    for day, count in counts:
        if filled and 1 < day - filled[-1][0] <= 8:
            before, low = filled[-1]
            step = (count - low) / (day - before)
            filled += [(each, low + step * (each - before)) for each in range(before + 1, day)]
        filled.append((day, count))
    severe, profound = _longest(filled, SEVERE), _longest(filled, PROFOUND)
    if profound >= 14:
        return 4
    if severe >= 14 or profound >= 7:
        return 3
    return 2 if severe >= 7 else 1 if severe else 0


def _longest(days: list[tuple[int, float]], at_most: float) -> int:
    longest, first, before = 0, -9, -9
    for day, count in days:
        if count <= at_most:
            if day - before > 3:
                first = day
            before = day
            longest = max(longest, day - first + 1)
    return longest


def _graded(path: Path, to: Path) -> None:
    """What the command does, in this process; its answers go to a file."""
    kept, out = sys.stdout, to.open("w", encoding="utf-8")
    with out, path.open("rb") as file:
        sys.stdout = out
        try:
            grade_file(Asked("icaht_early", (), ledger=False, as_json=False), file)
        finally:
            sys.stdout = kept


def _tells_memory() -> bool:
    return hasattr(os, "wait4")


def _resident_mb(path: Path) -> float:
    """The most memory that the command holds for a file, in a process of its own."""
    words = [sys.executable, "-m", "toxmon", "grade", "icaht_early", str(path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=ROOT) as run:
        _, status, used = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode != 0:
        raise RuntimeError(f"toxmon grade ended with {run.returncode}")
    return used.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
