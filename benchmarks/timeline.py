"""What the page of a long course costs: 100 days with 20 measured series, all of it in view.

The floor is the bare query of the same facts, written as JSON: what any page of them pays. Both
run in this process over one file of SQLite, in turn; the page with its session, its audit line,
its table and its bytes packed, as it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median

import orjson

from benchmarks import filling
from benchmarks.rounds import Say
from benchmarks.servers import settings
from benchmarks.sizes import Sizes
from toxmon import clock
from toxmon.actions import Service, accounts, record, sessions
from toxmon.actions.record import Charted
from toxmon.app import create_app
from toxmon.config import read_config
from toxmon.drawing.forms import ALWAYS
from toxmon.grading.kinds import KINDS
from toxmon.store import EVER, NEVER, facts
from toxmon.wiring import create_service

PAGE_MS, PAGE_KB = 150.0, 80.0
VITALS = (
    "body_temperature", "systolic_bp", "diastolic_bp", "oxygen_saturation", "heart_rate",
    "respiratory_rate",
)  # fmt: skip
SAMPLED = (
    "crp", "ferritin", "anc", "platelets", "fibrinogen", "ldh", "ast", "alt", "bilirubin_total",
    "triglycerides", "creatinine", "hemoglobin", "wbc", "il6",
)  # fmt: skip
DENSE, THEN = timedelta(hours=4), timedelta(hours=12)
DENSE_FOR = timedelta(days=30)
AT_ONCE = 900
WARM = 2


@dataclass(frozen=True, slots=True)
class Drawn:
    """One page: medians in ms, how many readings it shows, its bytes as sent."""

    readings: int
    page_ms: float
    slowest_ms: float
    floor_ms: float
    packed_kb: float

    @property
    def floors(self) -> float:
        """How many floors a page costs."""
        return self.page_ms / self.floor_ms


def drawn(folder: Path, sizes: Sizes, say: Say) -> Drawn:
    """Draw the page of one patient again and again."""
    say(f"the page of a course of {sizes.drawn_days} days with {len(VITALS + SAMPLED)} series")
    url = f"sqlite:///{folder / 'drawn.db'}"
    with filling.opened(url, folder) as service:
        patient_id = _filled(service, sizes.drawn_days)
        row = accounts.create(service, "benchmark", "Benchmark", "nurse", None, None)
        cookie = sessions.open_for(service, row["id"], "password")[0]
    service = create_service(read_config(settings(url, folder)))
    client = create_app(service).test_client()
    client.set_cookie("toxmon", cookie)
    added = ",".join(kind for kind in (*VITALS, *SAMPLED) if kind not in ALWAYS)
    address = f"/p/{patient_id}/timeline?range=all&add={added}"
    size = 0

    def page() -> None:
        nonlocal size
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        assert answer.status_code == 200, answer.status
        size = len(answer.data)

    def floor() -> int:
        with service.store.reading():
            rows = facts.course(service.store, patient_id, NEVER, EVER)
        return len(orjson.dumps(rows))

    try:
        pages, floors = _timed([page, floor], max(3, sizes.rounds * 4))
        with service.store.reading():
            readings = len(facts.course(service.store, patient_id, NEVER, EVER)) - 1
    finally:
        service.store.close()
    return Drawn(readings, median(pages), max(pages), median(floors), size / 1000)


def _timed(variants: list[Callable[[], object]], rounds: int) -> list[list[float]]:
    """How long each took, in ms, in turn, after a few rounds that do not count."""
    taken: list[list[float]] = [[] for _ in variants]
    for turn in range(WARM + rounds):
        for variant, times in zip(variants, taken, strict=True):
            began = clock.elapsed()
            variant()
            if turn >= WARM:
                times.append((clock.elapsed() - began) * 1000)
    return taken


def _filled(service: Service, days: int) -> str:
    now = clock.now()
    infused_at = now - timedelta(days=days)
    patient_id = filling.enrolled(service, 1, infused_at)
    charted = []
    at, turn = infused_at + timedelta(hours=1), 0
    while at < now:
        charted += [_fact(kind, at, turn) for kind in VITALS]
        if at - infused_at < DENSE_FOR and turn % 2 == 0:
            charted.append(_fact("ice_score", at, 0))
        at += DENSE if at - infused_at < DENSE_FOR else THEN
        turn += 1
    for day in range(days):
        at = infused_at + timedelta(days=day, hours=2)
        charted += [_fact(kind, at, day) for kind in SAMPLED]
    charted.sort(key=lambda each: each.effective_at)
    for first in range(0, len(charted), AT_ONCE):
        record.record(
            service, filling.NURSE, patient_id, charted[first : first + AT_ONCE], lambda _: b""
        )
    return patient_id


def _fact(kind: str, at: datetime, turn: int) -> Charted:
    """A reading that moves from turn to turn, well between its plausible limits."""
    usual = {
        "body_temperature": 36, "systolic_bp": 110, "diastolic_bp": 70, "oxygen_saturation": 93,
        "heart_rate": 75, "anc": 900, "ferritin": 800, "ldh": 240, "wbc": 3000,
    }  # fmt: skip
    low = KINDS[kind].plausible
    assert low is not None, "only numbers are drawn"
    if kind == "ice_score":
        return Charted(kind=kind, value=Decimal(10), effective_at=at, pointer="/effective_at")
    value = Decimal(usual.get(kind, max(int(low[0]), 10))) + Decimal(turn * 7 % 31) / 10
    return Charted(kind=kind, value=value, effective_at=at, pointer="/effective_at")


def lines(found: Drawn) -> list[str]:
    """What was measured, in words."""
    return [
        f"{found.readings:,} readings: {found.page_ms:.0f} ms (at most {found.slowest_ms:.0f}),",
        f"{found.floors:.1f} floors of {found.floor_ms:.1f} ms; {found.packed_kb:.1f} kB packed.",
    ]
