"""The benchmarks: `make bench`, or `make bench ARGS=--quick`."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import cohort, doses, growth, layers, machine, page, regrade, single, sweep
from benchmarks import timeline as courses
from benchmarks.rounds import Say
from benchmarks.sizes import FULL, QUICK, Sizes
from toxmon import clock


def main() -> int:
    """Measure, print, and after a full run write docs/performance.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="under a minute, for a look; writes no page"
    )
    parser.add_argument(
        "--data-in", type=Path, default=Path(tempfile.gettempdir()), metavar="FOLDER",
        help="on the disk to measure (%(default)s)",
    )  # fmt: skip
    arguments = parser.parse_args()
    if machine.in_memory(arguments.data_in):
        print(
            f"{arguments.data_in} lies in memory, where nothing is made durable. Name a folder on "
            "a disk: --data-in FOLDER",
            file=sys.stderr,
        )
        return 2
    sizes = QUICK if arguments.quick else FULL
    results = measure(arguments.data_in, sizes, _saying())
    print("\n".join(page.text(results)))
    if not arguments.quick:
        page.write(results)
        print(f"written to docs/{page.PAGE.name}", file=sys.stderr)
    return 0


def measure(data_in: Path, sizes: Sizes, say: Say) -> page.Results:
    """The whole run, in a folder that is gone afterwards."""
    day = clock.now().date().isoformat()
    with tempfile.TemporaryDirectory(prefix="toxmon-bench-", dir=data_in) as name:
        folder = Path(name)
        # PostgreSQL runs as somebody else when this runs as root, and has to get to its data.
        folder.chmod(0o755)
        syncs = machine.durable_blocks(folder, sizes.seconds)
        with single.stand(folder, sizes, say) as stand:
            told = machine.lines(stand, syncs)
            sets = single.sets(stand, sizes, say)
            batches = single.batches(stand, sizes, say)
        histories = growth.by_history(folder, sizes, say)
        wards, memory = growth.by_patients(folder, sizes, say)
        regraded = regrade.regrade(folder, sizes, say)
        swept = sweep.sweeps(folder, sizes, say)
        dosed = doses.checks(folder, sizes, say)
        drawn = courses.drawn(folder, sizes, say)
        cohorts = cohort.cohorts(folder, sizes, say)
        say("where the time of a set goes")
        layered = layers.layers(folder, sizes)
    return page.Results(
        day,
        sizes,
        told,
        sets,
        batches,
        histories,
        wards,
        memory,
        regraded,
        swept,
        dosed,
        drawn,
        cohorts,
        layered,
    )


def _saying() -> Say:
    began = time.monotonic()

    def say(words: str) -> None:
        print(f"{time.monotonic() - began:4.0f} s  {words}", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())
