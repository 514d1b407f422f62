"""Variants in turn, round after round; medians, and ratios within a round."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.servers import ROOT, Server
from benchmarks.sizes import Sizes

Say = Callable[[str], None]


class LoadFailed(Exception):
    """The load generator ended in an error; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Variant:
    """Something to measure: a server, and for each connection the requests that it sends.

    `counts` is how many observations or sets one request holds.
    """

    name: str
    server: Server
    connections: Sequence[Sequence[bytes]]
    counts: int = 1


@dataclass(frozen=True, slots=True)
class Measured:
    """One variant in one round, or the medians of all rounds.

    `cpu_us` is what the server used of the processors per request, `generator` what the generator
    used of one core, from 0 to 1.
    """

    per_second: float
    p50_ms: float
    p99_ms: float
    tail: float
    cpu_us: float
    generator: float


@dataclass(frozen=True, slots=True)
class Compared:
    """Medians over the rounds; `ratio` is the median of the ratios to the first variant."""

    name: str
    measured: Measured
    ratio: float


def in_turn(variants: Sequence[Variant], sizes: Sizes, say: Say) -> list[Compared]:
    """Measure every variant in every round; the first is what the others are held against."""
    rounds: list[list[Measured]] = []
    for number in range(1, sizes.rounds + 1):
        rounds.append([_measure(variant, sizes) for variant in variants])
        rates = ", ".join(
            f"{variant.name} {each.per_second:,.0f}"
            for variant, each in zip(variants, rounds[-1], strict=True)
        )
        say(f"  round {number} of {sizes.rounds}: {rates} a second")
    return [
        Compared(
            variant.name,
            _medians([each[place] for each in rounds]),
            median(each[place].per_second / each[0].per_second for each in rounds),
        )
        for place, variant in enumerate(variants)
    ]


def send_once(server: Server, connections: Sequence[Sequence[bytes]]) -> dict[str, float]:
    """Send every request once."""
    return _load(server, connections, seconds=0, warm_up=0, once=True)


def _measure(variant: Variant, sizes: Sizes) -> Measured:
    before = variant.server.cpu_seconds()
    said = _load(
        variant.server, variant.connections,
        seconds=sizes.seconds, warm_up=sizes.warm_up, once=False,
    )  # fmt: skip
    used = variant.server.cpu_seconds() - before
    return Measured(
        said["per_second"] * variant.counts,
        said["p50_ms"],
        said["p99_ms"],
        said["p99_ms"] / said["p50_ms"],
        used / said["answered"] * 1e6,
        said["generator"],
    )


def _medians(measured: Sequence[Measured]) -> Measured:
    return Measured(
        *(
            median(getattr(each, name) for each in measured)
            for name in ("per_second", "p50_ms", "p99_ms", "tail", "cpu_us", "generator")
        )
    )


def _load(
    server: Server,
    connections: Sequence[Sequence[bytes]],
    *,
    seconds: float,
    warm_up: float,
    once: bool,
) -> dict[str, float]:
    plan = {
        "port": server.port,
        "seconds": seconds,
        "warm_up": warm_up,
        "once": once,
        "connections": [[each.decode("latin-1") for each in sent] for sent in connections],
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        input=json.dumps(plan), capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise LoadFailed(done.stderr)
    said: dict[str, float] = json.loads(done.stdout)
    return said
