"""The command: `python -m tests.mutation [MODULE...]`, from the top of the tree."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.mutation import report, trial
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.reach import ROOT, test_files

ROOMS = ("toxmon/grading", "toxmon/dosing")
SLOWEST_SECONDS = 60.0
POLL_SECONDS = 0.02


def main() -> int:
    """Try the modules that are named, or all, and print what their tests did not notice."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="crs, icaht, ...; all")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="forks at once")
    parser.add_argument(
        "--slowest", type=float, default=SLOWEST_SECONDS, metavar="SECONDS",
        help="leave out test files that take longer (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--tests", nargs="*", default=(), metavar="FILE", help="run these, and not the nearest"
    )
    arguments = parser.parse_args()
    paths = {path.stem: path for room in ROOMS for path in sorted((ROOT / room).glob("*.py"))}
    paths.pop("__init__", None)
    unknown = [name for name in arguments.modules if name not in paths]
    if unknown:
        parser.error(f"no module is called {', '.join(unknown)}")
    known = report.read()
    for name in arguments.modules or paths:
        tried = _module(paths[name], arguments.tests, arguments.jobs, arguments.slowest)
        if tried is not None:
            known[name] = tried
            report.write(known)
    return 0 if report.reached(known) else 1


def _module(path: Path, tests: Sequence[str], jobs: int, slowest: float) -> dict[str, Any] | None:
    """The result of one module; None where nothing can be changed in it."""
    source, name = path.read_text("utf-8"), str(path.relative_to(ROOT))
    module = name.removesuffix(".py").replace("/", ".")
    found = list(mutants(source, name))
    if not found:
        return None
    files, seconds = _quick(tests or test_files(module), slowest)
    _say(f"{name}: {len(found)} changes, {', '.join(files)} ({seconds:.0f} s)")
    began, ends, survivors = time.monotonic(), Counter[str](), []
    for mutant, end in _tried(found, module, name, files, 5 * seconds + 10, jobs):
        ends[end] += 1
        if end == trial.SURVIVED:
            line = source.splitlines()[mutant.line - 1].strip()
            survivors.append({"line": line, "was": mutant.was, "now": mutant.now})
            _say(f"  {name}:{mutant.line}: {mutant.was} -> {mutant.now}")
    _say(f"{name}: {dict(ends)} in {time.monotonic() - began:.0f} s")
    survivors.sort(key=lambda each: (each["line"], each["was"], each["now"]))
    return {"path": name, "changes": len(found), "tests": files, "survivors": survivors}


def _quick(files: Sequence[str], slowest: float) -> tuple[list[str], float]:
    """(the files that pass within `slowest` seconds, the quickest first; the seconds of all)."""
    took = {}
    for file in files:
        run = trial.start([file], slowest)
        while (end := run.done()) is None:
            time.sleep(POLL_SECONDS)
        if end == trial.KILLED:
            raise SystemExit(f"{file} fails as it is")
        if end == trial.SURVIVED:
            took[file] = time.monotonic() - run.began
    if not took:
        raise SystemExit(f"none of {', '.join(files)} passes within {slowest:.0f} s")
    return sorted(took, key=lambda file: took[file]), sum(took.values())


def _tried(
    found: Sequence[Mutant], module: str, path: str, files: Sequence[str], most: float, jobs: int
) -> Iterator[tuple[Mutant, str]]:
    """Each change with how it ended, in any order."""
    waiting, running = list(reversed(found)), list[tuple[Mutant, trial.Trial]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            run = trial.start(files, most, (module, path, mutant.code))
            running.append((mutant, run))
        time.sleep(POLL_SECONDS)
        ended = [(each, end) for each in running if (end := each[1].done()) is not None]
        for each, end in ended:
            running.remove(each)
            yield each[0], end


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
