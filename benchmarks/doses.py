"""What a check of a dose costs, beside reading the same patient's grades, and with many doses.

All doses are of the drug that is asked about: the longest ledger there can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from benchmarks import filling
from benchmarks.bodies import request
from benchmarks.rounds import Compared, Say, Variant, in_turn, send_once
from benchmarks.servers import toxmon_server
from benchmarks.sizes import Sizes
from tests.postgres import postgres_server
from toxmon import clock
from toxmon.actions import Service, infuse, record

EVERY = timedelta(hours=9)
ASKED = {"dose": {"value": 560, "unit": "mg"}}
GRADES, CHECK = "reading the grades", "a check"
SQLITE, POSTGRES = "SQLite", "PostgreSQL"


def checks(folder: Path, sizes: Sizes, say: Say) -> dict[str, list[Compared]]:
    """By database: reading grades, then a check of patients with few doses and with many."""
    few, many = sizes.doses
    say(f"a check of a dose, of patients with {few} doses and with {many:,}")
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(data_in=folder))
        urls = {
            SQLITE: f"sqlite:///{folder / 'doses.db'}",
            POSTGRES: postgres.fresh_database(),
        }
        return {name: _one(url, folder, sizes, say) for name, url in urls.items()}


def _one(url: str, folder: Path, sizes: Sizes, say: Say) -> list[Compared]:
    few, many = sizes.doses
    now = clock.now()
    with filling.opened(url, folder) as service:
        token = filling.token(service)
        patients = [
            [_treated(service, number, count, now) for number in numbers]
            for count, numbers in (
                (few, range(sizes.ward_connections)),
                (many, range(sizes.ward_connections, 2 * sizes.ward_connections)),
            )
        ]
    with toxmon_server(url, folder) as server:
        grades = [[_reading(f"/api/v1/patients/{each}/grades", token)] for each in patients[0]]
        variants = [Variant(f"{GRADES}, {few} doses", server, grades)]
        for count, ward in zip((few, many), patients, strict=True):
            asked = [
                [request(f"/api/v1/patients/{each}/dosing/tocilizumab/check", ASKED, token)]
                for each in ward
            ]
            send_once(server, asked)
            variants.append(Variant(f"{CHECK}, {count:,} doses", server, asked))
        return in_turn(variants, sizes, say)


def _treated(service: Service, number: int, count: int, now: datetime) -> str:
    """A patient with a weight, a fever and so many doses, the last nine hours ago."""
    began = now - EVERY * (count + 1)
    patient_id = filling.enrolled(service, number, began - timedelta(days=1))
    doses = [
        infuse.administration(
            "tocilizumab",
            began + EVERY * place,
            {
                "medication": "tocilizumab", "as_sent": "tocilizumab", "route": "iv",
                "dose": {"value": "560", "unit": "mg"},
            },
        )
        for place in range(count)
    ]  # fmt: skip
    record.record(service, filling.NURSE, patient_id, doses, lambda _: b"")
    seen = [
        {"kind": "weight", "value": 70, "unit": "kg"},
        {"kind": "body_temperature", "value": Decimal(39), "unit": "Cel"},
    ]
    filling.chart(service, patient_id, now - timedelta(hours=1), seen)
    return patient_id


def _reading(path: str, token: str) -> bytes:
    """A whole GET request that keeps its connection."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: toxmon-benchmarks\r\n"
        f"Accept: */*\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()


def costs(compared: Sequence[Compared]) -> tuple[float, float, float]:
    """(a check in reads of grades by rate, its p99 in p50, many doses in few by p50)."""
    _, few, many = compared
    return few.ratio, few.measured.tail, many.measured.p50_ms / few.measured.p50_ms
