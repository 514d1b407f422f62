"""Serve, watch, or show a demo ward."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta

import click

from toxmon import __version__
from toxmon.cli.console import Misused, config, service, writable


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-scheduler", is_flag=True, help="Do not watch the time in this process.")
def serve(host: str, port: int, no_scheduler: bool) -> None:
    """Migrate the database, serve the API, watch."""
    from toxmon.server import PortTaken
    from toxmon.server import serve as answer

    if no_scheduler:
        os.environ["TOXMON_SCHEDULER"] = "no"
    configured = config()
    found = writable(service(configured))
    described = found.store.describe()
    found.store.close()
    click.echo(
        f"toxmon {__version__} on http://{host}:{port} with {described['engine']} "
        f"{described['version']}; stop with Ctrl-C",
        err=True,
    )
    try:
        answer(configured, host, port)
    except PortTaken as error:
        raise Misused(str(error)) from error


@click.command()
def scheduler() -> None:
    """Watch the time, as a process of its own; any number of them may run."""
    from toxmon.scheduler import watch_only
    from toxmon.wiring import create_telling

    configured = config()
    found = writable(service(configured))
    # Containers stop by this signal, and a first process that does not handle it never hears it.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    click.echo("toxmon scheduler is watching; stop with Ctrl-C", err=True)
    try:
        watch_only(
            found,
            configured.sweep_seconds,
            create_telling(configured),
            configured.heartbeat_url,
            timedelta(seconds=configured.lease_seconds),
        )
    except (KeyboardInterrupt, SystemExit):
        click.echo("toxmon scheduler has stopped", err=True)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535))
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same ward.")
@click.option("--speed", default=240.0, show_default=True, help="Ward time against real time.")
def demo(host: str, port: int, seed: int, speed: float) -> None:
    """A simulated ward, served for real. Its patients are invented."""
    from toxmon import demo as ward
    from toxmon.app import create_app

    sys.exit(ward.run(create_app, host=host, port=port, seed=seed, speed=speed))
