"""`toxmon demo`: a simulated ward on the real server, over the real API."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from types import FrameType

import click

from toxmon import clock
from toxmon.actions import Service, tokens
from toxmon.demo.banner import banner
from toxmon.demo.client import Refused, Unreachable
from toxmon.demo.live import live
from toxmon.demo.mishaps import mishaps
from toxmon.demo.server import NotStarted, Server
from toxmon.demo.telling import Teller, with_progress
from toxmon.demo.ward import backfill, invent
from toxmon.protocol import load_protocols
from toxmon.store import open_store

DEFAULT_SEED = 1
DEFAULT_SPEED = 240.0
"""A day of the ward in six minutes: something happens every few seconds."""
LOOK_S = 0.2
"""How long a wrong value stands before it is corrected: enough to name an instant between."""


def run(
    port: int = 8080,
    seed: int = DEFAULT_SEED,
    speed: float = DEFAULT_SPEED,
    host: str = "127.0.0.1",
) -> int:
    """Open the ward and keep it alive until Ctrl-C or SIGTERM. Returns the exit code.

    `speed` is ward time against real time: at 60 an hour passes in a minute.
    0: it was closed. 1: the server failed meanwhile. 2: it could not be opened as asked.
    """
    if speed <= 0:
        return _failed(f"--speed {speed:g} is not above 0. At 60 an hour passes in a minute.", 2)
    try:
        with _interruptible(), Server(host, port) as server:
            return _open(server, seed, speed)
    except KeyboardInterrupt:
        click.echo("\nThe ward is closed and removed.")
        return 0
    except NotStarted as error:
        return _failed(str(error), 2)


def _open(server: Server, seed: int, speed: float) -> int:
    bearers = prepare(server.database_url, server.secret_key)
    server.start()
    teller = Teller(server.address, bearers)
    try:
        now = clock.now()
        patients = invent(load_protocols(None).products, seed, now)
        teller.admit(patients)
        wrong = mishaps(patients, now)
        told = backfill(patients, now, seed)
        with contextlib.closing(with_progress(told, "Filling the ward")) as deeds:
            for deed in deeds:
                teller.tell(deed)
        for deed in wrong.before:
            teller.tell(deed)
        time.sleep(LOOK_S)
        looked_at = clock.now()
        time.sleep(LOOK_S)
        for deed in wrong.after:
            teller.tell(deed)
        teller.look(patients)
        click.echo(
            banner(
                server.address,
                bearers,
                patients,
                teller.patient_ids,
                teller.grades,
                wrong,
                looked_at,
                now,
                speed,
            )
        )
        live(patients, now, teller.tell, _now, _wait, speed, click.echo)
        return 0
    except (Refused, Unreachable) as error:
        return _failed(f"{error}\nThe server's last words:\n{server.last_words()}", 1)
    finally:
        teller.close()


def prepare(database_url: str, secret_key: str) -> dict[str, str]:
    """Make the database and one token a role in it; by role, the token to sign in with."""
    store = open_store(database_url)
    try:
        store.migrate()
        service = Service(store, clock.now, secret_key.encode(), load_protocols(None), UTC)
        return {role: tokens.create(service, role, f"demo {role}")[1] for role in tokens.ROLES}
    finally:
        store.close()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
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
