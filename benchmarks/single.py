"""A set of vitals posted, kept durably and graded; and a batch: against the floor, in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import bodies, filling
from benchmarks.rounds import Compared, Say, Variant, in_turn
from benchmarks.servers import Server, floor_server, toxmon_server
from benchmarks.sizes import Sizes
from tests.postgres import postgres_server
from toxmon import clock

FLOOR, SQLITE, POSTGRES = "floor", "SQLite", "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Ward:
    """A server with patients in it, and a token for it."""

    name: str
    server: Server
    token: str
    patients: Sequence[filling.Patient]
    database: dict[str, str]


@dataclass(frozen=True, slots=True)
class Stand:
    """The servers that are measured beside each other."""

    floor: Server
    wards: tuple[Ward, ...]


@contextmanager
def stand(folder: Path, sizes: Sizes, say: Say) -> Iterator[Stand]:
    """The floor, and toxmon on both databases, all on the same disk."""
    with ExitStack() as stack:
        say("starting the floor, and toxmon on SQLite and PostgreSQL")
        postgres = stack.enter_context(postgres_server(data_in=folder))
        urls = {
            SQLITE: f"sqlite:///{folder / 'ward.db'}",
            POSTGRES: postgres.fresh_database(),
        }
        floor = stack.enter_context(floor_server(folder))
        wards = [stack.enter_context(ward(name, url, folder, sizes)) for name, url in urls.items()]
        yield Stand(floor, tuple(wards))


@contextmanager
def ward(name: str, url: str, folder: Path, sizes: Sizes) -> Iterator[Ward]:
    """A server over a database with as many patients as the largest of both measurements needs."""
    count = max(sizes.patients, sizes.batch_connections * sizes.batch_patients)
    with filling.opened(url, folder) as service:
        patients = filling.fill(service, range(count), filling.admitted(clock.now()))
        token = filling.token(service)
        database = service.store.describe()
    with toxmon_server(url, folder) as server:
        yield Ward(name, server, token, patients, database)


def sets(stand: Stand, sizes: Sizes, say: Say) -> list[Compared]:
    """A set of seven vitals in a request."""
    say("a set of 7 vitals, kept and graded")
    floor = [[bodies.floor_request(number)] for number in range(sizes.connections)]
    return in_turn(
        [
            Variant(FLOOR, stand.floor, floor),
            *(Variant(each.name, each.server, set_load(each, sizes)) for each in stand.wards),
        ],
        sizes,
        say,
    )


def set_load(ward: Ward, sizes: Sizes) -> list[list[bytes]]:
    """Sets for each connection, of patients that are its own."""
    return sets_of(ward.token, ward.patients[: sizes.patients], sizes.connections)


def sets_of(token: str, patients: Sequence[filling.Patient], connections: int) -> list[list[bytes]]:
    """The patients dealt out to connections, each with its four sets in turn."""
    return [
        [
            bodies.set_request(token, patient_id, number, turn)
            for turn in range(bodies.TURNS)
            for patient_id, number in patients[place::connections]
        ]
        for place in range(connections)
    ]


def batches(stand: Stand, sizes: Sizes, say: Say) -> list[Compared]:
    """A hundred observations of ten patients in a request."""
    say(f"a batch of {sizes.batch_observations} observations of {sizes.batch_patients} patients")
    floor = [[bodies.floor_batch_request(sizes.batch_observations)]] * sizes.batch_connections
    variants = [Variant(FLOOR, stand.floor, floor, sizes.batch_observations)]
    for each in stand.wards:
        for words, together in (("a line each", False), ("a line a patient", True)):
            load = batch_load(each, sizes, sets=together)
            name = f"{each.name}, {words}"
            variants.append(Variant(name, each.server, load, sizes.batch_observations))
    return in_turn(variants, sizes, say)


def batch_load(ward: Ward, sizes: Sizes, *, sets: bool) -> list[list[bytes]]:
    """Batches for each connection, of patients that are its own."""
    each = sizes.batch_patients
    return [
        [
            bodies.batch_request(
                ward.token, list(ward.patients[place * each : (place + 1) * each]),
                sizes.batch_observations, turn, sets=sets,
            )
            for turn in range(bodies.TURNS)
        ]
        for place in range(sizes.batch_connections)
    ]  # fmt: skip
