"""The command: `python -m tests.mutation [MODULE...]`, from the top of the tree."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.mutation import report, trial
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.reach import ROOT, foreign, test_files

ROOMS = ("toxmon/grading", "toxmon/dosing")
SLOWEST_SECONDS = 60.0
POLL_SECONDS = 0.005


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
    parser.add_argument(
        "--again", action="store_true",
        help="only the changes that no test noticed the last time, if the module is as it was",
    )  # fmt: skip
    arguments = parser.parse_args()
    paths = {path.stem: path for room in ROOMS for path in sorted((ROOT / room).glob("*.py"))}
    sources = {name: path.read_text("utf-8") for name, path in paths.items() if name != "__init__"}
    unknown = [name for name in arguments.modules if name not in sources]
    if unknown:
        parser.error(f"no module is called {', '.join(unknown)}")
    known, _ = report.read()
    for name in arguments.modules or sources:
        last = known.get(name) if arguments.again else None
        path = str(paths[name].relative_to(ROOT))
        tried = _module(path, sources[name], arguments, last)
        if tried is not None:
            known[name] = tried
            # A module in which nothing can be changed is not one that was left out.
            rest = [other for other in sources if other not in known]
            changeable = [other for other in rest if any(mutants(sources[other], other))]
            report.write(known, [str(paths[other].relative_to(ROOT)) for other in changeable])
    return 0 if report.reached(known) else 1


def _module(
    path: str, source: str, arguments: argparse.Namespace, last: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """The result of one module; None where nothing can be changed in it."""
    module = path.removesuffix(".py").replace("/", ".")
    found = list(mutants(source, path))
    if not found:
        return None
    changes, digest, kept = len(found), sha256(source.encode()).hexdigest(), []
    lines = [line.strip() for line in source.splitlines()]
    if last is not None and last["source"] == digest:
        name = Path(path).stem
        kept = [one for one in last["survivors"] if report.is_same(name, one)]
        left = [one for one in last["survivors"] if one not in kept]
        again = [each for each in found if _told(each, lines) in left]
        if any(one not in [_told(each, lines) for each in again] for one in left):
            raise SystemExit(f"{path}: what is changed is not what it was; try all of it")
        found = again
    trial.warm(foreign(arguments.tests or test_files(module)))
    files, took = _quick(arguments.tests or test_files(module), arguments.slowest)
    seconds = sum(took.values())
    _say(f"{path}: {len(found)} changes, {', '.join(files)} ({seconds:.0f} s)")
    began, ends, survivors = time.monotonic(), Counter[str](), list(kept)
    for mutant, end in _tried(found, module, path, took, 5 * seconds + 10, arguments.jobs):
        ends[end] += 1
        if end == trial.SURVIVED:
            survivors.append(_told(mutant, lines))
            _say(f"  {path}:{mutant.line}: {mutant.was} -> {mutant.now}")
    _say(f"{path}: {dict(ends)} in {time.monotonic() - began:.0f} s")
    survivors.sort(key=lambda each: (each["line"], each["was"], each["now"]))
    if last is not None and last["source"] == digest:
        files = [*last["tests"], *(file for file in files if file not in last["tests"])]
    return {
        "path": path, "source": digest, "changes": changes, "tests": files, "survivors": survivors,
    }  # fmt: skip


def _told(mutant: Mutant, lines: Sequence[str]) -> dict[str, str]:
    return {"line": lines[mutant.line - 1], "was": mutant.was, "now": mutant.now}


def _quick(files: Sequence[str], slowest: float) -> tuple[list[str], dict[str, float]]:
    """(the files that pass within `slowest` seconds, in their order; the seconds of each)."""
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
    together = trial.start(list(took), 5 * sum(took.values()) + 10)
    while (end := together.done()) is None:
        time.sleep(POLL_SECONDS)
    if end != trial.SURVIVED:
        raise SystemExit(f"{together.by} does not pass after the others")
    return list(took), took


def _tried(
    found: Sequence[Mutant], module: str, path: str, took: Mapping[str, float], most: float,
    jobs: int,
) -> Iterator[tuple[Mutant, str]]:  # fmt: skip
    """Each change with how it ended, in any order.

    First come the files that noticed most changes for the seconds that they take.
    """
    waiting, running = list(reversed(found)), list[tuple[Mutant, trial.Trial]]()
    files: Sequence[str]
    noticed, asked = Counter[str](), Counter[str]()
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            files = sorted(
                took, key=lambda file: took[file] * (asked[file] + 1) / (noticed[file] + 1)
            )
            running.append((mutant, trial.start(files, most, (module, path, mutant.code))))
        time.sleep(POLL_SECONDS)
        ended = [(each, end) for each in running if (end := each[1].done()) is not None]
        for each, end in ended:
            running.remove(each)
            by, files = each[1].by, each[1].files
            asked.update(files[: files.index(by) + 1] if by else files)
            noticed.update([by] if by else [])
            yield each[0], end


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
