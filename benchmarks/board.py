"""The board of a large ward, a poll with nothing new, and the bytes of a common ward.

In one process without a web server. The floor of a page is a plain Flask view that reads one row
of each patient, joins as many lines as long as those of the board, and packs them; the floor of a
poll asks for the newest event and answers 304. No session, no watch, no grades.

    python -m benchmarks.board [PATIENTS DAYS]
"""

from __future__ import annotations

import gzip
import re
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from flask import Flask, Response
from werkzeug.test import Client

from benchmarks import filling, sweep
from benchmarks.bodies import EXAMINATION, vitals
from benchmarks.rounds import Say
from toxmon.actions import Service, accounts, sessions
from toxmon.app import create_app
from toxmon.store import Row, Store, events, patients

BEGAN = datetime(2026, 3, 2, 11, tzinfo=UTC)
DAYS, PATIENTS, COMMON = 90, 200, 30
PACKS = {"Accept-Encoding": "gzip"}
BOARD = "/ward/bmt-1"
PAGE_MS, POLL_MS, PAGE_BYTES, POLL_BYTES = 50.0, 2.0, 60_000, 300
SAVED_MS = 1_000.0


@dataclass(frozen=True, slots=True)
class Boards:
    """Milliseconds and bytes. `changed`: a set of one patient was charted before each page."""

    patients: int
    days: int
    facts: int
    cold_ms: float
    changed_p50_ms: float
    changed_p95_ms: float
    floor_p95_ms: float
    poll_ms: float
    poll_floor_ms: float
    poll_bytes: int
    common_bytes: int
    saved_p50_ms: float
    saved_p95_ms: float

    @property
    def ratio(self) -> float:
        """A page in floors."""
        return self.changed_p95_ms / self.floor_p95_ms


def boards(
    folder: Path, say: Say, count: int = PATIENTS, days: int = DAYS, turns: int = 100
) -> Boards:
    """Measure one ward on SQLite."""
    say(f"the board of {count} patients with {days} days of facts")
    with filling.opened(f"sqlite:///{folder / 'board.db'}", folder) as opened:
        clock = [BEGAN]
        service = replace(opened, clock=lambda: clock[0], locks_after=timedelta(days=9))
        (model, _), *_ = filling.fill(service, range(1), lambda _: _course(days))
        _copied(service.store, model, count - 1)
        facts = int(service.store.query("select count(*) as n from fact")[0]["n"])
        app = create_app(service)
        client = _signed_in(app, service)
        cold = _timed(lambda: client.get(BOARD, headers=PACKS))
        pages, floors = [], []
        floor = Client(_floor(service.store, client.get(BOARD, headers=PACKS).data))
        for turn in range(turns):
            clock[0] += timedelta(seconds=20)
            filling.chart(service, model, clock[0], vitals(1, turn))
            pages.append(_timed(lambda: client.get(BOARD, headers=PACKS)))
            floors.append(_timed(lambda: floor.get("/page")))
        asks = {"X-Toxmon-Poll": "1"}
        asks["If-None-Match"] = client.get(BOARD, headers=asks).headers["ETag"]
        polls = [_timed(lambda: client.get(BOARD, headers=asks)) for _ in range(2 * turns)]
        answer = client.get(BOARD, headers=asks)
        assert answer.status_code == 304
        poll_floors = [_timed(lambda: floor.get("/poll")) for _ in range(2 * turns)]
        size = _whole(client, folder, count)
        saved = []
        for turn in range(turns // 2):
            clock[0] += timedelta(minutes=6)
            saved.append(_timed(_saving(client, model, turn)))
    return Boards(
        patients=count,
        days=days,
        facts=facts,
        cold_ms=cold,
        changed_p50_ms=median(pages),
        changed_p95_ms=_p95(pages),
        floor_p95_ms=_p95(floors),
        poll_ms=median(polls),
        poll_floor_ms=median(poll_floors),
        poll_bytes=len(f"HTTP/1.1 304 Not Modified\r\n{answer.headers}"),
        common_bytes=size,
        saved_p50_ms=median(saved),
        saved_p95_ms=_p95(saved),
    )


def lines(found: Boards) -> list[str]:
    """What was measured, beside what is wanted."""
    return [
        f"{found.patients} patients, {found.facts:,} facts; the first page of a process: "
        f"{found.cold_ms:,.0f} ms",
        f"a page after news of one patient: p50 {found.changed_p50_ms:.1f} ms, p95 "
        f"{found.changed_p95_ms:.1f} ms (below {PAGE_MS:.0f}), {found.ratio:.1f} floors",
        f"a poll with nothing new: {found.poll_ms:.2f} ms (below {POLL_MS:.0f}), "
        f"{found.poll_ms / found.poll_floor_ms:.1f} floors, {found.poll_bytes} bytes "
        f"(at most {POLL_BYTES})",
        f"{COMMON} patients, packed with styles and scripts: {found.common_bytes:,} bytes "
        f"(at most {PAGE_BYTES:,})",
        f"from Save of a set to its result: p50 {found.saved_p50_ms:.0f} ms, p95 "
        f"{found.saved_p95_ms:.0f} ms (below {SAVED_MS:,.0f})",
    ]


def _course(days: int) -> tuple[datetime, filling.Sets]:
    """A set a day since the infusion, with an examination and a laboratory; the last just now."""
    infused_at = BEGAN - timedelta(days=days, minutes=30)
    sets: filling.Sets = []
    for turn in range(1, days + 1):
        at = infused_at + timedelta(days=turn)
        sets.append((at, [*vitals(1, turn), *EXAMINATION, *sweep.LABORATORY]))
    return infused_at, sets


def _copied(store: Store, model: str, count: int) -> None:
    """So many patients more with all facts of the model, each in a bed of their own record."""
    with store.reading():
        rows = {table: sweep._rows_of(store, table, model) for table in sweep.COPIED}
    treatment_id = rows["watch"][0]["treatment_id"]
    for number in range(count):
        names = {model: f"p{number:08}", treatment_id: f"t{number:08}"}
        names |= {row["id"]: f"{number:05}{row['id'][5:]}" for row in rows["fact"]
                  if row["id"] != treatment_id}  # fmt: skip
        with store.writing():
            for table in sweep.COPIED:
                store.insert(table, [_renamed(row, names) for row in rows[table]])


def _renamed(row: Row, names: dict[str, str]) -> Row:
    made = {
        name: names.get(value, value) if isinstance(value, str) else value
        for name, value in row.items()
    }
    if made.get("name", "") is None:
        made["name"] = f"SYNTHETIC, {secrets.token_hex(6)}"
    return made


def _signed_in(app: Flask, service: Service) -> Client:
    row = accounts.create(service, "benchmark", "Benchmark", "nurse", None, None)
    client = app.test_client()
    client.set_cookie("toxmon", sessions.open_for(service, row["id"], "password")[0])
    return client


def _floor(store: Store, packed: bytes) -> Flask:
    """The least that a page of these bytes, and a poll, cost."""
    app = Flask("floor", static_folder=None)
    whole = gzip.decompress(packed).decode()

    @app.get("/page")
    def page() -> Response:
        with store.reading():
            rows = patients.lying_in(store, "bmt-1")
        size = len(whole) // len(rows)
        joined = "".join(whole[place * size : (place + 1) * size] for place in range(len(rows)))
        answer = Response(gzip.compress(joined.encode(), 5, mtime=0), content_type="text/html")
        answer.headers["Content-Encoding"] = "gzip"
        return answer

    @app.get("/poll")
    def poll() -> Response:
        answer = Response(status=304)
        answer.headers["ETag"] = f'"{events.newest(store)}"'
        return answer

    return app


def _whole(client: Client, folder: Path, count: int) -> int:
    """The bytes of a first visit to a common ward: the page, its styles, its scripts."""
    page = client.get(f"{BOARD}?order=bed", headers=PACKS)
    text = gzip.decompress(page.data).decode()
    rows = text.split('<tr role="row" id=')
    few = '<tr role="row" id='.join(rows[: COMMON + 1]) + rows[-1].partition("</tr>")[2]
    names = [part.partition('"')[0] for part in text.split('"/static/')[1:]]
    sent = [client.get(f"/static/{name}", headers=PACKS).data for name in dict.fromkeys(names)]
    return len(gzip.compress(few.encode(), 5)) + sum(map(len, sent))


def _saving(client: Client, patient_id: str, turn: int) -> Callable[[], object]:
    """What a nurse waits for: the set is posted, kept, and the page of its result is drawn."""
    address = f"/p/{patient_id}/obs/new"
    sheet = client.get(address).text
    proof = {name: re.findall(f'name="{name}" value="([0-9a-f]+)"', sheet)[-1]
             for name in ("form_token", "form_id")}  # fmt: skip
    set_ = {
        "temperature": f"38.{turn % 10}", "systolic": "104", "diastolic": "62", "saturation": "95",
        "pulse": "96", "breaths": "18", "oxygen": "air", "pressors": "none", "ice": "all",
        "neuro": "none", "save": "1", **proof,
    }  # fmt: skip

    def save() -> None:
        kept = client.post(address, data=set_)
        assert kept.status_code == 303, kept.text
        shown = client.get(kept.headers["Location"], headers=PACKS)
        assert shown.status_code == 200, shown.status

    return save


def _p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e3


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="toxmon-bench-") as made:
        size = [int(each) for each in sys.argv[1:3]]
        found = boards(Path(made), lambda words: print(words, file=sys.stderr), *size)
    print("\n".join(lines(found)))
