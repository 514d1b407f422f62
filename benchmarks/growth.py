"""What a longer history and a fuller ward cost, and the memory of a server with a full ward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks import filling
from benchmarks.bodies import TURNS
from benchmarks.rounds import Compared, Say, Variant, in_turn, send_once
from benchmarks.servers import PROC, Server, toxmon_server
from benchmarks.single import sets_of
from benchmarks.sizes import Sizes
from toxmon import clock
from toxmon.actions import Service


@dataclass(frozen=True, slots=True)
class Memory:
    """Of a server after a set of every patient: MB resident in each process, and of all together
    with shared pages counted once. Empty where the kernel does not tell."""

    patients: int
    resident_mb: tuple[float, ...]
    together_mb: float


def by_history(folder: Path, sizes: Sizes, say: Say) -> list[Compared]:
    """Sets of ten patients who have 10 facts each, 100, 1,000, 10,000."""
    say("cost against the facts that a patient has already")
    names = {facts: f"{facts:,} facts" for facts in sizes.histories}

    def fill(service: Service, facts: int) -> list[filling.Patient]:
        history = filling.with_history(clock.now(), facts)
        return filling.fill(service, range(sizes.ward_connections), history)

    compared, _ = _grow(folder, "history", names, fill, sizes, say)
    return compared


def by_patients(folder: Path, sizes: Sizes, say: Say) -> tuple[list[Compared], Memory]:
    """Sets spread over 10 patients, 100, 1,000, 10,000; and the memory of the last server."""
    say("cost against the patients of the ward")
    names = {patients: f"{patients:,} patients" for patients in sizes.wards}

    def fill(service: Service, patients: int) -> list[filling.Patient]:
        return filling.fill(service, range(patients), filling.admitted(clock.now()))

    return _grow(folder, "ward", names, fill, sizes, say)


def _grow(
    folder: Path,
    kind: str,
    names: dict[int, str],
    fill: Callable[[Service, int], Sequence[filling.Patient]],
    sizes: Sizes,
    say: Say,
) -> tuple[list[Compared], Memory]:
    """A server for each size, all measured in turn; the first is what the others are held to."""
    variants: list[Variant] = []
    count = 0
    with ExitStack() as stack:
        for size, name in names.items():
            url = f"sqlite:///{folder / f'{kind}-{size}.db'}"
            say(f"  filling: {name}")
            with filling.opened(url, folder) as service:
                patients = fill(service, size)
                token = filling.token(service)
            server = stack.enter_context(toxmon_server(url, folder))
            load = sets_of(token, patients, sizes.ward_connections)
            # Once round, so that every server has seen all of its patients.
            send_once(server, [each[: len(each) // TURNS] for each in load])
            variants.append(Variant(name, server, load))
            count = len(patients)
        memory = _memory(variants[-1].server, count)
        return in_turn(variants, sizes, say), memory


def _memory(server: Server, patients: int) -> Memory:
    if not PROC.is_dir():
        return Memory(patients, (), 0.0)
    return Memory(patients, tuple(server.resident_mb()), server.proportional_mb())
