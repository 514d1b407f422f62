"""A sweep over a hundred thousand planned checks of which a hundred are due, beside its floor.

The floor asks the same index for what is due, and keeps as many rows as the sweep keeps, of the
same length, each under a unique key, in one commit. It looks at nothing and decides nothing.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks import filling
from benchmarks.bodies import EXAMINATION, vitals
from benchmarks.rounds import Say
from benchmarks.sizes import Sizes
from tests.postgres import postgres_server
from toxmon.actions import Service, ahead
from toxmon.actions.sweep import sweep
from toxmon.store import Row, Store, patients, watches

SQLITE, POSTGRES = "SQLite", "PostgreSQL"
BEGAN = datetime(2026, 3, 2, 11, tzinfo=UTC)
LATER = timedelta(hours=5)
"""So long after the last set of vitals: their next round is missed by then."""
FAR = timedelta(days=30)
AT_ONCE = 200
LABORATORY = [
    {"kind": kind, "value": value, "unit": unit}
    for kind, value, unit in (
        ("wbc", 4500, "/uL"), ("anc", 2500, "/uL"), ("alc", 900, "/uL"),
        ("hemoglobin", 11, "g/dL"), ("platelets", 140, "10*9/L"), ("creatinine", 1, "mg/dL"),
        ("ast", 30, "U/L"), ("alt", 30, "U/L"), ("bilirubin_total", 1, "mg/dL"),
        ("ldh", 200, "U/L"), ("crp", 5, "mg/L"), ("ferritin", 200, "ng/mL"),
        ("fibrinogen", 300, "mg/dL"), ("inr", 1, "{INR}"), ("aptt", 30, "s"),
        ("weight", 70, "kg"),
    )
]  # fmt: skip
COPIED = ("patient", "head", "fold", "watch", "fact")
KEPT = ("watch_event", "alert_event", "alarm", "access", "delivery")
"""What a sweep adds rows to."""
CHANGED = 2
"""Rows of `watch` and `head` that it changes for each patient."""
LINK = 300
"""About the length of the rows that name no treatment: links of the audit chain, heads."""


@dataclass(frozen=True, slots=True)
class Swept:
    """One database: medians in milliseconds; `rows` are those that a sweep adds and changes."""

    name: str
    checks: int
    due: int
    patients: int
    rows: int
    floor_ms: float
    idle_ms: float
    swept_ms: float
    ratio: float


def sweeps(folder: Path, sizes: Sizes, say: Say) -> list[Swept]:
    """Measure both databases."""
    say(f"a sweep over {sizes.planned_checks:,} planned checks, {sizes.due_checks} of them due")
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server(data_in=folder))
        urls = {
            SQLITE: f"sqlite:///{folder / 'sweep.db'}",
            POSTGRES: postgres.fresh_database(),
        }
        return [_one(name, url, folder, sizes, say) for name, url in urls.items()]


def _one(name: str, url: str, folder: Path, sizes: Sizes, say: Say) -> Swept:
    now = BEGAN + LATER
    with filling.opened(url, folder) as opened:
        service = replace(opened, clock=lambda: BEGAN)
        (model, _), *_ = filling.fill(service, range(1), _course)
        planned, missed = _checks(service, model)
        at_once = -(-sizes.due_checks // missed)
        count = max(-(-sizes.planned_checks // planned), at_once * (sizes.sweep_rounds + 1))
        treatments = copies(service.store, model, count)
        later = replace(opened, clock=lambda: now)
        with service.store.writing():
            service.store.execute("create table scratch (key text primary key, body text not null)")
        # The first round warms up.
        rounds = [
            _round(later, treatments[place : place + at_once], now)
            for place in range(0, at_once * (sizes.sweep_rounds + 1), at_once)
        ][1:]
    floor, swept, idle = (median(each[part] for each in rounds) for part in range(3))
    say(f"  {name}: floor {floor:.1f} ms, sweep {swept:.1f} ms")
    return Swept(
        name=name,
        checks=count * planned,
        due=at_once * missed,
        patients=at_once,
        rows=int(rounds[0][3]),
        floor_ms=floor,
        idle_ms=idle,
        swept_ms=swept,
        ratio=median(each[1] / each[0] for each in rounds),
    )


def _round(service: Service, treatments: list[str], now: datetime) -> tuple[float, ...]:
    """(floor, sweep, a sweep when nothing is due) in milliseconds, and the rows of one sweep."""
    store = service.store
    _put_off(store, treatments, now - timedelta(minutes=1))
    gc.collect()  # What was made before is not the sweep's; a server freezes it.
    gc.freeze()
    before = _count(store)
    swept = _timed(lambda: sweep(service))
    idle = _timed(lambda: sweep(service))
    rows = _count(store) - before + CHANGED * len(treatments)
    _put_off(store, treatments, now - timedelta(minutes=1))
    bodies = _bodies(store, treatments, rows)
    floor = _timed(lambda: _floor(store, now, bodies))
    _put_off(store, treatments, now + FAR)
    return floor, swept, idle, rows


def _course(number: int) -> tuple[datetime, filling.Sets]:
    """Infused an hour ago; all that is asked for on the first day was charted just now."""
    return BEGAN - timedelta(hours=1), [(BEGAN, [*vitals(1, -1), *EXAMINATION, *LABORATORY])]


def _checks(service: Service, patient_id: str) -> tuple[int, int]:
    """How many checks are planned for a patient, and how many more time alone makes overdue."""
    now = service.clock()
    with service.store.reading():
        heads = patients.heads(service.store, patient_id)
        plans = [
            ahead.of_heads(service, patient_id, heads, at)[-1].plan for at in (now, now + LATER)
        ]
    overdue = [{each.what for each in plan.checks if each.state == "overdue"} for plan in plans]
    planned = sum(each.due_at is not None for each in plans[0].checks)
    return planned, len(overdue[1] - overdue[0])


def copies(store: Store, model: str, count: int) -> list[str]:
    """So many patients that are as the model is, by rows; the treatments of each."""
    with store.reading():
        rows = {table: _rows_of(store, table, model) for table in COPIED}
    treatment_id = rows["watch"][0]["treatment_id"]
    rows["fact"] = [row for row in rows["fact"] if row["id"] == treatment_id]
    made = []
    for first in range(0, count, AT_ONCE):
        with store.writing():
            for number in range(first, min(first + AT_ONCE, count)):
                names = {model: f"p{number:08}", treatment_id: f"t{number:08}"}
                made.append(names[treatment_id])
                for table in COPIED:
                    store.insert(table, [_copy(row, names) for row in rows[table]])
    return made


def _rows_of(store: Store, table: str, patient_id: str) -> list[Row]:
    column = "id" if table == "patient" else "patient_id"
    rows = store.query(f"select * from {table} where {column} = :id", {"id": patient_id})
    return [{name: value for name, value in row.items() if name != "seq"} for row in rows]


def _copy(row: Row, names: Mapping[str, str]) -> Row:
    made = dict(row)
    for old, new in names.items():
        for column, value in made.items():
            if isinstance(value, str) and old in value:
                made[column] = value.replace(old, new)
    if "next_at" in made and "lease_at" in made:
        made["next_at"] = made["next_at"] + FAR
    if "due_at" in made:
        made["due_at"] = None  # The lapse of grades is measured elsewhere.
    return made


def _put_off(store: Store, treatments: list[str], at: datetime) -> None:
    with store.writing():
        for each in treatments:
            watches.advance(store, {"treatment_id": each, "next_at": at, "lease_at": None})


def _count(store: Store) -> int:
    with store.reading():
        return sum(int(store.query(f"select count(*) as n from {table}")[0]["n"]) for table in KEPT)


def _bodies(store: Store, treatments: list[str], rows: int) -> list[Row]:
    """As many rows as the sweep of these treatments has kept, as long as those were."""
    with store.reading():
        lengths = [
            sum(len(str(value)) for value in row.values())
            for table in ("watch_event", "alert_event", "alarm", "watch")
            for treatment in treatments
            for row in store.query(
                f"select * from {table} where treatment_id = :id", {"id": treatment}
            )
        ]
    lengths += [LINK] * max(0, rows - len(lengths))
    return [
        {"key": f"{treatments[0]}-{place}", "body": "x" * length}
        for place, length in enumerate(lengths[:rows])
    ]


def _floor(store: Store, now: datetime, bodies: list[Row]) -> None:
    with store.writing():
        store.query(
            "select treatment_id from watch where next_at <= :now and dead_at is null "
            "and (lease_at is null or lease_at <= :now) order by worst desc, next_at",
            {"now": now},
        )
        store.insert("scratch", bodies)


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e3
