"""`toxmon demo`: a simulated ward on the real server, over the real API."""

from __future__ import annotations

import contextlib
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

import click

from toxmon import clock
from toxmon.actions import Service, accounts, roster, tokens
from toxmon.data import memory
from toxmon.demo import people
from toxmon.demo.banner import banner, looking
from toxmon.demo.client import Client, Refused, Unreachable
from toxmon.demo.live import live
from toxmon.demo.mishaps import Mishaps, mishaps
from toxmon.demo.nurses import Nurses
from toxmon.demo.past import Hand, Past, Web
from toxmon.demo.pointing import pointing
from toxmon.demo.scenes import Scenes, scenes, without_rounds
from toxmon.demo.server import NotStarted, Server, refuse_taken
from toxmon.demo.telling import Teller, with_progress
from toxmon.demo.treating import TOCILIZUMAB
from toxmon.demo.ward import Patient, backfill, invent
from toxmon.protocol import load_protocols
from toxmon.store import open_store

DEFAULT_SEED = 1
DEFAULT_SPEED = 240.0
"""A day of the ward in six minutes: something happens every few seconds."""
VIALS = {"bmt-1": {80: 12, 200: 10, 400: 8}, "bmt-2": {80: 2, 200: 1, 400: 1}}
"""What the pharmacist counts of tocilizumab, by unit and mg in a vial: one has enough."""
COUNTED_BEFORE = timedelta(minutes=20)
LOOKED_AFTER = timedelta(milliseconds=500)
"""A wrong value stands for a moment before it is corrected: enough to name an instant between."""


def run(
    web: Callable[[Service], Web],
    port: int = 8080,
    seed: int = DEFAULT_SEED,
    speed: float = DEFAULT_SPEED,
    host: str = "127.0.0.1",
) -> int:
    """Open the ward and keep it alive until Ctrl-C or SIGTERM. Returns the exit code.

    `web` makes the app over a service; `speed` is ward time against real time: at 60 an hour
    passes in a minute.
    0: it was closed. 1: the server failed meanwhile. 2: it could not be opened as asked.
    """
    if speed <= 0:
        return _failed(f"--speed {speed:g} is not above 0. At 60 an hour passes in a minute.", 2)
    asked = threading.Event()
    code = 0
    try:
        with _interruptible(asked), Server(host, port) as server:
            code = _open(web, server, seed, speed)
    except KeyboardInterrupt:
        asked.set()
    except NotStarted as error:
        code = _failed(str(error), 2)
    except Exception:
        # What an interrupt has broken off in the middle may end as any error.
        if not asked.is_set():
            raise
    if not asked.is_set():
        return code
    click.echo("\nThe ward is closed and removed.")
    return 0


def _open(web: Callable[[Service], Web], server: Server, seed: int, speed: float) -> int:
    refuse_taken(server.host, server.port)
    now = _now()
    patients = invent(load_protocols(None).products, seed, now)
    parts = scenes(patients, now)
    wrong = mishaps(patients, now)
    teller = Teller({})
    clients: dict[str, Client] = {}
    try:
        bearers = _fill(web, server, teller, patients, parts, wrong, seed, now)
        server.start()
        clients = {role: Client(server.address, token) for role, token in bearers.items()}
        teller.clients, teller.released = clients, True
        teller.look(patients)
        click.echo(
            banner(
                server.address,
                bearers,
                patients,
                teller.patient_ids,
                teller.grades,
                wrong,
                now + LOOKED_AFTER,
                now,
                speed,
            )
        )
        click.echo(
            pointing(server.address, server.database_url, bearers, patients, teller.patient_ids)
        )
        click.echo(looking(server.address, server.database_url, bearers["nurse"]))
        names = {patient_id: mrn for mrn, patient_id in teller.patient_ids.items()}
        nurses = Nurses(clients["nurse"], _now, seed, names, click.echo)
        model = [one for one in patients if one not in parts.players]
        live(model, now, teller.tell, _now, _wait, speed, click.echo, parts.coming(), nurses.act)
        return 0
    except (Refused, Unreachable) as error:
        return _failed(f"{error}\nThe server's last words:\n{server.last_words()}", 1)
    finally:
        for client in clients.values():
            client.close()


def _fill(
    web: Callable[[Service], Web],
    server: Server,
    teller: Teller,
    patients: list[Patient],
    parts: Scenes,
    wrong: Mishaps,
    seed: int,
    now: datetime,
) -> dict[str, str]:
    """Tell the ward's past as it happened, into the record that the server will open.

    Returns, by role, the token to sign in with.
    """
    told = without_rounds(backfill(patients, now, seed), parts, now)
    theatre = parts.before(now)
    told.insert(next(n for n, one in enumerate(told) if one.at > theatre.at), theatre)
    with contextlib.ExitStack() as stack:
        # Filled in memory where there is room, for a disk is waited for after every entry.
        folder = stack.enter_context(tempfile.TemporaryDirectory("-toxmon-demo", dir=memory()))
        stack.callback(server.take, Path(folder) / "ward.db")
        store = stack.enter_context(
            contextlib.closing(open_store(f"sqlite:///{Path(folder) / 'ward.db'}"))
        )
        store.migrate()
        since = min(one.at for one in told) - timedelta(hours=1)
        clock = Hand(since)
        key = server.secret_key.encode()
        service = Service(store, clock, key, load_protocols(None), UTC)
        bearers = {
            role: tokens.create(service, role, people.SIGNED_IN[role])[1] for role in tokens.ROLES
        }
        for role in tokens.ROLES:
            who = accounts.create(
                service, role, people.SIGNED_IN[role], role, None, people.PASSWORD
            )
            accounts.set_pin(service, who["id"], people.PIN)
        past = Past(service, web(service), bearers, clock)
        teller.clients = past.clients
        past.roster(people.shifts(iter(sorted(roster.roles(service))), since, now))
        teller.admit(patients)
        with contextlib.closing(with_progress(told, "Filling the ward")) as deeds:
            past.live(deeds, teller, now)
        past.count(TOCILIZUMAB, VIALS, now - COUNTED_BEFORE)
        past.tell_at(wrong.before, teller, now + LOOKED_AFTER / 2)
        past.tell_at(wrong.after, teller, now + 2 * LOOKED_AFTER)
    return bearers


@contextlib.contextmanager
def _interruptible(asked: threading.Event) -> Iterator[None]:
    """SIGTERM ends the ward as Ctrl-C does, and neither interrupts the cleaning up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A closed terminal closes the ward too, where there is a signal that says so.
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {one: signal.getsignal(one) for one in numbers}

    def close(number: int, frame: FrameType | None) -> None:
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        asked.set()
        raise KeyboardInterrupt

    for one in before:
        signal.signal(one, close)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _now() -> datetime:
    now = clock.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def _wait(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def _failed(words: str, code: int) -> int:
    click.echo(words, err=True)
    return code
