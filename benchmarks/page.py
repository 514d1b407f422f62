"""docs/performance.md: what is measured is printed between two marks, the rest is by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.cohort import DAYS, Cohorts
from benchmarks.doses import costs
from benchmarks.growth import Memory
from benchmarks.layers import Layered
from benchmarks.regrade import Regraded
from benchmarks.rounds import Compared
from benchmarks.servers import ROOT
from benchmarks.sizes import Sizes
from benchmarks.sweep import Swept
from benchmarks.timeline import PAGE_KB, PAGE_MS, Drawn, lines

PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- measured: printed by `make bench`, do not edit -->"
END = "<!-- end of what is measured -->"

COHORT_PER_SECOND, COHORT_GROWS = 10_000, 1.2
SWEEP = 3.0
CHECK, CHECK_TAIL, CHECK_GROWS = 1.0, 5.0, 1.2
SETS, SETS_POSTGRES, BATCH, FLAT, TAIL, MEMORY_MB = 0.40, 0.30, 0.50, 0.85, 3.0, 150.0


@dataclass(frozen=True, slots=True)
class Results:
    """Everything of one run."""

    day: str
    sizes: Sizes
    machine: Sequence[tuple[str, str]]
    sets: Sequence[Compared]
    batches: Sequence[Compared]
    histories: Sequence[Compared]
    wards: Sequence[Compared]
    memory: Memory
    regraded: Regraded
    swept: Sequence[Swept]
    dosed: Mapping[str, Sequence[Compared]]
    drawn: Drawn
    cohorts: Cohorts
    layers: Layered


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, what was measured, and whether that reaches it."""

    words: str
    wanted: str
    found: str
    reached: bool


def write(results: Results) -> None:
    """Put the results into the page."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    printed = "\n".join(text(results))
    PAGE.write_text(f"{before}{BEGIN}\n\n{printed}\n\n{END}{after}", "utf-8")


def text(results: Results) -> Iterator[str]:
    """The measured part of the page, line by line."""
    sizes = results.sizes
    busiest = max(each.measured.generator for each in results.sets)
    yield f"Measured on {results.day}: medians of {sizes.rounds} rounds of {sizes.seconds:g} s for"
    yield "each variant, the variants in turn.\n"
    yield "## Goals\n"
    yield from _goals(results)
    yield "\n## The machine\n"
    yield from _table(("", ""), results.machine)
    yield f"\n## A set of 7 vitals, {sizes.connections} connections\n"
    yield from _compared(results.sets, "requests a second", "of the floor")
    yield f"\nOf a hundred sets {results.layers.changes:.0f} changed a grade. The load generator"
    yield f"used at most {busiest:.0%} of a core.\n"
    yield f"## A batch of {sizes.batch_observations} observations\n"
    yield f"Each is of {sizes.batch_patients} patients; {sizes.batch_connections} connections.\n"
    yield from _compared(results.batches, "observations a second", "of the floor")
    yield f"\n## Cost against history, {sizes.ward_connections} patients and connections\n"
    yield from _compared(results.histories, "requests a second", "of the first")
    yield f"\n## Cost against patients, {sizes.ward_connections} connections\n"
    yield from _compared(results.wards, "requests a second", "of the first")
    yield from _memory(results.memory)
    yield from _regraded(results.regraded)
    yield from _swept(results.swept)
    yield from _dosed(results.dosed, sizes)
    yield f"\n## The page of a course of {sizes.drawn_days} days\n"
    yield from lines(results.drawn)
    yield from _cohorts(results.cohorts)
    yield from _layers(results)


def _goals(results: Results) -> Iterator[str]:
    yield from _table(
        ("", "goal", "measured", ""),
        (
            (goal.words, goal.wanted, goal.found, "reached" if goal.reached else "**not reached**")
            for goal in goals(results)
        ),
    )


def goals(results: Results) -> list[Goal]:
    """Every goal with what was measured."""
    _, sqlite, postgres = results.sets
    batch = next(each for each in results.batches if each.name == "SQLite, a line each")
    found = [
        _at_least("a set on SQLite, of the floor", SETS, sqlite.ratio),
        _at_most("its p99, in p50", TAIL, sqlite.measured.tail),
        _at_least("a set on PostgreSQL, of the floor", SETS_POSTGRES, postgres.ratio),
        _at_most("its p99, in p50", TAIL, postgres.measured.tail),
        _at_least("a batch on SQLite, of the batch floor", BATCH, batch.ratio),
        _at_least(f"{results.histories[-1].name}, of the rate at the first", FLAT,
                  results.histories[-1].ratio),
        _at_least(f"{results.wards[-1].name}, of the rate at the first", FLAT,
                  results.wards[-1].ratio),
    ]  # fmt: skip
    found += [
        _at_most(f"a sweep on {each.name}, in floors", SWEEP, each.ratio) for each in results.swept
    ]
    for name, dosed in results.dosed.items():
        rate, tail, grows = costs(dosed)
        words = f"a check of a dose on {name}"
        found += [
            _at_least(f"{words}, of the rate of reading grades", CHECK, rate),
            _at_most(f"{words}: its p99, in p50", CHECK_TAIL, tail),
            _at_most(f"{words}, with {results.sizes.doses[1]:,} doses", CHECK_GROWS, grows),
        ]
    drawn = results.drawn
    found += [
        Goal(
            f"the page of a course of {results.sizes.drawn_days} days, by the server",
            f"at most {PAGE_MS:g} ms",
            f"{drawn.page_ms:.0f} ms, {drawn.floors:.1f} floors",
            drawn.page_ms <= PAGE_MS,
        ),
        Goal("its bytes, packed", f"at most {PAGE_KB:g} kB", f"{drawn.packed_kb:.1f} kB",
             drawn.packed_kb <= PAGE_KB),
    ]  # fmt: skip
    graded = results.cohorts.graded
    found.append(
        Goal(
            f"patients x {DAYS} days a second and core, early ICAHT from CSV",
            f"at least {COHORT_PER_SECOND:,}",
            f"{graded:,.0f}",
            graded >= COHORT_PER_SECOND,
        )
    )
    if results.cohorts.resident_mb:
        few, *_, many = results.cohorts.resident_mb.items()
        words = f"memory of that with {many[0]:,} patients, of that with {few[0]:,}"
        found.append(_at_most(words, COHORT_GROWS, many[1] / few[1]))
    if results.memory.resident_mb:
        megabytes = sum(results.memory.resident_mb)
        words = f"MB resident after {results.memory.patients:,} patients"
        found.append(
            Goal(words, f"below {MEMORY_MB:.0f}", f"{megabytes:.0f}", megabytes < MEMORY_MB)
        )
    return found


def _at_least(words: str, goal: float, found: float) -> Goal:
    return Goal(words, f"at least {goal:.2f}", f"{found:.2f}", found >= goal)


def _at_most(words: str, goal: float, found: float) -> Goal:
    return Goal(words, f"at most {goal:.1f}", f"{found:.1f}", found <= goal)


def _compared(compared: Sequence[Compared], rate: str, ratio: str) -> Iterator[str]:
    yield from _table(
        ("", rate, ratio, "p50 ms", "p99 ms", "p99 in p50", "CPU µs a request"),
        (
            (
                each.name,
                f"{each.measured.per_second:,.0f}",
                f"{each.ratio:.2f}",
                f"{each.measured.p50_ms:.1f}",
                f"{each.measured.p99_ms:.1f}",
                f"{each.measured.tail:.1f}",
                f"{each.measured.cpu_us:,.0f}",
            )
            for each in compared
        ),
    )


def _memory(memory: Memory) -> Iterator[str]:
    if not memory.resident_mb:
        return
    parent, *children = memory.resident_mb
    yield f"\n## Memory after a set of each of {memory.patients:,} patients\n"
    yield f"Resident: {parent:.0f} MB in the parent, which only watches, and"
    yield f"{' and '.join(f'{child:.0f} MB' for child in children)} in its child, which answers."
    yield f"Together {memory.together_mb:.0f} MB when a page that both have is counted once."


def _regraded(regraded: Regraded) -> Iterator[str]:
    an_instant = regraded.folded_ms / regraded.instants * 1e3
    yield f"\n## A course of {regraded.days} days, graded again from nothing\n"
    yield f"{regraded.instants:,} instants, {regraded.facts:,} facts, {regraded.changes:,} changes."
    yield f"The rules alone take {regraded.folded_ms:,.0f} ms ({an_instant:,.0f} µs an instant),"
    yield f"`toxmon verify --repair` takes {regraded.repaired_ms:,.0f} ms."


def _dosed(dosed: Mapping[str, Sequence[Compared]], sizes: Sizes) -> Iterator[str]:
    yield f"\n## A check of a dose, {sizes.ward_connections} patients and connections\n"
    yield "May a dose of tocilizumab be given, beside reading the grades of the same patients."
    yield "Every dose on record is one of tocilizumab.\n"
    for name, compared in dosed.items():
        yield f"{name}:\n"
        yield from _compared(compared, "requests a second", "of the first")
        yield ""


def _swept(swept: Sequence[Swept]) -> Iterator[str]:
    first = swept[0]
    yield f"\n## A sweep over {first.checks:,} planned checks, {first.due} of them due\n"
    yield f"The round that {first.patients} patients have missed: each is looked at as a whole, for"
    yield "the first time in this process, and told of once. The floor asks the index for what is"
    yield "due and keeps as many rows, as long as those, in one commit.\n"
    yield from _table(
        ("", "rows", "floor ms", "sweep ms", "of the floor", "a patient ms", "nothing due ms"),
        (
            (
                each.name,
                f"{each.rows:,}",
                f"{each.floor_ms:.1f}",
                f"{each.swept_ms:.1f}",
                f"{each.ratio:.1f}",
                f"{each.swept_ms / each.patients:.2f}",
                f"{each.idle_ms:.2f}",
            )
            for each in swept
        ),
    )


def _cohorts(cohorts: Cohorts) -> Iterator[str]:
    yield f"\n## A cohort of {cohorts.patients:,} patients x {DAYS} days, graded from CSV\n"
    yield "Patients a second of one core. The floor reads the file with `csv.reader` and measures"
    yield "runs over lists of floats: no units, checks, exact numbers, reasons or ranges.\n"
    yield from _table(
        ("", "patients a second", "of the floor"),
        (
            ("`csv.reader` alone", f"{cohorts.csv_only:,.0f}", ""),
            ("floor", f"{cohorts.floor:,.0f}", "1.00"),
            ("`toxmon grade icaht_early`", f"{cohorts.graded:,.0f}", f"{cohorts.ratio:.2f}"),
        ),
    )
    held = [f"{size:,}: {each:.0f} MB" for size, each in cohorts.resident_mb.items()]
    if held:
        yield f"\nMost memory of the command, by patients: {', '.join(held)}."


def _layers(results: Results) -> Iterator[str]:
    layered = results.layers
    floor, sqlite, _ = results.sets
    own = sum(layered.own_us.values())
    yield "\n## Where the time of a set goes\n"
    yield "Processor time in one process without a web server, one request at a time, so that every"
    yield "request commits for itself. The quickest quarter of the runs.\n"
    yield from _table(
        ("layer", "µs", "share"),
        ((layer, f"{each:,.0f}", f"{each / own:.0%}") for layer, each in layered.own_us.items()),
    )
    yield f"\nTogether {own:,.0f} µs; {layered.whole_us:,.0f} µs without a stopwatch."
    yield f"The floor takes {layered.floor_us:,.0f} µs in the same way. Behind the server, where"
    yield f"commits are shared, a set takes {sqlite.measured.cpu_us:,.0f} µs and the floor"
    yield f"{floor.measured.cpu_us:,.0f} µs."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
